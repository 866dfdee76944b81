import type { EquityHistoryPoint } from "../domain/broker.ts";
import type { EquityRecord } from "../domain/ledger/decisions.ts";
import { marketDate } from "../domain/market-day.ts";
import { currentDrawdown, worstDrawdown } from "../performance/drawdown.ts";
import { flowsWithin, gainOver, growthOf, timeWeightedReturn, type EquityPoint } from "../performance/returns.ts";
import { sum, toText, ZERO } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { benchmarkFor, type BenchmarkBars } from "./benchmark-prices.ts";
import { dollarsOrNull, dollarText, fractionOrNull, fractionText } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";

/** The account's value over time. Value formats as in json-values.ts. */
export interface EquityCurve {
  /** `broker`: its portfolio history. `ledger`: values recorded after each execution, without known deposits. */
  readonly source: "broker" | "ledger";
  readonly points: readonly CurvePoint[];
  /** Deposits less withdrawals after the first point. */
  readonly flows: string | null;
  /** Change of equity less flows. */
  readonly gain: string | null;
  /** Time-weighted return without deposits and withdrawals, as a fraction; `null` when those are unknown. */
  readonly return: string | null;
  readonly drawdown: DrawdownReport | null;
  /** What the same money, deposits and withdrawals would have come to in BENCHMARK_SYMBOL; `null` where that is unknown. */
  readonly benchmark: BenchmarkReport | null;
}

interface BenchmarkReport {
  readonly symbol: string;
  /** As a fraction, to be compared with the return of the account. */
  readonly return: string;
  /** At the closes, and now. */
  readonly points: readonly { readonly at: string; readonly value: string }[];
}

interface CurvePoint {
  readonly at: string;
  readonly equity: string;
  /** Deposited (negative: withdrawn) since the previous point; `null` when unknown. */
  readonly flow: string | null;
  /** Current value of one dollar at the first point, without deposits and withdrawals. */
  readonly growth: string | null;
}

interface DrawdownReport {
  /** Current drawdown as a fraction of the highest point. */
  readonly now: string;
  readonly worst: { readonly depth: string; readonly from: string; readonly to: string; readonly recovered_at: string | null } | null;
}

/**
 * The broker's history up to the last close, plus the current account: today's window of the history is
 * not complete, and its flows come from the activities anyway.
 * @param now milliseconds since the epoch.
 * @returns `undefined` when deposits since the history's end are unknown: a deposit would look like a gain.
 */
export function pointsUpToNow(history: readonly EquityHistoryPoint[], reading: AccountReading, now: number): EquityPoint[] | undefined {
  const { account, flowsSinceClose } = reading;
  const closeDate = account.balanceAsOf ?? lastDateBefore(history, marketDate(now));
  const closed = history.filter(({ at }) => closeDate !== undefined && marketDate(at) <= closeDate);
  const last = closed.at(-1);
  if (flowsSinceClose === undefined) return undefined;
  // The account is younger than the last close.
  if (last === undefined) return [{ at: now, equity: account.equity, flow: flowsSinceClose }];
  if (closeDate !== undefined && marketDate(last.at) < closeDate) return undefined;
  return withNow(closed, { at: now, equity: account.equity, flow: flowsSinceClose });
}

/**
 * An intraday history plus the current account. Today's deposits that are in none of its windows yet count
 * for the time up to now.
 * @returns `undefined` as {@link pointsUpToNow} does.
 */
export function intradayPointsUpToNow(
  history: readonly EquityHistoryPoint[],
  { account, flowsSinceClose }: AccountReading,
  now: number,
): EquityPoint[] | undefined {
  if (flowsSinceClose === undefined || history.length === 0) return undefined;
  const closeDate = account.balanceAsOf ?? lastDateBefore(history, marketDate(now)) ?? "";
  const seen = sum(history.map(({ at, flow }) => (marketDate(at) > closeDate ? flow : ZERO)));
  return withNow(history, { at: now, equity: account.equity, flow: flowsSinceClose.minus(seen) });
}

/** Before its first deposit an account is worth nothing, so the curve cannot start there. */
function withNow(history: readonly EquityHistoryPoint[], last: EquityPoint): EquityPoint[] {
  const first = history.findIndex(({ equity, flow }) => !equity.eq(ZERO) || !flow.eq(ZERO));
  const known = first < 0 ? [] : history.slice(first);
  return [...known.map((point) => (point.at < last.at ? point : { ...point, at: last.at - 1 })), last];
}

function lastDateBefore(history: readonly EquityHistoryPoint[], today: string): string | undefined {
  return history
    .map(({ at }) => marketDate(at))
    .filter((date) => date < today)
    .at(-1);
}

/**
 * A curve whose deposits are known.
 * @param benchmark what to compare with. @param isDaily each point stands for the close of its date.
 */
export function curveOf(points: readonly EquityPoint[], benchmark?: BenchmarkBars, isDaily = true): EquityCurve {
  const growth = growthOf(points);
  return {
    source: "broker",
    points: growth.map(({ at, equity, flow, index }) => ({
      at: isoInstant(at),
      equity: toText(equity),
      flow: toText(flow),
      growth: fractionOrNull(index),
    })),
    flows: dollarsOrNull(flowsWithin(points)),
    gain: dollarsOrNull(gainOver(points)),
    return: fractionOrNull(timeWeightedReturn(points)),
    drawdown: drawdownReport(growth),
    benchmark: benchmark === undefined ? null : benchmarkReport(points, benchmark, isDaily),
  };
}

function benchmarkReport(points: readonly EquityPoint[], bars: BenchmarkBars, isDaily: boolean): BenchmarkReport | null {
  const made = benchmarkFor(points, bars, isDaily);
  if (made === undefined) return null;
  return {
    symbol: bars.symbol,
    return: fractionText(made.return),
    points: made.points.map(({ at, value }) => ({ at: isoInstant(at), value: dollarText(value) })),
  };
}

/** Values from the ledger. Without the broker a deposit looks like a gain, so no return is calculated. */
export function curveFromLedger(snapshots: readonly EquityRecord[]): EquityCurve {
  const points = snapshots.map(({ at, equity }) => ({ at: isoInstant(at), equity: toText(equity), flow: null, growth: null }));
  return { source: "ledger", points, flows: null, gain: null, return: null, drawdown: null, benchmark: null };
}

function drawdownReport(growth: ReturnType<typeof growthOf>): DrawdownReport | null {
  if (growth.length < 2) return null;
  const worst = worstDrawdown(growth);
  return {
    now: fractionText(currentDrawdown(growth)),
    worst:
      worst === undefined
        ? null
        : {
            depth: fractionText(worst.depth),
            from: isoInstant(worst.peakAt),
            to: isoInstant(worst.troughAt),
            recovered_at: worst.recoveredAt === undefined ? null : isoInstant(worst.recoveredAt),
          },
  };
}
