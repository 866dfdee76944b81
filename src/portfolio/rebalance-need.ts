import { askTooHigh, purchaseObstacle } from "./buyable.ts";
import { formatDollars } from "../domain/format.ts";
import { skipPhrase, type SkipReason } from "./skip-reason.ts";
import { ONE, ZERO, max, min, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanAsset, PlanInput } from "./plan-input.ts";
import { isUnattributed, symbolsInScope, targetWeight } from "./targets.ts";
import { splitText } from "./split.ts";
import { leftForSplit, leftForSplitOfAnother } from "./suspected.ts";
import { isOutside, isProtected, type Valuation } from "./valuation.ts";

/** Alpaca refuses orders below one dollar. */
const VENUE_MINIMUM = ONE;

/** What should happen to one symbol, before cash is considered. */
type NeededChange =
  | {
      readonly kind: "leave";
      readonly reason: SkipReason;
      readonly note?: string;
      /** Dollars above target inside the drift band that may be sold when buys lack cash (R12). */
      readonly releasable?: Decimal;
    }
  | { readonly kind: "exit" }
  /** Sell down by `excess` dollars. */
  | { readonly kind: "trim"; readonly excess: Decimal }
  /** Buy up by `need` dollars. */
  | { readonly kind: "add"; readonly shortfall: Decimal };

/** One symbol compared with its target. */
export interface RebalanceNeed {
  readonly symbol: string;
  readonly weight: Decimal;
  readonly targetValue: Decimal;
  readonly actualValue: Decimal;
  readonly quantity: Decimal;
  readonly available: Decimal;
  readonly checkedPrice: Decimal | undefined;
  readonly asset: PlanAsset | undefined;
  readonly change: NeededChange;
}

/** The thresholds of this plan, in dollars. */
export interface Thresholds {
  readonly band: Decimal;
  readonly minimum: Decimal;
}

export function thresholdsOf(input: PlanInput, valuation: Valuation): Thresholds {
  return { band: valuation.base.times(input.settings.driftBand), minimum: max(input.settings.minTradeValue, VENUE_MINIMUM) };
}

/** One need per symbol that is held or targeted, ordered by symbol. */
export function rebalanceNeedsOf(input: PlanInput, valuation: Valuation): RebalanceNeed[] {
  const thresholds = thresholdsOf(input, valuation);
  return symbolsInScope(input.wanted, valuation.holdings.keys()).map((symbol) => {
    const bare = withoutChange(symbol, input, valuation);
    return { ...bare, change: changeFor(bare, input, valuation, thresholds) };
  });
}

type WithoutChange = Omit<RebalanceNeed, "change">;

function withoutChange(symbol: string, input: PlanInput, valuation: Valuation): WithoutChange {
  const holding = valuation.holdings.get(symbol);
  const weight = targetWeight(input.wanted, symbol);
  const quantity = holding?.quantity ?? ZERO;
  const checked = valuation.prices.get(symbol);
  return {
    symbol,
    weight,
    targetValue: weight.times(valuation.base),
    actualValue: valuation.values.get(symbol) ?? ZERO,
    quantity,
    available: max(ZERO, min(quantity, holding?.available ?? ZERO)),
    checkedPrice: checked === undefined || "doubt" in checked ? undefined : checked.price,
    asset: input.assets.get(symbol),
  };
}

/** In this order: what must never be traded, what needs no trade, what cannot be done. */
function changeFor(need: WithoutChange, input: PlanInput, valuation: Valuation, thresholds: Thresholds): NeededChange {
  if (need.quantity.eq(ZERO) && need.weight.eq(ZERO)) return nothingToSell(need.symbol, input);
  const untouchable = untouchableFor(need, input, valuation, thresholds);
  if (untouchable !== undefined) return untouchable;
  const change = changeByValue(need, thresholds, input, valuation);
  if (change.kind === "add" && input.wanted.kind === "exit") return SHORT_IN_EXIT;
  const obstacle = obstacleFor(need, change, input, thresholds) ?? withoutPrice(need, change, input, valuation);
  if (change.kind !== "leave" || need.quantity.eq(ZERO)) return obstacle ?? change;
  // A held symbol that needs nothing is on target even when it could not be traded; a missing leg is not.
  return obstacle === undefined ? withRelease(change, need, thresholds, valuation) : change;
}

/** An open order of ours, or one not known to exist, may still buy a symbol without a target. */
function nothingToSell(symbol: string, input: PlanInput): NeededChange {
  if (input.workingOrders.some((order) => order.own && order.side === "buy" && order.symbol === symbol))
    return { kind: "leave", reason: "own-order-working" };
  const held = input.renamed?.get(symbol);
  if (held !== undefined) return { kind: "leave", reason: "renamed", note: `it is held as ${held} now` };
  return { kind: "leave", reason: "within-drift", note: "nothing is held" };
}

