import type { Account, Asset, MarketPrices, Position } from "../domain/broker.ts";
import { wireAmountOf } from "../broker/order-request.ts";
import { clientOrderId } from "../execution/orders/ids.ts";
import type { AccountSnapshot } from "../execution/preparation/account-snapshot.ts";
import { decimal, ONE, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { PlannedOrder } from "../portfolio/plan.ts";
import { Exchange } from "../simulator/exchange.ts";
import { Refusal } from "../simulator/refusals.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";

export interface FilledTrade {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** The ordered size, in shares or in dollars; exactly one of them. */
  readonly ordered: Pick<PlannedOrder, "quantity" | "notional">;
  readonly quantity: Decimal;
  /** Dollars a share, including the spread. */
  readonly price: Decimal;
  readonly value: Decimal;
  /** Cost of the spread in dollars. */
  readonly cost: Decimal;
}

export interface SentOrders {
  readonly trades: readonly FilledTrade[];
  /** By symbol, in the exchange's notation. */
  readonly refused: ReadonlyMap<string, string>;
}

const BASIS_POINT = decimal("0.0001");
const NEVER_CLOSES_FOR_MS = 24 * 3_600_000;
const TICK_MS = 1;

/**
 * An account at the simulator's exchange, in virtual time. The exchange checks, matches and books orders; the bars
 * supply the market. It is always open, because the bars' calendar decides about sessions.
 */
export class BacktestAccount {
  readonly clock: VirtualClock;
  readonly #exchange: Exchange;
  readonly #spread: Decimal;
  /** Current price of a share; a symbol without a price now is missing. */
  #prices: ReadonlyMap<string, Decimal> = new Map();

  /** @param startAt milliseconds since the epoch. @param costBps loss of each trade against the price, in basis points. */
  constructor(startAt: number, cash: Decimal, costBps: Decimal) {
    this.clock = new VirtualClock(startAt);
    this.#spread = costBps.times(BASIS_POINT);
    this.#exchange = new Exchange({
      clock: this.clock,
      cash,
      alwaysOpen: true,
      ackLatencyMs: 0,
      fillLatencyMs: 0,
      partialFillProbability: 0,
      accountNumber: "BACKTEST",
    });
  }

  get cash(): Decimal {
    return this.#exchange.state.cash;
  }

  get holdings(): ReadonlyMap<string, Decimal> {
    return new Map([...this.#exchange.state.positions.values()].map(({ symbol, quantity }) => [symbol, quantity]));
  }

  /** Value of a holding at its last known price. */
  valueOf(symbol: string): Decimal {
    return (this.holdings.get(symbol) ?? ZERO).times(this.#exchange.valueOf(symbol));
  }

  get equity(): Decimal {
    return [...this.holdings.keys()].reduce((total, symbol) => total.plus(this.valueOf(symbol)), this.cash);
  }

  async moveTo(at: number): Promise<void> {
    await this.clock.advance(at - this.clock.now());
  }

  /** Sets the current prices: buys pay more by the cost, sells get less. All other symbols have no price now. */
  setPrices(prices: ReadonlyMap<string, Decimal>): void {
    for (const [symbol, price] of prices) {
      this.#exchange.setPrice(symbol, toText(price));
      this.#exchange.setQuote(symbol, toText(price.times(ONE.minus(this.#spread))), toText(price.times(ONE.plus(this.#spread))));
    }
    this.#prices = prices;
  }

  /**
   * The account and the market as the trading path reads them.
   * @param previousCloses of the session before. @param lastEquity at its close.
   */
  reading(wanted: Iterable<string>, previousCloses: ReadonlyMap<string, Decimal>, lastEquity: Decimal): AccountSnapshot {
    const now = this.clock.now();
    const symbols = new Set([...wanted, ...this.holdings.keys()]);
    const market = { timestamp: now, isOpen: true, nextOpen: now + NEVER_CLOSES_FOR_MS, nextClose: now + NEVER_CLOSES_FOR_MS };
    return {
      account: this.#account(lastEquity),
      positions: [...this.#exchange.state.positions.values()].map(({ symbol, quantity, cost }) => this.#position(symbol, quantity, cost)),
      openOrders: [],
      market: { clock: market, readAt: { monotonic: this.clock.monotonic(), wall: now }, tookMs: 0 },
      assets: new Map([...symbols].map((symbol) => [symbol, this.#asset(symbol)])),
      prices: new Map([...symbols].flatMap((symbol) => this.#marketPrices(symbol, previousCloses.get(symbol)))),
      at: now,
    };
  }

  /** Sends the orders together and runs the exchange until none is open. @throws Error when an accepted order is not filled. */
  async send(orders: readonly PlannedOrder[], signalId: string, phase: "selling" | "buying"): Promise<SentOrders> {
    const refused = new Map<string, string>();
    const accepted: (readonly [PlannedOrder, string])[] = [];
    for (const order of orders) {
      const answer = this.#submit(order, signalId, phase);
      if (answer instanceof Refusal) refused.set(order.symbol, answer.message);
      else accepted.push([order, answer]);
    }
    if (accepted.length > 0) await this.clock.advance(TICK_MS);
    const trades = accepted.map(([order, id]) => this.#filled(order, id));
    // At each step the exchange checks every order it ever had; years of them would make every day slower than the one before.
    this.#exchange.state.orders.clear();
    return { trades, refused };
  }

  /** @returns the order's id. */
  #submit(order: PlannedOrder, signalId: string, phase: "selling" | "buying"): string | Refusal {
    const request = { ...order, clientOrderId: clientOrderId({ signalId, phase, symbol: order.symbol, attempt: 1 }) };
    const { symbol, side, clientOrderId: ownId } = request;
    try {
      return this.#exchange.submit({ symbol, side, type: "market", time_in_force: "day", client_order_id: ownId, ...wireAmountOf(request) })
        .id;
    } catch (refusal) {
      if (refusal instanceof Refusal) return refusal;
      throw refusal;
    }
  }

  #filled(order: PlannedOrder, id: string): FilledTrade {
    const { status, filledQuantity: quantity, filledValue: value } = this.#exchange.order(id);
    if (status !== "filled") throw new Error(`The order to ${order.side} ${order.symbol} ended ${status} in the back-test.`);
    const { symbol, side } = order;
    const cost = value.minus(quantity.times(this.#exchange.valueOf(symbol))).abs();
    const ordered = order.quantity === undefined ? { notional: order.notional ?? ZERO } : { quantity: order.quantity };
    return { symbol, side, ordered, quantity, price: value.div(quantity), value, cost };
  }

  #account(lastEquity: Decimal): Account {
    const { cash, equity } = this;
    const named = { id: "backtest", number: "BACKTEST", status: "ACTIVE" };
    return { ...named, equity, lastEquity, cash, buyingPower: cash, multiplier: "1", blocks: [] };
  }

  #position(symbol: string, quantity: Decimal, cost: Decimal): Position {
    const currentPrice = this.#prices.get(symbol);
    const marketValue = this.valueOf(symbol);
    const averageEntryPrice = cost.div(quantity);
    const unrealizedProfit = marketValue.minus(cost);
    const worth = { marketValue, currentPrice, lastdayPrice: undefined, averageEntryPrice, costBasis: cost, unrealizedProfit };
    return { symbol, assetId: symbol, assetClass: "us_equity", side: "long", quantity, available: quantity, ...worth };
  }

  #asset(symbol: string): Asset | undefined {
    const known = this.#exchange.state.assets.get(symbol);
    if (known === undefined) return undefined;
    const { id, name, exchange, status, tradable, fractionable } = known;
    return { id, symbol, name, exchange, assetClass: "us_equity", active: status === "active", tradable, fractionable, attributes: [] };
  }

  #marketPrices(symbol: string, previousClose: Decimal | undefined): [string, MarketPrices][] {
    const price = this.#prices.get(symbol);
    if (price === undefined) return [];
    const at = this.clock.now();
    const quote = { bid: price.times(ONE.minus(this.#spread)), ask: price.times(ONE.plus(this.#spread)), at };
    const before = previousClose === undefined ? undefined : { price: previousClose, at };
    return [[symbol, { trade: { price, at }, quote, minuteBar: undefined, previousClose: before }]];
  }
}
