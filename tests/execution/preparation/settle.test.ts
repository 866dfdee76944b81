import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { unsettled, type Expected } from "../../../src/execution/preparation/settle.ts";

const EXPECTED: Expected = {
  quantities: new Map([["SMR", decimal("10")]]),
  bought: new Set(),
  after: new Map(),
  cash: decimal("1000"),
  traded: decimal("500"),
};

function shown(cash: string, quantity: string): AccountSnapshot {
  const positions = [{ symbol: "SMR", quantity: decimal(quantity) }];
  return { at: 1, account: { cash: decimal(cash) }, positions } as unknown as AccountSnapshot;
}

describe("an account after our fills", () => {
  test.each([
    ["shows them all", "1000", "10", undefined],
    ["shows more cash", "1200", "10", undefined],
    ["lacks a cent of fees for each share", "999.90", "10", undefined],
    ["lacks the proceeds of a sell", "900", "10", "cash shows 900, expected 1000 from our fills"],
    ["still shows sold shares", "1000", "12", "SMR shows 12 shares, expected 10 from our fills"],
    ["shows fewer shares than our sells have left", "1000", "8", undefined],
  ])("that %s", (_, cash, quantity, missing) => {
    expect(unsettled(shown(cash, quantity), EXPECTED)).toBe(missing);
  });

  test("that shows fewer shares than we bought", () => {
    expect(unsettled(shown("1000", "8"), { ...EXPECTED, bought: new Set(["SMR"]) })).toMatch(/SMR shows 8 shares/);
  });
});
