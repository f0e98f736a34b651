/** Files: a ticket, then the bytes; loaded by the first upload. */

import { Md5 } from "./md5.js";

const SLICE_BYTES = 65_536; // under a millisecond of the page's time

/** The server's words for why a file will not be stored, however often it is sent. */
export class UploadRefused extends Error {}

/**
 * Store a Blob or bytes; resolves to the object's name.
 *
 * What fails is begun again with a new ticket, by the rules for batches, until `timeout` seconds
 * have passed: a URL that was used may be spent, as the bytes may be there although the answer got lost.
 */
export async function upload(client, file, options = {}) {
  const content = file instanceof Blob ? file : new Blob([file]);
  const description = await describe(
    content,
    options.contentType ?? (content.type || "application/octet-stream"),
  );
  const end = performance.now() + (options.timeout ?? 600) * 1000;
  for (let failures = 0; ; failures++) {
    const { object, wait, problem } = await tryOnce(client, content, description, options);
    if (object) return object;
    const pause = Math.max(wait, client.backoff(failures));
    if (performance.now() + pause > end) throw new Error(`the file is not stored: ${problem}`);
    await new Promise((done) => setTimeout(done, pause));
  }
}

async function describe(content, contentType) {
  return JSON.stringify({
    content_type: contentType,
    md5_digest: await digestOf(content),
    size: content.size,
  });
}

/** The MD5 of a Blob in base64, slice by slice: the page is free in between. */
export async function digestOf(content) {
  const md5 = new Md5();
  for (let at = 0; at < content.size; at += SLICE_BYTES) {
    md5.update(new Uint8Array(await content.slice(at, at + SLICE_BYTES).arrayBuffer()));
  }
  return btoa(String.fromCharCode(...md5.digest()));
}

/** One ticket and one PUT; resolves to {object} or {wait, problem}. Throws UploadRefused. */
async function tryOnce(
  client,
  content,
  description,
  { category = "crashdump", fileParent, fileChild },
) {
  if (!client.consent) throw new UploadRefused("there is no consent");
  const parameters = {
    event_category: category,
    ...(fileParent && { file_parent: fileParent }),
    ...(fileChild && { file_child: fileChild }),
  };
  const { status, answer, wait, error } = await client.post("file", parameters, description);
  if (status >= 400 && status < 500 && answer?.reason && status !== 408 && status !== 429) {
    throw new UploadRefused(`${answer.reason}: ${answer.message}`);
  }
  if (status !== 200 || !answer?.signed_url)
    return {
      wait,
      problem: status ? `the ticket is answered ${status}` : client.device.explain(error),
    };
  return put(answer, content);
}

async function put({ signed_url: url, headers, object }, content) {
  try {
    // Without a type of its own: the signed headers say it, and no other may be added.
    const { ok, status } = await fetch(url, {
      method: "PUT",
      headers,
      body: content.slice(0, content.size, headers["Content-Type"]),
      credentials: "omit",
    });
    return ok ? { object } : { wait: 0, problem: `the file is answered ${status}` };
  } catch (error) {
    return { wait: 0, problem: `the file got no answer (${error.message})` };
  }
}
