import type { Side } from "../../domain/broker.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { isOnTargetReason, mayPass, type SkipReason } from "../../portfolio/skip-reason.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, truncate, ZERO } from "../../domain/decimal.ts";
import { endedShort, isNewest } from "../orders/attempts.ts";
import { isEnded } from "./decide.ts";
import type { LineSummary, PhaseSummary, PlanSummary } from "../../domain/ledger/summaries.ts";

/** Orders for one symbol and signal that may be refused, or rejected later, for lack of buying power (R20). */
const MOST_TRIES = 8;
/** Orders for one symbol and signal after which it is not planned again; one plan takes at most 25 of them. */
const MOST_ATTEMPTS = 60;
/** Ends that only the venue itself gives to an order. */
const ENDED_BY_VENUE: ReadonlySet<string> = new Set(["expired", "done_for_day", "calculated"]);
/** Pauses before retrying an order that was refused for another passing reason; milliseconds. */
const REFUSED_PAUSES_MS = [5_000, 15_000, 30_000] as const;
const LONGEST_PAUSE_MS = 30_000;
/** Buying power may lag this long behind the end of an order. */
const POWER_LAGS_MS = 30_000;

/** A plan's reasons for no order that say how the symbol's last order ended. */
const TOLD_OF_ORDERS: ReadonlySet<SkipReason> = new Set<SkipReason>([
  "order-refused",
  "order-unknown",
  "order-timed-out",
  "order-cancelled",
  "sells-over",
]);

/** What one execution did not complete of a symbol, and whether that is worth another plan (R33). */
export interface Rest {
  /** Empty for the whole account. */
  readonly symbol: string;
  /** `not-sent`: its order was expected, and its phase never came. `account-unsettled`: planned on an account that lacked our fills. */
  readonly reason: SkipReason | "not-sent" | "account-unsettled";
  /** The cause may pass. */
  readonly passing: boolean;
  /** It would be, but only a sell could change it, and no time is left for one (R21). */
  readonly tooLate?: true;
  /** Earliest retry, milliseconds since the epoch. */
  readonly notBefore?: number | undefined;
  /** The order that fell short; missing when none was sent. */
  readonly intent?: IntentRecord;
}

export interface RestFacts {
  readonly plan: PlanSummary;
  /** Of this execution. */
  readonly intents: readonly IntentRecord[];
  /** Of all executions of the signal. */
  readonly tries: readonly IntentRecord[];
  /** Minimum order in dollars. */
  readonly minimum: Decimal;
  /** Of an execution under way that buys after it sells; where it is missing, sells are not bound in time. */
  readonly selling?: SellingTime;
}

/** No sell is sent after `until`: the rest of the deadline is kept for the buys (R21). Wall clock, milliseconds since the epoch. */
export interface SellingTime {
  readonly now: number;
  readonly until: number;
}

/** What the newest plan and the orders after it did not complete; empty when the plan was completed. */
export function restOf(facts: RestFacts): Rest[] {
  const last = newestPhase(facts.plan);
  const lines = last.lines.flatMap((line) => restOfLine(line, last, facts));
  const named = new Set(lines.map(({ intent }) => intent?.clientOrderId));
  const orders = looseEnds(last, facts).filter(({ intent }) => !named.has(intent?.clientOrderId));
  const unsettled: Rest[] = last.missing === undefined ? [] : [{ symbol: "", reason: "account-unsettled", passing: true }];
  return withCash(
    [...lines, ...orders, ...unsettled].map((rest) => withinSelling(rest, last, facts)),
    last,
    facts,
  );
}

/** An order that is at the venue already may still sell them, or may have. */
const MAY_SELL_BY_ITSELF: ReadonlySet<Rest["reason"]> = new Set<Rest["reason"]>(["order-unknown", "own-order-working", "foreign-order"]);

/** What has to be sold, and cannot be tried again while sells are sent, waits for nothing. */
function withinSelling(rest: Rest, last: PhaseSummary, { selling }: RestFacts): Rest {
  if (selling === undefined || !rest.passing || MAY_SELL_BY_ITSELF.has(rest.reason) || !isToSell(rest, last)) return rest;
  return selling.now + pauseOf(rest, selling.now) < selling.until ? rest : { ...rest, passing: false, tooLate: true };
}

function isToSell({ symbol, intent }: Rest, { lines }: PhaseSummary): boolean {
  if (intent !== undefined) return intent.side === "sell";
  const line = lines.find((each) => each.symbol === symbol);
  return line !== undefined && decimal(line.actualValue).gt(decimal(line.targetValue));
}

