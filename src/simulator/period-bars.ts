import type { BarSpan } from "./bars.ts";
import { newYorkDate, newYorkInstant } from "./sessions.ts";
import type { Bar } from "./wire.ts";

/** Weeks from Monday, or a number of months that divides the year and is counted from January. */
export type Period = { readonly unit: "week" } | { readonly unit: "month"; readonly months: number };

/** A week or months: their bar is made of those of their days. */
export interface PeriodSpan {
  /** Its timestamp, midnight in New York, milliseconds since the epoch. */
  readonly from: number;
  readonly days: readonly BarSpan[];
}

const VOLUME_PRICE_DECIMALS = 6;

/** Midnight in New York before the first day of the period around a time. */
export function periodStart(period: Period, at: number): number {
  const day = new Date(newYorkDate(at));
  if (period.unit === "week") day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  else day.setUTCMonth(Math.floor(day.getUTCMonth() / period.months) * period.months, 1);
  return newYorkInstant(day.toISOString().slice(0, 10), "00:00");
}

/** Groups days, in their order, into the periods they are in. */
export function periodsOf(period: Period, days: readonly BarSpan[]): PeriodSpan[] {
  const periods = new Map<number, BarSpan[]>();
  for (const day of days) {
    const from = periodStart(period, day.from);
    periods.set(from, [...(periods.get(from) ?? []), day]);
  }
  return [...periods].map(([from, own]) => ({ from, days: own }));
}

/** One bar of several, oldest first; `undefined` for none. */
export function merged(stamp: string, bars: readonly Bar[]): Bar | undefined {
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const total = (of: (bar: Bar) => number): number => bars.reduce((sum, bar) => sum + of(bar), 0);
  const volume = total(({ v }) => v);
  const mean = volume === 0 ? last.vw : total(({ v, vw }) => v * vw) / volume;
  return {
    t: stamp,
    o: first.o,
    h: Math.max(...bars.map(({ h }) => h)),
    l: Math.min(...bars.map(({ l }) => l)),
    c: last.c,
    v: volume,
    n: total(({ n }) => n),
    vw: Number(mean.toFixed(VOLUME_PRICE_DECIMALS)),
  };
}
