import { DateTime } from "luxon";
import { excerpt } from "./json-line.ts";

export type Stamp =
  | {
      readonly kind: "stamp";
      /** Milliseconds since the epoch. */
      readonly at: number;
      /** UTC offset used to read a stamp without one, in minutes; undefined when the stamp has its own. */
      readonly zoneOffsetMinutes: number | undefined;
    }
  | { readonly kind: "unreadable"; readonly problem: string };

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
/** The largest UTC offset in use. */
const MAX_OFFSET_MINUTES = 14 * 60;

interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/**
 * Reads an ISO time (R5). An explicit offset or `Z` is honoured; without one the time is read in
 * `timezone` (IANA name). A local time that a clock change makes ambiguous or impossible is refused:
 * a guess could be an hour off. Digits beyond the millisecond are dropped.
 */
export function readStamp(text: string, timezone: string): Stamp {
  const match = ISO.exec(text);
  if (match === null) {
    return unreadable(
      `The timestamp is ${excerpt(text)}, expected an ISO time such as "2025-07-14T11:18:00.063759" or "2025-07-14T10:18:00Z".`,
    );
  }
  const [, year, month, day, hour, minute, second, fraction = "", offset] = match;
  const wall: WallTime = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, "0").slice(0, 3)),
  };
  const asUtc = DateTime.fromObject(wall, { zone: "utc" });
  if (!asUtc.isValid || wall.hour > 23) return unreadable(`The timestamp ${excerpt(text)} is a day or time that does not exist.`);
  return offset === undefined ? localTime(text, wall, asUtc.toMillis(), timezone) : withOffset(text, asUtc.toMillis(), offset);
}

function withOffset(text: string, utcMs: number, offset: string): Stamp {
  const fromUtc = offsetMinutes(offset);
  if (fromUtc === undefined) return unreadable(`The timestamp ${excerpt(text)} has an impossible offset, expected at most 14:00 from UTC.`);
  return { kind: "stamp", at: utcMs - fromUtc * 60_000, zoneOffsetMinutes: undefined };
}

function offsetMinutes(offset: string): number | undefined {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (Number(digits.slice(2)) > 59 || minutes > MAX_OFFSET_MINUTES) return undefined;
  return offset.startsWith("-") ? -minutes : minutes;
}

/** @param asUtcMs what the time would be in UTC. */
function localTime(text: string, wall: WallTime, asUtcMs: number, timezone: string): Stamp {
  const offset = minutes.of(wall, timezone);
  switch (offset) {
    case "no-such-zone":
      return unreadable(`The timestamp ${excerpt(text)} cannot be read in the time zone ${excerpt(timezone)} (ALERTS_TIMEZONE).`);
    case "skipped":
      return unreadable(
        `The timestamp ${excerpt(text)} does not exist in ${timezone}: clocks skip it when daylight saving time starts. Write stamps with a UTC offset.`,
      );
    case "twice":
      return unreadable(
        `The timestamp ${excerpt(text)} exists twice in ${timezone}: clocks repeat it when daylight saving time ends. Write stamps with a UTC offset.`,
      );
    default:
      return { kind: "stamp", at: asUtcMs - offset * 60_000, zoneOffsetMinutes: offset };
  }
}

/** UTC offset in minutes, or why a local time has none. */
type LocalOffset = number | "no-such-zone" | "skipped" | "twice";

function offsetOf(wall: WallTime, timezone: string): LocalOffset {
  const local = DateTime.fromObject(wall, { zone: timezone });
  if (!local.isValid) return "no-such-zone";
  if (local.hour !== wall.hour || local.minute !== wall.minute) return "skipped";
  return local.getPossibleOffsets().length > 1 ? "twice" : local.offset;
}

/**
 * Caches the offset of the last minute. All lines of a run have stamps within a minute or two, in which clocks do
 * not change, and a time zone look-up is slow.
 */
class LastMinute {
  #name = "";
  #offset: LocalOffset = "no-such-zone";

  of(wall: WallTime, timezone: string): LocalOffset {
    const { year, month, day, hour, minute } = wall;
    const name = [year, month, day, hour, minute, timezone].join(" ");
    if (name !== this.#name) [this.#name, this.#offset] = [name, offsetOf(wall, timezone)];
    return this.#offset;
  }
}

const minutes = new LastMinute();

function unreadable(problem: string): Stamp {
  return { kind: "unreadable", problem };
}
