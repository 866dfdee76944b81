import { describe, expect, test } from "@jest/globals";
import type { OrderRequest } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { atVenue, KEY_ID, SECRET, wireOrder } from "./scripted-venue.ts";

const BASE = { clientOrderId: "at-1", symbol: "SMR", side: "buy" } as const;

describe("an order on the wire", () => {
  test.each([
    [{ ...BASE, quantity: decimal("0.000000001") }, { qty: "0.000000001" }],
    [{ ...BASE, quantity: decimal("1.500000000") }, { qty: "1.5" }],
    [{ ...BASE, quantity: decimal("123456789012.123456789") }, { qty: "123456789012.123456789" }],
    [{ ...BASE, notional: decimal("10.50") }, { notional: "10.5" }],
    [{ ...BASE, notional: decimal("1e5") }, { notional: "100000" }],
  ])("is a market order for the day with plain decimals", async (request: OrderRequest, amount) => {
    await atVenue({ json: wireOrder() }, systemClock, async (broker, venue) => {
      await broker.submit(request);
      expect(JSON.parse(venue.seen[0]!.body)).toEqual({
        client_order_id: "at-1",
        symbol: "SMR",
        side: "buy",
        type: "market",
        time_in_force: "day",
        ...amount,
      });
      expect(venue.seen[0]).toMatchObject({
        method: "POST",
        path: "/v2/orders",
        headers: { "apca-api-key-id": KEY_ID, "apca-api-secret-key": SECRET },
      });
    });
  });

  test.each([
    ["no amount", BASE],
    ["two amounts", { ...BASE, quantity: decimal("1"), notional: decimal("1") }],
    ["a quantity of zero", { ...BASE, quantity: decimal("0") }],
    ["a negative quantity", { ...BASE, quantity: decimal("-1") }],
    ["ten decimals of a share", { ...BASE, quantity: decimal("0.1234567891") }],
    ["fractions of a cent", { ...BASE, notional: decimal("10.005") }],
    ["no client order id", { ...BASE, clientOrderId: "", quantity: decimal("1") }],
    ["a client order id that is too long", { ...BASE, clientOrderId: "x".repeat(129), quantity: decimal("1") }],
  ])("never leaves with %s", async (_name, request: OrderRequest) => {
    await atVenue({ json: wireOrder() }, systemClock, async (broker, venue) => {
      await expect(broker.submit(request)).rejects.toMatchObject({ code: "invalid-order" });
      expect(venue.seen).toHaveLength(0);
    });
  });
});
