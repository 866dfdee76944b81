import type { Asset, Broker, MarketPrices, Order, OrderRequest, OrderStreamListener, Position, SubmitAnswer } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { PlanSettings } from "../portfolio/plan.ts";
import type { Signal } from "../domain/signal.ts";
import { decimal, SHARE_DECIMALS, sum, truncate, ZERO, type Decimal } from "../domain/decimal.ts";
import { DEFAULT_EXECUTION } from "../domain/execution-style.ts";
import { readAlert } from "../intake/alert.ts";
import { readMarket } from "../execution/preparation/account-snapshot.ts";
import { Rebalancer } from "../execution/rebalancer.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";

/** Rebalances until the ledger in memory is replaced. */
const LEDGER_LASTS = 50;
/** Between two rebalances of the rehearsal, on its own clock: fills are in every reading by then. */
const APART_MS = 61_000;
/** A Tuesday, half an hour after the open: no rehearsal meets the end of a session. */
const MORNING = Date.parse("2026-11-17T10:00:00-05:00");
const SESSION_MS = 10_000_000;
const HALVES = [
  ["REHA", "REHB"],
  ["REHC", "REHD"],
] as const;
const LEGS = Array.from("ABCDEFGHIJ", (letter) => `REH${letter}`);
/** A run as the strategy writes it. */
const LINES = LEGS.map((symbol) =>
  JSON.stringify({
    ...{ timestamp: "2026-11-17T15:00:00", symbol, action: "BUY", price: 10 },
    reason: `Allocation: 10.0% (Bull market: ${LEGS.map((each) => `${each} (10.0%)`).join(", ")})`,
  }),
);
const PRICE = decimal("10");
const ASK = decimal("10.01");
const CASH = decimal("100000");
const SETTINGS: PlanSettings = {
  cashReserve: decimal("0.01"),
  minTradeValue: decimal("5"),
  driftBand: decimal("0.01"),
  protectedSymbols: new Set(),
  allowedSymbols: undefined,
  maxOrderValue: undefined,
  maxUnbuyable: decimal("0.2"),
  unbuyableAction: "refuse",
};

/**
 * Whole rebalances of an account that exists only in memory: code that has not run for a while is slow, and the next alert
 * may come after hours. Nothing of it leaves the process, and it reads no setting.
 */
export class Rehearsal {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #ledger: SqliteLedger | undefined;
  #rebalancer: Rebalancer | undefined;
  #runs = 0;
  /** Its own clock runs ahead from one rebalance to the next, and begins again with each ledger. */
  #aheadMs = 0;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = {
      now: () => MORNING + this.#clock.monotonic() - this.#since,
      monotonic: () => clock.monotonic() + this.#aheadMs,
      after: (delayMs, run) => clock.after(delayMs, run),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
  }

  /** One rebalance, from one half of its symbols to the other. @returns whether it came to its target. */
  async run(): Promise<boolean> {
    try {
      return await this.#rebalanced();
    } catch (error) {
      // Closed in the middle of it, at the end of the process.
      if (this.#stopping.signal.aborted) return false;
      throw error;
    }
  }

  async #rebalanced(): Promise<boolean> {
    for (const line of LINES) readAlert(line, "UTC");
    const rebalancer = this.#open();
    this.#runs += 1;
    this.#aheadMs += APART_MS;
    await rebalancer.keepWarm();
    const options = { dryRun: false, ignoreMarketHours: false };
    const result = await rebalancer.rebalance(this.#signal(), options);
    return result.kind === "concluded" && result.conclusion.outcome === "on-target";
  }

  /** It cannot be used any more. */
  close(): void {
    this.#stopping.abort();
    this.#forget();
  }

  #forget(): void {
    this.#ledger?.close();
    this.#ledger = undefined;
    this.#rebalancer = undefined;
  }

  #open(): Rebalancer {
    if (this.#runs % LEDGER_LASTS === 0) this.#forget();
    if (this.#rebalancer !== undefined) return this.#rebalancer;
    this.#since = this.#clock.monotonic();
    const broker = memoryBroker(this.#clock);
    this.#ledger = openLedger(":memory:");
    this.#rebalancer = new Rebalancer({
      broker,
      ledger: this.#ledger,
      clock: this.#clock,
      account: { mode: "simulator", liveTradingAccount: undefined },
      settings: SETTINGS,
      limits: { maxDailyTurnover: undefined, maxDailyLoss: undefined },
      execution: DEFAULT_EXECUTION,
      signalMaxAgeSeconds: 300,
      orderTimeoutSeconds: 60,
      executionDeadlineSeconds: 600,
      halted: () => undefined,
      stopping: this.#stopping.signal,
      emit: () => undefined,
    });
    void readMarket(broker, this.#clock).then((market) => this.#rebalancer?.sawMarket(market));
    return this.#rebalancer;
  }

  #signal(): Signal {
    const now = this.#clock.now();
    const symbols = HALVES[this.#runs % 2] ?? HALVES[0];
    return {
      id: this.#runs.toString(16).padStart(16, "0"),
      strategy: "rehearsal",
      kind: "rebalance",
      targets: new Map(symbols.map((symbol) => [symbol, decimal("0.5")])),
      exits: [],
      generatedAt: now,
      oldestStamp: now,
      arrivedAt: now,
      lastLineAt: now,
      reason: "rehearsal",
      alertPrices: new Map(),
      lineHashes: [],
    };
  }
}

