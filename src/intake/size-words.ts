import { PERCENTAGES, isPercentOf, withoutLegs } from "./weights.ts";

const NOUN = "weights?|weighting|allocations?|alloc|size|sizing|quantity|qty|notional|amount|exposure|stake|fraction|portion|percentage";
const COUNTED = "shares?|contracts?|units?|lots?|dollars?|usd|worth|position|percentage";
const VERB = "buy|sell|allocated?|allocating|invest(?:ed|ing)?|trim(?:med)?|reduced?|cut|scaled?";
/** Not `60-day`, `200 SMA`, `3x`, `25bp`: a figure with such a unit is about time, an indicator, leverage or rates. */
const NUMBER =
  "[$€£]?(?<number>(?:\\d[\\d.,_]{0,20}|\\.\\d{1,15})k?)(?![\\d.]|[\\s-]?(?:days?|d|weeks?|months?|years?|hours?|min|minutes?|bars?|periods?|[se]?ma|rsi|x|bps?)\\b)";
const WHOLES =
  "account|portfolio|nav|positions?|holdings?|capital|cash|equity|money|size|weight|allocation|stake|exposure|shares|funds|it|everything";

const FIGURES: readonly RegExp[] = [
  new RegExp(`\\b(?:${NOUN})\\s{0,3}[:=(]?\\s{0,3}(?:(?:of|is|to|at|about)\\s{1,3})?${NUMBER}`, "gi"),
  new RegExp(`(?<![\\w.])${NUMBER}(?:\\s{1,3}|-)(?:of\\s{1,3})?(?:${NOUN}|${COUNTED})\\b`, "gi"),
  new RegExp(`\\bw(?:t|gt)?\\s{0,3}[:=]\\s{0,3}${NUMBER}`, "gi"),
  new RegExp(`\\b(?:${VERB})\\s{1,3}(?:(?:up|down|to|by|about|around|only|just|another|all)\\s{1,3}){0,2}${NUMBER}`, "gi"),
];
const FRACTIONS: readonly RegExp[] = [
  new RegExp(`\\b(?:half|thirds?|quarters?)(?:\\s{1,3}(?:of|a|an|the|our|my|its|your|this|that)){0,3}\\s{1,3}(?:${WHOLES})\\b`, "i"),
  /(?<!\b(?:first|second|last|other|next|latter|upper|lower|top|bottom)\s{1,3})\bhalf\b(?!-|\s{1,3}(?:an?\s{1,3})?(?:hour|day|week|month|year|time)|\s{1,3}of\s{1,3}(?:the\s{1,3})?(?:year|month|week|day|session|range|band|channel))/i,
  /\b(?:(?:one|two)[\s-]thirds?|three[\s-]quarters|one[\s-]quarter|(?:one|two|three|four)[\s-]fifths?)\b/i,
  /\b(?:fifty[\s-]fifty|(?:split|divided?)\s{1,3}(?:equally|evenly))\b/i,
  /\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|a?\s?hundred|a?\s?thousand)\s{1,3}(?:shares?|contracts?|units?|lots?)\b/i,
  /(?<![\d/.])(?:1\/[2-9]|1\/10|2\/[35]|3\/[45])(?![\d/.])|[½⅓⅔¼¾]/,
];
/** `60/40`, `60:40`; no time of day adds up to 100. */
const SPLIT = /(?<![\d/.:])(\d{2})\s?[/:]\s?(\d{2})(?![\d/.:])/g;
/** A SELL of less than everything, without a figure. */
const PARTLY =
  /\b(?:partial(?:ly)?|trim(?:med|ming)?|scal(?:e|ed|ing)\s{1,3}out|sell\s{1,3}(?:some|(?:a\s{1,3})?part)|reduc(?:e|ed|ing)\s{1,3}(?:(?:the|our|my)\s{1,3})?(?:position|exposure|holding|stake|size))\b/i;

/**
 * A size that a text states other than as a percentage (R2): `allocate 25`, `0.5 weight`, `half`, `60/40`.
 * @param symbol the line's own: `TQQQ 0.5` gives its weight.
 * @returns the words, for a message.
 */
export function sizeInWords(text: string, symbol: string): string | undefined {
  const figure = FIGURES.flatMap((pattern) => [...text.matchAll(pattern)])[0];
  return (
    figure?.[0] ??
    fractionIn(text) ??
    ownFraction(text, symbol) ??
    /\b(?:percent|per cent|pct|prozent)\b|[%％٪﹪‰](?![A-Za-z])/i.exec(text)?.[0]
  );
}

/**
 * The part of a position mentioned in the reason of a SELL (R2): `sell 50% of it`, `trim to 20%`, `sell 10 shares`, `half`.
 * Not a part: a percentage about the market (`up 12%`, `5% stop`), one in a list of legs, `to 0%`, or all.
 */
export function partSold(reason: string, symbol: string): string | undefined {
  const text = withoutLegs(reason, symbol);
  const share = [...text.matchAll(PERCENTAGES)].find(
    (match) => !isPercentOf(match, 0) && !isPercentOf(match, 100) && !isAboutTheMarket(text, match),
  );
  if (share !== undefined) return text.slice(Math.max(0, share.index - 12), share.index + share[0].length).trim();
  const rest = text.replace(PERCENTAGES, " ");
  const figure = FIGURES.flatMap((pattern) => [...rest.matchAll(pattern)]).find((match) => Number(match.groups?.number) !== 0);
  return figure?.[0] ?? fractionIn(rest) ?? ownFraction(rest, symbol) ?? PARTLY.exec(rest)?.[0];
}

const MARKET_BEFORE =
  /(?:\b(?:up|down|gain(?:ed|s)?|los(?:t|s|ses|ing)|f[ae]ll(?:en|s)?|rose|risen|drop(?:ped|s)?|jumped|rallied|stop(?:ped)?|stop[- ]loss|drawdown|profits? of|returns?|volatility|vix|rsi|moved?|changed?|yields?|above|below|than)\s{0,3}(?:(?:of|by|at|is|was|about|nearly|almost|more|less|than)\s{1,3}){0,3}[:=]?\s{0,3}|[<>≥≤]\s{0,3})$/i;
const MARKET_AFTER =
  /^[\s-]{0,3}(?:(?:trailing\s{1,3})?stop|gain|loss|profit(?![- ]tak)|drawdown|below|above|down|higher|lower|drop|fall|decline|rise|rally|return|move|off\b|from\b)/i;

function isAboutTheMarket(text: string, match: RegExpExecArray): boolean {
  const before = text.slice(Math.max(0, match.index - 60), match.index);
  if (new RegExp(`\\b(?:${VERB}|sold|close[d]?|exit(?:ed)?)\\s{1,3}$`, "i").test(before)) return false;
  return (match[1] ?? "") !== "" || MARKET_BEFORE.test(before) || MARKET_AFTER.test(text.slice(match.index + match[0].length));
}

function fractionIn(text: string): string | undefined {
  const split = [...text.matchAll(SPLIT)].find(([, one, other]) => Number(one) + Number(other) === 100);
  return FRACTIONS.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined) ?? split?.[0];
}

function ownFraction(text: string, symbol: string): string | undefined {
  const name = symbol.replace(".", "\\.");
  return new RegExp(`(?<![A-Za-z0-9.])${name}\\s{0,3}(?:[:=x×*(]|at\\s)?\\s{0,3}0?\\.\\d{1,15}(?!\\d|\\s{0,3}%)`).exec(text)?.[0];
}
