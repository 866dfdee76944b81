import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { pledgedBy } from "./pledges.ts";

/**
 * R16: at Alpaca orders, positions and cash disagree for up to ten seconds. A plan made on an inconsistent
 * snapshot sells twice or spends twice, so before each phase the account must contain all own fills.
 */

/** Fills older than this are assumed to be contained in the account (Alpaca: about 10 s). */
export const FILLS_SETTLE_WITHIN_MS = 30_000;
/** How long to wait for a settled snapshot. */
export const SETTLE_LIMIT_MS = 15_000;
/** Pause before a failed read is repeated. */
export const SETTLE_PAUSE_MS = 300;
/** Pauses between the first readings; the last one repeats. A reading costs five requests, of which only 150 a minute may be reads. */
const SETTLE_PAUSES_MS = [300, 300, 600, 1_000, 1_500, 2_000] as const;
/** Cash may differ from the computed cash by this fraction of the traded value, plus a dollar (fees, rounding). */
const CASH_TOLERANCE = decimal("0.001");

/** @param round how many readings there were already. */
export function settlePause(round: number): number {
  return SETTLE_PAUSES_MS[Math.min(round, SETTLE_PAUSES_MS.length - 1)] ?? SETTLE_PAUSE_MS;
}

/** Shares have nine decimals, and the last ones of a position and of its fills may be rounded apart. */
const SHARE_NOISE = decimal("0.000001");

/** What the account must show once it contains our fills. */
export interface Expected {
  /** Symbol → quantity; only symbols that we traded. */
  readonly quantities: ReadonlyMap<string, Decimal>;
  /** Of these, the ones that we bought: a missing fill of a sell shows too many shares, never too few. */
  readonly bought: ReadonlySet<string>;
  /** Symbol → client order id of the first of our orders that counts: what others traded after it is not in the quantity. */
  readonly after: ReadonlyMap<string, string>;
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
  const bought = new Set<string>();
  const after = new Map<string, string>();
  let traded = ZERO;
  let net = ZERO;
  let isPriced = true;
  for (const intent of intents) {
    if (intent.filledQuantity.eq(ZERO)) continue;
    isPriced &&= intent.filledAveragePrice !== undefined;
    if (intent.side === "buy") bought.add(intent.symbol);
    if (!after.has(intent.symbol)) after.set(intent.symbol, intent.clientOrderId);
    const signed = intent.side === "buy" ? intent.filledQuantity : intent.filledQuantity.neg();
    quantities.set(intent.symbol, (quantities.get(intent.symbol) ?? intent.heldBefore).plus(signed));
    const value = intent.filledQuantity.times(intent.filledAveragePrice ?? ZERO);
    traded = traded.plus(value);
    net = intent.side === "buy" ? net.minus(value) : net.plus(value);
  }
  // Without the price of one fill the cash that is shown decides.
  const shares = { quantities, bought, after, traded };
  return isPriced ? { ...shares, cash: cashBefore?.plus(net), net } : { ...shares, cash: undefined };
}

/** What is missing from the snapshot, in words; `undefined` when it contains all our fills. */
export function unsettled(snapshot: AccountSnapshot, expected: Expected): string | undefined {
  for (const [symbol, quantity] of expected.quantities) {
    const position = snapshot.positions.find((each) => each.symbol === symbol);
    // An unreadable row says nothing about fills (R34).
    if (position?.problem !== undefined) continue;
    const shown = position?.quantity ?? ZERO;
    // Fewer shares than our sells have left were sold by somebody else.
    if (shown.lt(quantity) && !expected.bought.has(symbol)) continue;
    if (shown.minus(quantity).abs().gt(SHARE_NOISE))
      return `${symbol} shows ${shown.toFixed()} shares, expected ${quantity.toFixed()} from our fills`;
  }
  if (expected.cash === undefined || expected.cash.minus(snapshot.account.cash).lte(toleranceFor(expected))) return undefined;
  return `cash shows ${snapshot.account.cash.toFixed()}, expected ${expected.cash.toFixed()} from our fills`;
}

/** Symbols of which the account shows more shares than our fills leave. */
export function heldBeyond(snapshot: AccountSnapshot, expected: Expected): string[] {
  const more = [...expected.quantities].filter(([symbol, quantity]) => {
    const position = snapshot.positions.find((each) => each.symbol === symbol);
    return position !== undefined && position.problem === undefined && position.quantity.gt(quantity.plus(SHARE_NOISE));
  });
  return more.map(([symbol]) => symbol);
}

/** Whether more cash is shown than our fills explain: a deposit, or a buy of ours that is not in the cash yet. */
export function isMore(cash: Decimal, expected: Expected): boolean {
  return expected.cash !== undefined && cash.minus(expected.cash).gt(toleranceFor(expected));
}

/**
 * Whether buying power does not yet include the proceeds of our fills, or the unused reservation of a buy. It is
 * never expected to exceed the cash, less what secures somebody's short puts (R16).
 * @param before dollars at the first plan of the execution; `undefined` when not known.
 * @param enough the sufficient fraction of the expected amount.
 */
export function isPowerBehind(
  { account, positions, openOrders }: AccountSnapshot,
  expected: Expected,
  before: Decimal | undefined,
  enough: Decimal = ONE,
): boolean {
  if (before === undefined || expected.net === undefined || openOrders.some(({ side }) => side === "buy")) return false;
  const due = min(account.cash.minus(pledgedBy(positions)), before.plus(expected.net));
  return due.times(enough).minus(account.buyingPower).gt(toleranceFor(expected));
}

