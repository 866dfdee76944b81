import { describe, expect, test } from "@jest/globals";
import { endlessHours, newYorkStamp, nyseHours, sessionOn, sessionsBetween, settlementDate } from "../../src/simulator/sessions.ts";

const DAY_MS = 86_400_000;
/** As published by the exchange. */
const CLOSED: Readonly<Record<string, string>> = {
  2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
  2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
  2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
  2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
};
const EARLY: Readonly<Record<string, string>> = {
  2024: "07-03 11-29 12-24",
  2025: "07-03 11-28 12-24",
  2026: "11-27 12-24",
  2027: "11-26",
};

function weekdaysOf(year: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${year}-01-01`); new Date(at).getUTCFullYear() === Number(year); at += DAY_MS) {
    const weekday = new Date(at).getUTCDay();
    if (weekday !== 0 && weekday !== 6) days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

describe("the calendar", () => {
  test.each(Object.keys(CLOSED))("of %s is closed on exactly the published holidays", (year) => {
    const closed = weekdaysOf(year).filter((date) => sessionOn(date) === undefined);
    expect(closed.map((date) => date.slice(5)).join(" ")).toBe(CLOSED[year]);
  });

  test.each(Object.keys(EARLY))("of %s closes early on exactly the published days", (year) => {
    const early = sessionsBetween(`${year}-01-01`, `${year}-12-31`).filter((session) => session.early);
    expect(early.map(({ date }) => date.slice(5)).join(" ")).toBe(EARLY[year]);
  });

  test.each([
    [2015, 252],
    [2016, 252],
    [2017, 251],
    [2018, 251],
    [2019, 252],
    [2020, 253],
    [2021, 252],
    [2022, 251],
    [2023, 250],
  ])("of %i has %i sessions", (year, sessions) => {
    expect(sessionsBetween(`${String(year)}-01-01`, `${String(year)}-12-31`)).toHaveLength(sessions);
  });

  test.each(["2018-12-05", "2012-10-29", "2001-09-11", "2021-12-24", "2022-06-20", "2015-07-03"])("has no session on %s", (date) => {
    expect(sessionOn(date)).toBeUndefined();
  });

  test.each(["2021-12-31", "2021-06-18", "2020-07-02", "2022-07-01"])("has a full session on %s", (date) => {
    expect(sessionOn(date)).toMatchObject({ early: false });
  });

  test("gives plausible answers from 1970 to 2029", () => {
    for (let year = 1970; year <= 2029; year++) {
      const sessions = sessionsBetween(`${String(year)}-01-01`, `${String(year)}-12-31`).length;
      expect(sessions).toBeGreaterThanOrEqual(248);
      expect(sessions).toBeLessThanOrEqual(254);
    }
  });

  test("settles trades three, two and one session later, by the rule of their time", () => {
    expect(settlementDate("2017-08-31")).toBe("2017-09-06");
    expect(settlementDate("2024-05-23")).toBe("2024-05-28");
    expect(settlementDate("2024-05-28")).toBe("2024-05-29");
    expect(settlementDate("2025-07-03")).toBe("2025-07-07");
  });
});

describe("market hours", () => {
  test.each([
    ["before the change to summer time", "2025-03-07T14:30:00Z", "2025-03-07T21:00:00Z"],
    ["after the change to summer time", "2025-03-10T13:30:00Z", "2025-03-10T20:00:00Z"],
    ["before the change to winter time", "2025-10-31T13:30:00Z", "2025-10-31T20:00:00Z"],
    ["after the change to winter time", "2025-11-03T14:30:00Z", "2025-11-03T21:00:00Z"],
    ["on a half-day", "2025-11-28T14:30:00Z", "2025-11-28T18:00:00Z"],
  ])("follow New York %s", (_name, open, close) => {
    const [from, to] = [Date.parse(open), Date.parse(close)];
    expect([from - 1, from, to - 1, to].map((at) => nyseHours.isOpen(at))).toEqual([false, true, true, false]);
    expect(nyseHours.nextOpen(from - 1)).toBe(from);
    expect(nyseHours.nextClose(from)).toBe(to);
    expect(nyseHours.lastOpenInstant(to + DAY_MS / 24)).toBe(to);
  });

  test("name the next session over a long weekend", () => {
    const friday = Date.parse("2025-08-29T20:00:00Z");
    expect(newYorkStamp(nyseHours.nextOpen(friday))).toBe("2025-09-02T09:30:00-04:00");
    expect(newYorkStamp(nyseHours.nextClose(friday))).toBe("2025-09-02T16:00:00-04:00");
  });

  test("that never close are open at night and report a close a day or two later", () => {
    const night = Date.parse("2025-07-13T04:00:00Z");
    expect(endlessHours.isOpen(night)).toBe(true);
    expect(endlessHours.nextClose(night) - night).toBeGreaterThan(DAY_MS);
    expect(endlessHours.nextOpen(night)).toBeGreaterThan(endlessHours.nextClose(night));
  });
});
