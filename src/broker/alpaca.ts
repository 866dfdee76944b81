import { marketData, OrdersApi, trading } from "@alpacahq/alpaca-trade-api";
import { WebSocket } from "ws";
import type { Clock } from "../domain/clock.ts";
import type { AlpacaConfig, TradingMode } from "../domain/config.ts";
import { secretsIn, type AlpacaCredentials } from "../domain/credentials.ts";
import { marketDate } from "../domain/market-day.ts";
import type { Decimal } from "../domain/decimal.ts";
import { decimalFromNumber } from "../domain/decimal.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import type {
  Account,
  AccountConfiguration,
  AnnouncedSplit,
  Asset,
  BarAdjustment,
  Broker,
  CancelAnswer,
  EquityHistoryPoint,
  EquityWindow,
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
import { EXIT, TraderError } from "../domain/errors.ts";
import { CASH_TYPES, FLOW_TYPES, sumOfFlows, toCashBooked, toCashFlows } from "./cash-flows.ts";
import type { BarsRange } from "./daily-bars.ts";
import { allBars, BARS_PER_PAGE, barsRange, toBarsPage } from "./daily-bars.ts";
import { normaliseEndpoint } from "../config/endpoints.ts";
import { toEquityHistory } from "./equity-history.ts";
import type { HostGuard } from "./host-guard.ts";
import { KeptConnections } from "./kept-connections.ts";
import { MissingValues } from "./missing-values.ts";
import { createHostGuard } from "./host-guard.ts";
import { toAccount, toAccountConfiguration, toAsset, toMarketClock, toPositions, toSessions } from "./mapping.ts";
import { toFills, toOrder, toOrderOrNothing, toOrders } from "./order-mapping.ts";
import { toAnnouncedSplits } from "./announced-splits.ts";
import { cancelAnswerOf, submitAnswerOf } from "./order-outcome.ts";
import { wireAmountOf, wireTypeOf } from "./order-request.ts";
import { ReconnectingOrderStream } from "./order-stream.ts";
import type { OrderPage } from "./pages.ts";
import { ACTIVITIES_PER_PAGE, allActivities, allOrders, ORDERS_PER_PAGE } from "./pages.ts";
import { toMarketPrices } from "./price-mapping.ts";
import type { Redact } from "./redaction.ts";
import { createRedaction } from "./redaction.ts";
import type { AccountCeiling } from "./request-ceiling.ts";
import type { CreateSocket } from "./stream-connection.ts";
import type { TrafficRecord } from "./transport.ts";
import { VenueCalls } from "./venue-calls.ts";
import { dataNames, isAbsent, venueNames } from "./venue-errors.ts";
import { UnreadableAnswer } from "./wire.ts";

export interface AlpacaBrokerOptions {
  /** For people: `"Alpaca paper"`. */
  readonly name: string;
  readonly mode: TradingMode;
  /** Endpoints may end in `/v2` or a slash. */
  readonly alpaca: AlpacaConfig;
  readonly clock: Clock;
  readonly fetch?: typeof fetch | undefined;
  readonly createSocket?: CreateSocket | undefined;
  /** From 0 to 1, for the jitter of the stream's pauses; without it there is none. */
  readonly random?: (() => number) | undefined;
  readonly onTraffic?: ((record: TrafficRecord) => void) | undefined;
  /** Default 180, below the venue's 200. */
  readonly requestsPerMinute?: number | undefined;
  /** Called once for every long wait on the request budget, with the milliseconds until the next request may leave. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
  /** What the requests of all accounts of this process pass. Default: only the account's own budget counts. */
  readonly ceiling?: AccountCeiling | undefined;
  /** Asked right before an order or a cancel leaves, after all waiting; false: it is not sent. Default: it may always. */
  readonly mayWrite?: (() => boolean) | undefined;
}

/** Maximum symbols per request for snapshots and bars. */
const SYMBOLS_PER_REQUEST = 100;
const MOST_POSITION_READS = 3;
const SPLIT_TYPES = "forward_split,reverse_split,unit_split,stock_dividend";
const ACTIONS_PER_PAGE = 1_000;
const MAX_STREAM_FRAME_BYTES = 1024 * 1024;

