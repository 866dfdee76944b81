import type { Clock } from "../domain/clock.ts";
import { decimal, sum, type Decimal } from "../domain/decimal.ts";
import { PARTIAL_FILL_PROBABILITY, PARTIAL_FILL_STEPS } from "./matching.ts";
import type { ExecutionModel } from "./order-book.ts";
import type { ExchangeState, PositionRecord } from "./account-state.ts";
import { type AssetRecord, builtInAssets } from "./assets.ts";
import type { GivenPrices } from "./given-prices.ts";
import { newYorkDate, sessionNear } from "./sessions.ts";
import { stampOf } from "./timestamps.ts";

const STARTING_CASH = "100000";
export const ACCOUNT_NUMBER = "SIM000001";
export const SEED = 1;
/** Milliseconds between the answer to a new order and its status `new`, as observed at the real venue. */
const ACKNOWLEDGE_LATENCY_MS = 20;
/** Milliseconds between `new` and the first fill of a marketable order. */
const FILL_LATENCY_MS = 9;
/** Milliseconds between the partial fills of an order. */
const PARTIAL_FILL_INTERVAL_MS = 250;

export interface InitialPosition {
  readonly symbol: string;
  /** Shares. */
  readonly quantity: Decimal;
  readonly averagePrice: Decimal;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Seed of prices, ids and partial fills. Default {@link SEED}. */
  readonly seed?: number;
  /** Dollars. Default {@link STARTING_CASH}. */
  readonly cash?: Decimal;
  readonly positions?: readonly InitialPosition[];
  /** Default `"1"`: buying power is cash. */
  readonly multiplier?: "1" | "2" | "4";
  /** Whether the account starts with short sales allowed; they need a multiplier of 2 or 4. Default false. */
  readonly shorts?: boolean;
  /** The market never closes; for demonstrations. Default: sessions of the New York Stock Exchange. */
  readonly alwaysOpen?: boolean;
  /** Whether market data shows the last trade and quote of the tape, up to a second old. Default: those of the present time. */
  readonly ticking?: boolean;
  /** Default {@link ACKNOWLEDGE_LATENCY_MS}; 0 is possible. */
  readonly ackLatencyMs?: number;
  /** Default {@link FILL_LATENCY_MS}; 0 is possible. */
  readonly fillLatencyMs?: number;
  /** From 0 to 1. Default 0.1. */
  readonly partialFillProbability?: number;
  /** Fills of an order that fills in parts, at least 2. Default 2. */
  readonly partialFillSteps?: number;
  /** Default {@link PARTIAL_FILL_INTERVAL_MS}. */
  readonly partialFillIntervalMs?: number;
  /** Fixed prices for all time, by symbol. */
  readonly prices?: Readonly<Record<string, string>>;
  /** Assets besides the built-in ones, or in place of them. */
  readonly symbols?: readonly AssetRecord[];
  /** Whether a symbol that nobody knows becomes an asset, with a seeded price, when it is first used. Default false. */
  readonly anySymbol?: boolean;
  /** Loaded prices in place of the moving ones. */
  readonly givenPrices?: GivenPrices;
  /** Default {@link ACCOUNT_NUMBER}. */
  readonly accountNumber?: string;
  /** An earlier result of `serialize()`; account, orders, prices and the random sequence continue from it. */
  readonly state?: string;
  /** Called after every change to the result of `serialize()`. */
  readonly onChange?: () => void;
}

export function executionModelOf(options: ExchangeOptions): ExecutionModel {
  const ackLatencyMs = options.ackLatencyMs ?? ACKNOWLEDGE_LATENCY_MS;
  return {
    ackLatencyMs,
    fillLatencyMs: options.fillLatencyMs ?? FILL_LATENCY_MS,
    cancelLatencyMs: ackLatencyMs,
    partialFillProbability: options.partialFillProbability ?? PARTIAL_FILL_PROBABILITY,
    partialFillSteps: options.partialFillSteps ?? PARTIAL_FILL_STEPS,
    partialFillIntervalMs: options.partialFillIntervalMs ?? PARTIAL_FILL_INTERVAL_MS,
  };
}

/**
 * The account on its first day. Its starting positions count as bought in the session before.
 * @param priceAt dollars a share at a time, which values them at that session's close.
 */
export function openingState(
  options: ExchangeOptions,
  assets: Map<string, AssetRecord>,
  priceAt: (symbol: string, at: number) => Decimal | undefined,
): ExchangeState {
  const now = options.clock.now();
  const cash = options.cash ?? decimal(STARTING_CASH);
  const before = sessionNear(now, -1);
  const positions = (options.positions ?? []).map(({ symbol, quantity, averagePrice }): PositionRecord => ({
    symbol,
    quantity,
    cost: quantity.times(averagePrice),
    openedOn: newYorkDate(before.open),
  }));
  const worth = positions.map(({ symbol, quantity, cost }) => priceAt(symbol, before.close)?.times(quantity) ?? cost);
  return {
    accountNumber: options.accountNumber ?? ACCOUNT_NUMBER,
    createdAt: stampOf(now, 0),
    createdAtMs: now,
    cash,
    flags: { status: "ACTIVE", accountBlocked: false, tradingBlocked: false, transfersBlocked: false },
    settings: {
      suspendTrade: false,
      fractionalTrading: true,
      noShorting: options.shorts !== true,
      maxMarginMultiplier: options.multiplier ?? "1",
      disableOvernightTrading: false,
      tradeConfirmEmail: "all",
    },
    positions: new Map(positions.map((position) => [position.symbol, position])),
    orders: new Map(),
    activities: [],
    closings: [{ date: before.date, at: now, equity: cash.plus(sum(worth)) }],
    splits: [],
    announcements: [],
    assets,
    watchlists: new Map(),
    sequence: 1,
  };
}

/** The built-in assets, or those of an earlier run, with the options' own. */
export function openingAssets(
  { symbols = [] }: ExchangeOptions,
  earlier: Map<string, AssetRecord> = builtInAssets(),
): Map<string, AssetRecord> {
  for (const asset of symbols) earlier.set(asset.symbol, { ...asset });
  return earlier;
}
