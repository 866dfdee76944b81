import { DateTime } from "luxon";

/** Where and when a view is read. */
export interface TimeFormat {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** IANA zone that instants are shown in. */
  readonly zone: string;
}

/** By IANA zone; `undefined` is the machine's. Making one takes longer than a thousand uses of it, and leaves much behind to be collected. */
const INSTANTS = new Map<string | undefined, Intl.DateTimeFormat>();

/**
 * `2025-07-16 10:42:58 EDT`; milliseconds since the epoch where they are no date.
 * @param zone IANA name; the machine's zone by default. @throws RangeError for any other name.
 */
export function formatInstant(at: number, zone?: string): string {
  if (Number.isNaN(new Date(at).getTime())) return `${at} ms`;
  const { year, month, day, hour, minute, second, timeZoneName } = Object.fromEntries(
    instantsIn(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
}

function instantsIn(timeZone: string | undefined): Intl.DateTimeFormat {
  const known = INSTANTS.get(timeZone);
  if (known !== undefined) return known;
  const [numeric, twoDigits] = ["numeric", "2-digit"] as const;
  const digits = { year: numeric, month: twoDigits, day: twoDigits, hour: twoDigits, minute: twoDigits, second: twoDigits };
  const made = new Intl.DateTimeFormat("en-US", { ...digits, timeZone, timeZoneName: "short", hourCycle: "h23" });
  INSTANTS.set(timeZone, made);
  return made;
}

/** `10:42:58.025`; the day and the zone are said once, above. */
export function formatTimeOfDay(at: number, zone: string): string {
  return inZone(at, zone).toFormat("HH:mm:ss.SSS");
}

/** With its zone, for machines: `2025-07-16T14:42:58.025Z`. */
export function isoInstant(at: number): string {
  return new Date(at).toISOString();
}

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** A length of time in its two largest units: `12 s`, `4 min 10 s`, `2 d 3 h`. */
export function formatDuration(ms: number): string {
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  if (first === -1) return "0 s";
  let left = ms;
  const parts: string[] = [];
  for (const unit of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    if (count > 0) parts.push(`${count} ${unit.name}`);
  }
  return parts.join(" ");
}

/** `12 s old`; `3 s ahead` for a stamp that lies a second or more in the future. */
export function formatAge(at: number, now: number): string {
  return at - now >= 1_000 ? `${formatDuration(at - now)} ahead` : `${formatDuration(Math.max(0, now - at))} old`;
}

function inZone(at: number, zone: string): DateTime {
  return DateTime.fromMillis(at, { zone, locale: "en-US" });
}
