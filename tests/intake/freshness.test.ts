import { describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import { duration, freshnessOf, staleAt, zoneHint } from "../../src/intake/freshness.ts";
import { LONDON, T0, line } from "./alerts.ts";

const MINUTE = 60_000;

describe("a run is fresh (R5)", () => {
  const judged = (oldestStamp: number, newestStamp: number, arrivedAt: number): unknown =>
    freshnessOf({ oldestStamp, newestStamp, arrivedAt }, T0, 300);

  test("at five minutes by its stamp and by its arrival, and no longer", () => {
    expect(judged(T0 - 300_000, T0, T0 - 300_000)).toEqual({ kind: "fresh" });
    expect(judged(T0 - 300_001, T0, T0)).toEqual({
      kind: "stale",
      reason: "The run is 300 s old by its stamp; at most 300 s are allowed.",
    });
    expect(judged(T0, T0, T0 - 450_000)).toEqual({
      kind: "stale",
      reason: "The run arrived 450 s ago; at most 300 s are allowed.",
    });
  });

  test("at five seconds ahead, and no further", () => {
    expect(judged(T0, T0 + 5_000, T0)).toEqual({ kind: "fresh" });
    expect(judged(T0, T0 + 5_001, T0)).toEqual({
      kind: "future",
      reason: "The run's stamp is 5.0 s ahead of the clock; at most 5 s are allowed.",
    });
  });

  test.each([
    [T0 - 1_000, T0],
    [T0, T0 - 1_000],
  ])("until exactly the time that was announced", (oldestStamp, arrivedAt) => {
    const times = { oldestStamp, newestStamp: oldestStamp, arrivedAt };
    const end = staleAt(times, 300);
    expect(freshnessOf(times, end - 1, 300).kind).toBe("fresh");
    expect(freshnessOf(times, end, 300).kind).toBe("stale");
  });
});

describe("the hint at a wrong zone", () => {
  const naive = readAlert(line({ more: { timestamp: "2025-07-14T15:00:00" } }), LONDON);
  if (naive.kind !== "alert") throw new Error(naive.problem);
  const hint = (offMs: number, alert = naive): string => zoneHint(alert, alert.stamp - offMs, LONDON);

  test.each([
    [15 * MINUTE, "UTC+01:15"],
    [60 * MINUTE, "UTC+02:00"],
    [-90 * MINUTE, "UTC-00:30"],
    [5 * 60 * MINUTE + 60_000, "UTC+06:00"],
    [14 * 60 * MINUTE, "UTC+15:00"],
  ])("is given for a distance of %d ms", (off, fitting) => {
    expect(hint(off)).toMatch(
      /^ When the line arrived, its stamp was .* (ahead|behind): it was read as Europe\/London \(UTC\+01:00\), but /,
    );
    expect(hint(off)).toContain(`but ${fitting} would fit. Set ALERTS_TIMEZONE`);
    expect(hint(off)).toContain(off > 0 ? "ahead" : "behind");
  });

  test.each([0, 30_000, 7 * MINUTE, 60 * MINUTE + 60_001, 60 * MINUTE - 60_001, 14 * 60 * MINUTE + 15 * MINUTE])(
    "is not given for a distance of %d ms",
    (off) => {
      expect(hint(off)).toBe("");
    },
  );

  test("doubts the writer's own offset where there is one", () => {
    const explicit = readAlert(line({}), LONDON);
    if (explicit.kind !== "alert") throw new Error(explicit.problem);
    expect(hint(60 * MINUTE, explicit)).toBe(
      " When the line arrived, its stamp was 60 min ahead: the UTC offset in the stamp looks wrong.",
    );
  });
});

test("durations are as exact as a person needs them", () => {
  const told = (seconds: number): string => duration(seconds * 1_000);
  expect([9.94, 10, 599, 600, 7_199, 7_200, 172_799, 172_800, 864_000].map(told)).toEqual([
    "9.9 s",
    "10 s",
    "599 s",
    "10 min",
    "120 min",
    "2.0 h",
    "48.0 h",
    "2 days",
    "10 days",
  ]);
});
