import { decimal, ONE, toText, truncate, ZERO } from "../../../src/domain/decimal.ts";
import { isOpen } from "../../../src/simulator/orders.ts";
import { Refusal } from "../../../src/simulator/refusals.ts";
import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";
import { heldBack, isPost } from "./fault.ts";

/** What somebody else asks of the venue may be refused like anything. */
function byHand(world: FaultWorld, symbol: string, body: Readonly<Record<string, unknown>>): void {
  try {
    world.externalTrade(symbol);
    const order = world.exchange.submit({ symbol, time_in_force: "day", ...body });
    world.struck(`${order.side} ${symbol} ${order.type}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function throughout(world: FaultWorld, count: number, run: () => void): (forMs: number) => void {
  return (forMs) => {
    for (let left = count; left > 0; left -= 1) world.sometime(forMs, run);
  };
}

/** A limit order far from the market rests; some day somebody takes it away. */
function foreignOrder(world: FaultWorld): Fault {
  const { chance, exchange, scenario } = world;
  const ids: string[] = [];
  return {
    begin: throughout(world, chance.whole(1, 2), () => {
      const symbol = chance.pick(scenario.universe);
      const price = exchange.valueOf(symbol);
      if (price.lte(ZERO)) return;
      const held = exchange.state.positions.get(symbol)?.quantity;
      const sells = held?.gte(ONE) === true && chance.happens(0.5);
      const limit = toText(truncate(price.times(decimal(sells ? "2" : "0.5")), 2));
      const clientOrderId = `by-hand-${String(ids.length)}-${String(chance.whole(0, 1e9))}`;
      ids.push(clientOrderId);
      byHand(world, symbol, { side: sells ? "sell" : "buy", type: "limit", qty: "1", limit_price: limit, client_order_id: clientOrderId });
    }),
    end: () => {
      for (const order of exchange.state.orders.values()) if (ids.includes(order.clientOrderId) && isOpen(order)) exchange.cancel(order.id);
    },
  };
}

function manualTrade(world: FaultWorld): Fault {
  const { chance, exchange, scenario } = world;
  let left = scenario.pressure === "outdated-look" ? chance.whole(1, 3) : 0;
  return {
    // What is to be sold is sold by hand while the order waits for its turn.
    onRequest: (request) => {
      if (left === 0 || !isPost(request)) return undefined;
      const { symbol, side } = JSON.parse(request.body) as { symbol: string; side: string };
      const held = exchange.state.positions.get(symbol)?.quantity;
      if (side !== "sell" || held === undefined) return undefined;
      left -= 1;
      world.later(chance.whole(200, 4_000), () => byHand(world, symbol, { side: "sell", type: "market", qty: toText(held) }));
      return { kind: "answered", response: heldBack(world) };
    },
    begin: throughout(world, chance.whole(1, 3), () => {
      const positions = [...exchange.state.positions.keys()];
      const symbol = chance.pick(positions.length > 0 && chance.happens(0.5) ? positions : scenario.universe);
      const held = exchange.state.positions.get(symbol)?.quantity;
      const sells = held !== undefined && chance.happens(0.7);
      const qty = sells ? toText(chance.happens(0.4) ? held : truncate(held.times(decimal("0.5")), 0)) : String(chance.whole(1, 20));
      byHand(world, symbol, { side: sells ? "sell" : "buy", type: "market", qty });
    }),
  };
}

function blockedAccount(world: FaultWorld): Fault {
  const { chance, exchange } = world;
  const flags = chance.pick([{ tradingBlocked: true }, { accountBlocked: true }, { status: "ACCOUNT_CLOSED_PENDING" }]);
  const restore = (): void => exchange.setFlags({ tradingBlocked: false, accountBlocked: false, status: "ACTIVE" });
  return {
    begin: (forMs) => {
      world.sometime(forMs, () => {
        exchange.setFlags(flags);
        world.struck(JSON.stringify(flags));
        world.later(chance.spread(3_000, 120_000), restore);
      });
    },
    end: restore,
  };
}

function deposit(world: FaultWorld): Fault {
  const { chance, exchange } = world;
  return {
    begin: throughout(world, chance.whole(1, 2), () => {
      const amount = chance.pick(["250", "5000.01", "40000", "-100", "-2500"]);
      try {
        exchange.transfer(amount);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return;
      }
      world.externalTrade(undefined);
      world.struck(amount);
    }),
  };
}

export const PEOPLE_FAULTS: FaultMenu = {
  "foreign-order": foreignOrder,
  "manual-trade": manualTrade,
  "account-blocked": blockedAccount,
  deposit,
};
