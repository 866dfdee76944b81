import type { Account, Asset, MarketClock, MarketPrices, Order, OrderRequest, Position, Session, SubmitAnswer } from "../domain/broker.ts";
import { BrokerError, isTerminal } from "../domain/broker.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import type { Decimal } from "../domain/decimal.ts";
import { max, SHARE_DECIMALS, sum, truncate, ZERO } from "../domain/decimal.ts";
import type { CarriedState } from "../execution/rebalancer.ts";
import type { Ask, BrokerCall } from "./tape.ts";

/** The assumption in one sentence, for people. */
export const ASSUMPTION =
  "every order is filled at once and in full, a buy at the last recorded ask and a sell at the last recorded bid (without a quote, at the last price); prices stay as they were recorded last";

/** What of a later answer may stand for an earlier one: no order of ours changes it, or it is the first. */
const OF_THE_BEGINNING: ReadonlySet<BrokerCall> = new Set([
  "account",
  "accountConfiguration",
  "positions",
  "openOrders",
  "asset",
  "marketClock",
  "calendar",
  "prices",
  "dailyBars",
] satisfies BrokerCall[]);

interface Instants {
  readonly monotonic: number;
  readonly now: number;
}

interface Dated<Value> {
  readonly value: Value;
  readonly monotonic: number;
}

type Request = Extract<Ask, { kind: "request" }>;
/** Order id → how many shares of it were filled when something was read. */
type Filled = ReadonlyMap<string, Decimal>;

/** A venue that goes on where a recording ends, from what the recording has shown until then. See {@link ASSUMPTION}. */
export class AssumedVenue {
  readonly #orders = new Map<string, Order>();
  readonly #prices = new Map<string, Dated<MarketPrices>>();
  readonly #assets = new Map<string, Asset | undefined>();
  readonly #sent: () => readonly OrderRequest[];
  readonly #refused = new Set<string>();
  #account: { readonly value: Account; readonly filled: Filled } | undefined;
  #positions: { readonly value: readonly Position[]; readonly filled: Filled } = { value: [], filled: new Map() };
  #external: readonly Order[] = [];
  #configuration: unknown;
  #clock: Dated<MarketClock> | undefined;
  #sessions: readonly Session[] = [];
  /** By adjustment. */
  readonly #bars = new Map<unknown, DailyBars>();
  #isOpen = false;

  /** @param sent the orders that the engine has sent so far. */
  constructor(sent: () => readonly OrderRequest[]) {
    this.#sent = sent;
  }

  /**
   * Before anything else: what the whole recording shows of the beginning. With other settings the engine may ask earlier, or
   * for other symbols.
   */
  begin(
    answers: readonly { readonly request: Request | undefined; readonly value: unknown; readonly monotonic: number }[],
    carried: CarriedState,
  ): void {
    for (const { request, value, monotonic } of answers.toReversed())
      if (request !== undefined && OF_THE_BEGINNING.has(request.call)) this.saw(request, value, monotonic);
    const { assets, market, warm } = carried;
    for (const [symbol, { asset }] of assets.known) this.#assets.set(symbol, asset);
    this.#configuration = assets.configuration.known ?? this.#configuration;
    if (market !== undefined) this.#clock = { value: market.clock, monotonic: market.readAt.monotonic };
    if (warm.kept === undefined) return;
    const { snapshot, readAt } = warm.kept;
    this.#account = { value: snapshot.account, filled: new Map() };
    this.#positions = { value: snapshot.positions, filled: new Map() };
    this.#external = snapshot.openOrders;
    for (const [symbol, prices] of snapshot.prices) this.#prices.set(symbol, { value: prices, monotonic: readAt.monotonic });
    for (const [symbol, asset] of snapshot.assets) this.#assets.set(symbol, asset);
  }

  // --- what the recording shows ------------------------------------------------------------

  /** An answer of the venue. @param monotonic when it came. */
  saw(request: Request | undefined, value: unknown, monotonic: number): void {
    switch (request?.call) {
      case "account":
        this.#account = { value: value as Account, filled: this.#filled() };
        return;
      case "positions":
        this.#positions = { value: value as readonly Position[], filled: this.#filled() };
        return;
      case "accountConfiguration":
        this.#configuration = value;
        return;
      case "openOrders":
        this.#external = (value as readonly Order[]).filter((order) => !this.#isOurs(order));
        return;
      case "ordersSince":
        for (const order of value as readonly Order[]) if (this.#isOurs(order)) this.sawOrder(order);
        return;
      case "orderById":
      case "orderByClientId":
        if (value !== undefined) this.sawOrder(value as Order);
        return;
      case "asset":
        this.#assets.set(request.args[0] as string, value as Asset | undefined);
        return;
      case "marketClock":
        this.#clock = { value: value as MarketClock, monotonic };
        return;
      case "calendar":
        this.#sessions = value as readonly Session[];
        return;
      case "prices":
        for (const [symbol, prices] of value as ReadonlyMap<string, MarketPrices>) this.#prices.set(symbol, { value: prices, monotonic });
        return;
      case "dailyBars":
        this.#bars.set(request.args[3], new Map([...(this.#bars.get(request.args[3]) ?? []), ...(value as DailyBars)]));
        return;
      case "submit":
        this.#submitted(request.args[0] as OrderRequest, value as SubmitAnswer);
        return;
      default:
        return;
    }
  }

  sawOrder(order: Order): void {
    const known = this.#orders.get(order.id);
    if (known === undefined || order.filledQuantity.gte(known.filledQuantity)) this.#orders.set(order.id, order);
  }

  #isOurs({ clientOrderId }: Pick<Order, "clientOrderId">): boolean {
    return this.#sent().some((request) => request.clientOrderId === clientOrderId);
  }

