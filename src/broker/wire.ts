import { z } from "zod";
import type { Decimal } from "../domain/decimal.ts";
import { decimalFromNumber, parseDecimal } from "../domain/decimal.ts";

/**
 * The venue's data types. Lenient where the venue has changed its mind before (fields come and go,
 * null stands for absent), strict where a misread value would move money: a value that is there but
 * cannot be read is an error and never a zero.
 */

/** An exact amount: text in the trading API, a JSON number in market data. */
export const amount = z.union([z.string(), z.number()]).transform((value, context): Decimal => {
  const parsed = typeof value === "number" ? decimalFromNumber(value) : parseDecimal(value.trim());
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "is not a decimal number" });
  return z.NEVER;
});

/** A moment, with up to nanoseconds; kept in milliseconds since the epoch. */
export const instant = z.string().transform((text, context): number => {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  context.addIssue({ code: "custom", message: "is not a moment" });
  return z.NEVER;
});

export const text = z.string().min(1);

/** Null, an empty text and a missing key all mean "not there". */
export function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> {
  return z.preprocess((value) => (value === null || value === "" ? undefined : value), schema.optional());
}

/** As {@link optional}, with what to take when it is not there. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>): z.ZodType<z.output<Schema>> {
  return optional(schema).transform((value) => value ?? fallback);
}

/** What cannot be read counts as not there: for rows of which anything that is known is worth having. */
export function piece<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> {
  return z
    .unknown()
    .transform((value) => {
      const result = schema.safeParse(value);
      return result.success ? result.data : undefined;
    })
    .optional();
}

/** `buy`, or `sell` in any of its forms (`sell_short` in activities). */
export const side = z.string().transform((word, context): "buy" | "sell" => {
  if (/^buy/i.test(word)) return "buy";
  if (/^sell/i.test(word)) return "sell";
  context.addIssue({ code: "custom", message: "is neither buy nor sell" });
  return z.NEVER;
});

/** What is wrong with an answer, in one line: `equity: is not a decimal number`. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/** @throws UnreadableAnswer when `json` lacks something that is needed. */
export function read<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  return readOr(schema, json, (problem) => {
    throw new UnreadableAnswer(problem);
  });
}

/** One row of a list, or what `otherwise` makes of it and of what is wrong with it: one odd row must not hide the others (R34). */
export function readOr<Schema extends z.ZodType>(
  schema: Schema,
  row: unknown,
  otherwise: (problem: string) => z.output<Schema>,
): z.output<Schema> {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join(".") ?? "";
  return otherwise(`${where === "" ? "it" : where}: ${issue?.message ?? "unreadable"}`);
}

/** A list from the venue, whose rows are read one by one. */
export const rows = z.array(z.unknown());
