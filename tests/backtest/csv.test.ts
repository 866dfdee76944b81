import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { readCsvBars } from "../../src/backtest/csv-bars.ts";
import { readCsvHistory } from "../../src/backtest/csv-history.ts";

const HEADER = "date,open,high,low,close,volume";
const GOOD = "2024-03-04,100,103,99.5,102,1200";

describe("a CSV file", () => {
  test("is read with any line end, a byte-order mark and trailing blank lines", () => {
    const text = `\uFEFFDate,Open,High,Low,Close,Volume\r\n${GOOD}\r\n2024-03-05, 101.25 ,103,99,99,0\r\n\r\n`;
    expect(readCsvBars(text, "SPY.csv")).toEqual([
      { session: "2024-03-04", open: 100, high: 103, low: 99.5, close: 102, volume: 1200 },
      { session: "2024-03-05", open: 101.25, high: 103, low: 99, close: 99, volume: 0 },
    ]);
  });

  test.each([
    ["", 1, 'it begins with "", expected date,open,high,low,close,volume'],
    ["Date,Open,High,Low,Close,Adj Close,Volume\n", 1, 'it begins with "Date,Open,High,Low,Close,Adj Close,Volume", expected'],
    [HEADER, 1, "it has no bar after its header"],
    [`${HEADER}\n2024-03-04,100,103,99,102`, 2, "it has 5 columns, expected 6"],
    [`${HEADER}\n${GOOD}\n\n2024-03-06,1,1,1,1,1`, 3, "it has 1 columns, expected 6"],
    [`${HEADER}\n03/04/2024,100,103,99,102,5`, 2, 'its date is "03/04/2024", expected YYYY-MM-DD'],
    [`${HEADER}\n2024-02-30,100,103,99,102,5`, 2, 'its date is "2024-02-30"'],
    [`${HEADER}\n2024-03-03,100,103,99,102,5`, 2, "2024-03-03 is a Saturday or Sunday"],
    [`${HEADER}\n${GOOD}\n${GOOD}`, 3, "2024-03-04 comes after 2024-03-04"],
    [`${HEADER}\n2024-03-05,1,1,1,1,1\n${GOOD}`, 3, "2024-03-04 comes after 2024-03-05"],
    [`${HEADER}\n2024-03-04,100,103,99,null,5`, 2, 'its close is "null", expected a plain number'],
    [`${HEADER}\n2024-03-04,,103,99,102,5`, 2, 'its open is "", expected a plain number'],
    [`${HEADER}\n2024-03-04,100,103,-99,102,5`, 2, 'its low is "-99"'],
    [`${HEADER}\n2024-03-04,100,103,0,102,5`, 2, "its low is 0, which is not a price"],
    [`${HEADER}\n2024-03-04,100,99,103,102,5`, 2, "its prices contradict each other"],
    [`${HEADER}\n2024-03-04,100,103,99,104,5`, 2, "its prices contradict each other (low 99, high 103, close 104)"],
  ])("with an error is refused by file and line: %j", (text, line, problem) => {
    expect(() => readCsvBars(text, "bars/SPY.csv")).toThrow(`bars/SPY.csv, line ${String(line)}: ${problem}`);
  });
});

describe("a directory of CSV files", () => {
  let directory = "";
  const PERIOD = { start: "2024-03-01", to: "2024-03-06", benchmark: "QQQ" };
  const write = (name: string, ...dates: readonly string[]): void =>
    writeFileSync(join(directory, name), [HEADER, ...dates.map((date) => `${date},10,10,10,10,1`)].join("\n"));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "csv-bars-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("has the sessions of the exchange, half-days included, whatever bars exist", () => {
    write("SPY.csv", "2024-11-27");
    const { sessions, bars, warnings } = readCsvHistory(directory, ["SPY"], { start: "2024-11-27", to: "2024-12-02", benchmark: "SPY" });
    expect(sessions.map(({ date }) => date)).toEqual(["2024-11-27", "2024-11-29", "2024-12-02"]);
    expect(new Date(sessions[1]!.close).toISOString()).toBe("2024-11-29T18:00:00.000Z");
    expect(bars.get("SPY")).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test("may have bars of a weekday when the exchange was closed, with a warning", () => {
    write("SPY.csv", "2024-12-24", "2024-12-25", "2024-12-26");
    const { sessions, warnings } = readCsvHistory(directory, ["SPY"], { start: "2024-12-24", to: "2024-12-26", benchmark: undefined });
    expect(sessions.map(({ date }) => date)).toEqual(["2024-12-24", "2024-12-25", "2024-12-26"]);
    expect(warnings).toEqual(["The files have bars for days when the exchange was closed (2024-12-25); they count as sessions."]);
  });

  test("must have a file for every symbol; all missing ones are named together", () => {
    write("SPY.csv", "2024-03-04");
    expect(() => readCsvHistory(directory, ["SPY", "TLT", "UVXY"], PERIOD)).toThrow(`${directory} has no TLT.csv, UVXY.csv.`);
  });

  test("must exist", () => {
    expect(() => readCsvHistory(join(directory, "none"), ["SPY"], PERIOD)).toThrow("which is not a directory");
  });
});
