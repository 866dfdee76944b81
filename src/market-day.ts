import { DateTime } from "luxon";

/** Where sessions, trading days and daily bars are dated. */
export const MARKET_ZONE = "America/New_York";

const HOUR_MS = 3_600_000;
/** The answer given last: New York's offset is in whole hours, so its date changes with an hour of UTC only. */
let last = { hour: Number.NaN, date: "" };

/** The New York date of an instant (milliseconds since the epoch), `YYYY-MM-DD`. */
export function marketDate(at: number): string {
  const hour = Math.floor(at / HOUR_MS);
  if (hour !== last.hour) last = { hour, date: DateTime.fromMillis(at, { zone: MARKET_ZONE }).toFormat("yyyy-LL-dd") };
  return last.date;
}
