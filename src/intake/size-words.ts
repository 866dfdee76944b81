import { allMatches, firstMatch, rememberLast } from "./matches.ts";
import { withoutLegs } from "./legs.ts";
import { PERCENTAGES, isPercentOf } from "./weights.ts";

const NOUN = "weights?|weighting|allocations?|alloc|size|sizing|quantity|qty|notional|amount|exposure|stake|fraction|portion|percentage";
const PIECES = "shares?|shs?|contracts?|units?|lots?";
const COUNTED = `${PIECES}|dollars?|bucks|usd|eur|euros?|gbp|worth|position|percentage`;
const VERB =
  "buy|sell|allocated?|allocating|invest(?:ed|ing)?|deploy|commit|put|add|trim(?:med)?|reduced?|decreased?|lighten|pare|cut|scaled?|rebalanced?";
const UNIT =
  "(?:days?|d|weeks?|months?|years?|hours?|min|minutes?|bars?|periods?|sessions?|candles?|[se]?ma|rsi|x|bps?|basis\\s{1,3}points?)\\b";
/** Not `60-day`, `200 SMA`, `3x`, `25bp`: a figure with such a unit is about time, an indicator, leverage or rates. */
const NUMBER = `(?:[$€£]|(?:us\\$|usd|eur|gbp)\\s?)?(?<number>(?:\\d[\\d.,_]{0,20}|\\.\\d{1,15})k?)(?![\\d.]|[\\s-]?${UNIT})`;
const DECIMAL = "(?<![\\d.,])0?\\.\\d{1,15}(?!\\d|\\s{0,3}%)";
const COUNT =
  "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|dozens?|couple|few|some|several";
const WHOLE = "account|portfolio|nav|positions?|holdings?|capital|cash|equity|money|size|weight|allocation|stake|exposure|shares|funds";
const PART = "thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|twelfths?|sixteenths?|twentieths?|hundredths?";
const THE = "of|a|an|the|our|my|its|your|this|that|total|whole|entire|full|available";

const FIGURES: readonly RegExp[] = [
  new RegExp(`\\b(?:${NOUN})\\s{0,3}[:=(]?\\s{0,3}(?:(?:of|is|to|at|about)\\s{1,3})?${NUMBER}`, "gi"),
  new RegExp(`(?<![\\w.])${NUMBER}(?:\\s{0,3}|-)(?:of\\s{1,3})?(?:${NOUN}|${COUNTED})\\b`, "gi"),
  new RegExp(
    `\\b(?:(?:${PIECES}|pos|position)\\s{0,3}[:=]|(?:shares|shs|contracts|units|lots|position\\s{1,3}(?:of|to))\\s)\\s{0,3}${NUMBER}`,
    "gi",
  ),
  new RegExp(`\\bw(?:t|gt)?\\s{0,3}[:=]\\s{0,3}${NUMBER}`, "gi"),
  new RegExp(`\\b(?:${VERB})\\s{1,3}(?:(?:up|down|to|by|about|around|only|just|another|all)\\s{1,3}){0,2}${NUMBER}`, "gi"),
  new RegExp(`\\b(?:target|tgt)\\s{0,3}[:=]?\\s{0,3}(?:(?:of|is|to)\\s{1,3})?${DECIMAL}`, "gi"),
  // A multiple of the usual size; `0.5x` of anything but a market figure.
  new RegExp(
    `(?<![\\d.,])\\d[\\d.,]{0,9}\\s?[x×]\\s{1,3}(?:(?:the|our|normal|usual|standard|full)\\s{1,3}){0,2}(?:position|siz(?:e|ing)|stake|allocation|weight|notional)\\b`,
    "gi",
  ),
  new RegExp(
    `${DECIMAL}\\s?[x×](?![A-Za-z]|\\s{0,3}(?:(?:its|the|of|average|avg|normal|usual)\\s{1,3}){0,3}(?:average|avg|volume|atr|range)\\b)`,
    "gi",
  ),
  new RegExp(
    `\\b\\d[\\d.,]{0,9}[\\s-]?(?:bps?|basis\\s{1,3}points?)[\\s-]{1,3}(?:(?:${THE}|in|into)\\s{1,3}){0,3}(?:${WHOLE}|${NOUN})\\b`,
    "gi",
  ),
  new RegExp(
    `\\b(?:${NOUN}|position|allocate|invest|buy|put)\\s{0,3}[:=]?\\s{0,3}(?:(?:of|is|to)\\s{1,3})?\\d[\\d.,]{0,9}[\\s-]?(?:bps?|basis\\s{1,3}points?)\\b`,
    "gi",
  ),
];
const MOVED = "(?<!\\b(?:up|down|lost|fell|fallen|dropped|gained|rose|risen)\\s{1,3}(?:(?:by|about|nearly|almost|over)\\s{1,3})?)";
/** `a third time`, `a fifth wave`, `a quarter of strong earnings`. */
const ORDINAL_NOUN =
  "time|day|week|month|year|session|wave|leg|straight|consecutive|close|touch|test|bar|candle|attempt|push|signal|rally|quarter|green|red|up|down|higher|lower|positive|negative|loss|gain|win|drop|rise|hike|cut|rate|dip|top|bottom|high|low|break|confirmation|indicator";