/**
 * The Broker port over Alpaca's SDK. Its raw API classes build the requests; this room decides what is sent, when,
 * how often and how long it may take (transport, pacing, retry). Answers are read from the wire, because the SDK's
 * models drop unknown fields.
 * @throws TraderError when an endpoint is malformed, or forbidden in this mode (R27).
 */
export function createAlpacaBroker(options: AlpacaBrokerOptions): Broker {
  return new AlpacaBroker(options);
}

class AlpacaBroker implements Broker {
  readonly name: string;
  readonly #options: AlpacaBrokerOptions;
  readonly #redact: Redact;
  readonly #trading: VenueCalls;
  readonly #data: VenueCalls;
  readonly #streamGuard: HostGuard;
  readonly #orders: OrdersApi;
  readonly #accounts: trading.AccountsApi;
  readonly #configurations: trading.AccountConfigurationsApi;
  readonly #positions: trading.PositionsApi;
  readonly #assets: trading.AssetsApi;
  readonly #clockApi: trading.ClockApi;
  readonly #calendar: trading.CalendarApi;
  readonly #activities: trading.AccountActivitiesApi;
  readonly #history: trading.PortfolioHistoryApi;
  readonly #stocks: marketData.StockApi;
  readonly #actions: marketData.CorporateActionsApi;
  readonly #connections = new KeptConnections();
  readonly #streams = new Set<OrderStream>();
  readonly #missingValues: MissingValues;
  /** Symbols with an unreadable position in the last answer. */
  #oddPositions: readonly string[] = [];

