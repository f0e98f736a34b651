// Plays the API through what swagger-typescript-api made of the 2.0 document, where a batch is an
// array; prints what was answered. Arguments: the URL of the gateway, and a key.
import { Api, type Error as Refusal, type HttpResponse } from "./api.js";

declare const process: { argv: string[] };
const [baseUrl, key] = process.argv.slice(2);

const withKey: typeof fetch = (input, init) => {
  const url = new URL(String(input));
  url.searchParams.set("key", key);
  return fetch(url, init);
};
const { v1: api } = new Api({ baseUrl, customFetch: withKey });
const query = { analytics_environment: "e2e" };
const event = { eventType: "session_start", eventTimestamp: Date.now() / 1000, level: 7 };

const { data: one } = await api.postEvent([event], query);
const { data: many } = await api.postEvent(
  [event, event],
  { ...query, event_time: "8-16" },
  { headers: { "Idempotency-Key": crypto.randomUUID() } },
);
const { data: ticket } = await api.postFile(
  { content_type: "text/plain", md5_digest: "XrY7u+Ae7tCTyyK7j1rNww==", size: 11 },
  query,
);
const { signed_url, headers } = ticket;
const upload = await fetch(signed_url, { method: "PUT", headers, body: "hello world" });

const { error: refused } = await api.postEvent([event], { event_category: "two words" }).then(
  () => Promise.reject(new TypeError("accepted")),
  (answer: HttpResponse<unknown, Refusal>) => answer,
);

// @ts-expect-error - there is no such third of the day
export const eventTime: NonNullable<Parameters<typeof api.postEvent>[1]>["event_time"] = "9-10";

console.log(
  JSON.stringify({
    events: [one.event_count, many.event_count],
    upload: upload.status,
    refused: [refused.code, refused.reason],
  }),
);
