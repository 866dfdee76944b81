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

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence for a person: what was seen, against what it was measured. */
  readonly reason: string;
}

export function isFinal(kind: VerdictKind): boolean {
  return (FINAL_VERDICTS as readonly string[]).includes(kind);
}