  constructor(options: AlpacaBrokerOptions) {
    const { alpaca, mode, name } = options;
    this.name = name;
    this.#options = options;
    this.#redact = createRedaction(secretsIn(alpaca));
    const shared = {
      clock: options.clock,
      mode,
      names: venueNames(name, mode, alpaca),
      redact: this.#redact,
      fetch: options.fetch ?? this.#connections.send,
      onTraffic: options.onTraffic,
      requestsPerMinute: options.requestsPerMinute,
      onWait: options.onWait,
      mayWrite: options.mayWrite,
      ceiling: options.ceiling,
    };
    const tradingUrl = normaliseEndpoint(alpaca.tradingUrl);
    const dataUrl = normaliseEndpoint(alpaca.dataUrl);
    this.#trading = new VenueCalls({ ...shared, url: tradingUrl });
    this.#data = new VenueCalls({ ...shared, url: dataUrl, names: dataNames(shared.names) });
    this.#missingValues = new MissingValues(options.clock, (symbols) => this.prices(symbols));
    this.#streamGuard = createHostGuard(mode, alpaca.streamUrl);
    this.#streamGuard(alpaca.streamUrl);

    // No timeout, retry or limiter of the SDK: they run on its own timers.
    const access = { ...sdkCredentials(alpaca), timeoutMs: 0 };
    const tradingSettings = new trading.Configuration({ ...access, basePath: tradingUrl, fetchApi: this.#trading.send });
    this.#orders = new OrdersApi(tradingSettings);
    this.#accounts = new trading.AccountsApi(tradingSettings);
    this.#configurations = new trading.AccountConfigurationsApi(tradingSettings);
    this.#positions = new trading.PositionsApi(tradingSettings);
    this.#assets = new trading.AssetsApi(tradingSettings);
    this.#clockApi = new trading.ClockApi(tradingSettings);
    this.#calendar = new trading.CalendarApi(tradingSettings);
    this.#activities = new trading.AccountActivitiesApi(tradingSettings);
    this.#history = new trading.PortfolioHistoryApi(tradingSettings);
    const dataSettings = new marketData.Configuration({ ...access, basePath: dataUrl, fetchApi: this.#data.send });
    this.#stocks = new marketData.StockApi(dataSettings);
    this.#actions = new marketData.CorporateActionsApi(dataSettings);
  }

  account(): Promise<Account> {
    return this.#trading.read("reading the account", () => this.#accounts.getAccountRaw(), toAccount);
  }

  accountConfiguration(): Promise<AccountConfiguration> {
    return this.#trading.read(
      "reading the account's configuration",
      () => this.#configurations.getAccountConfigRaw(),
      toAccountConfiguration,
    );
  }

  /** An unreadable row is accepted only when the next answer has it too; a garbled answer must not hide a position. */
  async positions(): Promise<Position[]> {
    for (let tries = 1; ; tries += 1) {
      const positions = await this.#trading.read("reading the positions", () => this.#positions.getAllOpenPositionsRaw(), toPositions);
      const odd = positions.filter(({ problem }) => problem !== undefined).map(({ symbol }) => symbol);
      const isKnown = odd.every((symbol) => this.#oddPositions.includes(symbol));
      this.#oddPositions = odd;
      if (isKnown || tries === MOST_POSITION_READS) return this.#missingValues.fill(positions);
    }
  }

  async openOrders(): Promise<Order[]> {
    const orders = await this.#listOrders("reading the open orders", "open", undefined, undefined);
    return orders.filter(({ status }) => !isTerminal(status));
  }

  ordersSince(after: number, symbols?: readonly string[]): Promise<Order[]> {
    if (symbols?.length === 0) return Promise.resolve([]);
    return this.#listOrders("listing the orders", "all", after, symbols?.join(","));
  }

  orderByClientId(clientOrderId: string): Promise<Order | undefined> {
    return this.#trading.find(
      "order",
      "looking up an order by its client order id",
      () => this.#orders.getOrderByClientOrderIdRaw({ clientOrderId }),
      (json) => expected(toOrder(json), (order) => order.clientOrderId === clientOrderId),
    );
  }

  orderById(id: string): Promise<Order | undefined> {
    return this.#trading.find(
      "order",
      "looking up an order",
      () => this.#orders.getOrderByOrderIDRaw({ orderId: id }),
      (json) => expected(toOrder(json), (order) => order.id === id),
    );
  }

  asset(symbol: string): Promise<Asset | undefined> {
    return this.#trading.find(
      "asset",
      `looking up ${symbol}`,
      () => this.#assets.getV2AssetsSymbolOrAssetIdRaw({ symbolOrAssetId: symbol }),
      toAsset,
    );
  }

  marketClock(): Promise<MarketClock> {
    return this.#trading.read("reading the market clock", () => this.#clockApi.legacyClockRaw(), toMarketClock);
  }

  async calendar(start: string, end: string): Promise<Session[]> {
    const range = { start: new Date(start), end: new Date(end) };
    const sessions = await this.#trading.read("reading the calendar", () => this.#calendar.legacyCalendarRaw(range), toSessions);
    return sessions.filter(({ date }) => date >= start && date <= end);
  }

  async prices(symbols: readonly string[]): Promise<Map<string, MarketPrices>> {
    const answers = await Promise.all(inChunks(symbols).map((chunk) => withoutRefused(chunk, (rest) => this.#snapshots(rest))));
    return new Map(answers.flatMap((answer) => [...answer]));
  }

  async dailyBars(symbols: readonly string[], start: string, end: string, adjustment: BarAdjustment = "all"): Promise<DailyBars> {
    const range = barsRange(start, end, this.#options.alpaca.dataFeed, this.#options.clock.now());
    const question = { ...range, timeframe: "1Day", adjustment };
    const answers = await Promise.all(inChunks(symbols).map((chunk) => withoutRefused(chunk, (rest) => this.#bars(rest, question))));
    return new Map(answers.flatMap((answer) => [...answer]));
  }

  async prints(symbol: string, start: number, end: number): Promise<Decimal[]> {
    const { feed } = barsRange(marketDate(start), marketDate(end), this.#options.alpaca.dataFeed, this.#options.clock.now());
    const question = { start: new Date(start), end: new Date(end), feed, timeframe: "1Min", adjustment: "raw" };
    const bars = await this.#bars([symbol], question);
    return (bars.get(symbol) ?? []).flatMap(({ open, close }) => [decimalFromNumber(open), decimalFromNumber(close)]);
  }

  async announcedSplits(symbols: readonly string[], start: string, end: string): Promise<AnnouncedSplit[]> {
    const question = { start: new Date(start), end: new Date(end), types: SPLIT_TYPES, limit: ACTIONS_PER_PAGE };
    const answers = await Promise.all(
      inChunks(symbols).map((chunk) =>
        this.#data.read(
          "reading corporate actions",
          () => this.#actions.corporateActionsRaw({ ...question, symbols: chunk.join(",") }),
          toAnnouncedSplits,
        ),
      ),
    );
    return answers.flat().filter(({ session }) => session >= start && session <= end);
  }

  fillsSince(after: number): Promise<Fill[]> {
    const activity = "reading the fills";
    return this.#trading.reading(activity, () =>
      allActivities("fills", (token) =>
        this.#trading.read(
          activity,
          () => this.#activities.getAccountActivitiesByActivityTypeRaw({ activityType: "FILL", ...activityPage(after, token) }),
          toFills,
        ),
      ),
    );
  }

  cashFlowsSince(after: number): Promise<Decimal> {
    return this.#sumSince(after, "deposits and withdrawals", { types: FLOW_TYPES, parse: toCashFlows });
  }

  cashBookedSince(after: number): Promise<Decimal> {
    return this.#sumSince(after, "what was paid in or out", { types: CASH_TYPES, parse: toCashBooked });
  }

  async #sumSince(
    after: number,
    what: string,
    { types, parse }: { readonly types: readonly trading.ActivityType[]; readonly parse: typeof toCashFlows },
  ): Promise<Decimal> {
    const activity = `reading ${what}`;
    const flows = await this.#trading.reading(activity, () =>
      allActivities(what, (token) =>
        this.#trading.read(
          activity,
          () => this.#activities.getAccountActivitiesRaw({ activityTypes: [...types], ...activityPage(after, token) }),
          parse,
        ),
      ),
    );
    return sumOfFlows(flows, after);
  }

  equityHistory(start: number, window: EquityWindow): Promise<EquityHistoryPoint[]> {
    return this.#trading.read(
      "reading the portfolio history",
      () => this.#history.getAccountPortfolioHistoryRaw({ start: new Date(start), timeframe: window, cashflowTypes: "ALL" }),
      toEquityHistory,
    );
  }

  async submit(request: OrderRequest): Promise<SubmitAnswer> {
    const amount = wireAmountOf(request);
    const { clientOrderId, symbol, side } = request;
    const intent = request.closesOnly === true ? { positionIntent: "sell_to_close" as const } : {};
    const answer = await this.#trading.write("order", () =>
      this.#orders.postOrderRaw({
        postOrderRequest: { clientOrderId, symbol, side, ...wireTypeOf(request), timeInForce: "day", ...intent, ...amount },
      }),
    );
    if (answer.kind === "held-back") return { kind: "not-sent", message: `Not sent: ${answer.message}.`, retryAt: answer.retryAt };
    return submitAnswerOf(answer, request, toOrderOrNothing, this.#trading.opensAt());
  }

