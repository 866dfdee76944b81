import { beforeEach, expect, test } from "@jest/globals";
import { ClockWatch } from "../../src/app/clock-watch.ts";
import type { TraderEvent } from "../../src/app/events.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

const T0 = Date.UTC(2026, 10, 17, 15);
let clock: VirtualClock;
let aheadMs: number;
let readings: number;
let settled: number;
let isAway: boolean;
let said: string[];
let levels: string[];
let failure: Error;
let watch: ClockWatch;

beforeEach(() => {
  clock = new VirtualClock(T0);
  [aheadMs, readings, settled, isAway, said, levels, failure] = [0, 0, 0, false, [], [], new Error("away")];
  const emit = (event: TraderEvent): void => {
    if (event.kind !== "remark" || event.level === "debug") return;
    said.push(event.text);
    levels.push(event.level);
  };
  const marketClock = (): Promise<never> => {
    readings += 1;
    if (isAway) return Promise.reject(failure);
    return Promise.resolve({ timestamp: clock.now() - aheadMs, isOpen: true, nextOpen: 0, nextClose: 0 } as never);
  };
  watch = new ClockWatch({ broker: { marketClock }, clock, emit, onSettled: () => (settled += 1) });
});

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    watch.tick();
    await clock.advance(1_000);
  }
}

function setClock(byMs: number): void {
  clock.step(byMs);
  aheadMs += byMs;
}

test("asks once a minute while the clocks agree, and has no doubt after the first answer", async () => {
  expect(watch.doubt).toMatchObject({ aheadMs: undefined, confirmed: false });
  await pass(181);
  expect([watch.doubt, readings, said]).toEqual([undefined, 4, []]);
});

test.each([
  ["ahead of", 600_000],
  ["behind", -600_000],
])(
  "a clock that is set %s the broker's is in doubt at once, wrong once that is read, and reported once until it is right",
  async (words, by) => {
    await pass(3);
    setClock(by);
    expect(watch.doubt).toMatchObject({ aheadMs: by, confirmed: false });
    expect(watch.trouble).toBeUndefined();
    await pass(6);
    expect(watch.trouble).toBe(`This machine's clock is 10 min ${words} the broker's.`);
    await pass(120);
    expect(said).toEqual([`This machine's clock is 10 min ${words} the broker's.`]);
    const before = settled;
    setClock(-by);
    expect(watch.doubt).toMatchObject({ confirmed: false });
    await pass(6);
    expect([watch.doubt, said.length, settled > before]).toEqual([undefined, 2, true]);
    expect(said[1]).toMatch(/^This machine's clock agrees with the broker's again, after 2 min/);
  },
);

test("a machine that slept is in doubt until the broker's clock says that ours is right", async () => {
  await pass(3);
  clock.step(3_600_000);
  expect(watch.doubt).toMatchObject({ aheadMs: 3_600_000, confirmed: false });
  await pass(6);
  expect([watch.doubt, said]).toEqual([undefined, []]);
});

test("while the broker is away the doubt stays, and it is asked every five seconds at most", async () => {
  await pass(3);
  setClock(600_000);
  isAway = true;
  readings = 0;
  await pass(60);
  expect(watch.doubt).toMatchObject({ confirmed: false });
  expect([...new Set(said)]).toEqual(["Cannot read the broker's clock: away"]);
  expect(readings).toBeLessThanOrEqual(13);
  isAway = false;
  await pass(6);
  expect(watch.trouble).toBeDefined();
});

test.each([
  ["an outage, which is the same for every account, is a warning", new Error("away"), "warn"],
  [
    "keys that are refused are this account's own, and an error",
    new BrokerError("unauthorized", "refused", { hint: "Check the keys." }),
    "error",
  ],
])("%s", async (_, what, level) => {
  [isAway, failure] = [true, what];
  await pass(3);

  expect(levels).toEqual([level]);
});

test("refused keys are named at once, every ten minutes, and when they are valid again", async () => {
  await pass(3);
  [isAway, failure] = [true, new BrokerError("unauthorized", "Alpaca paper refused the keys.")];
  await pass(1_300);
  isAway = false;
  await pass(120);

  expect(said.map((text) => text.replace(/\d+ min( \d+ s)?/, "N min"))).toEqual([
    "Cannot read the account any more: Alpaca paper refused the keys.",
    "Cannot read the account any more (for N min): Alpaca paper refused the keys.",
    "Cannot read the account any more (for N min): Alpaca paper refused the keys.",
    "The account can be read again, after N min.",
  ]);
});
