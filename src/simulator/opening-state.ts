import { type Decimal, decimal, sum } from "../domain/decimal.ts";
import type { ExchangeState, PositionRecord } from "./account-state.ts";
import { builtInAssets } from "./assets.ts";
import { ACCOUNT_NUMBER, type ExchangeOptions, STARTING_CASH } from "./exchange-options.ts";
import { newYorkDate, sessionNear } from "./sessions.ts";
import { stampOf } from "./timestamps.ts";

/**
 * The account on its first day. Its starting positions count as bought in the session before.
 * @param priceAt dollars a share at a time, which values them at that session's close.
 */
export function openingState(options: ExchangeOptions, priceAt: (symbol: string, at: number) => Decimal | undefined): ExchangeState {
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
      noShorting: true,
      maxMarginMultiplier: options.multiplier ?? "1",
      disableOvernightTrading: false,
      tradeConfirmEmail: "all",
    },
    positions: new Map(positions.map((position) => [position.symbol, position])),
    orders: new Map(),
    activities: [],
    closings: [{ date: before.date, at: now, equity: cash.plus(sum(worth)) }],
    splits: [],
    assets: builtInAssets(),
    sequence: 1,
  };
}
