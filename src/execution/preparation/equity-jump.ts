import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { AccountSummary } from "../../domain/ledger/summaries.ts";
import { formatDollars } from "../../domain/format.ts";
import { marketDate, marketDayStart } from "../../domain/market-day.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { PlanInput } from "../../portfolio/plan.ts";
import { isMeasured } from "../../portfolio/targets.ts";
import type { Moves } from "../../portfolio/valuation.ts";
import { brokerPriced, explainedMoves, unconfirmedMove } from "../../portfolio/valuation.ts";
import { bookedEquity } from "./booked-equity.ts";
import { flowsSinceLastClose } from "./daily-limits.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";

/** How far equity may move, as a fraction, before it needs an explanation (R9). */
const LARGEST_JUMP = decimal("0.25");
/** Moves of unconfirmed prices up to this fraction of equity explain nothing: equity may be off by as much anyway. */
const MATERIAL_MOVE = decimal("0.02");
/** Executions searched for the newest equity of this session. */
const RECENT_EXECUTIONS = 20;
/** The venue stamps fills, but our possibly wrong clock stamps their records; this much more is searched. */
const CLOCK_SLACK_MS = 86_400_000;

const NO_MOVES: Moves = { lost: ZERO, gained: ZERO };

export interface EquityJumpParts {
  readonly broker: Pick<Broker, "calendar" | "cashFlowsSince">;
  readonly ledger: Pick<Ledger, "splitsOf" | "recentExecutions" | "intentsChangedSince">;
}

/** An equity that may be believed, and what was paid in or out since. */
interface Reference {
  readonly equity: Decimal;
  readonly flows: () => Promise<Decimal>;
}

/**
 * Whether the equity is further from the last close than flows and checked prices explain (R9). Venues have shown accounts
 * at a multiple or a fraction of their worth for minutes, and the equity sizes every target. What was gained earlier in the
 * session by shares that have been sold since is in the equity that the newest plan of this session was made on. The
 * venue is searched for deposits and withdrawals only if the rest does not explain it.
 * @returns why nothing may be planned on it; `undefined` when it may be.
 */
export async function unexplainedJump(parts: EquityJumpParts, snapshot: AccountSnapshot, input: PlanInput): Promise<string | undefined> {
  const { account, market } = snapshot;
  // Cash that is not counted does not count here either.
  const counted = { ...snapshot, account: { ...account, equity: input.account.equity } };
  const { equity, lastEquity } = bookedEquity(counted, input.splits, parts.ledger);
  const hasClose = account.lastEquity.gt(ZERO) && account.lastEquityKnown !== false;
  // Cash that is not counted may be what protected shares were sold for: then the whole equity is as it was.
  const equities = [equity, bookedEquity(snapshot, input.splits, parts.ledger).equity];
  const isAsBefore = (before: Decimal, moves: Moves): boolean => equities.some((each) => isExplained(each, before, moves));
  if (hasClose && isAsBefore(lastEquity, NO_MOVES)) return undefined;
  const newest = newestPlannedOn(parts.ledger, snapshot);
  const references: Reference[] = [
    // An account of today has no last close, and the venue may not say it.
    ...(hasClose ? [{ equity: lastEquity, flows: () => flowsSinceLastClose(parts.broker, account, market.clock.timestamp) }] : []),
    ...(newest === undefined ? [] : [{ equity: decimal(newest.equity), flows: () => parts.broker.cashFlowsSince(newest.at) }]),
  ];
  const moves = sessionMoves(parts.ledger, snapshot, { input, newest });
  const [first] = references;
  if (first === undefined || references.some((before) => isAsBefore(before.equity, moves))) return undefined;
  const since = hasClose ? "at the last close" : "when it was last planned on";
  const moved = `The equity went from ${formatDollars(first.equity)} ${since} to ${formatDollars(equity)}`;
  try {
    const flows: Decimal[] = [];
    for (const before of references) {
      const paid = await before.flows();
      if (isAsBefore(before.equity.plus(paid), moves)) return undefined;
      flows.push(paid);
    }
    return `${moved}, of which ${formatDollars(flows[0] ?? ZERO)} was paid in or out, and ${unconfirmed(input)}.`;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return `${moved}, ${unconfirmed(input)}, and deposits and withdrawals cannot be read: ${error.message}`;
  }
}

