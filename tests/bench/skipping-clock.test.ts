import { describe, expect, test } from "@jest/globals";
import { SkippingClock } from "./skipping-clock.ts";

const HOUR_MS = 3_600_000;

describe("a clock that skips", () => {
  test("is ahead by what was skipped, on both of its scales", () => {
    const clock = new SkippingClock();
    const [wall, monotonic] = [clock.now(), clock.monotonic()];
    clock.skip(HOUR_MS);
    expect(clock.now() - wall).toBeGreaterThanOrEqual(HOUR_MS);
    expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(HOUR_MS);
  });

  test("fires what has come due in the order of its due times, and leaves the rest", async () => {
    const clock = new SkippingClock();
    const fired: string[] = [];
    const late = clock.after(2 * HOUR_MS, () => fired.push("late"));
    const second = new Promise<void>((resolve) => {
      clock.after(1_000 + HOUR_MS / 2, () => {
        fired.push("second");
        resolve();
      });
    });
    clock.after(HOUR_MS / 2, () => fired.push("first"));
    clock.after(HOUR_MS / 4, () => fired.push("cancelled")).cancel();
    clock.skip(HOUR_MS);
    await second;
    late.cancel();
    expect(fired).toEqual(["first", "second"]);
  });
});
