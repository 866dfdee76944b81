import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { lagging } from "./faults.ts";
import { book, expectHoldings, expectUnharmed, HEDGE } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

/** A margin account, which would pay for everything twice. */
const MARGIN = { exchange: { cash: decimal("25000"), multiplier: "4" } } as const;

describe("the fills of the execution before, while our clock is not the venue's (R16)", () => {
  test.each([
    ["a minute ahead", 60_000],
    ["a minute behind", -60_000],
  ])("are waited for when it is %s: an account that shows them late is not bought for twice", async (_, skewMs) => {
    desk = new VirtualDesk(MARGIN);
    desk.skewMs = skewMs;
    const now = (): { generatedAt: number; oldestStamp: number; arrivedAt: number } => {
      const at = desk.clock.now() + skewMs;
      return { generatedAt: at, oldestStamp: at, arrivedAt: at };
    };
    desk.venue.interceptor = lagging(desk, 8_000);
    await desk.run(signalOf(desk.clock, HEDGE, now()));
    await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000bb", ...now() }));
    expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled"]);
    expectUnharmed(desk);
  });

  test("are long contained when it is set back to their own minute: money that has left since is not waited for", async () => {
    desk = new VirtualDesk({ exchange: { cash: decimal("25000") } });
    await desk.run(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(45_000);
    desk.exchange.transfer("-100");
    desk.skewMs = -60_000;
    const at = desk.clock.now() + desk.skewMs;
    const again = signalOf(desk.clock, { LEU: "1" }, { id: "00000000000000bb", generatedAt: at, oldestStamp: at, arrivedAt: at });
    expect(await desk.run(again)).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test("are long contained when it is set back: what somebody sold since then is bought again", async () => {
    desk = new VirtualDesk(MARGIN);
    await desk.run(signalOf(desk.clock, HEDGE));
    await desk.clock.advance(40_000);
    desk.exchange.closePosition("BTAL");
    await desk.clock.advance(1_000);
    desk.skewMs = -200_000;
    const at = desk.clock.now() + desk.skewMs;
    const again = signalOf(desk.clock, HEDGE, { id: "00000000000000bb", generatedAt: at, oldestStamp: at, arrivedAt: at });
    expect(await desk.run(again)).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });
});
