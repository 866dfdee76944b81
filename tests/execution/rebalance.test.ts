import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const EXAMPLE = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const HEDGE = { UVXY: "0.75", BTAL: "0.25" };

let desk: VirtualDesk;

function open(options: DeskOptions = {}): VirtualDesk {
  desk = new VirtualDesk(options);
  return desk;
}

afterEach(() => desk.close());

describe("from cash to a portfolio", () => {
  test("the owner's example alert gives three buys, each within half a point of target less the reserve", async () => {
    const result = await open().run(signalOf(desk.clock, EXAMPLE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(
      desk
        .orders()
        .map((order) => `${order.side} ${order.symbol} ${order.status}`)
        .sort(),
    ).toEqual(["buy LEU filled", "buy OKLO filled", "buy SMR filled"]);
    for (const [symbol, weight] of Object.entries(EXAMPLE))
      expect(Math.abs((desk.weights()[symbol] ?? 0) - Number(weight) * 0.99)).toBeLessThan(0.005);
  });

  test("the same signal again sends nothing, and neither does a new one with the same weights", async () => {
    const signal = signalOf(open().clock, EXAMPLE);
    await desk.run(signal);
    expect(await desk.run(signal)).toMatchObject({ kind: "declined", verdict: "executed" });
    const again = await desk.run(signalOf(desk.clock, EXAMPLE, { id: "00000000000000bb" }));
    expect(again).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(desk.orders()).toHaveLength(3);
  });
});

describe("from one portfolio to another", () => {
  const HELD = [
    { symbol: "TQQQ", quantity: decimal("1000.123456789"), averagePrice: decimal("80") },
    { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("40") },
  ];

  test("slow partial fills: no buy before the last sell's last fill, and no dust left of a full exit", async () => {
    open({
      exchange: { cash: decimal("12"), positions: HELD, partialFillProbability: 1, partialFillSteps: 4, partialFillIntervalMs: 3_000 },
    });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    const orders = [...desk.exchange.state.orders.values()];
    const lastSell = orders
      .filter((order) => order.side === "sell")
      .map((order) => order.filledAt ?? "never")
      .sort()
      .at(-1)!;
    const firstBuy = orders
      .filter((order) => order.side === "buy")
      .map((order) => order.createdAt)
      .sort()[0]!;
    expect(firstBuy > lastSell).toBe(true);
    expect([...desk.exchange.state.positions.keys()].sort()).toEqual(["BTAL", "UVXY"]);
    expect(desk.exchange.state.cash.gte(decimal("0"))).toBe(true);
  });
});