function untouchableFor(need: WithoutChange, input: PlanInput, valuation: Valuation, { minimum }: Thresholds): NeededChange | undefined {
  const { symbol } = need;
  const holding = valuation.holdings.get(symbol);
  if (isProtected(symbol, holding, input)) return leftProtected(symbol, holding, input);
  if (isOutside(symbol, input.settings) && !isNamed(symbol, input))
    return { kind: "leave", reason: "protected", note: "it is not in ALLOWED_SYMBOLS" };
  if (isUnattributed(input.wanted, symbol)) return { kind: "leave", reason: "unattributed" };
  const former = formerTicker(symbol, input);
  if (former !== undefined)
    return { kind: "leave", reason: "renamed", note: `it is the target ${former}, whose ticker has changed to ${symbol}` };
  const excluded = input.excluded.get(symbol);
  if (excluded !== undefined) return { kind: "leave", reason: excluded };
  const working = input.workingOrders.filter((order) => order.symbol === symbol);
  if (working.some((order) => !order.own)) return { kind: "leave", reason: "foreign-order" };
  if (working.length > 0) return { kind: "leave", reason: "own-order-working" };
  const split = input.splits.get(symbol);
  // Nobody can trade it, split or not: what keeps it from being traded is reported.
  if (split?.kind === "split-suspected" && input.assets.get(symbol)?.active !== true) return undefined;
  if (split?.kind === "split-suspected") return { kind: "leave", ...leftForSplit(need, split, input, minimum) };
  return split && { kind: "leave", reason: split.kind, note: splitText(split) };
}

/** While a targeted position cannot be read, its target is not reached; any other position may stay as it is (R34). */
function leftProtected(symbol: string, holding: Holding | undefined, input: PlanInput): NeededChange {
  if (holding === undefined && input.wanted.kind === "rebalance" && isNamed(symbol, input))
    return { kind: "leave", reason: "protected-not-held" };
  if (holding?.problem === undefined || input.settings.protectedSymbols.has(symbol)) return { kind: "leave", reason: "protected" };
  return { kind: "leave", reason: isNamed(symbol, input) ? "unreadable-position" : "protected", note: holding.problem };
}

function isNamed(symbol: string, { wanted }: PlanInput): boolean {
  return wanted.kind === "exit" ? wanted.symbols.includes(symbol) : targetWeight(wanted, symbol).gt(ZERO);
}

/** The target that this position belongs to under its new ticker: selling it would sell the target (R12). */
function formerTicker(symbol: string, input: PlanInput): string | undefined {
  if (isNamed(symbol, input)) return undefined;
  return [...(input.renamed ?? [])].find(([, held]) => held === symbol)?.[0];
}

function changeByValue(
  need: WithoutChange,
  { band, minimum }: Thresholds,
  input: PlanInput,
  { base, highestBase }: Valuation,
): NeededChange {
  if (need.weight.eq(ZERO)) return { kind: "exit" };
  const shortfall = need.targetValue.minus(need.actualValue);
  const isNew = need.quantity.eq(ZERO);
  if (!isNew && shortfall.abs().lte(band)) return { kind: "leave", reason: "within-drift" };
  if (shortfall.abs().lt(minimum)) return { kind: "leave", reason: "below-minimum" };
  if (shortfall.gt(ZERO)) return { kind: "add", shortfall };
  // A suspected split may also make the base larger: only what is too much by both bases is sold.
  const excess = need.actualValue.minus(need.weight.times(highestBase));
  if (excess.eq(shortfall.neg()) || (excess.gt(band) && excess.gte(minimum))) return { kind: "trim", excess };
  const note = `its target is a share of ${formatDollars(base)} to ${formatDollars(highestBase)}, depending on the split of another symbol`;
  return { kind: "leave", reason: leftForSplitOfAnother(input), note };
}

/** Other strategies buy their missing shares in their own runs: an exit with nothing to sell is on target. */
const SHORT_IN_EXIT: NeededChange = {
  kind: "leave",
  reason: "within-drift",
  note: "all shares belong to other strategies; an exit buys nothing",
};

function obstacleFor(need: WithoutChange, change: NeededChange, input: PlanInput, { minimum }: Thresholds): NeededChange | undefined {
  const lasting = purchaseObstacle(need.symbol, input);
  if (lasting === undefined || maySellDespite(lasting.reason, change)) return undefined;
  const isGone = lasting.reason === "inactive" || lasting.reason === "unknown-symbol";
  if (!isGone || change.kind !== "exit" || need.actualValue.gte(minimum)) return { kind: "leave", ...lasting };
  return {
    kind: "leave",
    reason: "dust-cannot-close",
    note: `it is worth ${formatDollars(need.actualValue)}, and ${skipPhrase(lasting.reason)}`,
  };
}

/** A symbol that cannot be bought can still be sold; an active asset that is not tradable, only completely (R12). */
function maySellDespite(obstacle: SkipReason, change: NeededChange): boolean {
  if (obstacle === "not-tradable") return change.kind === "exit";
  return obstacle === "not-buyable" && (change.kind === "exit" || change.kind === "trim");
}

/** A price is needed only where it decides a quantity: in partial sells and in buys of whole shares (R10, R11). */
function withoutPrice(
  { symbol, asset }: WithoutChange,
  { kind }: NeededChange,
  input: PlanInput,
  { prices }: Valuation,
): NeededChange | undefined {
  const isBuyOfShares = kind === "add" && asset?.fractionable !== true;
  const checked = prices.get(symbol);
  if ((kind !== "trim" && !isBuyOfShares) || checked === undefined) return undefined;
  if ("doubt" in checked) return { kind: "leave", reason: "price-doubt", note: checked.reason };
  const note = isBuyOfShares ? askTooHigh(symbol, checked.price, input) : undefined;
  return note === undefined ? undefined : { kind: "leave", reason: "price-doubt", note };
}

function withRelease(
  change: NeededChange & { kind: "leave" },
  need: WithoutChange,
  { minimum }: Thresholds,
  { highestBase }: Valuation,
): NeededChange {
  const excess = need.actualValue.minus(need.weight.times(highestBase));
  return change.reason === "within-drift" && excess.gte(minimum) ? { ...change, releasable: excess } : change;
}
