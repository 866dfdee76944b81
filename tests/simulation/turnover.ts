import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { Ledger } from "../../src/domain/ledger.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { decimal, sum, ZERO } from "../../src/domain/decimal.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { newYorkDate } from "../../src/simulator/sessions.ts";
import type { Violation } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";

/** Prices of a plan and of its fills differ a little, and equity moves meanwhile. */
const TOLERANCE = decimal("1.1");

/** Dollars that our own orders have moved on the New York day of now, as the venue has it. */
export function movedToday({ state, clock }: Exchange, except: (clientOrderId: string) => boolean = () => false): Decimal {
  const today = newYorkDate(clock.now());
  const ours = [...state.orders.values()].filter((order) => isOwnOrder(order) && !except(order.clientOrderId));
  return sum(ours.filter(({ updatedAt }) => newYorkDate(Date.parse(updatedAt)) === today).map(({ filledValue }) => filledValue));
}

/** Equity at the last close, of which turnover is counted; deposits since are left out. */
export function equityAtStart(exchange: Exchange): Decimal {
  const { last_equity: last, equity } = exchange.accountView();
  const start = decimal(String(last));
  return start.gt(ZERO) ? start : decimal(String(equity));
}

/** P4: what was moved on a day before an execution, and what its first plan moves, stay within the limit, whatever was restarted meanwhile. */
export function turnoverViolation(
  ledger: Pick<Ledger, "execution" | "executionsOfSignal" | "intentsOf">,
  { clientOrderId, executionId, phase }: IntentRecord,
  exchange: Exchange,
  { limits }: Scenario,
): Violation | undefined {
  const limit = limits.maxDailyTurnover;
  if (limit === undefined) return undefined;
  const planned = ledger.intentsOf(executionId);
  // Buys that follow sells belong to a plan that was judged as a whole before.
  if (phase === "buying" && planned.some((intent) => intent.phase === "selling")) return undefined;
  // So does the rest of a run that has begun.
  const run = ledger.executionsOfSignal(ledger.execution(executionId)?.signalId ?? "");
  if (run.some(({ id, begunAt }) => id !== executionId && begunAt !== undefined)) return undefined;
  const own = new Set(planned.map((intent) => intent.clientOrderId));
  const before = movedToday(exchange, (id) => own.has(id));
  const equity = equityAtStart(exchange);
  const turnover = before.plus(
    sum(planned.filter((intent) => isFirst(intent, planned) && !wasReplaced(intent, planned)).map(plannedValue)),
  );
  return turnover.lte(equity.times(limit).times(TOLERANCE))
    ? undefined
    : {
        promise: "P4",
        text: `${clientOrderId} brings the day's turnover to ${turnover.toFixed(2)} of ${equity.toFixed(2)}, above the limit of ${limit.toFixed()}.`,
      };
}

/** Whatever the later attempts send again was planned once. */
function isFirst(intent: IntentRecord, all: readonly IntentRecord[]): boolean {
  return all.every((other) => !sameTrade(other, intent) || other.attempt >= intent.attempt || other.state === "refused");
}

/** What was refused moves nothing, and its second try is the whole of it (R20). */
function wasReplaced({ phase, symbol, attempt, state }: IntentRecord, all: readonly IntentRecord[]): boolean {
  return state === "refused" && all.some((other) => other.phase === phase && other.symbol === symbol && other.attempt > attempt);
}

function sameTrade(one: IntentRecord, other: IntentRecord): boolean {
  return one.phase === other.phase && one.symbol === other.symbol;
}

/** The first part of a large order stands for all of it. */
function plannedValue({ estimatedValue, goal, quantity }: IntentRecord): Decimal {
  return goal?.quantity === undefined || quantity === undefined ? estimatedValue : estimatedValue.times(goal.quantity).div(quantity);
}
