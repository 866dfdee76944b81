import type { Decimal } from "../domain/decimal.ts";
import { parseDecimal, toText } from "../domain/decimal.ts";
import { TraderError } from "../domain/errors.ts";
import type { Row } from "./database.ts";

/**
 * Converts between rows and values. Writing gives every value the one form of the schema; reading checks
 * it again, so a row changed by hand stops the program instead of misleading it.
 */

/** Milliseconds since the epoch, whole; fractions are dropped, so that nothing is in the future. */
export function instant(at: number): number {
  if (!Number.isFinite(at)) throw new RangeError(`${String(at)} is not an instant.`);
  return Math.floor(at);
}

export function optionalInstant(at: number | undefined): number | null {
  return at === undefined ? null : instant(at);
}

export function optionalDecimal(value: Decimal | undefined): string | null {
  return value === undefined ? null : toText(value);
}

export function flag(value: boolean): number {
  return value ? 1 : 0;
}

/** A JSON value as text; `undefined` (nothing known) becomes NULL and is read back as `undefined`. */
export function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : unreadable(column, value);
}

export function readOptionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : readText(row, column);
}

export function readInteger(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" && Number.isInteger(value) ? value : unreadable(column, value);
}

export function readOptionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : readInteger(row, column);
}

export function readFlag(row: Row, column: string): boolean {
  return readInteger(row, column) === 1;
}

export function readDecimal(row: Row, column: string): Decimal {
  return decimalIn(row[column], column);
}

export function readOptionalDecimal(row: Row, column: string): Decimal | undefined {
  return row[column] === null ? undefined : readDecimal(row, column);
}

export function readJson(row: Row, column: string): unknown {
  const text = readOptionalText(row, column);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return unreadable(column, text);
  }
}

/** As {@link readJson}, but only when it is used, and then once: what it gives is shared, so nobody may change it. `null` counts as nothing. */
export function laterJson(row: Row, column: string): () => unknown {
  let read: { readonly value: unknown } | undefined;
  return () => (read ??= { value: readJson(row, column) ?? undefined }).value;
}

export function readOneOf<T extends string>(row: Row, column: string, known: readonly T[]): T {
  const value = row[column];
  return known.find((word) => word === value) ?? unreadable(column, value);
}

export function readOptionalOneOf<T extends string>(row: Row, column: string, known: readonly T[]): T | undefined {
  return row[column] === null ? undefined : readOneOf(row, column, known);
}

/** A list of strings, as JSON. */
export function readTexts(row: Row, column: string): string[] {
  return textsIn(readJson(row, column), column);
}

/** As {@link readTexts}, for a part of a JSON value. */
export function textsIn(list: unknown, column: string): string[] {
  return isTextList(list) ? list : unreadable(column, list);
}

/** Pairs instead of an object, so that the order of the symbols survives. */
export function textPairs(map: ReadonlyMap<string, string>): string {
  return JSON.stringify([...map]);
}

export function decimalPairs(map: ReadonlyMap<string, Decimal>): string {
  return JSON.stringify([...map].map(([symbol, value]) => [symbol, toText(value)]));
}

export function readTextPairs(value: unknown, column: string): Map<string, string> {
  if (!Array.isArray(value)) return unreadable(column, value);
  return new Map(value.map((pair: unknown) => (isPair(pair) ? pair : unreadable(column, pair))));
}

export function readDecimalPairs(value: unknown, column: string): Map<string, Decimal> {
  return new Map([...readTextPairs(value, column)].map(([symbol, text]) => [symbol, decimalIn(text, column)]));
}

export function unreadable(column: string, value: unknown): never {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : `a value of type ${typeof value}`;
  throw new TraderError(`The ledger holds ${shown} as ${column}, which cannot be read.`, {
    code: "ledger-damaged",
    hint: "Restore a backup of the ledger; something other than this program has changed it.",
  });
}

function decimalIn(value: unknown, column: string): Decimal {
  return parseDecimal(value) ?? unreadable(column, value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isPair(value: unknown): value is [string, string] {
  return isTextList(value) && value.length === 2;
}
