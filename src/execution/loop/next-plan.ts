import { freshness } from "../../intake/freshness.ts";
import type { Signal } from "../../domain/signal.ts";
import type { IntentRecord, NewIntent } from "../../domain/ledger/orders.ts";
import type { OutcomeCode } from "../../domain/outcome.ts";
import { formatDollars } from "../../domain/format.ts";
import type { SkipReason } from "../../portfolio/skip-reason.ts";
import { decimal, max, min, sum, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { Plan, PlanInput } from "../../portfolio/plan.ts";
import type { RebalanceTarget } from "../../domain/rebalance-target.ts";
import { makePlan } from "../../portfolio/plan.ts";
import { provePlan } from "../../portfolio/proof.ts";
import { isMeasured } from "../../portfolio/targets.ts";
import type { AccountWatch, SettledSnapshot } from "./account-watch.ts";
import { limitsAgainst } from "../preparation/daily-limits.ts";
import { unexplainedJump } from "../preparation/equity-jump.ts";
import type { Inheritance, PlannedOn, Reserved } from "../preparation/inherited-ids.ts";
import { planWithHeirs } from "../preparation/inherited-ids.ts";
import type { PhaseOrders } from "../orders/intents.ts";
import { newIntents } from "../orders/intents.ts";
import type { FreshReading } from "./fresh-reading.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";
import type { OrderGate } from "./order-gate.ts";
import { pledgedBy } from "../preparation/pledges.ts";
import { planInput, symbolsOf } from "../preparation/plan-input.ts";
import type { QuoteBook } from "../styles/quote-book.ts";
import type { MarketReading, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { MIN_SESSION_LEFT_TO_START_MS, readAccount, sessionLeft, withoutEnded } from "../preparation/account-snapshot.ts";
import { pauseOf, restText } from "./rest.ts";
import type { SignalBounds } from "./signal-bounds.ts";
import { planWithin, plansOf, withoutFreed } from "./signal-bounds.ts";
import type { PlanSummary } from "../../domain/ledger/summaries.ts";
import { summariseNext } from "../outcome/summary.ts";

/** Result of planning: orders are recorded, or the loop decides again now or after a pause, or nothing more may be sent. */
export type NextPlanned =
  | { readonly kind: "recorded" }
  | { readonly kind: "decide-again" }
  /** Nothing to send now, but the obstacle may pass (R33). Without a recorded plan only this reports the obstacle. */
  | { readonly kind: "not-yet"; readonly reason: string; readonly isRecorded: boolean }
  | { readonly kind: "cancel"; readonly cause: OutcomeCode; readonly reason: string };

/** The buys after the last sell, or the rest after the last order of both phases. */
export interface NextPlanRequest {
  readonly what: "buys" | "rest";
  /** Enough time is left to sell first and buy afterwards (R21). */
  readonly maySell: boolean;
  /** Whether something must be decided first. */
  readonly blocked: () => boolean;
}

const DECIDE_AGAIN: NextPlanned = { kind: "decide-again" };
/** While buying power lags, buys of less than half of the missing amount are not sent before this time (R20). */
const SMALL_BUYS_WAIT_MS = 30_000;
const HALF = decimal("0.5");

export interface NextPlanParts {
  readonly account: AccountWatch;
  readonly market: MarketWatch;
  readonly quotes: QuoteBook;
  readonly gate: OrderGate;
  /** Where the sells have left on an earlier reading. */
  readonly fresh?: FreshReading | undefined;
}

/** Every plan of an execution after its first, each made on a fresh and settled snapshot (R15, R16, R20, R33). */
export class NextPlan {
  readonly #execution: OpenExecution;
  readonly #parts: NextPlanParts;

  constructor(execution: OpenExecution, parts: NextPlanParts) {
    this.#execution = execution;
    this.#parts = parts;
  }

  /** Plans, and records the orders together with the phase change. */
  async plan(request: NextPlanRequest): Promise<NextPlanned> {
    const { blocked } = request;
    const own = this.#execution.intents();
    await this.#parts.account.learnOfUnknown(own);
    const { assets, clock } = this.#execution.parts;
    for (const { symbol, status, updatedAt } of own) {
      if (status === "not-fractionable") assets.refusedFractions(symbol, clock.now() - updatedAt);
      if (status === "trade-suspended") assets.configuration.askAgain();
      if (status === "not-tradable" || status === "unknown-asset") assets.readAgain(symbol);
    }
    const settled = (await this.#settledByFresh()) ?? (await this.#parts.account.settled(blocked));
    if (settled === undefined || blocked()) return DECIDE_AGAIN;
    // What an account lacks after so long may be known of the orders by now.
    if (settled.missing !== undefined && (await this.#parts.account.learnOfUnknown(this.#execution.intents()))) return DECIDE_AGAIN;
    const selling = this.#stillSelling();
    if (selling !== undefined) return { kind: "not-yet", reason: `${selling} (own-order-working)`, isRecorded: false };
    const newer = await this.#takenOver();
    if (blocked()) return DECIDE_AGAIN;
    if (newer !== undefined) return cancel("superseded", `Replaced by the newer signal ${newer.id} between selling and buying.`);
    const splits = await this.#splitsIn(settled.snapshot, this.#execution.wanted());
    if (splits === undefined || blocked()) return DECIDE_AGAIN;
    const { given, hasLearned } = await this.#parts.account.inheritable();
    if (blocked() || hasLearned) return DECIDE_AGAIN;
    const known = { settled, splits, given };
    const jump = await this.#unexplainedJump(known, request);
    return blocked() ? DECIDE_AGAIN : this.#planned(known, request, jump);
  }

  /** What was read together with sells that were sent on an earlier reading, with their fills (R36). */
  async #settledByFresh(): Promise<SettledSnapshot | undefined> {
    const { fresh, account, market } = this.#parts;
    const read = await fresh?.withSells();
    if (read === undefined) return undefined;
    market.saw(read.snapshot.market);
    return account.settledBy(read.snapshot, read.readAt);
  }

  /** An account that is shown wrong after the first plan (R9). While our own fills are missing in it, R16 decides what is bought. */
  async #unexplainedJump(known: Known, request: NextPlanRequest): Promise<string | undefined> {
    const { parts } = this.#execution;
    const { snapshot, missing } = known.settled;
    if (missing !== undefined || !isMeasured(this.#execution.wanted())) return undefined;
    const reserved = { unsettled: parts.ledger.unsettledIntents(), besides: ZERO, later: new Set<string>() };
    try {
      return await this.#execution.unlessStopping(unexplainedJump(parts, snapshot, this.#input(known, reserved, request)));
    } catch (error) {
      if (parts.stopping.aborted) return undefined;
      throw error;
    }
  }

  /** A sell of this signal whose state was unknown has appeared and is open until its cancel takes effect (R15). */
  #stillSelling(): string | undefined {
    const orders = this.#execution.parts.ledger.intentsOfSignal(this.#execution.signal.id);
    return orders.find(({ side, state }) => side === "sell" && state === "open")?.symbol;
  }

  #planned(known: Known, request: NextPlanRequest, jump: string | undefined): NextPlanned {
    const reached = this.#execution.reached();
    const { input, result, inherited } = this.#planOn(known, request, reached);
    if (result.kind === "refused") {
      const reason = `${request.what === "buys" ? "No buys" : "Nothing"} can be planned: ${result.reason}`;
      return result.refusal === "price-doubt" ? { kind: "not-yet", reason, isRecorded: false } : cancel("plan-refused", reason);
    }
    if (jump !== undefined) return { kind: "not-yet", reason: jump, isRecorded: false };
    const { plan } = result;
    const failures = provePlan(plan, input);
    if (failures.length > 0)
      return cancel("plan-refused", `The plan failed its proof: ${failures.map(({ message }) => message).join(" ")}`);
    const tooSmall = this.#waitsForPower(plan, input);
    if (tooSmall !== undefined) return { kind: "not-yet", reason: tooSmall, isRecorded: false };
    return this.#record(plan, { settled: known.settled, input, reached, inherited });
  }

  /**
   * Uses the order gate's own numbers while it refuses. If they allow nothing at all, nothing would show when they
   * grow, so the full amounts are tried, as often as R20 allows.
   */
  #planOn(known: Known, request: NextPlanRequest, reached: ReadonlySet<string>): Planned {
    const bounds = this.#execution.bounds(reached);
    const plan = (reserved: Reserved): PlannedOn =>
      this.#planWithin(this.#input(known, reserved, request), withoutFreed(bounds, known.given, reserved));
    return planWithHeirs(plan, this.#execution.parts.ledger.unsettledIntents(), known.given);
  }

  #planWithin(given: PlanInput, bounds: SignalBounds | undefined): PlannedOn {
    const { spendable } = this.#parts.gate;
    if (spendable === undefined) return planWithin(given, bounds);
    // The order gate can lag behind the account or apply its own requirements; its numbers decide (R20).
    const bounded = planWithin({ ...given, account: { ...given.account, buyingPower: max(ZERO, spendable) } }, bounds);
    const isStuck = bounded.result.kind === "plan" && bounded.result.plan.sells.length + bounded.result.plan.buys.length === 0;
    return isStuck && !this.#mayComeSoon() ? planWithin(given, bounds) : bounded;
  }

  #record(plan: Plan, { settled, input, reached, inherited }: Recording): NextPlanned {
    const { ledger } = this.#execution.parts;
    const phase = plan.sells.length > 0 ? "selling" : "buying";
    const orders = phase === "selling" ? plan.sells : plan.buys;
    const summary = summariseNext(plan, { input, missing: settled.missing }, this.#plansBefore(), reached);
    ledger.transaction(() => {
      ledger.updateExecution(this.#execution.id, { phase, plan: summary });
      ledger.recordIntents(this.#intents({ phase, orders, snapshot: settled.snapshot, inherited }));
    }, "ordered");
    const passing = orders.length === 0 ? this.#execution.rests().filter((rest) => rest.passing) : [];
    if (passing.length > 0) return { kind: "not-yet", reason: passing.map(restText).join(", "), isRecorded: true };
    const count = `${String(orders.length)} ${orders.length === 1 ? "order" : "orders"}`;
    const text = phase === "selling" ? `Selling again: ${count}.` : `Buying: ${count}, ${formatDollars(plan.spendable)} to spend.`;
    this.#execution.emit({ kind: "phase", level: "info", text, plan });
    return { kind: "recorded" };
  }

  /** Includes the signal's goals: a ledger of an earlier version has them only in the first plan, which the new one may replace. */
  #plansBefore(): PlanSummary {
    const { parts, signal } = this.#execution;
    const plan = this.#execution.plan();
    const goals = plan.goals ?? plansOf(parts.ledger.executionsOfSignal(signal.id), parts.ledger.intentsOfSignal(signal.id))?.goals;
    return goals === undefined ? plan : { ...plan, goals };
  }

  #intents(orders: Omit<PhaseOrders, "execution" | "style"> & { readonly snapshot: AccountSnapshot }): NewIntent[] {
    const { ledger, clock, execution } = this.#execution.parts;
    this.#parts.quotes.saw(orders.snapshot.prices, orders.snapshot.market.readAt);
    return newIntents(ledger, { ...orders, execution: this.#execution.record(), style: execution.style }, clock.now());
  }

  #input({ settled, splits }: Known, reserved: Reserved, { what, maySell }: NextPlanRequest): PlanInput {
    const { settings } = this.#execution.parts;
    const { snapshot, cash, missing, external } = settled;
    return planInput(snapshot, {
      // If our fills are missing, sold shares may still be shown.
      phase: what === "rest" && maySell && missing === undefined ? "selling" : "buying",
      wanted: this.#execution.wanted(),
      settings,
      splits,
      excluded: this.#excluded(what, external),
      ...reserved,
      ...(cash === undefined ? {} : { cash }),
    });
  }

  /** Symbols that have had their orders and may not have another now, with the reason. */
  #excluded(what: NextPlanRequest["what"], external: ReadonlySet<string>): Map<string, SkipReason> {
    const now = this.#execution.parts.clock.now();
    const excluded = new Map<string, SkipReason>([...external].map((symbol) => [symbol, "signal-bound"]));
    for (const rest of this.#execution.rests()) {
      const { symbol, reason, passing, intent } = rest;
      if (intent === undefined || reason === "not-sent" || reason === "account-unsettled") continue;
      const isOver = what === "buys" ? intent.side === "sell" : !passing || pauseOf(rest, now) > 0;
      if (isOver || reason === "order-unknown") excluded.set(symbol, reason);
    }
    return excluded;
  }

  /** R20: a small part of the buys is not sent while more buying power may still come. */
  #waitsForPower(plan: Plan, input: PlanInput): string | undefined {
    const lacking = plan.lines.filter(({ leftAlone }) => leftAlone === "insufficient-cash");
    const atMost = input.account.cash.minus(pledgedBy(input.holdings));
    if (lacking.length === 0 || input.account.buyingPower.gte(atMost)) return undefined;
    const bought = sum(plan.buys.map(({ estimatedValue }) => estimatedValue));
    const planned = new Set([...plan.buys, ...lacking].map(({ symbol }) => symbol));
    const missing = sum(plan.lines.filter(({ symbol }) => planned.has(symbol)).map((line) => lackOf(line)));
    // More than the cash never comes, nor what secures a put: what they cannot pay is no reason to wait.
    const hoped = min(missing, atMost);
    if (plan.sells.length > 0 || bought.gte(hoped.times(HALF)) || !this.#mayComeSoon()) return undefined;
    return `buying power allows ${formatDollars(bought)} of the ${formatDollars(missing)} to buy`;
  }

  #mayComeSoon(): boolean {
    const { clock } = this.#execution.parts;
    const { refusedSince } = this.#parts.gate;
    if (refusedSince !== undefined) return clock.monotonic() - refusedSince < SMALL_BUYS_WAIT_MS;
    const ended = this.#execution.intents().filter(({ state }) => state === "done" || state === "refused");
    return ended.some(({ updatedAt }) => clock.now() - updatedAt < SMALL_BUYS_WAIT_MS);
  }

  /**
   * An execution that has begun is replaced only between its phases, and only by a run that can be executed
   * now (R22): one that may not start, or that the limits refuse, would leave the account sold but not bought.
   */
  async #takenOver(): Promise<Signal | undefined> {
    const { broker, assets, clock, settings, ledger, inbox } = this.#execution.parts;
    const { newer } = inbox;
    if (newer?.kind !== "rebalance") return undefined;
    const wanted = this.#execution.wantedInstead(newer);
    if (wanted === undefined) return undefined;
    const reads = readAccount(broker, assets, clock, symbolsOf(wanted));
    const shown = await this.#execution.unlessStopping(reads).catch(() => undefined);
    const snapshot = shown === undefined ? undefined : withoutEnded(shown, ledger);
    // Data about the account, the session and quotes is used for this execution too.
    if (snapshot !== undefined) {
      this.#parts.account.saw(snapshot);
      this.#parts.market.saw(snapshot.market);
      this.#parts.quotes.saw(snapshot.prices, snapshot.market.readAt);
    }
    if (snapshot === undefined || !this.#couldStart(newer, snapshot.market)) return undefined;
    const splits = await this.#splitsIn(snapshot, wanted);
    if (splits === undefined) return undefined;
    const input = planInput(snapshot, {
      phase: "selling",
      wanted,
      settings,
      unsettled: ledger.unsettledIntents(),
      splits,
      excluded: new Map(),
    });
    const result = makePlan(input);
    if (result.kind === "refused" || provePlan(result.plan, input).length > 0) return undefined;
    if ((await unexplainedJump(this.#execution.parts, snapshot, input)) !== undefined) return undefined;
    return (await limitsAgainst(this.#execution.parts, snapshot, { plan: result.plan, splits })) === undefined ? newer : undefined;
  }

  /** @returns `undefined` when the process must stop before it is known. */
  async #splitsIn(snapshot: AccountSnapshot, wanted: RebalanceTarget): Promise<PlanInput["splits"] | undefined> {
    const { splits, stopping } = this.#execution.parts;
    try {
      return await this.#execution.unlessStopping(splits.doubts(snapshot, { wanted: symbolsOf(wanted), record: true }));
    } catch (error) {
      if (stopping.aborted) return undefined;
      throw error;
    }
  }

  #couldStart(signal: Signal, market: MarketReading): boolean {
    const { clock, signalMaxAgeSeconds } = this.#execution.parts;
    const left = sessionLeft(market, clock.monotonic()) ?? 0;
    return left >= MIN_SESSION_LEFT_TO_START_MS && freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh";
  }
}

type Planned = PlannedOn & Inheritance;

/** Input of a plan. */
interface Known {
  readonly settled: SettledSnapshot;
  readonly splits: PlanInput["splits"];
  /** Abandoned orders whose id one of the new ones may inherit. */
  readonly given: readonly IntentRecord[];
}

interface Recording extends Inheritance {
  readonly settled: SettledSnapshot;
  readonly input: PlanInput;
  readonly reached: ReadonlySet<string>;
}

function lackOf({ targetValue, actualValue }: { readonly targetValue: Decimal; readonly actualValue: Decimal }): Decimal {
  return max(ZERO, targetValue.minus(actualValue));
}

function cancel(cause: OutcomeCode, reason: string): NextPlanned {
  return { kind: "cancel", cause, reason };
}
