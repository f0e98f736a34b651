// kill -9: what was told to be kept arrives, once, under one name.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { onStage, until } from "./client_on_server.mjs";

const PROGRAM = fileURLToPath(new URL("./tracking_process.mjs", import.meta.url));
const LIVES = 6;

/** Numbers that look like chance, the same at each run. */
function* drawn(seed) {
  for (let state = seed; ;) yield (state = (state * 48271) % 2147483647);
}

/** Start a process; returns it with the numbers that it says are kept, so far. */
function startLife(url, folder, from) {
  const life = spawn(process.execPath, [PROGRAM, url, folder, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kept = [];
  let text = "";
  life.stdout.on("data", (data) => {
    const lines = (text + data).split("\n");
    text = lines.pop();
    kept.push(...lines.flatMap((line) => line.split(" ").map(Number)));
  });
  return { life, kept };
}

async function kill({ life }) {
  const ended = once(life, "close");
  life.kill("SIGKILL");
  await ended;
}

/** Check that all that is kept arrived, nothing in two batches, and sessions have no gaps. */
function check(attempts, kept) {
  const batches = Map.groupBy?.(attempts, keyOf) ?? groupByKey(attempts);
  const homes = new Map();
  const sessions = new Map();
  for (const [key, its] of batches) {
    assert.equal(new Set(its.map(({ text }) => text)).size, 1, `one body under ${key}`);
    for (const { n, eventId, sessionId, eventIndex } of its[0].events) {
      assert.ok(!homes.has(eventId), `${eventId} is in one batch`);
      homes.set(eventId, n);
      sessions.set(sessionId, [...(sessions.get(sessionId) ?? []), eventIndex]);
    }
  }
  const arrived = [...homes.values()];
  assert.equal(new Set(arrived).size, arrived.length);
  assert.deepEqual(
    kept.filter((n) => !arrived.includes(n)),
    [],
  );
  for (const indices of sessions.values()) {
    assert.deepEqual(
      indices.sort((one, other) => one - other),
      indices.map((_, at) => at),
    );
  }
}

const keyOf = ({ parameters }) => parameters.batch_key;

function groupByKey(attempts) {
  const groups = new Map();
  for (const attempt of attempts)
    groups.set(keyOf(attempt), [...(groups.get(keyOf(attempt)) ?? []), attempt]);
  return groups;
}

test("of a process that is killed again and again, what was kept arrives once", async (context) => {
  const chance = drawn(7);
  const weather = () =>
    ["reset", 200, 503, 200, { status: 200, body: "{" }][chance.next().value % 5];
  const { server, folder, open } = await onStage(context);
  server.otherwise = weather;
  const kept = [];
  for (let number = 0; number < LIVES; number++) {
    const life = startLife(server.url, folder, number * 100_000);
    const most = 3 + (chance.next().value % 60);
    await until(() => life.kept.length >= most);
    await kill(life);
    kept.push(...life.kept);
  }
  const last = await open();
  assert.equal(await last.flush(60), 0);
  check(server.attempts, kept);
});

test("processes that share a folder have sessions of their own, and take over from the dead", async (context) => {
  const { server, folder, open } = await onStage(context);
  server.otherwise = "reset";
  const lives = [1, 2, 3].map((number) => startLife(server.url, folder, number * 100_000));
  await until(() => lives.every(({ kept }) => kept.length > 20));
  const survivor = await open();
  assert.deepEqual((await readdir(folder)).sort(), ["0", "1", "2", "3"]);
  await survivor.track({ n: 0 });
  await Promise.all(lives.map(kill));
  server.otherwise = 200;

  await until(async () => (await survivor.flush(5)) === 0 && (await readdir(folder)).length === 1);
  check(server.attempts, [0, ...lives.flatMap(({ kept }) => kept)]);
});
