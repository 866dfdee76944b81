import { expect, test } from "@jest/globals";
import { formatInstant } from "../../src/domain/time-format.ts";
import { DayHeading, isDayHeading, lineOf } from "../../src/logging/line.ts";

function lineAt(at: string, zone: string, message = ""): string {
  const record = { at: Date.parse(at), level: "info", message, signal: undefined, execution: undefined, facts: {} };
  return lineOf(record, { zone, redact: (text) => text, stacks: false });
}

function timeOf(at: string, zone = "America/New_York"): string {
  return `${new DayHeading().before(Date.parse(at), zone, false)!} ${lineAt(at, zone).slice(0, 12)}`;
}

test("times are correct across seconds, minutes and clock changes, and back", () => {
  const [summer, winter] = ["--- 2026-11-01 Sunday, times in EDT (UTC-04:00) ---", "--- 2026-11-01 Sunday, times in EST (UTC-05:00) ---"];
  expect(timeOf("2026-11-01T05:59:59.999Z")).toBe(`${summer} 01:59:59.999`);
  expect(timeOf("2026-11-01T06:00:00.000Z")).toBe(`${winter} 01:00:00.000`);
  expect(timeOf("2026-11-01T06:00:07.040Z")).toBe(`${winter} 01:00:07.040`);
  expect(timeOf("2026-11-01T05:59:00.005Z")).toBe(`${summer} 01:59:00.005`);
  expect(timeOf("1969-12-31T23:59:59.001Z")).toBe("--- 1969-12-31 Wednesday, times in GMT-5 (UTC-05:00) --- 18:59:59.001");
});

test("each line has the requested zone", () => {
  expect(timeOf("2026-03-16T14:00:01.000Z", "Asia/Kathmandu")).toBe(
    "--- 2026-03-16 Monday, times in GMT+5:45 (UTC+05:45) --- 19:45:01.000",
  );
  expect(timeOf("2026-03-16T14:00:01.000Z", "UTC")).toBe("--- 2026-03-16 Monday, times in UTC --- 14:00:01.000");
});

test.each(["America/New_York", "Asia/Kathmandu", "UTC", "Europe/London"])(
  "a time of the line's own day stands without its date and zone, any other in full: %s",
  (zone) => {
    const now = "2026-07-14T15:00:00Z";
    const [soon, tomorrow] = [Date.parse(now) + 300_000, Date.parse(now) + 86_400_000].map((at) => formatInstant(at, zone));
    expect(lineAt(now, zone, `Waiting until ${soon!}, or ${tomorrow!}.`)).toMatch(
      new RegExp(` INFO {2}Waiting until \\d\\d:\\d\\d:00, or 2026-07-1\\d [^.]+\\.$`),
    );
    expect(lineAt(now, zone, tomorrow)).toContain(tomorrow!);
  },
);

test("only a heading is taken for one", () => {
  expect(isDayHeading(new DayHeading().before(0, "UTC", false)!)).toBe(true);
  expect(isDayHeading(lineAt("2026-03-16T14:00:01.000Z", "UTC", "--- 2026-03-16 Monday, times in UTC ---"))).toBe(false);
});
