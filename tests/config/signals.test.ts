import { describe, expect, test } from "@jest/globals";
import type { Config } from "../../src/domain/config.ts";
import { loadConfig } from "../../src/config/load.ts";

const load = (env: Record<string, string>): Config => loadConfig({ HOME: "/home/someone", ...env });

describe("the settings of signals", () => {
  test("generate nothing by default, and use today's bar", () => {
    expect(load({})).toMatchObject({ signalSchedule: undefined, signalBar: "live" });
    expect(load({ SIGNAL_SCHEDULE: "off", SIGNAL_BAR: "Closed" })).toMatchObject({ signalSchedule: undefined, signalBar: "closed" });
  });

  test("accept a time with its zone, or minutes before the close", () => {
    const zone = "America/New_York";
    expect(load({ SIGNAL_SCHEDULE: `15:45 ${zone}` }).signalSchedule).toEqual({ kind: "time", hour: 15, minute: 45, zone });
    expect(load({ SIGNAL_SCHEDULE: "15 minutes before close" }).signalSchedule).toEqual({ kind: "before-close", minutes: 15 });
  });

  test.each([
    ["SIGNAL_SCHEDULE", "15:45", /SIGNAL_SCHEDULE is "15:45"; expected a time and its zone such as 15:45 America\/New_York/],
    [
      "SIGNAL_SCHEDULE",
      "500 minutes before close",
      /SIGNAL_SCHEDULE is "500 minutes before close"; expected .* 1 to 200 minutes before close/,
    ],
    ["SIGNAL_BAR", "both", /SIGNAL_BAR is "both"; expected live or closed/],
  ])("%s=%s is refused", (name, text, words) => {
    expect(() => load({ [name]: text })).toThrow(words);
  });
});
