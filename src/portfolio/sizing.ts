import { askFor, expectedCost, shareOut, sizeBuy, type Ask, type Budget, type BuyLimit } from "./buys.ts";
import { detailOf } from "./detail.ts";
import { isOnTargetReason } from "./skip-reason.ts";
import { max, min, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Plan, PlanLine, PlannedOrder } from "./plan-result.ts";
import { sizeExit, sizeTrim, type Sized } from "./sells.ts";
import { rebalanceNeedsOf, thresholdsOf, type RebalanceNeed, type Thresholds } from "./rebalance-need.ts";
import type { Valuation } from "./valuation.ts";

/** Puts the plan together: sells, the in-band sells that short buys release, buys, and a line for every symbol (R11, R12). */
export function sizePlan(input: PlanInput, valuation: Valuation): Plan {
  const thresholds = thresholdsOf(input, valuation);
  const needs = rebalanceNeedsOf(input, valuation);
  const asks = asksOf(needs, thresholds, input);
  const sells = sellsOf(needs, thresholds, input);
  release(needs, sells, [...asks.wanted.values()], thresholds, input, valuation);
  const budget = budgetOf(input, valuation, proceedsOf(sells));
  const buys = buysOf(asks.wanted, budget, thresholds, input);
  const sized = new Map<string, Sized>([...asks.hopeless, ...sells, ...buys]);
  return compose(needs, sized, budget, input, valuation);
}

interface Asks {
  readonly wanted: ReadonlyMap<string, Ask>;
  readonly hopeless: ReadonlyMap<string, Sized>;
}

function asksOf(needs: readonly RebalanceNeed[], thresholds: Thresholds, input: PlanInput): Asks {
  const wanted = new Map<string, Ask>();
  const hopeless = new Map<string, Sized>();
  for (const need of needs) {
    if (need.change.kind !== "add") continue;
    const ask = askFor(need, need.change.shortfall, thresholds, buyLimitOf(need.symbol, input));
    if (typeof ask === "string") hopeless.set(need.symbol, { leftAlone: ask });
    else wanted.set(need.symbol, ask);
  }
  return { wanted, hopeless };
}

function buyLimitOf(symbol: string, input: PlanInput): BuyLimit | undefined {
  const order = limitOf(input);
  const signal = input.mayBuy?.get(symbol);
  if (signal !== undefined && order?.lte(signal) !== true) return { most: signal, reason: "signal-bound" };
  return order && { most: order, reason: "order-limit" };
}

/** MAX_ORDER_VALUE does not refuse an execution that has begun (R28): its buys are cut to it, and a sell above it is left out. */
function limitOf({ phase, begun, settings }: PlanInput): Decimal | undefined {
  return phase === "buying" || begun === true ? settings.maxOrderValue : undefined;
}

function sellsOf(needs: readonly RebalanceNeed[], thresholds: Thresholds, input: PlanInput): Map<string, Sized> {
  const limit = limitOf(input);
  const sells = new Map<string, Sized>();
  for (const need of needs) {
    const sized = sellFor(need, thresholds);
    if (sized === undefined) continue;
    if (input.phase === "buying" && sized.order !== undefined) sells.set(need.symbol, { leftAlone: "sells-over" });
    else sells.set(need.symbol, isAbove(limit, sized) ? { leftAlone: "order-limit" } : sized);
  }
  return sells;
}

function isAbove(limit: Decimal | undefined, { order }: Sized): boolean {
  return limit !== undefined && order?.estimatedValue.gt(limit) === true;
}

function sellFor(need: RebalanceNeed, thresholds: Thresholds): Sized | undefined {
  if (need.change.kind === "exit") return sizeExit(need, thresholds);
  return need.change.kind === "trim" ? sizeTrim(need, need.change.excess, thresholds) : undefined;
}

/** If buys lack cash, adds sells inside the band, largest first, until there is enough (R12). */
function release(
  needs: readonly RebalanceNeed[],
  sells: Map<string, Sized>,
  asks: readonly Ask[],
  thresholds: Thresholds,
  input: PlanInput,
  valuation: Valuation,
): void {
  if (input.phase === "buying") return;
  for (const { need, excess } of releasable(needs)) {
    const { spendable, beyondReserve } = budgetOf(input, valuation, proceedsOf(sells));
    const missing = expectedCost(asks).minus(min(spendable, beyondReserve));
    // A slippage of cents is not worth an order; the buys shrink by it instead.
    if (missing.lt(thresholds.minimum)) return;
    const sized = sizeTrim(need, excess, thresholds);
    if (sized.order !== undefined && !isAbove(limitOf(input), sized)) sells.set(need.symbol, sized);
  }
}

function releasable(needs: readonly RebalanceNeed[]): { need: RebalanceNeed; excess: Decimal }[] {
  const inBand = needs.flatMap((need) => {
    const excess = need.change.kind === "leave" ? need.change.releasable : undefined;
    return excess === undefined ? [] : [{ need, excess }];
  });
  return inBand.sort((one, other) => other.excess.cmp(one.excess));
}

