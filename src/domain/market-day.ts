import { DateTime } from "luxon";
import { formatInstant } from "./time-format.ts";

/** Where sessions, trading days and daily bars are dated. */
export const MARKET_ZONE = "America/New_York";

const HOUR_MS = 3_600_000;
/** At most this many answers are kept: a time zone conversion is slow. */
const MOST_REMEMBERED = 1_000;

/** The New York date of an instant (milliseconds since the epoch), `YYYY-MM-DD`. */
export const marketDate = remembered(hourOf, (at: number) => inMarketZone(at).toFormat("yyyy-LL-dd"));

/** When the New York day of an instant began; both in milliseconds since the epoch. */
export const marketDayStart = remembered(hourOf, (at: number) => inMarketZone(at).startOf("day").toMillis());

/** An instant (milliseconds since the epoch) as a person reads it of the market: `2025-07-16 09:30:00 EDT`. */
export function marketTime(at: number): string {
  return formatInstant(at, MARKET_ZONE);
}

/** The instant of a New York wall-clock time without a zone, such as `2025-07-16T09:30`; NaN where it is none. */
export const marketInstant = remembered(
  (text: string) => text,
  (text) => DateTime.fromISO(text, { zone: MARKET_ZONE }).toMillis(),
);

function inMarketZone(at: number): DateTime {
  return DateTime.fromMillis(at, { zone: MARKET_ZONE });
}

/** New York's offset is in whole hours, so its date changes with an hour of UTC only. */
function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** @param keyOf gives the same for inputs that have the same answer. */
function remembered<Input, Answer>(keyOf: (input: Input) => string | number, answer: (input: Input) => Answer): (input: Input) => Answer {
  const answers = new Map<string | number, { readonly answer: Answer }>();
  return (input) => {
    const key = keyOf(input);
    const known = answers.get(key);
    if (known !== undefined) return known.answer;
    if (answers.size >= MOST_REMEMBERED) answers.clear();
    const found = { answer: answer(input) };
    answers.set(key, found);
    return found.answer;
  };
}
