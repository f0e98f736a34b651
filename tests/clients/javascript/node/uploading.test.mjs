// Files: a ticket, then the bytes.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { digestOf } from "../../../../clients/javascript/upload.js";
import { onStage } from "./client_on_server.mjs";

const md5 = (bytes) => createHash("md5").update(bytes).digest("base64");

/** The server's answer to a request for a place: a URL of its own for each. */
function ticket({ headers: { host }, text }) {
  const { content_type: type, md5_digest: digest } = JSON.parse(text);
  ticket.count = (ticket.count ?? 0) + 1;
  const headers = {
    "Content-Type": type,
    "Content-MD5": digest,
    "x-goog-content-length-range": "1,9",
  };
  const body = {
    signed_url: `http://${host}/place-${ticket.count}`,
    headers,
    object: `gs://bucket/${ticket.count}`,
  };
  return { status: 200, body: JSON.stringify(body) };
}

for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 65_536, 200_001]) {
  test(`the digest of ${size} bytes is MD5's`, async () => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7919) % 251);
    assert.equal(await digestOf(new Blob([bytes])), md5(bytes));
  });
}

test("a file is put to the signed URL with exactly the headers of the ticket", async (context) => {
  const { server, folder, open } = await onStage(context, ticket, 200);
  const client = await open();
  const path = `${folder}-dump.txt`;
  await writeFile(path, "a crash");
  const object = await client.upload(path, {
    contentType: "text/plain",
    fileParent: "build-17",
    fileChild: "dump",
  });

  const [asked, put] = server.attempts;
  assert.deepEqual(JSON.parse(asked.text), {
    content_type: "text/plain",
    md5_digest: md5("a crash"),
    size: 7,
  });
  assert.deepEqual(asked.parameters, {
    key: "k",
    event_category: "crashdump",
    file_parent: "build-17",
    file_child: "dump",
  });
  assert.equal(put.text, "a crash");
  assert.equal(put.method, "PUT");
  assert.equal(put.headers["content-type"], "text/plain");
  assert.equal(put.headers["content-md5"], md5("a crash"));
  assert.equal(put.headers["x-goog-content-length-range"], "1,9");
  assert.match(object, /^gs:\/\/bucket\/\d+$/);
});

test("whatever fails, a new ticket is asked for, and no URL is used twice", async (context) => {
  const { server, open } = await onStage(
    context,
    503,
    "reset",
    ticket,
    "reset",
    ticket,
    412,
    ticket,
    403,
    ticket,
    200,
  );
  const client = await open();
  const object = await client.upload(new TextEncoder().encode("bytes"));

  const puts = server.attempts.filter(({ method }) => method === "PUT").map(({ path }) => path);
  assert.equal(new Set(puts).size, 4);
  assert.equal(puts.at(-1).replace("/place-", "gs://bucket/"), object);
});

test("what the server refuses with a reason is told, and not tried again", async (context) => {
  const refusal = {
    status: 413,
    body: '{"code": 413, "reason": "body_too_large", "message": "at most 5 GB"}',
  };
  const { server, open } = await onStage(context, refusal);
  const client = await open();
  await assert.rejects(client.upload(new Blob(["x"])), /body_too_large: at most 5 GB/);
  assert.equal(server.attempts.length, 1);
});

test("an upload that does not succeed in time says why", async (context) => {
  const { server, open } = await onStage(context);
  server.otherwise = 503;
  const client = await open();
  await assert.rejects(
    client.upload(new Blob(["x"]), { timeout: 0.05 }),
    /the ticket is answered 503/,
  );
});
