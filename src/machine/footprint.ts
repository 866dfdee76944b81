import { registerHooks } from "node:module";
import { setFlagsFromString } from "node:v8";

/** zod's table of sixty languages, of whose messages none but the English are ever shown. */
const UNUSED_MODULE = "/zod/v4/locales/index.js";

/** Spares the process what it would load and never use. To be called before anything else is imported. */
export function loadOnlyWhatIsUsed(): void {
  registerHooks({
    load: (url, context, next) =>
      url.endsWith(UNUSED_MODULE) ? { format: "module", source: "export {};", shortCircuit: true } : next(url, context),
  });
}

/**
 * Keeps a process small that mostly waits. The engine's space for young objects would grow while the program
 * starts, by 10 MiB and more, and be kept for good; with its first size a rebalance is not slower.
 */
export function stayInFirstYoungSpace(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
