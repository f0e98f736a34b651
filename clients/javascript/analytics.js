/**
 * Analytics of pages: an event is on the device before track() says so, and stays until it is answered.
 *
 * `Analytics` is the client, the same in pages and in Node; what differs is in a device: `page`
 * below, and node.js. A device opens a store, which runs transactions on records:
 *
 *   "meta"     the session, and counts of what is kept
 *   "e" + nr   a chunk of events that wait: {id, home, count, size, text}, text as NDJSON; home
 *              is the name that the batch will have, which lets a page send it as it is left
 *   "b" + key  a batch with its name, cut once and never changed: {id, key, count, size, text}
 *   "p" + key  a batch that was refused, with its reason
 */

const CHUNK = { events: 100, bytes: 200_000 }; // about a millisecond of the page's time
const CUT_AT = { events: 400, bytes: 250_000 }; // with a chunk more below 500 events and 512 KB
const KEEPALIVE_BYTES = 60_000; // browsers allow 64 KiB in flight
const ANSWER_MS = 40_000; // the gateway gives up after 30 s
const DROPPED_BYTES = 400; // room for an event that says how many there was none for
const NOTHING = {
  next: 0,
  used: 0,
  chunks: 0,
  cuts: 0,
  events: 0,
  eventBytes: 0,
  waiting: 0,
  bytes: 0,
  dropped: 0,
  told: 0,
};

const sizeOf = (text) => new TextEncoder().encode(text).length;

/** A timer that keeps no process alive. */
function after(ms, react) {
  const timer = setTimeout(react, ms);
  timer.unref?.();
  return timer;
}

const sleep = (ms) => new Promise((done) => after(ms, done));

/** Gzip, wherever there is something to do it; the server knows it by its first bytes. */
async function zip(text) {
  if (!globalThis.CompressionStream) return text;
  return new Response(
    new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")),
  ).arrayBuffer();
}

function count(meta, { count, size }, sign) {
  meta.waiting += sign * count;
  meta.bytes += sign * size;
}

/** Close what is broken, and may be so in any way. */
async function letGo(store) {
  try {
    await store.close();
  } catch {
    // nothing is lost by it that was not lost before
  }
}

function putBatch(records, batch) {
  const kept = { ...batch, id: `b${batch.key}` };
  records.put(kept.id, kept);
  return kept;
}

/** A UUIDv7 (RFC 9562): it tells when it was made, by which the server knows a retry for eight days. */
export function uuid7(milliseconds) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 5, rest = Math.trunc(milliseconds); at >= 0; at--, rest = Math.floor(rest / 256))
    bytes[at] = rest;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/** What an answer means for a batch: "stored", "retry", "split", "halt" or "park". */
export function judge(status, answer, count) {
  if (status === 200) return answer?.event_count === count ? "stored" : "retry";
  if (status === 413) return "split";
  if (status < 400 || status >= 500 || status === 408 || status === 429) return "retry";
  if (status === 401 || status === 403 || status === 404 || !answer?.reason) return "halt";
  return "park";
}

/** Milliseconds that the header Retry-After asks for, at most an hour. */
export function readRetryAfter(header, now) {
  const ms = /^\d+$/.test(header?.trim()) ? header * 1000 : Date.parse(header) - now;
  return Math.min(Math.max(ms || 0, 0), 3_600_000);
}

/** Records in memory, for as long as nothing durable can be had; a transaction after the other. */
export class MemoryStore {
  durable = false;
  records = new Map();
  #last = Promise.resolve();