function proceedsOf(sells: ReadonlyMap<string, Sized>): Decimal {
  return sum([...sells.values()].map((sized) => sized.order?.estimatedValue ?? ZERO));
}

/**
 * `min(cash − open and unknown buys, buying power)` (R11), plus the expected proceeds of the sells.
 * The base already excludes the reserve, but a symbol left above its target would still use it up.
 */
function budgetOf(input: PlanInput, valuation: Valuation, proceeds: Decimal): Budget {
  const buys = input.workingOrders.filter((order) => order.side === "buy");
  const cash = input.account.cash.minus(sum(buys.map((order) => order.worstCaseCost)));
  return {
    spendable: max(ZERO, min(cash, input.account.buyingPower).plus(proceeds)),
    beyondReserve: max(ZERO, cash.minus(valuation.reserve).plus(proceeds)),
  };
}

/** An account that owes money may only be reduced, so its buys wait for the proceeds of the sells (R9). */
function buysOf(asks: ReadonlyMap<string, Ask>, budget: Budget, thresholds: Thresholds, input: PlanInput): Map<string, Sized> {
  const owes = input.account.cash.lt(ZERO);
  const granted = owes ? [] : shareOut([...asks.values()], budget, thresholds.minimum);
  const bySymbol = new Map(granted.map((ask) => [ask.symbol, ask]));
  return new Map([...asks].map(([symbol, ask]) => [symbol, sizeBuy(ask, bySymbol.get(symbol), thresholds)]));
}

function compose(
  needs: readonly RebalanceNeed[],
  sized: ReadonlyMap<string, Sized>,
  budget: Budget,
  input: PlanInput,
  valuation: Valuation,
): Plan {
  const { band } = thresholdsOf(input, valuation);
  const lines = needs.map((need) => lineOf(need, notFinal(need, sizedFor(need, sized), band), input, valuation));
  const orders = needs.flatMap((need) => sized.get(need.symbol)?.order ?? []);
  const onSide = (side: PlannedOrder["side"]): PlannedOrder[] => orders.filter((order) => order.side === side);
  return {
    base: valuation.base,
    highestBase: valuation.highestBase,
    sells: onSide("sell"),
    buys: onSide("buy"),
    lines,
    spendable: budget.spendable,
    reachesTarget: lines.every((line) => isOnTarget(line, onSide("buy"), band)),
  };
}

/**
 * A reason that excuses a rest does not excuse a whole leg (R12): a leg that lacks more than the drift band is on
 * target only if some of it is held and one more share would be too much.
 */
function isOnTarget(line: PlanLine, buys: readonly PlannedOrder[], band: Decimal): boolean {
  if (line.leftAlone === undefined) return true;
  if (line.leftAlone !== "below-minimum" && line.leftAlone !== "whole-share-remainder") return isOnTargetReason(line.leftAlone);
  const bought = buys.find(({ symbol }) => symbol === line.symbol)?.estimatedValue ?? ZERO;
  const held = line.actualValue.plus(bought);
  const lack = line.targetValue.minus(held);
  return lack.lte(band) || (held.gt(ZERO) && lack.lte(line.checkedPrice ?? ZERO));
}

function sizedFor(need: RebalanceNeed, sized: ReadonlyMap<string, Sized>): Sized {
  const own = sized.get(need.symbol);
  if (own !== undefined) return own;
  return need.change.kind === "leave" ? { leftAlone: need.change.reason } : {};
}

/** The rest after whole shares is no excuse until it is known that only whole shares are traded (R33). */
function notFinal({ asset, targetValue, actualValue }: RebalanceNeed, sized: Sized, band: Decimal): Sized {
  const { order, leftAlone } = sized;
  if (asset?.fractionsUnknown !== true || (leftAlone !== "dust-cannot-close" && leftAlone !== "whole-share-remainder")) return sized;
  const traded = order?.estimatedValue ?? ZERO;
  const gap = targetValue.minus(order?.side === "sell" ? actualValue.minus(traded) : actualValue.plus(traded));
  return leftAlone === "whole-share-remainder" && gap.abs().lte(band) ? sized : { ...sized, leftAlone: "fractions-unknown" };
}

function lineOf(need: RebalanceNeed, sized: Sized, input: PlanInput, valuation: Valuation): PlanLine {
  return {
    symbol: need.symbol,
    targetWeight: need.weight,
    targetValue: need.targetValue,
    actualValue: need.actualValue,
    checkedPrice: need.checkedPrice,
    action: sized.order?.side ?? "none",
    ...(sized.leftAlone === undefined ? {} : { leftAlone: sized.leftAlone }),
    detail: detailOf(need, sized, input, valuation),
  };
}
