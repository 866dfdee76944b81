import { z } from "zod";
import type { Decimal } from "../domain/decimal.ts";
import { decimalFromNumber, parseDecimal } from "../domain/decimal.ts";

/**
 * The venue's data types. Lenient where the venue has changed before (fields come and go, null means absent),
 * strict where a misread value would move money: a value that is present but unreadable is an error and never a
 * zero.
 */

/** An exact amount: a string in the trading API, a JSON number in market data. */
export const amount = z.union([z.string(), z.number()]).transform((value, context): Decimal => {
  const parsed = typeof value === "number" ? decimalFromNumber(value) : parseDecimal(value.trim());
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "is not a decimal number" });
  return z.NEVER;
});

/** A timestamp, with up to nanoseconds; kept in milliseconds since the epoch. */
export const instant = z.string().transform((text, context): number => {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  context.addIssue({ code: "custom", message: "is not a timestamp" });
  return z.NEVER;
});

export const text = z.string().min(1);

/** Null, an empty string and a missing key all mean "absent". */
export function optional<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema> | undefined> {
  return z.preprocess((value) => (value === null || value === "" ? undefined : value), schema.optional());
}

/** Like {@link optional}, with a default. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>): z.ZodType<z.output<Schema>> {
  return optional(schema).transform((value) => value ?? fallback);
}

/** An unreadable value counts as absent: for rows where any known field is useful. */
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

/** The first problem of an answer, in one line: `equity: is not a decimal number`. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/** @throws UnreadableAnswer when `json` lacks something required. */
export function read<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  return readOr(schema, json, (problem) => {
    throw new UnreadableAnswer(problem);
  });
}

/** One row of a list, or the result of `otherwise` for an unreadable one: one damaged row must not hide the others (R34). */
export function readOr<Schema extends z.ZodType>(
  schema: Schema,
  row: unknown,
  otherwise: (problem: string) => z.output<Schema>,
): z.output<Schema> {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join(".") ?? "";
  if (where === "") return otherwise(row === undefined || row === null || row === "" ? "it is empty" : "it is not in the expected form");
  return otherwise(`${where}: ${issue?.message ?? "unreadable"}`);
}

/** A list from the venue, read row by row. */
export const rows = z.array(z.unknown());
