import { malformed } from "./refusals.ts";

/** A line of a table, by the names in its header. */
export interface CsvRow {
  /** For messages: `line 3`. */
  readonly place: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What a table's header may name. */
export interface CsvColumns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/**
 * Reads comma-separated values under a header; a value with a comma is quoted (`""` for a quotation mark). Missing values
 * are absent, empty lines and lines that begin with `#` are skipped.
 * @throws Refusal naming the line and what is wrong with it.
 */
export function readCsv(text: string, { required, optional }: CsvColumns): CsvRow[] {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line, index) => ({ place: `line ${String(index + 1)}`, line }))
    .filter(({ line }) => line.trim() !== "" && !line.startsWith("#"));
  const [first, ...rest] = lines;
  const columns = first === undefined ? [] : valuesIn(first.line).map((name) => name.toLowerCase());
  const known = [...required, ...optional];
  const unknown = columns.find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`the header names "${unknown}"; expected ${known.join(", ")}`);
  const missing = required.find((name) => !columns.includes(name));
  if (missing !== undefined) throw malformed(`the header must name ${missing}; expected ${known.join(", ")}`);
  return rest.map(({ place, line }) => {
    const values = valuesIn(line);
    if (values.length > columns.length) throw malformed(`${place} has more values than the header names`);
    const entries = values.map((value, index) => [columns[index] ?? "", value] as const).filter(([, value]) => value !== "");
    const row = { place, values: Object.fromEntries(entries) };
    const absent = required.find((name) => row.values[name] === undefined);
    if (absent !== undefined) throw malformed(`${place} has no ${absent}`);
    return row;
  });
}

function valuesIn(line: string): string[] {
  const found = [...line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))/g)];
  return found.map(([, quoted, plain = ""]) => (quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"')));
}
