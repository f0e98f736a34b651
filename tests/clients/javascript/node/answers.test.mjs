// What each answer means for a batch.

import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, readRetryAfter } from "../../../../clients/javascript/analytics.js";
import { keys, numbers, onStage, until } from "./client_on_server.mjs";

const REASON = { reason: "invalid_body" };
const VERDICTS = [
  [200, { event_count: 3 }, "stored"],
  [200, { event_count: 2 }, "retry"],
  [200, { event_count: "3" }, "retry"],
  [200, undefined, "retry"],
  [204, undefined, "retry"],
  [302, undefined, "retry"],
  [0, undefined, "retry"],
  ...[408, 429, 500, 501, 502, 503, 504, 599].map((status) => [status, REASON, "retry"]),
  [413, undefined, "split"],
  [413, REASON, "split"],
  [400, undefined, "halt"],
  ...[401, 403, 404].map((status) => [status, REASON, "halt"]),
  [405, undefined, "halt"],
  ...[400, 405, 415, 422].map((status) => [status, REASON, "park"]),
];

for (const [status, answer, verdict] of VERDICTS) {
  test(`of three events, ${status} ${JSON.stringify(answer)} is: ${verdict}`, () => {
    assert.equal(judge(status, answer, 3), verdict);
  });
}

const NOW = Date.UTC(2026, 0, 1);
for (const [header, ms] of [
  ["7", 7000],
  [" 7 ", 7000],
  ["99999", 3_600_000],
  ["Thu, 01 Jan 2026 00:00:09 GMT", 9000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", 0],
  ["-5", 0],
  [null, 0],
]) {
  test(`Retry-After ${header} is ${ms} ms`, () => {
    assert.equal(readRetryAfter(header, NOW), ms);
  });
}

const UNKNOWN = [
  "reset",
  { status: 200, body: "" },
  { status: 200, body: '{"statusCode": 200, "event_' },
  { status: 200, body: "<html>welcome to the hotel</html>" },
  { status: 200, body: '{"event_count": 0}' },
];
for (const answer of [...UNKNOWN, 408, 429, 500, 502, 503, 504]) {
  test(`after ${JSON.stringify(answer)} the same batch is sent again, and arrives`, async (context) => {
    const { server, open } = await onStage(context, answer, answer);
    const client = await open({ environment: "testing" });
    await Promise.all([0, 1, 2].map((n) => client.track({ n })));

    assert.equal(await client.flush(30), 0);

    const { attempts } = server;
    assert.equal(attempts.length, 3);
    assert.deepEqual(
      attempts.map(({ text }) => text),
      Array(3).fill(attempts[0].text),
    );
    assert.deepEqual(
      attempts.map(({ parameters }) => parameters),
      Array(3).fill(attempts[0].parameters),
    );
    assert.equal(attempts[0].parameters.analytics_environment, "testing");
    assert.deepEqual(numbers(attempts.slice(0, 1)), [0, 1, 2]);
  });
}

test("no attempt comes before Retry-After, whoever flushes", async (context) => {
  const told = [];
  const busy = { status: 503, headers: { "retry-after": "1" } };
  const { server, open } = await onStage(context, busy);
  const client = await open();
  await client.track({ n: 0 });
  await client.flush(0.05);
  const answered = performance.now();
  await until(() => server.attempts.length === 1);
  client.flush(30).then((left) => told.push(left));
  client.resume();
  await until(() => server.attempts.length === 2);

  assert.ok(performance.now() - answered > 900);
  await until(() => told.length);
  assert.deepEqual(told, [0]);
});

test("413 cuts a batch in halves under keys of their own, until it fits", async (context) => {
  const tooMany = ({ events }) => (events.length > 2 ? 413 : 200);
  const { server, open } = await onStage(context);
  server.otherwise = tooMany;
  const client = await open();
  await Promise.all([0, 1, 2, 3, 4, 5, 6].map((n) => client.track({ n })));

  assert.equal(await client.flush(30), 0);

  const stored = server.attempts.filter(({ events }) => events.length <= 2);
  assert.deepEqual(numbers(stored).sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(new Set(keys(server.attempts)).size, server.attempts.length);
  assert.equal((await client.status()).bytes, 0);
});

test("a single event that is too large is parked", async (context) => {
  const { open } = await onStage(context, 413);
  const client = await open();
  await client.track({ n: 0 });
  await client.flush(30);

  const [{ reason, count }] = await client.parked();
  assert.deepEqual({ reason, count }, { reason: "too_large", count: 1 });
});

for (const status of [400, 401, 403, 404]) {
  test(`${status} of the gateway halts the outbox, and loses nothing`, async (context) => {
    const { server, open } = await onStage(context, {
      status,
      body: '{"code": 400, "message": "API key not valid"}',
    });
    const client = await open({ haltMs: 3_600_000 });
    await client.track({ n: 0 });
    client.flush(30);
    await until(async () => (await client.status()).halted);

    const { waiting, parked } = await client.status();
    assert.deepEqual({ waiting, parked }, { waiting: 1, parked: 0 });
    assert.equal(await client.flush(30), 0);
    assert.equal((await client.status()).halted, false);
    assert.equal(new Set(keys(server.attempts)).size, 1);
  });
}

test("what is refused with a reason is parked on the disk, the next goes on, and a person may retry", async (context) => {
  const refusal = { status: 400, body: '{"code": 400, "reason": "too_deep", "message": "…"}' };
  const { server, open } = await onStage(context, refusal);
  const client = await open();
  await client.track({ n: 0 });
  await client.flush(30);
  await client.track({ n: 1 });
  assert.equal(await client.flush(30), 0);
  await client.close();

  const later = await open();
  const [{ reason, count, text, key }] = await later.parked();
  assert.deepEqual(
    { reason, count, n: JSON.parse(text).n },
    { reason: "too_deep", count: 1, n: 0 },
  );
  await later.retryParked();
  assert.equal(await later.flush(30), 0);
  assert.deepEqual(numbers(server.attempts), [0, 1, 0]);
  assert.equal(keys(server.attempts)[2], key);
  assert.deepEqual(await later.parked(), []);
});

test("a listener to problems that fails itself stops nothing", async (context) => {
  const { server, open } = await onStage(context, 503);
  const fail = () => {
    throw new Error("of the listener");
  };
  const client = await open({ onProblem: fail });
  await client.track({ n: 0 });

  assert.equal(await client.flush(30), 0);
  assert.equal(server.attempts.length, 2);
});
