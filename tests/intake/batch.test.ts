import { describe, expect, test } from "@jest/globals";
import { runsOf } from "../../src/intake/batch.ts";
import type { Run } from "../../src/intake/batch.ts";
import { T0, bearRun, entries, line, nuclearRun, plain } from "./alerts.ts";

const runs = (...lines: string[]): Run[] => runsOf(entries(lines));
const sizes = (...lines: string[]): number[] => runs(...lines).map((run) => run.entries.length);
const only = (...lines: string[]): Run["allocation"] => {
  const found = runs(...lines);
  expect(found).toHaveLength(1);
  return found[0]!.allocation;
};

const [SMR, LEU, OKLO] = nuclearRun();
const [SQQQ, TQQQ] = bearRun();

describe("a new run begins", () => {
  test("at a stamp more than two seconds after the line before, and not at two seconds", () => {
    expect(sizes(SQQQ, line({ at: T0 + 2_000, symbol: "TQQQ", reason: "37.7%" }))).toEqual([2]);
    expect(sizes(SQQQ, line({ at: T0 + 2_001, symbol: "TQQQ", reason: "37.7%" }))).toEqual([1, 1]);
  });

  test("at a stamp more than two seconds back", () => {
    expect(sizes(SQQQ, line({ at: T0 - 2_001, symbol: "TQQQ", reason: "37.7%" }))).toEqual([1, 1]);
  });

  test("at a symbol that is said again with another size, or more than two seconds later", () => {
    expect(sizes(SQQQ, TQQQ, line({ at: T0 + 300, symbol: "SQQQ", reason: "50%" }))).toEqual([2, 1]);
    expect(sizes(SMR, LEU, OKLO, ...nuclearRun(T0 + 3_000))).toEqual([3, 3]);
  });

  test("at a SELL that arrives when a run of SELLs is complete, and not at one that was there when that was found", () => {
    const [one, other] = [100, 1_200].map((at) =>
      line({ at: T0 + at, symbol: at === 100 ? "UVXY" : "BTAL", action: "SELL", reason: "exit" }),
    );
    const seen = (later: number, settleMs: number): number[] =>
      runsOf([...entries([one!]), ...entries([other!], T0 + later)], Infinity, settleMs).map((run) => run.alerts.length);
    expect([seen(999, 1_000), seen(1_000, 1_000)]).toEqual([[2], [1, 1]]);
    expect([seen(0, 0), seen(1, 0)]).toEqual([[2], [1, 1]]);
    expect(runsOf([...entries([SQQQ, TQQQ]), ...entries([one!], T0 + 1_000)], Infinity, 1_000)).toHaveLength(1);
  });

  test("at a reason that names other legs", () => {
    const hedge = line({
      at: T0 + 500,
      symbol: "UVXY",
      reason: "Volatility hedge allocation: 75% (Market overbought, UVXY 75% + BTAL 25% allocation)",
    });
    expect(sizes(SMR, LEU, OKLO, hedge)).toEqual([3, 1]);
  });
});