  /** Run `work` on the records alone; what it changed is kept whole, or not at all. */
  run(work) {
    return (this.#last = this.#last.catch(() => {}).then(() => this.#transact(work)));
  }

  async #transact(work) {
    const changes = new Map();
    const result = await work({
      get: async (id) => (changes.has(id) ? changes.get(id) : this.records.get(id)),
      put: (id, value) => changes.set(id, value),
      list: async (prefix, most) =>
        [...new Map([...this.records, ...changes])]
          .filter(([id, value]) => id.startsWith(prefix) && value !== undefined)
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .slice(0, most)
          .map(([, value]) => value),
    });
    if (changes.size) await this.commit(changes);
    for (const [id, value] of changes)
      value === undefined ? this.records.delete(id) : this.records.set(id, value);
    return result;
  }

  async commit() {}
  close() {}
}

/** The records in IndexedDB, which all tabs of an origin share. */
class PageStore {
  durable = true;

  constructor(database) {
    this.database = database;
  }

  run(work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction("records", "readwrite", {
        durability: "strict",
      });
      const records = transaction.objectStore("records");
      const ask = (request) =>
        new Promise((done, fail) => {
          request.onsuccess = () => done(request.result);
          request.onerror = () => fail(request.error);
        });
      let result;
      let failure;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(failure ?? transaction.error);
      work({
        get: (id) => ask(records.get(id)),
        put: (id, value) =>
          void (value === undefined ? records.delete(id) : records.put(value, id)),
        list: (prefix, most) => ask(records.getAll(IDBKeyRange.bound(prefix, prefix + "~"), most)),
      }).then(
        (value) => (result = value),
        (error) => {
          failure = error;
          try {
            transaction.abort();
          } catch {
            reject(error); // it had ended
          }
        },
      );
    });
  }

  close() {
    this.database.close();
  }
}

/** What a page gives the client: its store, the tabs' lock, and word of its coming and going. */
const page = {
  sessionTimeout: 1800,
  explain: (error) =>
    `no answer: offline, blocked, or a wrong key, which the gateway refuses unreadably (${error})`,

  /** fetch, or where it dies with the page a beacon: nobody hears its answer, so the batch stays. */
  fetch(url, request) {
    const isLast = request.isLast || document.hidden;
    return isLast && !("keepalive" in Request.prototype) && navigator.sendBeacon(url, request.body)
      ? Promise.reject("sent as a beacon")
      : fetch(url, request);
  },

  open(name) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("records");
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(new PageStore(request.result));
      };
      request.onerror = () => reject(request.error);
    });
  },

  /** Run `work` while no other tab does. */
  async lock(name, work, client, signal) {
    try {
      return await navigator.locks.request(name, { signal }, work);
    } catch (error) {
      if (navigator.locks && error.name !== "SecurityError") throw error;
    }
    // Without locks a lease: two who send at once would send the same bytes under the same name.
    const lease = (ends) =>
      client.store.run(async (records) => {
        const left = (await records.get("lease")) - Date.now();
        if (ends && left > 0 && left < 60_000) return false;
        records.put("lease", ends);
        return true;
      });
    while (!(await lease(Date.now() + 50_000))) {
      signal?.throwIfAborted();
      await sleep(1000);
    }
    try {
      return await work();
    } finally {
      await lease();
    }
  },

  attach(client) {
    const stop = new AbortController();
    const on = (target, type, react) =>
      target.addEventListener(type, react, { signal: stop.signal });
    on(document, "visibilitychange", () => (document.hidden ? client.pause() : client.resume()));
    on(globalThis, "pagehide", () => client.pause(true));
    on(globalThis, "pageshow", () => client.resume());
    on(globalThis, "online", () => client.resume());
    const tabs = new BroadcastChannel(client.name);
    tabs.onmessage = () => client.withdraw();
    return { withdrawn: () => tabs.postMessage(0), detach: () => (stop.abort(), tabs.close()) };
  },
};

export class Analytics {
  #pending = []; // events that are not kept yet: {text, size, tell}
  #keeping;
  #draining;
  #wanted = false;
  #found; // a store that was opened, and does not hold yet what memory holds
  #reopening = 200;
  #forget; // consent was withdrawn, and the store is not open yet
  #ready;
  #timer;
  #due = true; // what an earlier page left is sent at once
  #away = false;
  #closed = false;
  #attempt = new AbortController();
  #leaving = new AbortController();
  #wake = () => {};
  #notBefore = 0;
  #growing; // the next batch, as far as its chunks are this client's and kept: {key, cuts, text}
  #isWriting = false;

