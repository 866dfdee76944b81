import type { Clock } from "../domain/clock.ts";
import { decimal, decimalFromNumber, ONE, parseDecimal, toText, ZERO, type Decimal } from "../domain/decimal.ts";
import {
  type AccountFlags,
  type AccountSettings,
  type ExchangeState,
  overwriteState,
  restoreState,
  type SplitRecord,
  storeState,
  type Watchlist,
} from "./account-state.ts";
import { accountView, positionView, type View } from "./account-view.ts";
import { feeActivity, splitActivity, transferActivity } from "./activities.ts";
import { checkAccount, existingOrder } from "./admission.ts";
import { priceModel, tapeOf, type AssetRecord } from "./assets.ts";
import { type Announcement, readAnnouncement } from "./announcements.ts";
import { EquityRecord } from "./equity-record.ts";
import { openingAssets, openingState, SEED, executionModelOf, type ExchangeOptions } from "./exchange-options.ts";
import type { Halt } from "./halts.ts";
import { type BarsRequest, GivenBars, readGivenBars } from "./given-bars.ts";
import type { Market } from "./market.ts";
import { haltable, endlessHours, newYorkDate, nyseHours, type HaltableHours, type MarketHours } from "./sessions.ts";
import type { ExecutionModel, OrderGate, OrderBook } from "./order-book.ts";
import { OrderEntry } from "./order-entry.ts";
import { isOpen, type OrderRecord, type TradeUpdate } from "./orders.ts";
import { isTicker, seededAsset } from "./own-symbols.ts";
import { sharesOf, admit, type Admitted, type PositionPart } from "./placing.ts";
import { PriceBook } from "./prices.ts";
import { Random } from "./random.ts";
import { checkReplaceable, isExit, replacedExit, replacementBody } from "./replacing.ts";
import { insufficientQuantity, malformed, notFound, Refusal, unprocessable } from "./refusals.ts";
import { endow, type Endowment } from "./settlement.ts";
import { factorOf, readRatio, splitOrders, splitPosition } from "./splits.ts";
import { ThinFeed } from "./thin-feed.ts";

type Body = Readonly<Record<string, unknown>>;

/** A client that makes symbols up must not fill the memory. */
const MOST_ASSETS = 20_000;

export interface SplitOptions {
  /** Milliseconds from the change of the price to that of the quantity, as at Alpaca. Default: none. */
  readonly bookAfter?: number;
}

/**
 * One account at an Alpaca-shaped venue, with its order book and prices. A clock and a seed drive it; it has no
 * transport. Requests that the venue would refuse throw a {@link Refusal}.
 */
export class Exchange implements Market {
  readonly clock: Clock;
  readonly hours: MarketHours;
  readonly seed: number;
  /** Where faults hold orders back. */
  gate: OrderGate | undefined;
  /** Whether adjusted bars know of splits; faults change this. */
  adjustsForSplits = true;
  readonly prices: PriceBook;
  /** What market data shows of the prices; faults thin it out. */
  readonly feed: ThinFeed;
  readonly givenBars = new GivenBars();
  readonly ticking: boolean;
  /** Whether an unknown symbol is listed on its first use. */
  readonly listsAnySymbol: boolean;
  readonly state: ExchangeState;
  readonly #random: Random;
  readonly #book: OrderBook;
  readonly #halt: HaltableHours;
  readonly #orderEntry: OrderEntry;
  readonly #equity: EquityRecord;
  readonly #listeners = new Set<(update: TradeUpdate) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #haltListeners = new Set<(halt: Halt) => void>();
  /** Until when only whole shares of a symbol, or of any, could be traded; monotonic. */
  readonly #wholeOnlyUntil = new Map<string, number>();
  #accountWholeOnlyUntil = -Infinity;
  readonly #onChange: () => void;

