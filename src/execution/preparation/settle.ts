import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";

/**
 * R16: at Alpaca orders, positions and cash disagree for up to ten seconds. A plan made on a torn
 * reading sells twice or spends twice, so before each phase the account must contain all own fills.
 */

/** Fills older than this are taken to be contained in the account (Alpaca: about 10 s). */
export const FILLS_SETTLE_WITHIN_MS = 30_000;
/** How long a reading may stay unsettled before it is given up. */
export const SETTLE_LIMIT_MS = 15_000;
/** Pause before something that could not be read is asked for again. */
export const SETTLE_PAUSE_MS = 300;
/** Pauses between the first readings; the last one repeats. A reading costs five requests, of which only 150 a minute may be reads. */
const SETTLE_PAUSES_MS = [300, 300, 600, 1_000, 1_500, 2_000] as const;
/** Cash may differ from the computed cash by this fraction of the traded value, plus a dollar (fees, rounding). */
const CASH_TOLERANCE = decimal("0.001");

/** @param round how many readings there were already. */
export function settlePause(round: number): number {
  return SETTLE_PAUSES_MS[Math.min(round, SETTLE_PAUSES_MS.length - 1)] ?? SETTLE_PAUSE_MS;
}

/** What the account must show once it contains our fills. */
export interface Expected {
  /** Symbol → quantity; only symbols that we traded. */
  readonly quantities: ReadonlyMap<string, Decimal>;
  /** `undefined` when there is nothing to compute it from. */
  readonly cash: Decimal | undefined;
  /** Dollars bought plus dollars sold since `cash` was read. */
  readonly traded: Decimal;
  /** Dollars sold less dollars bought since then. */
  readonly net?: Decimal;
}

/** What the account must show after these orders, from what it showed before them. */
export function expectedAfter(intents: readonly IntentRecord[], cashBefore: Decimal | undefined): Expected {
  const quantities = new Map<string, Decimal>();
  let traded = ZERO;
  let net = ZERO;
  for (const intent of intents) {
    if (intent.filledQuantity.eq(ZERO)) continue;
    const signed = intent.side === "buy" ? intent.filledQuantity : intent.filledQuantity.neg();
    quantities.set(intent.symbol, (quantities.get(intent.symbol) ?? intent.heldBefore).plus(signed));
    const value = intent.filledQuantity.times(intent.filledAveragePrice ?? ZERO);
    traded = traded.plus(value);
    net = intent.side === "buy" ? net.minus(value) : net.plus(value);
  }
  return { quantities, cash: cashBefore?.plus(net), traded, net };
}

/** What is still missing from the reading, in words; `undefined` when it contains all of our fills. */
export function unsettled(snapshot: AccountSnapshot, expected: Expected): string | undefined {
  for (const [symbol, quantity] of expected.quantities) {
    const position = snapshot.positions.find((each) => each.symbol === symbol);
    // A row that cannot be read tells of no fill (R34).
    if (position?.problem !== undefined) continue;
    const shown = position?.quantity ?? ZERO;
    if (!shown.eq(quantity)) return `${symbol} shows ${shown.toFixed()} shares, our fills make it ${quantity.toFixed()}`;
  }
  if (expected.cash === undefined || expected.cash.minus(snapshot.account.cash).lte(toleranceFor(expected))) return undefined;
  return `cash shows ${snapshot.account.cash.toFixed()}, our fills make it ${expected.cash.toFixed()}`;
}

/** Symbols of which the account shows more shares than our fills leave. */
export function heldBeyond(snapshot: AccountSnapshot, expected: Expected): string[] {
  const more = [...expected.quantities].filter(([symbol, quantity]) => {
    const position = snapshot.positions.find((each) => each.symbol === symbol);
    return position !== undefined && position.problem === undefined && position.quantity.gt(quantity);
  });
  return more.map(([symbol]) => symbol);
}

/** Whether more cash is shown than our fills make: a deposit, or a buy of ours that is not in the cash yet. */
export function isMore(cash: Decimal, expected: Expected): boolean {
  return expected.cash !== undefined && cash.minus(expected.cash).gt(toleranceFor(expected));
}

