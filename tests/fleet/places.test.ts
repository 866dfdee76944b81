import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Places, rankOf } from "../../src/fleet/places.ts";

const SIGNAL = { id: "5f1c" };

describe("the places of a fleet", () => {
  test("let at most this number of accounts work at the same time, and the next one as soon as one has ended", async () => {
    const clock = new VirtualClock(0);
    const places = new Places(2, clock);
    let working = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      working += 1;
      most = Math.max(most, working);
      await clock.sleep(100);
      working -= 1;
    };
    const all = Promise.all(["a", "b", "c", "d", "e"].map((name) => places.inTurnFor(name)(work, SIGNAL)));
    await clock.until(all);

    expect(most).toBe(2);
    expect(clock.monotonic()).toBe(300);
  });

  test("give the place of an account that waits to the next one after two seconds", async () => {
    const clock = new VirtualClock(0);
    const places = new Places(1, clock);
    const stuck = places.inTurnFor("stuck")(() => clock.sleep(600_000), SIGNAL);
    const next = places.inTurnFor("next")(() => Promise.resolve(clock.monotonic()), SIGNAL);

    expect(await clock.until(next)).toBe(2_000);
    // Whoever waits for a venue keeps nobody from what can be put off.
    expect(places.isBusy).toBe(false);
    await clock.until(stuck);
  });

  test("hand on a result and an error, and go on after an error", async () => {
    const clock = new VirtualClock(0);
    const places = new Places(1, clock);
    const failing = places.inTurnFor("a")(() => Promise.reject(new Error("the ledger is gone")), SIGNAL);
    await expect(failing).rejects.toThrow("the ledger is gone");

    expect(await places.inTurnFor("b")(() => Promise.resolve("done"), undefined)).toBe("done");
  });

  test("are calm once all have ended, each waiting account in its own turn", async () => {
    const clock = new VirtualClock(0);
    const places = new Places(2, clock);
    const turns: number[] = [];
    let turn = 0;
    const count = (): void => {
      turn += 1;
      if (turns.length < 3) setImmediate(count);
    };
    const work = places.inTurnFor("a")(() => clock.sleep(100), SIGNAL);
    const calm = Promise.all(["a", "b", "c"].map(() => places.calm().then(() => turns.push(turn))));
    expect(turns).toEqual([]);
    expect(places.isBusy).toBe(true);
    await clock.until(work);
    setImmediate(count);
    await calm;
    expect(places.isBusy).toBe(false);

    expect(new Set(turns).size).toBe(3);
  });

  test("order the accounts anew for each signal, so that none is always last", () => {
    const names = Array.from({ length: 20 }, (_, index) => `account-${String(index)}`);
    const last = Array.from({ length: 50 }, (_, signal) => {
      const ranked = names.toSorted((one, other) => rankOf(one, String(signal)) - rankOf(other, String(signal)));
      return ranked.at(-1);
    });

    expect(new Set(last).size).toBeGreaterThan(10);
  });
});
