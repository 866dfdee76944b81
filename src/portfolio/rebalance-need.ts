import { askTooHigh, purchaseObstacle } from "./buyable.ts";
import { formatDollars } from "../domain/format.ts";
import type { LeftAloneReason } from "./skip-reason.ts";
import { ONE, ZERO, max, min, type Decimal } from "../domain/decimal.ts";
import type { Holding, PlanAsset, PlanInput } from "./plan-input.ts";
import { isUnattributed, symbolsInScope, targetWeight } from "./targets.ts";
import { splitText } from "./split.ts";
import { isOutside, isProtected, type Valuation } from "./valuation.ts";

/** Alpaca refuses orders below one dollar. */
const VENUE_MINIMUM = ONE;

/** What should happen to one symbol, before cash is looked at. */
type Wish =
  | {
      readonly kind: "leave";
      readonly reason: LeftAloneReason;
      readonly note?: string;
      /** Dollars above target inside the drift band that may be sold when buys lack cash (R12). */
      readonly releasable?: Decimal;
    }
  | { readonly kind: "exit" }
  /** Sell down by `excess` dollars. */
  | { readonly kind: "trim"; readonly excess: Decimal }
  /** Buy up by `need` dollars. */
  | { readonly kind: "add"; readonly need: Decimal };

/** Where one symbol stands against its target. */
export interface Standing {
  readonly symbol: string;
  readonly weight: Decimal;
  readonly targetValue: Decimal;
  readonly actualValue: Decimal;
  readonly quantity: Decimal;
  readonly available: Decimal;
  readonly checkedPrice: Decimal | undefined;
  readonly asset: PlanAsset | undefined;
  readonly wish: Wish;
}

/** The thresholds of this plan, in dollars. */
export interface Thresholds {
  readonly band: Decimal;
  readonly minimum: Decimal;
}

export function thresholdsOf(input: PlanInput, valuation: Valuation): Thresholds {
  return { band: valuation.base.times(input.settings.driftBand), minimum: max(input.settings.minTradeValue, VENUE_MINIMUM) };
}

/** One standing for every symbol that is held or wanted, ordered by symbol. */
export function standingsOf(input: PlanInput, valuation: Valuation): Standing[] {
  const thresholds = thresholdsOf(input, valuation);
  return symbolsInScope(input.wanted, valuation.holdings.keys()).map((symbol) => {
    const bare = withoutWish(symbol, input, valuation);
    return { ...bare, wish: wishFor(bare, input, valuation, thresholds) };
  });
}

type WithoutWish = Omit<Standing, "wish">;

