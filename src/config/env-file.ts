import { isUtf8 } from "node:buffer";
import { parse } from "dotenv";
import { mistakenFor } from "./misspelled.ts";
import { SETTINGS } from "./settings.ts";

export interface EnvFile {
  /** All that could be read, also when something else in it is wrong. */
  readonly values: Readonly<Record<string, string>>;
  /** What cannot be read as it was meant, each a sentence without its full stop. Never a value: it may be a secret. */
  readonly problems: readonly string[];
}

/** One entry, as dotenv reads it; it skips all other lines silently, a misspelled limit among them. */
export const ENTRY =
  /^\s*(?:export\s+)?(?<name>[\w.-]+)(?<is>\s*=\s*?|:\s+?)(?<value>\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\n]+)?\s*(?<remark>#.*)?$/dgm;

const QUOTED = /^(['"`])[\s\S]*\1$/;

export function readEnvFile(bytes: Buffer): EnvFile {
  const unreadable = notUtf8(bytes);
  if (unreadable !== undefined) return { values: {}, problems: [unreadable] };
  const text = withPlainLineEnds(bytes.toString("utf8"));
  return { values: parse(text), problems: problemsIn(text) };
}

/** As dotenv reads it. */
export function withPlainLineEnds(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** Names in it that no setting has; one that is close to a setting is an error, and reported as that. */
export function unknownNames({ values }: EnvFile): string[] {
  return Object.keys(values).filter(
    (name) => !(name in SETTINGS) && values[name]?.trim() !== "" && mistakenFor(name, "file") === undefined,
  );
}

function notUtf8(bytes: Buffer): string | undefined {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16 || bytes.includes(0)) return "it is UTF-16 or binary; save it as UTF-8 (in PowerShell `Out-File -Encoding utf8`)";
  if (isUtf8(bytes)) return undefined;
  const line = bytes
    .toString("latin1")
    .split(/\r\n|\r|\n/)
    .findIndex((each) => !isUtf8(Buffer.from(each, "latin1")));
  return `line ${String(line + 1)} is not UTF-8; save the file as UTF-8`;
}

function problemsIn(text: string): string[] {
  const problems = new Map<number, string>();
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const rest = text.replaceAll(ENTRY, (entry: string, ...found: unknown[]) => {
    const [offset, , { name = "", value = "", remark = "" }] = found.slice(-3) as [number, string, Record<string, string | undefined>];
    const line = lineAt(offset + entry.length - entry.trimStart().length);
    const trouble = troubleWith(value.trim(), remark, entry);
    if (trouble !== undefined) problems.set(line, `line ${String(line)} (${name}) ${trouble}`);
    return entry.replaceAll(/[^\n]/g, "");
  });
  for (const [index, left] of rest.split("\n").entries())
    if (left.trim() !== "" && !left.trim().startsWith("#")) problems.set(index + 1, `line ${String(index + 1)} is not NAME=value`);
  return [...problems].toSorted(([one], [other]) => one - other).map(([, problem]) => problem);
}

function troubleWith(value: string, remark: string, entry: string): string | undefined {
  if (QUOTED.test(value)) return undefined;
  if (/^['"`]/.test(value)) return "begins with a quote that is not closed at the end of the value";
  const before = entry.slice(0, entry.length - remark.length);
  if (remark === "" || /\s$/.test(before)) return undefined;
  return "has a # inside its value, which would end there; put the value in quotes, or a space before a remark";
}