describe("a run", () => {
  test("whose reasons name its legs is complete exactly when they are there", () => {
    expect(only(SMR, LEU)).toMatchObject({
      kind: "incomplete",
      canGrow: true,
      reason: expect.stringContaining("OKLO is missing"),
    });
    const whole = only(SMR, LEU, OKLO);
    expect(whole).toMatchObject({ kind: "rebalance", named: true });
    expect(whole.kind === "rebalance" && plain(whole.targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
  });

  test("may list its legs in any order", () => {
    expect(only(OKLO, SMR, LEU).kind).toBe("rebalance");
  });

  test("without names is judged by its sum", () => {
    expect(only(SQQQ)).toMatchObject({ kind: "incomplete", canGrow: true });
    expect(only(SQQQ, TQQQ)).toMatchObject({ kind: "rebalance", named: false });
  });

  test("of a single symbol without a percentage is all of it", () => {
    const whole = only(line({ symbol: "TQQQ" }));
    expect(whole.kind === "rebalance" && plain(whole.targets)).toEqual({ TQQQ: "1" });
  });

  test.each([
    ["97.9", "incomplete"],
    ["98", "rebalance"],
    ["100.5", "rebalance"],
    ["100.6", "over-allocated"],
  ])("that adds up to %s%% is %s", (percent, kind) => {
    expect(only(line({ reason: `allocation: ${percent}%` })).kind).toBe(kind);
  });

  test("a little over the whole is scaled down, exactly and never above one", () => {
    const third = (index: number, symbol: string): string => line({ at: T0 + index, symbol, reason: "allocation: 33.4%" });
    const scaled = only(third(0, "SMR"), third(1, "LEU"), third(2, "OKLO"));
    expect(scaled.kind === "rebalance" && plain(scaled.targets)).toEqual({
      SMR: "0.333333333333",
      LEU: "0.333333333333",
      OKLO: "0.333333333333",
    });
  });

  test("a little under the whole is left as it is, and a leg of zero is no target", () => {
    const whole = only(line({ symbol: "SMR", reason: "98.2%" }), line({ symbol: "LEU", reason: "0.0%" }));
    expect(whole.kind === "rebalance" && plain(whole.targets)).toEqual({ SMR: "0.982" });
  });

  test("whose leg disagrees with what its reason names for it is malformed", () => {
    const wrong = line({
      symbol: "SMR",
      reason: "Nuclear portfolio allocation: 39.5% (Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%))",
    });
    expect(only(wrong)).toMatchObject({ kind: "malformed", reason: expect.stringContaining("39.5%") });
  });

  test("with a leg that its reason does not name is malformed", () => {
    expect(
      only(
        SMR,
        LEU,
        OKLO,
        line({ at: T0 + 300, symbol: "BWXT", reason: "10% (Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%))" }),
      ),
    ).toMatchObject({ kind: "malformed" });
  });

  test("does not mix forms", () => {
    const mixed = { kind: "malformed", reason: expect.stringContaining("mixes incompatible forms") };
    expect(only(SMR, LEU, OKLO, line({ at: T0 + 300, symbol: "UVXY" }))).toMatchObject(mixed);
    expect(only(SQQQ, line({ at: T0 + 100, symbol: "TQQQ" }))).toMatchObject(mixed);
    expect(only(line({ symbol: "UVXY_BTAL_PORTFOLIO" }), line({ at: T0 + 10, symbol: "TQQQ" }))).toMatchObject(mixed);
    expect(only(line({ symbol: "SPY", action: "HOLD" }), SQQQ)).toMatchObject({
      kind: "malformed",
      reason: expect.stringContaining("HOLD"),
    });
  });

  test("that names no legs is rejected right behind a malformed run, which may have taken its first line", () => {
    const weight = (symbol: string, percent: string, at: number): string => line({ at, symbol, reason: `${percent}%` });
    const second = [weight("BIL", "2", T0 + 600), weight("SMR", "60", T0 + 660), weight("SPY", "38", T0 + 720)];
    const [mixed, rest] = runs(SMR, LEU, OKLO, ...second);
    expect([mixed?.allocation.kind, mixed?.entries.length]).toEqual(["malformed", 4]);
    expect(rest?.allocation).toMatchObject({ kind: "malformed", reason: expect.stringContaining("so closely") });
    const later = second.map((_, index) => weight(["BIL", "SMR", "SPY"][index]!, ["2", "60", "38"][index]!, T0 + 8_000 + index * 60));
    expect(runs(SMR, LEU, OKLO, ...later).map(({ allocation }) => allocation.kind)).toEqual(["rebalance", "rebalance"]);
  });

  test("more than two seconds behind a rejected one is accepted, whatever was wrong with that one", () => {
    const weight = (symbol: string, percent: string, at: number): string => line({ at, symbol, reason: `${percent}%` });
    const behind = (gap: number): (string | undefined)[] =>
      runs(weight("BIL", "80", T0), weight("SPY", "90", T0 + 60), weight("BIL", "100", T0 + 60 + gap)).map(
        ({ allocation }) => allocation.kind,
      );
    expect(behind(2_000)).toEqual(["over-allocated", "malformed"]);
    expect(behind(2_001)).toEqual(["over-allocated", "rebalance"]);
    const exit = line({ at: T0 + 500, symbol: "SMR", action: "SELL" });
    const later = line({ at: T0 + 2_501, symbol: "SMR", action: "SELL" });
    expect(runs(line({ symbol: "?" }), exit, later).map(({ allocation }) => allocation.kind)).toEqual(["malformed", "exit"]);
    expect(runs(weight("BIL", "50", T0), weight("BIL", "100", T0 + 500)).map(({ allocation }) => allocation.kind)).toEqual([
      "incomplete",
      "rebalance",
    ]);
  });

  test("that names its legs is accepted anywhere in the file", () => {
    const [, named] = runs(SQQQ, line({ at: T0 + 100, symbol: "SMR" }), ...nuclearRun(T0 + 300));
    expect(named?.allocation.kind).toBe("rebalance");
  });

  test("of more than 500 lines is malformed", () => {
    const many = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => {
        const symbol = String.fromCharCode(65 + Math.floor(index / 676), 65 + (Math.floor(index / 26) % 26), 65 + (index % 26));
        return line({ at: T0 + index, symbol, reason: "0.2%" });
      });
    expect(only(...many(500)).kind).toBe("rebalance");
    expect(only(...many(501))).toEqual({ kind: "malformed", reason: "The run has more than 500 lines." });
  });

  test("names every form that it mixes", () => {
    expect(only(SQQQ, line({ at: T0 + 100, symbol: "TQQQ" }))).toEqual({
      kind: "malformed",
      reason: "The run mixes incompatible forms: a single weight; a single symbol without a percentage.",
    });
    const whole = (at: number): string => line({ at, symbol: "UVXY_BTAL_PORTFOLIO" });
    const nuclear = line({
      at: T0 + 10,
      symbol: "NUCLEAR_PORTFOLIO",
      reason: "Nuclear portfolio: UVXY (75%), BTAL (25%)",
    });
    expect(only(whole(T0), nuclear)).toEqual({
      kind: "malformed",
      reason: "The run mixes incompatible forms: a portfolio name.",
    });
    expect(only(SMR, line({ at: T0 + 10, symbol: "BIL", reason: "10%" }))).toEqual({
      kind: "malformed",
      reason: "The run mixes incompatible forms: a reason that lists all legs; a single weight.",
    });
  });

  test("says how many legs are there and which are missing", () => {
    expect(only(SMR)).toMatchObject({ reason: "LEU, OKLO are missing (1 of 3 legs)." });
    expect(only(SMR, LEU)).toMatchObject({ reason: "OKLO is missing (2 of 3 legs)." });
  });

  test("whose named legs come to too much is over-allocated, and to too little can never be whole", () => {
    const named = (legs: string): Run["allocation"] => only(line({ symbol: "SMR", reason: `60% (SMR (60%), ${legs})` }));
    expect(named("LEU (60%)").kind).toBe("over-allocated");
    const both = "60% (SMR (60%), LEU (30%))";
    const little = only(line({ symbol: "SMR", reason: both }), line({ at: T0 + 10, symbol: "LEU", reason: both.replace("60%", "30%") }));
    expect(little).toMatchObject({ kind: "incomplete", canGrow: false });
  });

  test("says what is wrong with a malformed line, whether it is the only line or one of several", () => {
    const bad = line({ symbol: "?" });
    expect(only(bad)).toMatchObject({ reason: expect.stringMatching(/^"symbol" is "\?"/) });
    expect(only(SMR, line({ at: T0 + 50, symbol: "?" }))).toMatchObject({
      reason: expect.stringMatching(/^One line of the run is malformed: "symbol" is "\?"/),
    });
  });

  test("whose SELL names legs is not taken to name those of its BUYs", () => {
    const sell = line({ at: T0 + 50, symbol: "TQQQ", action: "SELL", reason: "out of TQQQ (60%), BIL (40%)" });
    expect(only(SQQQ, "garbage", sell, TQQQ.replace("TQQQ", "SOXL")).kind).toBe("malformed");
  });

  test("of two single symbols asks for twice the account", () => {
    expect(only(line({ symbol: "TQQQ" }), line({ symbol: "UVXY", at: T0 + 10 })).kind).toBe("over-allocated");
  });

  test("of SELL lines alone exits those symbols; SELLs among BUYs add nothing, and may not name a target", () => {
    const sell = (symbol: string): string => line({ at: T0 + 300, symbol, action: "SELL", reason: "exit" });
    expect(only(sell("SMR"), sell("LEU"))).toEqual({ kind: "exit", exits: ["SMR", "LEU"] });
    expect(only(SMR, LEU, OKLO, sell("UVXY")).kind).toBe("rebalance");
    expect(only(SMR, LEU, OKLO, sell("SMR"))).toMatchObject({
      kind: "malformed",
      reason: expect.stringContaining("buys and sells SMR"),
    });
  });

  test("of one HOLD line holds", () => {
    expect(only(line({ symbol: "SPY", action: "HOLD", reason: "Missing SPY data" })).kind).toBe("hold");
  });

  test("of one literal name is complete", () => {
    const whole = only(line({ symbol: "UVXY_BTAL_PORTFOLIO" }));
    expect(whole.kind === "rebalance" && plain(whole.targets)).toEqual({ UVXY: "0.75", BTAL: "0.25" });
  });
});

describe("a malformed line", () => {
  test("with a stamp near a run spoils that run, wherever it stands", () => {
    const bad = line({ at: T0 + 150, symbol: "?" });
    for (const lines of [
      [bad, SMR, LEU, OKLO],
      [SMR, LEU, bad, OKLO],
      [SMR, LEU, OKLO, bad],
    ])
      expect(only(...lines).kind).toBe("malformed");
  });

  test("with a distant stamp is a separate run", () => {
    expect(runs(line({ at: T0 - 9_000, symbol: "?" }), SMR, LEU, OKLO).map(({ allocation }) => allocation.kind)).toEqual([
      "malformed",
      "rebalance",
    ]);
  });

  test("without a stamp inside a run is no harm where the legs are named, and spoils the run where they are not", () => {
    expect(only(SMR, LEU, "garbage", OKLO).kind).toBe("rebalance");
    expect(only(SQQQ, "garbage", TQQQ).kind).toBe("malformed");
  });

  test("without a stamp after the last run is the newest run", () => {
    expect(runs(SMR, LEU, OKLO, "garbage").map(({ allocation }) => allocation.kind)).toEqual(["rebalance", "malformed"]);
  });

  test("without a stamp between two runs belongs to neither", () => {
    expect(runs(SMR, LEU, OKLO, "garbage", ...nuclearRun(T0 + 9_000)).map(({ allocation }) => allocation.kind)).toEqual([
      "rebalance",
      "malformed",
      "rebalance",
    ]);
  });
});

describe("a repeat", () => {
  const counts = (...lines: string[]): string[] => runs(...lines).map(({ alerts, repeats }) => `${alerts.length}+${repeats.length}`);

  test("byte for byte changes nothing at any time, whole run or part, wherever it stands", () => {
    expect(counts(SMR, LEU, OKLO, SMR, LEU, OKLO)).toEqual(["3+3"]);
    expect(counts(SMR, LEU, OKLO, SMR, LEU)).toEqual(["3+2"]);
    expect(counts(SMR, LEU, SMR, LEU, OKLO)).toEqual(["3+2"]);
    expect(counts(SMR, LEU, OKLO, ...bearRun(T0 + 60_000), SMR, LEU, OKLO)).toEqual(["3+0", "2+3"]);
  });

  test("is the same alert again within two seconds: two equal runs may be interleaved", () => {
    const other = nuclearRun(T0 + 30);
    expect(counts(SMR, other[0], LEU, other[1], OKLO, other[2])).toEqual(["3+3"]);
    expect(counts(SMR, LEU, OKLO, ...nuclearRun(T0 + 2_000))).toEqual(["3+3"]);
    expect(counts(SMR, LEU, OKLO, ...nuclearRun(T0 + 2_001))).toEqual(["3+0", "3+0"]);
    expect(counts(SMR, LEU, OKLO, ...nuclearRun(T0 - 2_001))).toEqual(["3+0", "3+0"]);
  });

  test("is none with another size, other legs or another origin", () => {
    expect(counts(SQQQ, line({ at: T0 + 50, symbol: "SQQQ", reason: "50%" }))).toEqual(["1+0", "1+0"]);
    expect(counts(SQQQ, line({ at: T0 + 50, symbol: "SQQQ" }))).toEqual(["1+0", "1+0"]);
    const names = (percents: string): string => line({ at: T0 + 50, symbol: "UVXY", reason: `75% (${percents})` });
    expect(counts(names("UVXY 75% + BTAL 25%"), names("UVXY 75%, TQQQ 25%"))).toEqual(["1+0", "1+0"]);
    expect(counts(line({}), line({ at: T0 + 50, more: { origin: "simulator" } }))).toEqual(["1+0", "1+0"]);
    expect(counts(line({}), line({ at: T0 + 50 }))).toEqual(["1+1"]);
  });

  test("makes its run no younger and no longer", () => {
    const [run] = runsOf([...entries([SMR, LEU, OKLO], T0), ...entries(nuclearRun(T0 + 1_000), T0 + 1_000)]);
    expect(run).toMatchObject({ newestStamp: T0 + 200, lastLineAt: T0 });
  });

  test("behind a line that cannot be read leaves that the newest", () => {
    const found = runs(SMR, LEU, OKLO, "garbage", SMR);
    expect(found.map(({ allocation }) => allocation.kind)).toEqual(["rebalance", "malformed"]);
    expect(runs(SMR, LEU, "garbage", SMR, OKLO).map(({ allocation }) => allocation.kind)).toEqual(["rebalance"]);
  });
});

describe("lines that name the same legs", () => {
  const slow = (gapMs: number, at = T0): string[] =>
    nuclearRun(at).map((text, index) => text.replace(new Date(at + index * 100).toISOString(), new Date(at + index * gapMs).toISOString()));

  test("belong together however slowly they come, and are as old as the oldest", () => {
    const [run, ...others] = runs(...slow(3_000));
    expect(others).toEqual([]);
    expect(run).toMatchObject({ allocation: { kind: "rebalance" }, oldestStamp: T0, newestStamp: T0 + 6_000 });
    expect(sizes(...slow(140_000))).toEqual([3]);
  });

  test("are two runs where each symbol is said again", () => {
    expect(sizes(...slow(3_000), ...slow(3_000, T0 + 60_000))).toEqual([3, 3]);
  });

  test("are no run with lines of one that would be stale with them", () => {
    const all = entries([OKLO, ...nuclearRun(T0 + 300_000).slice(0, 2)]);
    expect(runsOf(all, 299_900).map(({ alerts }) => alerts.length)).toEqual([3]);
    expect(runsOf(all, 299_000).map(({ alerts }) => alerts.length)).toEqual([1, 2]);
  });

  test("take in a SELL that comes between them, unless it sells one of them", () => {
    const [first, second, third] = slow(3_000) as [string, string, string];
    const sell = (symbol: string): string => line({ at: T0 + 2_500, symbol, action: "SELL", reason: "exit" });
    expect(sizes(first, sell("UVXY"), second, third)).toEqual([4]);
    expect(runs(first, sell("UVXY")).map(({ allocation }) => allocation.kind)).toEqual(["incomplete", "exit"]);
    expect(sizes(first, sell("SMR"), second, third).length).toBeGreaterThan(1);
  });

  test("take in several SELLs that come one after the other, unless another run comes between", () => {
    const [first, second, third] = slow(10_000) as [string, string, string];
    const sell = (symbol: string, at: number): string => line({ at: T0 + at, symbol, action: "SELL", reason: "exit" });
    const sells = [sell("UVXY", 12_500), sell("BTAL", 15_000)];
    expect(sizes(sell("TQQQ", -5_000), first, second, ...sells, third)).toEqual([1, 5]);
    expect(sizes(first, second, ...sells, sell("SMR", 17_500), third)).toEqual([2, 1, 1, 1, 1]);
    expect(sizes(first, second, ...sells, line({ at: T0 + 17_500, symbol: "SPY", action: "HOLD" }), third)).toEqual([2, 1, 1, 1, 1]);
  });
});
