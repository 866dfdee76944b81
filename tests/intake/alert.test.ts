import { describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import type { Alert } from "../../src/intake/alert.ts";
import { LONDON, T0, line, plain } from "./alerts.ts";

function alert(text: string | Uint8Array, zone = "UTC"): Alert {
  const read = readAlert(text, zone);
  if (read.kind === "malformed") throw new Error(read.problem);
  return read;
}

function problem(text: string | Uint8Array, zone = "UTC"): string {
  const read = readAlert(text, zone);
  if (read.kind === "alert") throw new Error(`read as an alert for ${read.symbol}`);
  return read.problem;
}

const RECORDED =
  '{"timestamp": "2025-07-14T11:18:00.063759", "symbol": "SMR", "action": "BUY", "price": 37.47999954223633, "reason": "Nuclear portfolio allocation: 31.2% (Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%))"}';

describe("a line", () => {
  test("of the recorded file gives its stamp, exact weight, price and legs", () => {
    const read = alert(RECORDED, LONDON);
    expect(read).toMatchObject({ symbol: "SMR", action: "BUY", price: "37.47999954223633", composite: false });
    expect(read.stamp).toBe(Date.UTC(2025, 6, 14, 10, 18, 0, 63));
    expect(read.weight?.toFixed()).toBe("0.312");
    expect(plain(read.namedLegs!)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
  });

  test("keeps every digit of a price that a float would round, and lets a price be missing, null or text", () => {
    expect(alert(RECORDED.replace("37.47999954223633", "12345678901234567890.123")).price).toBe("12345678901234567890.123");
    expect(alert(RECORDED.replace("37.47999954223633", "null")).price).toBeUndefined();
    expect(alert(RECORDED.replace("37.47999954223633", '"41.5"')).price).toBe("41.5");
    expect(alert(RECORDED.replace(' "price": 37.47999954223633,', "")).price).toBeUndefined();
  });

  test("keeps its hash when the line end becomes that of Windows, and changes it with any other byte", () => {
    expect(alert(`${RECORDED}\r`).hash).toBe(alert(RECORDED).hash);
    expect(alert(`${RECORDED} `).hash).not.toBe(alert(RECORDED).hash);
  });

  test("keeps no more than 64 characters of a price, and no other kind of value than number and text", () => {
    const long = `1.${"3".repeat(80)}`;
    expect(alert(RECORDED.replace("37.47999954223633", long)).price).toBe(long.slice(0, 64));
    expect(alert(RECORDED.replace("37.47999954223633", `"${long}"`)).price).toBe(long.slice(0, 64));
    for (const value of ["true", "[1]", '{"a":1}']) expect(alert(RECORDED.replace("37.47999954223633", value)).price).toBeUndefined();
  });

  test("has an origin only where that is a text, and a weight only where it buys", () => {
    expect(alert(line({ more: { origin: 7 } })).origin).toBeUndefined();
    expect(alert(line({ action: "SELL", reason: "up 50%, out" })).weight).toBeUndefined();
  });

  test("whose key appears twice is malformed, whichever key, and the first of them is named", () => {
    const twice = (key: string): string => line({}).replace("{", `{"${key}": "x", "${key}": 1, `);
    expect(problem(twice("note"))).toBe('The key "note" appears twice in the line.');
    expect(problem(`{"a": 1, "b": 2, "a": 3, "b": 4, ${line({}).slice(1)}`)).toBe('The key "a" appears twice in the line.');
    expect(alert(line({ more: { nested: { note: 1, other: { note: 2 } }, note: [":", { a: "," }] } })).symbol).toBe("SMR");
  });

  test("names what stands where a text belongs", () => {
    expect(problem(line({ more: { reason: null } }))).toBe('"reason" is null, expected a text.');
    expect(problem(line({ more: { reason: [1] } }))).toBe('"reason" is an array, expected a text.');
    expect(problem(line({ more: { reason: { a: 1 } } }))).toBe('"reason" is an object, expected a text.');
    expect(problem(line({ more: { reason: undefined } }))).toBe('"reason" is missing.');
  });

  test("tells an empty text from a missing one and from one of another kind", () => {
    expect(problem(line({ more: { reason: "" } }))).toBe('"reason" is empty, expected a text.');
    expect(problem(line({ more: { reason: "  " } }))).toMatch(/^"reason" is .+, expected a text\.$/);
    expect(problem(line({ more: { reason: 5 } }))).toMatch(/^"reason" is .*number.*, expected a text\.$/);
  });

  test("may be as long as a line may be and no longer", () => {
    const padded = (length: number): string => {
      const short = line({ more: { note: "" } });
      return line({ more: { note: "x".repeat(length - short.length) } });
    };
    expect(readAlert(padded(65_536), "UTC").kind).toBe("alert");
    expect(problem(padded(65_537))).toBe("The line is 65,537 bytes long, expected at most 65,536.");
  });

  test("may carry unknown keys, nested ones too, and an origin", () => {
    const read = alert(line({ more: { confidence: 0.75, extra: { symbol: "XXX", list: [1, { action: "SELL" }] }, origin: "simulator" } }));
    expect(read).toMatchObject({ symbol: "SMR", action: "BUY", origin: "simulator" });
  });

  test("counts its action in any case, its symbol only in capitals", () => {
    expect(alert(line({ action: "buy" })).action).toBe("BUY");
    expect(problem(line({ symbol: "smr" }))).toContain('"symbol" is "smr"');
    for (const action of ["rebuy", "buyer", "sells", "resell", "on hold", "holding"])
      expect(problem(line({ action }))).toBe(`"action" is "${action}", expected BUY, SELL or HOLD.`);
  });

  test.each(["SMR", "F", "GOOGL", "BRK.B", "BF.A", "ACHR.WS"])("may name %s", (symbol) => {
    expect(alert(line({ symbol })).symbol).toBe(symbol);
  });

  test.each(["", "BTC/USD", "TOOLONG", "SM R", "SMR\n", ".B", "BRK.", "SMR1", "КОТ", "CASH_PORTFOLIO"])("may not name %j", (symbol) => {
    expect(problem(line({ symbol }))).toContain('"symbol" is');
  });

  test.each([
    ["no JSON", "hello", "not JSON"],
    ["half an object", RECORDED.slice(0, 80), "not JSON"],
    ["an array", `[${RECORDED}]`, "holds an array"],
    ["a number", "42", "holds the number"],
    ["null", "null", "holds null"],
    ["a raw NUL byte", RECORDED.replace("SMR", "S\0R"), "not JSON"],
    ["NaN where a text belongs", RECORDED.replace(/"reason": ".*"/, '"reason": NaN'), '"reason" is NaN, expected a text.'],
    ["a key twice", RECORDED.replace('"action"', '"symbol": "LEU", "action"'), 'key "symbol" appears twice'],
    ["a key twice, once in disguise", RECORDED.replace('"action"', '"s\\u0079mbol": "LEU", "action"'), 'key "symbol" appears twice'],
    ["no reason", RECORDED.replace('"reason"', '"why"'), '"reason" is missing. Rename "why" to "reason".'],
    ["an empty reason", line({ reason: " " }), '"reason" is'],
    ["an unknown action", line({ action: "SHORT" }), '"action" is "SHORT"'],
    ["a number as timestamp", RECORDED.replace(/"2025[^"]*"/, "1752488280"), '"timestamp" is the number'],
  ])("that is %s is malformed, and says so", (_, text, expected) => {
    expect(problem(text)).toContain(expected);
  });

  test("that is no UTF-8, too deep or too long is malformed", () => {
    expect(problem(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]))).toContain("UTF-8");
    expect(problem("[".repeat(60_000))).toContain("not JSON");
    expect(problem(`${"[".repeat(30_000)}${"]".repeat(30_000)}`)).toContain("array");
    expect(problem(line({ reason: "x".repeat(65_536) }))).toMatch(/bytes long, expected at most 65,536/);
  });

  test.each([
    ["symbol", "ticker", 'Rename "ticker" to "symbol".'],
    ["timestamp", "Timestamp", 'Rename "Timestamp" to "timestamp".'],
    ["timestamp", "timestmap", 'Rename "timestmap" to "timestamp".'],
    ["action", "side", 'Rename "side" to "action".'],
    ["symbol", "symb\u043el", 'In "symb\u043el", character 5 is U+043E, which only looks like a letter.'],
  ])("that lacks its %s and has %j instead says so", (key, other, hint) => {
    expect(problem(RECORDED.replace(`"${key}"`, `"${other}"`))).toBe(`"${key}" is missing. ${hint}`);
  });

  test("that lacks a key does not take another known key for a misspelling of it", () => {
    expect(problem('{"symbol": "SMR", "action": "BUY", "reason": "dip", "price": 1}')).toBe('"timestamp" is missing.');
  });

  test.each([
    ["\u0422QQQ", '"symbol" is "\u0422QQQ": character 1 is U+0422, which only looks like a letter.'],
    ["TQQQ\u200b", '"symbol" is "TQQQ\u200b": character 5 is U+200B, which does not belong there.'],
    ["tqqq", '"symbol" is "tqqq", write "TQQQ".'],
    ["BRK/B", '"symbol" is "BRK/B", write "BRK.B".'],
    ["brk-b ", '"symbol" is "brk-b ", write "BRK.B".'],
    ["$SMR", '"symbol" is "$SMR", write "SMR".'],
    ["BTC/USD", '"symbol" is "BTC/USD", expected a ticker in Alpaca\'s form such as "SMR" or "BRK.B".'],
  ])("whose symbol is %j says what to write", (symbol, expected) => {
    expect(problem(line({ symbol }))).toBe(expected);
  });

  test("whose action has a foreign letter names it", () => {
    expect(problem(line({ action: "BU\u0423" }))).toBe(
      '"action" is "BU\u0423": character 3 is U+0423, which only looks like a letter, expected BUY, SELL or HOLD.',
    );
  });

  test("keeps a readable stamp when something else about it is wrong", () => {
    expect(readAlert(line({ symbol: "?" }), "UTC").stamp).toBe(T0);
    expect(readAlert("?", "UTC").stamp).toBeUndefined();
  });

  test("with sixty thousand digits and no percentage is read without delay", () => {
    expect(alert(line({ reason: "1".repeat(60_000) })).weight).toBeUndefined();
    expect(alert(line({ reason: `SMR${" ".repeat(60_000)}31%` })).weight?.toFixed()).toBe("0.31");
  });
});

describe("a stamp", () => {
  const at = (timestamp: string, zone = LONDON): number => alert(line({ more: { timestamp } }), zone).stamp;

  test("without an offset is read in ALERTS_TIMEZONE, summer and winter", () => {
    expect(at("2025-07-14T11:18:00")).toBe(Date.UTC(2025, 6, 14, 10, 18));
    expect(at("2025-12-14T11:18:00")).toBe(Date.UTC(2025, 11, 14, 11, 18));
    expect(at("2025-07-14 11:18:00.5", "America/New_York")).toBe(Date.UTC(2025, 6, 14, 15, 18, 0, 500));
  });

  test("with an offset or Z means that offset, whatever the zone", () => {
    expect(at("2025-07-14T11:18:00Z")).toBe(Date.UTC(2025, 6, 14, 11, 18));
    expect(at("2025-07-14T11:18:00+00:00")).toBe(Date.UTC(2025, 6, 14, 11, 18));
    expect(at("2025-07-14T11:18:00.063759-04:00")).toBe(Date.UTC(2025, 6, 14, 15, 18, 0, 63));
    expect(at("2025-10-26T01:30:00+01:00")).toBe(Date.UTC(2025, 9, 26, 0, 30));
    expect(at("2025-07-14T11:18:00z")).toBe(Date.UTC(2025, 6, 14, 11, 18));
    expect(at("2025-07-14T23:59:59+05:30")).toBe(Date.UTC(2025, 6, 14, 18, 29, 59));
    expect(at("2025-07-14T11:18:00-0930")).toBe(Date.UTC(2025, 6, 14, 20, 48));
    expect(at("2025-07-14T11:18:00+00:59")).toBe(Date.UTC(2025, 6, 14, 10, 19));
    expect(at("2025-07-14T11:18:00+14:00")).toBe(Date.UTC(2025, 6, 13, 21, 18));
  });

  test("that a clock change makes double or impossible is refused", () => {
    const refused = (timestamp: string, zone: string): string => problem(line({ more: { timestamp } }), zone);
    expect(refused("2025-10-26T01:30:00", LONDON)).toContain("exists twice");
    expect(refused("2025-03-30T01:30:00", LONDON)).toContain("does not exist in Europe/London");
    expect(refused("2025-11-02T01:30:00", "America/New_York")).toContain("exists twice");
    expect(refused("2025-03-09T02:30:00", "America/New_York")).toContain("does not exist");
    // There the clocks are put forward by half an hour.
    expect(refused("2025-10-05T02:15:00", "Australia/Lord_Howe")).toContain("does not exist in Australia/Lord_Howe");
    expect(at("2025-10-05T02:30:00", "Australia/Lord_Howe")).toBe(Date.UTC(2025, 9, 4, 15, 30));
    expect(at("2025-10-26T02:00:00")).toBe(Date.UTC(2025, 9, 26, 2));
    expect(at("2025-10-26T00:59:59")).toBe(Date.UTC(2025, 9, 25, 23, 59, 59));
  });

  test.each([
    "2025-07-14",
    "14.07.2025 11:18:00",
    "2025-02-30T11:18:00",
    "2025-07-14T24:00:00",
    "2025-07-14T11:18:60",
    "2025-07-14T11:18:00+15:00",
    "2025-07-14T11:18:00+14:01",
    "2025-07-14T11:18:00+01:75",
    "now",
    "",
  ])("such as %j is refused", (timestamp) => {
    expect(problem(line({ more: { timestamp } }))).toContain("timestamp");
  });

  test("of a day or hour that does not exist says so", () => {
    for (const timestamp of ["2025-02-30T11:18:00", "2025-07-14T24:00:00", "2025-13-01T00:00:00Z"])
      expect(problem(line({ more: { timestamp } }))).toBe(`The timestamp "${timestamp}" is a day or time that does not exist.`);
  });

  test("is quoted by its first sixty characters", () => {
    const quoted = (length: number): string => problem(line({ more: { timestamp: "t".repeat(length) } }));
    expect(quoted(60)).toContain(`"${"t".repeat(60)}"`);
    expect(quoted(61)).toContain(`"${"t".repeat(60)}…"`);
  });

  test("cannot be read in a zone that does not exist", () => {
    expect(problem(line({ more: { timestamp: "2025-07-14T11:18:00" } }), "Europe/Nowhere")).toContain("ALERTS_TIMEZONE");
  });
});

describe("the weight", () => {
  const weight = (reason: string): string | undefined => alert(line({ reason })).weight?.toFixed();

  test("is the first percentage of the reason, exact", () => {
    expect(weight("Volatility hedge allocation: 75% (Market overbought)")).toBe("0.75");
    expect(weight("Bear market allocation: 62.3% (inverse volatility weighted, 14 days, 5% floor)")).toBe("0.623");
    expect(weight("allocation: 33.333333333333 %")).toBe("0.33333333333333");
    expect(weight("PSQ oversold, aggressive short position (Bear 1)")).toBeUndefined();
    expect(weight("SPY extremely overbought (RSI > 81)")).toBeUndefined();
  });

  test("may exceed the whole, which the run's sum finds", () => {
    expect(weight("allocation: 150%")).toBe("1.5");
  });

  test.each([
    "allocation: -5%",
    "allocation: −5%",
    "allocation: nan% (SMR (50%))",
    "allocation: inf%",
    "allocation: 31,2%",
    "allocation: 1,000%",
    "RSI 79-81% of range",
    "20–60%",
    "20—60%",
    "20 to 60%",
    "between 20 and 60%",
    "60/40%",
    "20%-60%",
    "20% to 60%",
    "1e2%",
    "5.%",
  ])("is refused when the first percentage is no plain number: %s", (reason) => {
    expect(problem(line({ reason }))).toContain("first percentage");
  });
});

test("a range is quoted whole", () => {
  expect(problem(line({ reason: "allocation 20–60%" }))).toContain('is "20–60%", expected a plain one');
  expect(problem(line({ reason: "allocation 20 to 60%" }))).toContain('is "20 to 60%", expected a plain one');
  expect(problem(line({ reason: "allocation 20% or 60%" }))).toContain('is "20% or 60%", expected a plain one');
});

describe("the legs that a reason names", () => {
  const legs = (reason: string, symbol = "UVXY"): Record<string, string> | undefined => {
    const named = alert(line({ symbol, reason })).namedLegs;
    return named === undefined ? undefined : plain(named);
  };

  test.each([
    "Market overbought, UVXY 75% + BTAL 25% allocation",
    "SPY overbought (79-81), UVXY 75% + BTAL 25% allocation",
    "Volatility hedge allocation: 75% (VOX overbought (79-81), UVXY 75% + BTAL 25% allocation)",
  ])("are the hedge's in %j", (reason) => {
    expect(legs(reason)).toEqual({ UVXY: "0.75", BTAL: "0.25" });
  });

  test.each([
    "SPY extremely overbought (RSI > 81)",
    "TQQQ weak, bonds weak, short position (Bear 1)",
    "Bear market allocation: 62.3% (inverse volatility weighted)",
    "SPY overbought (79-81)",
    "RSI 81%, VIX 25%",
    "UVXY up 12%",
    "BTAL (100%)",
    "UVXY (97%)",
    "SMR (40%), LEU (40%)",
    "UVXY 75%, and after the close of the market BTAL 25%",
    "UVXY 75% beside BTAL 25%",
  ])("are none in %j", (reason) => {
    expect(legs(reason)).toBeUndefined();
  });

  test("are a list of one where that is the whole, and a list that does not add up where it has the line's symbol", () => {
    expect(legs("Nuclear portfolio: UVXY (100%)")).toEqual({ UVXY: "1" });
    expect(legs("UVXY (40%), LEU (40%)")).toEqual({ UVXY: "0.4", LEU: "0.4" });
  });

  test("are those of the list that adds up, where another does not", () => {
    expect(legs("UVXY (40%), LEU (40%) is not enough; so UVXY (75%), BTAL (25%) it is")).toEqual({ UVXY: "0.75", BTAL: "0.25" });
  });

  test("may be listed twice alike, in any order", () => {
    expect(legs("UVXY 75% + BTAL 25%; that is BTAL (25%), UVXY (75%)")).toEqual({ UVXY: "0.75", BTAL: "0.25" });
  });

  test.each(["UVXY (75%)                BTAL (25%)", "UVXY 75% & BTAL 25%", "UVXY 75%, and BTAL 25%", "UVXY: 75%; - BTAL: 25%"])(
    "may be joined as in %j",
    (reason) => {
      expect(legs(reason)).toEqual({ UVXY: "0.75", BTAL: "0.25" });
    },
  );

  test("that lie seventeen spaces apart are not one list", () => {
    expect(legs(`UVXY (75%)${" ".repeat(17)}BTAL (25%)`)).toBeUndefined();
  });

  test("are quoted in both ways where the reason contradicts itself", () => {
    expect(problem(line({ symbol: "UVXY", reason: "75% (UVXY 75% + BTAL 25%; before, UVXY 60% + BTAL 40%)" }))).toBe(
      "The reason lists its legs in two different ways: UVXY 75%, BTAL 25% and UVXY 60%, BTAL 40%.",
    );
    expect(problem(line({ symbol: "UVXY", reason: "75% (UVXY 75% + BTAL 25%; or UVXY 75% + TQQQ 25%)" }))).toContain("two different ways");
    expect(problem(line({ symbol: "UVXY", reason: "75% (UVXY 75% + BTAL 25%; or UVXY 75% + BTAL 20% + BIL 5%)" }))).toContain(
      "two different ways",
    );
  });

  test("are found in a paragraph of many lines, past figures about something else", () => {
    const reason =
      "Nuclear allocation: 31.2%\n• SPY RSI (10): 62.3, up 4.1% on the month\n• Portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)\n• value $1,234.56";
    expect(legs(reason, "SMR")).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(legs("Nuclear allocation: 50%\n• SMR (50.0%)\n• BRK.B (50.0%)", "SMR")).toEqual({ SMR: "0.5", "BRK.B": "0.5" });
  });

  test("are in doubt when two whole lists differ or a leg appears twice", () => {
    expect(problem(line({ reason: "75% (UVXY 75% + BTAL 25%; was UVXY (50%), BTAL (50%) before)" }))).toContain("two different ways");
    expect(problem(line({ reason: "50% (UVXY 50% + UVXY 50%)", symbol: "UVXY" }))).toContain("twice");
  });
});

describe("a portfolio's literal name", () => {
  test("UVXY_BTAL_PORTFOLIO is 75/25 in one line", () => {
    const read = alert(line({ symbol: "UVXY_BTAL_PORTFOLIO", reason: "Market overbought" }));
    expect(read.composite).toBe(true);
    expect(plain(read.namedLegs!)).toEqual({ UVXY: "0.75", BTAL: "0.25" });
    expect(problem(line({ symbol: "UVXY_BTAL_PORTFOLIO", reason: "UVXY 60% + BTAL 40%" }))).toContain("expected UVXY 75%, BTAL 25%");
  });

  test("NUCLEAR_PORTFOLIO and BEAR_PORTFOLIO count only with all their legs", () => {
    expect(
      plain(alert(line({ symbol: "NUCLEAR_PORTFOLIO", reason: "Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)" })).namedLegs!),
    ).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(problem(line({ symbol: "NUCLEAR_PORTFOLIO", reason: "Bull market - default nuclear energy play" }))).toContain(
      "does not list legs that add up",
    );
    expect(problem(line({ symbol: "BEAR_PORTFOLIO", reason: "Bear market portfolio: SQQQ (60.0%)" }))).toContain(
      "does not list legs that add up",
    );
  });

  test("cannot be sold", () => {
    expect(problem(line({ symbol: "UVXY_BTAL_PORTFOLIO", action: "SELL" }))).toContain("expected BUY");
  });
});
