import { expect, test } from "@jest/globals";
import type { Order } from "../../../src/domain/broker.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { explainedByExternalFills } from "../../../src/execution/preparation/external-fills.ts";

test.each([
  ["3", ["UVXY"]],
  ["2", []],
])("an order by hand for %s shares explains a difference of three shares, or nothing", async (quantity, explained) => {
  const order = { symbol: "UVXY", side: "buy", filledAveragePrice: decimal("16"), problem: undefined };
  const ours = { ...order, clientOrderId: "alpaca-trader-aa-buying-UVXY-1", submittedAt: 1, filledAt: 2, filledQuantity: decimal("100") };
  const byHandOrder = { ...order, clientOrderId: "by-hand", submittedAt: 3, filledAt: 4, filledQuantity: decimal(quantity) };
  const broker = { ordersSince: () => Promise.resolve([ours, byHandOrder] as unknown as Order[]) };
  const snapshot = {
    market: { clock: { timestamp: 10 } },
    positions: [{ symbol: "UVXY", quantity: decimal("103") }],
  } as unknown as AccountSnapshot;
  const expected = {
    quantities: new Map([["UVXY", decimal("100")]]),
    bought: new Set(["UVXY"]),
    after: new Map([["UVXY", ours.clientOrderId]]),
    cash: undefined,
    traded: decimal("0"),
  };

  expect([...(await explainedByExternalFills(broker, snapshot, expected)).keys()]).toEqual(explained);
});
