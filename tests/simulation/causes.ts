import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, max, sum, toText, truncate, ZERO } from "../../src/domain/decimal.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen, reservedValue } from "../../src/simulator/orders.ts";
import { Refusal } from "../../src/simulator/refusals.ts";
import type { Chance } from "./chance.ts";

/**
 * What goes on in the world while the last signal is executed, all other faults being over. Most of it
 * passes, and then the account must come to its target; what lasts excuses the symbols that it touches.
 */
const CAUSES = [
  // numbers that follow late
  ["power-late", 5],
  ["gate-late", 5],
  ["cash-late", 2],
  ["positions-late", 2],
  ["equity-late", 2],
  ["numbers-late", 4],
  ["equity-off", 3],
  // orders that fare otherwise than they were answered
  ["rejected-late", 4],
  ["refused-passing", 4],
  ["refused-unknown", 3],
  // one symbol stands still
  ["pause-75", 4],
  ["pause-300", 2],
  ["pause-refused", 3],
  // data
  ["quote-doubt", 4],
  ["feed-thin", 4],
  ["feed-thin-lifted", 2],
  ["invalid-lifted", 2],
  ["data-down", 2],
  // money and other hands
  ["money-in", 2],
  ["money-out", 2],
  ["fee", 2],
  ["foreign-lifted", 3],
  // what lasts
  ["row-unpriced", 2],
  ["row-doubled", 2],
  ["row-worthless", 2],
  ["row-multi-leg", 2],
  ["fractions-off", 3],
  ["partnership", 2],
  ["whole-only", 2],
  ["no-margin", 2],
] as const satisfies readonly (readonly [string, number])[];

export type CauseKind = (typeof CAUSES)[number][0];

const SHARE = 0.5;

export function drawCause(chance: Chance): CauseKind | undefined {
  return chance.happens(SHARE) ? chance.weighted(CAUSES) : undefined;
}

/** The simulator's multi-leg order, at its worst. */
const MULTI_LEG_RESERVE = 400;

export interface CauseWorld {
  readonly exchange: Exchange;
  readonly chance: Chance;
  /** Milliseconds that only go on. */
  readonly monotonic: () => number;
  readonly inject: (fault: string) => () => void;
  /** Somebody else has touched this symbol, or with `undefined` only the cash. */
  readonly externalTrade: (symbol: string | undefined) => void;
  /** Of the last signal: symbol → weight. */
  readonly targets: ReadonlyMap<string, number>;
  readonly universe: readonly string[];
}

/** A cause at work, as the world knows it. */
export interface Cause {
  readonly kind: CauseKind;
  /** Until when it has stood in the way so far, monotonic; `-Infinity` when it has not. */
  readonly until: () => number;
  /** Whether it keeps this symbol from its target for as long as it lasts. */
  readonly touches: (symbol: string) => boolean;
  /** Dollars that somebody has paid in or taken out since the signal: they belong to the target or not, by when they were seen. */
  readonly cameIn: () => number;
  /** Dollars that somebody else's order keeps, which only the list of orders shows. */
  readonly reserves: number;
  /** Whether the symbol counts as protected, so that its value belongs to no target. */
  readonly guards: (symbol: string) => boolean;
  readonly end: () => void;
}

type Part = Partial<Omit<Cause, "kind" | "end">> & { readonly end?: () => void };

const nothing = (): boolean => false;

export function beginCause(kind: CauseKind, world: CauseWorld): Cause {
  return {
    kind,
    until: () => -Infinity,
    touches: nothing,
    reserves: 0,
    cameIn: () => 0,
    guards: nothing,
    end: () => undefined,
    ...partOf(kind, world),
  };
}

