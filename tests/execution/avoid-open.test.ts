import { afterEach, expect, test } from "@jest/globals";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";
import { isRead, UNAVAILABLE } from "./faults.ts";
import { book, HEDGE } from "./scenario.ts";
import { signalOf, TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

const OPEN = TUESDAY_10_00 - 30 * 60_000;
const MINUTE = 60_000;
const AVOIDING = { execution: { ...DEFAULT_EXECUTION, avoidOpenMinutes: 15 } };

let desk: VirtualDesk;

afterEach(() => desk.close());

test("nothing begins in the first minutes of a session, and the reason names the setting and the time", async () => {
  desk = new VirtualDesk({ ...AVOIDING, startAt: OPEN + 15 * MINUTE - 1_000 });
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ kind: "declined", verdict: "market-closed" });
  expect(result.kind === "declined" && result.reason).toContain("before 2026-11-17 09:45:00 EST (AVOID_OPEN_MINUTES is 15)");
  expect(book(desk)).toEqual([]);
});

test("it begins as soon as they are over, with the same signal", async () => {
  desk = new VirtualDesk({ ...AVOIDING, startAt: OPEN + 15 * MINUTE - 1_000 });
  const signal = signalOf(desk.clock, HEDGE);
  await desk.run(signal);
  await desk.clock.advance(1_000);
  expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "on-target" } });
});

test("unset, trading begins at the open, and the calendar is not requested", async () => {
  desk = new VirtualDesk({ startAt: OPEN + 1_000 });
  const paths: string[] = [];
  desk.venue.interceptor = { before: (request) => Promise.resolve(void paths.push(request.url)) };
  expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(paths.filter((path) => path.startsWith("/v2/calendar"))).toEqual([]);
});

test("a calendar that cannot be read stands against it", async () => {
  desk = new VirtualDesk(AVOIDING);
  desk.venue.interceptor = { before: (request) => Promise.resolve(isRead(request, "/v2/calendar") ? UNAVAILABLE : undefined) };
  const result = await desk.run(signalOf(desk.clock, HEDGE));
  expect(result).toMatchObject({ kind: "declined", verdict: "market-closed" });
  expect(result.kind === "declined" && result.reason).toContain("Cannot tell when the session opened");
});

test("nothing is queued for the open", async () => {
  desk = new VirtualDesk({ ...AVOIDING, startAt: OPEN - 60 * MINUTE });
  expect(await desk.run(signalOf(desk.clock, HEDGE), { ignoreMarketHours: true })).toMatchObject({ verdict: "market-closed" });
  expect(book(desk)).toEqual([]);
});

test("a dry run shows its plan at any time", async () => {
  desk = new VirtualDesk({ ...AVOIDING, startAt: OPEN + 1_000 });
  expect(await desk.run(signalOf(desk.clock, HEDGE), { dryRun: true })).toMatchObject({ kind: "dry-run" });
});
