import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { type EquityPoint, gainOver, timeWeightedReturn } from "../performance/returns.ts";
import { decimal, HUNDRED, ONE, roundHalfUp, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { dayOf } from "./account-report.ts";
import { shareOf } from "./figures.ts";

/** The account in the file of the latest execution: dollars and percentages (times 100) as JSON numbers. */
export interface PortfolioState {
  readonly total_value: number | null;
  /** Unrealised profit of the positions. */
  readonly total_pl: number | null;
  readonly total_pl_percent: number | null;
  readonly daily_pl: number | null;
  readonly daily_pl_percent: number | null;
  readonly cash: number | null;
  readonly equity: number | null;
}

export interface PositionState {
  readonly symbol: string;
  readonly quantity: number;
  readonly market_value: number;
  readonly unrealized_pl: number | null;
  readonly unrealized_pl_percent: number | null;
  readonly current_price: number | null;
  readonly avg_entry_price: number | null;
  readonly side: "long" | "short";
  /** Percent since the last close. */
  readonly change_today: number | null;
}

/** Neither includes deposits and withdrawals. */
export interface PeriodResult {
  readonly profit: number;
  readonly percent: number | null;
}

const NUMBER_DECIMALS = 9;

export function portfolioOf(reading: AccountReading | undefined, execution: ExecutionRecord): PortfolioState {
  if (reading === undefined) return recordedPortfolio(execution);
  const { account, positions } = reading;
  const profits = positions.flatMap(({ unrealizedProfit }) => unrealizedProfit ?? []);
  const total = profits.length === positions.length ? sum(profits) : undefined;
  const cost = sum(positions.map(({ costBasis }) => costBasis.abs()));
  const today = todayOf(reading);
  return {
    total_value: toNumber(account.equity),
    total_pl: total === undefined ? null : toNumber(total),
    total_pl_percent: total === undefined ? null : percent(shareOf(total, cost)),
    daily_pl: today?.profit ?? null,
    daily_pl_percent: today?.percent ?? null,
    cash: toNumber(account.cash),
    equity: toNumber(account.equity),
  };
}

/** Without the broker deposits are unknown, so the day's profit is not shown. */
function recordedPortfolio({ accountAfter, accountBefore }: ExecutionRecord): PortfolioState {
  const account = accountAfter ?? accountBefore;
  const equity = account === undefined ? null : toNumber(decimal(account.equity));
  const cash = account === undefined ? null : toNumber(decimal(account.cash));
  return { total_value: equity, total_pl: null, total_pl_percent: null, daily_pl: null, daily_pl_percent: null, cash, equity };
}

export function positionState(position: AccountReading["positions"][number]): PositionState {
  const { symbol, side, quantity, marketValue, currentPrice, lastdayPrice, averageEntryPrice, costBasis, unrealizedProfit } = position;
  return {
    symbol,
    quantity: toNumber(quantity),
    market_value: toNumber(marketValue),
    unrealized_pl: numberOrNull(unrealizedProfit),
    unrealized_pl_percent: unrealizedProfit === undefined ? null : percent(shareOf(unrealizedProfit, costBasis.abs())),
    current_price: numberOrNull(currentPrice),
    avg_entry_price: numberOrNull(averageEntryPrice),
    side,
    change_today: changeSince(lastdayPrice, currentPrice),
  };
}

function changeSince(before: Decimal | undefined, now: Decimal | undefined): number | null {
  return before === undefined || now === undefined || before.lte(ZERO) ? null : percent(now.div(before).minus(ONE));
}

export function recordedPositions({ accountAfter, accountBefore }: ExecutionRecord): PositionState[] {
  const account = accountAfter ?? accountBefore;
  return (account?.positions ?? []).map(({ symbol, quantity, marketValue, price, averagePrice }) => ({
    symbol,
    quantity: toNumber(decimal(quantity)),
    market_value: toNumber(decimal(marketValue)),
    unrealized_pl: null,
    unrealized_pl_percent: null,
    current_price: price === undefined ? null : toNumber(decimal(price)),
    avg_entry_price: averagePrice === undefined ? null : toNumber(decimal(averagePrice)),
    side: decimal(quantity).lt(ZERO) ? "short" : "long",
    change_today: null,
  }));
}

export function todayOf(reading: AccountReading | undefined): PeriodResult | null {
  const day = reading === undefined ? undefined : dayOf(reading);
  if (day === undefined) return null;
  return { profit: toNumber(day.amount), percent: day.fraction === undefined ? null : percent(day.fraction) };
}

/** From the last point before the period, or the first available one. */
export function periodOf(points: readonly EquityPoint[] | undefined, from: number): PeriodResult | null {
  if (points === undefined) return null;
  const start = Math.max(
    0,
    points.findLastIndex(({ at }) => at <= from),
  );
  const within = points.slice(start);
  const gain = gainOver(within);
  const fraction = timeWeightedReturn(within);
  if (gain === undefined) return null;
  return { profit: toNumber(gain), percent: fraction === undefined ? null : percent(fraction) };
}

function percent(fraction: Decimal): number {
  return toNumber(fraction.times(HUNDRED));
}

function numberOrNull(value: Decimal | undefined): number | null {
  return value === undefined ? null : toNumber(value);
}

/** For pages that expect JSON numbers; this program never reads them back. */
export function toNumber(value: Decimal): number {
  return Number(roundHalfUp(value, NUMBER_DECIMALS).toFixed());
}
