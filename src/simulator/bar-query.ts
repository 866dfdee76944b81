import { badParameter, optional } from "./parameters.ts";
import type { Period } from "./period-bars.ts";
import { datePart } from "./timestamps.ts";

/** What `timeframe` says that one bar covers. */
export type Timeframe = { readonly unit: "minute"; readonly minutes: number } | { readonly unit: "day" } | Period;

const MINUTES = /^([1-9]|[1-5]\d)(?:Min|T)$/;
const HOURS = /^([1-9]|1\d|2[0-3])(?:Hour|H)$/;
const DAY = /^1(?:Day|D)$/;
const WEEK = /^1(?:Week|W)$/;
const MONTHS = /^([1-4]|6|12)(?:Month|M)$/;

/** @throws Refusal for one that Alpaca does not have. */
export function timeframeOf(query: URLSearchParams): Timeframe {
  const text = query.get("timeframe") ?? "";
  const number = (form: RegExp): number | undefined => {
    const found = form.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const [minutes, hours, months] = [MINUTES, HOURS, MONTHS].map(number);
  if (minutes !== undefined) return { unit: "minute", minutes };
  if (hours !== undefined) return { unit: "minute", minutes: hours * 60 };
  if (months !== undefined) return { unit: "month", months };
  if (DAY.test(text)) return { unit: "day" };
  if (WEEK.test(text)) return { unit: "week" };
  throw badParameter("timeframe", text);
}

/**
 * Reads what changes nothing here: every price is in dollars, and a symbol has the same bars under any date.
 * @throws Refusal
 */
export function checkTerms(query: URLSearchParams): void {
  optional(query, "currency", (text) => (text === "USD" ? text : undefined));
  optional(query, "asof", (text) => (text === "-" ? text : datePart(text)));
}
