// Nothing without consent, and nothing after it was withdrawn.

import assert from "node:assert/strict";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { numbers, onStage, until } from "./client_on_server.mjs";

for (const consent of [false, "pending"]) {
  test(`with consent ${consent} nothing is kept until it is granted`, async (context) => {
    const { server, open } = await onStage(context);
    const client = await open({ consent });
    assert.deepEqual(await client.track({ n: 0 }), { kept: false, reason: "consent" });
    await client.setConsent(true);
    assert.equal((await client.track({ n: 1 })).eventIndex, 0);
    await client.flush(30);

    assert.deepEqual(numbers(server.attempts), [1]);
  });
}

test("withdrawn consent deletes everything from the disk, and nothing starts afterwards", async (context) => {
  const { server, folder, open } = await onStage(context);
  server.otherwise = "reset";
  const client = await open();
  await client.track({ n: 0, text: "a secret" });
  await until(() => server.attempts.length > 2);
  const keeping = client.track({ n: 1, text: "a secret" });
  await client.setConsent(false);
  const { length } = server.attempts;
  await keeping;
  await client.flush(1);

  assert.equal(server.attempts.length, length);
  const { waiting, bytes } = await client.status();
  assert.deepEqual({ waiting, bytes }, { waiting: 0, bytes: 0 });
  assert.doesNotMatch(await readFile(join(folder, "0", "outbox.log"), "utf8"), /a secret/);
});

/** Leave an event where a process that is dead by now would have, in the folder of its number. */
async function leaveBehind(open, folder, number) {
  const client = await open({ flushSeconds: 3600 });
  await client.track({ text: "a secret" });
  await client.close(0);
  await rename(join(folder, "0"), join(folder, number));
}

for (const number of ["0", "1"]) {
  test(`a start with consent false deletes what was kept in folder ${number}`, async (context) => {
    const { server, folder, open } = await onStage(context);
    server.otherwise = "reset";
    await leaveBehind(open, folder, number);
    await writeFile(join(folder, "1-damaged-7.log"), "a secret");
    const client = await open({ consent: false });
    await until(async () => (await readdir(folder)).join() === "0");
    await client.setConsent(true);

    assert.equal((await client.status()).waiting, 0);
  });
}

test("consent that is still pending leaves what was kept", async (context) => {
  const { server, folder, open } = await onStage(context);
  server.otherwise = "reset";
  await leaveBehind(open, folder, "1");
  server.otherwise = 200;
  const client = await open({ consent: "pending" });
  const { length } = server.attempts;
  await client.track({ text: "another" });
  await client.flush(0.01);
  assert.equal(server.attempts.length, length);
  await client.setConsent(true);
  await until(() => server.attempts.length > length);

  assert.deepEqual(
    server.attempts.at(-1).events.map(({ text }) => text),
    ["a secret"],
  );
});

test("what was being sent is broken off, and does not go on when consent is given again", async (context) => {
  let answer;
  const held = () => new Promise((done) => (answer = done));
  const { server, open } = await onStage(context, held);
  const client = await open();
  await client.track({ n: 0 });
  client.flush(30);
  await until(() => answer);
  await client.setConsent(false);
  await client.setConsent(true);
  answer(503);
  await client.track({ n: 1 });
  assert.equal(await client.flush(30), 0);

  assert.deepEqual(numbers(server.attempts), [0, 1]);
});

test("sessions have no gaps where events were deleted", async (context) => {
  const { server, open } = await onStage(context);
  const client = await open({ flushSeconds: 3600 });
  await client.flush(30);
  await client.track({ n: 0 });
  await client.setConsent(false);
  await client.setConsent(true);
  await client.track({ n: 1 });
  await client.flush(30);

  const last = server.attempts.at(-1).events[0];
  assert.deepEqual([1, 0], [last.n, last.eventIndex]);
});