  async cancel(orderId: string): Promise<CancelAnswer> {
    const answer = await this.#trading.write("cancel", () => this.#orders.deleteOrderByOrderIDRaw({ orderId }));
    if (answer.kind === "held-back") return { kind: "unknown", message: `Not sent: ${answer.message}.` };
    return cancelAnswerOf(answer, isAbsent(answer, "order"));
  }

  /** @throws TraderError in shadow mode, which has no orders at the venue and writes to no socket. */
  watchOrders(listener: OrderStreamListener): OrderStream {
    const { clock, alpaca, random, mode } = this.#options;
    if (mode === "shadow")
      throw new TraderError("Shadow mode opens no order stream, because a stream is written to.", {
        code: "shadow-write",
        hint: "This is a bug; nothing was sent.",
        exitCode: EXIT.refused,
      });
    const stream = new ReconnectingOrderStream({
      clock,
      url: alpaca.streamUrl,
      credentials: alpaca,
      createSocket: (url) => this.#createSocket(url),
      redact: this.#redact,
      random: random ?? (() => 0.5),
      listener,
    });
    this.#streams.add(stream);
    return stream;
  }

  close(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
    this.#trading.close();
    this.#data.close();
    this.#connections.close();
    return Promise.resolve();
  }

  #createSocket(url: string): ReturnType<CreateSocket> {
    this.#streamGuard(url);
    const create = this.#options.createSocket;
    return create === undefined ? new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_STREAM_FRAME_BYTES }) : create(url);
  }

  #listOrders(activity: string, status: "open" | "all", since: number | undefined, symbols: string | undefined): Promise<Order[]> {
    const page = (after: number | undefined): Promise<OrderPage> =>
      this.#trading.read(
        activity,
        () =>
          this.#orders.getAllOrdersRaw({
            status,
            limit: ORDERS_PER_PAGE,
            direction: "asc",
            nested: false,
            ...(after === undefined ? {} : { after: new Date(after).toISOString() }),
            ...(symbols === undefined ? {} : { symbols }),
          }),
        (json) => ({ entries: Array.isArray(json) ? json.length : 0, orders: toOrders(json) }),
      );
    return this.#trading.reading(activity, () => allOrders(page, since));
  }

  #bars(symbols: readonly string[], range: BarsRange & { readonly timeframe: string; readonly adjustment: string }): Promise<DailyBars> {
    const activity = `reading ${range.timeframe === "1Day" ? "daily" : "minute"} bars`;
    const question = { symbols: symbols.join(","), limit: BARS_PER_PAGE, sort: marketData.Sort.Asc };
    return this.#data.reading(activity, () =>
      allBars(symbols, (token) =>
        this.#data.read(
          activity,
          () =>
            this.#stocks.stockBarsRaw({
              ...question,
              ...range,
              ...(token === undefined ? {} : { pageToken: token }),
            }),
          toBarsPage,
        ),
      ),
    );
  }

  #snapshots(symbols: readonly string[]): Promise<Map<string, MarketPrices>> {
    const feed = this.#options.alpaca.dataFeed;
    return this.#data.read(
      "reading market prices",
      () =>
        this.#stocks.stockSnapshotsRaw({
          symbols: symbols.join(","),
          ...(feed === undefined ? {} : { feed: feed as marketData.StockLatestFeed }),
        }),
      (json) => toMarketPrices(json, this.#options.clock.now()),
    );
  }
}

