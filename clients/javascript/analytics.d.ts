/** An event: these top-level fields have columns, every other one is in the column `extra`. */
export interface AnalyticsEvent {
  eventType?: string;
  /** The moment of the event: ISO 8601, or a number since the epoch; the client's clock by default. */
  eventTimestamp?: string | number;
  eventSource?: string;
  eventClass?: string;
  eventEnvironment?: string;
  buildVersion?: string;
  playerId?: string;
  eventAttributes?: unknown;
  [field: string]: unknown;
}

export interface Options {
  /** The pipeline's address, such as https://events.example.com. */
  url: string;
  /** The API key; it is public in a page, and never logged. */
  key: string;
  /** `event_category`; only "function" is loaded into BigQuery. Default "function". */
  category?: string;
  /** `analytics_environment`; the server's default is "development". */
  environment?: string;
  /** The outbox's name in IndexedDB (default "analytics"); in Node its folder. */
  outbox?: string;
  /** Events and seconds after which a batch is sent. Default 100 (at most 400) and 10. */
  flushEvents?: number;
  flushSeconds?: number;
  /** What the outbox may hold, and an event may have. Default 50,000,000 and 262,144 bytes. */
  maxBytes?: number;
  maxEventBytes?: number;
  /** The bounds of the first and of the longest backoff. Default 1,000 and 300,000 ms. */
  retryBaseMs?: number;
  retryCapMs?: number;
  /** How long to wait after the key was refused. Default 300,000 ms. */
  haltMs?: number;
  /** Seconds within which a new start goes on with the session. Default 1,800 in pages, 0 in Node. */
  sessionTimeout?: number;
  /** Without it nothing is kept or sent; false deletes what was kept, "pending" leaves it. Default true. */
  consent?: boolean | "pending";
  /** Milliseconds since the epoch. Default Date.now. */
  clock?: () => number;
  /** Hears in words what went wrong: of the outbox, of an attempt. */
  onProblem?: (problem: string) => void;
}

export type Tracked =
  | { kept: true; durable: boolean; sessionId: string; eventIndex: number }
  | { kept: false; reason: "outbox_full" | "consent" | "closed" };

export interface Status {
  /** Events that are neither acknowledged nor parked. */
  waiting: number;
  /** Batches that were refused for what they hold. */
  parked: number;
  /** Events for which there was no room, ever. */
  dropped: number;
  bytes: number;
  /** False while events are in memory alone. */
  durable: boolean;
  /** True while the key is refused. */
  halted: boolean;
  lastError?: string;
  sessionId: string;
  /** The index of the session's next event. */
  eventIndex: number;
}

export interface ParkedBatch {
  key: string;
  count: number;
  size: number;
  reason: string;
  /** The events as NDJSON. */
  text: string;
}

export interface UploadOptions {
  contentType?: string;
  /** `event_category` of the file. Default "crashdump". */
  category?: string;
  fileParent?: string;
  fileChild?: string;
  /** Seconds after which it is given up. Default 600. */
  timeout?: number;
}

export class Analytics {
  constructor(options: Options);
  /** Resolves once the outbox is open, or events are kept in memory meanwhile. */
  readonly ready: Promise<void>;
  /** Keep an event; rejects with TypeError or RangeError for what is no event, or too large. */
  track(event: AnalyticsEvent): Promise<Tracked>;
  /** Send now; resolves to the number of events that are left when `timeout` seconds have passed. */
  flush(timeout?: number): Promise<number>;
  status(): Promise<Status>;
  parked(): Promise<ParkedBatch[]>;
  retryParked(): Promise<void>;
  /** Begin a session; resolves to its id. */
  newSession(): Promise<string>;
  /** Withdrawn, all that was kept is deleted, and nothing of it is sent once this has resolved. */
  setConsent(granted: boolean): Promise<void>;
  /** Send what waits, as the application goes to the background; pages do it by themselves. */
  pause(): Promise<void>;
  resume(): void;
  /** Resolves to the name of the stored object, as gs://…; what failed is begun again. */
  upload(file: Blob | Uint8Array, options?: UploadOptions): Promise<string>;
  /** Flush for so many seconds and let go of the outbox; resolves to what is left in it. */
  close(timeout?: number): Promise<number>;
}
