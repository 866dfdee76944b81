import type { MarketPrices, Order, Position } from "../../domain/broker.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { marketDayStart } from "../../domain/market-day.ts";
import { decimal, max, ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { SkipReason, PlanInput, PlanSettings, WorkingOrder } from "../../portfolio/plan.ts";
import type { RebalanceTarget } from "../../domain/rebalance-target.ts";
import type { PriceObservations } from "../../portfolio/price.ts";
import type { SplitDoubt } from "../../portfolio/split.ts";
import { isProtected } from "../../portfolio/valuation.ts";
import { planAsset, renamedTickers } from "./plan-assets.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { isEnded } from "../loop/decide.ts";

/** A market buy of shares counts this much above its price against cash (R11). */
const MARKET_BUY_CUSHION = decimal("1.04");

export interface PlanContext {
  readonly phase: "selling" | "buying";
  readonly wanted: RebalanceTarget;
  readonly settings: PlanSettings;
  /** Intents, of any execution, that may still hold or become an order at the venue. */
  readonly unsettled: readonly IntentRecord[];
  readonly excluded: ReadonlyMap<string, SkipReason>;
  /** Known splits that the broker has not booked (R10). */
  readonly splits: ReadonlyMap<string, SplitDoubt>;
  /** Dollars that orders of unknown end may take besides (R19). */
  readonly besides?: Decimal;
  /** Symbols that wait for the cash of these orders. */
  readonly later?: ReadonlySet<string>;
  /** Overrides the shown cash where it cannot be trusted (R16). */
  readonly cash?: Decimal;
}

/** Converts an account snapshot to the planner's input. Pure. */
export function planInput(snapshot: AccountSnapshot, context: PlanContext): PlanInput {
  const { buyingPower, ...shown } = snapshot.account;
  const now = priceTime(snapshot);
  const owed = protectedShorts(snapshot, context.settings);
  const cash = (context.cash ?? shown.cash).minus(sum(owed.values()));
  return {
    phase: context.phase,
    wanted: context.wanted,
    // Cash that is not counted must not count in the equity either, or the two would disagree.
    account: { equity: shown.equity.minus(shown.cash.minus(context.cash ?? shown.cash)), cash, buyingPower },
    holdings: snapshot.positions.map((position) => ({
      symbol: position.symbol,
      quantity: position.quantity,
      available: position.available,
      marketValue: owed.has(position) ? ZERO : position.marketValue,
      assetClass: position.assetClass,
      ...(position.problem === undefined ? {} : { problem: position.problem }),
    })),
    assets: new Map([...snapshot.assets].map(([symbol, asset]) => [symbol, planAsset(asset, snapshot.configuration)] as const)),
    renamed: renamedTickers({ ...snapshot, assetIds: snapshot.assetIds ?? new Map<string, string>() }),
    observations: observationsOf(snapshot, now),
    splits: context.splits,
    workingOrders: [...workingOrders(snapshot, context.unsettled), ...ofNoSymbol(context.besides ?? ZERO)],
    excluded: new Map([...later(context), ...context.excluded]),
    settings: context.settings,
    now,
    sessionStart: marketDayStart(snapshot.market.clock.timestamp),
    marketClosed: !snapshot.market.clock.isOpen,
  };
}

/**
 * Cost of buying back each short position that is left alone, in dollars. The cash includes the proceeds of the short
 * sale, which are owed: the cost is deducted from the cash, and the position counts as zero.
 */
function protectedShorts({ positions }: AccountSnapshot, settings: PlanSettings): ReadonlyMap<Position, Decimal> {
  const shorts = positions.filter((position) => position.marketValue.lt(ZERO) && isProtected(position.symbol, position, { settings }));
  return new Map(shorts.map((position) => [position, position.marketValue.abs()]));
}

/**
 * The reference time for the ages of prices. Our clock may be set meanwhile, and the venue's clock and its
 * market data may differ by hours, so the one nearer to the newest price is used: really old prices are old
 * by both.
 */
function priceTime(reading: PriceReading): number {
  const stamps = [...reading.prices.values()].flatMap(({ trade, quote, minuteBar }) =>
    [trade, quote, minuteBar].map((seen) => seen?.at ?? -Infinity),
  );
  const newest = Math.max(-Infinity, ...stamps);
  const venue = reading.market.clock.timestamp;
  if (newest === -Infinity) return venue;
  return Math.abs(reading.at - newest) < Math.abs(venue - newest) ? reading.at : venue;
}

/** Symbols whose price and asset must be read for `wanted`. */
export function symbolsOf(wanted: RebalanceTarget): string[] {
  return wanted.kind === "rebalance" ? [...wanted.targets.keys()] : [...wanted.symbols];
}

type PriceReading = Pick<AccountSnapshot, "market" | "positions" | "prices" | "at">;

/** All prices of each symbol in a snapshot. */
export function observationsOf(reading: PriceReading, now = priceTime(reading)): Map<string, PriceObservations> {
  const held = new Map(reading.positions.map((position) => [position.symbol, position]));
  const symbols = new Set([...reading.prices.keys(), ...held.keys()]);
  return new Map([...symbols].map((symbol) => [symbol, observe(reading.prices.get(symbol), held.get(symbol), now)]));
}

function observe(prices: MarketPrices | undefined, position: Position | undefined, at: number): PriceObservations {
  const current = position?.currentPrice;
  return {
    trade: prices?.trade,
    quote: prices?.quote,
    minuteBar: prices?.minuteBar,
    previousClose: prices?.previousClose ?? lastClose(position, at),
    position: current === undefined ? undefined : { price: current, at },
  };
}

/** The broker's own last close, if the data service has none: for a spin-off, or a symbol that trades on no exchange of the feed. */
function lastClose(position: Position | undefined, at: number): PriceObservations["previousClose"] {
  const close = position?.lastdayPrice;
  return close?.gt(ZERO) === true ? { price: close, at } : undefined;
}

/** Open orders shown by the venue, and our orders that it may hold without showing them (R11, R19). */
function workingOrders(snapshot: AccountSnapshot, unsettled: readonly IntentRecord[]): WorkingOrder[] {
  const shown = snapshot.openOrders.map((order): WorkingOrder => {
    const intent = unsettled.find((candidate) => candidate.clientOrderId === order.clientOrderId);
    return { symbol: order.symbol, side: order.side, own: intent !== undefined, worstCaseCost: costOf(order, snapshot) };
  });
  const hidden = unsettled
    .filter((intent) => intent.state !== "recorded" && (!isEnded(intent) || intent.state === "abandoned"))
    .filter((intent) => !snapshot.openOrders.some((order) => order.clientOrderId === intent.clientOrderId))
    .map((intent): WorkingOrder => ({ symbol: intent.symbol, side: intent.side, own: true, worstCaseCost: intent.worstCaseCost }));
  return [...shown, ...hidden];
}

function later({ later: symbols }: PlanContext): [string, SkipReason][] {
  return [...(symbols ?? [])].map((symbol) => [symbol, "insufficient-cash"]);
}

/** Its cash stays reserved, and no symbol waits for it. */
function ofNoSymbol(worstCaseCost: Decimal): WorkingOrder[] {
  return worstCaseCost.gt(ZERO) ? [{ symbol: "", side: "buy", own: true, worstCaseCost }] : [];
}

/** Maximum cash an open order can still use. A buy without any known price uses all the buying power. */
export function costOf(order: Order, snapshot: AccountSnapshot): Decimal {
  if (order.side === "sell") return ZERO;
  const spent = order.filledQuantity.times(order.filledAveragePrice ?? ZERO);
  if (order.notional !== undefined) return max(ZERO, order.notional.minus(spent));
  const rest = (order.quantity ?? ZERO).minus(order.filledQuantity).times(order.contractSize ?? ONE);
  const prices = snapshot.prices.get(order.symbol);
  const price = order.limitPrice ?? prices?.trade?.price ?? prices?.quote?.ask;
  if (price !== undefined) return rest.times(price).times(MARKET_BUY_CUSHION);
  // For an unreadable order, the buying power, which the venue has reduced by it, is the only measure.
  return order.problem === undefined ? snapshot.account.buyingPower : ZERO;
}
