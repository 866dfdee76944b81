import type { EquityHistoryPoint } from "../domain/broker.ts";
import type { EquityRecord } from "../domain/ledger/decisions.ts";
import { marketDate } from "../domain/market-day.ts";
import { currentDrawdown, worstDrawdown } from "../performance/drawdown.ts";
import type { EquityPoint } from "../performance/returns.ts";
import { flowsWithin, gainOver, growthOf, timeWeightedReturn } from "../performance/returns.ts";
import { sum, toText, ZERO } from "../domain/decimal.ts";
import type { AccountReading } from "./account-reading.ts";
import { dollarsOrNull, fractionOrNull } from "./json-values.ts";
import { isoInstant } from "../domain/time-format.ts";

/** What the account was worth over time. Forms of values as in json-values.ts. */
export interface EquityCurve {
  /** `broker`: its portfolio history. `ledger`: what was seen after each execution, where deposits are not known. */
  readonly source: "broker" | "ledger";
  readonly points: readonly CurvePoint[];
  /** Deposits less withdrawals after the first point. */
  readonly flows: string | null;
  /** Change of equity less flows. */
  readonly gain: string | null;
  /** Time-weighted, deposits and withdrawals taken out, as a fraction; `null` where they are not known. */
  readonly return: string | null;
  readonly drawdown: DrawdownReport | null;
}

interface CurvePoint {
  readonly at: string;
  readonly equity: string;
  /** Paid in (negative: out) since the point before; `null` when not known. */
  readonly flow: string | null;
  /** What one dollar of the first point has become, deposits and withdrawals taken out. */
  readonly growth: string | null;
}

interface DrawdownReport {
  /** Below the highest point now, as a fraction of it. */
  readonly now: string;
  readonly worst: { readonly depth: string; readonly from: string; readonly to: string; readonly recovered_at: string | null } | null;
}

/**
 * The broker's history up to the last close, and the account as it stands: today's window of the history
 * is not over and its flows are those of the activities anyway.
 * @param now milliseconds since the epoch.
 * @returns `undefined` when what was paid in since the history's end is not known: a deposit would look like a gain.
 */
export function pointsUpToNow(history: readonly EquityHistoryPoint[], reading: AccountReading, now: number): EquityPoint[] | undefined {
  const { account, flowsSinceClose } = reading;
  const closeDate = account.balanceAsOf ?? lastDateBefore(history, marketDate(now));
  const closed = history.filter(({ at }) => closeDate !== undefined && marketDate(at) <= closeDate);
  const last = closed.at(-1);
  if (flowsSinceClose === undefined || last === undefined) return undefined;
  if (closeDate !== undefined && marketDate(last.at) < closeDate) return undefined;
  return withNow(closed, { at: now, equity: account.equity, flow: flowsSinceClose });
}

/**
 * A history of windows within days, and the account as it stands. What was paid in today and is in none
 * of its windows yet belongs to the stretch up to now.
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

/** Before its first deposit an account is worth nothing, which is no beginning of a curve. */
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

/** A curve whose deposits are known. */
export function curveOf(points: readonly EquityPoint[]): EquityCurve {
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
  };
}

/** What the ledger saw; without the broker nobody can tell a deposit from a gain, so no return is made of it. */
export function curveFromLedger(snapshots: readonly EquityRecord[]): EquityCurve {
  const points = snapshots.map(({ at, equity }) => ({ at: isoInstant(at), equity: toText(equity), flow: null, growth: null }));
  return { source: "ledger", points, flows: null, gain: null, return: null, drawdown: null };
}

function drawdownReport(growth: ReturnType<typeof growthOf>): DrawdownReport | null {
  if (growth.length < 2) return null;
  const worst = worstDrawdown(growth);
  return {
    now: fractionOrNull(currentDrawdown(growth)) ?? toText(ZERO),
    worst:
      worst === undefined
        ? null
        : {
            depth: fractionOrNull(worst.depth) ?? toText(ZERO),
            from: isoInstant(worst.peakAt),
            to: isoInstant(worst.troughAt),
            recovered_at: worst.recoveredAt === undefined ? null : isoInstant(worst.recoveredAt),
          },
  };
}