  /** Options and their defaults are in analytics.d.ts. */
  constructor(options, device = page) {
    const { url, key } = options;
    if (!/^https?:\/\/[^/?#]/.test(url))
      throw new TypeError("url: the address of the pipeline is needed, as https://…");
    if (typeof key !== "string" || !key) throw new TypeError("key: an API key is needed");
    this.options = {
      category: "function",
      flushEvents: 100,
      flushSeconds: 10,
      maxBytes: 50_000_000,
      maxEventBytes: 262_144,
      retryBaseMs: 1000,
      retryCapMs: 300_000,
      haltMs: 300_000,
      sessionTimeout: device.sessionTimeout,
      clock: Date.now,
      onProblem: () => {},
      ...options,
    };
    this.device = device;
    this.name = options.outbox ?? "analytics";
    this.consent = (options.consent ?? true) === true;
    this.#forget = options.consent === false;
    this.halted = false;
    this.store = this.#inMemory();
    this.attached = device.attach?.(this);
    this.#ready = Promise.race([this.#open(), sleep(3000)]);
    this.ready = this.#ready.then(() => this.#keep());
    this.ready.then(() => this.send());
  }

  /** Keep an event; resolves when it is kept, with where, or why not. */
  async track(event) {
    if (event === null || typeof event !== "object" || Array.isArray(event))
      throw new TypeError("event: an object is needed");
    const waiting = this.#event(event);
    const { maxEventBytes } = this.options;
    if (waiting.size > maxEventBytes)
      throw new RangeError(`event: ${waiting.size} bytes, at most ${maxEventBytes} are kept`);
    if (!this.consent || this.#closed)
      return { kept: false, reason: this.#closed ? "closed" : "consent" };
    return new Promise((tell) => {
      this.#pending.push({ ...waiting, tell });
      this.#keep();
    });
  }

  /** Send what is kept, now; resolves to the number of events that are not acknowledged. */
  async flush(timeout = 10) {
    let ring;
    let isLate = false;
    const bell = new Promise((done) => (ring = done));
    const timer = setTimeout(() => ring((isLate = true)), timeout * 1000);
    try {
      for (;;) {
        this.#due = true;
        this.#hurry();
        await Promise.race([this.#keep().then(() => this.send()), bell]);
        const { waiting } = await this.status();
        if (!waiting || isLate || !this.consent || this.#away || this.#closed) return waiting;
        await Promise.race([sleep(20), bell]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async status() {
    const { meta, parked } = await this.#trying(() =>
      this.store.run(async (records) => ({
        meta: await this.#read(records),
        parked: await records.list("p"),
      })),
    );
    return {
      waiting: meta.waiting + this.#pending.length,
      parked: parked.length,
      dropped: meta.dropped,
      bytes: meta.bytes,
      durable: this.store.durable,
      halted: this.halted,
      lastError: this.lastError,
      sessionId: meta.session,
      eventIndex: meta.next,
    };
  }

  /** Batches that were refused, oldest first: {key, count, size, reason, text}. */
  parked() {
    return this.store.run((records) => records.list("p"));
  }

  async retryParked() {
    await this.#change(async (records, meta) => {
      for (const { id, reason, ...batch } of await records.list("p")) {
        records.put(id);
        putBatch(records, batch);
        meta.waiting += batch.count;
      }
    });
    this.resume();
  }

  async newSession() {
    await this.#ready;
    await this.#keep();
    return this.#change(async (_, meta) => {
      meta.next = 0;
      return (meta.session = this.#uuid());
    });
  }

  /** Grant or withdraw; once withdrawn, all that was kept is gone and nothing of it is sent any more. */
  async setConsent(granted) {
    if (granted === true) {
      this.consent = true;
      return this.resume();
    }
    this.withdraw();
    this.attached?.withdrawn?.();
    this.#forget = !this.store.durable;
    await this.#keeping;
    await this.#change((records, meta) => this.#erase(records, meta));
    await this.#draining;
    await this.device.forget?.(this);
    await this.device.lock(this.name, async () => {}, this); // until no other tab is sending
  }

  /** Stop what is being sent, as this or another tab withdrew consent. */
  withdraw() {
    this.consent = false;
    this.#growing = undefined;
    for (const { tell } of this.#pending.splice(0)) tell({ kept: false, reason: "consent" });
    this.#attempt.abort();
    this.#wake();
  }

  /** Send what waits, as nobody knows whether the page comes back; `away` lets go of the lock, too. */
  pause(away = false) {
    if (away) {
      this.#away = true;
      this.#leaving.abort();
      this.#sendGrowing();
    }
    this.#due = true;
    this.#hurry();
    return this.#keep().then(() => this.send());
  }

  resume() {
    if (this.#away) this.#leaving = new AbortController();
    this.#away = false;
    this.#hurry();
    this.send();
  }

  /** Send for so many seconds what is kept, and let go of the outbox; resolves to what is left. */
  async close(timeout = 2) {
    const left = await this.flush(timeout);
    this.#closed = true;
    this.#leaving.abort();
    this.#attempt.abort();
    this.#wake();
    clearTimeout(this.#timer);
    await this.#draining;
    this.attached?.detach();
    await this.store.close();
    return left;
  }

  /** Store a file: {contentType, category, fileParent, fileChild, timeout}; resolves to its object's name. */
  async upload(file, options) {
    const { upload } = await import("./upload.js");
    return upload(this, file, options);
  }

  /** POST to a route; resolves to {status, answer, wait}, or to status 0 where no answer came. */
  async post(route, parameters, body, attempt = new AbortController()) {
    const { url, key, environment } = this.options;
    const query = new URLSearchParams({
      key,
      ...(environment && { analytics_environment: environment }),
      ...parameters,
    });
    const timer = after(ANSWER_MS, () => attempt.abort());
    try {
      const response = await (this.device.fetch ?? fetch)(
        `${url.replace(/\/+$/, "")}/v1/${route}?${query}`,
        {
          method: "POST",
          credentials: "omit",
          isLast: this.#away,
          keepalive: (body.byteLength ?? sizeOf(body)) < KEEPALIVE_BYTES,
          signal: attempt.signal,
          body, // neither type nor headers: a browser would ask for permission first
        },
      );
      const wait = readRetryAfter(response.headers.get("retry-after"), Date.now());
      return {
        status: response.status,
        wait,
        answer: await response.json().catch(() => undefined),
      };
    } catch (error) {
      return { status: 0, wait: 0, error };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Full jitter: any time up to a bound that doubles with each failure. */
  backoff(failures) {
    const { retryBaseMs, retryCapMs } = this.options;
    return Math.random() * Math.min(retryCapMs, retryBaseMs * 2 ** failures);
  }

  /** Move all batches of a store whose owner is gone, or that was memory, under the names they have. */
  async adopt(from, to = this.store, isOwn = false) {
    const { was, batches } = await this.#change(async (records, meta) => {
      await this.#cut(records, meta);
      return {
        was: { ...meta },
        batches: [...(await records.list("b")), ...(await records.list("p"))],
      };
    }, from);
    await this.#change(async (records, meta) => {
      if (isOwn && this.#forget) await this.#erase(records, meta);
      if (!isOwn && !this.consent) return;
      for (const batch of batches) records.put(batch.id, batch);
      for (const count of ["waiting", "bytes", "dropped", "told"]) meta[count] += was[count];
      const { clock, sessionTimeout } = this.options;
      const isResumed =
        meta.session && sessionTimeout && clock() - meta.used < sessionTimeout * 1000;
      if (isOwn && !isResumed) Object.assign(meta, { session: was.session, next: was.next });
    }, to);
  }

  #event(event) {
    const own = {
      sessionId: undefined,
      eventIndex: undefined,
      eventId: undefined,
      toJSON: undefined,
    };
    const text = JSON.stringify({
      ...event,
      eventTimestamp: event.eventTimestamp ?? this.#now(),
      ...own,
    });
    return { text, size: sizeOf(text) };
  }

  #now() {
    return new Date(this.options.clock()).toISOString();
  }

  #uuid() {
    return uuid7(this.options.clock());
  }

  #problem(text) {
    this.lastError = text;
    try {
      this.options.onProblem(text);
    } catch {
      // whoever listens may fail, not the sending
    }
  }

  #inMemory() {
    const store = new MemoryStore();
    store.records.set("meta", { ...NOTHING, session: this.#uuid() });
    return store;
  }

  /** Open the device's store, however often it takes; what memory holds then moves there. */
  async #open() {
    try {
      const store = await this.device.open(this.name, this);
      if (this.#closed) return await letGo(store);
      this.#found = store;
      this.#keep();
    } catch (error) {
      this.#reopen(error);
    }
  }

  #reopen(error) {
    this.#problem(`no durable outbox, events are in memory: ${error}`);
    after(this.#reopening, () => this.#closed || this.#open());
    this.#reopening = Math.min(this.#reopening * 2, 30_000);
  }

  async #moveIn() {
    const store = this.#found;
    this.#found = undefined;
    try {
      await this.adopt(this.store, store, true);
    } catch (error) {
      await letGo(store);
      return this.#reopen(error);
    }
    this.store = store;
    this.#growing = undefined;
    this.#reopening = 200;
    if (this.#forget)
      this.device.forget?.(this).catch((error) => this.#problem(`not deleted: ${error}`));
    this.#forget = false;
    this.send();
  }

  /** Do what needs the store; one that fails is given up for memory, until another opens. */
  async #trying(work) {
    const { store } = this;
    try {
      return await work();
    } catch (error) {
      if (store !== this.store || !store.durable) throw error;
      this.store = this.#inMemory();
      this.#growing = undefined;
      this.#reopen(error);
      await letGo(store);
      return work();
    }
  }

  async #read(records) {
    return { ...NOTHING, ...(await records.get("meta")) };
  }

  /** A transaction with the counts, which are kept with whatever else it changes. */
  #change(work, store = this.store) {
    return store.run(async (records) => {
      const meta = await this.#read(records);
      const before = JSON.stringify(meta);
      const result = await work(records, meta);
      if (JSON.stringify(meta) !== before) records.put("meta", meta);
      return result;
    });
  }

  /** Keep what is pending, a chunk in a transaction, until nothing is. */
  #keep() {
    return (this.#keeping ??= this.#keepAll());
  }

  async #keepAll() {
    try {
      await undefined; // what is tracked in one go is kept in one
      if (!this.#found) await this.#ready;
      while (this.#pending.length || this.#found) {
        if (this.#found) await this.#moveIn();
        else await this.#keepChunk();
      }
    } finally {
      this.#keeping = undefined;
    }
  }

  async #keepChunk() {
    let bytes = 0;
    let count = 0;
    for (const { size } of this.#pending) {
      if (count === CHUNK.events || (count && bytes + size > CHUNK.bytes)) break;
      bytes += size;
      count += 1;
    }
    const chunk = this.#pending.splice(0, count);
    const told = await this.#trying(() =>
      this.#change((records, meta) => this.#writeAndCut(records, meta, chunk)),
    );
    this.#isWriting = false;
    if (this.#growing) this.#growing.text += told.text;
    chunk.forEach(({ tell }, at) => tell(told.events[at]));
    if (this.#due || told.isFull) this.send();
    else this.#timer ??= after(this.options.flushSeconds * 1000, () => this.#ring());
  }

  async #writeAndCut(records, meta, chunk) {
    const { flushEvents } = this.options;
    if (this.#growing?.cuts !== meta.cuts)
      this.#growing = { key: this.#uuid(), cuts: meta.cuts, text: "" };
    this.#isWriting = true;
    const told = this.#write(records, meta, chunk, this.#growing.key);
    this.#tellDropped(records, meta);
    const isFull =
      meta.events >= Math.min(flushEvents, CUT_AT.events) || meta.eventBytes >= CUT_AT.bytes;
    if (isFull) await this.#cut(records, meta);
    return { ...told, isFull };
  }

  #ring() {
    this.#timer = undefined;
    this.#due = true;
    this.send();
  }

  /** Number events and write them as a chunk; those for which there is no room are counted instead. */
  #write(records, meta, events, home) {
    const { maxBytes, clock } = this.options;
    const id = `e${String(meta.chunks++).padStart(15, 0)}`;
    const chunk = { id, home, count: 0, size: 0, text: "" };
    const told = events.map(({ text, size }) => {
      if (!this.consent) return { kept: false, reason: "consent" };
      const { session, next } = meta;
      const envelope = `{"sessionId":"${session}","eventIndex":${next},"eventId":"${session}.${next}",`;
      if (meta.bytes + chunk.size + envelope.length + size > maxBytes) {
        meta.dropped += 1;
        return { kept: false, reason: "outbox_full" };
      }
      meta.next += 1;
      chunk.count += 1;
      chunk.size += envelope.length + size;
      chunk.text += `${envelope}${text.slice(1)}\n`;
      return { kept: true, durable: this.store.durable, sessionId: session, eventIndex: next };
    });
    if (chunk.count) records.put(chunk.id, chunk);
    meta.events += chunk.count;
    meta.eventBytes += chunk.size;
    count(meta, chunk, 1);
    meta.used = clock();
    return { events: told, text: chunk.text };
  }

  /** Once there is room again, one event says how many there was none for. */
  #tellDropped(records, meta) {
    const { maxBytes } = this.options;
    const dropped = meta.dropped - meta.told;
    if (
      !dropped ||
      meta.bytes + DROPPED_BYTES > maxBytes ||
      (meta.waiting && meta.bytes > maxBytes / 2)
    )
      return;
    this.#write(records, meta, [
      this.#event({
        eventType: "client_dropped",
        eventAttributes: { dropped, reason: "outbox_full" },
      }),
    ]);
    meta.told += dropped;
    this.#due = true;
  }

  /** Make batches of what waits: from here on they have names, and their bytes never change. */
  async #cut(records, meta) {
    const batches = new Map();
    const chunks = await records.list("e");
    if (!chunks.length) return;
    for (const { id, home, ...chunk } of chunks) {
      const batch = batches.get(home) ?? { key: home ?? this.#uuid(), count: 0, size: 0, text: "" };
      for (const field in chunk) batch[field] += chunk[field];
      batches.set(home, batch);
      records.put(id);
    }
    for (const batch of batches.values()) putBatch(records, batch);
    meta.events = meta.eventBytes = 0;
    meta.cuts += 1;
  }

  /** Send the next batch before it is cut: whoever cuts it makes the same, under the same name. */
  #sendGrowing() {
    const { key, text } = this.#growing ?? {};
    this.#growing = undefined;
    if (text && !this.#isWriting && sizeOf(text) < KEEPALIVE_BYTES) this.#post(key, text);
  }

  async #erase(records, meta) {
    for (const kind of "ebp") for (const { id } of await records.list(kind)) records.put(id);
    const { chunks, cuts } = meta;
    Object.assign(meta, NOTHING, { session: this.#uuid(), chunks, cuts: cuts + 1 });
  }

  /** Send, one batch after the other, until nothing is due; one caller at a time. */
  send() {
    this.#wanted = true;
    return (this.#draining ??= this.#drain());
  }

  async #drain() {
    try {
      await this.#ready;
      while (this.#wanted && this.consent && !this.#closed) {
        this.#wanted = false;
        // Who leaves asks nobody: what another sends, too, has the same name and bytes.
        if (this.#away) await this.#deliverAll();
        else
          await this.device.lock(this.name, () => this.#deliverAll(), this, this.#leaving.signal);
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) this.#problem(`nothing is sent: ${error}`);
    } finally {
      this.#draining = undefined;
    }
  }

  async #deliverAll() {
    for (let failures = 0; this.consent && !this.#closed;) {
      await this.device.takeOver?.(this);
      const attempt = (this.#attempt = new AbortController());
      const batch = await this.#trying(() =>
        this.#change((records, meta) => this.#next(records, meta)),
      );
      if (!batch) return;
      const wait = await this.#deliver(batch, attempt, failures);
      failures = wait ? failures + 1 : 0;
      if (wait && this.#away) return;
      if (wait) await this.#rest(wait);
    }
  }

  async #next(records, meta) {
    let [batch] = await records.list("b", 1);
    if (batch || !this.#due) return batch;
    this.#due = false;
    await this.#cut(records, meta);
    [batch] = await records.list("b", 1);
    return batch;
  }

  #post(key, body, attempt) {
    const parameters = { event_category: this.options.category, batch_key: key };
    return this.post("event", { ...parameters, sent_at: this.#now() }, body, attempt);
  }

  /** Send a batch once; resolves to the milliseconds to wait before the next attempt, 0 where it is settled. */
  async #deliver(batch, attempt, failures) {
    const body = await zip(batch.text);
    if (this.#growing?.key === batch.key) this.#growing = undefined; // from here on it outlives the page
    const { status, answer, wait, error } = await this.#post(batch.key, body, attempt);
    const verdict = judge(status, answer, batch.count);
    const isSettled = verdict !== "retry" && verdict !== "halt";
    this.halted = verdict === "halt";
    if (verdict === "stored") this.lastError = undefined;
    else
      this.#problem(
        status
          ? `${verdict}, after ${status}: ${answer?.reason ?? answer?.message ?? "no reason"}`
          : this.device.explain(error),
      );
    if (isSettled)
      await this.#trying(() =>
        this.#change((records, meta) => this.#settle(records, meta, batch, verdict, answer)),
      );
    if (isSettled) return 0;
    this.#notBefore = performance.now() + wait;
    return Math.max(1, wait, this.halted ? this.options.haltMs : this.backoff(failures));
  }

  /** Take a batch out of the outbox, for what its answer says; who else sent it may have done so before. */
  async #settle(records, meta, batch, verdict, answer) {
    const { id, ...rest } = batch;
    if (!(await records.get(id))) return;
    records.put(id);
    if (verdict === "split" && batch.count > 1) {
      const lines = batch.text.match(/.+\n/g);
      const middle = lines.length >> 1;
      for (const half of [lines.slice(0, middle), lines.slice(middle)]) {
        const text = half.join("");
        putBatch(records, { key: this.#uuid(), count: half.length, size: sizeOf(text), text });
      }
      return;
    }
    count(meta, batch, -1);
    if (verdict !== "stored") {
      records.put(`p${batch.key}`, {
        ...rest,
        id: `p${batch.key}`,
        reason: answer?.reason ?? "too_large",
      });
      meta.bytes += batch.size;
    }
    this.#tellDropped(records, meta);
  }

  #rest(ms) {
    return new Promise((done) => {
      const timer = after(ms, done);
      this.#wake = () => done(clearTimeout(timer));
    });
  }

  /** Wait no longer, unless the server asked for it. */
  #hurry() {
    if (performance.now() >= this.#notBefore) this.#wake();
  }
}
