// A process that tracks numbers and says, line by line, which are kept; it is made to be killed.

import { Analytics } from "../../../../clients/javascript/node.js";

const [url, outbox, from] = process.argv.slice(2);
const client = new Analytics({
  url,
  key: "k",
  outbox,
  flushEvents: 5,
  flushSeconds: 0.01,
  retryBaseMs: 1,
  retryCapMs: 20,
});
await client.ready;
for (let n = Number(from); ; n += 3) {
  const told = await Promise.all([n, n + 1, n + 2].map((each) => client.track({ n: each })));
  const kept = told.filter((each) => each.kept && each.durable).length;
  if (kept !== 3) throw new Error(JSON.stringify(told));
  process.stdout.write(`${n} ${n + 1} ${n + 2}\n`);
  await new Promise((done) => setTimeout(done, 2));
}
