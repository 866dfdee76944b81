import { Refusal } from "./refusals.ts";

/** As Go's `strconv.ParseBool` reads them, which Alpaca uses; Python clients send `True`. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);
const UUID = /^([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})$/i;

/** A comma-separated parameter, or a repeated one. */
export function listOf(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

/** Like {@link listOf}, of known words only. @throws Refusal naming the first unknown one. */
export function choices<T extends string>(query: URLSearchParams, name: string, values: readonly T[]): T[] {
  return listOf(query, name).map((text) => values.find((each) => each === text) ?? refuse(name, text));
}

/** `undefined` when it is absent or empty. @throws Refusal when it cannot be read. */
export function optional<T>(query: URLSearchParams, name: string, read: (text: string) => T | undefined): T | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  return read(text) ?? refuse(name, text);
}

/** @throws Refusal unless it is a positive whole number; values above `most` count as `most`. */
export function count(query: URLSearchParams, name: string, byDefault: number, most: number): number {
  const value = optional(query, name, (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined));
  return Math.min(value ?? byDefault, most);
}

export function choice<T extends string>(query: URLSearchParams, name: string, values: readonly T[], byDefault: T): T {
  return optional(query, name, (text) => values.find((each) => each === text)) ?? byDefault;
}

/** False when it is absent. @throws Refusal */
export function flag(query: URLSearchParams, name: string): boolean {
  return optional(query, name, (text) => FLAGS.get(text)) ?? false;
}

/** A UUID as this venue writes it. @throws Refusal */
export function optionalId(query: URLSearchParams, name: string): string | undefined {
  return optional(query, name, (text) => (UUID.test(text) ? canonicalId(text) : undefined));
}

/** Clients may write a UUID in capitals or without hyphens; any other text stays as it is. */
export function canonicalId(text: string): string {
  return UUID.test(text) ? text.replace(UUID, "$1-$2-$3-$4-$5").toLowerCase() : text;
}

export function badParameter(name: string, text: string): Refusal {
  return new Refusal(400, { code: 40010000, message: `invalid ${name}: ${text}` });
}

function refuse(name: string, text: string): never {
  throw badParameter(name, text);
}
