/**
 * Analytics in Node and Electron: the client of analytics.js with an outbox of files.
 *
 * Each process has a numbered folder of its own in the outbox, guarded by a lock that ends with the
 * process. What a dead process left is taken over by whoever finds its folder free.
 */

import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { Analytics as Client } from "./analytics.js";
import { FileStore } from "./file-store.js";
import { lockFolder } from "./folder-lock.js";

const LOOK_AROUND_MS = 10_000; // for folders of the dead, when there is nothing else to do

/** What a process gives the client: a folder of its own, and those of the dead. */
class Processes {
  sessionTimeout = 0;
  #own;

  async open(outbox, client) {
    await mkdir(outbox, { recursive: true });
    this.outbox = await realpath(outbox);
    for (let number = 0; ; number++) {
      const folder = join(this.outbox, String(number));
      const store = await openIfFree(folder, client);
      if (store) {
        this.#own = folder;
        return store;
      }
    }
  }

  /** Nobody else sends from a folder of one's own. */
  lock(name, work) {
    return work();
  }

  /** Move what the dead left into the own outbox: their batches keep their names. */
  async takeOver(client) {
    if (!client.store.durable) return;
    for (const name of await readdir(this.outbox)) {
      const folder = join(this.outbox, name);
      if (!/^\d+$/.test(name) || folder === this.#own) continue;
      const store = await openIfFree(folder, client);
      if (!store) continue;
      try {
        await client.adopt(store);
      } catch (error) {
        await store.close();
        throw error;
      }
      await store.discard();
    }
  }

  /** Delete what the dead left, what was set aside, and what the log still holds of both. */
  async forget(client) {
    await this.takeOver(client); // keeps nothing without consent
    for (const name of await readdir(this.outbox))
      if (/^\d+-damaged-\d+\.log$/.test(name)) await rm(join(this.outbox, name));
    await client.store.compact?.();
  }

  attach(client) {
    const timer = setInterval(() => client.send(), LOOK_AROUND_MS);
    timer.unref();
    return { detach: () => clearInterval(timer) };
  }

  explain(error) {
    return `no answer: ${error.cause?.code ?? error.cause?.message ?? error.message}`;
  }
}

/** The store of a folder, locked; nothing where a living process has it. */
async function openIfFree(folder, client) {
  const unlock = await lockFolder(folder);
  if (!unlock) return undefined;
  try {
    await mkdir(folder, { recursive: true });
    return await FileStore.open(folder, unlock, client.options.onProblem);
  } catch (error) {
    await unlock();
    throw error;
  }
}

export class Analytics extends Client {
  /** `outbox` is a folder of the application's data, the same for all of its processes. */
  constructor(options) {
    if (typeof options.outbox !== "string" || !options.outbox)
      throw new TypeError("outbox: a folder is needed");
    super(options, new Processes());
  }

  /** Store the file at a path, or the bytes of a Blob or a Uint8Array. */
  async upload(file, options = {}) {
    const type = options.contentType ?? "application/octet-stream";
    return super.upload(
      typeof file === "string" ? await openAsBlob(file, { type }) : file,
      options,
    );
  }
}
