import { DateTime } from "luxon";

/** Where sessions, trading days and daily bars are dated. */
export const MARKET_ZONE = "America/New_York";

/** The New York date of an instant (milliseconds since the epoch), `YYYY-MM-DD`. */
export function marketDate(at: number): string {
  return DateTime.fromMillis(at, { zone: MARKET_ZONE }).toFormat("yyyy-LL-dd");
}
