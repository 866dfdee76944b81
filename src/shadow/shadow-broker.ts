import type {
  Account,
  AccountConfiguration,
  AnnouncedSplit,
  Asset,
  BarAdjustment,
  Broker,
  CancelAnswer,
  EquityHistoryPoint,
  Fill,
  MarketClock,
  MarketPrices,
  Order,
  OrderRequest,
  OrderStream,
  OrderStreamListener,
  Position,
  Session,
  SubmitAnswer,
} from "../domain/broker.ts";
import { BrokerError, isTerminal } from "../domain/broker.ts";
import { wireAmountOf } from "../broker/order-request.ts";
import type { Clock } from "../domain/clock.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import { ZERO, type Decimal } from "../domain/decimal.ts";
import { marketDate } from "../domain/market-day.ts";
import { accountOf, assertSameAccount, positionsOf, pricedSymbols, type Valued } from "./account-view.ts";
import { Book } from "./book.ts";
import { dailyEquity } from "./daily-equity.ts";
import type { EntryOf } from "./entry.ts";
import type { Journal } from "./journal.ts";
import { place, stepOf, updateOf, type VenueFacts } from "./order-steps.ts";
import { SplitBooking } from "./split-booking.ts";

/** How often orders that rest are held against the market. */
const RESTING_CHECK_MS = 2_000;
const RETRY_MS = 1_000;
const DAY_MS = 86_400_000;
/** More days than any break between two sessions has. */
const LONGEST_BREAK_DAYS = 8;

/** When the shadow account was copied from the live one, and what both were worth then, in dollars. */
export interface ShadowBeginning {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly equity: Decimal;
  /** With what is not copied. */
  readonly liveEquity: Decimal;
}

/** The live account next to its shadow, for those who compare them. It can only be read: the transport sends nothing else. */
export interface ShadowSide {
  readonly live: Broker;
  /** `undefined`: the shadow account begins with its first order. */
  beginning(): ShadowBeginning | undefined;
}

/**
 * The Broker port of shadow mode. Clock, calendar, assets, prices and bars are those of the live venue; account,
 * positions, orders and fills are those of a paper account, which begins with its first order as a copy of the live
 * account. Until then it shows that account as it is. A market order is filled at once at the live quote, whole; what
 * cannot be filled yet, a limit order or one sent before the open, rests until the market allows it or its session ends.
 */
export class ShadowBroker implements Broker {
  readonly name: string;
  readonly shadow: ShadowSide;
  readonly #live: Broker;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #splits: SplitBooking;
  readonly #listeners = new Set<OrderStreamListener>();
  #valuing: Promise<Valued> | undefined;
  #settling: Promise<void> | undefined;
  #settledAt = -Infinity;

  /** @param live cannot write: see the transport. */
  constructor(live: Broker, journal: Journal, clock: Clock) {
    this.name = live.name;
    this.#live = live;
    this.#journal = journal;
    this.#clock = clock;
    this.#splits = new SplitBooking(live, clock);
    this.shadow = { live, beginning: () => beginningOf(journal.book()) };
  }

  // --- the account ---------------------------------------------------------------------------

