import { skipPhrase } from "./skip-reason.ts";
import { formatDollars, formatWeight } from "../domain/format.ts";
import type { SkipReason } from "./skip-reason.ts";
import { decimal, ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import { isProtected, type Refused, type Valuation } from "./valuation.ts";

/** A whole-share order may fill this much above the checked price (R11). */
export const WORST_FILL = decimal("1.04");
/** Weights of a whole run come to at least this much (R4); less is the share of one strategy among several. */
const WHOLE_RUN = decimal("0.98");

/** A lasting cause that keeps a target from being bought at all (R12). */
export interface PurchaseObstacle {
  readonly reason: SkipReason;
  readonly note?: string;
}

/** Why `symbol` cannot be bought, however long one waits; `undefined` when it can. What passes, like a doubtful price, is no such cause. */
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
 * R12: refuses the whole plan when too much of the run cannot be bought, so that nothing is sold for a purchase that
 * cannot be made. A leg counts with its whole target weight, unless so much of it is held that no purchase is needed.
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
  const named = legs.map(
    ({ symbol, part, obstacle: { reason, note } }) => `${symbol} (${formatWeight(part)}): ${note ?? skipPhrase(reason)}`,
  );
  return {
    kind: "refused",
    refusal: "unbuyable",
    reason:
      `${formatWeight(unbuyable)} of the run cannot be bought, more than MAX_UNBUYABLE_PERCENT (${formatWeight(settings.maxUnbuyable)}), ` +
      `so nothing is sold for it. ${named.join("; ")}.`,
    hint: "Remove the cause, or let the strategy choose something else. UNBUYABLE_ACTION=exit trades the rest and keeps their share as cash.",
  };
}

/** Whether a purchase is needed to get there. What is protected is never bought, because the owner says so. */
function lacks(symbol: string, weight: Decimal, input: PlanInput, { base, holdings, values }: Valuation): boolean {
  const holding = holdings.get(symbol);
  if (weight.lte(ZERO) || isProtected(symbol, holding, input)) return false;
  const missing = weight.times(base).minus(values.get(symbol) ?? ZERO);
  return holding === undefined || missing.gt(base.times(input.settings.driftBand));
}

/** What the target weights are parts of. */
function runOf(targets: ReadonlyMap<string, Decimal>): Decimal {
  const total = sum(targets.values());
  return total.gte(WHOLE_RUN) ? ONE : total;
}

/** R11: why whole shares are not bought at this ask; the checked price alone would count them too cheap. */
export function askTooHigh(symbol: string, price: Decimal, input: Pick<PlanInput, "observations" | "marketClosed">): string | undefined {
  return input.marketClosed === true ? undefined : askAbove(input.observations.get(symbol)?.quote?.ask, price);
}

/** As {@link askTooHigh}, of one ask; `undefined` too where there is none. */
export function askAbove(ask: Decimal | undefined, price: Decimal): string | undefined {
  if (ask === undefined || ask.lte(price.times(WORST_FILL))) return undefined;
  return `the ask is ${formatDollars(ask)}, more than 4 % above the checked price of ${formatDollars(price)}`;
}
