import { HUNDRED, decimal, sum, type Decimal } from "../domain/decimal.ts";
import { allMatches, firstMatch, rememberLast } from "./matches.ts";
import {
  MAX_WEIGHT_SUM,
  MIN_WEIGHT_SUM,
  PERCENTAGES,
  SIGN,
  TICKER,
  firstPercentage,
  percent,
  weightIn,
  wholePercentage,
  type Weight,
} from "./weights.ts";

const PERCENTS = "(?<percents>\\d{1,3}(?:\\.\\d{1,15})?)";
/** `SMR (31.2%)`, `UVXY 75%`. */
const LEG = new RegExp(
  `(?<![A-Za-z0-9./_-])(?<symbol>${TICKER}):?\\s?(?:\\((?<bracketed>\\d{1,3}(?:\\.\\d{1,15})?)${SIGN}\\)|${PERCENTS}${SIGN})`,
  "g",
);
/**
 * `70% SMR`, `70% in SMR`. No other symbol or number may be next to them: not `70% SMR/LEU`, `70% SMR, LEU`, `60/40% SMR`,
 * `70% SMR 30%` or `TQQQ 70% SMR`.
 */
const LEADING_LEG = new RegExp(
  "(?:(?<=[A-Z][/+])|(?<![\\w.,:~/+\\-\u2010-\u2015−]))(?<!(?<!\\w)(?!(?:BUY|LONG)\\b)[A-Z]{1,5}:?\\s{1,3})" +
    `${PERCENTS}${SIGN}\\s{0,3}(?:(?:in|into|to)\\s{1,3})?(?<symbol>${TICKER})` +
    "(?![\\w'’]|[.-]\\w|:?\\s{0,3}\\(?\\s{0,3}\\d|\\s{0,3}(?:[,;/|+&\\s]|and\\b|or\\b)\\s{0,3}[A-Z]{1,5}(?![A-Za-z]))",
  "g",
);
const BETWEEN_LEGS = /^\s*(?:,|;|\+|&|,?\s*and\b)?\s*(?:[•*-]\s*)?$/;
const BETWEEN_SLASHED_LEGS = /^\s*(?:[,;+&/|]|,?\s*and\b)?\s*(?:[•*-]\s*)?$/;
const BETWEEN_LEADING_LEGS = /^\s*(?:[,;+&/|]\s*(?:and\b)?|and\b|plus\b)\s*$/;
const MAX_GAP_BETWEEN_LEGS = 16;

/** A way to write a list of legs. */
interface Form {
  readonly leg: RegExp;
  readonly between: RegExp;
  /** Whether a list that does not add up to 100 % is about something else. */
  readonly mustBeWhole: boolean;
}

const LISTED: Form = { leg: LEG, between: BETWEEN_LEGS, mustBeWhole: false };
const FORMS: readonly Form[] = [
  LISTED,
  { leg: LEG, between: BETWEEN_SLASHED_LEGS, mustBeWhole: true },
  { leg: LEADING_LEG, between: BETWEEN_LEADING_LEGS, mustBeWhole: true },
];

interface Leg {
  readonly symbol: string;
  readonly weight: Decimal;
  /** Its place in the text. */
  readonly start: number;
  readonly end: number;
  /** Where its number begins. */
  readonly at: number;
}

export type NamedLegs =
  | { readonly kind: "legs"; readonly legs: ReadonlyMap<string, Decimal> }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly problem: string };

/**
 * The legs that a reason lists with their weights, such as `SMR (31.2%), LEU (39.5%), OKLO (29.3%)`,
 * `UVXY 75% + BTAL 25%` or `70% SMR / 30% LEU` (R4). A list has at least two legs, or one of the whole; figures about
 * something else (`RSI > 81`, `SPY (79%)`) do not count. A list that adds up to 100 % is preferred over one that does not.
 * @param symbol the line's own; a list that neither adds up nor contains it is about something else.
 */
export function legsIn(reason: string, symbol: string): NamedLegs {
  return legsOf(allListsIn(reason), symbol);
}

/** In every form. */
const allListsIn = rememberLast((reason) => FORMS.flatMap((form) => listsIn(reason, form)));

function legsOf(all: readonly (readonly Leg[])[], symbol: string): NamedLegs {
  const lists = all.map((list) => ({ legs: mapOf(list), whole: isWhole(list), repeats: mapOf(list).size < list.length }));
  const candidates = lists.filter(({ legs, whole }) => (legs.size > 1 ? whole || legs.has(symbol) : whole && legs.has(symbol)));
  const best = candidates.some(({ whole }) => whole) ? candidates.filter(({ whole }) => whole) : candidates;
  const first = best[0];
  if (first === undefined) return { kind: "none" };
  if (best.some(({ repeats }) => repeats))
    return { kind: "unreadable", problem: "The reason names a leg twice in one list, so its weights are ambiguous." };
  const other = best.find(({ legs }) => !sameLegs(legs, first.legs));
  if (other !== undefined) {
    return {
      kind: "unreadable",
      problem: `The reason lists its legs in two different ways: ${legsText(first.legs)} and ${legsText(other.legs)}.`,
    };
  }
  return { kind: "legs", legs: first.legs };
}

/** A text without the legs it lists, if they add up to 100 % or name the symbol; `70% SMR / 30% LEU` may say how much to sell. */
export function withoutLegs(reason: string, symbol: string): string {
  return legsOf(listsIn(reason, LISTED), symbol).kind === "legs" ? reason.replace(LEG, " ") : reason;
}

export const HOW_TO_SIZE = 'Put each line\'s own weight first in its reason, such as "30%", or list all legs, such as "SMR 70%, LEU 30%".';