function partOf(kind: CauseKind, world: CauseWorld): Part {
  const { chance, exchange, inject } = world;
  const lag = (): number => chance.spread(400, 10_000);
  const target = chance.pick([...world.targets.keys()]);
  switch (kind) {
    case "power-late":
    case "gate-late":
    case "cash-late":
    case "positions-late":
    case "equity-late":
      return lagging(world, { [kind.replace("-late", "")]: lag() });
    case "numbers-late":
      return lagging(world, { cash: lag(), power: lag(), equity: lag(), positions: lag(), gate: lag() });
    case "equity-off": {
      const ms = chance.spread(3_000, 40_000);
      const end = inject(`equity-off:by=${chance.pick(["0.025", "0.03", "0.1"])},ms=${String(ms)}`);
      const last = lastOf(world, (event, side) => event === "fill" && side === "sell");
      return { until: () => last.at() + ms, end: both(end, last.stop) };
    }
    case "rejected-late": {
      const end = inject(`asynchronous-reject:ms=${String(chance.spread(30, 6_000))},times=${String(chance.whole(1, 3))}`);
      const last = lastOf(world, (event) => event === "rejected");
      return { until: last.at, end: both(end, last.stop) };
    }
    case "refused-passing":
      return timed(
        world,
        chance.spread(2, 60),
        `refused-for-a-while:symbol=${someOf(world, target)},reason=${chance.pick(["busy", "margin", "halted"])}`,
      );
    case "refused-unknown":
      return timed(world, chance.spread(2, 20), `refused-for-a-while:symbol=${someOf(world, target)},reason=unknown`);
    case "pause-75":
      return timed(world, 75, `symbol-paused:symbol=${heldOr(world, target)}`);
    case "pause-300":
      return timed(world, 300, `symbol-paused:symbol=${heldOr(world, target)}`);
    case "pause-refused":
      return timed(world, 75, `symbol-paused:symbol=${heldOr(world, target)},orders=refused`);
    case "quote-doubt": {
      const spoilt = chance.pick(["one-sided-quotes", "wide-quotes", "missing-quotes"]);
      return timed(world, chance.spread(3, 90), `${spoilt}:symbol=${heldOr(world, target)}`);
    }
    case "feed-thin":
      return { end: inject(thin(chance)) };
    case "feed-thin-lifted":
      return timed(world, chance.spread(5, 120), thin(chance));
    case "invalid-lifted":
      return timed(world, chance.spread(5, 90), `invalid-symbol:symbol=${heldOr(world, target)}`);
    case "data-down":
      return timed(world, chance.spread(3, 60), "unavailable-before-accept:on=data");
    case "money-in":
      return paidIn(world, chance.pick(["250", "5000.01", "40000"]));
    case "money-out":
      return takenOut(world, decimal(chance.pick(["0.01", "0.1"])));
    case "fee":
      return once(world, () => exchange.charge(chance.pick(["0.03", "1.27", "9.9"])));
    case "foreign-lifted":
      return foreignOrder(world, target);
    case "row-unpriced":
    case "row-doubled": {
      // The row of what is bought later is of another kind: it is a target that cannot be read.
      const [symbol = ""] = chance.some([...exchange.state.positions.keys()], 1);
      if (symbol === "") return {};
      const end = inject(`${kind === "row-unpriced" ? "unpriced" : "doubled"}-position:symbol=${symbol}`);
      // What the signal buys first, and cannot be read then, has come to its target before.
      const isHeld = exchange.state.positions.has(symbol);
      const isIt = (each: string): boolean => isHeld && each === symbol;
      return { touches: (each) => each === symbol, guards: isIt, end };
    }
    case "row-worthless":
      return { touches: (symbol) => symbol === "448ESC016", end: inject("worthless-share") };
    case "row-multi-leg":
      return { reserves: MULTI_LEG_RESERVE, end: inject("multi-leg-order") };
    case "fractions-off":
      return { end: inject("account-set:to=fractions-off") };
    case "partnership":
      return { touches: (symbol) => symbol === target, end: inject(`asset-set:symbol=${target},to=partnership`) };
    case "whole-only":
      return { end: inject(`asset-set:symbol=${heldOr(world, target)},to=whole-only`) };
    case "no-margin":
      return { end: inject(`asset-set:symbol=${heldOr(world, target)},to=no-margin`) };
  }
}

/** Over so long after the last fill of a sell, or end of a buy, that it lags behind. */
function lagging(world: CauseWorld, lags: Readonly<Record<string, number>>): Part {
  const all = { cash: 0, power: 0, equity: 0, positions: 0, gate: 0, ...lags };
  const end = world.inject(
    `lagging-numbers:${Object.entries(all)
      .map(([name, ms]) => `${name}=${String(ms)}`)
      .join(",")}`,
  );
  const frees = (event: string, side: string): boolean =>
    event === "fill" || event === "partial_fill" ? side === "sell" : side === "buy" && (event === "canceled" || event === "rejected");
  const last = lastOf(world, frees);
  return { until: () => last.at() + Math.max(...Object.values(all)), end: both(end, last.stop) };
}

