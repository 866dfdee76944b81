import type { Environment } from "../domain/config.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import { ENTRY, readEnvFile, withPlainLineEnds } from "./env-file.ts";

/**
 * The text of a settings file with changed settings. Other lines, remarks and the order stay; of a name that is there
 * twice, the last entry counts and is the one that changes. A new name is added at the end.
 * @param text that {@link readEnvFile} reads without a problem.
 * @throws TraderError (exit 78) for a value that no line can hold.
 */
export function withSettings(text: string, settings: Environment): string {
  const changes = Object.entries(settings).map(([name, value = ""]) => [name, value] as const);
  const merged = changes.reduce((rest, [name, value]) => withSetting(rest, name, value), withPlainLineEnds(text));
  const { values } = readEnvFile(Buffer.from(merged));
  const lost = changes.find(([name, value]) => values[name] !== value);
  if (lost !== undefined) throw unwritable(lost[0]);
  return text.includes("\r\n") ? merged.replaceAll("\n", "\r\n") : merged;
}

function withSetting(text: string, name: string, value: string): string {
  const written = quoted(name, value);
  const place = placeOf(text, name);
  if (place !== undefined) return text.slice(0, place.start) + written + text.slice(place.end);
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${name}=${written}\n`;
}

/** Where the value of a name begins and ends, with its quotes and without the spaces around it. */
function placeOf(text: string, name: string): { start: number; end: number } | undefined {
  const entry = [...text.matchAll(ENTRY)].findLast(({ groups }) => groups?.name === name);
  if (entry === undefined) return undefined;
  const [, afterSign = 0] = entry.indices?.groups?.is ?? [];
  const raw = entry.groups?.value ?? "";
  const value = raw.trim();
  const start = afterSign + (value === "" ? 0 : raw.indexOf(value));
  return { start, end: start + value.length };
}

/** As `.env` files are read: without quotes a `#` would begin a remark. */
function quoted(name: string, value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value;
  const quote = ["'", '"', "`"].find((each) => !value.includes(each));
  if (quote === undefined || /[\n\r\\]/.test(value)) throw unwritable(name);
  return `${quote}${value}${quote}`;
}

function unwritable(name: string): TraderError {
  return new TraderError(`The value of ${name} cannot be written to a settings file.`, {
    code: "configuration",
    hint: "It must be one line, without all three kinds of quotes and without a backslash.",
    exitCode: EXIT.configuration,
  });
}
