import { watch } from "chokidar";
import type { Clock, Timer } from "../domain/clock.ts";
import { TraderError, messageOf } from "../domain/errors.ts";

export interface WatchOptions {
  readonly clock: Clock;
  /** Called when the file may have changed, and at least once every `tickMs`. It must check for itself. */
  readonly onHint: () => void;
  /** Called once for each kind of watch failure; the tick continues. */
  readonly onProblem: (problem: TraderError) => void;
  /** For a single file mounted into a container, for which the kernel reports no changes. Default: false. */
  readonly usePolling?: boolean;
  /** Maximum time between two checks, in milliseconds. Default: 1000. */
  readonly tickMs?: number;
}

export interface FileWatch {
  close(): Promise<void>;
}

const DEFAULT_TICK_MS = 1_000;
const POLLING_INTERVAL_MS = 250;
/** chokidar reports a second change within 50 ms only after that time; checking again ourselves finds it sooner. */
const LOOKS_AFTER_EVENT_MS = [5, 15, 30, 51];

/**
 * Watches one file; neither the file nor its directory need exist. Events are hints and may be lost (a full
 * inotify table, a bind mount), so the tick alone guarantees that a change is found.
 */
export function watchFile(path: string, options: WatchOptions): FileWatch {
  const { clock, onHint, onProblem, usePolling = false, tickMs = DEFAULT_TICK_MS } = options;
  const timers = new Timers(clock);
  const problems = new Set<string>();
  const watcher = watch(path, {
    ignoreInitial: true,
    atomic: false,
    ...(usePolling ? { backend: "polling", pollingInterval: POLLING_INTERVAL_MS } : {}),
  });
  watcher.on("all", () => {
    onHint();
    for (const delay of LOOKS_AFTER_EVENT_MS) timers.after(delay, onHint);
  });
  watcher.on("error", (error) => {
    const problem = watchProblem(path, error);
    if (problems.has(problem.message)) return;
    problems.add(problem.message);
    onProblem(problem);
  });
  const tick = (): void => {
    timers.after(tickMs, tick);
    onHint();
  };
  timers.after(tickMs, tick);
  return {
    async close() {
      timers.close();
      await watcher.close();
    },
  };
}

/** Timers that end together. */
class Timers {
  readonly #clock: Clock;
  readonly #pending = new Set<Timer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): void {
    if (this.#closed) return;
    const timer = this.#clock.after(delayMs, () => {
      this.#pending.delete(timer);
      run();
    });
    this.#pending.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}

function watchProblem(path: string, error: unknown): TraderError {
  const code = Error.isError(error) && "code" in error ? String(error.code) : "";
  const exhausted = code === "EMFILE" || code === "ENOSPC";
  return new TraderError(`The system does not report changes of ${path}: ${messageOf(error)}.`, {
    code: "watch-failed",
    hint: exhausted
      ? "Raise fs.inotify.max_user_instances and max_user_watches. Until then the file is only checked periodically."
      : "The file is only checked periodically.",
    cause: error,
  });
}
