import { describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { pledgedBy, pledgeText } from "../../../src/execution/preparation/pledges.ts";

describe("what a short option secures", () => {
  const held = (symbol: string, quantity: string): { symbol: string; quantity: ReturnType<typeof decimal> } => ({
    symbol,
    quantity: decimal(quantity),
  });

  test("is the price of its shares for a put that was sold, and nothing for other positions", () => {
    expect(pledgedBy([held("SPY261218P00100000", "-2"), held("F261218P00012500", "-1")]).toFixed()).toBe("21250");
    expect(pledgedBy([held("SPY261218P00100000", "2"), held("SPY261218C00100000", "-1"), held("UVXY", "-3")]).toFixed()).toBe("0");
    expect(pledgedBy([{ ...held("SPY261218P00100000", "-2"), problem: "qty" }]).toFixed()).toBe("0");
  });

  test("explains no more than that", () => {
    const put = [held("SPY261218P00100000", "-1")];
    expect(pledgeText(put, decimal("9890"))).toContain("$9,890.00");
    expect(pledgeText(put, decimal("10002"))).toBeUndefined();
    expect(pledgeText([], decimal("5"))).toBeUndefined();
  });
});
