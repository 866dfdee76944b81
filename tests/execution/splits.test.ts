import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/portfolio/money.ts";
import { expectHoldings, HEDGE } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const HALF = { TQQQ: "0.5", BTAL: "0.5" };

let desk: VirtualDesk;

afterEach(() => desk.close());

/** Bought yesterday by us; overnight the price of TQQQ went from 85 to `price`, and `shares` may have followed. */
async function overnight(price: string, shares?: (held: string) => string): Promise<void> {
  desk = new VirtualDesk();
  await desk.run(signalOf(desk.clock, HALF));
  await desk.clock.advance(86_400_000);
  desk.exchange.setPrice("TQQQ", price);
  const position = desk.exchange.state.positions.get("TQQQ")!;
  if (shares !== undefined) position.quantity = decimal(shares(position.quantity.toFixed()));
}

const again = (weights: Record<string, string>) => desk.run(signalOf(desk.clock, weights, { id: "00000000000000bb" }));

describe("a price at half of the previous close", () => {
  test("is a split when twice the shares are held that our fills left: the symbol is left alone", async () => {
    await overnight("42.5", (held) => decimal(held).times(decimal("2")).toFixed());
    expect(await again(HEDGE)).toMatchObject({ conclusion: { reason: expect.stringContaining("TQQQ (split-suspected)") as unknown } });
    expect(desk.orders().filter(({ side, symbol }) => side === "sell" && symbol === "TQQQ")).toEqual([]);
  });

  test("is a fall of the price when the very shares are held that our fills left: it is traded", async () => {
    await overnight("42.5");
    expect(await again(HEDGE)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("is still suspected when somebody else has changed the position", async () => {
    await overnight("42.5", (held) => decimal(held).minus(decimal("1")).toFixed());
    expect(await again(HEDGE)).toMatchObject({ conclusion: { reason: expect.stringContaining("TQQQ (split-suspected)") as unknown } });
  });

  test("is suspected of a symbol that is not held, for there is nothing to tell by", async () => {
    desk = new VirtualDesk();
    await desk.run(signalOf(desk.clock, { BTAL: "1" }));
    await desk.clock.advance(86_400_000);
    desk.exchange.setPrice("TQQQ", "42.5");
    expect(await again(HALF)).toMatchObject({ conclusion: { reason: expect.stringContaining("TQQQ (split-suspected)") as unknown } });
  });
});
