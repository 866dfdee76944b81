import type { ExecutionRecord, IntentRecord } from "../../src/ledger/ledger.ts";
import { isFinal } from "../../src/intake/verdict.ts";
import { isOnTargetReason } from "../../src/portfolio/left-alone.ts";
import type { LeftAloneReason } from "../../src/portfolio/left-alone.ts";
import type { PlanSummary } from "../../src/execution/summary.ts";
import { isOwnOrder } from "../../src/execution/ids.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { sessionNear } from "../../src/simulator/sessions.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
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
}

/** Once faults have ended and a good signal has come, the account is on target within this long (P5). */
const CONVERGES_WITHIN_MS = 600_000;
/** The session must last so much longer. */
const SESSION_NEEDED_MS = 1_500_000;
const LOOK_EVERY_MS = 2_000;
const AFTER_OPEN_MS = 60_000;
/** A fraction of equity that a price may move while orders are filled. */
const MOVE = 0.01;
const RUN_GAP_MS = 2_500;
const MOST_AHEAD_MS = 5_000;
const WHOLE_SHARE_CUSHION = 0.05;

/** The second phase of a run: no faults any more, one last good signal, and the account has to come to it. */
export class Final {
  readonly #parts: FinalParts;
  #targets: ReadonlyMap<string, number> = new Map();
  #signalId = "";
  #writtenAt = 0;
  #stampsBefore: readonly number[] = [];

  constructor(parts: FinalParts) {
    this.#parts = parts;
  }

  async run(): Promise<FinalState> {
    const { pass, monotonic, chance, stamps } = this.#parts;
    await this.#untilOpen();
    await pass(chance.spread(500, 45_000));
    // Lines stamped so near to each other are one run (R3).
    while (this.#isNear(stamps())) await pass(RUN_GAP_MS);
    this.#writeSignal();
    const end = monotonic() + CONVERGES_WITHIN_MS;
    while (monotonic() < end) {
      await pass(LOOK_EVERY_MS);
      if (this.#isConcluded()) break;
    }
    const state = this.#judge();
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
    write(run);
  }

  #execution(): ExecutionRecord | undefined {
    const life = this.#parts.machine.life;
    return life === undefined || life.isDead ? undefined : life.ledger.executionOfSignal(this.#signalId);
  }

  #isConcluded(): boolean {
    if (this.#execution()?.finishedAt !== undefined) return true;
    const verdict = this.#parts.machine.life?.ledger.signal(this.#signalId)?.verdict;
    return verdict !== undefined && (isFinal(verdict) || verdict === "refused");
  }

  #judge(): FinalState {
    const { machine } = this.#parts;
    const ledger = machine.life?.ledger;
    if (ledger === undefined) return failed("No process lives.");
    const execution = this.#execution();
    const verdict = ledger.signal(this.#signalId);
    if (execution?.finishedAt === undefined) return this.#withoutExecution(verdict?.verdict, verdict?.verdictReason);
    if (execution.outcome === "on-target") {
      const off = this.#distance();
      return off === undefined ? { kind: "on-target" } : failed(`The ledger says on target, but ${off}.`);
    }
    return this.#excuse(execution, ledger.intentsOf(execution.id), ledger.unsettledIntents());
  }

  #withoutExecution(verdict: string | undefined, reason: string | undefined): FinalState {
    const { settings } = this.#parts.scenario;
    const spoken = this.#parts.machine.life?.ledger.recentVerdicts(20).filter(({ signalId }) => signalId === this.#signalId) ?? [];
    const refused = spoken.some((each) => each.verdict === "refused" && each.reason.includes("MAX_ORDER_VALUE"));
    if (verdict === "superseded" && this.#isStampedBack()) return { kind: "excused", reason: "stamped before an earlier run" };
    if (settings.maxOrderValue !== undefined && refused) return { kind: "excused", reason: "order-limit" };
    return failed(`The last signal ${this.#signalId} was not executed: ${verdict ?? "no verdict"}, ${reason ?? ""}`);
  }

  #excuse(execution: ExecutionRecord, intents: readonly IntentRecord[], unsettled: readonly IntentRecord[]): FinalState {
    const plan = execution.plan as PlanSummary | undefined;
    const lines = (plan?.buying ?? plan?.selling)?.lines ?? [];
    const unfinished = intents.filter((intent) => intent.state !== "done" || intent.status !== "filled");
    const named = execution.outcome === "off-target" && unfinished.length === 0;
    if (!named) return failed(`The last execution ended ${execution.outcome ?? "open"}: ${execution.outcomeReason ?? ""}`);
    const reasons = lines.flatMap(({ symbol, leftAlone }) =>
      leftAlone === undefined || isOnTargetReason(leftAlone as LeftAloneReason) ? [] : [{ symbol, leftAlone }],
    );
    const obstacles = reasons.filter(({ leftAlone }) => leftAlone !== "insufficient-cash");
    const untrue = reasons.filter(({ symbol, leftAlone }) =>
      leftAlone === "insufficient-cash"
        ? obstacles.length === 0 && !this.#lacksCash(unsettled)
        : !this.#isTrue(symbol, leftAlone, unsettled),
    );
    if (reasons.length === 0 || untrue.length > 0) return failed(`Off target without a true reason: ${execution.outcomeReason ?? ""}`);
    return { kind: "excused", reason: [...new Set(reasons.map(({ leftAlone }) => leftAlone))].sort().join(", ") };
  }

  #isTrue(symbol: string, reason: string, unsettled: readonly IntentRecord[]): boolean {
    const { scenario, exchange } = this.#parts;
    switch (reason) {
      case "own-order-working":
        return unsettled.some((intent) => intent.state === "abandoned" && intent.symbol === symbol);
      case "not-allowed":
        return scenario.settings.allowedSymbols?.has(symbol) === false;
      case "foreign-order":
        return [...exchange.state.orders.values()].some(
          (order) => order.symbol === symbol && !isOwnOrder(order) && wasOpenLately(order, exchange.clock.now()),
        );
      case "split-suspected":
        return this.#looksLikeSplit(symbol);
      default:
        return false;
    }
  }

