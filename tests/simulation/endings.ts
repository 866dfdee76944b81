import type { RebalanceEvent } from "../../src/execution/events.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { Conclusion } from "../../src/execution/outcome/outcome.ts";
import type { SkipReason } from "../../src/portfolio/skip-reason.ts";
import { isOnTargetReason } from "../../src/portfolio/skip-reason.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import { distanceFrom, WHOLE_ONLY_REMEMBERED_MS } from "./distance.ts";
import { isDust, wasOpenLately } from "./named-reasons.ts";
import type { FaultKind } from "./faults/kinds.ts";
import type { Violation } from "./invariants.ts";
import type { Life } from "./life.ts";
import type { Scenario } from "./scenario.ts";

export interface EndingsParts {
  readonly exchange: Exchange;
  readonly scenario: Scenario;
  /** Whether somebody else touched the account so lately, milliseconds. */
  readonly externalTradeWithin: (ms: number) => boolean;
  readonly violated: (violation: Violation) => void;
}

/** What moves prices or shows wrong ones: what was on target by the prices of the plan need not be so by others. */
const MOVES_PRICES: readonly FaultKind[] = [
  "price-jump",
  "quote-one-sided",
  "quote-absurd",
  "quote-absent",
  "suspended",
  "garbage-answer",
  "symbol-paused",
  "feed-thin",
  "equity-off",
];
/** Prices that are not still drift so far from the plan within this time. */
const STEADY_FOR_MS = 60_000;
/** So long the account may hide what somebody else did. */
const HIDDEN_FOR_MS = 60_000;
/** A fraction of the equity: the reserve, and what rounding and prices leave. */
const MOST_IDLE_CASH = 0.05;
/** What the planner says when cash and positions do not come to the broker's equity. */
const DISAGREEMENT = "but the broker's equity is";

/** Holds what an execution says of itself at its end against the venue's own book. */
export class Endings {
  readonly #parts: EndingsParts;

  constructor(parts: EndingsParts) {
    this.#parts = parts;
  }

  onEvent(life: Life, { kind, facts, executionId }: RebalanceEvent): void {
    if (kind !== "finish") return;
    const execution = life.ledger.execution(executionId);
    const { outcome } = facts as Conclusion;
    if (execution === undefined || outcome === "queued") return;
    const intents = life.ledger.intentsOf(executionId);
    for (const intent of intents) this.#checkEnd(intent, outcome);
    // What has reached its target for the signal once is not traded again for it, whoever changes it afterwards (R33).
    const since = life.ledger.executionsOfSignal(execution.signalId)[0]?.startedAt ?? execution.startedAt;
    if (outcome === "on-target" && !this.#parts.externalTradeWithin(life.clock.now() - since))
      this.#checkTarget(execution, intents, { now: life.clock.now(), exits: exitsSince(life.ledger, execution.signalId) });
    this.#checkAgreement(execution, life.clock.now());
    if (outcome === "off-target" && life.ledger.unsettledIntents().length === 0) this.#checkLackOfCash(execution, life.clock.now());
  }

  /** An account that shows fills late disagrees with itself for some seconds, and is waited for (R16). */
  #checkAgreement({ id, outcomeReason = "", outcomeCode, startedAt }: ExecutionRecord, now: number): void {
    const wasEndedFor = outcomeCode === "halted" || outcomeCode === "account-blocked";
    if (!outcomeReason.includes(DISAGREEMENT) || wasEndedFor || this.#isUnsteady(startedAt, now)) return;
    this.#parts.violated({ promise: "P5", text: `The execution ${id} was given up on an account that only lagged: ${outcomeReason}` });
  }

  /** What is left undone for lack of cash must find none there: fills of our own are waited for (R16). */
  #checkLackOfCash({ id, wanted, plan, startedAt }: ExecutionRecord, now: number): void {
    const { exchange, scenario, violated } = this.#parts;
    const { protectedSymbols, allowedSymbols, maxOrderValue } = scenario.settings;
    const lines = plan?.buying?.lines ?? [];
    const reasons = lines.flatMap(({ leftAlone }) =>
      leftAlone === undefined || isOnTargetReason(leftAlone as SkipReason) ? [] : leftAlone,
    );
    const only = reasons.length > 0 && reasons.every((reason) => reason === "insufficient-cash");
    const bound = protectedSymbols.size > 0 || allowedSymbols !== undefined || maxOrderValue !== undefined;
    // What orders of unknown state could still use was kept for them when this was planned.
    if (plan?.buying?.isReserved === true) return;
    if (!only || bound || wanted.kind === "exit" || this.#isUnsteady(startedAt, now)) return;
    if (this.#isReservedByOthers(now)) return;
    if ([...wanted.targets.keys()].some((symbol) => exchange.wasWholeOnly(symbol, WHOLE_ONLY_REMEMBERED_MS))) return;
    const equity = Number(String(exchange.accountView().equity));
    const cash = Number(exchange.state.cash.toFixed());
    if (cash > equity * MOST_IDLE_CASH)
      violated({
        promise: "P5",
        text: `The execution ${id} says that cash is lacking, but of ${equity.toFixed(2)} there are ${cash.toFixed(2)} in cash.`,
      });
  }

  /** Somebody else's buy keeps the cash that it may take. */
  #isReservedByOthers(now: number): boolean {
    const orders = [...this.#parts.exchange.state.orders.values()];
    return orders.some((order) => order.side === "buy" && !isOwnOrder(order) && wasOpenLately(order, now));
  }

  /** Whether somebody else, or prices that move or are shown wrongly, may have come between. */
  #isUnsteady(startedAt: number, now: number): boolean {
    const { scenario, externalTradeWithin } = this.#parts;
    // How long ago it started cannot be told by a clock that was set.
    const since = scenario.faults.includes("clock-stepped") ? Infinity : now - startedAt;
    return (
      externalTradeWithin(Math.max(STEADY_FOR_MS, since + HIDDEN_FOR_MS)) || MOVES_PRICES.some((kind) => scenario.faults.includes(kind))
    );
  }

  #checkEnd({ clientOrderId, state, cancelRequestedAt }: IntentRecord, outcome: Conclusion["outcome"]): void {
    const order = this.#ordersOf(clientOrderId);
    if (order === undefined) return;
    const say = (promise: Violation["promise"], text: string): void =>
      this.#parts.violated({ promise, text: `${clientOrderId}, ${order.status}: ${text}` });
    if (outcome === "refused" || outcome === "superseded") say("P6", `its execution ended ${outcome}, as if it had not begun.`);
    if (!isOpen(order)) return;
    if (outcome === "on-target") say("P6", "its execution claims to be on target.");
    else if (state === "done" || state === "refused" || state === "dropped") say("P1", `it is ${state} in the ledger.`);
    else if (state === "open" && cancelRequestedAt === undefined) say("P7", "its execution ended and left it working.");
  }

