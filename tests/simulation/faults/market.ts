import { decimal, toText, ZERO } from "../../../src/domain/decimal.ts";
import { isOpen } from "../../../src/simulator/orders.ts";
import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";
import { isRead } from "./fault.ts";

function priceJump(world: FaultWorld): Fault {
  const { chance, exchange, scenario } = world;
  const moved = new Set<string>();
  return {
    begin: (forMs) => {
      for (let count = chance.whole(1, 4); count > 0; count -= 1) {
        world.sometime(forMs, () => {
          const symbol = chance.pick(scenario.universe);
          const factor = chance.pick(["0.5", "0.7", "0.9", "0.97", "1.03", "1.1", "1.4", "2"]);
          const price = exchange.valueOf(symbol).times(decimal(factor)).round(2);
          if (price.lte(ZERO)) return;
          exchange.setPrice(symbol, toText(price));
          moved.add(symbol);
          world.struck(`${symbol} × ${factor} = ${toText(price)}`);
        });
      }
    },
    end: () => {
      for (const symbol of moved) exchange.releasePrice(symbol);
    },
  };
}

/** One symbol's quote is useless at the venue itself, so that market orders may rest as well. */
function spoiltQuote(quoteOf: (price: string, world: FaultWorld) => readonly [bid: string, ask: string]): (world: FaultWorld) => Fault {
  return (world) => {
    const { chance, exchange, scenario } = world;
    const spoilt = new Set<string>();
    return {
      begin: (forMs) => {
        for (const symbol of chance.some(scenario.universe, chance.whole(1, 2))) {
          world.later(chance.whole(0, Math.floor(forMs / 2)), () => {
            const [bid, ask] = quoteOf(toText(exchange.valueOf(symbol)), world);
            exchange.setQuote(symbol, bid, ask);
            spoilt.add(symbol);
            world.struck(`${symbol} ${bid} / ${ask}`);
          });
          world.later(chance.whole(Math.floor(forMs / 2), forMs), () => exchange.releasePrice(symbol));
        }
      },
      end: () => {
        for (const symbol of spoilt) exchange.releasePrice(symbol);
      },
    };
  };
}

/** Market data leaves a symbol's quote out, or all of it. */
function absentQuote(world: FaultWorld): Fault {
  const { chance } = world;
  const symbols = new Set(chance.some(world.scenario.universe, chance.whole(1, 3)));
  const all = chance.happens(0.4);
  const probability = chance.pick([0.3, 0.8, 1]);
  return {
    onAnswer: (request, response) => {
      if (!isRead(request, "/v2/stocks/snapshots") || response.status !== 200 || !chance.happens(probability)) return undefined;
      const shown = Object.entries(JSON.parse(response.body) as Record<string, Record<string, unknown>>);
      if (!shown.some(([symbol]) => symbols.has(symbol))) return undefined;
      const left = shown
        .filter(([symbol]) => !all || !symbols.has(symbol))
        .map(([symbol, snapshot]) => [
          symbol,
          symbols.has(symbol) ? { ...snapshot, latestQuote: undefined, minuteBar: undefined } : snapshot,
        ]);
      world.struck([...symbols].join(", "));
      return { kind: "instead", response: { ...response, body: JSON.stringify(Object.fromEntries(left)) } };
    },
  };
}

function stuckCancel(world: FaultWorld): Fault {
  const { exchange } = world;
  return {
    begin: () => {
      exchange.setExecutionModel({ cancelLatencyMs: world.chance.pick([Infinity, Infinity, 25_000, 8_000]) });
      world.struck("cancels take long or for ever");
    },
    end: () => {
      exchange.setExecutionModel({ cancelLatencyMs: 20 });
      for (const order of exchange.state.orders.values()) if (isOpen(order) && order.status === "pending_cancel") exchange.reject(order.id);
    },
  };
}

function slowFills(world: FaultWorld): Fault {
  const { exchange, chance } = world;
  return {
    begin: () => {
      const partialFillIntervalMs = chance.spread(200, 20_000);
      const fillLatencyMs = chance.spread(9, 40_000);
      exchange.setExecutionModel({ partialFillProbability: 1, partialFillSteps: chance.whole(2, 6), partialFillIntervalMs, fillLatencyMs });
      world.struck(`first after ${String(fillLatencyMs)} ms, pieces every ${String(partialFillIntervalMs)} ms`);
    },
    end: () =>
      exchange.setExecutionModel({ partialFillProbability: 0.1, partialFillSteps: 2, partialFillIntervalMs: 250, fillLatencyMs: 9 }),
  };
}

/** A symbol cannot be traded for a while. */
function inactiveAsset(world: FaultWorld): Fault {
  const { exchange, chance, scenario } = world;
  const symbol = chance.pick(scenario.universe);
  const change = chance.pick([{ status: "inactive", tradable: false }, { tradable: false }] as const);
  return {
    begin: (forMs) => {
      const strike = (): void => {
        exchange.setAsset(symbol, change);
        world.struck(symbol);
      };
      // Before anything was asked about it, or after it was found to be tradable.
      if (chance.happens(0.5)) strike();
      else world.sometime(forMs, strike);
    },
    end: () => exchange.setAsset(symbol, { status: "active", tradable: true }),
  };
}

/** Trading stops in mid-session, as by a circuit breaker, and goes on after a while. */
function interruptedTrading(world: FaultWorld): Fault {
  const { exchange, chance } = world;
  const resume = (): void => exchange.resumeTrading();
  return {
    begin: (forMs) => {
      world.sometime(forMs, () => {
        exchange.haltTrading();
        world.struck("for the whole market");
        world.later(chance.spread(20_000, 200_000), resume);
      });
    },
    end: resume,
  };
}

export const MARKET_FAULTS: FaultMenu = {
  "price-jump": priceJump,
  "quote-one-sided": spoiltQuote((price, { chance }) => (chance.happens(0.5) ? ["0", price] : [price, "0"])),
  "quote-absurd": spoiltQuote((price, { chance }) => {
    const far = toText(
      decimal(price)
        .times(decimal(chance.pick(["0.1", "0.6", "1.6", "10"])))
        .round(2),
    );
    return decimal(far).lt(decimal(price)) ? [far, price] : [price, far];
  }),
  "quote-absent": absentQuote,
  "cancel-stuck": stuckCancel,
  "slow-fills": slowFills,
  "asset-inactive": inactiveAsset,
  "trading-interrupted": interruptedTrading,
};
