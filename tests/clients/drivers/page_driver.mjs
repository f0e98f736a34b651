// The conformance suite's way to the client in a page: chromium_driver.py calls `drive`.

import { Analytics } from "/client/analytics.js";
import { makeDriver } from "./driver_commands.mjs";

globalThis.drive = makeDriver({
  open: (options) => new Analytics(options),
  read: async (path) => (await fetch(`/file?path=${encodeURIComponent(path)}`)).blob(),
  report: (text) => console.warn(text),
});
