import type { Decimal } from "./decimal.ts";
import type { DailyBars } from "./daily-bar.ts";

/**
 * The Broker port: all that the trading path asks of a venue. Every amount is an exact decimal,
 * every instant is in milliseconds since the epoch. Reads either give the venue's answer or throw a
 * {@link BrokerError}; a failed read never looks like an empty answer.
 */
export interface Broker {
  /** Where this broker lives, for people: `"Alpaca paper"`, `"simulator"`. */
  readonly name: string;
  account(): Promise<Account>;
  /** The switches of the account that its owner can change. */
  accountConfiguration(): Promise<AccountConfiguration>;
  positions(): Promise<Position[]>;
  /** Every order that is not terminal, ours and foreign. */
  openOrders(): Promise<Order[]>;
  /** All orders, whatever their status, submitted after `after`; optionally of some symbols only. */
  ordersSince(after: number, symbols?: readonly string[]): Promise<Order[]>;
  /** `undefined` only when the venue says that it knows no such order; that alone does not prove absence (R19). */
  orderByClientId(clientOrderId: string): Promise<Order | undefined>;
  /** `undefined` only when the venue says that it knows no such order. */
  orderById(id: string): Promise<Order | undefined>;
  /** `undefined` when the venue knows no such symbol. */
  asset(symbol: string): Promise<Asset | undefined>;
  marketClock(): Promise<MarketClock>;
  /** Sessions from `start` to `end`, both New York dates `YYYY-MM-DD`, inclusive. */
  calendar(start: string, end: string): Promise<Session[]>;
  /** What is known of each symbol's price right now. A symbol without data is missing from the map. */
  prices(symbols: readonly string[]): Promise<Map<string, MarketPrices>>;
  /**
   * Daily bars of the sessions from `start` to `end`, both New York dates `YYYY-MM-DD`, inclusive, adjusted for splits
   * and dividends unless said otherwise; the last one may be of a session that is still running. A symbol without bars is
   * missing from the map.
   */
  dailyBars(symbols: readonly string[], start: string, end: string, adjustment?: BarAdjustment): Promise<DailyBars>;
  /** Opens and closes of the minute bars from `start` to `end` (instants), in order of time. */
  prints(symbol: string, start: number, end: number): Promise<Decimal[]>;
  /** Splits with an ex-date from `start` to `end`, New York dates, inclusive. Not every account or venue has them. */
  announcedSplits(symbols: readonly string[], start: string, end: string): Promise<AnnouncedSplit[]>;
  /** Fills from the account's activities after `after`. */
  fillsSince(after: number): Promise<Fill[]>;
  /** Deposits, withdrawals and journals booked after `after`, summed, in dollars; negative for a net withdrawal. */
  cashFlowsSince(after: number): Promise<Decimal>;
  /** Dollars booked after `after` besides trades, summed: paid in or out, fees, interest and dividends; negative when more was taken. */
  cashBookedSince(after: number): Promise<Decimal>;
  /** What the account was worth from `start` on, by windows of that length, and what was paid in or out in each. */
  equityHistory(start: number, window: EquityWindow): Promise<EquityHistoryPoint[]>;
  /** Sends one order, once. Never throws for what the venue or the network does: see {@link SubmitAnswer}. */
  submit(request: OrderRequest): Promise<SubmitAnswer>;
  /** Asks for a cancel, which is only a request: the order's own status tells its end. */
  cancel(orderId: string): Promise<CancelAnswer>;
  /** Follows the trade-updates stream. A hint that something changed; polling stays the truth. */
  watchOrders(listener: OrderStreamListener): OrderStream;
  /** Lets go of connections and timers. */
  close(): Promise<void>;
}

export type BarAdjustment = "raw" | "split" | "all";

export interface AnnouncedSplit {
  readonly symbol: string;
  /** New York date of the first session at the new price. */
  readonly session: string;
}

export interface Account {
  readonly id: string;
  /** The number that a person sees, for example `PA3XXXX`. */
  readonly number: string;
  /** `ACTIVE` when trading is possible. */
  readonly status: string;
  readonly equity: Decimal;
  /** Equity at the previous session's close; the present one where that is not known. */
  readonly lastEquity: Decimal;
  /** False: the venue does not say it, or not in a form that can be read. */
  readonly lastEquityKnown?: boolean;
  /** New York date of that close, `YYYY-MM-DD`, when the venue says it. */
  readonly balanceAsOf?: string | undefined;
  /** May be negative (margin debit). */
  readonly cash: Decimal;
  readonly buyingPower: Decimal;
  readonly multiplier: string;
  /** Why no order may be sent (`trading_blocked`, …); empty when none applies. */
  readonly blocks: readonly string[];
}