const QUARTER_NOUN =
  "ago|earlier|later|end|point|hour|century|of\\s{1,3}(?:the\\s{1,3}|this\\s{1,3}|its\\s{1,3})?(?:\\w{1,15}\\s{1,3})?(?:year|earnings|growth|declines?|gains?|losses|data|results)";
const FRACTIONS: readonly RegExp[] = [
  new RegExp(`\\b(?:half|halves|${PART})(?:[\\s-]{1,3}(?:${THE})){0,4}[\\s-]{1,3}(?:${WHOLE}|it|everything)\\b`, "i"),
  /(?<!\b(?:first|second|last|other|next|latter|upper|lower|top|bottom)\s{1,3})\bhalf\b(?!-(?:hour|day|week|month|year|time|life|point)(?:s|ly)?\b|\s{1,3}(?:an?\s{1,3})?(?:hour|day|week|month|year|time)|\s{1,3}of\s{1,3}(?:the\s{1,3})?(?:year|month|week|day|session|range|band|channel))/i,
  /\bhalv(?:e[ds]?|ing)\b/i,
  new RegExp(
    `\\b(?:(?:one|two|three|four|five|six|seven|eight|nine)[\\s-](?!quarters?\\b)(?:${PART})|three[\\s-]quarters|one[\\s-]quarter)\\b`,
    "i",
  ),
  new RegExp(`${MOVED}\\b(?:an?|another)[\\s-](?!quarters?\\b)(?:${PART})\\b(?![\\s-]{1,3}(?:${ORDINAL_NOUN})s?\\b)`, "i"),
  new RegExp(
    `${MOVED}(?<!\\b(?:for|during|within|per|once)\\s{1,3})\\b(?:an?|another)[\\s-]quarter\\b(?![\\s-]{1,3}(?:${QUARTER_NOUN})\\b)`,
    "i",
  ),
  /\b(?:fifty[\s-]fifty|(?:split|divided?)\s{1,3}(?:equally|evenly)|pro[\s-]rata)\b/i,
  /\b(?:equal|even)(?:ly)?[\s-]?(?:weight(?:s|ed|ing)?|parts|split|amounts?|allocations?|siz(?:es?|ed)|positions?)\b(?!\s{1,3}(?:s&p|index|indices|etfs?|sectors?)\b)/i,
  new RegExp(`\\b(?:${COUNT})(?:[\\s-]of)?[\\s-]\\s{0,2}(?:${PIECES}|dollars?|bucks|grand)\\b`, "i"),
  new RegExp(
    `\\b(?:${NOUN}|${VERB})\\s{0,3}[:=(]?\\s{0,3}(?:(?:of|is|to|at|by|about|around|only|just|another|an?)\\s{1,3}){0,2}(?:${COUNT})\\b(?![\\s-]{0,3}${UNIT})`,
    "i",
  ),
  /(?<![\d/.])(?:1\/[2-9]|1\/10|2\/[35]|3\/[45])(?![\d/.])|[¼-¾⅐-⅞]/,
  /(?<!\b(?:on|since|until|macd|[es]?ma)\s{1,3})(?<![\d/.])[1357]\/8(?![\d/.])/i,
  new RegExp(
    `(?<![\\d/.])\\d{1,2}\\s?/\\s?(?:\\d|1[026]|2[05]|50|100)(?:ths?)?(?:[\\s-]{1,3}(?:${THE})){0,4}[\\s-]{1,3}(?:${WHOLE}|of\\s{1,3}it)\\b`,
    "i",
  ),
  /(?<!\b(?:rsi|score|index|greed|fear|rank|rating|sentiment|confidence|strength)\b\D{0,12})(?<![\d/.])\d{1,3}(?:\s?\/\s?|\s{1,3}(?:out\s{1,3})?of\s{1,3})100(?![\d/.]|\s{1,3}(?:stocks|names|days))/i,
  /\btranches?\b|\b(?:part|entry|step|stage|batch|clip|piece)\s{0,2}#?\d{1,2}\s{0,2}(?:of|\/)\s{0,2}\d/i,
  new RegExp(
    `\\b(?:some|most|part|bulk|majority|portion|fraction|slice|chunk|piece|bit)\\s{1,3}of(?:\\s{1,3}(?:${THE})){0,3}\\s{1,3}(?:${WHOLE}|it)\\b`,
    "i",
  ),
  /(?!\d)\p{Nd}/u,
];
/** `60/40`, `60:40`; no time of day adds up to 100. */
const SPLIT = /(?<![\d/.:])(\d{2})\s?[/:]\s?(\d{2})(?![\d/.:])/g;
/** A BUY for less than everything, without a figure. */
const SMALL =
  /\b(?:(?:small(?:er|ish)?|tiny|starter|pilot|probe|probing|partial|reduced|decreased|limited|fractional|token|minim(?:al|um)|modest|mini|micro|initial|trial|test|scout|feeler)[\s-]{1,3}(?:position|pos|siz(?:e|ed|ing)|stake|exposure|allocation|weight|entry|buy|bet|lot|amount|quantity)|(?:start|begin)\s{1,3}small|sized?\s{1,3}down|scal(?:e[ds]?|ing)[\s-]in(?:to)?|nibbl(?:e|ing)|(?:buy|add)(?:ing)?\s{1,3}a\s{1,3}(?:little|bit|small|part)|(?:rest|remainder)\s{1,3}of\s{1,3}(?:(?:the|our|my)\s{1,3})?(?:account|portfolio|capital|cash|money|funds))\b/i;
