/**
 * Records in a file that only grows: each transaction is a line, synced before anybody is told.
 *
 * A line is a digest and the JSON of what changed: [[id, value], …], without a value where the
 * record is gone. A line cut short at the end was never told to be kept; one that is damaged
 * elsewhere is the disk's doing: the file is set aside, and what can be read of it is kept anew.
 */

import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MemoryStore } from "./analytics.js";

const FILE = "outbox.log";
const COMPACT_AT = 1_000_000; // bytes, beside twice those of the records

const digest = (text) => createHash("md5").update(text).digest("hex").slice(0, 8);

function lineOf(changes) {
  const text = JSON.stringify(
    [...changes].map(([id, value]) => (value === undefined ? [id] : [id, value])),
  );
  return Buffer.from(`${digest(text)} ${text}\n`);
}

function readLine(line) {
  const text = line.slice(9);
  return line.slice(0, 8) === digest(text) ? JSON.parse(text) : undefined;
}

export class FileStore extends MemoryStore {
  durable = true;
  #file;
  #size = 0;

  constructor(folder, unlock) {
    super();
    this.path = join(folder, FILE);
    this.folder = folder;
    this.unlock = unlock;
  }

  /** Open the file of a folder that is locked; `report` hears of damage. */
  static async open(folder, unlock, report) {
    const store = new FileStore(folder, unlock);
    await store.#read(report);
    await store.#rewrite();
    return store;
  }

  async #read(report) {
    const text = await readFile(this.path, "utf8").catch((error) => {
      if (error.code !== "ENOENT") throw error;
      return "";
    });
    const lines = text.split("\n");
    lines.pop(); // what has no end was never told to be kept
    const changes = lines.map(readLine);
    for (const [id, value] of changes.flatMap((read) => read ?? []))
      value === undefined ? this.records.delete(id) : this.records.set(id, value);
    if (changes.includes(undefined)) await this.#setAside(report);
  }

  /** Count what is there: a line that is gone may have had other events, and the last index. */
  #recount() {
    const kept = [...this.records.values()].filter(({ id }) => id);
    const sum = (kinds, field) =>
      kept
        .filter(({ id }) => kinds.includes(id[0]))
        .reduce((total, each) => total + each[field], 0);
    const numbers = kept.filter(({ id }) => id[0] === "e").map(({ id }) => Number(id.slice(1)));
    this.records.set("meta", {
      ...this.records.get("meta"),
      session: undefined, // a new one is begun
      chunks: Math.max(-1, ...numbers) + 1,
      events: sum("e", "count"),
      eventBytes: sum("e", "size"),
      waiting: sum("eb", "count"),
      bytes: sum("ebp", "size"),
    });
  }

  async #setAside(report) {
    const aside = `${this.folder}-damaged-${Date.now()}.log`; // beside the folder, which may go
    await rename(this.path, aside);
    this.#recount();
    report(`the outbox was damaged; it is ${aside} now, and what could be read goes on`);
  }

  /** Write all records as one line of a new file, which then takes the place of the old one. */
  async #rewrite() {
    const line = lineOf(this.records);
    const file = await open(`${this.path}.new`, "w+");
    try {
      await file.writeFile(line);
      await file.sync();
      await this.#closeFile();
      await rename(`${this.path}.new`, this.path);
      await syncFolder(this.folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    this.#size = line.length;
  }

  async commit(changes) {
    const live = this.records.get("meta")?.bytes ?? 0;
    if (this.#size > COMPACT_AT + 2 * live) await this.#rewrite();
    const line = lineOf(changes);
    try {
      await this.#append(line);
    } catch (error) {
      await this.#file.truncate(this.#size).catch(() => {}); // it was not kept, so it may not come back
      throw error;
    }
    this.#size += line.length;
  }

  /** Leave nothing in the file of what was deleted. */
  compact() {
    return this.run(() => this.#rewrite());
  }

  async #append(line) {
    const { bytesWritten } = await this.#file.write(line, 0, line.length, this.#size);
    if (bytesWritten < line.length) throw new Error("the disk is full");
    await this.#file.datasync();
  }

  async #closeFile() {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async close() {
    await this.#closeFile();
    await this.unlock();
  }

  /** Remove the folder, whose records are elsewhere by now. */
  async discard() {
    await this.#closeFile();
    await rm(this.folder, { recursive: true });
    await this.unlock();
  }
}

/** Make a renamed file's name durable; Windows has no such thing. */
async function syncFolder(folder) {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
