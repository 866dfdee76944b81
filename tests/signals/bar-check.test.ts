import { describe, expect, test } from "@jest/globals";
import { barBasis, basisText } from "../../src/domain/bar-basis.ts";
import type { BarBasis } from "../../src/domain/bar-basis.ts";
import { checkBars } from "../../src/signals/bar-check.ts";
import type { DailyBar } from "../../src/domain/daily-bar.ts";
import { barOf, calendarUpTo, closedBasis, LAST, series } from "./bar-examples.ts";

const SYMBOLS = ["SPY", "OKLO"];

/** What is doubted about OKLO beside a sound SPY. */
function doubtAbout(oklo: readonly DailyBar[] | undefined, basis: BarBasis = closedBasis()): string | undefined {
  const bars = new Map([["SPY", series(basis.last)], ...(oklo === undefined ? [] : [["OKLO", oklo] as const])]);
  const checked = checkBars(SYMBOLS, bars, basis);
  return checked.kind === "sound" ? undefined : checked.doubts.map(({ reason }) => reason).join(" ");
}

describe("the session whose bar is the newest", () => {
  const calendar = calendarUpTo(LAST, "2026-11-20");
  const at = (time: string): number => Date.parse(`${LAST}T${time}-05:00`);

  test.each([
    ["live", "09:29", "2026-11-23", false],
    ["live", "09:30", LAST, true],
    ["live", "15:59", LAST, true],
    ["live", "16:00", LAST, false],
    ["closed", "09:30", "2026-11-23", false],
    ["closed", "15:59", "2026-11-23", false],
    ["closed", "16:00", LAST, false],
  ] as const)("with %s at %s is that of %s (running: %s)", (mode, time, last, live) => {
    expect(barBasis(calendar, mode, at(time))).toMatchObject({ last, live, today: LAST });
  });

  test("closes early on a half-day", () => {
    const half = calendarUpTo("2026-11-27", LAST);
    expect(barBasis(half, "closed", Date.parse("2026-11-27T12:59-05:00"))).toMatchObject({ last: "2026-11-25" });
    expect(barBasis(half, "closed", Date.parse("2026-11-27T13:00-05:00"))).toMatchObject({ last: "2026-11-27" });
  });

  test("does not exist before the start of the calendar", () => {
    expect(barBasis(calendar, "live", Date.parse("2026-11-19T12:00:00Z"))).toBeUndefined();
  });

  test("is reported with the rule that chose it", () => {
    const running = barBasis(calendar, "live", at("12:00"))!;
    expect(basisText(running, "live")).toBe("the unfinished bar of the running session of 2026-11-24 counts (SIGNAL_BAR=live)");
    expect(basisText(closedBasis(), "closed")).toContain("that of 2026-11-24, a session that is over (SIGNAL_BAR=closed)");
  });
});

describe("bars", () => {
  test("that are complete pass, also for a symbol listed later", () => {
    expect(doubtAbout(series())).toBeUndefined();
    expect(doubtAbout(series().slice(-90))).toBeUndefined();
  });

  test("of today are left out if only finished sessions count", () => {
    const basis = { ...closedBasis("2026-11-23"), today: LAST };
    const checked = checkBars(["SPY"], new Map([["SPY", series()]]), basis);
    expect(checked.kind === "sound" && checked.bars.get("SPY")?.at(-1)?.session).toBe("2026-11-23");
  });

  test.each([
    ["missing", undefined, "OKLO has no daily bars."],
    ["empty", [], "OKLO has no daily bars."],
    ["short", series().slice(-89), "OKLO has a short history of 89 daily bars, expected at least 90."],
    ["stale", series("2026-11-23"), "OKLO is stale: its newest bar is of 2026-11-23, the last session is 2026-11-24."],
    ["of a day to come", [...series(), barOf("2026-11-25", 100)], "OKLO has a bar of 2026-11-25, a future date."],
    ["double", [...series(), barOf(LAST, 100)], "OKLO has two bars of 2026-11-24."],
    ["in disorder", [...series().slice(1), ...series().slice(0, 1)], "OKLO has a bar of 2026-01-02 after that of 2026-11-24."],
    ["without one day", series().toSpliced(-5, 1), "OKLO has no bar of the session of 2026-11-18."],
    ["without three days", series().toSpliced(-6, 3), "OKLO has no bar of the session of 2026-11-17 nor of 2 more sessions."],
  ])("that are %s are named", (_, bars, reason) => {
    expect(doubtAbout(bars)).toBe(reason);
  });

  test.each([0, -3, Number.NaN, Number.POSITIVE_INFINITY])("with a price of %d are named", (wrong) => {
    expect(doubtAbout(series().with(-2, barOf("2026-11-23", wrong)))).toBe(
      `OKLO has a close of ${wrong} on 2026-11-23, which is not a price.`,
    );
    expect(doubtAbout(series().with(-2, { ...barOf("2026-11-23", 100), low: wrong }))).toContain(`a low of ${wrong}`);
  });

  test("with doubts about several symbols are all named", () => {
    const checked = checkBars(["SPY", "IEF", "OKLO"], new Map([["IEF", series()]]), closedBasis());
    expect(checked.kind === "doubtful" && checked.doubts.map(({ symbol }) => symbol)).toEqual(["SPY", "OKLO"]);
  });
});

describe("a jump between two closes", () => {
  const jump = (factor: number, bar: Partial<DailyBar> = {}): string | undefined => {
    const before = series("2026-11-23", () => 100);
    return doubtAbout([...before, { ...barOf(LAST, 100 * factor), ...bar }]);
  };

  test.each([2, 3, 10, 0.5, 1 / 3, 0.1, 2.059, 1.941, 20.4])("by a factor of %d looks like a split", (factor) => {
    expect(jump(factor)).toMatch(/^OKLO jumps by the size of a split on 2026-11-24, from 100 to /);
  });

  test.each([1.2, 0.8, 0.55, 1.5, 1.93, 2.07, 2.5, 0.4])("by a factor of %d is a genuine move", (factor) => {
    expect(jump(factor)).toBeUndefined();
  });

  test("is genuine if the day traded at the old price too", () => {
    expect(jump(0.5, { open: 98, high: 99 })).toBeUndefined();
    expect(jump(2, { open: 104, low: 103 })).toBeUndefined();
    expect(jump(0.5, { open: 70, high: 72 })).toContain("jumps");
  });

  test("is found anywhere in the history", () => {
    expect(doubtAbout(series(LAST, (index) => (index < 20 ? 200 : 100)))).toContain("on 2026-02-02");
  });
});