/**
 * The weight that a reason gives its line (R2): its first percentage. Where that belongs to a list of all legs, and there are
 * no other percentages, it is the leg of the line's own symbol: the lines of all legs may carry the same reason. Where the
 * first percentage stands next to another symbol and a different one next to the line's own, the reason is unreadable.
 * @param symbol the line's own.
 */
export function weightOf(reason: string, symbol: string): Weight {
  const written = weightIn(reason);
  const first = firstPercentage(reason);
  if (written.kind !== "weight" || first === undefined) return written;
  const listed = isLeg(reason, first) ? listOfAll(reason)?.get(symbol) : undefined;
  if (listed !== undefined) return { kind: "weight", weight: listed };
  const label = LABEL.exec(reason.slice(first.index + first[0].length))?.[1];
  if (label === undefined || label === symbol) return written;
  const own = allMatches(LEADING_LEG, reason)
    .map(legFrom)
    .filter((leg) => leg.symbol === symbol);
  const other = own.find(({ weight }) => !weight.eq(written.weight));
  if (other === undefined || own.some(({ at }) => at === first.index)) return written;
  const found = `${percent(written.weight)} next to ${label}, and ${percent(other.weight)} next to ${symbol}`;
  return { kind: "unreadable", problem: `The reason gives several percentages: ${found}. ${HOW_TO_SIZE}` };
}

/** A symbol, or a word like one, right after a percentage. */
const LABEL = /^\s{0,3}(?:(?:in|into|to|of)\s{1,3})?([A-Z][A-Z0-9.]{0,14})(?![A-Za-z])/;
/** Words of a text that may list other weights than the wanted ones. */
const OTHER_WEIGHTS =
  /\b(?:not|no|never|without|instead|rather|than|was|were|from|old|previous(?:ly)?|prior|former(?:ly)?|last|yesterday|until|before|unlike|versus|vs|if|unless|should|would|could|might|maybe|tomorrow|next|later)\b/i;

/** Whether the first percentage of a text stands next to a symbol; most lines have their own weight there, and need no list. */
function isLeg(reason: string, first: RegExpExecArray): boolean {
  const at = placeOf(first);
  return [LEG, LEADING_LEG].some((pattern) => {
    const match = firstMatch(pattern, reason);
    return match !== undefined && legFrom(match).at === at;
  });
}

/** The list of all legs that a text consists of, as far as its percentages go; it may be repeated. */
function listOfAll(reason: string): ReadonlyMap<string, Decimal> | undefined {
  const lists = allListsIn(reason).filter((list) => list.length > 1 && isWhole(list));
  const [legs, ...others] = lists.map(mapOf);
  if (legs === undefined || legs.size < (lists[0]?.length ?? 0) || others.some((other) => !sameLegs(other, legs))) return undefined;
  const listed = new Set(lists.flatMap((list) => list.map(({ at }) => at)));
  return allMatches(PERCENTAGES, reason).every((match) => listed.has(placeOf(match))) && !OTHER_WEIGHTS.test(reason) ? legs : undefined;
}

/** Where the number of a percentage begins, behind its sign. */
function placeOf(percentage: RegExpExecArray): number {
  return percentage.index + (percentage[1] ?? "").length;
}

/** Whether both name the same symbols with the same weights. */
export function sameLegs(one: ReadonlyMap<string, Decimal>, other: ReadonlyMap<string, Decimal>): boolean {
  return one.size === other.size && [...one].every(([symbol, weight]) => other.get(symbol)?.eq(weight) === true);
}

/** `SMR 31.2%, LEU 39.5%`. */
export function legsText(legs: ReadonlyMap<string, Decimal>): string {
  return [...legs].map(([symbol, weight]) => `${symbol} ${percent(weight)}`).join(", ");
}

/** Whether several percentages of a text add up to the whole, and are not all the same. */
export function dividesTheWhole(text: string): boolean {
  const weights = allMatches(PERCENTAGES, text).map((match) => wholePercentage(match[0]));
  const read = weights.filter((weight) => weight !== undefined);
  return read.length === weights.length && addsUp(read) && read.some((weight) => !weight.eq(read[0] ?? weight));
}

function isWhole(list: readonly Leg[]): boolean {
  return addsUp(list.map(({ weight }) => weight));
}

function addsUp(weights: readonly Decimal[]): boolean {
  const total = sum(weights);
  return total.gte(MIN_WEIGHT_SUM) && total.lte(MAX_WEIGHT_SUM);
}

function mapOf(list: readonly Leg[]): ReadonlyMap<string, Decimal> {
  return new Map(list.map(({ symbol, weight }) => [symbol, weight]));
}

function listsIn(reason: string, { leg: pattern, between, mustBeWhole }: Form): (readonly Leg[])[] {
  const lists: Leg[][] = [];
  for (const match of allMatches(pattern, reason)) {
    const leg = legFrom(match);
    const last = lists.at(-1)?.at(-1);
    if (last !== undefined && joins(between, reason.slice(last.end, leg.start))) lists.at(-1)?.push(leg);
    else lists.push([leg]);
  }
  return mustBeWhole ? lists.filter((list) => list.length > 1 && isWhole(list)) : lists;
}

function joins(between: RegExp, gap: string): boolean {
  return gap.length <= MAX_GAP_BETWEEN_LEGS && between.test(gap);
}

function legFrom({ 0: found, index, groups = {} }: RegExpExecArray): Leg {
  const percents = groups.bracketed ?? groups.percents ?? "";
  return {
    symbol: groups.symbol ?? "",
    weight: decimal(percents).div(HUNDRED),
    start: index,
    end: index + found.length,
    at: index + found.indexOf(percents),
  };
}
