import { DateTime, type DurationLikeObject } from "luxon";

/** A place on an axis, from 0 (low, early) to 1, with its label. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** An axis of values between round numbers. */
export interface ValueAxis {
  readonly low: number;
  readonly high: number;
  /** From low to high. */
  readonly values: readonly number[];
}

const VALUE_STEPS = 5;
const TIME_STEPS = 5;

/**
 * Round numbers (1, 2, 2.5 or 5 times a power of ten) around these values.
 * @param leastSpan a smaller range is drawn as if it were this wide: small changes must not look dramatic.
 * @param ceiling the upper end, if it is fixed.
 */
export function valueAxis(
  least: number,
  most: number,
  { leastSpan, ceiling }: { leastSpan: number; ceiling?: number | undefined },
): ValueAxis {
  const widen = Math.max(0, leastSpan - (most - least)) / 2;
  const top = ceiling ?? most + widen;
  const bottom = ceiling === undefined ? least - widen : Math.min(least, ceiling - leastSpan);
  const step = roundStep((top - bottom) / VALUE_STEPS);
  const first = Math.floor(bottom / step + 1e-9);
  const last = ceiling === undefined ? Math.ceil(top / step - 1e-9) : Math.round(ceiling / step);
  const values = Array.from({ length: last - first + 1 }, (_, index) => exact((first + index) * step));
  return { low: values[0] ?? bottom, high: values.at(-1) ?? top, values };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (([1, 2, 2.5, 5] as const).find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** Without the noise of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Steps of time with the length of the shortest of them, and how their places are labelled. */
const STEPS: readonly { readonly ms: number; readonly step: DurationLikeObject; readonly label: string }[] = [
  ...[5, 15, 30].map((minutes) => ({ ms: minutes * MINUTE_MS, step: { minutes }, label: "HH:mm" })),
  ...[1, 2, 3, 6].map((hours) => ({ ms: hours * 60 * MINUTE_MS, step: { hours }, label: "HH:mm" })),
  ...[1, 2, 7, 14].map((days) => ({ ms: days * DAY_MS, step: { days }, label: "LLL d" })),
  ...[1, 3, 6].map((months) => ({ ms: months * 28 * DAY_MS, step: { months }, label: "LLL yyyy" })),
  ...[1, 2, 5, 10].map((years) => ({ ms: years * 365 * DAY_MS, step: { years }, label: "yyyy" })),
];

/** Round times from `first` to `last` (milliseconds since the epoch) in a zone; at most six. */
export function timeTicks(first: number, last: number, zone: string): Tick[] {
  const span = Math.max(1, last - first);
  const chosen = STEPS.find(({ ms }) => span / ms <= TIME_STEPS) ?? STEPS.at(-1);
  if (chosen === undefined) return [];
  const ticks: Tick[] = [];
  let time = firstTick(DateTime.fromMillis(first, { zone, locale: "en-US" }), chosen.step);
  for (; time.toMillis() <= last; time = time.plus(chosen.step))
    if (time.toMillis() >= first) ticks.push({ at: (time.toMillis() - first) / span, label: time.toFormat(chosen.label) });
  return ticks;
}

/** The last round time at or before an instant. */
function firstTick(time: DateTime, { minutes, hours, days, months, years }: DurationLikeObject): DateTime {
  if (years !== undefined) return time.startOf("year").minus({ years: time.year % years });
  if (months !== undefined) return time.startOf("month").minus({ months: (time.month - 1) % months });
  if (days !== undefined) return days >= 7 ? time.startOf("week") : time.startOf("day");
  if (hours !== undefined) return time.startOf("hour").minus({ hours: time.hour % hours });
  return time.startOf("minute").minus({ minutes: time.minute % (minutes ?? 1) });
}
