import { ONE, ZERO, decimal } from "../domain/decimal.ts";
import { fieldText, sizeFields, type SizeField } from "./size-field.ts";
import { partSold, sizeInWords } from "./size-words.ts";
import { weightOf } from "./legs.ts";
import { firstPercentage, percent, weightIn, type Weight } from "./weights.ts";
import { excerpt } from "./json-line.ts";

const HOW = 'Write it as a percentage in the reason, such as "31.2%", or as a field "weight" from 0 to 1.';
const SELLS_ALL = "A SELL sells the whole position. To keep a part, BUY the symbol with its new weight, together with the other legs.";
/** The reason rounds to a tenth of a percent. */
const ROUNDING = decimal("0.001");

/**
 * The weight that a BUY states (R2): the first percentage of its reason, or a field. An unreadable size, or
 * two that differ, make the line unreadable: treated as no size, it would buy for the whole account.
 */
export function sizeBought(raw: ReadonlyMap<string, string>, reason: string, symbol: string): Weight {
  const written = weightOf(reason, symbol);
  if (written.kind === "unreadable") return written;
  const unclear = unclearSize(raw, reason, symbol);
  if (unclear !== undefined) return { kind: "unreadable", problem: unclear };
  const [field, ...others] = sizeFields(raw).filter(({ weight }) => weight !== undefined);
  if (field?.weight === undefined) return written;
  const weight = written.kind === "weight" ? written.weight : field.weight;
  const differs = [field, ...others].find((each) => each.weight?.minus(weight).abs().gt(ROUNDING) === true);
  if (differs === undefined) return { kind: "weight", weight };
  return { kind: "unreadable", problem: `The line gives two sizes: ${fieldText(differs)} and ${percent(weight)}. Remove one of them.` };
}

/** A sentence about an ambiguous size stated anywhere but in a percentage of the reason. */
function unclearSize(raw: ReadonlyMap<string, string>, reason: string, symbol: string): string | undefined {
  const fields = sizeFields(raw);
  const isSaid = weightIn(reason).kind === "weight" || fields.some(({ weight }) => weight !== undefined);
  const field = fields.find(({ weight, isAside }) => weight === undefined && !(isAside && isSaid));
  if (field !== undefined) return `The line gives a size as ${fieldText(field)}, which cannot be read. ${HOW}`;
  const words = sizeInWords(reason.slice(0, firstPercentage(reason)?.index), symbol);
  return words === undefined ? undefined : `The reason gives a size as ${excerpt(words)}, which cannot be read. ${HOW}`;
}

/** A portfolio's name means the whole account. */
export function problemOfComposite(raw: ReadonlyMap<string, string>, reason: string, symbol: string): string | undefined {
  const part = sizeFields(raw).find(({ weight }) => weight?.eq(ONE) === false);
  if (part !== undefined) return `The line gives a size as ${fieldText(part)}, but ${symbol} means the whole account.`;
  return unclearSize(raw, reason, symbol);
}

/** Why a SELL is refused: it mentions a part, and never more is sold than stated (R2). */
export function problemOfSale(raw: ReadonlyMap<string, string>, reason: string, symbol: string): string | undefined {
  const field = sizeFields(raw).find((each) => !isWhole(each));
  const part = field === undefined ? partSold(reason, symbol) : fieldText(field);
  return part === undefined ? undefined : `The line sells only a part: ${field === undefined ? excerpt(part) : part}. ${SELLS_ALL}`;
}

/** `"weight": 0`, `"percent": 100` and `"quantity": "all"` sell all of it. */
function isWhole({ weight, value }: SizeField): boolean {
  if (weight !== undefined) return weight.eq(ZERO) || weight.eq(ONE);
  return /^"(?:all|full|max)"$/i.test(value) || Number(value.replaceAll('"', "")) === 0;
}