/** `undefined`: the venue does not say, or not in a form that can be read. */
export interface AccountConfiguration {
  /** False: orders for fractions of shares and for dollars are refused. */
  readonly fractionalTrading: boolean | undefined;
  readonly noShorting: boolean | undefined;
  /** True: every new order is refused. */
  readonly suspendTrade: boolean | undefined;
  /** True: assets with the attribute `ptp_no_exception` may be bought. */
  readonly ptpNoExceptionEntry: boolean | undefined;
}

export interface Position {
  readonly symbol: string;
  readonly assetId: string;
  /** `us_equity`, `crypto`, `us_option`, … */
  readonly assetClass: string;
  readonly side: "long" | "short";
  /** Negative for a short position. */
  readonly quantity: Decimal;
  /** Quantity not held by open orders; equals `quantity` when the venue does not say. */
  readonly available: Decimal;
  readonly marketValue: Decimal;
  readonly currentPrice: Decimal | undefined;
  /** Close of the previous session. */
  readonly lastdayPrice: Decimal | undefined;
  readonly averageEntryPrice: Decimal | undefined;
  /** Zero when the venue does not say it. */
  readonly costBasis: Decimal;
  readonly unrealizedProfit: Decimal | undefined;
  /** Which field of the row cannot be read, and why; what is not known is then zero. Such a position counts as protected (R34). */
  readonly problem?: string;
}

export interface Asset {
  readonly id: string;
  readonly symbol: string;
  readonly name: string;
  readonly assetClass: string;
  readonly exchange: string;
  readonly active: boolean;
  readonly tradable: boolean;
  readonly fractionable: boolean;
  /** The answer did not say, or not readably, whether it is {@link fractionable}: it counts as not, until an answer says. */
  readonly fractionableUnread?: boolean;
  readonly attributes: readonly string[];
}

export interface MarketClock {
  readonly timestamp: number;
  readonly isOpen: boolean;
  /** While the market is open, the venue may not say it; it is then the close. */
  readonly nextOpen: number;
  /** While the market is closed, the venue may not say it; it is then the next open. */
  readonly nextClose: number;
}

/** One trading session in New York wall-clock terms. */
export interface Session {
  readonly date: string;
  readonly open: number;
  readonly close: number;
}

/** One observed price and its time. */
export interface PriceAt {
  readonly price: Decimal;
  readonly at: number;
}

export interface Quote {
  readonly bid: Decimal;
  readonly ask: Decimal;
  readonly at: number;
}

export interface MarketPrices {
  readonly trade: PriceAt | undefined;
  /** As the venue gave it; may be one-sided (a zero) or absurdly wide. */
  readonly quote: Quote | undefined;
  readonly minuteBar: PriceAt | undefined;
  /** Raw close of the previous session. */
  readonly previousClose: PriceAt | undefined;
  /** Shares traded on the busier one of the newest two days, as far as the feed sees them. */
  readonly dayVolume?: Decimal | undefined;
}

const TERMINAL_STATUSES = ["filled", "canceled", "expired", "rejected", "replaced", "done_for_day", "calculated"] as const;

/** Whether an order in this status can still change its filled quantity. Unknown statuses count as open. */
export function isTerminal(status: string): boolean {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}

export type Side = "buy" | "sell";

export interface Order {
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: string;
  /** Alpaca's status word; {@link isTerminal} tells whether it is an end. */
  readonly status: string;
  readonly quantity: Decimal | undefined;
  readonly notional: Decimal | undefined;
  readonly limitPrice: Decimal | undefined;
  /** Cumulative. */
  readonly filledQuantity: Decimal;
  readonly filledAveragePrice: Decimal | undefined;
  readonly createdAt: number;
  readonly submittedAt: number | undefined;
  readonly filledAt: number | undefined;
  readonly updatedAt: number | undefined;
  readonly replacedBy: string | undefined;
  /** Shares that one unit of an option order stands for. */
  readonly contractSize?: Decimal;
  /** Which field of the row cannot be read, and why. Such an order counts as foreign (R34). */
  readonly problem?: string;
}

/** An order good for the day; exactly one of `quantity` and `notional`. */
export interface OrderRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** Shares, at most 9 decimals, already rounded the safe way. */
  readonly quantity?: Decimal;
  /** Dollars, at most 2 decimals, already rounded the safe way. */
  readonly notional?: Decimal;
  /** Makes it a limit order, which takes a quantity; dollars a share, on a tick. Without it, it is a market order. */
  readonly limitPrice?: Decimal;
  /** A sell that may only close a position (`sell_to_close`). */
  readonly closesOnly?: boolean;
}

