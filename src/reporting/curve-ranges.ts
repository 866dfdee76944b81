import type { Broker, EquityHistoryPoint, EquityWindow } from "../domain/broker.ts";
import { type AccountReading, readEquityHistory } from "./account-reading.ts";
import { readBenchmark, type BenchmarkBars } from "./benchmark-prices.ts";
import { curveOf, intradayPointsUpToNow, pointsUpToNow, type EquityCurve } from "./equity-curve.ts";

/** Time ranges of the dashboard's equity chart. */
export const CURVE_RANGES = ["day", "week", "month", "all"] as const;
export type CurveRange = (typeof CURVE_RANGES)[number];

export type EquityHistories = Readonly<Partial<Record<CurveRange, readonly EquityHistoryPoint[]>>> & {
  readonly benchmark?: BenchmarkBars | undefined;
};
/** `null` when the broker did not provide it. */
export type EquityCurves = Readonly<Record<CurveRange, EquityCurve | null>>;

/** The finest useful resolution; the venue provides intraday windows for at most 30 days. */
const QUESTIONS: Readonly<Record<CurveRange, { readonly days: number; readonly window: EquityWindow }>> = {
  day: { days: 1, window: "5Min" },
  week: { days: 7, window: "15Min" },
  month: { days: 30, window: "1D" },
  all: { days: 3_650, window: "1D" },
};
const DAY_MS = 86_400_000;

interface HistoryRequest {
  readonly ranges?: readonly CurveRange[];
  /** BENCHMARK_SYMBOL; `undefined`: nothing to compare with. */
  readonly benchmark?: string | undefined;
}

/**
 * One parallel request per range, then the benchmark over the longest of them; what cannot be read is reported once in
 * `problems`. Without the benchmark there is nothing to compare with, which is no problem of the account.
 */
export async function readEquityHistories(
  broker: Pick<Broker, "equityHistory" | "dailyBars">,
  now: number,
  { ranges = CURVE_RANGES, benchmark }: HistoryRequest = {},
): Promise<{ readonly histories: EquityHistories; readonly problems: readonly string[] }> {
  const read = await Promise.all(
    ranges.map(async (range) => {
      const { days, window } = QUESTIONS[range];
      return [range, await readEquityHistory(broker, now - days * DAY_MS, window)] as const;
    }),
  );
  const from = Math.min(now, ...read.flatMap(([, { value }]) => value?.[0]?.at ?? []));
  const compared = await readBenchmark(broker, benchmark, { from, now });
  return {
    histories: {
      ...Object.fromEntries(read.flatMap(([range, { value }]) => (value === undefined ? [] : [[range, value]]))),
      benchmark: compared.value,
    },
    problems: [...new Set(read.flatMap(([, { problems }]) => problems))],
  };
}

export function equityCurves(histories: EquityHistories, reading: AccountReading | undefined, now: number): EquityCurves {
  const curve = (range: CurveRange): EquityCurve | null => {
    const history = histories[range];
    if (history === undefined || reading === undefined) return null;
    const isDaily = QUESTIONS[range].window === "1D";
    const points = isDaily ? pointsUpToNow(history, reading, now) : intradayPointsUpToNow(history, reading, now);
    return points === undefined ? null : curveOf(points, histories.benchmark, isDaily);
  };
  return { day: curve("day"), week: curve("week"), month: curve("month"), all: curve("all") };
}
