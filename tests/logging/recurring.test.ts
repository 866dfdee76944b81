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

test("ten minutes without a network are logged at the start, once a minute, and once at the end", async () => {
  await outage(600);
  expect(said).toHaveLength(10);
  expect(said[0]).toBe("SMR: the order could not be read: ECONNREFUSED");
  expect(said[1]).toMatch(/^Still failing after 1 min \(\d+ failures\): /);
  await clock.advance(60_000);
  expect(said).toHaveLength(11);
  expect(said[10]).toBe("Requests succeed again after 400 failures in 9 min 57 s.");
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
  expect(said.length).toBeLessThanOrEqual(11);
});

test("says nothing more once it is closed, and leaves no timer", async () => {
  await outage(6);
  warnings.close();
  await clock.advance(120_000);
  expect(said).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
