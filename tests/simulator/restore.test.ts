import { describe, expect, test } from "@jest/globals";
import { Exchange } from "../../src/simulator/exchange.ts";
import type { TradeUpdate } from "../../src/simulator/orders.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { holding, limitOrder, marketOrder, MARKET_OPEN, openExchange, refusalOf, WEEKEND } from "./fixture.ts";

/** The same exchange in another process, with a new monotonic clock. */
function restarted(exchange: Exchange, now: number): { clock: VirtualClock; exchange: Exchange; updates: TradeUpdate[] } {
  const state = exchange.serialize();
  exchange.close();
  const clock = new VirtualClock(now);
  const updates: TradeUpdate[] = [];
  const restored = new Exchange({ clock, state, partialFillProbability: 0 });
  restored.onTradeUpdate((update) => updates.push(update));
  return { clock, exchange: restored, updates };
}

describe("a restored exchange", () => {
  test("returns the same text, account, positions, orders and prices", async () => {
    const first = openExchange({ positions: [holding("LEU", "10", "190.5")] });
    first.exchange.setPrice("SPY", "612.5");
    first.exchange.submit(limitOrder("sell", "LEU", "3", "300"));
    first.exchange.submit(marketOrder("buy", "SMR", { notional: "333.33" }));
    await first.clock.advance(1_000);
    const before = { text: first.exchange.serialize(), account: first.exchange.accountView(), positions: first.exchange.positionViews() };
    const second = restarted(first.exchange, first.clock.now());
    expect(second.exchange.accountView()).toEqual(before.account);
    expect(second.exchange.positionViews()).toEqual(before.positions);
    expect(second.exchange.positionView("LEU")).toMatchObject({ qty_available: "7" });
    expect(second.exchange.serialize()).toBe(before.text);
    expect(second.exchange.prices.trade("SPY", second.clock.now())).toEqual(first.exchange.prices.trade("SPY", second.clock.now()));
  });

  test("fills what was pending when the process ended", async () => {
    const first = openExchange();
    const order = first.exchange.submit(marketOrder("buy", "SMR", { qty: "7" }));
    await first.clock.advance(5);
    const second = restarted(first.exchange, MARKET_OPEN + 60_000);
    await second.clock.advance(100);
    expect(second.updates.map(({ event }) => event)).toEqual(["new", "fill"]);
    expect(second.exchange.order(order.id).status).toBe("filled");
    expect(second.exchange.positionView("SMR").qty).toBe("7");
    await first.clock.advance(1_000);
    expect(order.status).toBe("pending_new");
  });

  test("continues an order that was half filled, and books nothing twice", async () => {
    const first = openExchange({ partialFillProbability: 1, partialFillIntervalMs: 30_000 });
    const order = first.exchange.submit(marketOrder("buy", "SMR", { qty: "100" }));
    await first.clock.advance(1_000);
    const second = restarted(first.exchange, first.clock.now());
    await second.clock.advance(60_000);
    expect(second.exchange.order(order.id).status).toBe("filled");
    expect(second.exchange.positionView("SMR").qty).toBe("100");
    expect(second.exchange.state.activities).toHaveLength(2);
  });

  test("keeps an order queued over the weekend", async () => {
    const first = openExchange({}, WEEKEND);
    const order = first.exchange.submit(marketOrder("buy", "SMR", { qty: "7" }));
    const second = restarted(first.exchange, WEEKEND + 86_400_000);
    expect(second.exchange.order(order.id).status).toBe("accepted");
    await second.clock.advance(MARKET_OPEN - second.clock.now());
    expect(second.exchange.order(order.id).status).toBe("filled");
  });

  test("expires a day order whose session has passed", async () => {
    const first = openExchange();
    const order = first.exchange.submit(limitOrder("buy", "SMR", "1", "30"));
    const second = restarted(first.exchange, MARKET_OPEN + 2 * 86_400_000);
    await second.clock.advance(1);
    expect(second.exchange.order(order.id).status).toBe("expired");
  });

  test("remembers every client order id ever used", () => {
    const first = openExchange();
    first.exchange.submit({ ...marketOrder("buy", "SMR", { qty: "1" }), client_order_id: "once" });
    const second = restarted(first.exchange, MARKET_OPEN);
    const refusal = refusalOf(() => second.exchange.submit({ ...marketOrder("buy", "SMR", { qty: "1" }), client_order_id: "once" }));
    expect(refusal.status).toBe(422);
  });

  test("refuses text of another version", () => {
    expect(() => new Exchange({ clock: new VirtualClock(0), state: '{"version":2}' })).toThrow("another version");
  });

  test("requests storage after every change", async () => {
    let stored = 0;
    const { clock, exchange } = openExchange({ onChange: () => stored++ });
    exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    const afterSubmit = stored;
    await clock.advance(100);
    const afterFill = stored;
    exchange.transfer("5");
    expect(afterSubmit).toBeGreaterThan(0);
    expect(afterFill).toBeGreaterThan(afterSubmit);
    expect(stored).toBeGreaterThan(afterFill);
  });

  test("a run with the same seed and the same requests gives the same bytes", async () => {
    const run = async (): Promise<string> => {
      const { clock, exchange, updates } = openExchange({ seed: 42, partialFillProbability: 0.5, prices: {} });
      for (let index = 0; index < 20; index++) {
        exchange.submit(marketOrder("buy", "SMR", { notional: "100" }));
        await clock.advance(700);
      }
      return exchange.serialize() + JSON.stringify(updates);
    };
    expect(await run()).toBe(await run());
  });
});
