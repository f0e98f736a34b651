// The conformance suite's way to the client in Node: a command a line in, an answer a line out.

import { createInterface } from "node:readline";
import { Analytics } from "../../../clients/javascript/node.js";
import { makeDriver } from "./driver_commands.mjs";

const drive = makeDriver({
  open: (options, folder) => new Analytics({ ...options, outbox: folder }),
  read: (path) => path,
  report: (text) => process.stderr.write(`${text}\n`),
});

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await drive(command))}\n`);
  if (command.do === "close") process.exit(0);
}
await drive({ do: "close", timeout: 1 });
process.exit(0);
