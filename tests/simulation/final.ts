import type { ExecutionRecord, IntentRecord, Ledger, VerdictRecord } from "../../src/ledger/ledger.ts";
import { isFinal } from "../../src/intake/verdict.ts";
import { isOnTargetReason } from "../../src/portfolio/left-alone.ts";
import type { LeftAloneReason } from "../../src/portfolio/left-alone.ts";
import { isNewest } from "../../src/execution/attempts.ts";
import type { PlanSummary } from "../../src/execution/summary.ts";
import { isOwnOrder } from "../../src/execution/ids.ts";
import { sum, ZERO } from "../../src/portfolio/money.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import { distanceFrom } from "./distance.ts";
import type { Trouble } from "./trouble.ts";
import { beginTrouble, isLifted } from "./trouble.ts";
import { equityAtStart, movedToday } from "./turnover.ts";
import { namedRun } from "./strategy.ts";
import type { DrawnRun } from "./strategy.ts";
import type { Trace } from "./trace.ts";

/** How it stood when the peace was over. */
export type FinalState =
  | { readonly kind: "on-target" }
  /** Not on target, for a reason that the ledger names and that is true. */
  | { readonly kind: "excused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface FinalParts {
  readonly scenario: Scenario;
  readonly exchange: Exchange;
  readonly machine: Machine;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly monotonic: () => number;
  readonly lines: () => readonly string[];
  /** Of every line that ever stood in the file. */
  readonly stamps: () => readonly number[];
  readonly write: (run: DrawnRun) => void;
  readonly pass: (ms: number) => Promise<void>;
  readonly overnight: (until: number) => Promise<void>;
  readonly mend: (text: string) => void;
  readonly contentIsTorn: () => boolean;
  /** Cuts the process off from the venue, or connects it again. */
  readonly setOutage: (down: boolean) => void;
  /** Lets a fault of the simulator's own menu into the venue. @returns how to take it away. */
  readonly inject: (fault: string) => () => void;
  /** Somebody else has touched this symbol. */
  readonly meddled: (symbol: string) => void;
}

/** Once faults have ended and a good signal has come, the account is on target within this long (P5). */
const CONVERGES_WITHIN_MS = 600_000;
/** The session must last so much longer. */
const SESSION_NEEDED_MS = 1_500_000;
const LOOK_EVERY_MS = 2_000;
const AFTER_OPEN_MS = 60_000;
const RUN_GAP_MS = 2_500;
const MOST_AHEAD_MS = 5_000;
/** How an execution says that something is there, or may come, which no plan of it has decided about. */
const SINCE_THE_PLAN = /^(?:Came into the account|May still come)/;
/** What lasts is named within this long. */
const NAMED_WITHIN_MS = 60_000;

/** The second phase of a run: no faults any more, one last good signal, and the account has to come to it. */
export class Final {
  readonly #parts: FinalParts;
  #targets: ReadonlyMap<string, number> = new Map();
  /** Earlier orders whose end was learned only after the last execution had ended. */
  #endedAfterwards: readonly IntentRecord[] = [];
  #signalId = "";
  #writtenAt = 0;
  /** What is still wrong, and with which symbol. */
  #trouble: { readonly kind: Trouble; readonly symbol: string; readonly end: () => void } | undefined;
  #stampsBefore: readonly number[] = [];

  constructor(parts: FinalParts) {
    this.#parts = parts;
  }