  #submitted({ clientOrderId }: OrderRequest, answer: SubmitAnswer): void {
    if (answer.kind === "accepted") this.sawOrder(answer.order);
    else if (answer.kind === "refused" || answer.kind === "not-sent") this.#refused.add(clientOrderId);
  }

  #filled(): Filled {
    return new Map([...this.#orders.values()].map(({ id, filledQuantity }) => [id, filledQuantity]));
  }

  // --- what it answers ---------------------------------------------------------------------

  /** @throws BrokerError for what nothing can be assumed of. */
  answer(call: BrokerCall, args: readonly unknown[], at: Instants): unknown {
    this.#open(at);
    const [first, second] = args;
    switch (call) {
      case "account":
        return this.#accountNow();
      case "accountConfiguration":
        return this.#configuration ?? unknown("the account's configuration");
      case "positions":
        return this.#positionsNow();
      case "openOrders":
        return [...this.#external, ...[...this.#orders.values()].filter(({ status }) => !isTerminal(status))];
      case "ordersSince": {
        const symbols = second as readonly string[] | undefined;
        return [...this.#orders.values()].filter(
          (order) => order.createdAt > (first as number) && symbols?.includes(order.symbol) !== false,
        );
      }
      case "orderById":
        return this.#orders.get(first as string);
      case "orderByClientId":
        return [...this.#orders.values()].find(({ clientOrderId }) => clientOrderId === first);
      case "asset":
        return this.#assets.has(first as string) ? this.#assets.get(first as string) : unknown(`whether ${String(first)} can be traded`);
      case "marketClock":
        return this.#clockAt(at);
      case "calendar":
        return this.#sessions.filter(({ date }) => date >= String(first) && date <= String(second));
      case "prices":
        return this.#pricesOf(first as readonly string[], at);
      case "dailyBars":
        return new Map([...(this.#bars.get(args[3]) ?? [])].filter(([symbol]) => (first as readonly string[]).includes(symbol)));
      case "submit":
        return { kind: "accepted", order: this.#take(first as OrderRequest, at) } satisfies SubmitAnswer;
      case "cancel":
        return this.#cancel(first as string, at);
      case "cashFlowsSince":
      case "cashBookedSince":
        return ZERO;
      case "prints":
      case "announcedSplits":
      case "fillsSince":
      case "equityHistory":
        return [];
    }
  }

  /** Orders that were on their way when the recording ended have arrived, and are filled. */
  #open(at: Instants): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const order of [...this.#orders.values()]) if (!isTerminal(order.status) && this.#isOurs(order)) this.#fill(order, at);
    for (const request of this.#sent()) if (!this.#refused.has(request.clientOrderId)) this.#take(request, at);
  }

  /** The venue takes an id once. */
  #take({ clientOrderId, symbol, side, quantity, notional, limitPrice }: OrderRequest, { now }: Instants): Order {
    const known = [...this.#orders.values()].find((order) => order.clientOrderId === clientOrderId);
    if (known !== undefined) return known;
    const times = { createdAt: now, submittedAt: now, filledAt: undefined, updatedAt: now };
    const order: Order = {
      ...{ id: `assumed-${String(this.#orders.size + 1)}`, clientOrderId, symbol, side, status: "new", replacedBy: undefined },
      ...{ type: limitPrice === undefined ? "market" : "limit", quantity, notional, limitPrice, ...times },
      ...{ filledQuantity: ZERO, filledAveragePrice: undefined },
    };
    this.#orders.set(order.id, order);
    this.#fill(order, { now, monotonic: 0 });
    return order;
  }

  /** Without any price it stays open. */
  #fill(order: Order, { now }: Instants): void {
    const price = this.#priceOf(order.symbol, order.side);
    if (price === undefined) return;
    const quantity = order.quantity ?? truncate((order.notional ?? ZERO).div(price), SHARE_DECIMALS);
    const rest = quantity.minus(order.filledQuantity);
    const worth = (order.filledAveragePrice ?? ZERO).times(order.filledQuantity).plus(max(ZERO, rest).times(price));
    const average = quantity.eq(ZERO) ? price : worth.div(quantity);
    this.#orders.set(order.id, {
      ...order,
      status: "filled",
      filledQuantity: quantity,
      filledAveragePrice: average,
      filledAt: now,
      updatedAt: now,
    });
  }

  #cancel(id: string, { now }: Instants): unknown {
    const order = this.#orders.get(id);
    if (order === undefined) return { kind: "not-found", message: "The recording shows no such order." };
    if (isTerminal(order.status)) return { kind: "ended", message: "It is assumed to be filled." };
    this.#orders.set(id, { ...order, status: "canceled", updatedAt: now });
    return { kind: "requested" };
  }

  #accountNow(): Account {
    if (this.#account === undefined) return unknown("the account");
    const { value: account, filled } = this.#account;
    const moved = sum(this.#movesSince(filled).map(({ shares, price }) => shares.times(price).neg()));
    const cash = account.cash.plus(moved);
    const equity = cash.plus(sum(this.#positionsNow().map(({ marketValue }) => marketValue)));
    return { ...account, cash, equity: moved.eq(ZERO) ? account.equity : equity, buyingPower: max(ZERO, account.buyingPower.plus(moved)) };
  }

  #positionsNow(): Position[] {
    const { value, filled } = this.#positions;
    const moves = this.#movesSince(filled);
    const held = new Map(value.map((position) => [position.symbol, position]));
    for (const { symbol, shares, price } of moves) held.set(symbol, changed(held.get(symbol) ?? this.#nothingOf(symbol), shares, price));
    return [...held.values()].filter(({ quantity }) => !quantity.eq(ZERO));
  }

  #nothingOf(symbol: string): Position {
    const asset = this.#assets.get(symbol);
    const prices = { currentPrice: undefined, lastdayPrice: undefined, averageEntryPrice: undefined, unrealizedProfit: undefined };
    const shares = { quantity: ZERO, available: ZERO, marketValue: ZERO, costBasis: ZERO };
    return { symbol, assetId: asset?.id ?? "", assetClass: asset?.assetClass ?? "us_equity", side: "long", ...shares, ...prices };
  }

  /** What our orders have filled since a reading; shares are negative for a sell. */
  #movesSince(filled: Filled): { readonly symbol: string; readonly shares: Decimal; readonly price: Decimal }[] {
    return [...this.#orders.values()].flatMap(({ id, symbol, side, filledQuantity, filledAveragePrice }) => {
      const more = filledQuantity.minus(filled.get(id) ?? ZERO);
      if (more.lte(ZERO) || filledAveragePrice === undefined) return [];
      return [{ symbol, shares: side === "buy" ? more : more.neg(), price: filledAveragePrice }];
    });
  }

  #priceOf(symbol: string, side: Order["side"]): Decimal | undefined {
    const { quote, trade, minuteBar, previousClose } = this.#prices.get(symbol)?.value ?? {};
    const quoted = side === "buy" ? quote?.ask : quote?.bid;
    const held = this.#positions.value.find((position) => position.symbol === symbol)?.currentPrice;
    return [quoted, trade?.price, minuteBar?.price, held, previousClose?.price].find((price) => price?.gt(ZERO) === true);
  }

  #clockAt({ monotonic }: Instants): MarketClock {
    if (this.#clock === undefined) return unknown("the venue's clock");
    const { value, monotonic: readAt } = this.#clock;
    const timestamp = value.timestamp + (monotonic - readAt);
    return { ...value, timestamp, isOpen: value.isOpen && timestamp < value.nextClose };
  }

  /** As old as they were when they were read. */
  #pricesOf(symbols: readonly string[], { monotonic }: Instants): Map<string, MarketPrices> {
    return new Map(
      symbols.flatMap((symbol) => {
        const known = this.#prices.get(symbol);
        return known === undefined ? [] : [[symbol, later(known.value, monotonic - known.monotonic)] as const];
      }),
    );
  }
}

function changed(position: Position, shares: Decimal, price: Decimal): Position {
  const quantity = position.quantity.plus(shares);
  const each = position.currentPrice ?? price;
  return { ...position, quantity, available: quantity, marketValue: quantity.times(each), currentPrice: each, unrealizedProfit: undefined };
}

function later(prices: MarketPrices, byMs: number): MarketPrices {
  const moved = <Seen extends { readonly at: number }>(seen: Seen | undefined): Seen | undefined => seen && { ...seen, at: seen.at + byMs };
  return { ...prices, trade: moved(prices.trade), quote: moved(prices.quote), minuteBar: moved(prices.minuteBar) };
}

function unknown(what: string): never {
  throw new BrokerError("unreachable", `The recording does not show ${what}.`);
}
