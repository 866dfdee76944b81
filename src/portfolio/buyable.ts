import { skipPhrase, type SkipReason } from "./skip-reason.ts";
import { formatDollars, formatWeight } from "../domain/format.ts";
import { groupedByCause } from "../domain/listing.ts";
import { decimal, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import { isProtected, type Refused, type Valuation } from "./valuation.ts";

/** A whole-share order may fill this much above the checked price (R11). */
export const WORST_FILL = decimal("1.04");
/** The weights of a whole run add up to at least this much (R4); less is one strategy's share among several. */
const WHOLE_RUN = decimal("0.98");

/** A lasting cause that prevents buying a target at all (R12). */
export interface PurchaseObstacle {
  readonly reason: SkipReason;
  readonly note?: string;
}

/** The lasting reason why `symbol` cannot be bought; `undefined` when it can. Passing causes, such as a doubtful price, do not count. */
export function purchaseObstacle(
  symbol: string,
  { assets, renamed, settings }: Pick<PlanInput, "assets" | "renamed" | "settings">,
): PurchaseObstacle | undefined {
  const held = renamed?.get(symbol);
  if (held !== undefined)
    return { reason: "renamed", note: `the position in ${held} is the same asset: ${symbol} is traded as ${held} now` };
  if (settings.allowedSymbols?.has(symbol) === false) return { reason: "not-allowed" };
  const asset = assets.get(symbol);
  if (asset === undefined) return { reason: "unknown-symbol" };
  if (!asset.active) return { reason: "inactive" };
  if (!asset.tradable) return { reason: "not-tradable" };
  return asset.purchaseBlock === undefined ? undefined : { reason: "not-buyable", note: asset.purchaseBlock };
}

/**
 * R12: refuses the whole plan when too much of the run cannot be bought, so that nothing is sold to pay for an
 * impossible purchase. A leg counts with its whole target weight, unless enough of it is already held.
 */
export function refuseUnbuyable(input: PlanInput, valuation: Valuation): Refused | undefined {
  const { phase, wanted, settings, begun } = input;
  if (phase === "buying" || begun === true || wanted.kind === "exit" || settings.unbuyableAction === "exit") return undefined;
  const legs = [...wanted.targets].flatMap(([symbol, weight]) => {
    const obstacle = lacks(symbol, weight, input, valuation) ? purchaseObstacle(symbol, input) : undefined;
    return obstacle === undefined ? [] : [{ symbol, part: weight.div(runOf(wanted.targets)), obstacle }];
  });
  const unbuyable = sum(legs.map(({ part }) => part));
  if (unbuyable.lte(settings.maxUnbuyable)) return undefined;
  const named = groupedByCause(
    legs.map(({ symbol, part, obstacle: { reason, note } }) => [`${symbol} (${formatWeight(part)})`, note ?? skipPhrase(reason)]),
  );
  return {
    kind: "refused",
    refusal: "unbuyable",
    reason:
      `${formatWeight(unbuyable)} of the run cannot be bought, more than MAX_UNBUYABLE_PERCENT (${formatWeight(settings.maxUnbuyable)}), ` +
      `so nothing is sold for it. ${named.map((entry) => entry.join(": ")).join("; ")}.`,
    hint: "Remove the cause, or let the strategy choose other symbols. UNBUYABLE_ACTION=exit trades the rest and keeps their share as cash.",
  };
}

/** Whether reaching the target needs a purchase. Protected symbols are never bought, at the owner's request. */
function lacks(symbol: string, weight: Decimal, input: PlanInput, { base, holdings, values }: Valuation): boolean {
  const holding = holdings.get(symbol);
  if (weight.lte(ZERO) || isProtected(symbol, holding, input)) return false;
  const missing = weight.times(base).minus(values.get(symbol) ?? ZERO);
  return holding === undefined || missing.gt(base.times(input.settings.driftBand));
}

/** The base of the target weights. */
function runOf(targets: ReadonlyMap<string, Decimal>): Decimal {
  const total = sum(targets.values());
  return total.gte(WHOLE_RUN) ? ONE : total;
}

/** R11: why whole shares are not bought at this ask; the checked price alone would underestimate their cost. */
export function askTooHigh(symbol: string, price: Decimal, input: Pick<PlanInput, "observations" | "marketClosed">): string | undefined {
  return input.marketClosed === true ? undefined : askAbove(input.observations.get(symbol)?.quote?.ask, price);
}

/** As {@link askTooHigh}, for one ask; also `undefined` without an ask. */
export function askAbove(ask: Decimal | undefined, price: Decimal): string | undefined {
  if (ask === undefined || ask.lte(price.times(WORST_FILL))) return undefined;
  return `the ask is ${formatDollars(ask)}, more than 4 % above the checked price of ${formatDollars(price)}`;
}