/** A SELL of less than everything, without a figure. */
const LESSEN =
  "trim(?:s|med|ming)?|lighten(?:s|ed|ing)?|par(?:e[ds]?|ing)|shav(?:e[ds]?|ing)|skim(?:s|med|ming)?|(?:scal(?:e[ds]?|ing)|dial(?:s|ed|ing)?|cut(?:s|ting)?|eas(?:e[ds]?|ing))\\s{1,3}back|(?:scal(?:e[ds]?|ing)|sell(?:s|ing)?|siz(?:e[ds]?|ing)|pare)\\s{1,3}down|scal(?:e[ds]?|ing)[\\s-](?:out|off)|underweight|overweight|downsiz(?:e[ds]?|ing)";
const SOME =
  "(?:sell|take|taking|book|bank|lock|close|exit|unwind|peel)(?:ing)?\\s{1,3}(?:(?:in|off)\\s{1,3})?(?:some|most|(?:an?\\s{1,3}|the\\s{1,3})?(?:part|little|bit|few|portion|fraction|chunk|slice|piece|majority|bulk))|some\\s{1,3}(?:profits?|gains?|money|chips)|profits?\\s{1,3}on\\s{1,3}(?:some|most|part)|(?:nearly|almost)\\s{1,3}all|all\\s{1,3}but";
const KEEP =
  "(?:keep|keeping|leave|leaving|hold|holding|let|letting)\\s{1,3}(?:the\\s{1,3}|a\\s{1,3}|our\\s{1,3})?(?:rest|remainder|remaining|runners?|core|some)|(?:rest|remainder)\\s{1,3}(?:runs?|stays?)";
const PARTLY = new RegExp(`\\b(?:partial(?:ly)?|${LESSEN}|${SOME}|${KEEP})\\b`, "i");

/**
 * A size that a text states other than as a percentage (R2): `allocate 25`, `0.5 weight`, `half`, `60/40`.
 * @param symbol the line's own: `TQQQ 0.5` gives its weight.
 * @returns the words, for a message.
 */
export function sizeInWords(reason: string, symbol: string): string | undefined {
  const text = plainSigns(reason);
  const { figure, vague } = saidOfAny(text);
  return figure ?? ownFraction(text, symbol) ?? moneyIn(text, symbol) ?? vague;
}

