// What is kept, and how it is numbered.

import assert from "node:assert/strict";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { uuid7 } from "../../../../clients/javascript/analytics.js";
import { numbers, onStage, until } from "./client_on_server.mjs";

const logOf = (folder) => join(folder, "0", "outbox.log");

test("an event is sent as it was when it was tracked, with its envelope", async (context) => {
  const { server, open } = await onStage(context);
  const client = await open({ clock: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  const event = {
    eventType: "level_up",
    n: 1.1,
    text: 'a\n"ü\u2028\ud800龍',
    __proto__x: null,
    list: [1],
  };
  const { sessionId } = await client.track(event);
  event.list.push(2);
  await client.flush(30);

  const envelope = {
    sessionId,
    eventIndex: 0,
    eventId: `${sessionId}.0`,
    eventTimestamp: "2026-01-02T03:04:05.678Z",
  };
  assert.deepEqual(server.attempts[0].events, [{ ...envelope, ...event, list: [1] }]);
  assert.equal(server.attempts[0].sentAt, "2026-01-02T03:04:05.678Z");
  assert.equal(server.attempts[0].parameters.event_category, "function");
});

test("a caller's fields do not replace the envelope, nor make it no JSON", async (context) => {
  const { server, open } = await onStage(context);
  const client = await open();
  await client.track({
    sessionId: "x",
    eventIndex: 9,
    eventId: "y",
    eventTimestamp: undefined,
    toJSON: () => "text",
  });
  await client.flush(30);

  const [{ eventIndex, eventId, sessionId, eventTimestamp }] = server.attempts[0].events;
  assert.deepEqual([0, `${sessionId}.0`], [eventIndex, eventId]);
  assert.ok(Date.parse(eventTimestamp));
});

test("the time of an event is the caller's, where it gives one", async (context) => {
  const { server, open } = await onStage(context);
  const client = await open();
  await client.track({ eventTimestamp: 1795780800123 });
  await client.flush(30);

  assert.equal(server.attempts[0].events[0].eventTimestamp, 1795780800123);
});

const circle = {};
circle.circle = circle;
for (const [what, event, error] of [
  ["null", null, TypeError],
  ["a text", "level_up", TypeError],
  ["an array", [], TypeError],
  ["nothing", undefined, TypeError],
  ["a circle", circle, TypeError],
  ["a BigInt", { n: 1n }, TypeError],
  ["too large", { pad: "ü".repeat(140_000) }, RangeError],
]) {
  test(`${what} is an error for the caller, and takes no index`, async (context) => {
    const { open } = await onStage(context);
    const client = await open();
    await assert.rejects(client.track(event), error);
    assert.equal((await client.track({})).eventIndex, 0);
  });
}

test("the arguments of a client are checked, and no error names the key", async (context) => {
  const { open } = await onStage(context);
  for (const wrong of [{ url: "ftp://x" }, { url: undefined }, { key: "" }, { outbox: "" }]) {
    await assert.rejects(
      open({ key: "secret", ...wrong }),
      (error) => error instanceof TypeError && !/secret/.test(error),
    );
  }
});

test("indices have no gaps, in the order of the calls, in batches of at most 500 events", async (context) => {
  const { server, open } = await onStage(context, "reset", "reset");
  const client = await open({ flushEvents: 1000 });
  const told = await Promise.all(Array.from({ length: 2345 }, (_, n) => client.track({ n })));
  await client.flush(30);

  const all = Array.from({ length: 2345 }, (_, n) => n);
  assert.deepEqual(
    told.map(({ eventIndex }) => eventIndex),
    all,
  );
  const stored = new Map(server.attempts.map((attempt) => [attempt.parameters.batch_key, attempt]));
  const events = [...stored.values()].flatMap((attempt) => attempt.events);
  assert.deepEqual(
    events.map(({ n, eventIndex }) => [n, eventIndex]).sort(([one], [other]) => one - other),
    all.map((n) => [n, n]),
  );
  assert.ok([...stored.values()].every((attempt) => attempt.events.length <= 500));
});

test("no batch has more than 512 KB", async (context) => {
  const { server, open } = await onStage(context);
  const client = await open();
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => client.track({ n, pad: "x".repeat(120_000) })),
  );
  assert.equal(await client.flush(30), 0);

  assert.ok(server.attempts.every(({ text }) => text.length <= 512 * 1024));
  assert.equal(numbers(server.attempts).length, 20);
});

test("a batch goes out when there are enough events, or after some time, without being asked", async (context) => {
  const { server, open } = await onStage(context);
  const byCount = await open({ flushEvents: 3, flushSeconds: 3600 });
  await Promise.all([0, 1, 2].map((n) => byCount.track({ n })));
  await until(() => server.attempts.length === 1);
  const byTime = await open({ flushSeconds: 0.01 });
  await byTime.track({ n: 3 });
  await until(() => server.attempts.length === 2);

  assert.deepEqual(numbers(server.attempts), [0, 1, 2, 3]);
});

