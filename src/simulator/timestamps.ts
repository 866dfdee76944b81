import { newYorkInstant, withoutTrailingZeros } from "./sessions.ts";

const NANOS_PER_MILLI = 1_000_000n;
const RFC3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)$/i;
const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * RFC 3339 in UTC with up to nine decimals, as the venue writes it: zeros at the end are cut off.
 * @param sequence fills the digits below the millisecond.
 */
export function stampOf(atMs: number, sequence: number): string {
  return `${withoutTrailingZeros(`${new Date(atMs).toISOString().slice(0, -1)}${String(sequence % 1_000_000).padStart(6, "0")}`)}Z`;
}

/** RFC 3339 in UTC without fractions, as in bars. */
export function secondStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** Nanoseconds since the epoch of an RFC 3339 time, or of New York midnight for a plain date. */
export function nanosOf(text: string): bigint | undefined {
  if (DATE.test(text)) {
    const midnight = newYorkInstant(text, "00:00");
    return Number.isNaN(midnight) ? undefined : BigInt(midnight) * NANOS_PER_MILLI;
  }
  const [, date, time, fraction = "", zone = "Z"] = RFC3339.exec(text) ?? [];
  const seconds = Date.parse(`${date ?? ""}T${time ?? ""}${zone.toUpperCase()}`);
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * NANOS_PER_MILLI + BigInt(fraction.padEnd(9, "0"));
}

/** Milliseconds since the epoch, rounded down. */
export function millisOf(text: string): number | undefined {
  const nanos = nanosOf(text);
  return nanos === undefined ? undefined : Number(nanos / NANOS_PER_MILLI);
}

export function datePart(text: string): string | undefined {
  return nanosOf(text) === undefined ? undefined : text.slice(0, 10);
}