/** Why an order was refused, told from the message and not from the code alone (R20). */
export type RefusalReason =
  | "insufficient-buying-power"
  | "insufficient-quantity"
  | "wash-trade"
  | "below-minimum"
  | "not-fractionable"
  | "not-tradable"
  | "trading-halt"
  | "unknown-asset"
  | "cannot-short"
  | "account-restricted"
  | "trade-suspended"
  | "keys-refused"
  | "other";

/** What each refusal means, for people. */
export const REFUSAL_MEANINGS: Record<RefusalReason, string> = {
  "insufficient-buying-power": "There is not enough buying power yet; the buy is tried again, sized by what the refusal says.",
  "insufficient-quantity": "Fewer shares are held, or free of open orders, than the sell needs.",
  "wash-trade": "An order of the opposite side is open for the symbol.",
  "below-minimum": "The order is worth less than the venue's smallest one.",
  "not-fractionable": "Fractions of the symbol cannot be traded.",
  "not-tradable": "The symbol cannot be traded.",
  "trading-halt": "Trading in the symbol is paused; the order is tried again.",
  "unknown-asset": "The venue does not know the symbol.",
  "cannot-short": "The sell would have opened a short position.",
  "account-restricted": "The account may not trade, or may only close positions.",
  "trade-suspended": "The account's own switch `suspend_trade` is on: every order is refused until its owner switches it off.",
  "keys-refused": "The API keys or the OAuth token are not valid any more, or may read and not trade.",
  other: "Anything else; the venue's own words are in the log and in `explain`.",
};

/** The four things that can come of a POST (R18). */
export type SubmitAnswer =
  | { readonly kind: "accepted"; readonly order: Order }
  | {
      readonly kind: "refused";
      readonly reason: RefusalReason;
      readonly status: number;
      readonly code: number | undefined;
      readonly message: string;
      readonly requestId: string | undefined;
      /** What the venue says that there is for buys, and what it counts this order at; dollars. */
      readonly buyingPower?: Decimal | undefined;
      readonly costBasis?: Decimal | undefined;
      /** Shares that the venue says may be sold. */
      readonly available?: Decimal | undefined;
    }
  /** Proven not to have reached the order book; the same id may be sent again at `retryAt` (monotonic clock). */
  | { readonly kind: "not-sent"; readonly message: string; readonly retryAt: number }
  /** The client order id is taken: an order with it exists and is to be adopted. */
  | { readonly kind: "exists"; readonly message: string }
  /** The venue may or may not hold the order. */
  | { readonly kind: "unknown"; readonly message: string };

export type CancelAnswer =
  /** Taken (which is not yet done). */
  | { readonly kind: "requested" }
  /** Too late: the order has ended already. */
  | { readonly kind: "ended"; readonly message: string }
  | { readonly kind: "not-found"; readonly message: string }
  | { readonly kind: "unknown"; readonly message: string };

export interface Fill {
  readonly id: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** Of this execution alone, not cumulative. */
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly at: number;
}

/** Windows within days reach back at most 30 days. */
export type EquityWindow = "5Min" | "15Min" | "1H" | "1D";

/** The worth of the account at the end of a window; the first point is what the first window is measured against. */
export interface EquityHistoryPoint {
  /** As the venue stamps the window: for a day that is not over it is in the future. */
  readonly at: number;
  readonly equity: Decimal;
  /** Deposits and journals less withdrawals within the window, contained in `equity`. */
  readonly flow: Decimal;
}

/** One message of the trade-updates stream. */
export interface OrderUpdate {
  readonly event: string;
  readonly order: Order;
  /** Set for fills; the key to recognise a duplicate by. */
  readonly executionId: string | undefined;
  readonly price: Decimal | undefined;
  readonly quantity: Decimal | undefined;
  readonly at: number;
}

export type StreamState = "connecting" | "listening" | "lost" | "closed";

export interface OrderStreamListener {
  onUpdate(update: OrderUpdate): void;
  /** On every `listening` whatever was missed must be read over REST: nothing is replayed. */
  onState(state: StreamState, detail: string): void;
  /** Something came that could not be understood; the stream goes on. For logs. */
  onProblem?(detail: string): void;
}

export interface OrderStream {
  readonly state: StreamState;
  close(): void;
}

export type BrokerFailure =
  /** No usable answer: network, time-out, 5xx, rate limit. */
  | "unreachable"
  /** 401 and 403 without a code: wrong keys or wrong environment. */
  | "unauthorized"
  /** The venue answered, but not in a form that can be understood. */
  | "unreadable"
  /** A 4xx with a code. */
  | "refused";

/** A read that gave no answer to rely on. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly failure: BrokerFailure;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(
    failure: BrokerFailure,
    message: string,
    options: { hint?: string | undefined; status?: number | undefined; requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.hint = options.hint;
    this.status = options.status;
    this.requestId = options.requestId;
  }
}