/**
 * Whether buying power has not grown yet by what our fills have brought, or has not been given back what a buy
 * reserved and did not take. Never more than the cash is expected of it (R16).
 * @param before dollars at the first plan of the execution; `undefined` when not known.
 * @param enough the part of what is due that is enough.
 */
export function isPowerBehind(
  { account, openOrders }: AccountSnapshot,
  expected: Expected,
  before: Decimal | undefined,
  enough: Decimal = ONE,
): boolean {
  if (before === undefined || expected.net === undefined || openOrders.some(({ side }) => side === "buy")) return false;
  const due = min(account.cash, before.plus(expected.net));
  return due.times(enough).minus(account.buyingPower).gt(toleranceFor(expected));
}

/**
 * Whether there is less buying power than cash although no open buy reserves any of it, shortly after a buy of
 * ours has ended: what it reserved and did not take is given back later than its end is told. It may also have a
 * reason of its own, so it is waited for and then taken as it is.
 */
export function mayReleaseMore({ account, openOrders }: AccountSnapshot, { ledger, clock }: { ledger: Ledger; clock: Clock }): boolean {
  if (openOrders.some(({ side }) => side === "buy") || account.cash.minus(account.buyingPower).lte(ONE)) return false;
  const changed = ledger.intentsChangedSince(clock.now() - FILLS_SETTLE_WITHIN_MS);
  return changed.some(({ side, state }) => side === "buy" && state === "done");
}

/**
 * What an order has changed since this many shares of its symbol were held: itself, with only the fills that
 * came after that. Nothing else of ours trades its symbol meanwhile (R24).
 * @returns `undefined` when the shares held then contain all of its fills.
 */
export function changeSince(intent: IntentRecord, held: Decimal): IntentRecord | undefined {
  const since =
    intent.side === "buy"
      ? intent.heldBefore.plus(intent.filledQuantity).minus(held)
      : held.minus(intent.heldBefore).plus(intent.filledQuantity);
  return since.gt(ZERO) ? { ...intent, heldBefore: held, filledQuantity: min(since, intent.filledQuantity) } : undefined;
}

/** Orders that explain what an account shows during an execution. */
export interface Doings {
  /** All of the execution itself. */
  readonly own: readonly IntentRecord[];
  /** Buys of earlier executions that may still take their cash. */
  readonly earlierBuys: readonly IntentRecord[];
  /** What orders of earlier executions have changed since the plan. */
  readonly lateFills: readonly IntentRecord[];
  /** Dollars that somebody else's buys could take which were open before the execution. */
  readonly foreignBuys: Decimal;
}

/**
 * Whether less cash is shown than must be there while buys are to be sent, in words. It must pay for those,
 * and be what the account held before the execution, changed by our known fills, less all that buys which
 * are under way can have taken.
 * @param before cash before the execution, in dollars; `undefined` when nothing can be computed from it.
 * @returns `undefined` when nothing is missing, and when nothing is to be bought.
 */
export function missingCash(
  shown: Decimal,
  { own, earlierBuys, lateFills, foreignBuys }: Doings,
  before: Decimal | undefined,
): string | undefined {
  const buys = own.filter(({ side }) => side === "buy");
  const toBuy = sum(buys.filter(({ state }) => state === "recorded").map(restOf));
  if (toBuy.eq(ZERO)) return undefined;
  const underWay = sum([...buys.filter(isUnderWay), ...earlierBuys].map(restOf)).plus(foreignBuys);
  const expected = expectedAfter([...lateFills, ...own], before);
  const least = max(toBuy, (expected.cash ?? ZERO).minus(underWay).minus(toleranceFor(expected)));
  return shown.gte(least) ? undefined : `cash shows ${shown.toFixed()}, and at least ${least.toFixed(2)} must be there`;
}

/** It may have taken its cash already. */
export function isUnderWay({ state }: IntentRecord): boolean {
  return state === "posting" || state === "unknown" || state === "open" || state === "abandoned";
}

/** Dollars that it can still take. */
function restOf({ worstCaseCost, filledQuantity, filledAveragePrice }: IntentRecord): Decimal {
  return max(ZERO, worstCaseCost.minus(filledQuantity.times(filledAveragePrice ?? ZERO)));
}

function toleranceFor({ traded }: Expected): Decimal {
  return traded.times(CASH_TOLERANCE).plus(ONE);
}
