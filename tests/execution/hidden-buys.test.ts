import { afterEach, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { parseFault } from "../../src/simulator/faults.ts";
import { isPost, postedOrder, reply } from "./faults.ts";
import { book, expectUnharmed, orderOf } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

/**
 * SMR is sold by hand while our sell waits for the rate limit. The buy of UVXY is filled after five seconds, that of BTAL
 * is sent three seconds later, and the cash that is shown is always five seconds old.
 * @param meanwhile called a second after the buys were planned.
 */
function laggingDesk(meanwhile?: () => void): VirtualDesk {
  const positions = [{ symbol: "SMR", quantity: decimal("300"), averagePrice: decimal("40") }];
  desk = new VirtualDesk({ exchange: { cash: decimal("18000"), positions, multiplier: "2" } });
  desk.venue.faults.add(parseFault("lagging-numbers:cash=5000"));
  const delays = new Map(Object.entries({ SMR: "8", BTAL: "8" }));
  desk.venue.interceptor = {
    before: (request) => {
      const symbol = isPost(request) ? postedOrder(request).symbol : "";
      const seconds = delays.get(symbol);
      if (seconds === undefined) return Promise.resolve(undefined);
      delays.delete(symbol);
      if (symbol === "SMR") desk.clock.after(1_000, () => desk.exchange.closePosition("SMR"));
      if (symbol === "BTAL") {
        desk.exchange.setQuote("UVXY", "0", "0");
        desk.clock.after(1_000, () => meanwhile?.());
        desk.clock.after(5_000, () => desk.exchange.setQuote("UVXY", "20", "20.01"));
      }
      return Promise.resolve(reply(429, { code: 42910000, message: "rate limit exceeded" }, { "Retry-After": seconds }));
    },
  };
  return desk;
}

test("cash that lags behind our last buy, and lacks what somebody else has bought, is not spent again", async () => {
  const buy = { symbol: "MSFT", side: "buy", type: "market", notional: "3000", time_in_force: "day" };
  const running = laggingDesk(() => desk.exchange.submit(buy)).start(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.5" }));
  await desk.clock.until(running);
  expect(orderOf(desk, "MSFT")).toMatchObject({ status: "filled" });
  expect(orderOf(desk, "UVXY")).toMatchObject({ status: "filled" });
  expectUnharmed(desk);
});

test("cash that only lags behind our last buy holds up nothing", async () => {
  const before = laggingDesk().clock.monotonic();
  const result = await desk.clock.until(desk.start(signalOf(desk.clock, { UVXY: "0.5", BTAL: "0.5" })));
  expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(desk.clock.monotonic() - before).toBeLessThan(30_000);
  expect(book(desk)).toEqual(["buy BTAL filled", "buy UVXY filled", "sell SMR filled"]);
});