function unconfirmed(input: PlanInput): string {
  const symbols = brokerPriced(input).map(({ symbol }) => symbol);
  return unconfirmedMove(input).gt(input.account.equity.times(MATERIAL_MOVE))
    ? `the price of ${symbols.join(", ")} is the broker's own, which nothing confirms`
    : "checked prices do not explain the rest";
}

/** The account that the newest plan of this session was made on, whose equity was judged then. The one after it was not. */
function newestPlannedOn(ledger: EquityJumpParts["ledger"], { account, market }: AccountSnapshot): AccountSummary | undefined {
  const today = marketDate(market.clock.timestamp);
  return ledger
    .recentExecutions(RECENT_EXECUTIONS)
    .filter(({ wanted }) => isMeasured(wanted))
    .flatMap(({ accountBefore }) => accountBefore ?? [])
    .find(({ number, at }) => number === account.number && marketDate(at) === today);
}

/** Shares may have come to their value from the last close, from our own buy of this session, or from the price at the newest plan. */
function sessionMoves(
  ledger: EquityJumpParts["ledger"],
  { market }: AccountSnapshot,
  { input, newest }: { readonly input: PlanInput; readonly newest: AccountSummary | undefined },
): Moves {
  const now = market.clock.timestamp;
  const fills = ledger
    .intentsChangedSince(marketDayStart(now) - CLOCK_SLACK_MS)
    .filter(({ filledAt, updatedAt }) => (filledAt ?? updatedAt) >= marketDayStart(now));
  const before = new Map(
    input.holdings.map(({ symbol }) => {
      const close = input.observations.get(symbol)?.previousClose?.price;
      const ratio = ledger.splitsOf(symbol).find(({ session }) => session === marketDate(now))?.ratio ?? ONE;
      const bought = fills.filter((fill) => fill.symbol === symbol && fill.side === "buy").flatMap((fill) => fill.filledAveragePrice ?? []);
      return [symbol, [...(close === undefined ? [] : [close.times(ratio)]), ...bought, ...plannedAt(symbol, newest)]];
    }),
  );
  const { lost, gained } = explainedMoves(input, before);
  const sold = fills.filter(({ side }) => side === "sell").flatMap((fill) => soldFor(fill, fills, newest));
  return { lost: lost.plus(sum(sold.map((each) => min(ZERO, each)))), gained: gained.plus(sum(sold.map((each) => max(ZERO, each)))) };
}

/** Its price when the newest plan was made. */
function plannedAt(symbol: string, newest: AccountSummary | undefined): Decimal[] {
  const price = newest?.positions.find((position) => position.symbol === symbol)?.price;
  return price === undefined ? [] : [decimal(price)];
}

/** Dollars that a sell brought beyond what its shares had cost in this session, were worth at the newest plan, or were estimated at. */
function soldFor(sell: IntentRecord, fills: readonly IntentRecord[], newest: AccountSummary | undefined): Decimal[] {
  const { symbol, quantity, estimatedValue, filledQuantity, filledAveragePrice } = sell;
  if (quantity === undefined || quantity.eq(ZERO) || filledAveragePrice === undefined) return [];
  const costs = fills.filter((fill) => fill.side === "buy" && fill.symbol === symbol).flatMap((fill) => fill.filledAveragePrice ?? []);
  const before = newest === undefined ? costs : [...costs, ...plannedAt(symbol, newest), estimatedValue.div(quantity)];
  const moves = before.map((each) => filledQuantity.times(filledAveragePrice.minus(each)));
  return [min(ZERO, ...moves), max(ZERO, ...moves)];
}

/** Near what it was, near that with all that was lost or gained, or between. */
function isExplained(equity: Decimal, before: Decimal, { lost, gained }: Moves): boolean {
  return equity.gte(before.plus(lost).times(ONE.minus(LARGEST_JUMP))) && equity.lte(before.plus(gained).times(ONE.plus(LARGEST_JUMP)));
}
