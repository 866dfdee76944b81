import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../domain/broker.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { newYorkInstant, sessionOn, sessionsBetween } from "../simulator/sessions.ts";
import type { DailyBar } from "../domain/daily-bar.ts";
import { CSV_HEADER, readCsvBars } from "./csv-bars.ts";
import type { MarketHistory } from "./market-history.ts";

const MAX_LISTED_DATES = 5;

/**
 * Reads `SYMBOL.csv` of every symbol from a directory. Sessions are those of the New York Stock Exchange plus any
 * other weekday with a bar in one of the files. Without a file of the benchmark there is nothing to compare with.
 * @throws TraderError naming the directory, the missing files, or file and line.
 */
export function readCsvHistory(
  directory: string,
  symbols: readonly string[],
  { start, to, benchmark }: { readonly start: string; readonly to: string; readonly benchmark: string | undefined },
): MarketHistory {
  assertDirectory(directory);
  const texts = symbols.map((symbol) => [symbol, textOf(join(directory, `${symbol}.csv`))] as const);
  const missing = texts.filter(([, text]) => text === undefined).map(([symbol]) => `${symbol}.csv`);
  if (missing.length > 0)
    throw new TraderError(`${directory} has no ${missing.join(", ")}.`, {
      code: "csv-bars",
      hint: `Each symbol of the strategies needs its own file with the header ${CSV_HEADER}.`,
    });
  const bars = new Map(texts.map(([symbol, text]) => [symbol, readCsvBars(text ?? "", join(directory, `${symbol}.csv`))]));
  const { sessions, extra } = sessionsOf([...bars.values()], start, to);
  const compared = benchmark === undefined || bars.has(benchmark) ? undefined : textOf(join(directory, `${benchmark}.csv`));
  if (benchmark !== undefined && compared !== undefined) bars.set(benchmark, readCsvBars(compared, join(directory, `${benchmark}.csv`)));
  return { source: `CSV files in ${directory}`, invented: false, sessions, bars, warnings: extra };
}

function assertDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new TraderError(`--bars is ${JSON.stringify(directory)}, which is not a directory.`, {
    code: "csv-bars",
    hint: `Expected a directory with one file per symbol, such as SPY.csv, with the header ${CSV_HEADER}.`,
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (Error.isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw new TraderError(`${file} cannot be read: ${messageOf(error)}.`, {
      code: "csv-bars",
      hint: "Make it a file that our user can read.",
    });
  }
}

function sessionsOf(series: readonly (readonly DailyBar[])[], start: string, end: string): { sessions: Session[]; extra: string[] } {
  const known = sessionsBetween(start, end).map(({ date }) => date);
  const dates = new Set(known);
  for (const bars of series) for (const { session } of bars) if (session >= start && session <= end) dates.add(session);
  const extra = [...dates].filter((date) => sessionOn(date) === undefined).sort();
  return { sessions: [...dates].sort().map(sessionOf), extra: extra.length === 0 ? [] : [closedDays(extra)] };
}

function sessionOf(date: string): Session {
  const { open, close } = sessionOn(date) ?? { open: newYorkInstant(date, "09:30"), close: newYorkInstant(date, "16:00") };
  return { date, open, close };
}

function closedDays(dates: readonly string[]): string {
  const more = dates.length > MAX_LISTED_DATES ? ` and ${dates.length - MAX_LISTED_DATES} more` : "";
  return `The files have bars for days when the exchange was closed (${dates.slice(0, MAX_LISTED_DATES).join(", ")}${more}); they count as sessions.`;
}
