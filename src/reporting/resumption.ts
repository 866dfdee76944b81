/** The halt as a page shows it. Value formats as in json-values.ts. */
export interface HaltReport {
  readonly reason: string;
  /** `null` when the file that halts was made by hand. */
  readonly since: string | null;
  /** What runs if trading is resumed now: the newest signal of each strategy that is still fresh. */
  readonly resumes: readonly Resumption[];
}

interface Resumption {
  readonly signal_id: string;
  readonly strategy: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly kind: string;
  /** After this it is stale and does not run. */
  readonly until: string;
  /** `start`: it has not begun. `rest`: it was stopped, and what is left of it is traded. */
  readonly what: "start" | "rest";
}

/** What the ledger knows of a signal. */
export interface KnownSignal {
  readonly id: string;
  readonly strategy: string;
  readonly kind: string;
  readonly generated_at: string;
  readonly arrived_at: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly verdict: string | null;
  readonly outcome: string | null;
}

/** Verdicts that are judged again on `resume`, and those after which nothing is left to do. */
const DONE = new Set(["held", "stale", "duplicate", "superseded", "incomplete", "over-allocated", "future", "malformed", "untrusted"]);
const STOPPED = new Set<string | null>(["incomplete", "off-target"]);

/**
 * What a resume would run (R7, R25, R33), as far as the ledger knows: the daemon judges the alerts file itself.
 * @param signals newest first. @param maxAgeMs SIGNAL_MAX_AGE_SECONDS. @param now milliseconds since the epoch.
 */
export function resumptions(signals: readonly KnownSignal[], maxAgeMs: number, now: number): Resumption[] {
  const newest = new Map<string, KnownSignal>();
  for (const signal of signals) if (!newest.has(signal.strategy)) newest.set(signal.strategy, signal);
  return [...newest.values()].flatMap((signal) => {
    const until = Math.min(Date.parse(signal.generated_at), Date.parse(signal.arrived_at)) + maxAgeMs;
    const what = whatIsLeft(signal);
    if (what === undefined || until <= now) return [];
    const { id, strategy, targets, kind } = signal;
    return [{ signal_id: id, strategy, targets, kind, until: new Date(until).toISOString(), what }];
  });
}

function whatIsLeft({ verdict, outcome }: KnownSignal): Resumption["what"] | undefined {
  if (verdict === "executed") return STOPPED.has(outcome) ? "rest" : undefined;
  return verdict !== null && DONE.has(verdict) ? undefined : "start";
}