/** It begins with the signal, or in the thick of it with the first order; it is over so many seconds later. */
function timed(world: CauseWorld, seconds: number, fault: string): Part {
  const { chance, exchange, inject, monotonic } = world;
  let removal: (() => void) | undefined;
  let endsAt = -Infinity;
  const begin = (): void => {
    if (removal !== undefined) return;
    endsAt = monotonic() + seconds * 1_000;
    removal = inject(`${fault},for=${String(seconds)}`);
  };
  const stop = chance.happens(0.5) ? undefined : exchange.onTradeUpdate(({ event }) => (event === "pending_new" ? begin() : undefined));
  if (stop === undefined) begin();
  return {
    until: () => Math.min(monotonic(), endsAt),
    end: () => {
      stop?.();
      removal?.();
    },
  };
}

function paidIn(world: CauseWorld, amount: string): Part {
  const part = once(world, () => world.exchange.transfer(amount));
  return { ...part, cameIn: () => ((part.until?.() ?? -Infinity) > -Infinity ? Number(amount) : 0) };
}

/** What is taken out after the plan of the buys leaves them short by as much. What an open buy reserves cannot be taken. */
function takenOut(world: CauseWorld, part: Decimal): Part {
  let amount = ZERO;
  const moved = once(world, () => {
    const { cash, orders } = world.exchange.state;
    const reserved = sum([...orders.values()].filter(isOpen).map((order) => reservedValue(order)));
    amount = truncate(max(ZERO, cash.minus(reserved)).times(part), 2);
    if (amount.gt(ZERO)) world.exchange.transfer(`-${toText(amount)}`);
  });
  return { ...moved, cameIn: () => Number(amount.toFixed()) };
}

/** With the first order of ours, money moves. */
function once(world: CauseWorld, move: () => void): Part {
  const { exchange, monotonic, externalTrade } = world;
  let at = -Infinity;
  const stop = exchange.onTradeUpdate(({ event }) => {
    if (event !== "pending_new" || at > -Infinity) return;
    at = monotonic();
    externalTrade(undefined);
    try {
      move();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  });
  return { until: () => at, end: stop };
}

/** It rests far below the market, until somebody takes it away. */
function foreignOrder(world: CauseWorld, symbol: string): Part {
  const { chance, exchange, monotonic, externalTrade } = world;
  const seconds = chance.spread(5, 90);
  const limit_price = toText(truncate(exchange.valueOf(symbol).times(decimal("0.5")), 2));
  const body = { symbol, side: "buy", type: "limit", qty: "1", limit_price, time_in_force: "day", client_order_id: "by-hand-for-now" };
  externalTrade(symbol);
  try {
    const { id } = exchange.submit(body);
    const timer = exchange.clock.after(seconds * 1_000, () => exchange.cancel(id));
    const isThere = (): boolean => isOpen(exchange.order(id));
    let until = monotonic();
    return { until: () => (isThere() ? (until = monotonic()) : until), end: () => timer.cancel() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {};
  }
}

function thin(chance: Chance): string {
  return `free-feed:prints=${String(chance.spread(15, 400))},one-sided=${chance.pick(["0", "0.1", "0.3"])}`;
}

/** When something last happened to an order of ours, monotonic. */
function lastOf(
  { exchange, monotonic }: CauseWorld,
  fits: (event: string, side: string) => boolean,
): { readonly at: () => number; readonly stop: () => void } {
  let at = -Infinity;
  const stop = exchange.onTradeUpdate(({ event, order }) => {
    const record = exchange.state.orders.get(order.id);
    if (record !== undefined && isOwnOrder(record) && fits(event, record.side)) at = monotonic();
  });
  return { at: () => at, stop };
}

/** One that is held, which has to be sold, or else the given one. */
function heldOr({ chance, exchange }: CauseWorld, symbol: string): string {
  const held = [...exchange.state.positions.keys()];
  return held.length > 0 && chance.happens(0.5) ? chance.pick(held) : symbol;
}

function someOf({ chance }: CauseWorld, symbol: string): string {
  return chance.happens(0.5) ? "any" : symbol;
}

function both(one: () => void, other: () => void): () => void {
  return () => {
    one();
    other();
  };
}