  /**
   * Orders of unknown fate keep their money reserved, what may not be sold keeps its own, and a buy of
   * whole shares is counted above its price, so the last few percent of the cash cannot be spent on it.
   */
  #lacksCash(unsettled: readonly IntentRecord[]): boolean {
    const { exchange, scenario } = this.#parts;
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    const wholeShares = [...this.#targets.keys()].some((symbol) => exchange.state.assets.get(symbol)?.fractionable === false);
    const unsellable = [...exchange.state.positions.keys()].some(
      (symbol) => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false,
    );
    return wholeShares || unsellable || unsettled.some(({ state }) => state === "abandoned");
  }

  /** A jump over the close, in a run whose prices jump. */
  #looksLikeSplit(symbol: string): boolean {
    const { exchange, scenario } = this.#parts;
    const now = Number(exchange.valueOf(symbol).toFixed());
    const close = Number(exchange.prices.trade(symbol, sessionNear(exchange.clock.now(), -1).close - 1)?.price.toFixed() ?? now);
    const ratio = Math.max(now, close) / Math.min(now, close);
    return scenario.faults.includes("price-jump") && ratio >= 1.9 && Math.abs(ratio - Math.round(ratio)) <= 0.04 * Math.round(ratio);
  }

  /** The clock was set back, so that the last run bears an older stamp than one before it. */
  #isStampedBack(): boolean {
    const latest = Math.max(0, ...this.#stampsBefore.filter((stamp) => stamp <= this.#parts.machine.now));
    return latest > this.#writtenAt;
  }

  /** How the account differs from the last target by more than the rules allow; `undefined` when it does not. */
  #distance(): string | undefined {
    const { exchange, scenario } = this.#parts;
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    const price = (symbol: string): number => Number(exchange.valueOf(symbol).toFixed());
    const values = new Map(
      [...exchange.state.positions.values()].map(({ symbol, quantity }) => [symbol, Number(quantity.toFixed()) * price(symbol)]),
    );
    const counted = [...values].filter(([symbol]) => !protectedSymbols.has(symbol)).reduce((total, [, value]) => total + value, 0);
    const base = (Number(exchange.state.cash.toFixed()) + counted) * 0.99;
    for (const symbol of new Set([...values.keys(), ...this.#targets.keys()])) {
      if (protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false) continue;
      const target = (this.#targets.get(symbol) ?? 0) * base;
      const value = values.get(symbol) ?? 0;
      const whole = exchange.state.assets.get(symbol)?.fractionable === false ? price(symbol) + target * WHOLE_SHARE_CUSHION : 0;
      const allowed = target === 0 ? 1.01 : base * (0.01 + MOVE) + whole + 5;
      if (Math.abs(value - target) > allowed) return `${symbol} is worth ${value.toFixed(2)} instead of ${target.toFixed(2)}`;
    }
    return undefined;
  }
}

const LATELY_MS = 60_000;

function wasOpenLately(order: OrderRecord, now: number): boolean {
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