/** A token leaves as `Authorization: Bearer …`, without the headers of keys. */
function sdkCredentials(alpaca: AlpacaCredentials): trading.ConfigurationParameters {
  return alpaca.oauthToken === undefined ? { keyId: alpaca.keyId, secret: alpaca.secret } : { accessToken: alpaca.oauthToken };
}

function inChunks(symbols: readonly string[]): string[][] {
  const wanted = [...new Set(symbols)];
  return Array.from({ length: Math.ceil(wanted.length / SYMBOLS_PER_REQUEST) }, (_, index) =>
    wanted.slice(index * SYMBOLS_PER_REQUEST, (index + 1) * SYMBOLS_PER_REQUEST),
  );
}

/**
 * Market data refuses a whole batch for one unknown symbol, and names it: the others are requested again.
 * @throws BrokerError when the refusal names none of them.
 */
async function withoutRefused<Answer>(
  symbols: readonly string[],
  ask: (symbols: readonly string[]) => Promise<ReadonlyMap<string, Answer>>,
): Promise<ReadonlyMap<string, Answer>> {
  if (symbols.length === 0) return new Map();
  try {
    return await ask(symbols);
  } catch (error) {
    if (!(error instanceof BrokerError) || error.status !== 400) throw error;
    const named = new Set(/invalid symbol(?:\(s\)|s)?:? *(.*)/i.exec(error.message)?.[1]?.split(/[^A-Z0-9./-]+/i));
    const rest = symbols.filter((symbol) => !named.has(symbol));
    if (rest.length === symbols.length) throw error;
    return withoutRefused(rest, ask);
  }
}

function activityPage(after: number, token: string | undefined): { after: Date; direction: "asc"; pageSize: number; pageToken?: string } {
  const page = { after: new Date(after), direction: "asc", pageSize: ACTIVITIES_PER_PAGE } as const;
  return token === undefined ? page : { ...page, pageToken: token };
}

/** An answer about something else does not answer the request. */
function expected<Thing>(thing: Thing, isRight: (thing: Thing) => boolean): Thing {
  if (!isRight(thing)) throw new UnreadableAnswer("it is about something else than requested");
  return thing;
}