  async run(): Promise<FinalState> {
    const { pass, monotonic, chance, stamps, machine } = this.#parts;
    await this.#untilOpen();
    await pass(chance.spread(500, 45_000));
    // A process that was stopped for minutes would find the signal stale, and rightly so.
    while (!machine.isUp) await pass(LOOK_EVERY_MS);
    // Lines stamped so near to each other are one run (R3).
    while (this.#isNear(stamps())) await pass(RUN_GAP_MS);
    this.#writeSignal();
    const liftAt = this.#trouble !== undefined && isLifted(this.#trouble.kind) ? monotonic() + chance.whole(8_000, 60_000) : Infinity;
    const end = monotonic() + (this.#isKeptOut ? NAMED_WITHIN_MS : CONVERGES_WITHIN_MS);
    while (monotonic() < end) {
      await pass(LOOK_EVERY_MS);
      if (monotonic() >= liftAt) this.#endTrouble();
      if (this.#isConcluded()) break;
    }
    const state = this.#judge();
    this.#endTrouble();
    this.#parts.trace.say("run", () => `${state.kind}${state.kind === "on-target" ? "" : `: ${state.reason}`}`);
    return state;
  }

  async #untilOpen(): Promise<void> {
    const { exchange, overnight, pass } = this.#parts;
    const now = exchange.clock.now();
    if (exchange.hours.isOpen(now) && exchange.hours.nextClose(now) - now >= SESSION_NEEDED_MS) return;
    // The last minutes of a session are lived through, so that what is under way meets the close.
    if (exchange.hours.isOpen(now)) await pass(Math.min(120_000, exchange.hours.nextClose(now) - now + 1_000));
    const open = exchange.hours.isOpen(exchange.clock.now()) ? exchange.hours.nextClose(exchange.clock.now()) : exchange.clock.now();
    await overnight(exchange.hours.nextOpen(open) + AFTER_OPEN_MS);
  }

  #isNear(stamps: readonly number[]): boolean {
    const { now } = this.#parts.machine;
    return stamps.some((stamp) => stamp > now - RUN_GAP_MS && stamp < now + MOST_AHEAD_MS + RUN_GAP_MS);
  }

  #writeSignal(): void {
    const { scenario, machine, chance, exchange, lines, stamps, write, mend, contentIsTorn } = this.#parts;
    if (contentIsTorn()) mend("\n");
    const allowed = scenario.universe.filter(
      (symbol) => scenario.settings.allowedSymbols?.has(symbol) !== false && !scenario.settings.protectedSymbols.has(symbol),
    );
    const legs = shares(chance.some(allowed, chance.whole(1, Math.min(4, allowed.length))), chance);
    const run = namedRun(
      legs,
      {
        now: machine.now,
        timezone: scenario.timezone,
        universe: scenario.universe,
        held: [...exchange.state.positions.keys()],
        written: lines(),
      },
      chance,
    );
    this.#targets = run.targets;
    this.#signalId = run.signalId;
    this.#writtenAt = machine.now;
    this.#stampsBefore = stamps();
    this.#beginTrouble();
    write(run);
  }

