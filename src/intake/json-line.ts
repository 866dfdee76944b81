import { jsonFault } from "./json-fault.ts";

/** The members of one JSON object as raw JSON text, so that numbers keep every digit they were written with. */
export type LineFields =
  | { readonly kind: "fields"; readonly raw: ReadonlyMap<string, string>; readonly repeatedKey: string | undefined }
  | { readonly kind: "unreadable"; readonly problem: string };

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Splits a line that holds one JSON object into its members.
 *
 * `JSON.parse` alone would let the last of two equal keys win in silence and would round numbers, so
 * it only proves here that the text is JSON; the members are then cut out of the text itself.
 * A key that stands twice is named in `repeatedKey` and its value is not handed on.
 *
 * A comma too many and a bare `NaN` do no harm: they are read past. `NaN` stays as it is in its member, so
 * that nobody who needs that value takes it for a missing one.
 */
export function readFields(text: string): LineFields {
  const parsed = parse(text) ?? parse(withoutSlips(text));
  if (parsed === undefined) return { kind: "unreadable", problem: `The line is not JSON: ${faultText(text)}` };
  const { value } = parsed;
  if (Array.isArray(value))
    return {
      kind: "unreadable",
      problem: "The line holds an array. Write each object on a line of its own, without brackets around them.",
    };
  if (typeof value !== "object" || value === null) {
    return { kind: "unreadable", problem: `The line holds ${kindOf(value)}, expected one JSON object.` };
  }
  return members(text);
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const NOT_A_NUMBER = /^-?(?:NaN|Infinity)$/;

/** The text without commas before an end, and with a number for NaN; every other character keeps its place. */
function withoutSlips(text: string): string {
  const tokens = [...text.matchAll(TOKEN)];
  let mended = "";
  let from = 0;
  for (const [place, { 0: token, index }] of tokens.entries()) {
    const next = tokens[place + 1]?.[0];
    const isSlip = token === "," && place > 0 && (next === undefined || next === "}" || next === "]");
    mended += text.slice(from, index) + (isSlip ? " " : NOT_A_NUMBER.test(token) ? "0".padEnd(token.length) : token);
    from = index + token.length;
  }
  return mended + text.slice(from);
}

const EXCERPT_BEFORE = 24;

/** Where the fault is, what stands there, and what to write instead. */
function faultText(text: string): string {
  const { index, advice } = jsonFault(withoutSlips(text)) ?? { index: 0, advice: "" };
  const from = Math.max(0, index - EXCERPT_BEFORE);
  return `at column ${String(index + 1)} it reads ${excerpt(`${from > 0 ? "…" : ""}${text.slice(from)}`)}. ${advice}`;
}

/** The value of a member as {@link readFields} gives it; NaN for what it has read past. */
export function valueOf(json: string): unknown {
  const parsed = parse(json);
  return parsed === undefined ? Number.NaN : parsed.value;
}

/** A short quotation for a message, safe to print: control characters are escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** What a JSON value is, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Number.isNaN(value)) return "NaN";
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "nothing";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${excerpt(JSON.stringify(value))}`;
}

/** @param text known to be a JSON object. */
function members(text: string): LineFields {
  const raw = new Map<string, string>();
  let repeatedKey: string | undefined;
  let depth = 0;
  let key: string | undefined;
  let valueStart: number | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") depth -= 1;
    if (depth === 1 && key === undefined && token.startsWith('"')) key = String(JSON.parse(token));
    else if (depth === 1 && valueStart === undefined && token === ":") valueStart = index + 1;
    else if (key !== undefined && (depth === 0 || (depth === 1 && token === ","))) {
      if (raw.has(key)) repeatedKey ??= key;
      raw.set(key, text.slice(valueStart, index).trim());
      key = undefined;
      valueStart = undefined;
    }
    if (token === "{" || token === "[") depth += 1;
  }
  if (repeatedKey !== undefined) raw.delete(repeatedKey);
  return { kind: "fields", raw, repeatedKey };
}
