// Plays the API through openapi-fetch, with the types that openapi-typescript made of the 3.1
// document; prints what was answered. Arguments: the URL of the gateway, and a key.
import createClient from "openapi-fetch";
import type { paths } from "./api.d.ts";

declare const process: { argv: string[] };
const [baseUrl, key] = process.argv.slice(2);

const api = createClient<paths>({ baseUrl });
api.use({
  onRequest({ request }) {
    const url = new URL(request.url);
    url.searchParams.set("key", key);
    return new Request(url, request);
  },
});
const query = { analytics_environment: "e2e" };
const event = { eventType: "session_start", eventTimestamp: Date.now() / 1000, level: 7 };

const one = await api.POST("/v1/event", { params: { query }, body: event });
const many = await api.POST("/v1/event", {
  params: {
    query: { ...query, event_time: "8-16" },
    header: { "Idempotency-Key": crypto.randomUUID() },
  },
  body: [event, event],
});
const ticket = await api.POST("/v1/file", {
  params: { query },
  body: { content_type: "text/plain", md5_digest: "XrY7u+Ae7tCTyyK7j1rNww==", size: 11 },
});
if (!one.data || !many.data || !ticket.data) throw new Error("refused");
const { signed_url, headers } = ticket.data;
const upload = await fetch(signed_url, { method: "PUT", headers, body: "hello world" });

const refused = await api.POST("/v1/event", {
  params: { query: { event_category: "two words" } },
  body: event,
});
if (!refused.error) throw new Error("accepted");

// The types refuse what the API does.
type Post = paths["/v1/event"]["post"];
// @ts-expect-error - there is no such third of the day
export const eventTime: NonNullable<Post["parameters"]["query"]>["event_time"] = "9-10";
// @ts-expect-error - the client makes JSON of it by itself
export const body: Post["requestBody"]["content"]["application/json"] = JSON.stringify(event);

console.log(
  JSON.stringify({
    events: [one.data.event_count, many.data.event_count],
    upload: upload.status,
    refused: [refused.error.code, refused.error.reason],
  }),
);
