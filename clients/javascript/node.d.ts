import { Analytics as Client, type Options, type UploadOptions } from "./analytics.js";

export type * from "./analytics.js";

/** The client with an outbox of files, for Node and for Electron's main process. */
export class Analytics extends Client {
  constructor(options: Options & { outbox: string });
  /** A text is the path of a file. */
  upload(file: string | Blob | Uint8Array, options?: UploadOptions): Promise<string>;
}