/** What a text says, whatever the symbol. */
const saidOfAny = rememberLast((text) => {
  const figure = firstOf(FIGURES, text) ?? fractionIn(text);
  const percent = /\b(?:percent|per cent|pct|prozent)\b|[%％٪﹪‰](?![A-Za-z])/i;
  return { figure, vague: figure === undefined ? (SMALL.exec(text)?.[0] ?? percent.exec(text)?.[0]) : undefined };
});

/**
 * The part of a position mentioned in the reason of a SELL (R2): `sell 50% of it`, `trim to 20%`, `sell 10 shares`, `half`.
 * Not a part: a percentage about the market (`up 12%`, `5% stop`), one in a list of legs, `to 0%`, or all.
 */
export function partSold(reason: string, symbol: string): string | undefined {
  const text = plainSigns(withoutLegs(reason, symbol));
  const share = allMatches(PERCENTAGES, text).find(
    (match) => !isPercentOf(match, 0) && !isPercentOf(match, 100) && !isAboutTheMarket(text, match),
  );
  if (share !== undefined) return text.slice(startOfWords(text, share.index), share.index + share[0].length).trim();
  const rest = text.replace(PERCENTAGES, " ");
  const figure = FIGURES.flatMap((pattern) => allMatches(pattern, rest)).find((match) => Number(match.groups?.number) !== 0);
  return (
    figure?.[0] ?? fractionIn(rest) ?? ownFraction(rest, symbol) ?? moneyIn(rest, symbol) ?? PARTLY.exec(rest)?.[0] ?? reduced(text, symbol)
  );
}

/** Dashes and slashes of print as those of a keyboard. */
function plainSigns(text: string): string {
  return text.replace(/[\u2010-\u2015−]/g, "-").replace(/[⁄∕]/g, "/");
}

/** Where an excerpt begins that shows a little of what stands before, in whole words. */
function startOfWords(text: string, index: number): number {
  const from = Math.max(0, index - 16);
  if (from === 0) return 0;
  const blank = text.slice(from - 1, index).search(/\s/);
  return blank < 0 ? index : from + blank;
}

const MARKET_BEFORE =
  /(?:\b(?:up|down|gain(?:ed|s)?|los(?:t|s|ses|ing)|f[ae]ll(?:en|s)?|rose|risen|drop(?:ped|s)?|jumped|rallied|stop(?:ped)?|stop[- ]loss|drawdown|profits? of|returns?|volatility|vix|rsi|moved?|changed?|yields?|above|below|than)\s{0,3}(?:(?:of|by|at|is|was|about|nearly|almost|more|less|than)\s{1,3}){0,3}[:=]?\s{0,3}|[<>≥≤]\s{0,3})$/i;
const MARKET_AFTER =
  /^[\s-]{0,3}(?:(?:trailing\s{1,3})?stop|gain|loss|profit(?![- ]tak)|drawdown|below|above|down|higher|lower|drop|fall|decline|rise|rally|return|move|off\b|from\b)/i;
const ACTED_BEFORE = new RegExp(`\\b(?:${VERB}|sold|close[d]?|exit(?:ed)?)\\s{1,3}$`, "i");
/** `move 30% to cash`, `take 50% off`. */
const TAKEN_BEFORE = /\b(?:mov(?:e|ing)|shift(?:ing)?|rotat(?:e|ing)|switch(?:ing)?|transfer|tak(?:e|ing)|free|raise|put|peel)\s{1,3}$/i;
const TAKEN_AFTER = /^\s{1,3}(?:off|out|(?:in)?to\s{1,3}(?!the\b))\b/i;
/** `above 20% of the portfolio`, but not `down more than 5% of equity`. */
const LIMIT_BEFORE = /(?<!\b(?:up|down|lost|loss|losing|fell|fallen|drawdown|gained|rose|stop)\b.{0,20})\b(?:above|below|than)\s{0,3}$/i;
const OF_WHOLE = new RegExp(`^(?:\\s{1,3}(?:${THE})){0,3}\\s{1,3}(?:${WHOLE})\\b`, "i");

function isAboutTheMarket(text: string, match: RegExpExecArray): boolean {
  const until = text.slice(Math.max(0, match.index - 60), match.index);
  // The dash of a range is no sign.
  const isRange = match[1] !== "" && /\d\s?$/.test(until);
  const before = isRange ? until.replace(/[\d.,]{1,20}\s?$/, "") : until;
  const after = text.slice(match.index + match[0].length, match.index + match[0].length + 60);
  if (ACTED_BEFORE.test(before) || (TAKEN_BEFORE.test(before) && TAKEN_AFTER.test(after))) return false;
  if (LIMIT_BEFORE.test(before) && OF_WHOLE.test(after)) return false;
  return (match[1] !== "" && !isRange) || MARKET_BEFORE.test(before) || MARKET_AFTER.test(after);
}

