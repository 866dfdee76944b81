import { HUNDRED, decimal, sum, type Decimal } from "../domain/decimal.ts";
import { excerpt } from "./json-line.ts";
import { allMatches, firstMatch } from "./matches.ts";

/** Bounds of a whole portfolio's sum of weights (R4): one-decimal percentages never add up exactly. */
export const MIN_WEIGHT_SUM = decimal("0.98");
export const MAX_WEIGHT_SUM = decimal("1.005");

/** Alpaca's form of a US equity: class shares, units and warrants carry a dot (`BRK.B`); a slash means a crypto pair. */
const TICKER = "[A-Z]{1,5}(?:\\.[A-Z]{1,3})?";
const WHOLE_TICKER = new RegExp(`^${TICKER}$`);

export function isTicker(symbol: string): boolean {
  return WHOLE_TICKER.test(symbol);
}

export type Weight =
  | { readonly kind: "weight"; readonly weight: Decimal }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** The percent sign, also in other scripts and in words: `50 percent`, `50 pct`. */
const SIGN = "(?:\\s{0,8}[%\uFF05\u066A\uFE6A]|[\\s-]{0,8}(?:percent|per cent|pct)(?![A-Za-z]))";
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

const LEG = new RegExp(
  `(?<![A-Za-z0-9./_-])(${TICKER}):?\\s?(?:\\((\\d{1,3}(?:\\.\\d{1,15})?)${SIGN}\\)|(\\d{1,3}(?:\\.\\d{1,15})?)${SIGN})`,
  "g",
);
const BETWEEN_LEGS = /^\s*(?:,|;|\+|&|,?\s*and\b)?\s*(?:[•*-]\s*)?$/;
const MAX_GAP_BETWEEN_LEGS = 16;

export type NamedLegs =
  | { readonly kind: "legs"; readonly legs: ReadonlyMap<string, Decimal> }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly problem: string };

/**
 * The legs that a reason lists with their weights, such as `SMR (31.2%), LEU (39.5%), OKLO (29.3%)` or
 * `UVXY 75% + BTAL 25%` (R4). A list has at least two legs, or one of the whole; figures about something
 * else (`RSI > 81`, `SPY (79%)`) do not count. A list that adds up to 100 % is preferred over one that does not.
 * @param symbol the line's own; a list that neither adds up nor contains it is about something else.
 */
export function legsIn(reason: string, symbol: string): NamedLegs {
  const lists = legLists(reason).map((list) => ({
    legs: new Map(list),
    whole: isWhole(list),
    repeats: new Set(list.map(([leg]) => leg)).size < list.length,
  }));
  const candidates = lists.filter(({ legs, whole }) => (legs.size > 1 ? whole || legs.has(symbol) : whole && legs.has(symbol)));
  const best = candidates.some(({ whole }) => whole) ? candidates.filter(({ whole }) => whole) : candidates;
  const first = best[0];
  if (first === undefined) return { kind: "none" };
  if (best.some(({ repeats }) => repeats))
    return { kind: "unreadable", problem: "The reason names a leg twice in one list, so its weights are ambiguous." };
  if (best.some(({ legs }) => !sameLegs(legs, first.legs))) {
    return {
      kind: "unreadable",
      problem: `The reason lists its legs in two different ways: ${best.map(({ legs }) => legsText(legs)).join(" and ")}.`,
    };
  }
  return { kind: "legs", legs: first.legs };
}

/** A text without the legs it lists, if they add up to 100 % or name the symbol. */
export function withoutLegs(reason: string, symbol: string): string {
  return legsIn(reason, symbol).kind === "legs" ? reason.replace(LEG, " ") : reason;
}

/** Whether both name the same symbols with the same weights. */
export function sameLegs(one: ReadonlyMap<string, Decimal>, other: ReadonlyMap<string, Decimal>): boolean {
  return one.size === other.size && [...one].every(([symbol, weight]) => other.get(symbol)?.eq(weight) === true);
}

/** `SMR 31.2%, LEU 39.5%`. */
export function legsText(legs: ReadonlyMap<string, Decimal>): string {
  return [...legs].map(([symbol, weight]) => `${symbol} ${percent(weight)}`).join(", ");
}

/** A fraction as a percentage: 0.312 → `31.2%`. */
export function percent(weight: Decimal): string {
  return `${weight.times(HUNDRED).toFixed()}%`;
}

function isWhole(list: readonly (readonly [string, Decimal])[]): boolean {
  const total = sum(list.map(([, weight]) => weight));
  return total.gte(MIN_WEIGHT_SUM) && total.lte(MAX_WEIGHT_SUM);
}

function legLists(reason: string): (readonly [string, Decimal])[][] {
  const lists: (readonly [string, Decimal])[][] = [];
  let end: number | undefined;
  for (const match of allMatches(LEG, reason)) {
    const leg = [match[1] ?? "", decimal(match[2] ?? match[3] ?? "").div(HUNDRED)] as const;
    const previous = lists.at(-1);
    if (previous !== undefined && end !== undefined && joinsLegs(reason, end, match.index)) previous.push(leg);
    else lists.push([leg]);
    end = match.index + match[0].length;
  }
  return lists;
}

function joinsLegs(reason: string, from: number, to: number): boolean {
  return to - from <= MAX_GAP_BETWEEN_LEGS && BETWEEN_LEGS.test(reason.slice(from, to));
}
