import { TraderError } from "../domain/errors.ts";
import type { DailyBar } from "../domain/daily-bar.ts";
import { isDate } from "./period.ts";

/** The header of a file. Other columns are refused: a file might pair `Adj Close` with unadjusted opens, for example. */
export const CSV_HEADER = "date,open,high,low,close,volume";

const NUMBER = /^\d+(\.\d+)?([eE][+-]?\d{1,2})?$/;
const SATURDAY = 6;
/** Adjusting rounds each price separately, so a close may be slightly above its high. */
const ROUNDING = 1e-4;

/** Reads one symbol's daily bars. @param file for messages. @throws TraderError `csv-bars` with file and line. */
export function readCsvBars(text: string, file: string): DailyBar[] {
  const [header = "", ...rows] = text
    .replace(/^\uFEFF/, "")
    .trimEnd()
    .split(/\r?\n/);
  if (header.trim().toLowerCase() !== CSV_HEADER)
    throw wrong(
      file,
      1,
      `it begins with ${shown(header)}, expected ${CSV_HEADER}`,
      "Adjust all four prices of a day for splits and dividends.",
    );
  if (rows.length === 0) throw wrong(file, 1, "it has no bar after its header", "Each line after the header is one session.");
  const bars: DailyBar[] = [];
  for (const [index, row] of rows.entries()) {
    const bar = barOf(row, (problem, hint) => wrong(file, index + 2, problem, hint));
    const before = bars.at(-1)?.session ?? "";
    if (bar.session <= before) throw wrong(file, index + 2, `${bar.session} comes after ${before}`, "One line per session, oldest first.");
    bars.push(bar);
  }
  return bars;
}

type Wrong = (problem: string, hint: string) => TraderError;

function barOf(row: string, fail: Wrong): DailyBar {
  const [session = "", ...figures] = row.split(",").map((part) => part.trim());
  if (figures.length !== 5) throw fail(`it has ${figures.length + 1} columns, expected 6`, `Expected ${CSV_HEADER}.`);
  if (!isDate(session)) throw fail(`its date is ${shown(session)}, expected YYYY-MM-DD`, "Use the New York date of the session.");
  if (isWeekend(session))
    throw fail(`${session} is a Saturday or Sunday`, "Use the New York date of the session; another zone may have shifted it.");
  const [open, high, low, close, volume] = figures.map((figure, index) => numberOf(figure, NAMES[index] ?? "", fail));
  const bar = { session, open: open ?? 0, high: high ?? 0, low: low ?? 0, close: close ?? 0, volume: volume ?? 0 };
  assertPrices(bar, fail);
  return bar;
}

const NAMES = ["open", "high", "low", "close", "volume"] as const;

function numberOf(text: string, name: string, fail: Wrong): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw fail(`its ${name} is ${shown(text)}, expected a plain number`, "Leave out days without a price.");
}

function assertPrices(bar: DailyBar, fail: Wrong): void {
  const { open, high, low, close } = bar;
  const free = Object.entries({ open, high, low, close }).find(([, price]) => price <= 0);
  if (free !== undefined) throw fail(`its ${free[0]} is 0, which is not a price`, "Leave out days without a price.");
  const outside = Object.entries({ open, close }).find(([, price]) => price > high * (1 + ROUNDING) || price < low * (1 - ROUNDING));
  if (high < low || outside !== undefined)
    throw fail(
      `its prices contradict each other (low ${low}, high ${high}, ${outside === undefined ? "" : `${outside[0]} ${outside[1]}, `}`.replace(
        /, $/,
        ")",
      ),
      "Adjust all four prices of a day in the same way.",
    );
}

function isWeekend(date: string): boolean {
  return [0, SATURDAY].includes(new Date(`${date}T00:00:00Z`).getUTCDay());
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function wrong(file: string, line: number, problem: string, hint: string): TraderError {
  return new TraderError(`${file}, line ${line}: ${problem}.`, { code: "csv-bars", hint });
}
