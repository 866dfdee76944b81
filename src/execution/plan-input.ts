import type { MarketPrices, Order, Position } from "../broker/broker.ts";
import type { IntentRecord } from "../ledger/ledger.ts";
import type { Decimal } from "../portfolio/money.ts";
import { decimal, max, ZERO } from "../portfolio/money.ts";
import type { LeftAloneReason, PlanAsset, PlanInput, PlanSettings, Wanted, WorkingOrder } from "../portfolio/plan.ts";
import type { PriceObservations } from "../portfolio/price.ts";
import type { Reading } from "./reading.ts";
import { isEnded } from "./decide.ts";

/** A market buy of shares is counted this much above its price against cash (R11). */
const MARKET_BUY_CUSHION = decimal("1.04");

export interface PlanContext {
  readonly phase: "selling" | "buying";
  readonly wanted: Wanted;
  readonly settings: PlanSettings;
  /** Intents, of any execution, that may still hold or become an order at the venue. */
  readonly unsettled: readonly IntentRecord[];
  readonly barred: ReadonlyMap<string, LeftAloneReason>;
  /** Overrides the shown cash where it cannot be trusted (R16). */
  readonly cash?: Decimal;
}

/** Puts one reading of the account into the planner's terms. Pure. */
export function planInput(reading: Reading, context: PlanContext): PlanInput {
  return {
    phase: context.phase,
    wanted: context.wanted,
    account: { equity: reading.account.equity, cash: context.cash ?? reading.account.cash, buyingPower: reading.account.buyingPower },
    holdings: reading.positions.map((position) => ({
      symbol: position.symbol,
      quantity: position.quantity,
      available: position.available,
      marketValue: position.marketValue,
      assetClass: position.assetClass,
    })),
    assets: new Map([...reading.assets].map(([symbol, asset]): [string, PlanAsset | undefined] => [symbol, asset])),
    observations: observationsOf(reading),
    workingOrders: workingOrders(reading, context.unsettled),
    barred: context.barred,
    settings: context.settings,
    now: reading.at,
    marketClosed: !reading.market.clock.isOpen,
  };
}

/** Symbols whose price and asset must be read for `wanted`. */
export function symbolsOf(wanted: Wanted): string[] {
  return wanted.kind === "rebalance" ? [...wanted.targets.keys()] : [...wanted.symbols];
}

function observationsOf(reading: Reading): Map<string, PriceObservations> {
  const held = new Map(reading.positions.map((position) => [position.symbol, position]));
  const symbols = new Set([...reading.prices.keys(), ...held.keys()]);
  return new Map([...symbols].map((symbol) => [symbol, observe(reading.prices.get(symbol), held.get(symbol), reading.at)]));
}

function observe(prices: MarketPrices | undefined, position: Position | undefined, at: number): PriceObservations {
  const current = position?.currentPrice;
  return {
    trade: prices?.trade,
    quote: prices?.quote,
    minuteBar: prices?.minuteBar,
    previousClose: prices?.previousClose,
    position: current === undefined ? undefined : { price: current, at },
  };
}

/** Open orders as the venue shows them, and orders of ours that it may hold without showing them (R11, R19). */
function workingOrders(reading: Reading, unsettled: readonly IntentRecord[]): WorkingOrder[] {
  const shown = reading.openOrders.map((order): WorkingOrder => {
    const intent = unsettled.find((candidate) => candidate.clientOrderId === order.clientOrderId);
    return { symbol: order.symbol, side: order.side, own: intent !== undefined, worstCaseCost: costOf(order, reading) };
  });
  const hidden = unsettled
    .filter((intent) => intent.state !== "recorded" && (!isEnded(intent) || intent.state === "abandoned"))
    .filter((intent) => !reading.openOrders.some((order) => order.clientOrderId === intent.clientOrderId))
    .map((intent): WorkingOrder => ({ symbol: intent.symbol, side: intent.side, own: true, worstCaseCost: intent.worstCaseCost }));
  return [...shown, ...hidden];
}

/** The most cash an open order can still take. A buy without any price to go by takes all the buying power there is. */
function costOf(order: Order, reading: Reading): Decimal {
  if (order.side === "sell") return ZERO;
  const spent = order.filledQuantity.times(order.filledAveragePrice ?? ZERO);
  if (order.notional !== undefined) return max(ZERO, order.notional.minus(spent));
  const rest = (order.quantity ?? ZERO).minus(order.filledQuantity);
  const prices = reading.prices.get(order.symbol);
  const price = order.limitPrice ?? prices?.trade?.price ?? prices?.quote?.ask;
  return price === undefined ? reading.account.buyingPower : rest.times(price).times(MARKET_BUY_CUSHION);
}
