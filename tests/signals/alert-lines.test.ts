import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readAlert } from "../../src/intake/alert.ts";
import type { Alert } from "../../src/intake/alert.ts";
import { assess } from "../../src/intake/assessment.ts";
import { runsOf } from "../../src/intake/batch.ts";
import { sum } from "../../src/domain/decimal.ts";
import { alertLines } from "../../src/signals/alert-lines.ts";
import { blend, hedge, portfolio, single } from "../../src/strategies/allocations.ts";
import type { Allocation, Leg } from "../../src/strategies/strategy.ts";

const AT = Date.parse("2025-07-14T15:45:00.063Z");
const DETAILS = { stampedAt: AT, zone: "America/New_York", prices: new Map([["SMR", 37.47999954223633]]), simulated: false };

function written(allocation: Allocation, details: Partial<typeof DETAILS> = {}): Record<string, unknown>[] {
  const text = alertLines(allocation, { ...DETAILS, ...details });
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const THREE: readonly Leg[] = [
  { symbol: "SMR", weight: 0.3121 },
  { symbol: "LEU", weight: 0.3948 },
  { symbol: "OKLO", weight: 0.2931 },
];

describe("alert lines", () => {
  test("keep the existing format, with one timestamp that includes its offset", () => {
    const reason = "Bull market - Nuclear portfolio: SMR (31.2%), LEU (39.5%), OKLO (29.3%)";
    const text = alertLines(portfolio("nuclear", "Bull market - Nuclear portfolio", THREE), DETAILS);
    expect(text.split("\n").slice(0, 2)).toEqual([
      `{"timestamp": "2025-07-14T11:45:00.063-04:00", "symbol": "SMR", "action": "BUY", "price": 37.47999954223633, "reason": "Nuclear portfolio allocation: 31.2% (${reason})"}`,
      `{"timestamp": "2025-07-14T11:45:00.063-04:00", "symbol": "LEU", "action": "BUY", "price": null, "reason": "Nuclear portfolio allocation: 39.5% (${reason})"}`,
    ]);
  });

  test.each([
    ["UTC", "2025-07-14T15:45:00.063+00:00"],
    ["Asia/Kolkata", "2025-07-14T21:15:00.063+05:30"],
  ])("in %s are stamped %s", (zone, stamp) => {
    expect(written(single("UVXY", "x"), { zone })[0]?.timestamp).toBe(stamp);
  });

  test("name their origin when the bars were invented", () => {
    expect(written(single("UVXY", "x"))[0]).not.toHaveProperty("origin");
    expect(Object.keys(written(single("UVXY", "x"), { simulated: true })[0]!)).toEqual([
      "timestamp",
      "symbol",
      "action",
      "price",
      "reason",
      "origin",
    ]);
  });

  test.each<[string, Allocation, string[]]>([
    [
      "the hedge",
      hedge("SPY overbought (79-81)"),
      [
        "Volatility hedge allocation: 75% (SPY overbought (79-81), UVXY 75% + BTAL 25% allocation)",
        "Anti-beta hedge allocation: 25% (SPY overbought (79-81), UVXY 75% + BTAL 25% allocation)",
      ],
    ],
    [
      "two bear legs",
      portfolio("bear", "Bear market portfolio", [
        { symbol: "SQQQ", weight: 0.6229 },
        { symbol: "QQQ", weight: 0.3771 },
      ]),
      [
        "Bear market allocation: 62.3% (inverse volatility weighted), Bear market portfolio: SQQQ (62.3%), QQQ (37.7%)",
        "Bear market allocation: 37.7% (inverse volatility weighted), Bear market portfolio: SQQQ (62.3%), QQQ (37.7%)",
      ],
    ],
    [
      "a blend",
      blend("Bull market", [
        { symbol: "UVXY", weight: 0.25 },
        { symbol: "BIL", weight: 0.75 },
      ]),
      [
        "Portfolio allocation: 25% (Bull market, UVXY 25% + BIL 75% allocation)",
        "Portfolio allocation: 75% (Bull market, UVXY 25% + BIL 75% allocation)",
      ],
    ],
    ["a single symbol", single("TQQQ", "TQQQ oversold, buying dip"), ["TQQQ oversold, buying dip"]],
  ])("of %s give its weights first", (_, allocation, reasons) => {
    expect(written(allocation).map(({ reason }) => reason)).toEqual(reasons);
  });
});

// --- what is written, read back ----------------------------------------------------------------

const SYMBOLS = ["SMR", "BWXT", "LEU", "EXC", "NLR", "OKLO", "BRK.B", "A", "SQQQ", "QQQ", "PSQ", "TQQQ"];

const legs = (least: number, most: number): fc.Arbitrary<readonly Leg[]> =>
  fc.uniqueArray(fc.constantFrom(...SYMBOLS), { minLength: least, maxLength: most }).chain((symbols) =>
    fc
      .array(fc.double({ min: 0.01, max: 4, noNaN: true }), { minLength: symbols.length, maxLength: symbols.length })
      .map((volatilities) => {
        const total = volatilities.reduce((sum, volatility) => sum + 1 / volatility, 0);
        return symbols.map((symbol, index) => ({ symbol, weight: 1 / volatilities[index]! / total }));
      }),
  );

const wholes = fc.tuple(legs(2, 2), fc.integer({ min: 1, max: 99 })).map(([two, share]): readonly Leg[] => [
  { symbol: two[0]!.symbol, weight: share / 100 },
  { symbol: two[1]!.symbol, weight: 1 - share / 100 },
]);

const allocations: fc.Arbitrary<Allocation> = fc.oneof(
  legs(1, 6).map((each) => portfolio("nuclear", "Bull market - Nuclear portfolio", each)),
  legs(2, 2).map((each) => portfolio("bear", "Bear market portfolio", each)),
  fc.constantFrom("SPY overbought (79-81)", "VOX overbought (79-81)").map(hedge),
  wholes.map((each) => blend("Bull market, TQQQ overbought (RSI > 79)", each)),
  fc
    .tuple(
      fc.constantFrom(...SYMBOLS),
      fc.constantFrom("SPY extremely overbought (RSI > 81)", "TQQQ weak, bonds weak, short position (Bear 1)"),
    )
    .map(([symbol, reason]) => single(symbol, reason)),
);

describe("a written run", () => {
  /** What the daemon makes of lines that have just arrived. */
  const readBack = (text: string, settleSeconds: number): ReturnType<typeof assess> => {
    const lines = text.trimEnd().split("\n");
    const entries = lines.map((line) => ({ line: readAlert(line, "Pacific/Kiritimati") as Alert, arrivedAt: AT }));
    const runs = runsOf(entries);
    expect(runs).toHaveLength(1);
    const facts = {
      runs,
      known: new Map(),
      inExecution: new Set<string>(),
      begun: new Set<string>(),
      lastAccepted: undefined,
      now: AT + 10,
      occasion: "look",
    } as const;
    const settings = {
      strategy: "s",
      mode: "paper",
      maxAgeSeconds: 300,
      settleSeconds,
      allowedSymbols: undefined,
      timezone: "UTC",
    } as const;
    return assess(runs[0]!, "id", [], facts, settings);
  };

  test("is read back as the same weights, of any portfolio", () => {
    fc.assert(
      fc.property(allocations, (allocation) => {
        const back = readBack(alertLines(allocation, DETAILS), 0);
        if (back.kind !== "execute") throw new Error(JSON.stringify(back));
        const targets = new Map([...back.signal.targets].map(([symbol, weight]) => [symbol, Number(weight.toFixed())]));
        expect(sum(back.signal.targets.values()).toFixed()).toBe("1");
        for (const { symbol, weight } of allocation.legs) expect(Math.abs((targets.get(symbol) ?? 0) - weight)).toBeLessThan(0.001);
      }),
      { seed: 20_251_201, numRuns: 400 },
    );
  });

  test("is complete at once if it has several legs", () => {
    fc.assert(
      fc.property(
        allocations.filter((allocation) => allocation.legs.length > 1),
        (allocation) => {
          expect(readBack(alertLines(allocation, DETAILS), 60).kind).toBe("execute");
        },
      ),
      { seed: 20_251_201 },
    );
  });

  test("is incomplete while a leg is missing", () => {
    fc.assert(
      fc.property(
        allocations.filter((allocation) => allocation.legs.length > 1),
        (allocation) => {
          const text = alertLines(allocation, DETAILS);
          const part = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
          expect(readBack(part, 0)).toMatchObject({ kind: "wait", for: "legs" });
        },
      ),
      { seed: 20_251_201 },
    );
  });
});
