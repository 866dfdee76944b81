import { DateTime } from "luxon";

/** Where sessions, trading days and daily bars are dated. */
export const MARKET_ZONE = "America/New_York";

const HOUR_MS = 3_600_000;
/** By hour of UTC: New York's offset is in whole hours, so its date changes with such an hour only. */
const dates = new Map<number, string>();
const MOST_DATES = 1_000;

/** The New York date of an instant (milliseconds since the epoch), `YYYY-MM-DD`. */
export function marketDate(at: number): string {
  const hour = Math.floor(at / HOUR_MS);
  const date = dates.get(hour) ?? DateTime.fromMillis(at, { zone: MARKET_ZONE }).toFormat("yyyy-LL-dd");
  if (dates.size >= MOST_DATES) dates.clear();
  dates.set(hour, date);
  return date;
}

/** When the New York day of an instant began; both in milliseconds since the epoch. */
export function marketDayStart(at: number): number {
  return DateTime.fromMillis(at, { zone: MARKET_ZONE }).startOf("day").toMillis();
}

/** An instant (milliseconds since the epoch) as a person reads it of the market: `2025-07-16 09:30:00 EDT`. */
export function marketTime(at: number): string {
  return DateTime.fromMillis(at, { zone: MARKET_ZONE, locale: "en-US" }).toFormat("yyyy-LL-dd HH:mm:ss ZZZZ");
}
