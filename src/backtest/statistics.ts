import { worstDrawdown, type Drawdown } from "../performance/drawdown.ts";
import { growthOf, type EquityPoint, type GrowthPoint } from "../performance/returns.ts";
import { ONE, ZERO, type Decimal } from "../domain/decimal.ts";

const SESSIONS_A_YEAR = 252;
const YEAR_MS = 365.25 * 86_400_000;
/** Smaller differences are rounding errors. */
const NUMBER_DECIMALS = 15;

/**
 * Statistics of an equity curve. Returns and depths are exact; roots and powers are floating point. All are
 * fractions: 0.05 means 5 %.
 */
export interface Statistics {
  readonly growth: readonly GrowthPoint[];
  readonly totalReturn: Decimal;
  /** Compound return per calendar year; −1 when everything was lost. */
  readonly yearlyReturn: number;
  /** Standard deviation (of a sample) of the daily returns × √252; `undefined` with fewer than two. */
  readonly volatility: number | undefined;
  /** Mean daily return × 252 ÷ volatility, with a risk-free rate of 0; `undefined` without volatility. */
  readonly sharpe: number | undefined;
  readonly worst: Drawdown | undefined;
  readonly years: number;
}

/** @param points oldest first: equity at the start, then at each close. At least two. */
export function statisticsOf(points: readonly EquityPoint[]): Statistics {
  const growth = growthOf(points);
  const last = growth.at(-1);
  if (last === undefined) throw new RangeError("Statistics need a curve.");
  const years = (last.at - (growth[0]?.at ?? last.at)) / YEAR_MS;
  const daily = dailyReturns(growth).map((fraction) => Number(fraction.toFixed(NUMBER_DECIMALS)));
  const volatility = sampleDeviation(daily);
  return {
    growth,
    totalReturn: last.index.minus(ONE),
    yearlyReturn: Number(last.index.toFixed(NUMBER_DECIMALS)) ** (1 / years) - 1,
    volatility: volatility === undefined ? undefined : volatility * Math.sqrt(SESSIONS_A_YEAR),
    sharpe: volatility === undefined || volatility === 0 ? undefined : (meanOf(daily) / volatility) * Math.sqrt(SESSIONS_A_YEAR),
    worst: worstDrawdown(growth),
    years,
  };
}

/** One for each point after the first. */
export function dailyReturns(growth: readonly GrowthPoint[]): Decimal[] {
  return growth.slice(1).map(({ index }, position) => {
    const before = growth[position]?.index ?? ONE;
    return before.eq(ZERO) ? ZERO : index.div(before).minus(ONE);
  });
}

/** How far each point is below the highest one so far, as a fraction. */
export function drawdowns(growth: readonly GrowthPoint[]): Decimal[] {
  let peak = growth[0]?.index ?? ONE;
  return growth.map(({ index }) => {
    if (index.gt(peak)) peak = index;
    return ONE.minus(index.div(peak));
  });
}

function sampleDeviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
