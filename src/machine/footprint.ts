import { registerHooks } from "node:module";
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

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

/** Enough for ten accounts that trade at a time; more makes a fleet larger and not faster. */
const FLEET_YOUNG_BYTES = 8 * 1_024 * 1_024;

/** Keeps the space for young objects from growing on, once a fleet has what it needs. Call it now and then. @returns whether it is done. */
export function capYoungSpace(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  if (young === undefined || young.space_size < FLEET_YOUNG_BYTES) return false;
  stayInFirstYoungSpace();
  return true;
}

/** Of what is no longer used. The engine by itself waits for many times more. */
const COLLECTED_AFTER_BYTES = 12 * 1_024 * 1_024;

/**
 * Collects garbage once enough of it can have come together. It stops everything for some hundredths of a second, so call it
 * when nothing waits.
 */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => getHeapStatistics().used_heap_size;
  let kept = used();
  return () => {
    if (used() - kept < COLLECTED_AFTER_BYTES) return;
    collect();
    kept = used();
  };
}
