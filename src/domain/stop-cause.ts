import type { VerdictKind } from "./verdict.ts";

interface StopRow {
  /** For people. */
  readonly meaning: string;
  /** On the run and its execution, where it kept that from beginning (R7). */
  readonly verdict: VerdictKind;
  readonly outcome: "refused" | "superseded";
  /** It decides about an execution only until that has begun (R17, R22). */
  readonly untilBegun: boolean;
}

const REFUSED = { outcome: "refused", untilBegun: false } as const;

/** What keeps an execution from sending more, and what follows from it. */
export const STOP_CAUSES = {
  halted: { ...REFUSED, meaning: "Trading was halted.", verdict: "halted" },
  deadline: { ...REFUSED, meaning: "EXECUTION_DEADLINE_SECONDS have passed.", verdict: "stale" },
  "session-closed": { ...REFUSED, meaning: "The session is over, or less than 30 s of it are left.", verdict: "market-closed" },
  stale: {
    meaning: "The signal became stale before the broker held an order of it.",
    verdict: "stale",
    outcome: "refused",
    untilBegun: true,
  },
  "foreign-hand": {
    ...REFUSED,
    meaning: "Somebody else's order touches a symbol or the cash of the plan, or cash has left the account.",
    verdict: "refused",
  },
  "no-sane-quote": { ...REFUSED, meaning: "Limit style: no order of it had a quote to be priced from.", verdict: "price-doubt" },
  "keys-refused": {
    ...REFUSED,
    meaning: "The venue refused the API keys or the OAuth token: they are not valid any more, or may not trade.",
    verdict: "account-blocked",
  },
  "account-blocked": { ...REFUSED, meaning: "The account may no longer trade.", verdict: "account-blocked" },
  superseded: {
    meaning: "A newer run takes its place before anything was sent.",
    verdict: "superseded",
    outcome: "superseded",
    untilBegun: true,
  },
  "planned-again": {
    meaning:
      "A run of another strategy came, or fell away, before anything was sent: it is planned again with what every strategy asks for now.",
    // It is about to be executed.
    verdict: "accepted",
    outcome: "superseded",
    untilBegun: true,
  },
} as const satisfies Record<string, StopRow>;

export type StopCause = keyof typeof STOP_CAUSES;
