import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import type { LineSummary } from "../../src/domain/ledger/summaries.ts";
import type { VerdictRecord } from "../../src/domain/ledger/alert-lines.ts";
import { isOnTargetReason } from "../../src/portfolio/skip-reason.ts";
import type { SkipReason } from "../../src/portfolio/skip-reason.ts";
import type { DailyLimit } from "../../src/portfolio/limits.ts";
import type { PlanRefusal } from "../../src/portfolio/plan-result.ts";
import { isNewest } from "../../src/execution/orders/attempts.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import { sum, ZERO } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Machine } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import type { Trouble } from "./trouble.ts";
import { equityAtStart, movedToday } from "./turnover.ts";

/** How it stood when the peace was over. */
export type FinalState =
  /** Milliseconds from the end of the last obstacle of the world. */
  | { readonly kind: "on-target"; readonly afterMs: number }
  /** Not on target, for a reason that the ledger names and that is true. */
  | { readonly kind: "excused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export type Unreached = Exclude<FinalState, { kind: "on-target" }>;

export interface NamedParts {
  readonly scenario: Scenario;
  readonly exchange: Exchange;
  readonly machine: Machine;
  /** Of the last signal: symbol → weight. */
  readonly targets: ReadonlyMap<string, number>;
  readonly signalId: string;
  /** What is still wrong, and with which symbol. */
  readonly trouble: { readonly kind: Trouble; readonly symbol: string } | undefined;
  /** The clock was set back, so that the last run bears an older stamp than one before it. */
  readonly isStampedBack: () => boolean;
}

const LATELY_MS = 60_000;
/** Of the equity; a drift inside the band is named otherwise. */
const DRIFT_IS_NAMED_FROM = 0.005;
/** An order of whole shares stays below the largest that is allowed by less than this part of it. */
const NEAR_LIMIT = 0.7;
/** Prices of a plan and of the judgement differ a little. */
const TURNOVER_TOLERANCE = 0.9;
/** Part of the equity by which it may differ from that of the last close without an explanation. */
const EQUITY_MAY_MOVE = 0.25;

/** Holds the reason that the program names for not being on target against the venue's own book. */
export class NamedReasons {
  readonly #parts: NamedParts;
  /** Earlier orders whose end was learned only after the last execution had ended. */
  #endedAfterwards: readonly IntentRecord[] = [];

  constructor(parts: NamedParts) {
    this.#parts = parts;
  }

  /** Of a run that was never executed. */
  withoutExecution(verdict: string | undefined, reason: string | undefined): Unreached {
    const { settings } = this.#parts.scenario;
    if (verdict === "superseded" && this.#parts.isStampedBack()) return { kind: "excused", reason: "stamped before an earlier run" };
    if (settings.maxOrderValue !== undefined && this.#isRefusedFor("order-limit")) return { kind: "excused", reason: "order-limit" };
    const isHeldBack = this.#parts.machine.life?.ledger.openExecutions().some(({ signalId }) => signalId !== this.#parts.signalId) === true;
    if ((this.#isRefusedFor("daily-turnover") || isHeldBack) && this.#wouldTurnOverTooMuch())
      return { kind: "excused", reason: "turnover-limit" };
    if (this.#isRefusedFor("unbuyable") && this.#isLargelyUnbuyable()) return { kind: "excused", reason: "unbuyable, and named" };
    if (this.#isRefusedFor("account-over-allocated") && this.#ownEquity() <= 0)
      return { kind: "excused", reason: "owes more than it holds" };
    return failed(`The last signal ${this.#parts.signalId} was not executed: ${verdict ?? "no verdict"}, ${reason ?? ""}`);
  }

  /** Without what is protected, which belongs to nobody's target. */
  #ownEquity(): number {
    const { exchange, scenario } = this.#parts;
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    const guarded = [...exchange.state.positions].filter(
      ([symbol]) => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false,
    );
    const values = guarded.map(([symbol, { quantity }]) => Number(quantity.times(exchange.valueOf(symbol)).toFixed()));
    return Number(String(exchange.accountView().equity)) - values.reduce((total, each) => total + each, 0);
  }

  #isRefusedFor(code: PlanRefusal | DailyLimit): boolean {
    return this.spoken().some(({ verdict, causes }) => verdict === "refused" && causes?.some((cause) => cause.code === code) === true);
  }

  /** What was lately said of the last signal. */
  spoken(): VerdictRecord[] {
    const verdicts = this.#parts.machine.life?.ledger.recentVerdicts(20) ?? [];
    return verdicts.filter(({ signalId }) => signalId === this.#parts.signalId);
  }

  /** Somebody sold or bought at an absurd quote, and neither prices nor flows explain the equity since the last close (R9). */
  get hasMovedByHand(): boolean {
    const { exchange, scenario } = this.#parts;
    const [start, now] = [Number(equityAtStart(exchange).toFixed()), Number(String(exchange.accountView().equity))];
    return scenario.faults.includes("manual-trade") && Math.abs(now - start) > start * EQUITY_MAY_MOVE;
  }

  /** By the venue's own book: what was moved today, and what it would take to come to the target. */
  #wouldTurnOverTooMuch(): boolean {
    const { exchange, scenario } = this.#parts;
    const limit = Number(scenario.limits.maxDailyTurnover?.toFixed() ?? Infinity);
    const value = (symbol: string): number =>
      Number((exchange.state.positions.get(symbol)?.quantity ?? ZERO).times(exchange.valueOf(symbol)).toFixed());
    const symbols = new Set([...exchange.state.positions.keys(), ...this.#parts.targets.keys()]);
    const equity = [...symbols].reduce((total, symbol) => total + value(symbol), Number(exchange.state.cash.toFixed()));
    const needed = [...symbols].reduce(
      (total, symbol) => total + Math.abs((this.#parts.targets.get(symbol) ?? 0) * equity - value(symbol)),
      0,
    );
    const start = Number(equityAtStart(exchange).toFixed());
    // Money that left since the last close may not be counted on.
    const least = scenario.faults.includes("deposit") ? Math.min(start, equity) : start;
    // What may still be filled counts whole.
    const inDoubt = sum((this.#parts.machine.life?.ledger.unsettledIntents() ?? []).map(({ estimatedValue }) => estimatedValue));
    return Number(movedToday(exchange).plus(inDoubt).toFixed()) + needed > limit * least * TURNOVER_TOLERANCE;
  }

  /** Of an execution that ended otherwise than on target. */
  excuse(execution: ExecutionRecord, intents: readonly IntentRecord[], unsettled: readonly IntentRecord[]): Unreached {
    const changed = this.#parts.machine.life?.ledger.intentsChangedSince(execution.finishedAt ?? 0) ?? [];
    this.#endedAfterwards = changed.filter(({ executionId }) => executionId !== execution.id);
    const plan = execution.plan;
    const lines = (plan?.buying ?? plan?.selling)?.lines ?? [];
    const newest = intents.filter((intent) => isNewest(intent, intents));
    const unfinished = newest.filter((intent) => (intent.state !== "done" || intent.status !== "filled") && !isDust(intent));
    const excuses = unfinished.map((intent) => this.#orderExcuse(intent, intents));
    if (excuses.length > 0 && !excuses.includes(undefined)) return { kind: "excused", reason: [...new Set(excuses)].sort().join("; ") };
    const named = execution.outcome === "off-target" && unfinished.every((intent) => this.#isWithoutQuote(intent));
    if (execution.outcomeCode === "foreign-hand" && unfinished.length === 0 && this.#isHeldUpByOthers(lines, unsettled))
      return { kind: "excused", reason: "stopped for a foreign-order" };
    if (!named) return failed(`The last execution ended ${execution.outcome ?? "open"}: ${execution.outcomeReason ?? ""}`);
    const reasons = lines.flatMap(({ symbol, leftAlone }) =>
      leftAlone === undefined || isOnTargetReason(leftAlone as SkipReason) ? [] : [{ symbol, leftAlone }],
    );
    const isSaid = execution.outcomeCode === "not-planned";
    if (reasons.length === 0 && isSaid && this.#cameOrMayCome(unsettled)) return { kind: "excused", reason: "came, or may still come" };
    if (reasons.length === 0 && lines.some((line) => line.leftAlone === "whole-share-remainder" && this.#isTooDear(line.symbol)))
      return { kind: "excused", reason: "no whole share" };
    const obstacles = reasons.filter(({ leftAlone }) => leftAlone !== "insufficient-cash");
    const untrue = reasons.filter(({ symbol, leftAlone }) =>
      leftAlone === "insufficient-cash"
        ? obstacles.length === 0 && !this.#lacksCash(unsettled)
        : !this.#isTrue(symbol, leftAlone, unsettled),
    );
    if (reasons.length === 0 || untrue.length > 0) return failed(`Off target without a true reason: ${execution.outcomeReason ?? ""}`);
    return { kind: "excused", reason: [...new Set(reasons.map(({ leftAlone }) => leftAlone))].sort().join(", ") };
  }

  /** It was stopped before its buys were planned (R24), and the order that stopped it is open for all that is left. */
  #isHeldUpByOthers(lines: readonly LineSummary[], unsettled: readonly IntentRecord[]): boolean {
    const left = lines.filter(({ leftAlone }) => leftAlone !== undefined && !isOnTargetReason(leftAlone as SkipReason));
    return left.length > 0 && left.every(({ symbol }) => this.#isTrue(symbol, "foreign-order", unsettled));
  }

  /** More of the run than the settings allow, by what the venue says of its assets. */
  #isLargelyUnbuyable(): boolean {
    const { exchange, scenario, targets } = this.#parts;
    const isLost = (symbol: string): boolean => {
      const asset = exchange.state.assets.get(symbol);
      const isPartnership = asset?.attributes?.includes("ptp_no_exception") === true && !exchange.state.settings.ptpNoExceptionEntry;
      return asset?.status !== "active" || !asset.tradable || isPartnership || scenario.settings.allowedSymbols?.has(symbol) === false;
    };
    const lost = [...targets].filter(([symbol]) => isLost(symbol)).reduce((total, [, weight]) => total + weight, 0);
    return lost > Number(scenario.settings.maxUnbuyable.toFixed());
  }

  /** A leg that trades in whole shares, and of which one costs more than all that is wanted of it (R12). */
  #isTooDear(symbol: string): boolean {
    const { exchange, targets } = this.#parts;
    if (exchange.state.positions.has(symbol)) return false;
    return Number(exchange.valueOf(symbol).toFixed()) > (targets.get(symbol) ?? 0) * this.#ownEquity();
  }

  /** Every line of the plan is met, but something else is there, or may come by a buy whose end was not known. */
  #cameOrMayCome(unsettled: readonly IntentRecord[]): boolean {
    const isElse = (symbol: string): boolean =>
      !this.#parts.targets.has(symbol) && !this.#parts.scenario.settings.protectedSymbols.has(symbol);
    return (
      [...this.#parts.exchange.state.positions.keys()].some(isElse) ||
      [...unsettled, ...this.#endedAfterwards].some(({ side, symbol }) => side === "buy" && isElse(symbol))
    );
  }

  #orderExcuse(intent: IntentRecord, all: readonly IntentRecord[]): string | undefined {
    if (this.#isStuck(intent)) return `${this.#parts.trouble?.kind ?? ""}, and named`;
    return this.#isGivenUp(intent, all) ? "rest left, as set" : undefined;
  }

  /** An order for the symbol that something is wrong with, which the venue refused or did not fill. */
  #isStuck({ symbol, state, status, code }: IntentRecord): boolean {
    if (symbol !== this.#parts.trouble?.symbol) return false;
    // What is left for the market after the last limit may buy no whole share for its money.
    if (this.#parts.trouble.kind === "orders-stuck")
      return (state === "done" && status === "canceled") || (state === "dropped" && code === "insufficient-cash");
    return this.#parts.trouble.kind === "asset-inactive" && state === "refused" && status === "not-tradable";
  }

  /** It was split, and the plan leaves it alone for that. */
  suspectsSplit(symbol: string, { plan }: ExecutionRecord): boolean {
    if (!this.#parts.exchange.state.splits.some((split) => split.symbol === symbol)) return false;
    const { selling, buying } = plan ?? {};
    return ((buying ?? selling)?.lines ?? []).some((line) => line.symbol === symbol && line.leftAlone === "split-suspected");
  }

  /** The signal has traded as much of it as it may, or an order of unknown fate has since carried it beyond its target (R33). */
  isBound(symbol: string): boolean {
    const ledger = this.#parts.machine.life?.ledger;
    const plan = ledger?.executionOfSignal(this.#parts.signalId)?.plan;
    const lines = (plan?.buying ?? plan?.selling)?.lines ?? [];
    return lines.some((line) => line.symbol === symbol && line.leftAlone === "signal-bound");
  }

  get isFedThinly(): boolean {
    const { habit, cause } = this.#parts.scenario;
    return habit === "thin-feed" || cause?.startsWith("feed-") === true;
  }

  /** Symbols left alone as possibly split. Their value is in no base then, so all shares of the base are open. */
  get suspected(): string[] {
    const ledger = this.#parts.machine.life?.ledger;
    const plan = ledger?.executionOfSignal(this.#parts.signalId)?.plan;
    const lines = (plan?.buying ?? plan?.selling)?.lines ?? [];
    return lines.filter((line) => line.leftAlone === "split-suspected").map(({ symbol }) => symbol);
  }

  /** Nothing has begun, because a split is suspected that there was. */
  saysSuspected(symbol: string): boolean {
    if (this.#parts.scenario.split === undefined) return false;
    return this.spoken().some(
      ({ causes }) => causes?.some((cause) => cause.symbol === symbol && cause.code === "split-suspected") === true,
    );
  }

  /** The owner's settings of limit style leave this symbol's rest alone. */
  isLeftAsSet(symbol: string, { id }: ExecutionRecord): boolean {
    const intents = this.#parts.machine.life?.ledger.intentsOf(id).filter((intent) => intent.symbol === symbol) ?? [];
    return intents.some((intent) => this.#isGivenUp(intent, intents) || this.#isWithoutQuote(intent));
  }

  /** LIMIT_THEN=leave: the last limit was cancelled too, and nothing follows it. */
  #isGivenUp({ orderType, status, phase, symbol }: IntentRecord, all: readonly IntentRecord[]): boolean {
    const { then, repegs } = this.#parts.scenario.execution.limitOrders;
    const cut = all.filter((other) => other.phase === phase && other.symbol === symbol && other.status === "canceled").length;
    return orderType === "limit" && status === "canceled" && then === "leave" && cut >= repegs + 1;
  }

  /** Not sent for want of a sane quote, which is left at that where it is so set. */
  #isWithoutQuote({ state, code }: IntentRecord): boolean {
    const { withoutQuote } = this.#parts.scenario.execution.limitOrders;
    return state === "dropped" && withoutQuote === "leave" && code === "quote-doubt";
  }

  #isTrue(symbol: string, reason: string, unsettled: readonly IntentRecord[]): boolean {
    const { scenario, exchange } = this.#parts;
    switch (reason) {
      case "own-order-working":
        // Of unknown fate, or slow to end after its cancel.
        return (
          this.#endedAfterwards.some((intent) => intent.symbol === symbol) ||
          unsettled.some((intent) => intent.symbol === symbol && (intent.state === "abandoned" || intent.cancelRequestedAt !== undefined))
        );
      case "not-allowed":
        return scenario.settings.allowedSymbols?.has(symbol) === false;
      case "foreign-order":
        return [...exchange.state.orders.values()].some(
          (order) => order.symbol === symbol && !isOwnOrder(order) && wasOpenLately(order, exchange.clock.now()),
        );
      case "inactive":
      case "not-tradable":
        return exchange.state.assets.get(symbol)?.tradable === false;
      case "sells-over":
        return this.#isAboveTarget(symbol);
      case "protected-not-held":
        return scenario.settings.protectedSymbols.has(symbol) && !exchange.state.positions.has(symbol);
      case "order-limit":
        return this.reachesOrderLimit(symbol);
      case "signal-bound":
        // It came into the account from outside after the first plan (R33).
        return scenario.faults.some((kind) => kind === "bought-by-hand" || kind === "manual-trade");
      case "split-suspected":
        // How many shares it was of before may never have been seen, and then of what the others are shares of.
        return exchange.state.splits.length > 0;
      default:
        return false;
    }
  }

  /** Prices that moved while it bought, or a sell that was left unfilled, left more of it than is wanted. */
  #isAboveTarget(symbol: string): boolean {
    const { exchange } = this.#parts;
    const value = exchange.valueOf(symbol).times(exchange.state.positions.get(symbol)?.quantity ?? ZERO);
    return Number(value.toFixed()) > ((this.#parts.targets.get(symbol) ?? 0) + DRIFT_IS_NAMED_FROM) * this.#ownEquity();
  }

  /** It has had an order as large as one may be. */
  reachesOrderLimit(symbol: string): boolean {
    const { scenario, exchange } = this.#parts;
    const limit = Number(scenario.settings.maxOrderValue?.toFixed() ?? Infinity) * NEAR_LIMIT;
    const orders = [...exchange.state.orders.values()].filter((order) => isOwnOrder(order) && order.symbol === symbol);
    return orders.some(({ filledValue }) => Number(filledValue.toFixed()) >= limit);
  }

  /**
   * Orders of unknown fate, and somebody else's buys, keep their money reserved, what may not be sold keeps its own, and a buy of
   * whole shares is counted above its price, so the last few percent of the cash cannot be spent on it.
   */
  #lacksCash(unsettled: readonly IntentRecord[]): boolean {
    const { exchange, scenario } = this.#parts;
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    // A fraction of what trades whole cannot be sold, whatever it is worth (R11).
    const wholeShares = [...this.#parts.targets.keys(), ...exchange.state.positions.keys()].some(
      (symbol) => exchange.state.assets.get(symbol)?.fractionable === false,
    );
    const unsellable = [...exchange.state.positions.keys()].some(
      (symbol) => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false,
    );
    const foreignBuy = [...exchange.state.orders.values()].some(
      (order) => order.side === "buy" && !isOwnOrder(order) && wasOpenLately(order, exchange.clock.now()),
    );
    const keptBack = unsettled.some(({ state }) => state === "abandoned") || this.#endedAfterwards.some(({ side }) => side === "buy");
    return foreignBuy || wholeShares || unsellable || keptBack;
  }
}

export function wasOpenLately(order: OrderRecord, now: number): boolean {
  return isOpen(order) || now - Date.parse(order.updatedAt) < LATELY_MS;
}

export function failed(reason: string): Unreached {
  return { kind: "failed", reason };
}

/** R12: what the venue takes no order for is on target. */
export function isDust({ state, status, fullExit }: IntentRecord): boolean {
  return state === "refused" && status === "below-minimum" && fullExit;
}
