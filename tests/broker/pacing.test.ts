import { describe, expect, test } from "@jest/globals";
import { RequestPace } from "../../src/broker/pacing.ts";
import { PaceExceeded } from "../../src/broker/waiting-line.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

const NOW = Date.parse("2026-03-16T14:30:00Z");
const MINUTE = 60_000;

function paceOf(perMinute?: number): { clock: VirtualClock; pace: RequestPace } {
  const clock = new VirtualClock(NOW);
  return { clock, pace: new RequestPace(clock, perMinute) };
}

/** The times at which the requests were let through, in order. */
function departures(clock: VirtualClock, entries: readonly (readonly [string, Promise<void>])[]): [string, number][] {
  const left: [string, number][] = [];
  for (const [name, entry] of entries) {
    entry.then(
      () => left.push([name, clock.monotonic()]),
      () => left.push([`${name} refused`, clock.monotonic()]),
    );
  }
  return left;
}

const limits = (remaining: number, resetInSeconds: number): Headers =>
  new Headers({
    "X-RateLimit-Limit": "200",
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset": String(NOW / 1000 + resetInSeconds),
  });

describe("the request budget", () => {
  test("is at most 180 in any minute, so that the venue's 200 is never reached", async () => {
    const { clock, pace } = paceOf();
    const left = departures(
      clock,
      Array.from({ length: 400 }, (_, index) => [String(index), pace.enter("order", 10 * MINUTE)]),
    );
    await clock.advance(10 * MINUTE);
    expect(left).toHaveLength(400);
    for (const [, at] of left) expect(left.filter(([, other]) => other > at - MINUTE && other <= at).length).toBeLessThanOrEqual(180);
    expect(left.at(-1)![1]).toBe(2 * MINUTE);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["orders", "reads", "order", "read", 150, 30],
    ["cancels", "orders", "cancel", "order", 180, 10],
  ] as const)("keeps room for %s that %s cannot use up, within the venue's own limit", async (_, __, first, then, most, kept) => {
    const { clock, pace } = paceOf();
    const before = departures(
      clock,
      Array.from({ length: 200 }, () => [then, pace.enter(then, 5 * MINUTE)]),
    );
    await clock.advance(1);
    expect(before).toHaveLength(most);
    const after = departures(
      clock,
      Array.from({ length: kept + 1 }, () => [first, pace.enter(first, 1_000)]),
    );
    await clock.advance(1_000);
    expect(after.filter(([name]) => name === first)).toHaveLength(kept);
    expect(after.filter(([name]) => name === `${first} refused`)).toHaveLength(1);
    await clock.advance(5 * MINUTE);
    const all = [...before, ...after.filter(([name]) => name === first)];
    for (const [, at] of all) expect(all.filter(([, other]) => other > at - MINUTE && other <= at).length).toBeLessThanOrEqual(190);
  });

  test("lets a cancel pass every waiting order, and an order every read", async () => {
    const { clock, pace } = paceOf(40);
    pace.observe(429, limits(0, 10));
    const left = departures(clock, [
      ["read 1", pace.enter("read", MINUTE)],
      ["read 2", pace.enter("read", MINUTE)],
      ["order", pace.enter("order", MINUTE)],
      ["cancel", pace.enter("cancel", MINUTE)],
    ]);
    await clock.advance(MINUTE);
    expect(left.map(([name]) => name)).toEqual(["cancel", "order", "read 1", "read 2"]);
  });

  test("refuses requests that cannot leave in time, and says when to retry", async () => {
    const { clock, pace } = paceOf();
    pace.observe(429, limits(0, 20));
    const refused = pace.enter("order", 1_000).catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await refused).toBeInstanceOf(PaceExceeded);
    expect(await refused).toMatchObject({ retryAt: 20_250 });
    expect(clock.pending).toBe(0);
  });

  test("refuses reads once 500 requests wait, but never an order for that reason", async () => {
    const { clock, pace } = paceOf();
    pace.observe(429, limits(0, 30));
    const left = departures(clock, [
      ...Array.from({ length: 501 }, () => ["read", pace.enter("read", 30)] as const),
      ["order", pace.enter("order", MINUTE)],
    ]);
    await clock.advance(1);
    expect(left).toEqual([["read refused", 0]]);
    await clock.advance(MINUTE);
    expect(left.at(-1)).toEqual(["order", 30_250]);
  });

  test("refuses all requests when closed, and leaves no timer", async () => {
    const { clock, pace } = paceOf();
    pace.observe(429, limits(0, 30));
    const left = departures(clock, [["read", pace.enter("read", MINUTE)]]);
    pace.close();
    await clock.advance(0);
    expect(left).toEqual([["read refused", 0]]);
    expect(clock.pending).toBe(0);
    await expect(pace.enter("order", 1)).rejects.toBeInstanceOf(PaceExceeded);
  });
});

