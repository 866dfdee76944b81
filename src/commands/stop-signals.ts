import type { Clock } from "../domain/clock.ts";

/** A second signal within this time counts as the same request (a terminal and a supervisor both send one). */
const REPEAT_MS = 2_000;

/**
 * The first SIGTERM or SIGINT requests an orderly stop; a later one forces it.
 * @returns a function that stops listening.
 */
export function onStopSignal(clock: Clock, stop: (signal: string) => void): () => void {
  let first: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = clock.monotonic();
      stop(signal);
    } else if (clock.monotonic() - first > REPEAT_MS) {
      process.exit(1);
    }
  };
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
  return () => {
    process.off("SIGTERM", handle);
    process.off("SIGINT", handle);
  };
}
