import { DateTime } from "luxon";
import { excerpt } from "./json-line.ts";

export type Stamp =
  | {
      readonly kind: "stamp";
      /** Milliseconds since the epoch. */
      readonly at: number;
      /** Offset from UTC in which a stamp without one was read, in minutes; undefined when the stamp names its own. */
      readonly zoneOffsetMinutes: number | undefined;
    }
  | { readonly kind: "unreadable"; readonly problem: string };

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
/** No place on earth is further from UTC. */
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
 * `timezone` (IANA name), where a local time that a clock change makes double or impossible is refused:
 * guessing would make a line an hour younger or older than it is. Digits beyond the millisecond are cut.
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
  if (!asUtc.isValid || wall.hour > 23) return unreadable(`The timestamp ${excerpt(text)} names a day or time that does not exist.`);
  return offset === undefined ? localTime(text, wall, timezone) : withOffset(text, asUtc.toMillis(), offset);
}

function withOffset(text: string, utcMs: number, offset: string): Stamp {
  const minutes = offsetMinutes(offset);
  if (minutes === undefined) return unreadable(`The timestamp ${excerpt(text)} has an impossible offset, expected at most 14:00 from UTC.`);
  return { kind: "stamp", at: utcMs - minutes * 60_000, zoneOffsetMinutes: undefined };
}

function offsetMinutes(offset: string): number | undefined {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (Number(digits.slice(2)) > 59 || minutes > MAX_OFFSET_MINUTES) return undefined;
  return offset.startsWith("-") ? -minutes : minutes;
}

function localTime(text: string, wall: WallTime, timezone: string): Stamp {
  const local = DateTime.fromObject(wall, { zone: timezone });
  if (!local.isValid)
    return unreadable(`The timestamp ${excerpt(text)} cannot be read in the time zone ${excerpt(timezone)} (ALERTS_TIMEZONE).`);
  if (local.hour !== wall.hour || local.minute !== wall.minute) {
    return unreadable(
      `The timestamp ${excerpt(text)} does not exist in ${timezone}: the clocks are put forward over it. Write stamps with an offset.`,
    );
  }
  if (local.getPossibleOffsets().length > 1) {
    return unreadable(
      `The timestamp ${excerpt(text)} exists twice in ${timezone}: the clocks are put back over it. Write stamps with an offset.`,
    );
  }
  return { kind: "stamp", at: local.toMillis(), zoneOffsetMinutes: local.offset };
}

function unreadable(problem: string): Stamp {
  return { kind: "unreadable", problem };
}
