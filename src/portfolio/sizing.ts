import { askFor, expectedCost, shareOut, sizeBuy, type Ask, type Budget } from "./buys.ts";
import { detailOf } from "./detail.ts";
import { isOnTargetReason } from "./skip-reason.ts";
import { max, min, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Plan, PlanLine, PlannedOrder } from "./plan-result.ts";
import { sizeExit, sizeTrim, type Sized } from "./sells.ts";
import { standingsOf, thresholdsOf, type Standing, type Thresholds } from "./rebalance-need.ts";
import type { Valuation } from "./valuation.ts";

/** Puts the plan together: sells, the in-band sells that short buys release, buys, and a line for every symbol (R11, R12). */
export function draftPlan(input: PlanInput, valuation: Valuation): Plan {
  const thresholds = thresholdsOf(input, valuation);
  const standings = standingsOf(input, valuation);
  const asks = asksOf(standings, thresholds, input);
  const sells = sellsOf(standings, thresholds, input);
  release(standings, sells, [...asks.wanted.values()], thresholds, input, valuation);
  const budget = budgetOf(input, valuation, proceedsOf(sells));
  const buys = buysOf(asks.wanted, budget, thresholds, input);
  const sized = new Map<string, Sized>([...asks.hopeless, ...sells, ...buys]);
  return compose(standings, sized, budget, input, valuation);
}

interface Asks {
  readonly wanted: ReadonlyMap<string, Ask>;
  readonly hopeless: ReadonlyMap<string, Sized>;
}

function asksOf(standings: readonly Standing[], thresholds: Thresholds, input: PlanInput): Asks {
  // A begun execution is not refused by the limit (R28), so its buys are cut to it instead.
  const limit = input.phase === "buying" ? input.settings.maxOrderValue : undefined;
  const wanted = new Map<string, Ask>();
  const hopeless = new Map<string, Sized>();
  for (const standing of standings) {
    if (standing.wish.kind !== "add") continue;
    const ask = askFor(standing, standing.wish.need, thresholds, limit);
    if (typeof ask === "string") hopeless.set(standing.symbol, { leftAlone: ask });
    else wanted.set(standing.symbol, ask);
  }
  return { wanted, hopeless };
}

function sellsOf(standings: readonly Standing[], thresholds: Thresholds, input: PlanInput): Map<string, Sized> {
  const sells = new Map<string, Sized>();
  for (const standing of standings) {
    const sized = sellFor(standing, thresholds);
    if (sized === undefined) continue;
    sells.set(standing.symbol, input.phase === "buying" && sized.order !== undefined ? { leftAlone: "sells-over" } : sized);
  }
  return sells;
}

function sellFor(standing: Standing, thresholds: Thresholds): Sized | undefined {
  if (standing.wish.kind === "exit") return sizeExit(standing);
  return standing.wish.kind === "trim" ? sizeTrim(standing, standing.wish.excess, thresholds) : undefined;
}

/** If buys lack cash, sells inside the band are added, largest first, until the cash is there (R12). */
function release(
  standings: readonly Standing[],
  sells: Map<string, Sized>,
  asks: readonly Ask[],
  thresholds: Thresholds,
  input: PlanInput,
  valuation: Valuation,
): void {
  if (input.phase === "buying") return;
  for (const { standing, excess } of releasable(standings)) {
    const { spendable, beyondReserve } = budgetOf(input, valuation, proceedsOf(sells));
    const missing = expectedCost(asks).minus(min(spendable, beyondReserve));
    // Cents that a fill slipped are not worth an order; the buys shrink by them instead.
    if (missing.lt(thresholds.minimum)) return;
    const sized = sizeTrim(standing, excess, thresholds);
    if (sized.order !== undefined) sells.set(standing.symbol, sized);
  }
}

function releasable(standings: readonly Standing[]): { standing: Standing; excess: Decimal }[] {
  const inBand = standings.flatMap((standing) => {
    const excess = standing.wish.kind === "leave" ? standing.wish.releasable : undefined;
    return excess === undefined ? [] : [{ standing, excess }];
  });
  return inBand.sort((one, other) => other.excess.cmp(one.excess));
}

function proceedsOf(sells: ReadonlyMap<string, Sized>): Decimal {
  return sum([...sells.values()].map((sized) => sized.order?.estimatedValue ?? ZERO));
}

/**
 * `min(cash − open and unknown buys, buying power)` (R11), with what the sells are expected to bring.
 * The base carries the reserve already, but a symbol left alone above its target would still eat it.
 */
function budgetOf(input: PlanInput, valuation: Valuation, proceeds: Decimal): Budget {
  const buys = input.workingOrders.filter((order) => order.side === "buy");
  const cash = input.account.cash.minus(sum(buys.map((order) => order.worstCaseCost)));
  return {
    spendable: max(ZERO, min(cash, input.account.buyingPower).plus(proceeds)),
    beyondReserve: max(ZERO, cash.minus(valuation.reserve).plus(proceeds)),
  };
}

/** An account that owes money may only be reduced, so its buys wait for the cash that the sells bring (R9). */
function buysOf(asks: ReadonlyMap<string, Ask>, budget: Budget, thresholds: Thresholds, input: PlanInput): Map<string, Sized> {
  const owes = input.account.cash.lt(ZERO);
  const granted = owes ? [] : shareOut([...asks.values()], budget, thresholds.minimum);
  const bySymbol = new Map(granted.map((ask) => [ask.symbol, ask]));
  return new Map([...asks].map(([symbol, ask]) => [symbol, sizeBuy(ask, bySymbol.get(symbol), thresholds)]));
}

function compose(
  standings: readonly Standing[],
  sized: ReadonlyMap<string, Sized>,
  budget: Budget,
  input: PlanInput,
  valuation: Valuation,
): Plan {
  const lines = standings.map((standing) => lineOf(standing, sizedFor(standing, sized), input, valuation));
  const { band } = thresholdsOf(input, valuation);
  const orders = standings.flatMap((standing) => sized.get(standing.symbol)?.order ?? []);
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
 * A reason that excuses a rest excuses no whole leg (R12): a leg that lacks more than the drift band is on target only
 * if something of it is held and one share would be too much.
 */
function isOnTarget(line: PlanLine, buys: readonly PlannedOrder[], band: Decimal): boolean {
  if (line.leftAlone === undefined) return true;
  if (line.leftAlone !== "below-minimum" && line.leftAlone !== "whole-share-remainder") return isOnTargetReason(line.leftAlone);
  const bought = buys.find(({ symbol }) => symbol === line.symbol)?.estimatedValue ?? ZERO;
  const held = line.actualValue.plus(bought);
  const lack = line.targetValue.minus(held);
  return lack.lte(band) || (held.gt(ZERO) && lack.lte(line.checkedPrice ?? ZERO));
}

function sizedFor(standing: Standing, sized: ReadonlyMap<string, Sized>): Sized {
  const own = sized.get(standing.symbol);
  if (own !== undefined) return own;
  return standing.wish.kind === "leave" ? { leftAlone: standing.wish.reason } : {};
}

function lineOf(standing: Standing, sized: Sized, input: PlanInput, valuation: Valuation): PlanLine {
  return {
    symbol: standing.symbol,
    targetWeight: standing.weight,
    targetValue: standing.targetValue,
    actualValue: standing.actualValue,
    checkedPrice: standing.checkedPrice,
    action: sized.order?.side ?? "none",
    ...(sized.leftAlone === undefined ? {} : { leftAlone: sized.leftAlone }),
    detail: detailOf(standing, sized, input, valuation),
  };
}
