import { describe, expect, test } from "@jest/globals";
import type { Order } from "../../../src/domain/broker.ts";
import { isNews, isWholeFill } from "../../../src/execution/loop/follow-up.ts";
import type { IntentRecord } from "../../../src/domain/ledger/orders.ts";
import { openLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { execution, intent, NOW, signal } from "../../ledger/ledger-examples.ts";

/** An order that the venue has accepted. */
function sent(): IntentRecord {
  const ledger = openLedger(":memory:");
  ledger.recordSignal(signal("a"), NOW);
  ledger.createExecution(execution("x", "a"));
  ledger.recordIntents([intent("i", "x")]);
  ledger.updateIntent("i", { state: "open", orderId: "o", status: "new", updatedAt: NOW });
  const record = ledger.intent("i");
  ledger.close();
  if (record === undefined) throw new Error("The intent is lost.");
  return { ...record, quantity: decimal("10"), notional: undefined };
}

const SENT = sent();
const IN_DOLLARS: IntentRecord = { ...SENT, quantity: undefined, notional: decimal("500") };

function told(change: Partial<Order> = {}): Order {
  return {
    id: "o",
    clientOrderId: SENT.clientOrderId,
    symbol: SENT.symbol,
    side: SENT.side,
    type: "market",
    status: "filled",
    quantity: decimal("10"),
    notional: undefined,
    limitPrice: undefined,
    filledQuantity: decimal("10"),
    filledAveragePrice: decimal("50"),
    createdAt: NOW,
    submittedAt: NOW,
    filledAt: NOW,
    updatedAt: NOW,
    replacedBy: undefined,
    ...change,
  };
}

describe("a whole fill that the stream reports", () => {
  test("is taken when it is of exactly what was sent, in shares or in dollars", () => {
    expect(isWholeFill(SENT, told())).toBe(true);
    expect(isWholeFill(IN_DOLLARS, told({ filledQuantity: decimal("9.9999") }))).toBe(true);
  });

  test.each<[string, Partial<Order>]>([
    ["another order's id", { id: "other" }],
    ["another client order id", { clientOrderId: "other" }],
    ["another symbol", { symbol: "OTHER" }],
    ["the other side", { side: SENT.side === "buy" ? "sell" : "buy" }],
    ["a part", { filledQuantity: decimal("9.999999999") }],
    ["more than was sent", { filledQuantity: decimal("10.1") }],
    ["no price", { filledAveragePrice: undefined }],
    ["an end without a fill", { status: "canceled" }],
    ["work that goes on", { status: "partially_filled" }],
  ])("is not taken with %s", (_, change) => {
    expect(isWholeFill(SENT, told(change))).toBe(false);
  });

  test.each<[string, Partial<Order>]>([
    ["a part of the dollars", { filledQuantity: decimal("9") }],
    ["more dollars than were sent", { filledAveragePrice: decimal("50.1") }],
  ])("is not taken with %s", (_, change) => {
    expect(isWholeFill(IN_DOLLARS, told(change))).toBe(false);
  });

  test("is not taken before the venue has answered, nor once a cancel was requested", () => {
    expect(isWholeFill({ ...SENT, state: "posting", orderId: undefined }, told())).toBe(false);
    expect(isWholeFill({ ...SENT, state: "unknown" }, told())).toBe(false);
    expect(isWholeFill({ ...SENT, cancelRequestedAt: NOW }, told())).toBe(false);
  });
});

describe("what the stream reports", () => {
  test("is read by id at once when it is an end, or of an order that is not known yet", () => {
    expect(isNews(SENT, told({ status: "canceled", filledQuantity: decimal("0") }))).toBe(true);
    expect(isNews(SENT, told({ id: "other", status: "new", filledQuantity: decimal("0") }))).toBe(true);
    expect(isNews({ ...SENT, state: "unknown" }, told({ status: "new", filledQuantity: decimal("0") }))).toBe(true);
  });

  test("costs no request when the order still works: each of many partial fills would cost one", () => {
    expect(isNews(SENT, told({ status: "partially_filled", filledQuantity: decimal("1") }))).toBe(false);
    expect(isNews(SENT, told({ status: "new", filledQuantity: decimal("0") }))).toBe(false);
    expect(isNews(SENT, told({ status: "accepted", filledQuantity: decimal("0") }))).toBe(false);
  });
});
