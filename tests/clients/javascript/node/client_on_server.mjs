// A client with a fresh outbox folder and a scripted server, both gone after the test.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analytics } from "../../../../clients/javascript/node.js";
import { startServer } from "./scripted_server.mjs";

const PATIENT_MS = 60_000;

/** Return {server, folder, open}: `open(options)` starts a client, as a process would. */
export async function onStage(test, ...script) {
  const server = await startServer(...script);
  const parent = await mkdtemp(join(tmpdir(), "outbox-"));
  const folder = join(parent, "box");
  const clients = [];
  test.after(async () => {
    for (const client of clients) await client.close(0);
    await server.stop();
    await rm(parent, { recursive: true });
  });
  const open = async (options = {}) => {
    const client = new Analytics({
      url: server.url,
      key: "k",
      outbox: folder,
      retryBaseMs: 1,
      retryCapMs: 20,
      ...options,
    });
    clients.push(client);
    await client.ready;
    return client;
  };
  return { server, folder, open };
}

/** Wait until a condition holds. */
export async function until(condition) {
  const end = Date.now() + PATIENT_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never: ${condition}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

export const numbers = (attempts) => attempts.flatMap(({ events }) => events.map(({ n }) => n));
export const keys = (attempts) => attempts.map(({ parameters }) => parameters.batch_key);
