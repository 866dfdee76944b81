import { describe, expect, test } from "@jest/globals";
import { dryRunLines } from "../../src/reporting/dry-run-view.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import { plan } from "./examples.ts";

describe("a dry run", () => {
  test("names every symbol with its reason and the orders that would be sent", () => {
    expect(dryRunLines(plan(), plainStyle)).toEqual([
      "Dry run: the plan on a base of $99,000.00",
      "  BWXT  no target, held $1,812.50: sell all 12.5 shares (about $1,812.50)",
      "  LEU   target 39.5 % of $99,000.00 = $39,105.00, held $39,000.00: left alone, within the drift band of 1.0 % ($990.00)",
      "  OKLO  target 29.3 % of $99,000.00 = $29,007.00, held $0.00: left alone, its price is in doubt",
      "  SMR   target 31.2 % of $99,000.00 = $30,888.00, held $0.00: buy $30,888.00",
      "",
      "Orders that would be sent:",
      "  BWXT_SELL  all 12.5 shares  about $1,812.50",
      "  SMR_BUY         $30,888.00",
      "The buys are planned again with the actual proceeds of the sells.",
      "Dry run: nothing was sent.",
    ]);
  });

  test("says that no order would be sent when all is on target", () => {
    expect(dryRunLines(plan({ sells: [], buys: [], lines: [] }), plainStyle)).toEqual([
      "Dry run: the plan on a base of $99,000.00",
      "  No positions and no targets.",
      "",
      "No order would be sent.",
      "Dry run: nothing was sent.",
    ]);
  });
});
