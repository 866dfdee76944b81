import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { UNAVAILABLE } from "../../execution/faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE } from "../../execution/scenario.ts";
import { TUESDAY_10_00 } from "../../execution/virtual-desk.ts";
import { line, nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk, london, recordedUntil } from "./incident-desk.ts";

const BOUGHT = ["buy LEU filled", "buy OKLO filled", "buy SMR filled"];
const NUCLEAR = "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)";
const MINUTE = 60_000;
const DAY = 86_400_000;

let desk: IncidentDesk;

afterEach(() => desk.close());

function hedgeRun(at: number): [string, string] {
  const why = "SPY extremely overbought (RSI > 81)";
  return [
    line({ at, symbol: "UVXY", reason: `Volatility hedge allocation: 75% (${why})` }),
    line({ at: at + 80, symbol: "BTAL", reason: `Anti-beta hedge allocation: 25% (${why})` }),
  ];
}

/** A line as the original wrote it: local time without an offset. */
const naive = (stamp: string, [symbol, percent]: readonly [string, string]): string =>
  JSON.stringify({
    timestamp: stamp,
    symbol,
    action: "BUY",
    price: null,
    reason: `Nuclear portfolio allocation: ${percent}% (${NUCLEAR})`,
  });
const LEGS = [
  ["SMR", "31.2"],
  ["LEU", "39.5"],
  ["OKLO", "29.3"],
] as const;

describe("the 200 % day", () => {
  async function expectNewestAlone(cash: string): Promise<void> {
    desk = new IncidentDesk({ exchange: { cash: decimal(cash) } });
    desk.write([...nuclearRun(TUESDAY_10_00 - 2 * MINUTE), ...hedgeRun(TUESDAY_10_00 - 1_000)]);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  }

  test("two runs inside the window are never united to 200 %: on the live account of $119 the newest alone is bought", async () => {
    await expectNewestAlone("119");
  });

  test("nor on the paper account of $109,000", async () => {
    await expectNewestAlone("109000");
  });

  test("a flip of the regime between two runs sells the first portfolio whole before it buys the second", async () => {
    desk = new IncidentDesk({ exchange: { cash: decimal("119") } });
    desk.write(nuclearRun(TUESDAY_10_00));
    await desk.act();
    await desk.clock.advance(2 * MINUTE);
    desk.append(...hedgeRun(desk.clock.now()));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((each) => each.startsWith("sell"))).toEqual(["sell LEU filled", "sell OKLO filled", "sell SMR filled"]);
    expectHoldings(desk, HEDGE);
  });
});

test("a reason that repeats every percentage gives each leg its own: only the first is read", async () => {
  desk = new IncidentDesk();
  desk.write(nuclearRun(TUESDAY_10_00));
  await desk.act();
  expectHoldings(desk, { SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
});

test("a HOLD keeps what is held: it is neither an exit nor a failure", async () => {
  desk = new IncidentDesk();
  desk.write(nuclearRun(TUESDAY_10_00));
  await desk.act();
  await desk.clock.advance(MINUTE);
  desk.append(line({ at: desk.clock.now(), symbol: "SPY", action: "HOLD", reason: "No clear signal, holding cash equivalent" }));
  expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "held" } });
  expect(book(desk)).toEqual(BOUGHT);
});

describe("local stamps without a zone", () => {
  const AT_THE_TIME = london("2025-07-14T16:17:05.588");

  test("are refused as future by a machine that reads them as UTC, with a hint at the zone; the original took 39 of them for recent", async () => {
    desk = new IncidentDesk({ startAt: AT_THE_TIME, timezone: "UTC" });
    desk.write([]);
    await desk.act();
    desk.append(...recordedUntil(AT_THE_TIME));
    expect(await desk.act()).toMatchObject({
      kind: "verdict",
      verdict: { kind: "future", reason: expect.stringContaining("UTC+01:00 would fit") as unknown },
    });
    expect(book(desk)).toEqual([]);
  });

  test("are executed by a machine in any zone once their own zone is configured", async () => {
    desk = new IncidentDesk({ startAt: AT_THE_TIME, timezone: "Europe/London" });
    desk.write(recordedUntil(AT_THE_TIME));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { SMR: "0.314", LEU: "0.394", OKLO: "0.292" });
  });

  test.each([
    ["New York alone is on summer time: 13:35 in London is 9:35 there", "2026-03-09T13:35:00", true],
    ["both are on summer time: 13:35 in London is before the open", "2026-03-30T13:35:00", false],
    ["London alone is on winter time again: 13:35 there is 9:35 in New York", "2025-10-27T13:35:00", true],
    ["both are on winter time: 13:35 in London is before the open", "2025-11-03T13:35:00", false],
  ])("around the clock changes: %s", async (_, stamp, trades) => {
    desk = new IncidentDesk({ startAt: london(stamp) + 1_000 });
    desk.write(LEGS.map((leg) => naive(stamp, leg)));
    await desk.act();
    expect(book(desk)).toEqual(trades ? BOUGHT : []);
  });

  test.each(["2026-03-29T01:30:00", "2026-10-25T01:30:00"])(
    "%s, which the clock change made impossible or double, is refused",
    async (stamp) => {
      desk = new IncidentDesk({ startAt: london(stamp) });
      desk.write(LEGS.map((leg) => naive(stamp, leg)));
      expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "malformed" } });
      expect(book(desk)).toEqual([]);
    },
  );
});

describe("old alerts", () => {
  test("in a file of four days ago that was touched just now are history, and the fresh run at its end is executed", async () => {
    desk = new IncidentDesk();
    desk.write([...hedgeRun(TUESDAY_10_00 - 4 * DAY), ...nuclearRun(TUESDAY_10_00 - MINUTE)]);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk)).toEqual(BOUGHT);
  });

  test("alone are never executed, however new the file looks", async () => {
    desk = new IncidentDesk();
    desk.write(hedgeRun(TUESDAY_10_00 - 4 * DAY));
    expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "stale" } });
    expect(book(desk)).toEqual([]);
  });

  test("are not made up for after an outage: a run that found no broker for ten minutes stays stale", async () => {
    desk = new IncidentDesk();
    desk.write(nuclearRun(TUESDAY_10_00));
    desk.venue.interceptor = { before: () => Promise.resolve(UNAVAILABLE) };
    expect(await desk.act()).toMatchObject({ kind: "declined", verdict: "broker-unreachable" });
    await desk.clock.advance(10 * MINUTE);
    desk.venue.interceptor = {};
    expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "stale" } });
    expect(book(desk)).toEqual([]);
  });
});

describe("the day after Thanksgiving, when the market closes at 13:00", () => {
  test.each([
    ["12:50", "is traded as on any day", BOUGHT],
    ["12:58", "comes too late to be begun", []],
    ["13:05", "finds a closed market", []],
  ])("an alert at %s %s", async (time, _, orders) => {
    desk = new IncidentDesk({ startAt: Date.parse(`2026-11-27T${time}:00-05:00`) });
    desk.write(nuclearRun(desk.clock.now()));
    await desk.act();
    expect(book(desk)).toEqual(orders);
  });
});
