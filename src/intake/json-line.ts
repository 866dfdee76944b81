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
 */
export function readFields(text: string): LineFields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      kind: "unreadable",
      problem: `The line is not JSON: it reads ${excerpt(text)}, expected one object such as {"timestamp": …}.`,
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "unreadable", problem: `The line holds ${kindOf(value)}, expected one JSON object.` };
  }
  return members(text);
}

/** A short quotation for a message, safe to print: control characters are escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** What a JSON value is, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
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