/** An account whose orders are filled as soon as they are taken. */
function memoryBroker(clock: Clock): Broker {
  const held = new Map<string, Decimal>();
  const orders = new Map<string, Order>();
  const listeners = new Set<OrderStreamListener>();
  let cash = CASH;
  const worth = (): Decimal => cash.plus(sum([...held.values()].map((quantity) => quantity.times(PRICE))));
  const fill = (request: OrderRequest, id: string): void => {
    const quantity = request.quantity ?? truncate((request.notional ?? ZERO).div(PRICE), SHARE_DECIMALS);
    const signed = request.side === "buy" ? quantity : quantity.neg();
    cash = cash.minus(signed.times(PRICE));
    held.set(request.symbol, (held.get(request.symbol) ?? ZERO).plus(signed));
    if (held.get(request.symbol)?.eq(ZERO) === true) held.delete(request.symbol);
    const order = {
      ...orderOf(request, id, clock.now()),
      status: "filled",
      filledQuantity: quantity,
      filledAveragePrice: PRICE,
      filledAt: clock.now(),
    };
    orders.set(id, order);
    const update = { event: "fill", order, executionId: id, price: PRICE, quantity, at: clock.now() };
    for (const listener of listeners) listener.onUpdate(update);
  };
  return {
    name: "the rehearsal",
    account: () => {
      const money = { equity: worth(), lastEquity: worth(), cash, buyingPower: cash };
      return Promise.resolve({ id: "rehearsal", number: "REHEARSAL", status: "ACTIVE", multiplier: "1", blocks: [], ...money });
    },
    accountConfiguration: () =>
      Promise.resolve({ fractionalTrading: true, noShorting: true, suspendTrade: false, ptpNoExceptionEntry: undefined }),
    positions: () => Promise.resolve([...held].map(([symbol, quantity]) => positionOf(symbol, quantity))),
    openOrders: () => Promise.resolve([]),
    ordersSince: () => Promise.resolve([...orders.values()]),
    orderByClientId: (id) => Promise.resolve([...orders.values()].find(({ clientOrderId }) => clientOrderId === id)),
    orderById: (id) => Promise.resolve(orders.get(id)),
    asset: (symbol) => Promise.resolve(assetOf(symbol)),
    marketClock: () => {
      const timestamp = clock.now();
      return Promise.resolve({ timestamp, isOpen: true, nextOpen: timestamp + SESSION_MS, nextClose: timestamp + SESSION_MS });
    },
    calendar: () => Promise.resolve([]),
    prices: (symbols) => Promise.resolve(new Map(symbols.map((symbol) => [symbol, pricesAt(clock.now())]))),
    dailyBars: () => Promise.resolve(new Map()),
    prints: () => Promise.resolve([]),
    announcedSplits: () => Promise.resolve([]),
    fillsSince: () => Promise.resolve([]),
    cashFlowsSince: () => Promise.resolve(ZERO),
    cashBookedSince: () => Promise.resolve(ZERO),
    equityHistory: () => Promise.resolve([]),
    submit: (request): Promise<SubmitAnswer> => {
      const order = orderOf(request, request.clientOrderId, clock.now());
      orders.set(order.id, order);
      setImmediate(() => fill(request, order.id));
      return Promise.resolve({ kind: "accepted", order });
    },
    cancel: () => Promise.resolve({ kind: "ended", message: "It is filled." }),
    watchOrders: (listener) => {
      listeners.add(listener);
      return { state: "listening", close: () => void listeners.delete(listener) };
    },
    close: () => Promise.resolve(),
  };
}

function orderOf({ clientOrderId, symbol, side, quantity, notional }: OrderRequest, id: string, at: number): Order {
  const amount = { quantity, notional, limitPrice: undefined, filledQuantity: ZERO, filledAveragePrice: undefined };
  const times = { createdAt: at, submittedAt: at, filledAt: undefined, updatedAt: at };
  return { id, clientOrderId, symbol, side, type: "market", status: "new", replacedBy: undefined, ...amount, ...times };
}

function positionOf(symbol: string, quantity: Decimal): Position {
  const value = quantity.times(PRICE);
  const prices = { currentPrice: PRICE, lastdayPrice: PRICE, averageEntryPrice: PRICE, unrealizedProfit: ZERO };
  const shares = { quantity, available: quantity, marketValue: value, costBasis: value };
  return { symbol, assetId: symbol, assetClass: "us_equity", side: "long", ...shares, ...prices };
}

function assetOf(symbol: string): Asset {
  const traits = { active: true, tradable: true, fractionable: true, attributes: [] };
  return { id: symbol, symbol, name: symbol, exchange: "", assetClass: "us_equity", ...traits };
}

function pricesAt(at: number): MarketPrices {
  const print = { price: PRICE, at };
  return { trade: print, quote: { bid: PRICE, ask: ASK, at }, minuteBar: print, previousClose: print };
}
