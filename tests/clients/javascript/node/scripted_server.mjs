// A real server whose answers are a script; it remembers every attempt.

import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

/**
 * Answers in turn: a status, {status, body, headers}, "reset", or a function of the attempt that
 * returns one of these; and when the script is at its end always `otherwise`.
 */
export async function startServer(...script) {
  const told = { attempts: [], script, otherwise: 200 };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const attempt = read(request, Buffer.concat(chunks));
    told.attempts.push(attempt);
    const step = script.length ? script.shift() : told.otherwise;
    const answer = typeof step === "function" ? await step(attempt) : step;
    if (answer === "reset") return response.destroy();
    const { status, body, headers = {} } = typeof answer === "number" ? { status: answer } : answer;
    const stored = JSON.stringify({ statusCode: 200, event_count: attempt.events.length });
    response.writeHead(status, headers).end(body ?? (status === 200 ? stored : "{}"));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  told.url = `http://127.0.0.1:${server.address().port}`;
  told.stop = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return told;
}

function read(request, body) {
  const decoded = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
  const text = decoded.toString();
  const { pathname, searchParams } = new URL(request.url, "http://server");
  const { sent_at: sentAt, ...parameters } = Object.fromEntries(searchParams);
  const lines = pathname === "/v1/event" ? text.split("\n").filter(Boolean) : [];
  const events = lines.map((line) => JSON.parse(line));
  return {
    path: pathname,
    method: request.method,
    headers: request.headers,
    parameters,
    sentAt,
    text,
    events,
    body,
  };
}
