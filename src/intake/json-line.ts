import { jsonFault } from "./json-fault.ts";
import { allMatches } from "./matches.ts";

/** The members of one JSON object as raw JSON text, so that numbers keep all their digits. */
export type LineFields =
  | { readonly kind: "fields"; readonly raw: ReadonlyMap<string, string>; readonly repeatedKey: string | undefined }
  | { readonly kind: "unreadable"; readonly problem: string };

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Splits a line that holds one JSON object into its members.
 *
 * `JSON.parse` alone would silently keep the last of two equal keys and would round numbers, so it only
 * checks that the text is JSON; the members are then cut out of the text itself.
 * A repeated key is returned in `repeatedKey`, without its value.
 *
 * An extra comma and a bare `NaN` are tolerated. `NaN` is kept in its member, so that it is not mistaken
 * for a missing value.
 */
export function readFields(text: string): LineFields {
  const parsed = parse(text) ?? parse(withoutSlips(text));
  if (parsed === undefined) return { kind: "unreadable", problem: `The line is not JSON: ${faultText(text)}` };
  const { value } = parsed;
  if (Array.isArray(value))
    return {
      kind: "unreadable",
      problem: "The line holds an array. Write each object on its own line, without brackets around them.",
    };
  if (typeof value !== "object" || value === null)
    return { kind: "unreadable", problem: `The line holds ${kindOf(value)}, expected one JSON object.` };
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

/** The text without trailing commas and with a number for NaN; every other character keeps its position. */
function withoutSlips(text: string): string {
  const tokens = allMatches(TOKEN, text);
  let repaired = "";
  let from = 0;
  for (const [place, { 0: token, index }] of tokens.entries()) {
    const next = tokens[place + 1]?.[0];
    const isSlip = token === "," && place > 0 && (next === undefined || next === "}" || next === "]");
    repaired += text.slice(from, index) + (isSlip ? " " : NOT_A_NUMBER.test(token) ? "0".padEnd(token.length) : token);
    from = index + token.length;
  }
  return repaired + text.slice(from);
}

const EXCERPT_BEFORE = 24;

/** Where the fault is, what is there, and what to write instead. */
function faultText(text: string): string {
  const { index, advice } = jsonFault(withoutSlips(text)) ?? { index: 0, advice: "" };
  const from = Math.max(0, index - EXCERPT_BEFORE);
  return `column ${String(index + 1)} reads ${excerpt(`${from > 0 ? "…" : ""}${text.slice(from)}`)}. ${advice}`;
}

/** The value of a member returned by {@link readFields}; NaN for a tolerated `NaN`. */
export function valueOf(json: string): unknown {
  const parsed = parse(json);
  return parsed === undefined ? Number.NaN : parsed.value;
}

/** A short excerpt for a message, with control characters escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Number.isNaN(value)) return "NaN";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${excerpt(JSON.stringify(value))}`;
}

/** @param text known to be a JSON object. */
function members(text: string): LineFields {
  const raw = new Map<string, string>();
  let repeatedKey: string | undefined;
  let depth = 0;
  let key: string | undefined;
  let valueStart: number | undefined;
  for (const { 0: token, index } of allMatches(TOKEN, text)) {
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