describe("the venue's reported budget", () => {
  test.each([
    ["nothing left", limits(0, 12), { order: 12_250, read: 12_250 }],
    ["little left", limits(10, 12), { order: 0, read: 12_250 }],
    ["enough left", limits(11, 12), { order: 0, read: 0 }],
    ["nothing left, of a window that is over", limits(0, -30), { order: 0, read: 0 }],
    ["nothing said", new Headers(), { order: 0, read: 0 }],
    ["nonsense", new Headers({ "X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "" }), { order: 0, read: 0 }],
  ])("is obeyed: %s", (_name, headers, expected) => {
    const { pace } = paceOf();
    pace.observe(200, headers);
    expect({ order: pace.opensAt("order"), read: pace.opensAt("read") }).toEqual(expected);
  });

  test.each([
    ["for a reset that lies hours ahead (one clock is wrong), a minute", limits(0, 7_200), 60_000],
    ["for a reset that is over, a second", limits(0, -5), 1_000],
    ["for no reset at all, five seconds", new Headers(), 5_000],
    ["for Retry-After, exactly that", new Headers({ "Retry-After": "3" }), 3_000],
  ])("is waited for after a 429: %s", (_name, headers, wait) => {
    const { pace } = paceOf();
    pace.observe(429, headers);
    expect(pace.opensAt("order")).toBe(wait);
  });
});

describe("a long wait", () => {
  function told(): { clock: VirtualClock; pace: RequestPace; waits: number[] } {
    const clock = new VirtualClock(NOW);
    const waits: number[] = [];
    return { clock, waits, pace: new RequestPace(clock, 60, (waitMs) => waits.push(waitMs)) };
  }

  test("is reported once, however many requests wait, and so is the next one", async () => {
    const { clock, pace, waits } = told();
    pace.observe(429, limits(0, 47));
    departures(clock, [
      ["read", pace.enter("read", MINUTE)],
      ["order", pace.enter("order", 1_000)],
      ["read", pace.enter("read", MINUTE)],
    ]);
    await clock.advance(47_250);
    expect(waits).toEqual([47_250]);
    pace.observe(429, new Headers({ "Retry-After": "30" }));
    departures(clock, [["read", pace.enter("read", MINUTE)]]);
    await clock.advance(30_000);
    expect(waits).toEqual([47_250, 30_000]);
  });

  test("is reported also for our own budget", async () => {
    const { clock, pace, waits } = told();
    departures(
      clock,
      Array.from({ length: 31 }, () => ["read", pace.enter("read", MINUTE)]),
    );
    await clock.advance(MINUTE);
    expect(waits).toEqual([MINUTE]);
  });

  test("is not reported when it is short, or when nothing waits", async () => {
    const { clock, pace, waits } = told();
    pace.observe(429, new Headers({ "Retry-After": "4" }));
    departures(clock, [["read", pace.enter("read", MINUTE)]]);
    await clock.advance(4_000);
    pace.observe(429, limits(0, 47));
    await clock.advance(MINUTE);
    expect(waits).toEqual([]);
  });
});