function fractionIn(text: string): string | undefined {
  return firstOf(FRACTIONS, text) ?? allMatches(SPLIT, text).find(([, one, other]) => Number(one) + Number(other) === 100)?.[0];
}

/** The first match of the first pattern that matches at all. */
function firstOf(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = firstMatch(pattern, text);
    if (found !== undefined) return found[0];
  }
  return undefined;
}

const FRACTION_AFTER = /\s{0,3}(?:(?:[:=x×*(]|(?:at|to)\s)?\s{0,3}0?\.\d{1,15}(?!\d|\s{0,3}%)|=\s{0,3}\d[\d.,]{0,20}(?!\s{0,3}%))/y;

function ownFraction(text: string, symbol: string): string | undefined {
  for (let at = text.indexOf(symbol); at >= 0 && at < text.length; at = text.indexOf(symbol, at + 1)) {
    FRACTION_AFTER.lastIndex = at + symbol.length;
    const after = /[A-Za-z0-9.]/.test(text.charAt(at - 1)) ? null : FRACTION_AFTER.exec(text);
    if (after !== null) return symbol + after[0];
  }
  return undefined;
}

const MONEY =
  /(?<![/\w])(?:[$€£]\s?|(?:us\$|usd|eur|gbp)\s{0,3})\d(?:[\d.,]{0,20}\d)?[km]?(?!\w)|(?<![\w.,])\d(?:[\d.,]{0,20}\d)?[km]?\s?[€£$](?!\w)/gi;
const MONEY_AFTER = /^(?:\s{0,3}(?:$|[.,;:!?)\]\n-])|\s{1,3}(?:worth|of|in|into|off|out|position)\b)/i;
/** What makes an amount a price: `above $31`, `stop: $31`, `SPY $612.53`, `SMA 200: $598`. */
const PRICE_BEFORE =
  /(?:\b(?:at|above|below|over|under|near|around|about|from|to|past|through|than|is|was|now|of|by|and|or|reached|hits?|touched|cross(?:ed|es|ing)?|br(?:oke|eaks?)|break(?:out|down)|reclaimed|held|holds|trad(?:es?|ed|ing)|prices?|profit|loss|stop|target|clos(?:e|es|ed)|high|low|open|limit|level|support|resistance|entry|exit|value|last|quote|bid|ask|mid|tp|sl)|\b(?:[se]?ma|vwap|atr|average|avg|days?)\W?\d{0,4}\)?|[<>≥≤@])[\s:=("'~≈]{0,5}$/i;
const TICKER_BEFORE = /\b[A-Z]{1,5}[\s:=(]{0,5}$/;

/** `$5000 of it`, `Bear 1: $5000`; what stands behind `above` is a price. */
function moneyIn(text: string, symbol: string): string | undefined {
  return allMatches(MONEY, text).find((match) => {
    const before = text.slice(Math.max(0, match.index - 40), match.index);
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 20);
    const isAmount = MONEY_AFTER.test(after) || after.trimStart().startsWith(symbol);
    return isAmount && !PRICE_BEFORE.test(before) && !TICKER_BEFORE.test(before);
  })?.[0];
}

/** `reduce TQQQ`, `decrease the weight`; not `reduce TQQQ to 0%`, `reduce risk`, and `cut TQQQ` may be all of it. */
function reduced(text: string, symbol: string): string | undefined {
  const what = `(?:(?:the|our|my)\\s{1,3})?(?:${symbol.replace(".", "\\.")}|positions?|holdings?|${NOUN})`;
  const zero = "(?!(?:\\s{1,3}\\w{1,12})?\\s{1,3}to\\s{1,3}(?:0(?![.,\\d])|zero|nothing|cash))";
  return new RegExp(
    `\\b(?:(?:reduc|decreas|shrink|shrunk)(?:e[ds]?|ing|s)?\\s{1,3}${what}|(?:cut|cutting|lower|lowering)\\s{1,3}(?:(?:the|our|my)\\s{1,3})?(?:${NOUN}))\\b${zero}`,
    "i",
  ).exec(text)?.[0];
}
