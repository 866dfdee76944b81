import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import { tradeRecord } from "../../../src/reporting/trade-record.ts";
import { afterFirstPost, both, isCancel, isPost, postedOrder } from "../../execution/faults.ts";
import { book, expectHoldings, expectUnharmed, intentsOf, orderOf } from "../../execution/scenario.ts";
import type { DeskOptions } from "../../execution/virtual-desk.ts";
import { nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk } from "./incident-desk.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const HELD = decimal("1000.123456789");
const IN_TQQQ: DeskOptions = {
  exchange: { cash: decimal("12"), positions: [{ symbol: "TQQQ", quantity: HELD, averagePrice: decimal("80") }] },
};

/** The first part is filled at once, the second only after ten minutes. */
const HALVES: DeskOptions = {
  exchange: { ...IN_TQQQ.exchange, partialFillProbability: 1, partialFillSteps: 2, partialFillIntervalMs: 600_000 },
};

let desk: IncidentDesk;

afterEach(() => desk.close());

function open(options: DeskOptions): void {
  desk = new IncidentDesk(options);
  desk.write(nuclearRun(desk.clock.now()));
}

async function nextRun(): ReturnType<IncidentDesk["act"]> {
  await desk.clock.advance(60_000);
  desk.append(...nuclearRun(desk.clock.now()));
  return desk.act();
}

const soldOfTqqq = () =>
  [...desk.exchange.state.orders.values()].reduce(
    (total, { symbol, side, filledQuantity }) => (symbol === "TQQQ" && side === "sell" ? total.plus(filledQuantity) : total),
    ZERO,
  );

test("a cancel that comes too late, because the order was filled meanwhile, is no reason to sell again", async () => {
  open(IN_TQQQ);
  desk.venue.interceptor = both(
    afterFirstPost("TQQQ", (response) => {
      desk.exchange.setQuote("TQQQ", "0", "0");
      return response;
    }),
    {
      before: async (request) => {
        if (isCancel(request)) {
          desk.exchange.setPrice("TQQQ", "85");
          await desk.clock.sleep(100);
        }
        return undefined;
      },
    },
  );
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(book(desk).filter((line) => line.includes("TQQQ"))).toEqual(["sell TQQQ filled"]);
  expectHoldings(desk, NUCLEAR);
  expectUnharmed(desk);
});

describe("a sell that was filled in part and then cancelled", () => {
  test("is not followed by one for the full quantity: each next order sells what is left, and not a share more", async () => {
    open(HALVES);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "incomplete" } });
    expect(soldOfTqqq().lt(HELD)).toBe(true);
    desk.exchange.setExecutionModel({ partialFillProbability: 0 });
    expect(await nextRun()).toMatchObject({ conclusion: { outcome: "on-target" } });
    let left = HELD;
    for (const { symbol, quantity, filledQuantity } of desk.exchange.state.orders.values()) {
      if (symbol !== "TQQQ") continue;
      expect(quantity?.toFixed()).toBe(left.toFixed());
      left = left.minus(filledQuantity);
    }
    expect(soldOfTqqq().toFixed()).toBe(HELD.toFixed());
    expectHoldings(desk, NUCLEAR);
  });

  test("is recorded with the filled quantity, never with the requested one", async () => {
    open(HALVES);
    await desk.act();
    const [execution] = desk.ledger.recentExecutions(1);
    const order = tradeRecord(desk.ledger, execution!.id, "paper").orders.find(({ symbol }) => symbol === "TQQQ");
    expect(order).toMatchObject({ status: "canceled", requested: { quantity: HELD.toFixed() } });
    expect(order?.quantity).toBe(orderOf(desk, "TQQQ").filledQuantity.toFixed());
    expect(order?.quantity).not.toBe(HELD.toFixed());
  });
});

test("an order that is still pending at the end is never called aligned: incomplete, and the symbol is named", async () => {
  open({ exchange: { cash: decimal("10000"), ackLatencyMs: 3_600_000 } });
  desk.exchange.setExecutionModel({ cancelLatencyMs: Infinity });
  expect(await desk.act()).toMatchObject({
    conclusion: { outcome: "incomplete", reason: expect.stringContaining("LEU") as unknown },
  });
  expect(intentsOf(desk).some(({ status }) => status === "filled")).toBe(false);
});

test("a sell is never rounded up beyond what is held: 7.2273576 shares go as they are", async () => {
  const quantity = decimal("7.2273576");
  open({ exchange: { cash: decimal("50"), positions: [{ symbol: "TQQQ", quantity, averagePrice: decimal("80") }] } });
  const asked: unknown[] = [];
  desk.venue.interceptor = {
    before: (request) =>
      Promise.resolve(isPost(request) && postedOrder(request).side === "sell" ? void asked.push(postedOrder(request).qty) : undefined),
  };
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(asked).toEqual(["7.2273576"]);
  expect(desk.exchange.state.positions.has("TQQQ")).toBe(false);
});
