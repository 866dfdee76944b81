import type { Account, Order } from "../../src/domain/broker.ts";
import { toAccount, toPositions } from "../../src/broker/mapping.ts";
import { toOrders } from "../../src/broker/order-mapping.ts";
import { SETTLE_LIMIT_MS } from "../../src/execution/preparation/settle.ts";
import { decimal, min, ONE, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import { finding, type Finding } from "./finding.ts";
import type { PaperVenue } from "./paper-venue.ts";

/** Longer than the product waits, so that a number which is late gets a figure. */
const LOOK_FOR_MS = 2 * SETTLE_LIMIT_MS;
const PAUSES_MS = [150, 150, 250, 250, 500, 500, 1_000] as const;
/** As the product takes it (R16): a thousandth of what was traded, and a dollar for fees and rounding. */
const TOLERANCE = decimal("0.001");

/** A number of the account, and when it is there. */
interface Watch {
  readonly name: string;
  readonly path: string;
  readonly met: (json: unknown) => boolean;
}

/** The account before an order. */
export interface Before {
  readonly account: Account;
  /** Shares of the symbol. */
  readonly held: Decimal;
}

export async function before(venue: PaperVenue, symbol: string): Promise<Before> {
  const [account, positions] = [toAccount((await venue.get("/v2/account")).json), await venue.positions()];
  return { account, held: positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO };
}

/** How long each number takes to contain a filled order, counted from when its fill was read by id. */
export function lagsAfter(venue: PaperVenue, order: Order, { account: then, held }: Before): Promise<Finding[]> {
  const sign = order.side === "buy" ? "-1" : "1";
  const worth = order.filledQuantity.times(order.filledAveragePrice ?? ZERO);
  const change = worth.times(sign);
  const tolerance = worth.times(TOLERANCE).plus(ONE);
  const near = (value: Decimal, wanted: Decimal): boolean => value.minus(wanted).abs().lte(tolerance);
  const onAccount = (name: string, met: (account: Account) => boolean): Watch => ({
    name,
    path: "/v2/account",
    met: (json) => met(toAccount(json)),
  });
  const shares = order.side === "buy" ? held.plus(order.filledQuantity) : held.minus(order.filledQuantity);
  return measured(venue, `after a ${order.side}`, [
    onAccount("cash", ({ cash }) => near(cash, then.cash.plus(change))),
    onAccount("buying power", (now) => powerFollows(now, then, change, tolerance)),
    onAccount("equity", ({ equity }) =>
      equity
        .minus(then.equity)
        .abs()
        .lte(worth.times("0.02").plus(then.equity.times("0.001"))),
    ),
    {
      name: "positions",
      path: "/v2/positions",
      met: (json) => (toPositions(json).find(({ symbol }) => symbol === order.symbol)?.quantity ?? ZERO).eq(shares),
    },
    openList("left the open orders", (orders) => orders.every(({ id }) => id !== order.id)),
  ]);
}

/** A sell must raise it by the proceeds, as far as there is cash for them; a buy must take from it at all. */
function powerFollows(now: Account, then: Account, change: Decimal, tolerance: Decimal): boolean {
  const due = then.buyingPower.plus(change);
  if (change.gt(ZERO)) return min(now.cash, due).minus(now.buyingPower).lte(tolerance);
  return now.buyingPower.lte(then.buyingPower.plus(change.times("0.5")));
}

/** What a resting buy takes from the buying power, and when the list shows it. */
export function lagsOfResting(venue: PaperVenue, order: Order, { account: then }: Before, reserved: Decimal): Promise<Finding[]> {
  return measured(venue, "while a buy rests", [
    {
      name: "buying power less its cost",
      path: "/v2/account",
      met: (json) => toAccount(json).buyingPower.lte(then.buyingPower.minus(reserved.times("0.5"))),
    },
    openList("in the open orders", (orders) => orders.some(({ id }) => id === order.id)),
  ]);
}

/** After its cancel everything must be as before. */
export function lagsAfterCancel(venue: PaperVenue, order: Order, { account: then }: Before): Promise<Finding[]> {
  return measured(venue, "after a cancel", [
    { name: "buying power back", path: "/v2/account", met: (json) => then.buyingPower.minus(toAccount(json).buyingPower).lte("1") },
    openList("left the open orders", (orders) => orders.every(({ id }) => id !== order.id)),
  ]);
}

function openList(name: string, met: (orders: readonly Order[]) => boolean): Watch {
  return { name, path: "/v2/orders?status=open&limit=500", met: (json) => met(toOrders(json)) };
}

/** Every address is polled by itself, so that a slow one delays no other's figure. */
async function measured(venue: PaperVenue, when: string, watches: readonly Watch[]): Promise<Finding[]> {
  const started = venue.clock.monotonic();
  const seen = new Map<Watch, number>();
  const byPath = Map.groupBy(watches, ({ path }) => path);
  await Promise.all([...byPath].map(([path, those]) => poll(venue, path, those, started, seen)));
  return watches.map((watch) => {
    const ms = seen.get(watch);
    const text = ms === undefined ? `not within ${String(LOOK_FOR_MS / 1_000)} s` : `${(ms / 1_000).toFixed(2)} s`;
    const expected = `within ${String(SETTLE_LIMIT_MS / 1_000)} s`;
    return finding(`${when}: ${watch.name}`, expected, text, ms !== undefined && ms <= SETTLE_LIMIT_MS);
  });
}

async function poll(venue: PaperVenue, path: string, watches: readonly Watch[], started: number, seen: Map<Watch, number>): Promise<void> {
  for (let round = 0; ; round += 1) {
    const answer = await venue.get(path);
    const elapsed = answer.at - started;
    for (const watch of watches) if (!seen.has(watch) && answer.status === 200 && watch.met(answer.json)) seen.set(watch, elapsed);
    if (watches.every((watch) => seen.has(watch)) || elapsed >= LOOK_FOR_MS) return;
    await venue.clock.sleep(PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 1_000);
  }
}
