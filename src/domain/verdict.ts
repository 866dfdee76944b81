import { EXIT, type ExitCode } from "./errors.ts";

/** All that is decided by a verdict alone. */
interface VerdictRow {
  /** For people. */
  readonly meaning: string;
  /** It is never changed again; the others are judged again while the run is fresh (R7). `history` is neither. */
  readonly isFinal: boolean;
  /** Its cause may end by itself while the run is fresh, so the daemon asks again (R7). */
  readonly isRetried: boolean;
  /** Of a command that acts once, where this is the result of the run (contract). */
  readonly exit: ExitCode;
  /** How lines that get it are logged. */
  readonly log: "info" | "warn";
  /** Level of the notification; `undefined`: nothing was to be done, it is done, or something else is being done instead. */
  readonly notice: "warning" | "error" | undefined;
  readonly tint: "good" | "quiet" | "accent" | "warn" | "bad";
}

/** The last word on a run, which needs nobody's attention. */
const FINAL = { isFinal: true, isRetried: false, exit: EXIT.ok, log: "warn", notice: undefined } as const;

/** What was written cannot be traded. */
const REJECTED = { ...FINAL, exit: EXIT.refused, notice: "warning", tint: "bad" } as const;

/** It is not traded now; the cause may pass while the run is fresh. */
const PASSING = { isFinal: false, isRetried: true, exit: EXIT.refused, log: "warn", notice: "error", tint: "bad" } as const;

/** A later verdict follows. */
const OPEN = { isFinal: false, isRetried: false, exit: EXIT.ok, log: "warn", notice: undefined } as const;

/** Every verdict on a run or a line, and what follows from it. */
export const VERDICTS = {
  executed: { ...FINAL, meaning: "Its execution has begun; how it ended is the outcome of that execution.", tint: "good" },
  held: { ...FINAL, meaning: "The strategy says HOLD: nothing is changed.", log: "info", tint: "quiet" },
  stale: {
    ...FINAL,
    meaning: "It is older than SIGNAL_MAX_AGE_SECONDS, by its stamp or by when the line arrived.",
    notice: "warning",
    tint: "warn",
  },
  duplicate: {
    ...FINAL,
    meaning: "It says again what was said before, and the account is on target for it or is being traded to it.",
    tint: "quiet",
  },
  superseded: { ...FINAL, meaning: "A newer run took its place before it had begun.", tint: "quiet" },
  incomplete: { ...REJECTED, meaning: "The run lacks legs, or its weights add up to less than 98 %." },
  "over-allocated": { ...REJECTED, meaning: "Its weights come to more than 100.5 %." },
  future: { ...REJECTED, meaning: "Its stamp lies more than 5 s ahead." },
  malformed: {
    ...REJECTED,
    meaning:
      "It cannot be read as an alert, has a time that a clock change makes double or impossible, contradicts itself, or names a symbol that is not allowed.",
  },
  untrusted: {
    ...REJECTED,
    meaning:
      "The alerts file may not be trusted or cannot be read: its owner, its permissions, a link, no directory, or lines that a simulator wrote.",
    notice: "error",
  },
  "dry-run": { ...OPEN, meaning: "It was only tried out; nothing was sent and nothing is used up.", tint: "quiet" },
  halted: { ...PASSING, meaning: "Trading is halted; `resume` lets a fresh run be judged again.", notice: "warning" },
  "market-closed": { ...PASSING, meaning: "The market is closed, or too little of the session is left.", notice: "warning", tint: "warn" },
  "broker-unreachable": { ...PASSING, meaning: "The broker could not be read.", exit: EXIT.failed },
  "account-blocked": { ...PASSING, meaning: "The account may not trade, or is not the one that this ledger trades for." },
  "price-doubt": { ...PASSING, meaning: "A price that decides a quantity, or the worth of the account, is in doubt." },
  "account-unsettled": {
    ...PASSING,
    meaning:
      "The account did not contain our last fills yet, or all that is left to trade waits for something that passes: the reason says for what.",
  },
  refused: {
    ...PASSING,
    meaning:
      "The plan was refused: a daily limit, MAX_ORDER_VALUE, too much that cannot be bought, holdings that were never adopted, a short position, an account above 100 %, or its proof.",
  },
  waiting: {
    ...OPEN,
    meaning: "The run is not complete yet; its late legs are waited for.",
    exit: EXIT.refused,
    log: "info",
    tint: "accent",
  },
  accepted: { ...OPEN, meaning: "It is complete and fresh and waits for its turn.", tint: "accent" },
  history: { ...OPEN, meaning: "Stands once for everything before the first line that could still be fresh.", log: "info", tint: "quiet" },
} as const satisfies Record<string, VerdictRow>;

export type VerdictKind = keyof typeof VERDICTS;
type KindsThat<Final extends boolean> = {
  [Kind in VerdictKind]: (typeof VERDICTS)[Kind]["isFinal"] extends Final ? Kind : never;
}[VerdictKind];
/** Verdicts that are never changed again (R7). */
export type FinalVerdict = KindsThat<true>;
/** Verdicts that are judged again while the run is fresh, when someone asks or when their cause ends (R7). */
export type ProvisionalVerdict = Exclude<KindsThat<false>, "history">;

/** In the order of the table; `history`, which stands once for everything before the first line that can still be fresh, is last. */
export const VERDICT_KINDS = Object.keys(VERDICTS) as readonly VerdictKind[];
export const FINAL_VERDICTS = VERDICT_KINDS.filter((kind): kind is FinalVerdict => VERDICTS[kind].isFinal);
export const PROVISIONAL_VERDICTS = VERDICT_KINDS.filter(
  (kind): kind is ProvisionalVerdict => !VERDICTS[kind].isFinal && kind !== "history",
);

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence for a person: what was seen, against what it was measured. */
  readonly reason: string;
  /** What `reason` says in words, where there are codes for it. */
  readonly causes?: readonly VerdictCause[] | undefined;
}

/** A refusal of a plan, a daily limit, or what is left of a symbol and why. */
export interface VerdictCause {
  readonly code: string;
  readonly symbol?: string;
}

/** A run that is not executed, or not for now, as the log and notifications report it. */
export interface NotExecuted {
  /** Undefined for lines that make no signal. */
  readonly signalId: string | undefined;
  readonly verdict: Verdict;
  readonly hint?: string | undefined;
  /** The request, in a few words. */
  readonly wanted?: string | undefined;
}

export function isFinal(kind: VerdictKind): boolean {
  return VERDICTS[kind].isFinal;
}

export function isRetried(kind: VerdictKind): boolean {
  return VERDICTS[kind].isRetried;
}