  /** What is left after the last limit takes whatever price there is then, and in limit style quotes leap about. */
  #wentToMarket(intents: readonly IntentRecord[]): boolean {
    return intents.some(({ goal, orderType }) => goal !== undefined && orderType === "market");
  }

  #checkTarget(
    { wanted, startedAt }: ExecutionRecord,
    intents: readonly IntentRecord[],
    { now, exits }: { readonly now: number; readonly exits: ReadonlySet<string> },
  ): void {
    const { exchange, scenario, violated } = this.#parts;
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    // What cannot be read counts as protected while it cannot.
    const isOdd = scenario.faults.includes("row-odd") || scenario.cause?.startsWith("row-") === true;
    if (isOdd || this.#isUnsteady(startedAt, now) || this.#wentToMarket(intents)) return;
    if (wanted.kind === "exit") {
      const left = wanted.symbols.find(
        (symbol) =>
          isSellable(exchange, symbol) &&
          !protectedSymbols.has(symbol) &&
          allowedSymbols?.has(symbol) !== false &&
          !intents.some((intent) => intent.symbol === symbol && isDust(intent)),
      );
      if (left !== undefined) violated({ promise: "P5", text: `An exit claims to be done, but ${left} is still held.` });
      return;
    }
    if (!scenario.stillPrices && now - startedAt > STEADY_FOR_MS) return;
    const targets = new Map([...wanted.targets].map(([symbol, weight]) => [symbol, Number(weight.toFixed())]));
    const off = distanceFrom(targets, exchange, scenario, exits);
    if (off !== undefined) violated({ promise: "P5", text: `An execution claims to be on target, but ${off}.` });
  }

  #ordersOf(clientOrderId: string): OrderRecord | undefined {
    return [...this.#parts.exchange.state.orders.values()].find((order) => isOwnOrder(order) && order.clientOrderId === clientOrderId);
  }
}

/** What SELLs have taken out of an execution, or will sell after it (R22): it is judged without them. */
function exitsSince(ledger: Life["ledger"], signalId: string): ReadonlySet<string> {
  return new Set(ledger.exitsAfter(signalId).flatMap(({ signal }) => signal.exits));
}

/** Less than one share cannot be sold where only whole ones are traded. */
function isSellable(exchange: Exchange, symbol: string): boolean {
  const held = exchange.state.positions.get(symbol)?.quantity;
  return held !== undefined && (!exchange.wasWholeOnly(symbol, WHOLE_ONLY_REMEMBERED_MS) || held.gte("1"));
}
