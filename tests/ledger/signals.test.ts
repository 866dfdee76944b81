import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { execution, line, NOW, signal } from "./ledger-examples.ts";

/** Up to 25 digits on either side of the point: far beyond what a binary float can hold. */
const exactDecimal = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 25n), fc.bigInt(0n, 10n ** 25n))
  .map(([negative, whole, part]) => decimal(`${negative ? "-" : ""}${String(whole)}.${String(part).padStart(25, "0")}`));

describe("signals", () => {
  test("a signal is read back exactly: weights to the last digit, symbols in their order", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), exactDecimal), { selector: ([symbol]) => symbol, maxLength: 8 }),
        (pairs) => {
          const ledger = openLedger(":memory:");
          const written = signal("0123456789abcdef", { targets: new Map(pairs) });
          ledger.recordSignal(written, NOW);
          const read = ledger.signal(written.id)!.signal;
          expect([...read.targets].map(([symbol, weight]) => [symbol, weight.toFixed()])).toEqual(
            pairs.map(([symbol, weight]) => [symbol, weight.toFixed()]),
          );
          expect({ ...read, targets: undefined }).toEqual({ ...written, targets: undefined });
          ledger.close();
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });

  test("an exit and a hold come back as what they are", () => {
    const ledger = openLedger(":memory:");
    const exit = signal("e", { kind: "exit", targets: new Map(), exits: ["SMR", "BRK.B"] });
    const hold = signal("h", { kind: "hold", targets: new Map() });
    ledger.recordSignal(exit, NOW);
    ledger.recordSignal(hold, NOW + 1);
    expect(ledger.recentSignals(5).map((record) => record.signal)).toEqual([hold, exit]);
  });

  test("a signal that is known is not recorded again", () => {
    const ledger = openLedger(":memory:");
    ledger.recordSignal(signal("a"), NOW);
    ledger.recordSignal(signal("a", { reason: "rewritten" }), NOW + 5);
    expect(ledger.recentSignals(5)).toHaveLength(1);
    expect(ledger.signal("a")).toMatchObject({ recordedAt: NOW, signal: { reason: signal("a").reason } });
    expect(ledger.signal("b")).toBeUndefined();
  });

  test("judging a signal judges its lines, with one entry in the history", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a-1"), line("a-2"), line("other")]);
    ledger.recordSignal(signal("a"), NOW);
    ledger.judgeSignal("a", { kind: "halted", reason: "HALT is there." }, NOW + 1);
    ledger.judgeSignal("a", { kind: "halted", reason: "HALT is there." }, NOW + 2);
    expect(ledger.signal("a")).toMatchObject({ verdict: "halted", verdictReason: "HALT is there.", verdictAt: NOW + 1 });
    expect(
      [...ledger.lines("nuclear", ["a-1", "a-2", "other"]).values()].map(({ hash, verdict, signalId }) => [hash, verdict, signalId]),
    ).toEqual([
      ["a-1", "halted", "a"],
      ["a-2", "halted", "a"],
      ["other", undefined, undefined],
    ]);
    expect(ledger.recentVerdicts(5)).toEqual([
      { at: NOW + 1, strategy: "nuclear", verdict: "halted", reason: "HALT is there.", signalId: "a", lines: 2 },
    ]);
  });

  test("a final verdict of a signal stands for good, and so do those of its lines", () => {
    const ledger = openLedger(":memory:");
    ledger.recordLines([line("a-1"), line("a-2")]);
    ledger.recordSignal(signal("a"), NOW);
    ledger.judgeSignal("a", { kind: "executed", reason: "On target." }, NOW + 1);
    ledger.judgeSignal("a", { kind: "stale", reason: "Too old." }, NOW + 2);
    expect(ledger.signal("a")).toMatchObject({ verdict: "executed", verdictAt: NOW + 1 });
    expect(ledger.lines("nuclear", ["a-1"]).get("a-1")?.verdict).toBe("executed");
    expect(ledger.recentVerdicts(5)).toHaveLength(1);
  });

  test("a signal that was never recorded cannot be judged in silence", () => {
    expect(() => openLedger(":memory:").judgeSignal("a", { kind: "stale", reason: "Too old." }, NOW)).toThrow("no signal a");
  });

  test("the last accepted signal is the newest one whose execution has begun", () => {
    const ledger = openLedger(":memory:");
    for (const id of ["a", "b", "c", "d"]) ledger.recordSignal(signal(id, { strategy: id === "d" ? "tecl" : "nuclear" }), NOW);
    expect(ledger.lastAcceptedSignal("nuclear")).toBeUndefined();
    for (const id of ["a", "b", "c", "d"]) ledger.createExecution(execution(`x-${id}`, id));
    for (const id of ["a", "b", "d"]) ledger.updateExecution(`x-${id}`, { begunAt: NOW + 5 });
    expect(ledger.lastAcceptedSignal("nuclear")?.signal.id).toBe("b");
  });
});

describe("assets and adoptions", () => {
  test("the ledger knows which asset a symbol stood for last, and of no other", () => {
    const ledger = openLedger(":memory:");
    ledger.recordAssetIds(
      new Map([
        ["OKLO", "1"],
        ["SMR", "2"],
      ]),
      NOW,
    );
    ledger.recordAssetIds(new Map([["SMR", "3"]]), NOW + 1);
    expect(ledger.assetIds(["OKLO", "SMR", "LEU"])).toEqual(
      new Map([
        ["OKLO", "1"],
        ["SMR", "3"],
      ]),
    );
    expect(ledger.assetIds([])).toEqual(new Map());
  });

  test("an account is adopted by itself, and has been traded once an order was filled in it", () => {
    const ledger = openLedger(":memory:");
    ledger.recordAdoption("PA3AAAA", NOW);
    expect([ledger.adoptedAt("PA3AAAA"), ledger.adoptedAt("PA3BBBB")]).toEqual([NOW, undefined]);
    expect(ledger.hasTraded("PA3AAAA")).toBe(false);
  });
});

describe("the pinned account", () => {
  test("the newest pin counts", () => {
    const ledger = openLedger(":memory:");
    expect(ledger.pinnedAccount()).toBeUndefined();
    ledger.pinAccount("PA3AAAA", NOW);
    ledger.pinAccount("PA3BBBB", NOW + 1);
    expect(ledger.pinnedAccount()).toEqual({ number: "PA3BBBB", pinnedAt: NOW + 1 });
  });
});
