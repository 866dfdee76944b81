/** Verdicts that are never changed again (R7). */
export const FINAL_VERDICTS = [
  "executed",
  "held",
  "stale",
  "duplicate",
  "superseded",
  "incomplete",
  "over-allocated",
  "future",
  "malformed",
  "untrusted",
] as const;

/** Verdicts that are judged again while the run is fresh, when someone asks or when their cause ends (R7). */
export const PROVISIONAL_VERDICTS = [
  "dry-run",
  "halted",
  "market-closed",
  "broker-unreachable",
  "account-blocked",
  "price-doubt",
  "account-unsettled",
  "refused",
  "waiting",
  "accepted",
] as const;

export type FinalVerdict = (typeof FINAL_VERDICTS)[number];
export type ProvisionalVerdict = (typeof PROVISIONAL_VERDICTS)[number];
/** `history` stands once for everything before the first line that can still be fresh. */
export type VerdictKind = FinalVerdict | ProvisionalVerdict | "history";

/** What each verdict means, for people. */
export const VERDICT_MEANINGS: Record<VerdictKind, string> = {
  executed: "Its execution has begun; how it ended is the outcome of that execution.",
  held: "The strategy says HOLD: nothing is changed.",
  stale: "It is older than SIGNAL_MAX_AGE_SECONDS, by its stamp or by when the line arrived.",
  duplicate: "It says again what was said before, and the account is on target for it or is being traded to it.",
  superseded: "A newer run took its place before it had begun.",
  incomplete: "The run lacks legs, or its weights do not come to 98 % at least.",
  "over-allocated": "Its weights come to more than 100.5 %.",
  future: "Its stamp lies more than 5 s ahead.",
  malformed:
    "It cannot be read as an alert, has a time that a clock change makes double or impossible, contradicts itself, or names a symbol that is not allowed.",
  untrusted:
    "The alerts file may not be trusted or cannot be read: its owner, its permissions, a link, no directory, or lines that a simulator wrote.",
  "dry-run": "It was only tried out; nothing was sent and nothing is used up.",
  halted: "Trading is halted; `resume` lets a fresh run be judged again.",
  "market-closed": "The market is closed, or too little of the session is left.",
  "broker-unreachable": "The broker could not be read.",
  "account-blocked": "The account may not trade, or is not the one that this ledger trades for.",
  "price-doubt": "A price that decides a quantity, or the worth of the account, is in doubt.",
  "account-unsettled":
    "The account did not contain our last fills yet, or all that is left to trade waits for something that passes: the reason says for what.",
  refused:
    "The plan was refused: a daily limit, MAX_ORDER_VALUE, too much that cannot be bought, holdings that were never adopted, a short position, an account above 100 %, or its proof.",
  waiting: "The run is not complete yet; its late legs are waited for.",
  accepted: "It is complete and fresh and waits for its turn.",
  history: "Stands once for everything before the first line that could still be fresh.",
};

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence for a person: what was seen, against what it was measured. */
  readonly reason: string;
}

/** A run that is not executed, or not for now, as those are told who are not part of the trading. */
export interface NotExecuted {
  /** Undefined for lines that make no signal. */
  readonly signalId: string | undefined;
  readonly verdict: Verdict;
  readonly hint?: string | undefined;
  /** What was asked for, in a few words. */
  readonly wanted?: string | undefined;
}

/** Verdicts whose cause may end by itself while the run is fresh (R7); the daemon asks again. */
const RETRIED: ReadonlySet<VerdictKind> = new Set<VerdictKind>([
  "halted",
  "market-closed",
  "broker-unreachable",
  "account-blocked",
  "price-doubt",
  "account-unsettled",
  "refused",
]);

export function isRetried(kind: VerdictKind): boolean {
  return RETRIED.has(kind);
}

export function isFinal(kind: VerdictKind): boolean {
  return (FINAL_VERDICTS as readonly string[]).includes(kind);
}
