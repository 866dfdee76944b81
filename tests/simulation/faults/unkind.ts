import { decimal, toText, truncate } from "../../../src/domain/decimal.ts";
import { Refusal } from "../../../src/simulator/refusals.ts";
import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";

/** One of the simulator's own faults from its time on, until the stage ends or what it is told is over. */
function injected(faultOf: (world: FaultWorld) => string | undefined, when: "at-once" | "sometime" = "at-once") {
  return (world: FaultWorld): Fault => {
    const removals: (() => void)[] = [];
    const strike = (): void => {
      const fault = faultOf(world);
      if (fault === undefined) return;
      removals.push(world.inject(fault));
      world.struck(fault);
    };
    return {
      begin: (forMs) => {
        if (when === "at-once") strike();
        else world.sometime(forMs, strike);
      },
      end: () => {
        for (const remove of removals) remove();
      },
    };
  };
}

const LAGS = ["cash", "power", "equity", "positions", "gate"] as const;
/** Orders, positions, cash and buying power disagree for up to this long (R16). */
const LONGEST_LAG_MS = 10_000;

/** Each number at a pace of its own. */
function numbersLag({ chance }: FaultWorld): string {
  const lags = LAGS.map((name) => `${name}=${String(chance.happens(0.5) ? 0 : chance.spread(200, LONGEST_LAG_MS))}`);
  return `lagging-numbers:${lags.join(",")}`;
}

function pause({ chance, scenario }: FaultWorld): string {
  const symbol = chance.pick(scenario.universe);
  return `symbol-paused:symbol=${symbol},orders=${chance.pick(["rest", "refused"])},for=${chance.pick(["75", "300"])}`;
}

function refusal({ chance, scenario }: FaultWorld): string {
  const symbol = chance.happens(0.5) ? "any" : chance.pick(scenario.universe);
  const reason = chance.pick(["busy", "margin", "halted", "unknown"]);
  return `refused-for-a-while:symbol=${symbol},reason=${reason},for=${String(chance.spread(3, 60))}`;
}

function oddRow({ chance, exchange, scenario }: FaultWorld): string {
  // What is split while its row is odd has a question of its own: which of the two quantities was the last that counted.
  const held = [...exchange.state.positions.keys()].filter((symbol) => symbol !== scenario.split?.symbol);
  if (held.length === 0) return chance.pick(["worthless-share", "multi-leg-order"]);
  const symbol = chance.pick(held);
  return chance.pick([`unpriced-position:symbol=${symbol}`, `doubled-position:symbol=${symbol}`, "worthless-share", "multi-leg-order"]);
}

/** A fee, which leaves no order and is asked of nobody. */
function takenMoney(world: FaultWorld): Fault {
  const { chance, exchange } = world;
  return {
    begin: (forMs) =>
      world.sometime(forMs, () => {
        const fee = chance.pick(["0.03", "1.27", "25"]);
        exchange.charge(fee);
        world.externalTrade(undefined);
        world.struck(`a fee of ${fee}`);
      }),
  };
}

/** A whole part of the account is bought by somebody else, in a symbol of the strategy or in another one. */
function boughtByHand(world: FaultWorld): Fault {
  const { chance, exchange, scenario } = world;
  return {
    begin: (forMs) =>
      world.sometime(forMs, () => {
        const symbol = chance.happens(0.5) ? chance.pick(scenario.universe) : "MSFT";
        const qty = toText(truncate(exchange.state.cash.times(decimal("0.05")).div(exchange.valueOf(symbol)), 0));
        world.externalTrade(symbol);
        try {
          exchange.submit({ symbol, side: "buy", type: "market", qty, time_in_force: "day" });
          world.struck(`${qty} ${symbol}`);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
      }),
  };
}

export const UNKIND_FAULTS: FaultMenu = {
  "numbers-lag": injected(numbersLag),
  "equity-off": injected(
    ({ chance }) => `equity-off:by=${chance.pick(["0.01", "0.03", "0.1"])},ms=${String(chance.spread(2_000, 30_000))}`,
  ),
  "rejected-late": injected(
    ({ chance }) => `asynchronous-reject:ms=${String(chance.spread(50, 8_000))},share=0.5,times=${String(chance.whole(1, 3))}`,
  ),
  "symbol-paused": injected(pause, "sometime"),
  "refused-for-now": injected(refusal, "sometime"),
  "feed-thin": injected(({ chance }) => `free-feed:prints=${String(chance.spread(15, 400))},one-sided=${chance.pick(["0", "0.1", "0.4"])}`),
  "symbol-invalid": injected(
    ({ chance, scenario }) => `invalid-symbol:symbol=${chance.pick(scenario.universe)},for=${String(chance.spread(5, 120))}`,
    "sometime",
  ),
  "row-odd": injected(oddRow, "sometime"),
  "account-set": injected(
    ({ chance }) => `account-set:to=${chance.pick(["fractions-off", "orders-off"])},for=${String(chance.spread(3, 120))}`,
    "sometime",
  ),
  "asset-set": injected(
    ({ chance, scenario }) =>
      `asset-set:symbol=${chance.pick(scenario.universe)},to=${chance.pick(["partnership", "whole-only", "no-margin"])},for=${String(chance.spread(3, 120))}`,
    "sometime",
  ),
  "money-taken": takenMoney,
  "bought-by-hand": boughtByHand,
};