  constructor(options: ExchangeOptions) {
    const restored = options.state === undefined ? undefined : restoreState(options.state, options.clock.monotonic());
    this.clock = options.clock;
    this.#halt = haltable(options.alwaysOpen === true ? endlessHours : nyseHours);
    this.hours = this.#halt;
    this.seed = restored?.seed ?? options.seed ?? SEED;
    this.#random = new Random(restored?.random ?? this.seed);
    this.listsAnySymbol = options.anySymbol ?? false;
    const assets = openingAssets(options, restored?.state.assets);
    this.prices = new PriceBook(this.seed, this.hours, {
      pins: new Map(restored?.pins),
      modelOf: (symbol) => assets.get(symbol)?.priceModel ?? priceModel(symbol),
      ...(options.givenPrices !== undefined && { loadedAt: options.givenPrices.priceAt }),
    });
    this.feed = new ThinFeed(this.seed, this.hours);
    this.ticking = options.ticking ?? false;
    if (restored === undefined)
      for (const [symbol, price] of Object.entries(options.prices ?? {})) this.prices.pinFromTheBeginning(symbol, decimal(price));
    this.state = restored?.state ?? openingState(options, assets, (symbol, at) => this.prices.trade(symbol, at)?.price);
    this.#onChange = () => {
      options.onChange?.();
      for (const watcher of this.#watchers) watcher();
    };
    this.#equity = new EquityRecord(this.state, this.prices, this.clock);
    const { clock, hours, prices, state, valueOf } = this;
    this.#book = { clock, hours, prices, state, valueOf, random: this.#random };
    this.#orderEntry = new OrderEntry(
      {
        ...this.#book,
        gate: () => this.gate,
        emit: (update) => {
          for (const listener of this.#listeners) listener(update);
        },
        beforeBooking: () => this.#equity.recordCloses(),
        changed: this.#onChange,
      },
      executionModelOf(options),
    );
  }

  /** The price used to value positions now; zero for a symbol without one. */
  readonly valueOf = (symbol: string): Decimal => this.prices.trade(symbol, this.clock.now())?.price ?? ZERO;

  tapeOf(symbol: string): string {
    return tapeOf(this.state.assets.get(symbol));
  }

