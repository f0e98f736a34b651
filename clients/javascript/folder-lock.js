/** A lock on a folder that the kernel releases when its process ends, however it ends. */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";

const O_EXLOCK = 0x20; // of macOS and the BSDs: open(2) locks, or fails

/** Resolves to the function that unlocks, or to nothing where a living process holds the lock. */
export function lockFolder(folder) {
  const name = `analytics-${createHash("sha256").update(folder).digest("hex").slice(0, 40)}`;
  if (process.platform === "linux") return listen(`\0${name}`); // abstract: there is no file to stay behind
  if (process.platform === "win32") return listen(`\\\\.\\pipe\\${name}`);
  return lockFile(`${folder}.lock`);
}

/** Whoever listens has the lock: no two can under one name. */
function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) =>
      ["EADDRINUSE", "EACCES"].includes(error.code) ? resolve(undefined) : reject(error),
    );
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(done)));
    });
  });
}

async function lockFile(path) {
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK,
    );
    return () => file.close();
  } catch (error) {
    if (error.code === "EAGAIN") return undefined;
    throw error;
  }
}
