import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger, openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../src/domain/decimal.ts";

let ledger: SqliteLedger;

beforeEach(() => {
  ledger = openLedger(":memory:");
});

afterEach(() => ledger.close());

const UVXY = { symbol: "UVXY", session: "2026-11-18", ratio: decimal("5"), quantity: decimal("3712.5"), foundAt: 1, bookedAt: undefined };

describe("splits in the ledger", () => {
  test("are unbooked until they are booked, also after a restart", () => {
    ledger.recordSplit(UVXY);
    ledger.recordSplit({ ...UVXY, symbol: "BTAL", ratio: decimal("0.666666666666666666666666666667") });
    const again = openLedgerImage(ledger.serialize());
    expect(again.unbookedSplits().map(({ symbol, ratio }) => [symbol, ratio.toFixed()])).toEqual([
      ["BTAL", "0.666666666666666666666666666667"],
      ["UVXY", "5"],
    ]);
    again.recordSplit({ ...UVXY, bookedAt: 2 });
    expect(again.unbookedSplits().map(({ symbol }) => symbol)).toEqual(["BTAL"]);
    expect(again.splitsOf("UVXY")).toEqual([{ ...UVXY, bookedAt: 2 }]);
    again.close();
  });
});

describe("quantities by session", () => {
  const seen = (session: string, quantity: string) => ({ symbol: "UVXY", session, quantity: decimal(quantity), at: 1 });

  test("the newest session counts, and the newest word on it", () => {
    expect(ledger.lastSessionQuantity("UVXY")).toBeUndefined();
    for (const [session, quantity] of [
      ["2026-11-18", "1"],
      ["2026-11-17", "2"],
      ["2026-11-18", "3"],
    ] as const)
      ledger.recordSessionQuantity(seen(session, quantity));
    expect(ledger.lastSessionQuantity("UVXY")).toEqual(seen("2026-11-18", "3"));
    expect(ledger.lastSessionQuantity("BTAL")).toBeUndefined();
  });
});
