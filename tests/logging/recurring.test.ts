import { beforeEach, expect, test } from "@jest/globals";
import type { Log } from "../../src/logging/logger.ts";
import { RecurringWarnings } from "../../src/logging/recurring.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

let clock: VirtualClock;
let said: string[];
let warnings: RecurringWarnings;

beforeEach(() => {
  clock = new VirtualClock(0);
  said = [];
  warnings = new RecurringWarnings(
    logTo((level, text) => level === "debug" || said.push(text)),
    clock,
  );
});

function logTo(say: (level: string, text: string) => unknown): Log {
  const level =
    (name: string) =>
    (text: string): void =>
      void say(name, text);
  const log: Log = { error: level("error"), warn: level("warn"), info: level("info"), debug: level("debug"), child: () => log };
  return log;
}

/** Two kinds of failure, every three seconds each. */
async function outage(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 3) {
    warnings.warn("SMR: the order could not be read: ECONNREFUSED");
    warnings.warn("The account cannot be read: ECONNREFUSED");
    await clock.advance(3_000);
  }
}

test("an outage is logged when it begins, every ten minutes while it lasts, and when it is over, with how long it took", async () => {
  await outage(1_500);
  expect(said).toHaveLength(3);
  expect(said[0]).toBe("SMR: the order could not be read: ECONNREFUSED");
  expect(said[1]).toMatch(/^Still failing after 10 min \(\d+ failures\): /);
  await clock.advance(90_000);
  expect(said).toHaveLength(4);
  expect(said[3]).toBe("The outage is over: no request has failed for 1 min 30 s. It lasted 24 min 57 s (1000 failures).");
});

test("of an idle daemon, which asks once a minute, it is the same outage until a minute has passed without a failure", async () => {
  for (let minute = 0; minute < 12; minute++) {
    warnings.warn("Cannot read the broker's clock: ECONNREFUSED");
    await clock.advance(60_000 + (minute % 2) * 20_000);
  }
  expect(said).toHaveLength(2);
  await clock.advance(90_000);
  expect(said[2]).toMatch(/^The outage is over/);
});

test("a passing failure is one line, and the next one is logged again", async () => {
  for (let round = 0; round < 3; round++) {
    expect(warnings.warn("The account cannot be read.")).toBe(true);
    await clock.advance(120_000);
  }
  expect(said).toEqual(Array(3).fill("The account cannot be read."));
});

test("a failure that repeats every half minute is one incident", async () => {
  for (let round = 0; round < 20; round++) {
    warnings.warn("What became of the order cannot be read.");
    await clock.advance(30_000);
  }
  expect(said).toHaveLength(1);
});

test("says nothing more once it is closed, and leaves no timer", async () => {
  await outage(6);
  warnings.close();
  await clock.advance(120_000);
  expect(said).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test("what fails while the process is ending is logged and keeps it no longer", () => {
  warnings.warn("The account cannot be read: ECONNREFUSED");
  warnings.close();
  warnings.warn("The execution is not recorded for a replay: the disk is full");

  expect(said).toEqual(["The account cannot be read: ECONNREFUSED", "The execution is not recorded for a replay: the disk is full"]);
  expect(clock.pending).toBe(0);
});
