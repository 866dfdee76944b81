import { describe, expect, test } from "@jest/globals";
import type { Position } from "../../src/domain/broker.ts";
import { judgeFirstLiveRun } from "../../src/doctor/first-live-run.ts";
import { decimal, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import { saying } from "./saying.ts";

function position(symbol: string, value: string, change: Partial<Position> = {}): Position {
  const worth = { marketValue: decimal(value), currentPrice: undefined, lastdayPrice: undefined, averageEntryPrice: undefined };
  const shares = { quantity: decimal("10"), available: decimal("10"), costBasis: ZERO, unrealizedProfit: undefined };
  return { symbol, assetId: symbol, assetClass: "us_equity", side: "long", ...shares, ...worth, ...change };
}

describe("what a first live run would sell", () => {
  const SETTINGS = {
    protectedSymbols: new Set(["KEPT"]),
    allowedSymbols: undefined,
    cashReserve: decimal("0.01"),
    driftBand: decimal("0.01"),
  };
  const facts = {
    account: { cash: decimal("20000") },
    positions: [position("TQQQ", "50000"), position("SMR", "30000"), position("KEPT", "900000")],
    targets: new Map<string, Decimal>([["SMR", decimal("0.2")]]),
    settings: SETTINGS,
    hasSeveralStrategies: false,
  };

  test("is all that no strategy names and the part above target, but nothing that is protected", () => {
    const [found] = judgeFirstLiveRun(facts);
    expect(found).toEqual(saying("warning", "a first live run would sell all TQQQ ($50,000.00), $10,200.00 of SMR"));
    expect(found?.hint).toContain("PROTECTED_SYMBOLS");
  });

  test("is everything while no strategy has spoken, which is said", () => {
    expect(judgeFirstLiveRun({ ...facts, targets: new Map() })).toEqual([
      saying("warning", "all TQQQ ($50,000.00), all SMR ($30,000.00), unless the strategy names it"),
    ]);
  });

  test("leaves what none of several strategies names, and what is within the drift band", () => {
    const near = new Map([["SMR", decimal("0.3")]]);
    expect(judgeFirstLiveRun({ ...facts, targets: near, hasSeveralStrategies: true })).toEqual([
      saying("ok", "a first live run would sell nothing"),
    ]);
  });
});
