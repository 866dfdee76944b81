import { registerHooks } from "node:module";
import { setFlagsFromString } from "node:v8";

/** zod's table of sixty languages; only English messages are ever shown. */
const UNUSED_MODULE = "/zod/v4/locales/index.js";

/** Avoids loading what is never used. Call before any other import. The bundle is made without it (`scripts/bundle.js`). */
export function loadOnlyWhatIsUsed(): void {
  if (!import.meta.url.endsWith(".ts")) return;
  registerHooks({
    load: (url, context, next) =>
      url.endsWith(UNUSED_MODULE) ? { format: "module", source: "export {};", shortCircuit: true } : next(url, context),
  });
}

/**
 * Keeps a mostly idle process small. The engine's space for young objects would grow by 10 MiB and more during the
 * start, and stay that size; with its initial size a rebalance is not slower.
 */
export function stayInFirstYoungSpace(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
