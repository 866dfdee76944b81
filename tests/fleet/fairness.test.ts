import { describe, expect, test } from "@jest/globals";
import { fairnessOf, type Start } from "../../src/fleet/fairness.ts";
import { rankOf } from "../../src/fleet/places.ts";

const ACCOUNTS = Array.from({ length: 12 }, (_, index) => `account-${String(index).padStart(2, "0")}`);
const SIGNALS = Array.from({ length: 50 }, (_, index) => `signal ${String(index)}`);

/** As the fleet orders them: highest first. */
function starts(delayMs = (account: string, signalId: string) => (1 - rankOf(account, signalId)) * 10_000): Start[] {
  return SIGNALS.flatMap((signalId) => ACCOUNTS.map((account) => ({ account, signalId, delayMs: delayMs(account, signalId) })));
}

describe("the fairness of a fleet", () => {
  test("is chance where the order changes with the signal", () => {
    const all = fairnessOf(starts());
    expect(all.map(({ account }) => account)).toEqual(ACCOUNTS);
    for (const { signals, rank, oddness } of all) {
      expect(signals).toBe(50);
      expect(Math.abs(rank - 0.5)).toBeLessThan(0.15);
      expect(oddness).toBeUndefined();
    }
  });

  test("names an account that is always late or early", () => {
    const fixed = new Map([
      ["account-03", 20_000],
      ["account-07", 1],
    ]);
    const all = fairnessOf(starts((account, signalId) => fixed.get(account) ?? 10 + rankOf(account, signalId) * 10_000));
    expect(all.filter(({ oddness }) => oddness !== undefined)).toMatchObject([
      { account: "account-03", rank: 1, meanDelayMs: 20_000, oddness: "late" },
      { account: "account-07", rank: 0, oddness: "early" },
    ]);
  });

  test("names nobody after a few signals, however they went", () => {
    const few = starts((account) => ACCOUNTS.indexOf(account)).filter(({ signalId }) => SIGNALS.indexOf(signalId) < 2);
    expect(fairnessOf(few).filter(({ oddness }) => oddness !== undefined)).toEqual([]);
  });

  test("names nobody where all begin at the same time, and leaves out who trades alone", () => {
    const together = fairnessOf([...starts(() => 5), { account: "alone", signalId: "its own", delayMs: 1 }]);
    expect(together.map(({ rank }) => rank)).toEqual(ACCOUNTS.map(() => 0.5));
  });
});
