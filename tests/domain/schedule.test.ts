import { describe, expect, test } from "@jest/globals";
import type { Schedule } from "../../src/domain/schedule.ts";
import { dueAt, readSchedule, scheduleText } from "../../src/domain/schedule.ts";
import { sessionOn } from "../../src/simulator/sessions.ts";

const read = (text: string): Schedule => {
  const schedule = readSchedule(text);
  if (schedule === undefined) throw new Error(`${text} cannot be read.`);
  return schedule;
};

const due = (text: string, date: string): string | undefined => {
  const at = dueAt(read(text), sessionOn(date)!);
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);
};

describe("SIGNAL_SCHEDULE", () => {
  test.each(["15:45 America/New_York", "09:05 Europe/London", "15 minutes before close", "1 minute before close"])("reads %s", (text) => {
    expect(scheduleText(read(text))).toBe(text);
  });

  test.each([
    "15:45",
    "15.45 UTC",
    "24:00 UTC",
    "15:60 UTC",
    "15:45 Nowhere/City",
    "0 minutes before close",
    "201 minutes before close",
    "minutes before close",
    "15 minutes after open",
    "daily",
  ])("refuses %s", (text) => {
    expect(readSchedule(text)).toBeUndefined();
  });
});

describe("a signal is due", () => {
  test.each([
    ["15 minutes before close", "2026-11-24", "2026-11-24T20:45"],
    ["15 minutes before close", "2026-07-10", "2026-07-10T19:45"],
    ["15 minutes before close", "2026-11-27", "2026-11-27T17:45"],
    ["15:45 America/New_York", "2026-11-24", "2026-11-24T20:45"],
    ["15:45 America/New_York", "2026-07-10", "2026-07-10T19:45"],
    ["11:00 America/New_York", "2026-11-27", "2026-11-27T16:00"],
    ["20:45 Europe/London", "2026-11-24", "2026-11-24T20:45"],
    ["04:45 Asia/Tokyo", "2026-07-10", "2026-07-10T19:45"],
    ["20:00 UTC", "2026-11-24", "2026-11-24T20:00"],
  ])("at %s of %s: %s", (text, date, at) => {
    expect(due(text, date)).toBe(at);
  });

  test("as long before an early close as before a whole day's", () => {
    expect(due("15:45 America/New_York", "2026-11-27")).toBe("2026-11-27T17:45");
    expect(due("20:45 Europe/London", "2026-11-27")).toBe("2026-11-27T17:45");
  });

  test.each([
    ["09:29 America/New_York", "2026-11-24"],
    ["16:00 America/New_York", "2026-11-24"],
    ["08:00 America/New_York", "2026-11-27"],
    ["20:45 UTC", "2026-03-10"],
  ])("never at %s of %s", (text, date) => {
    expect(due(text, date)).toBeUndefined();
  });
});
