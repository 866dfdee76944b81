import { HUNDRED, ONE, ZERO, decimal } from "../domain/decimal.ts";
import type { Decimal } from "../domain/decimal.ts";
import { excerpt, valueOf } from "./json-line.ts";
import { wholePercentage } from "./weights.ts";

/** A field of a line that states how much to trade. */
export interface SizeField {
  readonly key: string;
  /** As written. */
  readonly value: string;
  /** A fraction of the account; undefined when the value is ambiguous. */
  readonly weight: Decimal | undefined;
}

const WORDS =
  "weight|weighting|allocation|alloc|percent|percentage|pct|size|sizing|quantity|qty|notional|amount|shares|contracts|units|lots|exposure|stake|fraction|portion";
/** `weight`, `Position_Size`, `orderQty`, `amountUsd`: the key begins or ends with a word for a size. */
const SIZE_KEY = new RegExp(`^(?:${WORDS})|(?:${WORDS})s?$`);
/** As a part of a longer key these words say something else (`sharePrice`), and with a word as value, too (`"position": "long"`). */
const NUMBER_KEY = /^(?:share|contract|unit|lot|position|ratio|wt|usd|dollars)$/;
/** An object of one order. */
const ORDER_KEY = /^(?:order|trade|position)$/;
/** `pct_change`, `stopPercent`: figures about the market or a safeguard. */
const OTHER_KEY = /change|chg|gain|loss|return|profit|drawdown|stop|risk|move|fee|volume|step|tick|outstanding|confidence|volatil|yield/;
const WEIGHT_KEY = /weights?$/;
const PERCENT_KEY = /^(?:percent|percentage|pct)|(?:percent|percentage|pct)s?$/;
const PLAIN_NUMBER = /^\d{1,6}(?:\.\d{1,15})?$/;

/** The fields that state a size (R2), whatever the case and form of their keys. `null` and an empty string state none. */
export function sizeFields(raw: ReadonlyMap<string, string>): SizeField[] {
  return [...raw].flatMap(([key, json]) => {
    const letters = lettersOf(key);
    const value = valueOf(json);
    if (ORDER_KEY.test(letters) && typeof value === "object" && value !== null) {
      const inside = Object.entries(value).map(([name, each]) => [name, JSON.stringify(each)] as const);
      // Whatever an inner size means, it is not certain that it means this line.
      return sizeFields(new Map(inside)).map((field) => ({ ...field, key: `${key}.${field.key}`, weight: undefined }));
    }
    const isNumber = NUMBER_KEY.test(letters) && !Number.isNaN(Number(typeof value === "string" ? value : json));
    if (!isNumber && (!SIZE_KEY.test(letters) || OTHER_KEY.test(letters))) return [];
    if (value === null || (typeof value === "string" && value.trim() === "")) return [];
    return [{ key, value: json, weight: fieldWeight(letters, typeof value === "string" ? value.trim() : json) }];
  });
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
