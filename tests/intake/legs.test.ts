import { describe, expect, test } from "@jest/globals";
import { readAlert } from "../../src/intake/alert.ts";
import type { Allocation } from "../../src/intake/allocation.ts";
import { runsOf } from "../../src/intake/batch.ts";
import { T0, entries, line, plain } from "./alerts.ts";

/** What a run says whose lines all carry the same reason. */
function allocationOf(symbols: readonly string[], reason: string): Allocation {
  const runs = runsOf(entries(symbols.map((symbol, index) => line({ at: T0 + index * 100, symbol, reason }))));
  expect(runs).toHaveLength(1);
  return runs[0]!.allocation;
}

/** Its weights, or why there are none. */
function reading(symbols: readonly string[], reason: string): Record<string, string> | string {
  const allocation = allocationOf(symbols, reason);
  if (allocation.kind === "rebalance") return plain(allocation.targets);
  return "reason" in allocation ? `${allocation.kind}: ${allocation.reason}` : allocation.kind;
}

const TWO = ["SMR", "LEU"];

describe("a reason that every line repeats gives each line the weight next to its symbol:", () => {
  test.each([
    "70% SMR / 30% LEU",
    "70% SMR/30% LEU",
    "70% SMR, 30% LEU",
    "70% SMR + 30% LEU",
    "30% LEU & 70% SMR",
    "Nuclear: 70 % SMR; 30 % LEU.",
    "allocate 70% to SMR and 30% to LEU",
    "70 percent in SMR, and 30 percent in LEU",
    "BUY 70% SMR / 30% LEU (RSI 81)",
    "SMR 70% / LEU 30%",
    "SMR: 70% | LEU: 30%",
    "SMR (70%), LEU (30%)",
    "Bull market: SMR 70% + LEU 30%",
    "70% SMR / 30% LEU = SMR (70%), LEU (30%)",
  ])("%s", (reason) => {
    expect(reading(TWO, reason)).toEqual({ SMR: "0.7", LEU: "0.3" });
  });

  test("symbols that begin alike are distinguished", () => {
    expect(reading(["SMRX", "SMR"], "70% SMRX / 30% SMR")).toEqual({ SMRX: "0.7", SMR: "0.3" });
    expect(reading(["BRK", "BRK.B"], "70% BRK.B / 30% BRK")).toEqual({ BRK: "0.3", "BRK.B": "0.7" });
  });

  test("the run is complete exactly when all legs are there", () => {
    const reason = "50% SMR / 30% LEU / 20% OKLO";
    expect(allocationOf(["SMR", "LEU", "OKLO"], reason)).toMatchObject({ kind: "rebalance", named: true });
    // Twice the first percentage would be the whole account.
    expect(reading(TWO, reason)).toBe("incomplete: OKLO is missing (2 of 3 legs).");
  });

  test("a portfolio's name may list its legs in this way", () => {
    expect(reading(["NUCLEAR_PORTFOLIO"], "70% SMR / 30% LEU")).toEqual({ SMR: "0.7", LEU: "0.3" });
  });
});

describe("a reason that every line repeats is refused where it is in doubt whose a percentage is:", () => {
  test.each([
    "70% SMR 30% LEU",
    "SMR 70% 30% LEU",
    "70% of 30% SMR, 70% LEU",
    "not 70% SMR / 30% LEU",
    "70% SMR / 30% LEU instead of cash",
    "was 70% SMR / 30% LEU",
    "70% SMR / 30% LEU, down 5% today",
    "70% SMR / 20% LEU",
    "70% SMR / 30% LEU / 70% SMR",
    "70% SMR / 30% LEU, then 30% SMR / 70% LEU",
    "70% SMR, UVXY / 30% LEU",
    "70% SMR/UVXY, 30% LEU",
    "70% SMR and UVXY, 30% LEU",
    "70% SMR or 30% LEU",
    "70% SMRX / 30% LEU",
    "70% smr / 30% leu",
    "70% Smr / 30% Leu",
    "70%, 30% for SMR, LEU",
    "60/40% SMR / 30% LEU",
    "70% SMR / -30% LEU",
    "70% SMR / 20 to 30% LEU",
    "70% BTC/USD, 30% LEU",
  ])("%s", (reason) => {
    expect(reading(TWO, reason)).toMatch(/^(?:malformed|over-allocated|incomplete): /);
  });

  test.each([
    ["70% SMR 30% LEU", "All lines have the same reason, and it gives several percentages: it is not clear which one is whose."],
    ["70% SMR / 20% LEU", "several percentages: 70% next to SMR, and 20% next to LEU"],
    ["70% smr / 30% leu", "All lines have the same reason, and it gives several percentages"],
    ["49% smr / 51% leu", "All lines have the same reason, and it gives several percentages"],
    ["was 70% SMR / 30% LEU", "several percentages: 70% next to SMR, and 30% next to LEU. Put each line's own weight first in its reason"],
    ["was SMR 70%, LEU 30%", "The weight of LEU is 70%, but the reason lists it with 30%. Put each line's own weight first in its reason"],
  ])("%s: the message says what was found and how to write it", (reason, says) => {
    expect(reading(TWO, reason)).toContain(says);
  });
});

test("lines that list other weights are two runs", () => {
  const lines = [line({ symbol: "SMR", reason: "70% SMR / 30% LEU" }), line({ at: T0 + 100, symbol: "LEU", reason: "60% SMR / 40% LEU" })];
  expect(runsOf(entries(lines)).map(({ allocation }) => allocation.kind)).toEqual(["incomplete", "incomplete"]);
});

test("a symbol that the list does not name gets no weight from it", () => {
  expect(reading(["SMR", "LEU", "OKLO"], "70% SMR / 30% LEU")).toBe(
    "malformed: OKLO is bought, but the reason names only SMR 70%, LEU 30%.",
  );
});

test("the first percentage still counts where it is nobody else's", () => {
  const weight = (reason: string): string | undefined => {
    const read = readAlert(line({ symbol: "SMR", reason }), "UTC");
    return read.kind === "alert" ? read.weight?.toFixed() : read.problem;
  };
  expect(weight("31.2% SMR 5% below its high")).toBe("0.312");
  expect(weight("allocation: 31.2% (5% SMR drop)")).toBe("0.312");
  expect(weight("62.3% (inverse volatility weighted, 5% floor)")).toBe("0.623");
  expect(weight("100% SMR")).toBe("1");
});

test("a SELL with such a list is refused, because it may be a part", () => {
  const read = readAlert(line({ symbol: "SMR", action: "SELL", reason: "sell 70% SMR / 30% LEU" }), "UTC");
  expect(read).toMatchObject({ kind: "malformed", problem: expect.stringContaining("sells only a part") });
});