  #beginTrouble(): void {
    const { scenario, chance } = this.#parts;
    const kind = scenario.trouble;
    if (kind === undefined) return;
    const symbol = chance.pick([...this.#targets.keys()]);
    const end = beginTrouble(kind, symbol, this.#parts);
    if (end === undefined) return;
    if (kind === "foreign-order") this.#parts.meddled(symbol);
    this.#trouble = { kind, symbol, end };
    this.#parts.trace.say("run", () => `still wrong: ${kind}, ${symbol}`);
  }

  #endTrouble(): void {
    if (this.#trouble === undefined) return;
    this.#trouble.end();
    if (isLifted(this.#trouble.kind)) this.#trouble = undefined;
  }

  /** Whether what is wrong lets nothing begin at all. */
  get #isKeptOut(): boolean {
    return this.#trouble?.kind === "halted" || this.#trouble?.kind === "account-blocked";
  }

  #execution(): ExecutionRecord | undefined {
    const life = this.#parts.machine.life;
    return life === undefined || life.isDead ? undefined : life.ledger.executionOfSignal(this.#signalId);
  }

  #isConcluded(): boolean {
    const execution = this.#execution();
    const verdict = this.#parts.machine.life?.ledger.signal(this.#signalId)?.verdict;
    // What never began may be tried again under a verdict for now.
    if (execution?.finishedAt !== undefined) return verdict !== undefined && isFinal(verdict);
    return verdict !== undefined && (isFinal(verdict) || verdict === "refused");
  }

  #judge(): FinalState {
    const { machine } = this.#parts;
    const ledger = machine.life?.ledger;
    if (ledger === undefined) return failed("No process lives.");
    const execution = this.#execution();
    const verdict = ledger.signal(this.#signalId);
    if (this.#isKeptOut && execution?.begunAt === undefined && this.#spoken(ledger).some((each) => each.verdict === this.#trouble?.kind))
      return { kind: "excused", reason: `${this.#trouble?.kind ?? ""}, and it is` };
    if (execution?.finishedAt === undefined || execution.outcome === "refused" || execution.outcome === "superseded")
      return this.#withoutExecution(verdict?.verdict, verdict?.verdictReason);
    if (execution.outcome === "on-target") {
      const { exchange, scenario } = this.#parts;
      const off = distanceFrom(this.#targets, exchange, scenario);
      return off === undefined ? { kind: "on-target" } : failed(`The ledger says on target, but ${off}.`);
    }
    const changed = ledger.intentsChangedSince(execution.finishedAt);
    this.#endedAfterwards = changed.filter(({ executionId }) => executionId !== execution.id);
    return this.#excuse(execution, ledger.intentsOf(execution.id), ledger.unsettledIntents());
  }

  #withoutExecution(verdict: string | undefined, reason: string | undefined): FinalState {
    const { settings } = this.#parts.scenario;
    const spoken = this.#parts.machine.life === undefined ? [] : this.#spoken(this.#parts.machine.life.ledger);
    const refused = spoken.some((each) => each.verdict === "refused" && each.reason.includes("MAX_ORDER_VALUE"));
    if (verdict === "superseded" && this.#isStampedBack()) return { kind: "excused", reason: "stamped before an earlier run" };
    if (settings.maxOrderValue !== undefined && refused) return { kind: "excused", reason: "order-limit" };
    const limited = spoken.some((each) => each.verdict === "refused" && each.reason.includes("MAX_DAILY_TURNOVER_PERCENT"));
    if (limited && this.#wouldTurnOverTooMuch()) return { kind: "excused", reason: "turnover-limit" };
    const owes = spoken.some((each) => each.verdict === "refused" && each.reason.includes("owes more than its positions are worth"));
    if (owes && this.#ownEquity() <= 0) return { kind: "excused", reason: "owes more than it holds" };
    return failed(`The last signal ${this.#signalId} was not executed: ${verdict ?? "no verdict"}, ${reason ?? ""}`);
  }

  /** Without what is protected, which belongs to nobody's target. */
  #ownEquity(): number {
    const { exchange, scenario } = this.#parts;
    const guarded = [...exchange.state.positions].filter(([symbol]) => scenario.settings.protectedSymbols.has(symbol));
    const values = guarded.map(([symbol, { quantity }]) => Number(quantity.times(exchange.valueOf(symbol)).toFixed()));
    return Number(String(exchange.accountView().equity)) - values.reduce((total, each) => total + each, 0);
  }

  /** What was lately said of the last signal. */
  #spoken(ledger: Pick<Ledger, "recentVerdicts">): VerdictRecord[] {
    return ledger.recentVerdicts(20).filter(({ signalId }) => signalId === this.#signalId);
  }

  /** By the venue's own book: what was moved today, and what it would take to come to the target. */
  #wouldTurnOverTooMuch(): boolean {
    const { exchange, scenario } = this.#parts;
    const limit = Number(scenario.limits.maxDailyTurnover?.toFixed() ?? Infinity);
    const value = (symbol: string): number =>
      Number((exchange.state.positions.get(symbol)?.quantity ?? ZERO).times(exchange.valueOf(symbol)).toFixed());
    const symbols = new Set([...exchange.state.positions.keys(), ...this.#targets.keys()]);
    const equity = [...symbols].reduce((total, symbol) => total + value(symbol), Number(exchange.state.cash.toFixed()));
    const needed = [...symbols].reduce((total, symbol) => total + Math.abs((this.#targets.get(symbol) ?? 0) * equity - value(symbol)), 0);
    const start = Number(equityAtStart(exchange).toFixed());
    // Money that left since the last close may not be counted on.
    const least = scenario.faults.includes("deposit") ? Math.min(start, equity) : start;
    // What may still be filled counts whole.
    const inDoubt = sum((this.#parts.machine.life?.ledger.unsettledIntents() ?? []).map(({ estimatedValue }) => estimatedValue));
    return Number(movedToday(exchange).plus(inDoubt).toFixed()) + needed > limit * least * TURNOVER_TOLERANCE;
  }

  #excuse(execution: ExecutionRecord, intents: readonly IntentRecord[], unsettled: readonly IntentRecord[]): FinalState {
    const plan = execution.plan as PlanSummary | undefined;
    const lines = (plan?.buying ?? plan?.selling)?.lines ?? [];
    const newest = intents.filter((intent) => isNewest(intent, intents));
    const unfinished = newest.filter((intent) => (intent.state !== "done" || intent.status !== "filled") && !isDust(intent));
    const excuses = unfinished.map((intent) => this.#orderExcuse(intent, intents));
    if (excuses.length > 0 && !excuses.includes(undefined)) return { kind: "excused", reason: [...new Set(excuses)].sort().join("; ") };
    const named = execution.outcome === "off-target" && unfinished.every((intent) => this.#isWithoutQuote(intent));
    if (!named) return failed(`The last execution ended ${execution.outcome ?? "open"}: ${execution.outcomeReason ?? ""}`);
    const reasons = lines.flatMap(({ symbol, leftAlone }) =>
      leftAlone === undefined || isOnTargetReason(leftAlone as LeftAloneReason) ? [] : [{ symbol, leftAlone }],
    );
    const isSaid = SINCE_THE_PLAN.test(execution.outcomeReason ?? "");
    if (reasons.length === 0 && isSaid && this.#cameOrMayCome(unsettled)) return { kind: "excused", reason: "came, or may still come" };
    const obstacles = reasons.filter(({ leftAlone }) => leftAlone !== "insufficient-cash");
    const untrue = reasons.filter(({ symbol, leftAlone }) =>
      leftAlone === "insufficient-cash"
        ? obstacles.length === 0 && !this.#lacksCash(unsettled)
        : !this.#isTrue(symbol, leftAlone, unsettled),
    );
    if (reasons.length === 0 || untrue.length > 0) return failed(`Off target without a true reason: ${execution.outcomeReason ?? ""}`);
    return { kind: "excused", reason: [...new Set(reasons.map(({ leftAlone }) => leftAlone))].sort().join(", ") };
  }

  /** Every line of the plan is met, but something else is there, or may come by a buy whose end was not known. */
  #cameOrMayCome(unsettled: readonly IntentRecord[]): boolean {
    const isElse = (symbol: string): boolean => !this.#targets.has(symbol) && !this.#parts.scenario.settings.protectedSymbols.has(symbol);
    return (
      [...this.#parts.exchange.state.positions.keys()].some(isElse) ||
      [...unsettled, ...this.#endedAfterwards].some(({ side, symbol }) => side === "buy" && isElse(symbol))
    );
  }

  #orderExcuse(intent: IntentRecord, all: readonly IntentRecord[]): string | undefined {
    if (this.#isStuck(intent)) return `${this.#trouble?.kind ?? ""}, and named`;
    return this.#isGivenUp(intent, all) ? "rest left, as set" : undefined;
  }

  /** An order for the symbol that something is wrong with, which the venue refused or did not fill. */
  #isStuck({ symbol, state, status, message }: IntentRecord): boolean {
    if (symbol !== this.#trouble?.symbol) return false;
    // What is left for the market after the last limit may buy no whole share for its money.
    if (this.#trouble.kind === "orders-stuck")
      return (state === "done" && status === "canceled") || (state === "dropped" && message?.includes("no whole share") === true);
    return this.#trouble.kind === "asset-inactive" && state === "refused" && message?.includes("not active") === true;
  }

  /** LIMIT_THEN=leave: the last limit was cancelled too, and nothing follows it. */
  #isGivenUp({ orderType, status, phase, symbol }: IntentRecord, all: readonly IntentRecord[]): boolean {
    const { then, repegs } = this.#parts.scenario.execution.limitOrders;
    const cut = all.filter((other) => other.phase === phase && other.symbol === symbol && other.status === "canceled").length;
    return orderType === "limit" && status === "canceled" && then === "leave" && cut === repegs + 1;
  }

  /** Not sent for want of a sane quote, which is left at that where it is so set. */
  #isWithoutQuote({ state, message }: IntentRecord): boolean {
    const { withoutQuote } = this.#parts.scenario.execution.limitOrders;
    return state === "dropped" && withoutQuote === "leave" && message?.includes("quote") === true;
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
      case "order-limit":
        return this.#reachesOrderLimit(symbol);
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
    return Number(value.toFixed()) > ((this.#targets.get(symbol) ?? 0) + DRIFT_IS_NAMED_FROM) * this.#ownEquity();
  }

  /** It has had an order as large as one may be. */
  #reachesOrderLimit(symbol: string): boolean {
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
    const wholeShares = [...this.#targets.keys()].some((symbol) => exchange.state.assets.get(symbol)?.fractionable === false);
    const unsellable = [...exchange.state.positions.keys()].some(
      (symbol) => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false,
    );
    const foreignBuy = [...exchange.state.orders.values()].some(
      (order) => order.side === "buy" && !isOwnOrder(order) && wasOpenLately(order, exchange.clock.now()),
    );
    const keptBack = unsettled.some(({ state }) => state === "abandoned") || this.#endedAfterwards.some(({ side }) => side === "buy");
    return foreignBuy || wholeShares || unsellable || keptBack;
  }

  /** The clock was set back, so that the last run bears an older stamp than one before it. */
  #isStampedBack(): boolean {
    const latest = Math.max(0, ...this.#stampsBefore.filter((stamp) => stamp <= this.#parts.machine.now + MOST_AHEAD_MS));
    return latest > this.#writtenAt;
  }
}

const LATELY_MS = 60_000;
/** Of the equity; a drift inside the band is named otherwise. */
const DRIFT_IS_NAMED_FROM = 0.005;
/** An order of whole shares stays below the largest that is allowed by less than this part of it. */
const NEAR_LIMIT = 0.7;
/** Prices of a plan and of the judgement differ a little. */
const TURNOVER_TOLERANCE = 0.9;

export function wasOpenLately(order: OrderRecord, now: number): boolean {
  return isOpen(order) || now - Date.parse(order.updatedAt) < LATELY_MS;
}

function failed(reason: string): FinalState {
  return { kind: "failed", reason };
}

/** Weights in tenths of a percent that add up to a whole. */
function shares(symbols: readonly string[], chance: Chance): Map<string, number> {
  let rest = 1_000;
  return new Map(
    symbols.map((symbol, index) => {
      const left = symbols.length - index;
      const part = left === 1 ? rest : chance.whole(60, Math.floor((rest / left) * 1.4));
      rest -= part;
      return [symbol, part];
    }),
  );
}

/** R12: what the venue takes no order for is on target. */
export function isDust({ state, status, fullExit }: IntentRecord): boolean {
  return state === "refused" && status === "below-minimum" && fullExit;
}
