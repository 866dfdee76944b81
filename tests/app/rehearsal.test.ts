import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Rehearsal } from "../../src/app/rehearsal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";

let clock: VirtualClock;
let rehearsal: Rehearsal;

beforeEach(() => {
  clock = new VirtualClock(Date.parse("2026-11-17T10:00:00-05:00"));
  rehearsal = new Rehearsal(clock);
});

afterEach(() => rehearsal.close());

test("one that is closed in the middle of it ends without an error", async () => {
  await rehearsal.run();
  const second = rehearsal.run();
  rehearsal.close();
  expect(await second).toBe(false);
});

test("every rehearsal reaches its target without waiting, and the ledger is recreated in between", async () => {
  for (let run = 0; run < 120; run += 1) expect(await rehearsal.run()).toBe(true);
  expect(clock.monotonic()).toBe(0);
});
