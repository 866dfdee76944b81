import type { Exchange } from "../../src/simulator/exchange.ts";
import { decimal, toText, truncate } from "../../src/domain/decimal.ts";
import { Refusal } from "../../src/simulator/refusals.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";

/**
 * What is still wrong when all faults have ended. Some of it is lifted while the last signal is fresh, and
 * then the account must come to its target; the rest lasts, and has to be named as the reason (P5).
 */
const TROUBLES = [
  ["halted", 2],
  ["halt-lifted", 3],
  ["account-blocked", 2],
  ["block-lifted", 3],
  ["interruption-lifted", 2],
  ["outage-lifted", 3],
  ["foreign-order", 3],
  ["asset-inactive", 3],
  ["orders-stuck", 3],
] as const satisfies readonly (readonly [string, number])[];

export type Trouble = (typeof TROUBLES)[number][0];

const SHARE = 0.3;

export function drawTrouble(chance: Chance): Trouble | undefined {
  return chance.happens(SHARE) ? chance.weighted(TROUBLES) : undefined;
}

export interface TroubleWorld {
  readonly exchange: Exchange;
  readonly machine: Machine;
  readonly setOutage: (down: boolean) => void;
  readonly inject: (fault: string) => () => void;
}

/** Whether it ends by itself while a signal is fresh. */
export function isLifted(trouble: Trouble): boolean {
  return trouble.endsWith("-lifted");
}

/**
 * @param symbol of the last target, where the trouble is with one.
 * @returns how it is ended; `undefined` where it has not come about.
 */
export function beginTrouble(trouble: Trouble, symbol: string, world: TroubleWorld): (() => void) | undefined {
  const { exchange, machine, setOutage, inject } = world;
  switch (trouble) {
    case "halted":
    case "halt-lifted":
      machine.halt("by hand");
      return () => machine.resume();
    case "account-blocked":
    case "block-lifted":
      exchange.setFlags({ tradingBlocked: true });
      return () => exchange.setFlags({ tradingBlocked: false });
    case "interruption-lifted":
      exchange.haltTrading();
      return () => exchange.resumeTrading();
    case "outage-lifted":
      setOutage(true);
      return () => setOutage(false);
    case "foreign-order":
      return placeForeignOrder(exchange, symbol) ? () => undefined : undefined;
    case "asset-inactive":
      exchange.setAsset(symbol, { status: "inactive", tradable: false });
      return () => exchange.setAsset(symbol, { status: "active", tradable: true });
    case "orders-stuck":
      return inject(`stuck-order:symbol=${symbol}`);
  }
}

/** Far below the market, so that it rests; an account without cash cannot place it. */
function placeForeignOrder(exchange: Exchange, symbol: string): boolean {
  const limit_price = toText(truncate(exchange.valueOf(symbol).times(decimal("0.5")), 2));
  try {
    exchange.submit({ symbol, side: "buy", type: "limit", qty: "1", limit_price, time_in_force: "day", client_order_id: "by-hand-last" });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
}
