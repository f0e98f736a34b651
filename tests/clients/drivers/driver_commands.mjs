// The commands of the conformance suite, as calls of the client: the same in Node and in a page.

const OPTIONS = {
  flush_events: "flushEvents",
  flush_seconds: "flushSeconds",
  max_bytes: "maxBytes",
  max_event_bytes: "maxEventBytes",
  retry_base_ms: "retryBaseMs",
  retry_cap_ms: "retryCapMs",
  halt_ms: "haltMs",
  session_timeout: "sessionTimeout",
  consent: "consent",
};

/** Return the function that answers a command; `open` makes a client, `read` gets a file to upload. */
export function makeDriver({ open, read, report }) {
  let analytics;
  let ahead = 0;

  async function status() {
    const { sessionId, eventIndex, lastError, ...told } = await analytics.status();
    return { ...told, session: sessionId, next: eventIndex, last_error: lastError };
  }

  const commands = {
    async open({ url, key, category, environment, folder, options = {} }) {
      const given = Object.entries({ category, environment }).filter(([, value]) => value);
      const named = Object.entries(options).map(([name, value]) => [OPTIONS[name] ?? name, value]);
      const clock = () => Date.now() + ahead;
      const chosen = Object.fromEntries([["sessionTimeout", 0], ...given, ...named]);
      analytics = open({ url, key, clock, onProblem: report, ...chosen }, folder);
      await analytics.ready;
      return status();
    },

    async track({ type, count = 1, from = 0, pad = 0 }) {
      const padding = "x".repeat(pad);
      const numbers = Array.from({ length: count }, (_, at) => from + at);
      const events = numbers.map((n) => ({
        eventType: type,
        eventAttributes: { n, pad: padding },
      }));
      const told = await Promise.all(events.map((event) => analytics.track(event)));
      const kept = told.filter((each) => each.kept).length;
      const dropped = told.filter((each) => each.reason === "outbox_full").length;
      const { session, next } = await status();
      return { kept, dropped, session, next };
    },

    flush: async ({ timeout }) => ({ left: await analytics.flush(timeout) }),
    status,
    consent: ({ granted }) => analytics.setConsent(granted),
    session: async () => ({ session: await analytics.newSession() }),
    pause: () => void analytics.pause(),
    resume: () => analytics.resume(),
    clock: ({ ahead: seconds }) => void (ahead = seconds * 1000),
    retry_parked: () => analytics.retryParked(),
    upload: async ({ path, content_type: contentType }) => ({
      object: await analytics.upload(await read(path), { contentType }),
    }),
    close: async ({ timeout }) => ({ left: (await analytics?.close(timeout)) ?? 0 }),
  };

  return async ({ do: name, ...fields }) => {
    if (!Object.hasOwn(commands, name)) return { ok: false, unsupported: true };
    try {
      return { ok: true, ...(await commands[name](fields)) };
    } catch (error) {
      return { ok: false, error: `${error.name}: ${error.message}` };
    }
  };
}
