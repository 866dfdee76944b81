import type { SkipReason } from "./skip-reason.ts";
import type { Decimal } from "../domain/decimal.ts";

/** One order to send; exactly one of `quantity` and `notional`. */
export interface PlannedOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity?: Decimal;
  readonly notional?: Decimal;
  /** Expected value in dollars, at the checked price or the position's value. */
  readonly estimatedValue: Decimal;
  /** Maximum cash a buy can use (whole shares at price × 1.04); zero for sells. */
  readonly worstCaseCost: Decimal;
  /** Sells the whole position, or all its whole shares where only those are traded; less than a rounding may remain. */
  readonly fullExit: boolean;
}

/** One symbol: target, position, and the order or the reason for none. */
export interface PlanLine {
  readonly symbol: string;
  /** Fraction of the base; undefined for protected symbols and outside an exit. */
  readonly targetWeight: Decimal;
  readonly targetValue: Decimal;
  readonly actualValue: Decimal;
  readonly checkedPrice: Decimal | undefined;
  readonly action: "sell" | "buy" | "none";
  /** Set when `action` is `none`, or when an order covers only a part of the need. */
  readonly leftAlone?: SkipReason;
  /** One sentence for a person. */
  readonly detail: string;
}

export interface Plan {
  /** (cash + Σ quantity × checked price, without protected positions) × (1 − reserve), in dollars (R9). */
  readonly base: Decimal;
  /** The base if no suspected split is real, or at the highest price. */
  readonly highestBase: Decimal;
  readonly sells: readonly PlannedOrder[];
  /** In phase `selling` only an estimate; buys are planned again with the actual proceeds of the sells. */
  readonly buys: readonly PlannedOrder[];
  /** One line per symbol that is held or targeted, ordered by symbol. */
  readonly lines: readonly PlanLine[];
  /** Cash available for buys after `min(cash − open and unknown buys, buying power)` and expected sells, in dollars. */
  readonly spendable: Decimal;
  /** Whether every line was traded to plan or left for an on-target reason, and no leg lacks more than the band and one share. */
  readonly reachesTarget: boolean;
}

/** Why no plan can be made at all. */
export type PlanRefusal = "price-doubt" | "short-position" | "account-over-allocated" | "order-limit" | "unbuyable" | "proof-failed";

/** What each refusal of a plan means, for people. */
export const PLAN_REFUSAL_MEANINGS: Record<PlanRefusal, string> = {
  "price-doubt":
    "The account's value is in doubt: a large position that is not sold completely has no confirmed price, or cash and positions disagree with the broker's equity.",
  "short-position": "The account holds a short position, which this program never opens and cannot close.",
  "account-over-allocated": "The account owes more than its positions are worth, so no target can be calculated.",
  "order-limit": "An order of the plan would be worth more than MAX_ORDER_VALUE.",
  unbuyable: "Legs that cannot be bought make up more of the run than MAX_UNBUYABLE_PERCENT, and UNBUYABLE_ACTION is refuse.",
  "proof-failed": "The plan or its input breaks a rule: a bug in this program or a wrong answer from the broker.",
};

export type PlanResult =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "refused"; readonly refusal: PlanRefusal; readonly reason: string; readonly hint: string };
