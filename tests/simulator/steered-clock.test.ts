import { describe, expect, test } from "@jest/globals";
import { SteeredClock } from "../../src/simulator/steered-clock.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

function steered(options?: ConstructorParameters<typeof SteeredClock>[1]): {
  base: VirtualClock;
  clock: SteeredClock;
  fired: number[];
  at: (ms: number) => void;
} {
  const base = new VirtualClock(1_000_000);
  const clock = new SteeredClock(base, options);
  const fired: number[] = [];
  return { base, clock, fired, at: (ms) => void clock.after(ms, () => fired.push(clock.now())) };
}

describe("a steered clock", () => {
  test("runs like the clock below it, from a start of its choice", async () => {
    const { at, base, clock, fired } = steered({ start: 5_000 });
    at(100);
    await base.advance(99);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([5_099, 99, []]);
    await base.advance(1);
    expect(fired).toEqual([5_100]);
    expect(steered().clock.now()).toBe(1_000_000);
  });

  test.each([
    [10, 10],
    [0.5, 200],
  ])("runs %p times as fast", async (speed, realMs) => {
    const { at, base, fired } = steered({ start: 0, speed });
    at(100);
    await base.advance(realMs - 1);
    expect(fired).toEqual([]);
    await base.advance(1);
    expect(fired).toEqual([100]);
  });

  test("stands still, and then moves only when it is stepped or set", async () => {
    const { at, base, clock, fired } = steered({ start: 0, speed: 0 });
    for (const ms of [300, 100, 200]) at(ms);
    await base.advance(10_000);
    expect([clock.now(), fired]).toEqual([0, []]);
    clock.step(150);
    expect([clock.now(), fired]).toEqual([150, [100]]);
    clock.moveTo(1_000);
    expect([clock.now(), fired]).toEqual([1_000, [100, 200, 300]]);
  });

  test("fires timers in order on its way, each at its time, also those set meanwhile", () => {
    const { clock } = steered({ start: 0, speed: 0 });
    const fired: string[] = [];
    clock.after(100, () => {
      fired.push(`first ${String(clock.now())}`);
      clock.after(50, () => fired.push(`next ${String(clock.now())}`));
    });
    clock.after(120, () => fired.push(`second ${String(clock.now())}`));
    const cancelled = clock.after(110, () => fired.push("cancelled"));
    cancelled.cancel();
    clock.step(1_000);
    expect(fired).toEqual(["first 100", "second 120", "next 150"]);
  });

  test("set back, it changes the time of day and not how long a timer takes", async () => {
    const { at, base, clock, fired } = steered({ start: 10_000 });
    at(100);
    clock.moveTo(2_000);
    expect([clock.now(), clock.monotonic()]).toEqual([2_000, 0]);
    await base.advance(100);
    expect(fired).toEqual([2_100]);
  });

  test("changes its speed while timers wait", async () => {
    const { at, base, clock, fired } = steered({ start: 0 });
    at(100);
    await base.advance(50);
    clock.setSpeed(5);
    await base.advance(9);
    expect(fired).toEqual([]);
    await base.advance(1);
    expect(fired).toEqual([100]);
    expect([clock.speed, clock.now()]).toEqual([5, 100]);
  });
});