  /** @returns a function that stops listening. */
  onTradeUpdate(listener: (update: TradeUpdate) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back after every change of money, shares, orders or fixed prices. @returns a function that stops it. */
  onChanged(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Calls back whenever trading stops or goes on. @returns a function that stops it. */
  onHalt(listener: (halt: Halt) => void): () => void {
    this.#haltListeners.add(listener);
    return () => this.#haltListeners.delete(listener);
  }

  /** Accepts an order as `POST /v2/orders` does. @throws Refusal */
  submit(body: Body): OrderRecord {
    this.#bookDue();
    const admitted = admit(this.#admission(), body);
    this.#orderEntry.take(admitted);
    return admitted.order;
  }

  order(id: string): OrderRecord {
    return existingOrder(this.state, id);
  }

  orderByClientId(clientOrderId: string): OrderRecord {
    const order = [...this.state.orders.values()].find((each) => each.clientOrderId === clientOrderId);
    if (order === undefined) throw notFound(`order not found for ${clientOrderId}`);
    return order;
  }

  /** Requests a cancel, which takes effect later. @throws Refusal */
  cancel(id: string): void {
    this.#orderEntry.requestCancel(this.order(id));
  }

  cancelAll(): OrderRecord[] {
    const open = [...this.state.orders.values()].filter(isOpen);
    for (const order of open) this.#orderEntry.requestCancel(order);
    return open;
  }

  /** Ends an order that the venue first accepted and then rejects. */
  reject(id: string): void {
    const order = this.order(id);
    if (isOpen(order)) this.#orderEntry.rejectNow(order);
  }

  /** Replaces an order at the exchange with a new one. @throws Refusal, which leaves the old order unchanged. */
  replace(id: string, body: Body): OrderRecord {
    const old = this.order(id);
    checkReplaceable(old);
    const admitted = isExit(old) ? replacedExit(this.#admission(), old, body) : this.#admitInstead(old, body);
    this.#orderEntry.replaceBy(old, admitted.order);
    this.#orderEntry.take(admitted);
    return admitted.order;
  }

  /** While the new order is checked, the old one takes neither money nor shares. */
  #admitInstead(old: OrderRecord, body: Body): Admitted {
    const merged = replacementBody(old, body);
    const before = old.status;
    old.status = "replaced";
    try {
      return admit(this.#admission(), merged, old);
    } finally {
      old.status = before;
    }
  }

  /** Sells a position, or buys a short one back, or a part given in shares or percent, at market. @throws Refusal */
  closePosition(symbol: string, part: PositionPart = {}): OrderRecord {
    const position = this.state.positions.get(symbol);
    if (position === undefined) throw notFound("position does not exist");
    const owned = position.quantity.abs();
    const quantity = sharesOf(owned, part);
    if (quantity.gt(owned)) throw insufficientQuantity(symbol, quantity, owned, ZERO, []);
    const side = position.quantity.lt(ZERO) ? "buy" : "sell";
    return this.submit({ symbol, side, type: "market", time_in_force: "day", qty: toText(quantity) });
  }

  /** Closes everything, on request after cancelling all open orders; one answer per position. */
  closeAllPositions(cancelOrders: boolean): { symbol: string; answer: OrderRecord | Refusal }[] {
    if (cancelOrders) for (const order of this.state.orders.values()) if (isOpen(order)) this.#orderEntry.cancelNow(order);
    return [...this.state.positions.keys()].map((symbol) => {
      try {
        return { symbol, answer: this.closePosition(symbol) };
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        return { symbol, answer: thrown };
      }
    });
  }

  accountView(): View {
    this.#bookDue();
    const closing = this.#equity.previousClosing();
    return accountView(this.state, this.valueOf, closing.equity, closing.date);
  }

  positionViews(): View[] {
    this.#bookDue();
    return [...this.state.positions.keys()].sort().map((symbol) => this.positionView(symbol));
  }

  /** @throws Refusal */
  positionView(symbol: string): View {
    const position = this.state.positions.get(symbol);
    const asset = this.state.assets.get(symbol);
    if (position === undefined || asset === undefined) throw notFound("position does not exist");
    return positionView(this.state, position, asset, {
      current: this.valueOf(symbol),
      lastday: this.#equity.lastdayPrice(symbol),
      today: this.#equity.today(),
    });
  }

  /** Equity at the end of every session since the account opened, oldest first. */
  equityHistory(): ExchangeState["closings"] {
    this.#bookDue();
    this.#equity.recordCloses();
    return this.state.closings;
  }

  /** Fixes a symbol's trade and quote from now on. */
  setPrice(symbol: string, price: string): void {
    this.#reprice(symbol, () => this.prices.pinPrice(symbol, decimal(price), this.clock.now()));
  }

  /** Fixes a symbol's quote from now on; `"0"` empties a side. */
  setQuote(symbol: string, bid: string, ask: string): void {
    this.#reprice(symbol, () => this.prices.pinQuote(symbol, decimal(bid), decimal(ask), this.clock.now()));
  }

  releasePrice(symbol: string): void {
    this.#reprice(symbol, () => this.prices.release(symbol, this.clock.now()));
  }

  /** Multiplies a symbol's price by `factor` from now on, or undoes that; past prices stay. */
  scalePrice(symbol: string, factor: Decimal, direction: "do" | "undo" = "do"): void {
    this.#reprice(symbol, () => this.prices.scale(symbol, direction === "do" ? factor : ONE.div(factor), this.clock.now()));
  }

  /**
   * Loads daily bars that replace the generated ones until the venue stops, and fixes each symbol's price at its
   * last close.
   * @returns how many bars each symbol has now; `null` where they were removed.
   * @throws Refusal
   */
  giveBars(request: BarsRequest): Record<string, number | null> {
    const given = readGivenBars(request, (symbol) => this.state.assets.has(symbol), this.clock.now());
    for (const [symbol, bars] of given) {
      if (bars === undefined) this.givenBars.takeAway(symbol);
      else this.givenBars.give(symbol, bars);
      const close = bars?.at(-1)?.c ?? 0;
      if (close > 0) this.setPrice(symbol, toText(decimalFromNumber(close)));
    }
    return Object.fromEntries([...given].map(([symbol, bars]) => [symbol, bars?.length ?? null]));
  }

  /**
   * Splits a symbol as the venue does: the price changes now, the shares at once or later. Cost and everything in
   * the past stay, including the raw previous close.
   * @param ratio new shares for old ones: `"2"`, `"3:2"`, `"1:10"`.
   * @throws Refusal
   */
  split(symbol: string, ratio: string, { bookAfter = 0 }: SplitOptions = {}): SplitRecord {
    if (!this.state.assets.has(symbol)) throw notFound(`asset not found for ${symbol}`);
    const rates = readRatio(ratio);
    const now = this.clock.now();
    const split = {
      id: this.#random.uuid(),
      symbol,
      date: newYorkDate(now),
      at: now,
      ...rates,
      bookAt: now + bookAfter,
      shares: this.state.positions.get(symbol)?.quantity ?? ZERO,
    };
    this.#equity.recordCloses();
    for (const order of splitOrders(this.state, symbol, rates)) this.#orderEntry.cancelNow(order);
    this.state.splits.push(split);
    this.#bookDue();
    this.scalePrice(symbol, ONE.div(factorOf(rates)));
    return split;
  }

  /** Lists a corporate action, which changes nothing by itself. @throws Refusal */
  announce(body: Body): Announcement {
    const announcement = readAnnouncement(body, newYorkDate(this.clock.now()));
    this.state.announcements.push(announcement);
    this.#onChange();
    return announcement;
  }

  /** Books the quantity of every split that is due; runs on each read. */
  #bookDue(): void {
    const due = this.state.splits.filter(({ bookAt = Infinity }) => bookAt <= this.clock.now());
    if (due.length === 0) return;
    this.#equity.recordCloses();
    for (const split of due) {
      const change = splitPosition(this.state, split.symbol, split, split.shares ?? ZERO);
      this.state.activities.push(splitActivity(split, change, this.#orderEntry.stamp(), this.#random.uuid()));
      this.state.splits[this.state.splits.indexOf(split)] = { ...split, bookAt: undefined };
    }
    this.#onChange();
  }

  /** Interrupts trading at any hour; orders that arrive meanwhile are queued. */
  haltTrading(): void {
    this.#halt.halt(this.clock.now());
    this.#announceHalt({ symbol: undefined, halted: true, cause: "market-wide" });
    this.#orderEntry.arm();
  }

  resumeTrading(): void {
    this.#halt.halt(undefined);
    this.#announceHalt({ symbol: undefined, halted: false, cause: "market-wide" });
    this.#orderEntry.arm();
  }

  /** Stops trading in one symbol: its price is frozen. The gate keeps its orders from filling. */
  pauseSymbol(symbol: string): void {
    this.prices.pause(symbol, this.clock.now());
    this.#announceHalt({ symbol, halted: true, cause: "volatility" });
  }

  resumeSymbol(symbol: string): void {
    this.#announceHalt({ symbol, halted: false, cause: "volatility" });
    this.#reprice(symbol, () => this.prices.resume(symbol, this.clock.now()));
  }

  /** Fixes symbols, all by default, at their current price. */
  freeze(symbols: Iterable<string> = this.state.assets.keys()): void {
    for (const symbol of symbols) {
      const price = this.valueOf(symbol);
      if (price.gt(ZERO)) this.setPrice(symbol, toText(price));
    }
  }

  /** Lists those of the symbols that are not known yet, if any symbol may be used. */
  use(symbols: readonly string[]): void {
    const { assets } = this.state;
    if (!this.listsAnySymbol) return;
    const unknown = symbols.filter((symbol) => isTicker(symbol) && !assets.has(symbol)).slice(0, Math.max(0, MOST_ASSETS - assets.size));
    for (const symbol of unknown) assets.set(symbol, seededAsset(this.seed, symbol));
    if (unknown.length > 0) this.#onChange();
  }

  /** Changes how the venue treats one symbol. @throws Refusal for an unknown one. */
  setAsset(symbol: string, change: Partial<Omit<AssetRecord, "id" | "symbol">>): void {
    const asset = this.state.assets.get(symbol);
    if (asset === undefined) throw notFound(`asset not found for ${symbol}`);
    if (!asset.fractionable) this.#wholeOnlyUntil.set(symbol, this.clock.monotonic());
    this.state.assets.set(symbol, { ...asset, ...change });
    this.#onChange();
  }

  /** Whether only whole shares of it could be traded at any time in the last `ms`. */
  wasWholeOnly(symbol: string, ms: number): boolean {
    if (!this.state.settings.fractionalTrading || this.state.assets.get(symbol)?.fractionable === false) return true;
    const until = Math.max(this.#wholeOnlyUntil.get(symbol) ?? -Infinity, this.#accountWholeOnlyUntil);
    return this.clock.monotonic() - until <= ms;
  }

  setFlags(change: Partial<AccountFlags>): void {
    Object.assign(this.state.flags, change);
    this.#onChange();
  }

  setSettings(change: Partial<AccountSettings>): void {
    if (!this.state.settings.fractionalTrading) this.#accountWholeOnlyUntil = this.clock.monotonic();
    Object.assign(this.state.settings, change);
    this.#onChange();
  }

  keepWatchlist(list: Watchlist): void {
    this.state.watchlists.set(list.id, list);
    this.#onChange();
  }

  dropWatchlist(id: string): void {
    this.state.watchlists.delete(id);
    this.#onChange();
  }

  setExecutionModel(change: Partial<ExecutionModel>): void {
    this.#orderEntry.model = { ...this.#orderEntry.model, ...change };
  }

  /** A deposit, or a withdrawal if the amount is negative. @throws Refusal when it exceeds the cash. */
  transfer(amount: string): void {
    const change = parseDecimal(amount);
    if (change === undefined) throw malformed("amount must be a number");
    if (this.state.cash.plus(change).lt(ZERO)) throw unprocessable("insufficient cash");
    this.#equity.recordCloses();
    this.state.cash = this.state.cash.plus(change);
    this.state.activities.push(transferActivity(change, this.#orderEntry.stamp(), this.#random.uuid()));
    this.#onChange();
  }

  /** Takes a fee from the cash, which may become negative. @throws Refusal */
  charge(amount: string): void {
    const fee = parseDecimal(amount);
    if (fee?.gt(ZERO) !== true) throw malformed("amount must be greater than 0");
    this.#equity.recordCloses();
    this.state.cash = this.state.cash.minus(fee);
    this.state.activities.push(feeActivity(fee, this.#orderEntry.stamp(), this.#random.uuid()));
    this.#onChange();
  }

  /** Shares from outside: bought earlier, transferred, spun off, or worthless. */
  endow(endowment: Endowment): void {
    this.#equity.recordCloses();
    endow(this.state, endowment, newYorkDate(this.clock.now()));
    this.#onChange();
  }

  /** The shares of a symbol leave the account without an order. */
  takeAway(symbol: string): void {
    this.#equity.recordCloses();
    this.state.positions.delete(symbol);
    this.#onChange();
  }

  /** Everything that must survive a restart, as text for the option `state`. */
  serialize(): string {
    const stored = { seed: this.seed, random: this.#random.state, pins: [...this.prices.pins], state: this.state };
    return storeState(stored, this.clock.monotonic());
  }

  /** Returns to an earlier result of {@link serialize}: account, orders, fixed prices and the random sequence. */
  restore(text: string): void {
    const { state, pins, random } = restoreState(text, this.clock.monotonic());
    overwriteState(this.state, state);
    this.prices.restore(pins);
    this.#random.restore(random);
    this.#orderEntry.arm();
    this.#onChange();
  }

  /** Stops the timers; nothing fills any more. */
  close(): void {
    this.#orderEntry.close();
  }

  #admission(): Parameters<typeof admit>[0] {
    checkAccount(this.state);
    return {
      ...this.#book,
      stamp: () => this.#orderEntry.stamp(),
      knownPower: () => this.gate?.knownPower?.(),
    };
  }

  #announceHalt(halt: Omit<Halt, "at">): void {
    for (const listener of this.#haltListeners) listener({ ...halt, at: this.clock.now() });
  }

  #reprice(symbol: string, change: () => void): void {
    this.#equity.recordCloses();
    change();
    this.#orderEntry.checkAgain(symbol);
    this.#onChange();
  }
}
