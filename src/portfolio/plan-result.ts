import type { SkipReason } from "./skip-reason.ts";
import type { Decimal } from "../domain/decimal.ts";

/** One order to send; exactly one of `quantity` and `notional`. */
export interface PlannedOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity?: Decimal;
  readonly notional?: Decimal;
  /** Dollars it is expected to move, at the checked price or the position's value. */
  readonly estimatedValue: Decimal;
  /** The most it can take from cash (buys; whole shares at price × 1.04), zero for sells. */
  readonly worstCaseCost: Decimal;
  /** The whole position goes, or all of its whole shares where only those are traded. */
  readonly fullExit: boolean;
}

/** Where one symbol stands: what is wanted, what is held, and what is done about it or why not. */
export interface PlanLine {
  readonly symbol: string;
  /** Fraction of the base; undefined for protected symbols and outside an exit. */
  readonly targetWeight: Decimal;
  readonly targetValue: Decimal;
  readonly actualValue: Decimal;
  readonly checkedPrice: Decimal | undefined;
  readonly action: "sell" | "buy" | "none";
  /** Set when `action` is `none`, or when an order moves only a part of what is wanted. */
  readonly leftAlone?: SkipReason;
  /** One sentence for a person. */
  readonly detail: string;
}

export interface Plan {
  /** (cash + Σ quantity × checked price, without protected positions) × (1 − reserve), in dollars (R9). */
  readonly base: Decimal;
  /** The base if every suspected split is none, or at its highest price. */
  readonly highestBase: Decimal;
  readonly sells: readonly PlannedOrder[];
  /** In phase `selling` only an expectation; they are planned again on the cash that the sells brought. */
  readonly buys: readonly PlannedOrder[];
  /** One line for every symbol that is held or wanted, ordered by symbol. */
  readonly lines: readonly PlanLine[];
  /** Cash available to buys after `min(cash − open and unknown buys, buying power)` and expected sells, in dollars. */
  readonly spendable: Decimal;
  /** Whether every line was traded to plan or left for an on-target reason, and no leg lacks more than the band and one share. */
  readonly reachesTarget: boolean;
}

/** Why no plan can be made at all. */
export type PlanRefusal = "price-doubt" | "short-position" | "account-over-allocated" | "order-limit" | "unbuyable" | "proof-failed";

/** What each refusal of a plan means, for people. */
export const PLAN_REFUSAL_MEANINGS: Record<PlanRefusal, string> = {
  "price-doubt":
    "The worth of the account is in doubt: a large holding that is not sold whole has no confirmed price, or cash and positions disagree with the broker's equity.",
  "short-position": "The account holds a short position, which this program never opens and does not know how to close.",
  "account-over-allocated": "The account owes more than its positions are worth, so no target can be computed.",
  "order-limit": "An order of the plan would be worth more than MAX_ORDER_VALUE.",
  unbuyable: "Legs that cannot be bought make up more of the run than MAX_UNBUYABLE_PERCENT, and UNBUYABLE_ACTION is refuse.",
  "proof-failed": "The plan, or what it was to be made from, breaks a rule: a fault of this program or of the broker's answer.",
};

export type PlanResult =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "refused"; readonly refusal: PlanRefusal; readonly reason: string; readonly hint: string };