test("a start is a new session, or goes on with the last within the timeout", async (context) => {
  let now = 1_800_000_000_000;
  const { open } = await onStage(context);
  const play = async (sessionTimeout) => {
    const client = await open({ sessionTimeout, clock: () => now });
    const told = await client.track({});
    await client.close();
    return told;
  };
  const first = await play(0);
  const second = await play(0);
  now += 1_000_000;
  const resumed = await play(1800);
  now += 1_800_000;
  const late = await play(1800);

  assert.notEqual(first.sessionId, second.sessionId);
  assert.deepEqual([second.sessionId, 1], [resumed.sessionId, resumed.eventIndex]);
  assert.notEqual(late.sessionId, resumed.sessionId);
  assert.equal(late.eventIndex, 0);
});

test("a session can be begun anew", async (context) => {
  const { open } = await onStage(context);
  const client = await open();
  const before = await client.track({});
  const sessionId = await client.newSession();

  assert.notEqual(before.sessionId, sessionId);
  assert.deepEqual(await client.track({}), { kept: true, durable: true, sessionId, eventIndex: 0 });
});

test("beyond the limit events are dropped without an index, and one event tells how many", async (context) => {
  const { server, open } = await onStage(context);
  server.otherwise = 503;
  const client = await open({ maxBytes: 3000 });
  const told = [];
  for (let n = 0; n < 30; n++) told.push(await client.track({ n, pad: "x".repeat(100) }));
  const dropped = told.filter(({ reason }) => reason === "outbox_full").length;
  server.otherwise = 200;
  assert.equal(await client.flush(30), 0);
  assert.equal(await client.flush(30), 0);

  const stored = [...new Map(server.attempts.map((attempt) => [attempt.text, attempt])).values()];
  const events = stored.flatMap((attempt) => attempt.events);
  const notices = events.filter(({ eventType }) => eventType === "client_dropped");
  assert.ok(dropped > 0);
  assert.deepEqual(
    notices.map(({ eventAttributes }) => eventAttributes),
    [{ dropped, reason: "outbox_full" }],
  );
  assert.equal(events.length - 1 + dropped, 30);
  assert.deepEqual(
    events.map(({ eventIndex }) => eventIndex),
    events.map((_, at) => at),
  );
});

test("what the disk damaged is set aside and told, and the rest goes on", async (context) => {
  const { server, folder, open } = await onStage(context);
  const client = await open({ flushSeconds: 3600 });
  server.otherwise = "reset";
  for (const n of [0, 1, 2]) await client.track({ n });
  await client.close(0);
  const lines = (await readFile(logOf(folder), "utf8")).split("\n");
  const at = lines.findIndex((line) => line.includes('\\"n\\":1'));
  lines[at] = lines[at].replace('\\"n\\":1', '\\"n\\":7');
  await writeFile(logOf(folder), lines.join("\n"));
  server.otherwise = 200;
  const problems = [];
  const later = await open({ onProblem: (text) => problems.push(text) });
  assert.equal(await later.flush(30), 0);

  assert.ok(!numbers(server.attempts).includes(7));
  assert.match(problems[0], /damaged/);
  assert.deepEqual((await readdir(folder)).filter((name) => name.includes("damaged")).length, 1);
  assert.ok((await later.track({})).kept);
});

test("a line that was cut short by a kill was never kept; those before it are", async (context) => {
  const { server, folder, open } = await onStage(context);
  server.otherwise = "reset";
  const client = await open({ flushSeconds: 3600 });
  await Promise.all([0, 1].map((n) => client.track({ n })));
  await client.close(0);
  const whole = await readFile(logOf(folder));
  await writeFile(logOf(folder), Buffer.concat([whole, Buffer.from('1234abcd [["e0000')]));
  server.otherwise = 200;
  const problems = [];
  const later = await open({ onProblem: (text) => problems.push(text) });
  await later.flush(30);

  assert.deepEqual(numbers(server.attempts.slice(-1)), [0, 1]);
  assert.deepEqual(problems, []);
});

test("without a folder events are in memory, say so, and move to the disk once there is one", async (context) => {
  const { server, folder, open } = await onStage(context);
  server.otherwise = "reset";
  await mkdir(join(folder, ".."), { recursive: true });
  await writeFile(folder, "a file, where the folder should be");
  const client = await open();
  const inMemory = await client.track({ n: 0 });
  assert.deepEqual([true, false], [inMemory.kept, inMemory.durable]);
  assert.equal((await client.status()).durable, false);

  await rm(folder);
  await until(async () => (await client.status()).durable);
  const onDisk = await client.track({ n: 1 });
  assert.deepEqual(
    [onDisk.durable, onDisk.sessionId, onDisk.eventIndex],
    [true, inMemory.sessionId, 1],
  );
  await client.close(0);
  server.otherwise = 200;
  const later = await open();
  assert.equal(await later.flush(30), 0);
  const stored = new Map(server.attempts.map((attempt) => [attempt.parameters.batch_key, attempt]));
  assert.deepEqual(numbers([...stored.values()]).sort(), [0, 1]);
});

test("the file of an outbox does not grow without end", async (context) => {
  const { folder, open } = await onStage(context);
  const client = await open();
  for (let n = 0; n < 40; n++) {
    await client.track({ n, pad: "x".repeat(60_000) });
    assert.equal(await client.flush(30), 0);
  }
  assert.ok((await readFile(logOf(folder))).length < 2_000_000);
});

test("a key is a UUIDv7 of the clock", () => {
  const key = uuid7(0x0123456789ab);
  assert.match(key, /^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
