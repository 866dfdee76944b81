import type { Clock } from "../domain/clock.ts";
import { EXIT } from "../domain/errors.ts";

/** A second signal within this time counts as the same request (a terminal and a supervisor both send one). */
const REPEAT_MS = 2_000;

/** From a supervisor, from Ctrl-C, and from a terminal or an ssh session that is closed. */
const STOP_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** The daemon's start has sent nothing yet, so there is nothing to finish. */
const leave = (): never => process.exit(EXIT.ok);

/** For the daemon, which exits with 0 when stopped by a signal: also before {@link onStopSignal} takes over. */
export function leaveOnStopSignal(): void {
  for (const signal of STOP_SIGNALS) process.on(signal, leave);
}

/** The first signal requests an orderly stop; a later one forces it. @returns a function that stops listening. */
export function onStopSignal(clock: Clock, stop: (signal: string) => void): () => void {
  let first: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = clock.monotonic();
      stop(signal);
    } else if (clock.monotonic() - first > REPEAT_MS) {
      process.exit(EXIT.failed);
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, handle).off(signal, leave);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, handle);
  };
}
