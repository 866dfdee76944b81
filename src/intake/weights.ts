import { HUNDRED, decimal, type Decimal } from "../domain/decimal.ts";
import { excerpt } from "./json-line.ts";
import { firstMatch } from "./matches.ts";

/** Bounds of a whole portfolio's sum of weights (R4): one-decimal percentages never add up exactly. */
export const MIN_WEIGHT_SUM = decimal("0.98");
export const MAX_WEIGHT_SUM = decimal("1.005");

/** Alpaca's form of a US equity: class shares, units and warrants carry a dot (`BRK.B`); a slash means a crypto pair. */
export const TICKER = "[A-Z]{1,5}(?:\\.[A-Z]{1,3})?";
const WHOLE_TICKER = new RegExp(`^${TICKER}$`);

export function isTicker(symbol: string): boolean {
  return WHOLE_TICKER.test(symbol);
}

export type Weight =
  | { readonly kind: "weight"; readonly weight: Decimal }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** The percent sign, also in other scripts and in words: `50 percent`, `50 pct`. */
export const SIGN = "(?:\\s{0,8}[%\uFF05\u066A\uFE6A]|[\\s-]{0,8}(?:percent|per cent|pct)(?![A-Za-z]))";
/** Anything written like a number before a percent sign, also `31,2%`, `-5%`, `79–81%`, `1e2%` and `nan%`. Bounded, so that every line is fast. */
export const PERCENTAGES = new RegExp(
  `([+\\-\u2010-\u2015−]?)(\\d[\\d.,_]{0,30}(?:e[+-]?\\d{1,4})?|\\.\\d{1,30}|\\bnan|\\binf(?:inity)?)${SIGN}`,
  "gi",
);
const PLAIN_NUMBER = /^\d{1,6}(?:\.\d{1,15})?$/;
/** The other end of a range before or after a percentage: `20 to 60%`, `60/40%`, `20%-60%`. */
const RANGE_BEFORE = /(?:\d[/~]|\d{2}:|\d\s(?:to|or)\s|\bbetween\s[\d.,]{1,9}\sand\s)$/i;
const RANGE_AFTER = /^(?:[/~\-\u2010-\u2015−]|\s?(?:to|or)\s)\d[\d.,]{0,20}\s?%/i;

/** The first percentage of a text, readable or not. */
export function firstPercentage(text: string): RegExpExecArray | undefined {
  return firstMatch(PERCENTAGES, text);
}

/** Whether a match of {@link PERCENTAGES} is exactly the given percentage. */
export function isPercentOf(match: RegExpExecArray, percents: 0 | 100): boolean {
  return match[1] === "" && PLAIN_NUMBER.test(match[2] ?? "") && Number(match[2]) === percents;
}

/** The fraction for a text that is only a percentage: `20 %` → 0.2. */
export function wholePercentage(text: string): Decimal | undefined {
  const match = firstPercentage(text);
  const digits = match?.[2] ?? "";
  return match?.[0] === text && match[1] === "" && PLAIN_NUMBER.test(digits) ? decimal(digits).div(HUNDRED) : undefined;
}

/**
 * The weight that a reason gives its line: its first percentage (R2), as an exact fraction.
 * The strategy's own reason, nested in it, repeats every leg's percentage; only the first counts.
 * A first percentage that is not a plain number is refused, never skipped: the next one belongs to another leg.
 */
export function weightIn(reason: string): Weight {
  const match = firstPercentage(reason);
  if (match === undefined) return { kind: "none" };
  const [found, sign, digits = ""] = match;
  const before = reason.slice(Math.max(0, match.index - 24), match.index);
  const range = RANGE_AFTER.exec(reason.slice(match.index + found.length, match.index + found.length + 30))?.[0] ?? "";
  const isPlain = (sign === "" || sign === "+") && PLAIN_NUMBER.test(digits) && !/[A-Za-z0-9_.,]$/.test(before);
  if (!isPlain || range !== "" || RANGE_BEFORE.test(before)) {
    const word = /(?:\d\S{0,8}\s(?:to|or|and)\s|\S{0,24})$/i.exec(before)?.[0] ?? "";
    return {
      kind: "unreadable",
      problem: `The first percentage of the reason is ${excerpt(word + found + range)}, expected a plain one such as "31.2%".`,
    };
  }
  return { kind: "weight", weight: decimal(digits).div(HUNDRED) };
}

/** A fraction as a percentage: 0.312 → `31.2%`. */
export function percent(weight: Decimal): string {
  return `${weight.times(HUNDRED).toFixed()}%`;
}
