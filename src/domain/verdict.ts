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

/** Every verdict on a run or a line, and what follows from it. */
export const VERDICTS = {
  executed: {
    meaning: "Its execution has begun; how it ended is the outcome of that execution.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: undefined,
    tint: "good",
  },
  held: {
    meaning: "The strategy says HOLD: nothing is changed.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.ok,
    log: "info",
    notice: undefined,
    tint: "quiet",
  },
  stale: {
    meaning: "It is older than SIGNAL_MAX_AGE_SECONDS, by its stamp or by when the line arrived.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: "warning",
    tint: "warn",
  },
  duplicate: {
    meaning: "It says again what was said before, and the account is on target for it or is being traded to it.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: undefined,
    tint: "quiet",
  },
  superseded: {
    meaning: "A newer run took its place before it had begun.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: undefined,
    tint: "quiet",
  },
  incomplete: {
    meaning: "The run lacks legs, or its weights add up to less than 98 %.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "bad",
  },
  "over-allocated": {
    meaning: "Its weights come to more than 100.5 %.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "bad",
  },
  future: {
    meaning: "Its stamp lies more than 5 s ahead.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "bad",
  },
  malformed: {
    meaning:
      "It cannot be read as an alert, has a time that a clock change makes double or impossible, contradicts itself, or names a symbol that is not allowed.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "bad",
  },
  untrusted: {
    meaning:
      "The alerts file may not be trusted or cannot be read: its owner, its permissions, a link, no directory, or lines that a simulator wrote.",
    isFinal: true,
    isRetried: false,
    exit: EXIT.refused,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  "dry-run": {
    meaning: "It was only tried out; nothing was sent and nothing is used up.",
    isFinal: false,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: undefined,
    tint: "quiet",
  },
  halted: {
    meaning: "Trading is halted; `resume` lets a fresh run be judged again.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "bad",
  },
  "market-closed": {
    meaning: "The market is closed, or too little of the session is left.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "warning",
    tint: "warn",
  },
  "broker-unreachable": {
    meaning: "The broker could not be read.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.failed,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  "account-blocked": {
    meaning: "The account may not trade, or is not the one that this ledger trades for.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  "price-doubt": {
    meaning: "A price that decides a quantity, or the worth of the account, is in doubt.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  "account-unsettled": {
    meaning:
      "The account did not contain our last fills yet, or all that is left to trade waits for something that passes: the reason says for what.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  refused: {
    meaning:
      "The plan was refused: a daily limit, MAX_ORDER_VALUE, too much that cannot be bought, holdings that were never adopted, a short position, an account above 100 %, or its proof.",
    isFinal: false,
    isRetried: true,
    exit: EXIT.refused,
    log: "warn",
    notice: "error",
    tint: "bad",
  },
  waiting: {
    meaning: "The run is not complete yet; its late legs are waited for.",
    isFinal: false,
    isRetried: false,
    exit: EXIT.refused,
    log: "info",
    notice: undefined,
    tint: "accent",
  },
  accepted: {
    meaning: "It is complete and fresh and waits for its turn.",
    isFinal: false,
    isRetried: false,
    exit: EXIT.ok,
    log: "warn",
    notice: undefined,
    tint: "accent",
  },
  history: {
    meaning: "Stands once for everything before the first line that could still be fresh.",
    isFinal: false,
    isRetried: false,
    exit: EXIT.ok,
    log: "info",
    notice: undefined,
    tint: "quiet",
  },
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