/** Symbols that are on target in the newest plan, or that reached it by their orders: this signal no longer trades them (R33). */
export function reachedBy(facts: RestFacts): Set<string> {
  const last = newestPhase(facts.plan);
  // Amounts planned on an account without all our fills are not targets.
  if (last.missing !== undefined) return new Set();
  const left = new Set(restOf(facts).map(({ symbol }) => symbol));
  // While a suspected split is excluded from the base, shares of that base are not final targets.
  const isOpen = ({ targetWeight }: LineSummary): boolean => last.highestBase !== undefined && decimal(targetWeight).gt(ZERO);
  return new Set(last.lines.filter((line) => !left.has(line.symbol) && !isOpen(line)).map(({ symbol }) => symbol));
}

/** Symbols whose orders ended for a lasting cause: only the owner can have them retried. */
export function lastingOf(facts: RestFacts): Map<string, SkipReason> {
  const lasting = restOf(facts).filter(({ intent, passing }) => intent !== undefined && !passing);
  return new Map(
    lasting.flatMap(({ symbol, reason }) => (reason === "not-sent" || reason === "account-unsettled" ? [] : [[symbol, reason] as const])),
  );
}

/** Symbols with an order in the newest plan. */
export function orderedBy({ plan }: Pick<ExecutionRecord, "plan">): ReadonlySet<string> {
  const { sells, buys } = plan === undefined ? { sells: [], buys: [] } : newestPhase(plan);
  return new Set([...sells, ...buys].map(({ symbol }) => symbol));
}

export function newestPhase({ selling, buying }: PlanSummary): PhaseSummary {
  return buying ?? selling;
}

function restOfLine(line: LineSummary, last: PhaseSummary, facts: RestFacts): Rest[] {
  const leftAlone = line.leftAlone as SkipReason | undefined;
  const order = [...last.sells, ...last.buys].find(({ symbol }) => symbol === line.symbol);
  const fellShort = order === undefined ? [] : restOfOrder(line.symbol, order.side, facts);
  // What was left alone when it was priced is in the line; what was dropped for anything else is missing next to the line's own reason.
  const isTold = leftAlone !== undefined && fellShort.every(({ intent }) => intent?.state === "dropped" && intent.code === leftAlone);
  if (fellShort.length > 0 && !isTold) return fellShort;
  if (leftAlone === undefined || isOnTargetReason(leftAlone)) return [];
  const earlier = facts.intents.findLast(({ symbol }) => symbol === line.symbol);
  // Without a new order in the plan, the end of its last order counts and is reported (R20).
  if (earlier !== undefined && (TOLD_OF_ORDERS.has(leftAlone) || (leftAlone === "insufficient-cash" && lackedPower(earlier)))) {
    const rest = restOfIntent(earlier, facts);
    if (rest.length > 0) return rest;
  }
  // What the sells bring is not known before the buys are planned.
  const isOutlook = leftAlone === "insufficient-cash" && facts.plan.buying === undefined && last.sells.length > 0;
  return [{ symbol: line.symbol, reason: leftAlone, passing: isOutlook || mayPass(leftAlone) }];
}

function restOfOrder(symbol: string, side: Side, facts: RestFacts): Rest[] {
  // Buys are planned again after the sells: until then none of them is sent, whatever was bought before.
  const isOutlook = side === "buy" && facts.plan.buying === undefined;
  const newest = isOutlook ? undefined : newestOf(symbol, side, facts);
  if (newest === undefined) return [{ symbol, reason: "not-sent", passing: true }];
  return restOfIntent(newest, facts);
}

function newestOf(symbol: string, side: Side, { intents }: RestFacts): IntentRecord | undefined {
  return intents.find((intent) => intent.symbol === symbol && intent.side === side && isNewest(intent, intents));
}

/** Orders of unknown state remain unresolved, whatever was planned after them. */
function looseEnds(last: PhaseSummary, { intents }: RestFacts): Rest[] {
  const planned = new Set([...last.sells, ...last.buys].map(({ symbol }) => symbol));
  const loose = intents.filter(({ symbol, state }) => state === "abandoned" && !planned.has(symbol));
  return loose.map((intent) => ({ symbol: intent.symbol, reason: "order-unknown", passing: true, intent }));
}

function restOfIntent(intent: IntentRecord, { tries, minimum }: RestFacts): Rest[] {
  const { symbol, state, status, cancelRequestedAt, attempt } = intent;
  const passing = attempt < MOST_ATTEMPTS;
  if (state === "abandoned" || !isEnded(intent)) return [{ symbol, reason: "order-unknown", passing: true, intent }];
  if (state === "refused") return isDust(intent, minimum) ? [] : [refused(intent, tries)];
  if (state === "dropped") return [{ symbol, reason: "not-sent", passing, intent }];
  if (!endedShort(intent, minimum)) return [];
  if (status === "rejected") return [refused(intent, tries)];
  if (status === "canceled" && cancelRequestedAt !== undefined) return [{ symbol, reason: "order-timed-out", passing, intent }];
  // A filled part of a larger order, whose next part was not sent.
  if (status === "filled") return [{ symbol, reason: "order-timed-out", passing, intent }];
  // Nobody can ask for these ends of a day order while the session lasts, so the venue will take another one.
  if (ENDED_BY_VENUE.has(status ?? "")) return [{ symbol, reason: "order-timed-out", passing, intent }];
  return [{ symbol, reason: "order-cancelled", passing: false, intent }];
}

