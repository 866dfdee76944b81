import { HUNDRED, ONE, ZERO, decimal, type Decimal } from "../domain/decimal.ts";
import { excerpt, valueOf } from "./json-line.ts";
import { wholePercentage } from "./weights.ts";

/** A field of a line that states how much to trade. */
export interface SizeField {
  readonly key: string;
  /** As written. */
  readonly value: string;
  /** A fraction of the account; undefined when the value is ambiguous. */
  readonly weight: Decimal | undefined;
  /** It may say something else (`prev_weight`), so it does no harm where another size can be read. */
  readonly isAside: boolean;
}

const WORDS =
  "weight|weighting|allocation|alloc|percent|percentage|pct|size|sizing|quantity|qty|notional|amount|shares|contracts|units|lots|exposure|stake|fraction|portion";
/** `weight`, `Position_Size`, `orderQty`, `amountUsd`: the key begins or ends with a word for a size. */
const SIZE_KEY = new RegExp(`^(?:${WORDS})|(?:${WORDS})s?$`);
/** Sizes only if they hold a figure: `"position": 0.5` but not `"position": "long"`, and never as a part of a longer key (`sharePrice`). */
const FIGURE_KEY =
  /^(?:(?:new|desired|to|model|portfolio|account)?(?:target|tgt|wt|wgt|w|pos|position|leverage|portfolio)s?|share|contract|unit|lot|tranche|ratio|bps|usd|dollars|multiplier|scale|legs?|(?:share|part)of[a-z]*|(?:portfolio|account|equity|nav|cash)share|(?:order|trade|position|target|dollar|cash|buy|sell)?value(?:usd)?)$/;
/** Orders: a size may be inside. */
const ORDER_KEY = /^(?:orders?|trades?)$/;
/** `pct_change`, `stopPercent`: figures about the market or a safeguard. */
const OTHER_KEY = /change|chg|gain|loss|return|profit|drawdown|stop|risk|move|fee|volume|step|tick|outstanding|confidence|volatil|yield/;
/** Percentages that are figures about the market or the strategy. */
const STATISTIC_KEY = /rate$|prob|score|rank|rsi|pnl|perf|accuracy|distance|spread|slippage|trail|^(?:sl|tp)$/;
/** What is or was held is no target, and a difference or a limit is no weight. */
const HELD =
  /^(?:prev|previous|prior|old|current|curr|last|actual|held|existing|from|before|delta|max|min)|(?:prev|previous|old|current|before|delta|diff|max|min|limit|cap)$/;
const WEIGHT_CHANGE = /^(?:weights?|weighting|alloc|allocation|exposure|position)(?:pct|percent)?(?:change|chg)$/;
/** Read elsewhere, or never a size. */
const LINE_KEY = /^(?:timestamp|symbol|action|price|reason|origin)$/;
const WEIGHT_KEY = /weights?$/;
const PERCENT_KEY = /^(?:percent|percentage|pct)|(?:percent|percentage|pct)s?$/;
const PLAIN_NUMBER = /^\d{1,6}(?:\.\d{1,15})?$/;

/** The fields that state a size (R2), whatever the case and form of their keys. `null` and an empty string state none. */
export function sizeFields(raw: ReadonlyMap<string, string>): SizeField[] {
  return [...raw].flatMap(([key, json]) => {
    const letters = lettersOf(key);
    const value = valueOf(json);
    // Whatever an inner size means, it is not certain that it means this line.
    if (ORDER_KEY.test(letters)) return sizesInside(value).map((field) => ({ ...field, key: `${key}.${field.key}`, weight: undefined }));
    if (value === null || (typeof value === "string" && value.trim() === "")) return [];
    const text = typeof value === "string" ? value.trim() : json;
    const kind = kindOfKey(letters, value, text);
    if (kind === "other") return [];
    return [{ key, value: json, weight: kind === "size" ? fieldWeight(letters, text) : undefined, isAside: kind === "aside" }];
  });
}

function kindOfKey(letters: string, value: unknown, text: string): "size" | "aside" | "other" {
  if (WEIGHT_CHANGE.test(letters) || (/^(?:delta|budget)$/.test(letters) && hasFigure(value))) return "aside";
  const bare = letters.replace(HELD, "");
  const isSize = (SIZE_KEY.test(bare) && !OTHER_KEY.test(letters)) || (FIGURE_KEY.test(bare) && hasFigure(value));
  if (isSize) return bare === letters ? "size" : "aside";
  // `"x": "50%"`: a percentage of what?
  const isPercentage = typeof value === "string" && wholePercentage(text) !== undefined;
  return isPercentage && ![OTHER_KEY, STATISTIC_KEY, LINE_KEY].some((pattern) => pattern.test(letters)) ? "aside" : "other";
}

function sizesInside(value: unknown): SizeField[] {
  if (Array.isArray(value)) return value.flatMap(sizesInside);
  if (typeof value !== "object" || value === null) return [];
  return sizeFields(new Map(Object.entries(value).map(([name, each]) => [name, JSON.stringify(each)])));
}

/** A number somewhere in it, also in words. */
function hasFigure(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasFigure);
  return typeof value === "string"
    ? /\d|[½⅓⅔¼¾]|\b(?:half|third|quarter)\b/i.test(value)
    : typeof value === "number" && !Number.isNaN(value);
}

function lettersOf(key: string): string {
  return key.toLowerCase().replace(/[^a-z]/g, "");
}

/** `"weight": 50` */
export function fieldText({ key, value }: SizeField): string {
  return `"${excerpt(key).slice(1, -1)}": ${value.length > 60 ? `${value.slice(0, 60)}…` : value}`;
}

/** A weight counts from 0 to 1. A percentage counts only above 1, because 0.5 may be half a percent or one half. */
function fieldWeight(letters: string, text: string): Decimal | undefined {
  const percentage = wholePercentage(text);
  if (percentage !== undefined) return percentage;
  if (!PLAIN_NUMBER.test(text)) return undefined;
  const number = decimal(text);
  if (PERCENT_KEY.test(letters)) return number.eq(ZERO) || (number.gt(ONE) && number.lte(HUNDRED)) ? number.div(HUNDRED) : undefined;
  return WEIGHT_KEY.test(letters) && number.lte(ONE) ? number : undefined;
}
