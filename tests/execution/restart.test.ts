import { afterEach, describe, expect, test } from "@jest/globals";
import type { Situation } from "./crash-points.ts";
import { MortalDesk } from "./crash-points.ts";
import { book, expectSwitchedBook, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";

const SWITCHING: Situation = { options: INVESTED, signal: { weights: HEDGE } };
const IN_PIECES: Situation = {
  ...SWITCHING,
  options: { exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 3, partialFillIntervalMs: 400 } },
};

let mortal: MortalDesk;

afterEach(() => mortal.close());

/** A process that dies when it comes, for the n-th time, to a moment of this name. */
async function killedAt(situation: Situation, name: RegExp, nth = 1): Promise<MortalDesk> {
  const unharmed = new MortalDesk(situation);
  await unharmed.live();
  const moments = [...unharmed.moments.entries()].filter(([, moment]) => name.test(moment.name));
  await unharmed.close();
  mortal = new MortalDesk(situation, moments[nth - 1]?.[0]);
  await mortal.live();
  expect(mortal.isDead).toBe(true);
  return mortal;
}

const ACCEPTED_POST = /POST .* was carried out/;

describe.each([
  ["filled at once", SWITCHING],
  ["filled in pieces", IN_PIECES],
])("orders %s", (_, situation) => {
  test.each([1, 2, 3, 4])("killed when POST %i was accepted, started again four minutes later: it is found and adopted", async (nth) => {
    const { desk } = await killedAt(situation, ACCEPTED_POST, nth);
    await mortal.rise(240_000);
    expectSwitchedBook(desk);
    expect(mortal.problems()).toEqual([]);
  });
});

test("killed twice: at an accepted POST and again during the recovery", async () => {
  const { desk } = await killedAt(SWITCHING, ACCEPTED_POST);
  await desk.restart();
  desk.recover().catch(() => undefined);
  await desk.clock.advance(20);
  mortal.kill();
  await mortal.rise();
  expectSwitchedBook(desk);
});

test("a repeated run passes the same kill points, so a kill at any of them can be reproduced", async () => {
  const first = new MortalDesk(IN_PIECES);
  await first.live();
  await first.close();
  mortal = new MortalDesk(IN_PIECES);
  await mortal.live();
  expect(mortal.moments).toEqual(first.moments);
  expect(mortal.moments.length).toBeGreaterThan(100);
});

test("killed before anything was sent and started again when the signal is stale: nothing is sent", async () => {
  const { desk } = await killedAt(SWITCHING, /^after commit 3$/);
  await mortal.rise(400_000);
  expect(book(desk)).toEqual([]);
  expect(desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "refused" }]);
  expect(desk.ledger.signal("00000000000000aa")).toMatchObject({ verdict: "stale" });
  expect(desk.ledger.openExecutions()).toEqual([]);
});

test("killed with an accepted sell and started again after the deadline: the sell is looked up, and nothing is bought", async () => {
  const { desk } = await killedAt(SWITCHING, ACCEPTED_POST);
  await mortal.rise(700_000);
  expect(book(desk).filter((line) => line.startsWith("buy"))).toEqual([]);
  expect(desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "incomplete", phase: "settled" }]);
  expectUnharmed(desk);
});