/**
 * R20: which refusals may pass, and after which pause. Unknown texts count as lasting after three more attempts; when
 * fractions are refused, whole shares are traded immediately.
 */
function refused(intent: IntentRecord, tries: readonly IntentRecord[]): Rest {
  const { symbol, side, updatedAt } = intent;
  const why = lackedPower(intent) ? "insufficient-buying-power" : intent.status;
  const before = tries.filter((other) => other.symbol === symbol && other.side === side && wasRefused(other)).length;
  const rest = { symbol, reason: "order-refused", intent } as const;
  const pause = REFUSED_PAUSES_MS[before - 1];
  const paced = pause === undefined ? { passing: false } : { passing: true, notBefore: updatedAt + pause };
  switch (why) {
    case "insufficient-buying-power":
      return { ...rest, passing: before < MOST_TRIES };
    case "trading-halt":
      return { ...rest, passing: true, notBefore: updatedAt + (pause ?? REFUSED_PAUSES_MS[2]) };
    case "not-fractionable":
      return isOfFractions(intent) ? { ...rest, passing: before < MOST_TRIES } : { ...rest, ...paced };
    // What the venue itself says of the asset and of the account decides; one refusal that contradicts it may be a fault.
    // Its order gate can lag behind the fill of a buy: then a sell of what is held looks like a short one.
    case "not-tradable":
    case "unknown-asset":
    case "account-restricted":
    case "trade-suspended":
    case "insufficient-quantity":
    case "cannot-short":
    case "wash-trade":
    case "other":
      return { ...rest, ...paced };
    default:
      return { ...rest, passing: false };
  }
}

/** Whole shares refused as fractions make no sense, and wait like any unknown refusal. */
function isOfFractions({ quantity }: IntentRecord): boolean {
  return quantity?.eq(truncate(quantity, 0)) !== true;
}

/** A rejection after acceptance has no reason; it is usually a lack of buying power (R20). */
function lackedPower({ state, status }: IntentRecord): boolean {
  return (state === "refused" && status === "insufficient-buying-power") || (state === "done" && status === "rejected");
}

function wasRefused({ state, status }: IntentRecord): boolean {
  return state === "refused" || (state === "done" && status === "rejected");
}

/**
 * A lack of cash may pass when buying power lags behind the cash, when open buys reserve some of it, when another rest
 * may bring cash, and after whole-share buys, which are counted above their price and leave some cash (R11).
 */
function withCash(rests: readonly Rest[], { powerIsShort, pledge, isReserved, buys }: PhaseSummary, facts: RestFacts): Rest[] {
  const mayGrow = powerIsShort === true && (pledge === undefined || !isPledgedForGood(facts));
  const mayCome =
    mayGrow || isReserved === true || buys.some(({ quantity }) => quantity !== undefined) || rests.some(({ passing }) => passing);
  return rests.map((rest) => (rest.reason === "insufficient-cash" ? { ...rest, passing: mayCome } : rest));
}

/**
 * Waiting frees nothing that secures a put. But for a while after our orders buying power may lag all the same, and once the
 * execution has ended, another one may find that it was freed.
 */
function isPledgedForGood({ selling, intents }: RestFacts): boolean {
  return selling !== undefined && intents.every(({ updatedAt }) => Math.abs(selling.now - updatedAt) >= POWER_LAGS_MS);
}

/**
 * How long it has to wait, in milliseconds; 0 when it may be tried now.
 * Pauses count by the wall clock, so that they survive a restart. A clock that was set back must not make one longer.
 */
export function pauseOf({ notBefore }: Rest, now: number): number {
  const pause = (notBefore ?? now) - now;
  return pause > LONGEST_PAUSE_MS ? 0 : Math.max(0, pause);
}

/** `UVXY (order-refused: insufficient buying power)` */
export function restText({ symbol, reason, intent }: Rest): string {
  if (symbol === "") return "the account does not show all our fills";
  const said = intent?.state === "refused" && intent.message !== undefined ? `${reason}: ${intent.message}` : reason;
  return `${symbol} (${said})`;
}

/** A refusal of more than the minimum as too small is a mistake of the venue, and excuses nothing. */
function isDust({ fullExit, status, estimatedValue }: IntentRecord, minimum: Decimal): boolean {
  return fullExit && status === "below-minimum" && estimatedValue.lt(minimum);
}