  async account(): Promise<Account> {
    await this.#settle();
    return accountOf(await this.#valued());
  }

  accountConfiguration(): Promise<AccountConfiguration> {
    return this.#live.accountConfiguration();
  }

  async positions(): Promise<Position[]> {
    await this.#settle();
    return positionsOf(await this.#valued());
  }

  /** Several readers at the same time share one reading of the prices. */
  #valued(): Promise<Valued> {
    this.#valuing ??= this.#value().finally(() => (this.#valuing = undefined));
    return this.#valuing;
  }

  async #value(): Promise<Valued> {
    const live = await this.#live.account();
    const begun = this.#journal.book();
    if (begun === undefined) {
      const book = new Book(await this.#copyOf(live));
      return { book, entries: [], live, prices: await this.#live.prices([...book.holdings.keys()]) };
    }
    assertSameAccount(begun, live);
    const prices = await this.#live.prices(pricedSymbols(begun, this.#clock.now()));
    if (begun.holdings.size > 0 && this.#splits.isDue) await this.#bookSplits(begun, prices);
    return { book: this.#journal.book() ?? begun, entries: this.#journal.entries, live, prices };
  }

  /** US equities held long; anything else is never traded, and nothing is known of its price here. */
  async #copyOf(live: Account): Promise<EntryOf<"began">> {
    const [positions, { timestamp }] = await Promise.all([this.#live.positions(), this.#live.marketClock()]);
    const holdings = positions
      .filter(({ assetClass, quantity, problem }) => assetClass === "us_equity" && quantity.gt(ZERO) && problem === undefined)
      .map(({ symbol, assetId, quantity, costBasis, currentPrice, marketValue }) => {
        return { symbol, assetId, quantity, cost: costBasis, price: currentPrice ?? marketValue.div(quantity) };
      });
    return { kind: "began", at: timestamp, number: live.number, cash: live.cash, liveEquity: live.equity, holdings };
  }

  async #bookSplits(book: Book, prices: ReadonlyMap<string, MarketPrices>): Promise<void> {
    const { timestamp } = await this.#live.marketClock();
    const found = await this.#splits.found(book, prices, timestamp);
    if (found.length === 0) return;
    this.#journal.change(undefined, (now, write) => {
      for (const split of found) if (!now.hasSplit(split.symbol, split.session)) write(split);
    });
  }

  // --- orders --------------------------------------------------------------------------------

  async submit(request: OrderRequest): Promise<SubmitAnswer> {
    wireAmountOf(request);
    let facts: VenueFacts & { readonly copy: EntryOf<"began"> | undefined };
    try {
      facts = await this.#factsFor(request);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { kind: "not-sent", message: `Not filled on paper: ${error.message}`, retryAt: this.#clock.monotonic() + RETRY_MS };
    }
    const answer = this.#journal.change(facts.copy, (book, write) => place(request, facts, book, write));
    if (answer.kind === "accepted") this.#tell([answer.order]);
    return answer;
  }

  async #factsFor({ symbol }: OrderRequest): Promise<VenueFacts & { readonly copy: EntryOf<"began"> | undefined }> {
    const [market, asset, prices, copy] = await Promise.all([
      this.#live.marketClock(),
      this.#live.asset(symbol),
      this.#live.prices([symbol]),
      this.#journal.book() === undefined ? this.#live.account().then((live) => this.#copyOf(live)) : undefined,
    ]);
    return { market, asset, prices: prices.get(symbol), copy, expiresAt: market.isOpen ? market.nextClose : await this.#nextClose(market) };
  }

  /** The venue's clock may not say it while the market is closed. */
  async #nextClose({ timestamp }: MarketClock): Promise<number> {
    const sessions = await this.#live.calendar(marketDate(timestamp), marketDate(timestamp + LONGEST_BREAK_DAYS * DAY_MS));
    const next = sessions.find(({ close }) => close > timestamp);
    if (next === undefined) throw new BrokerError("unreadable", "The calendar names no session in the next days.");
    return next.close;
  }

  cancel(orderId: string): Promise<CancelAnswer> {
    const known = [...(this.#journal.book()?.orders.values() ?? [])].find(({ id }) => id === orderId);
    if (known === undefined) return Promise.resolve({ kind: "not-found", message: "order not found" });
    const { clientOrderId } = known;
    const order = this.#journal.change(undefined, (book, write) => {
      if (isTerminal(book.order(clientOrderId).status)) return undefined;
      write({ kind: "ended", at: this.#clock.now(), clientOrderId, status: "canceled" });
      return book.order(clientOrderId);
    });
    if (order === undefined) return Promise.resolve({ kind: "ended", message: "order is not cancelable" });
    this.#tell([order]);
    return Promise.resolve({ kind: "requested" });
  }

  async openOrders(): Promise<Order[]> {
    return (await this.#orders()).filter(({ status }) => !isTerminal(status));
  }

  async ordersSince(after: number, symbols?: readonly string[]): Promise<Order[]> {
    return (await this.#orders()).filter(
      ({ symbol, submittedAt }) => (submittedAt ?? 0) > after && (symbols === undefined || symbols.includes(symbol)),
    );
  }

  async orderByClientId(clientOrderId: string): Promise<Order | undefined> {
    return (await this.#orders()).find((order) => order.clientOrderId === clientOrderId);
  }

  async orderById(id: string): Promise<Order | undefined> {
    return (await this.#orders()).find((order) => order.id === id);
  }

  async #orders(): Promise<Order[]> {
    await this.#settle();
    return [...(this.#journal.book()?.orders.values() ?? [])];
  }

  /** Fills or ends the orders that rest, as the market stands; not for every question anew. */
  #settle(): Promise<void> {
    if (this.#settling !== undefined) return this.#settling;
    const resting = this.#journal.book()?.openTerms() ?? [];
    if (resting.length === 0 || this.#clock.monotonic() - this.#settledAt < RESTING_CHECK_MS) return Promise.resolve();
    this.#settling = this.#settleAll(resting).finally(() => {
      this.#settling = undefined;
      this.#settledAt = this.#clock.monotonic();
    });
    return this.#settling;
  }

  async #settleAll(resting: readonly EntryOf<"order">[]): Promise<void> {
    const symbols = [...new Set(resting.map(({ symbol }) => symbol))];
    const [market, prices] = await Promise.all([this.#live.marketClock(), this.#live.prices(symbols)]);
    const changed = this.#journal.change(undefined, (book, write) =>
      book.openTerms().flatMap((terms) => {
        const entry = stepOf(terms, market, prices.get(terms.symbol), book);
        if (entry === undefined) return [];
        write(entry);
        return [book.order(terms.clientOrderId)];
      }),
    );
    this.#tell(changed);
  }

  fillsSince(after: number): Promise<Fill[]> {
    return Promise.resolve((this.#journal.book()?.fills ?? []).filter(({ at }) => at > after));
  }

  /** Nothing is paid into the shadow account, whatever is paid into the live one. */
  cashFlowsSince(): Promise<Decimal> {
    return Promise.resolve(ZERO);
  }

  cashBookedSince(): Promise<Decimal> {
    return Promise.resolve(ZERO);
  }

  /** Its value at the closes, whatever the window: nothing is known of the time between. */
  async equityHistory(start: number): Promise<EquityHistoryPoint[]> {
    const book = this.#journal.book();
    if (book === undefined) return [];
    const { entries } = this.#journal;
    const [from, now] = [Math.max(start, book.began.at), this.#clock.now()];
    const held = entries.flatMap((entry) => (entry.kind === "order" ? [entry.symbol] : []));
    const symbols = [...new Set([...book.began.holdings.map(({ symbol }) => symbol), ...held])];
    const [first, last] = [marketDate(from - LONGEST_BREAK_DAYS * DAY_MS), marketDate(now)];
    const [sessions, bars] = await Promise.all([this.#live.calendar(first, last), this.#live.dailyBars(symbols, first, last, "raw")]);
    return dailyEquity(entries, { sessions, bars, from, now });
  }

  // --- the stream ----------------------------------------------------------------------------

  /** Every change happens in this process, so that nothing can be missed. */
  watchOrders(listener: OrderStreamListener): OrderStream {
    this.#listeners.add(listener);
    setImmediate(() => listener.onState("listening", "the shadow account"));
    const isOpen = (): boolean => this.#listeners.has(listener);
    return {
      get state() {
        return isOpen() ? "listening" : "closed";
      },
      close: () => void this.#listeners.delete(listener),
    };
  }

  /** After the answer to the request that caused the change. */
  #tell(orders: readonly Order[]): void {
    setImmediate(() => {
      for (const order of orders) for (const listener of this.#listeners) listener.onUpdate(updateOf(order));
    });
  }

  // --- the live venue ------------------------------------------------------------------------

  asset(symbol: string): Promise<Asset | undefined> {
    return this.#live.asset(symbol);
  }

  marketClock(): Promise<MarketClock> {
    return this.#live.marketClock();
  }

  calendar(start: string, end: string): Promise<Session[]> {
    return this.#live.calendar(start, end);
  }

  prices(symbols: readonly string[]): Promise<Map<string, MarketPrices>> {
    return this.#live.prices(symbols);
  }

  dailyBars(symbols: readonly string[], start: string, end: string, adjustment?: BarAdjustment): Promise<DailyBars> {
    return this.#live.dailyBars(symbols, start, end, adjustment);
  }

  prints(symbol: string, start: number, end: number): Promise<Decimal[]> {
    return this.#live.prints(symbol, start, end);
  }

  announcedSplits(symbols: readonly string[], start: string, end: string): Promise<AnnouncedSplit[]> {
    return this.#live.announcedSplits(symbols, start, end);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#live.close();
    this.#journal.close();
  }
}

function beginningOf(book: Book | undefined): ShadowBeginning | undefined {
  if (book === undefined) return undefined;
  const { began } = book;
  return { at: began.at, equity: new Book(began).equity(new Map()), liveEquity: began.liveEquity };
}