/**
 * Whether buying power is below cash without an open buy, shortly after a buy of ours has ended: the unused
 * reservation is released later than the end is reported. There may also be another reason, so it is awaited and
 * then used as it is.
 */
export function mayReleaseMore(
  { account, positions, openOrders }: AccountSnapshot,
  { ledger, clock }: { ledger: Ledger; clock: Clock },
): boolean {
  if (openOrders.some(({ side }) => side === "buy") || account.cash.minus(pledgedBy(positions)).minus(account.buyingPower).lte(ONE))
    return false;
  const changed = ledger.intentsChangedSince(clock.now() - FILLS_SETTLE_WITHIN_MS);
  return changed.some(({ side, state }) => side === "buy" && state === "done");
}

/**
 * The order with only the fills since this many shares of its symbol were held. None of our other orders trades its
 * symbol meanwhile (R24).
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
  /** Buys of earlier executions that may still use cash. */
  readonly earlierBuys: readonly IntentRecord[];
  /** What orders of earlier executions have changed since the plan. */
  readonly lateFills: readonly IntentRecord[];
  /** Dollars that external buys open before the execution could use. */
  readonly foreignBuys: Decimal;
}

/**
 * Describes missing cash while buys are waiting. The cash must pay for them, and must equal the cash before
 * the execution, changed by our known fills, less the maximum that open buys may have used.
 * @param before cash before the execution, in dollars; `undefined` when it cannot be used.
 * @returns `undefined` when nothing is missing, and when nothing is to be bought.
 */
export function missingCash(
  shown: Decimal,
  { own, earlierBuys, lateFills, foreignBuys }: Doings,
  before: Decimal | undefined,
): string | undefined {
  const toBuy = waitingCost(own);
  if (toBuy.eq(ZERO)) return undefined;
  const underWay = mayBeUsed({ own, earlierBuys, foreignBuys });
  const expected = expectedAfter([...lateFills, ...own], before);
  const least = max(toBuy, (expected.cash ?? ZERO).minus(underWay).minus(toleranceFor(expected)));
  return shown.gte(least) ? undefined : `cash shows ${shown.toFixed()}, expected at least ${least.toFixed(2)}`;
}

/** Dollars that buys which are recorded and not yet sent can use. */
export function waitingCost(own: readonly IntentRecord[]): Decimal {
  return sum(own.filter(({ side, state }) => side === "buy" && state === "recorded").map(restOf));
}

/** Dollars that buys which may be open can still use. */
function openCost(own: readonly IntentRecord[]): Decimal {
  return sum(own.filter((intent) => intent.side === "buy" && isUnderWay(intent)).map(restOf));
}

/**
 * How many dollars of our latest buys the shown cash may still contain: it may lag behind them, and what others did
 * meanwhile may hide that.
 * @param own orders of the execution.
 * @param expected what the account shows once it contains all of their fills.
 * @param now by the wall clock, milliseconds since the epoch; it may have been set since the fills.
 * @returns exactly what is not shown yet, where the lag alone explains the cash; else all that was bought lately.
 */
export function unshownBuys(shown: Decimal, own: readonly IntentRecord[], expected: Expected, now: number): Decimal {
  const isRecent = ({ updatedAt }: IntentRecord): boolean => Math.abs(now - updatedAt) <= FILLS_SETTLE_WITHIN_MS;
  const recent = own.filter((intent) => intent.side === "buy" && intent.filledQuantity.gt(ZERO) && isRecent(intent));
  const latestFirst = recent.toSorted((a, b) => b.updatedAt - a.updatedAt);
  const tolerance = toleranceFor(expected);
  let unshown = ZERO;
  let explained: Decimal | undefined;
  for (const intent of [undefined, ...latestFirst]) {
    if (intent !== undefined) unshown = unshown.plus(intent.filledQuantity.times(intent.filledAveragePrice ?? ZERO));
    const highest = expected.cash?.plus(unshown).plus(tolerance);
    const lowest = highest?.minus(openCost(own)).minus(tolerance).minus(tolerance);
    if (highest !== undefined && lowest !== undefined && shown.lte(highest) && shown.gte(lowest)) explained = unshown;
  }
  return explained ?? unshown;
}

/** Dollars that buys may have used without a fill that is known. */
export function mayBeUsed({ own, earlierBuys, foreignBuys }: Omit<Doings, "lateFills">): Decimal {
  return openCost(own)
    .plus(sum(earlierBuys.map(restOf)))
    .plus(foreignBuys);
}

/**
 * Whether the cash is what our fills make of it together with money that was paid in or out since.
 * @param paid dollars that the account's activities book, negative when paid out.
 * @param used dollars that open buys may have used besides.
 */
export function isExplainedBy(paid: Decimal, shown: Decimal, expected: Expected, used = ZERO): boolean {
  if (expected.cash === undefined) return false;
  const beyond = shown.minus(expected.cash.plus(paid));
  const tolerance = toleranceFor(expected);
  return beyond.lte(tolerance) && beyond.gte(ZERO.minus(tolerance.plus(used)));
}

/** It may have used its cash already. */
export function isUnderWay({ state }: IntentRecord): boolean {
  return state === "posting" || state === "unknown" || state === "open" || state === "abandoned";
}

/** Dollars that it can still use. */
function restOf({ worstCaseCost, filledQuantity, filledAveragePrice }: IntentRecord): Decimal {
  return max(ZERO, worstCaseCost.minus(filledQuantity.times(filledAveragePrice ?? ZERO)));
}

function toleranceFor({ traded }: Expected): Decimal {
  return traded.times(CASH_TOLERANCE).plus(ONE);
}