function withoutWish(symbol: string, input: PlanInput, valuation: Valuation): WithoutWish {
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

/** What may never be touched comes first, then what needs nothing, then what could not be done. */
function wishFor(standing: WithoutWish, input: PlanInput, valuation: Valuation, thresholds: Thresholds): Wish {
  if (standing.quantity.eq(ZERO) && standing.weight.eq(ZERO)) return nothingToSell(standing.symbol, input);
  const untouchable = untouchableFor(standing.symbol, input, valuation);
  if (untouchable !== undefined) return untouchable;
  const wish = wishByValue(standing, thresholds, valuation);
  if (wish.kind === "add" && input.wanted.kind === "exit") return SHORT_IN_EXIT;
  const obstacle = obstacleFor(standing, wish, input) ?? withoutPrice(standing, wish, input, valuation);
  if (wish.kind !== "leave" || standing.quantity.eq(ZERO)) return obstacle ?? wish;
  // A held symbol that needs nothing is on target even when it could not be traded; a missing leg is not.
  return obstacle === undefined ? withRelease(wish, standing, thresholds, valuation) : wish;
}

/** An order of ours that is still under way, or whose fate is not known, may yet buy what is not wanted. */
function nothingToSell(symbol: string, input: PlanInput): Wish {
  if (input.workingOrders.some((order) => order.own && order.side === "buy" && order.symbol === symbol))
    return { kind: "leave", reason: "own-order-working" };
  const held = input.renamed?.get(symbol);
  if (held !== undefined) return { kind: "leave", reason: "renamed", note: `it is held as ${held} now` };
  return { kind: "leave", reason: "within-drift", note: "nothing is held" };
}

function untouchableFor(symbol: string, input: PlanInput, valuation: Valuation): Wish | undefined {
  const holding = valuation.holdings.get(symbol);
  if (isProtected(symbol, holding, input)) return leftProtected(symbol, holding, input);
  if (isOutside(symbol, input.settings) && !isNamed(symbol, input))
    return { kind: "leave", reason: "protected", note: "it is not in ALLOWED_SYMBOLS" };
  if (isUnattributed(input.wanted, symbol)) return { kind: "leave", reason: "unattributed" };
  const former = formerTicker(symbol, input);
  if (former !== undefined)
    return { kind: "leave", reason: "renamed", note: `it is the target ${former}, whose ticker has changed to ${symbol}` };
  const barred = input.barred.get(symbol);
  if (barred !== undefined) return { kind: "leave", reason: barred };
  const working = input.workingOrders.filter((order) => order.symbol === symbol);
  if (working.some((order) => !order.own)) return { kind: "leave", reason: "foreign-order" };
  if (working.length > 0) return { kind: "leave", reason: "own-order-working" };
  const split = input.splits.get(symbol);
  return split && { kind: "leave", reason: split.kind, note: split.kind === "split-suspected" ? split.reason : splitText(split) };
}

/** While a position that is wanted cannot be read, no target is reached; any other one may stay as it is (R34). */
function leftProtected(symbol: string, holding: Holding | undefined, input: PlanInput): Wish {
  if (holding?.problem === undefined || input.settings.protectedSymbols.has(symbol)) return { kind: "leave", reason: "protected" };
  return { kind: "leave", reason: isNamed(symbol, input) ? "unreadable-position" : "protected", note: holding.problem };
}

function isNamed(symbol: string, { wanted }: PlanInput): boolean {
  return wanted.kind === "exit" ? wanted.symbols.includes(symbol) : targetWeight(wanted, symbol).gt(ZERO);
}

/** The target that a position which no target names is, under its new ticker: selling it would sell what is wanted (R12). */
function formerTicker(symbol: string, input: PlanInput): string | undefined {
  if (isNamed(symbol, input)) return undefined;
  return [...(input.renamed ?? [])].find(([, held]) => held === symbol)?.[0];
}

function wishByValue(standing: WithoutWish, { band, minimum }: Thresholds, { base, highestBase }: Valuation): Wish {
  if (standing.weight.eq(ZERO)) return { kind: "exit" };
  const need = standing.targetValue.minus(standing.actualValue);
  const isNew = standing.quantity.eq(ZERO);
  if (!isNew && need.abs().lte(band)) return { kind: "leave", reason: "within-drift" };
  if (need.abs().lt(minimum)) return { kind: "leave", reason: "below-minimum" };
  if (need.gt(ZERO)) return { kind: "add", need };
  // What a suspected split would make of the base may also be more: only what is too much by both is sold.
  const excess = standing.actualValue.minus(standing.weight.times(highestBase));
  if (excess.eq(need.neg()) || (excess.gt(band) && excess.gte(minimum))) return { kind: "trim", excess };
  const note = `it is a share of ${formatDollars(base)} to ${formatDollars(highestBase)}, depending on the split of another symbol`;
  return { kind: "leave", reason: "split-suspected", note };
}

/** What other strategies lack of a symbol is for their own runs to buy: an exit that finds nothing to sell is on target. */
const SHORT_IN_EXIT: Wish = { kind: "leave", reason: "within-drift", note: "all that is held is other strategies'; an exit buys nothing" };

function obstacleFor(standing: WithoutWish, wish: Wish, input: PlanInput): Wish | undefined {
  const lasting = purchaseObstacle(standing.symbol, input);
  return lasting === undefined || maySellDespite(lasting.reason, wish) ? undefined : { kind: "leave", ...lasting };
}

/** What may only not be bought can be sold; an active asset that is not tradable, only whole (R12). */
function maySellDespite(obstacle: LeftAloneReason, wish: Wish): boolean {
  if (obstacle === "not-tradable") return wish.kind === "exit";
  return obstacle === "not-buyable" && (wish.kind === "exit" || wish.kind === "trim");
}

/** A price is needed only where it decides a quantity: in partial sells and in buys of whole shares (R10, R11). */
function withoutPrice({ symbol, asset }: WithoutWish, { kind }: Wish, input: PlanInput, { prices }: Valuation): Wish | undefined {
  const isBuyOfShares = kind === "add" && asset?.fractionable !== true;
  const checked = prices.get(symbol);
  if ((kind !== "trim" && !isBuyOfShares) || checked === undefined) return undefined;
  if ("doubt" in checked) return { kind: "leave", reason: "price-doubt", note: checked.reason };
  const note = isBuyOfShares ? askTooHigh(symbol, checked.price, input) : undefined;
  return note === undefined ? undefined : { kind: "leave", reason: "price-doubt", note };
}

function withRelease(wish: Wish & { kind: "leave" }, standing: WithoutWish, { minimum }: Thresholds, { highestBase }: Valuation): Wish {
  const excess = standing.actualValue.minus(standing.weight.times(highestBase));
  return wish.reason === "within-drift" && excess.gte(minimum) ? { ...wish, releasable: excess } : wish;
}
