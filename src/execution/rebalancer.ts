import type { StreamState } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { withCause } from "../intake/cause.ts";
import { EMPTY_INBOX } from "../domain/inbox.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal } from "../domain/verdict.ts";
import type { ExecutionRecord, NewExecution } from "../domain/ledger/executions.ts";
import { tradedAt } from "../domain/ledger/executions.ts";
import { formatDollars } from "../domain/format.ts";
import { isOnTargetReason, SKIP_REASONS } from "../portfolio/skip-reason.ts";
import { max, ONE } from "../domain/decimal.ts";
import { updateSubAccounts } from "../accounts/bookkeeping.ts";
import { attributionDeltasFor } from "../accounts/attribution-deltas.ts";
import type { StrategyTarget, StrategyShare } from "../domain/strategy-target.ts";
import type { SkipReason, Plan } from "../portfolio/plan.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";
import { makePlan } from "../portfolio/plan.ts";
import {
  strategyTargetsFor,
  strategyTargetsText,
  countsWith,
  laterExits,
  stillWaiting,
  targetAfterExits,
  rebalanceTargetFor,
} from "../accounts/strategy-targets.ts";
import type { ConvergeResult } from "./loop/converge.ts";
import { Convergence } from "./loop/converge.ts";
import type { ExecutionParts } from "./execution-parts.ts";
import { isEnded } from "./loop/decide.ts";
import { DEFAULT_EXECUTION } from "../domain/execution-style.ts";
import { newIntents } from "./orders/intents.ts";
import { powerText } from "./outcome/lack.ts";
import type { Conclusion } from "./outcome/outcome.ts";
import { declined, type Declined } from "./preparation/declining.ts";
import type { Preparation } from "./preparation/prepare.ts";
import { TRIED_AGAIN } from "./preparation/opening.ts";
import { planInput } from "./preparation/plan-input.ts";
import { prepare } from "./preparation/prepare.ts";
import type { MarketReading, AccountSnapshot, KnownAssets } from "./preparation/account-snapshot.ts";
import { AssetCache, MIN_SESSION_LEFT_TO_POST_MS, readAccount, sessionLeft } from "./preparation/account-snapshot.ts";
import type { KnownSplits } from "./preparation/split-watch.ts";
import { isUnderWay } from "./preparation/settle.ts";
import { SplitWatch } from "./preparation/split-watch.ts";
import type { KeptWarm } from "./preparation/warm-snapshot.ts";
import { WarmSnapshot } from "./preparation/warm-snapshot.ts";
import { formatDuration } from "../domain/time-format.ts";
import { SharedOrderStream } from "./orders/shared-stream.ts";
import { lastingOf, restOf, restText } from "./loop/rest.ts";
import { boundsOf, goalsOf, plansOf } from "./loop/signal-bounds.ts";
import { summariseAccount, summarisePlan } from "./outcome/summary.ts";

type OwnParts = "assets" | "splits" | "stream" | "startedAt";

/** Default style: {@link DEFAULT_EXECUTION}, immediate market orders. Default inbox: no other runs. */
export type RebalancerParts = Omit<ExecutionParts, OwnParts | "execution" | "inbox"> & Partial<Pick<ExecutionParts, "execution" | "inbox">>;

/** What one rebalance leaves in memory for the next, for another rebalancer that goes on in its place. */
export interface CarriedState {
  /** When its process began to trade, monotonic. */
  readonly startedAt: number;
  readonly market: MarketReading | undefined;
  readonly assets: KnownAssets;
  readonly splits: KnownSplits;
  readonly warm: KeptWarm;
}

export interface RebalanceOptions {
  readonly dryRun: boolean;
  readonly ignoreMarketHours: boolean;
  /** Continues earlier executions of the signal (R33): while it is fresh, or at the owner's request within the session. */
  readonly takeUp?: "fresh" | "finish";
  /** Called with the first snapshot, so that a person sees the account before anything happens. */
  readonly onReady?: (snapshot: AccountSnapshot, plan: Plan, strategyTargets: readonly StrategyTarget[]) => void;
}

export type RebalanceResult =
  | { readonly kind: "concluded"; readonly conclusion: Conclusion; readonly execution: ExecutionRecord }
  | Declined
  | {
      readonly kind: "dry-run";
      readonly plan: Plan;
      readonly snapshot: AccountSnapshot;
      readonly strategyTargets: readonly StrategyTarget[];
    }
  /** The rest of a signal cannot be traded now. */
  | { readonly kind: "still-off"; readonly reason: string; readonly mayPass: boolean }
  /** The process is stopping; the next start finishes it. */
  | { readonly kind: "left" };

type Ready = Extract<Preparation, { kind: "ready" }>;

/** One account, one execution at a time: from a signal to its recorded end, or from a restart to the end of an open execution. */
export class Rebalancer {
  readonly #parts: ExecutionParts;
  /** The last reading of the venue's clock made elsewhere. */
  #market: MarketReading | undefined;
  #underWay: Convergence | undefined;
  readonly #warm: WarmSnapshot;

  /** @param carried from another rebalancer of the account; default: nothing is known yet. */
  constructor(parts: RebalancerParts, carried?: CarriedState) {
    this.#parts = {
      execution: DEFAULT_EXECUTION,
      inbox: EMPTY_INBOX,
      ...parts,
      assets: new AssetCache(parts.broker, parts.clock, parts.ledger),
      splits: new SplitWatch({ ...parts, protectedSymbols: parts.settings.protectedSymbols }),
      stream: new SharedOrderStream(parts.broker),
      startedAt: carried?.startedAt ?? parts.clock.monotonic(),
    };
    this.#warm = new WarmSnapshot(this.#parts);
    if (carried === undefined) return;
    this.#market = carried.market;
    this.#parts.assets.carryOn(carried.assets);
    this.#parts.splits.carryOn(carried.splits);
    this.#warm.carryOn(carried.warm);
  }

  /** What it knows beyond the ledger. Readings are shared, maps are copies. */
  get carried(): CarriedState {
    const { startedAt, assets, splits } = this.#parts;
    return { startedAt, market: this.#market, assets: assets.carried, splits: splits.carried, warm: this.#warm.carried };
  }

  /** The venue's clock was read elsewhere. */
  sawMarket(market: MarketReading): void {
    this.#market = market;
    this.#underWay?.sawMarket(market);
  }

  /** Of the order updates; `undefined` before they are followed. */
  get streamState(): StreamState | undefined {
    return this.#parts.stream.state;
  }

  /**
   * Runs everything that precedes a first order, without sending one: connects the stream, opens connections,
   * updates the sub-accounts, fills the asset cache and compiles the code path, so that the first alert need
   * not wait for it. Failures are reported when they matter.
   */
  async warm(): Promise<void> {
    const { broker, clock, ledger, settings, stream, assets, splits: watch } = this.#parts;
    // In a ledger from a version without sub-accounts, all fills must be booked first.
    updateSubAccounts(ledger);
    stream.open();
    try {
      const snapshot = await readAccount(broker, assets, clock, []);
      const wanted: RebalanceTarget = { kind: "rebalance", targets: new Map() };
      const splits = await watch.doubts(snapshot, { wanted: [], record: true });
      makePlan(planInput(snapshot, { phase: "selling", wanted, settings, unsettled: [], splits, excluded: new Map() }));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  /** Called while nothing is executed: keeps a recent reading of the account (R36). */
  keepWarm(): Promise<void> {
    return this.#warm.refresh(this.#market);
  }

  /** Executes a signal unless its verdict is final already. */
  async rebalance(signal: Signal, options: RebalanceOptions): Promise<RebalanceResult> {
    const { ledger } = this.#parts;
    const known = ledger.signal(signal.id);
    if (!options.dryRun && options.takeUp === undefined && known?.verdict !== undefined && isFinal(known.verdict)) {
      return declined(known.verdict, known.verdictReason ?? "It has its final verdict already.");
    }
    for (;;) {
      const result = await this.#attempt(signal, options);
      if (result !== "plan-again") return result;
    }
  }

  /**
   * Each strategy's targets if `signal` were executed now (R31); ages are those of its runs.
   * @throws Error when the signal's strategy is not configured.
   */
  strategyTargets(signal: Signal): StrategyTarget[] {
    return strategyTargetsFor(this.#parts.ledger, this.#strategies(signal), signal, this.#waiting(signal));
  }

  async #attempt(signal: Signal, options: RebalanceOptions): Promise<RebalanceResult | "plan-again"> {
    const strategyTargets = this.strategyTargets(signal);
    const asked = rebalanceTargetFor(this.#parts.ledger, this.#strategies(signal), signal, strategyTargets);
    if (asked === undefined) return this.#judged(signal, options, declined("held", "The strategy says HOLD: nothing changes."));
    const wanted = this.#withoutExits(signal, asked, strategyTargets);
    const preparation = await this.#prepare(signal, wanted, options);
    if (preparation.kind === "declined") return this.#judged(signal, options, preparation);
    if (!options.dryRun && !countsWith(strategyTargets, this.#waiting(signal))) return "plan-again";
    options.onReady?.(preparation.snapshot, preparation.plan, strategyTargets);
    if (options.dryRun) return { kind: "dry-run", plan: preparation.plan, snapshot: preparation.snapshot, strategyTargets };
    const nothingNow = this.#stillSelling(signal, options) ?? this.#nothingToSend(signal, options, preparation);
    if (nothingNow !== undefined) return nothingNow;
    await this.#concludeReplaced();
    const execution = this.#open(signal, { wanted, strategyTargets }, preparation);
    this.#warm.drop();
    const known = { snapshot: preparation.snapshot, isWarm: preparation.isWarm === true, ageless: options.takeUp === "finish" };
    const result = await this.#converge(execution, signal, known);
    return result.kind === "concluded" && result.conclusion.verdict.kind === "accepted" ? "plan-again" : result;
  }

  /** Before more is bought for a signal, all of its sells have ended (R15). */
  #stillSelling(signal: Signal, { takeUp }: RebalanceOptions): RebalanceResult | undefined {
    const orders = takeUp === undefined ? [] : this.#parts.ledger.intentsOfSignal(signal.id);
    const working = orders.find(({ side, state }) => side === "sell" && state === "open");
    if (working === undefined) return undefined;
    return { kind: "still-off", reason: `The earlier sell of ${working.symbol} has not ended yet.`, mayPass: true };
  }

  /** A plan without orders that is off target: worth a retry while the cause may pass, but not an execution (R33). */
  #nothingToSend(signal: Signal, options: RebalanceOptions, { plan, input, snapshot }: Ready): RebalanceResult | undefined {
    if (plan.sells.length + plan.buys.length > 0) return undefined;
    if (plan.reachesTarget) return options.takeUp === undefined ? undefined : this.#mayStillCome(signal);
    const minimum = max(this.#parts.settings.minTradeValue, ONE);
    const summary = summarisePlan(plan, { input });
    const left = restOf({ plan: summary, intents: [], tries: [], minimum });
    const passing = left.filter((rest) => rest.passing);
    const missed = plan.lines.flatMap(({ leftAlone }) => (leftAlone === undefined || isOnTargetReason(leftAlone) ? [] : [leftAlone]));
    const meanings = [...new Set(missed)].map((each) => SKIP_REASONS[each].meaning);
    const power = summary.selling.pledge ?? (missed.includes("insufficient-cash") ? powerText(snapshot.account) : "");
    const sentences = [...meanings, power].filter((text) => text !== "");
    const reason = `Nothing can be traded now: ${left.map((rest) => restText(rest)).join(", ")}. ${sentences.join(" ")}`.trimEnd();
    if (options.takeUp !== undefined) return { kind: "still-off", reason, mayPass: passing.length > 0 };
    if (passing.length === 0) return undefined;
    const causes = left.map(({ symbol, reason: code }) => ({ symbol, code }));
    const verdict = passing.some((rest) => rest.reason === "price-doubt") ? "price-doubt" : "account-unsettled";
    return this.#judged(signal, options, { ...declined(verdict, reason, TRIED_AGAIN), causes, snapshot });
  }

  /** A buy of an earlier run that nobody wants any more, and whose fate is unknown: once it is, its shares can be sold. */
  #mayStillCome({ id, kind, targets }: Signal): RebalanceResult | undefined {
    const { ledger } = this.#parts;
    // The plan of a SELL names what may come of the symbols that it sells, and the others are none of its business.
    if (kind === "exit") return undefined;
    const own = new Set(ledger.intentsOfSignal(id).map(({ clientOrderId }) => clientOrderId));
    const coming = ledger
      .unsettledIntents()
      .find((intent) => intent.side === "buy" && isUnderWay(intent) && !own.has(intent.clientOrderId) && !targets.has(intent.symbol));
    if (coming === undefined) return undefined;
    return { kind: "still-off", reason: `The earlier buy of ${coming.symbol} may still come.`, mayPass: true };
  }

  /** Symbols of a later SELL of the strategy are not bought again (R22). */
  #withoutExits(signal: Signal, wanted: RebalanceTarget, strategyTargets: readonly StrategyTarget[]): RebalanceTarget {
    if (wanted.kind === "exit") return wanted;
    const { ledger, inbox, signalMaxAgeSeconds } = this.#parts;
    const exits = laterExits(signal, ledger.exitsAfter(signal.id), { waiting: inbox.waiting, signalMaxAgeSeconds });
    return exits.size === 0 ? wanted : targetAfterExits(wanted, strategyTargets, signal.strategy, exits);
  }

  #strategies(signal: Signal): readonly StrategyShare[] {
    return this.#parts.strategies ?? [{ name: signal.strategy, share: ONE }];
  }

  #waiting(signal: Signal): Signal[] {
    const { clock, signalMaxAgeSeconds } = this.#parts;
    return stillWaiting(this.#parts.inbox.waiting, this.#strategies(signal), signal.strategy, clock.now(), signalMaxAgeSeconds);
  }

  /** Finishes an execution left open by an earlier process. */
  async resume(execution: ExecutionRecord): Promise<RebalanceResult> {
    const record = this.#parts.ledger.signal(execution.signalId);
    if (record === undefined) throw new Error(`The ledger has no signal ${execution.signalId} for execution ${execution.id}.`);
    return this.#converge(execution, record.signal, {});
  }

  /** Executions whose queued orders the preparation has just ended (R23) are finished too. */
  async #concludeReplaced(): Promise<void> {
    for (const execution of this.#parts.ledger.openExecutions()) {
      if (this.#parts.ledger.intentsOf(execution.id).every(isEnded)) await this.resume(execution);
    }
  }

  #prepare(signal: Signal, wanted: RebalanceTarget, options: RebalanceOptions): Promise<Preparation> {
    const { ledger, stopping, inbox } = this.#parts;
    const abandoned = AbortSignal.any([stopping, inbox.overtaken]);
    const earlier = ledger.executionsOfSignal(signal.id);
    const [first] = earlier;
    const { dryRun, ignoreMarketHours, takeUp } = options;
    const excluded = takeUp === "fresh" ? this.#lasting(signal) : new Map<string, SkipReason>();
    const warm = dryRun || takeUp !== undefined || earlier.length > 0 ? undefined : this.#warm;
    return prepare(
      { ...this.#parts, abandoned },
      {
        signal,
        wanted,
        dryRun,
        ignoreMarketHours,
        // Evaluated when all fates of earlier orders are known that can be.
        bounds: () => boundsOf(ledger, signal.id),
        excluded,
        warm,
        finishOf: takeUp === "finish" && first !== undefined ? tradedAt(first) : undefined,
      },
    );
  }

  /** What the signal's last execution that has begun left for a lasting cause. */
  #lasting(signal: Signal): Map<string, SkipReason> {
    const { ledger, settings } = this.#parts;
    const last = ledger.executionsOfSignal(signal.id).findLast(({ begunAt }) => begunAt !== undefined);
    const plan = last?.plan;
    if (last === undefined || plan === undefined) return new Map();
    const minimum = max(settings.minTradeValue, ONE);
    return lastingOf({ plan, intents: ledger.intentsOf(last.id), tries: ledger.intentsOfSignal(signal.id), minimum });
  }

  /**
   * The execution, its first phase and all of that phase's intents are one transaction (R15). They are flushed with
   * the commit that marks the first of them as sent.
   */
  #open(
    signal: Signal,
    { wanted, strategyTargets }: { readonly wanted: RebalanceTarget; readonly strategyTargets: readonly StrategyTarget[] },
    ready: Ready,
  ): ExecutionRecord {
    const { ledger, clock } = this.#parts;
    const { plan, snapshot, offHours, inherited } = ready;
    // Without a sell there is nothing to wait for; off hours everything is queued together (R23).
    const atOnce = offHours || plan.sells.length === 0;
    const execution = this.#newExecution(signal, wanted, ready);
    const accountBefore = summariseAccount(snapshot, ledger.unsettledIntents());
    const summary = summarisePlan(plan, { input: ready.input }, atOnce);
    const earlier = plansOf(ledger.executionsOfSignal(signal.id), ledger.intentsOfSignal(signal.id));
    ledger.transaction(() => {
      ledger.recordSignal(signal, clock.now());
      ledger.createExecution(execution);
      ledger.recordStrategyTargets(execution.id, strategyTargets);
      // Book late fills of earlier executions first: the deltas start from the current sub-accounts.
      updateSubAccounts(ledger);
      ledger.recordAttributionDeltas(execution.id, attributionDeltasFor(plan, strategyTargets, ledger.bookHoldings(), snapshot.positions));
      ledger.updateExecution(execution.id, {
        phase: atOnce ? "buying" : "selling",
        accountBefore,
        plan: {
          ...summary,
          ...(ready.isWarm === true ? { isWarm: true } : {}),
          goals: earlier?.goals ?? goalsOf(summary.selling, accountBefore.positions),
          reached: earlier?.reached ?? [],
          unread: earlier?.unread ?? ready.input.holdings.flatMap(({ symbol, problem }) => (problem === undefined ? [] : [symbol])),
        },
      });
      const common = { execution, snapshot, inherited, style: offHours ? ("market" as const) : this.#parts.execution.style };
      ledger.recordIntents(newIntents(ledger, { ...common, phase: "selling", orders: plan.sells }, clock.now()));
      if (atOnce) ledger.recordIntents(newIntents(ledger, { ...common, phase: "buying", orders: plan.buys }, clock.now()));
      const { equity, lastEquity, cash } = snapshot.account;
      ledger.recordEquity({ at: snapshot.at, equity, lastEquity, cash, executionId: execution.id });
    }, "ordered");
    if (this.#strategies(signal).length > 1) {
      const text = `Targets: ${strategyTargetsText(strategyTargets, clock.now())}.`;
      this.#parts.emit({ kind: "snapshot", level: "info", executionId: execution.id, signalId: signal.id, text });
    }
    const read = ready.isWarm === true ? ` Account read ${formatDuration(clock.now() - snapshot.at)} ago.` : "";
    const text = `Plan: ${String(plan.sells.length)} to sell, ${String(plan.buys.length)} to buy, base ${formatDollars(plan.base)}.${read}`;
    this.#parts.emit({
      kind: "plan",
      level: "info",
      executionId: execution.id,
      signalId: signal.id,
      text,
      plan,
      facts: { account: accountBefore, plan: summary },
    });
    const opened = ledger.execution(execution.id);
    if (opened === undefined) throw new Error(`The ledger lost execution ${execution.id}.`);
    return opened;
  }

  #newExecution(signal: Signal, wanted: RebalanceTarget, ready: Ready): NewExecution {
    const { clock, executionDeadlineSeconds, ledger, account } = this.#parts;
    const now = clock.now();
    const left = sessionLeft(ready.snapshot.market, clock.monotonic()) ?? Infinity;
    const earlier = ledger.executionCount(signal.id);
    return {
      id: earlier === 0 ? signal.id : `${signal.id}.${String(earlier + 1)}`,
      signalId: signal.id,
      accountNumber: ready.snapshot.account.number,
      mode: account.mode,
      wanted,
      startedAt: now,
      deadline: now + Math.min(executionDeadlineSeconds * 1_000, left - MIN_SESSION_LEFT_TO_POST_MS),
      offHours: ready.offHours,
    };
  }

  async #converge(
    execution: ExecutionRecord,
    signal: Signal,
    known: { readonly snapshot?: AccountSnapshot; readonly isWarm?: boolean; readonly ageless?: boolean },
  ): Promise<RebalanceResult> {
    const convergence = new Convergence(this.#parts, execution, signal, known);
    if (known.snapshot !== undefined && this.#market !== undefined && isLater(this.#market, known.snapshot.market))
      convergence.sawMarket(this.#market);
    this.#underWay = convergence;
    const result: ConvergeResult = await convergence.run().finally(() => (this.#underWay = undefined));
    if (result === undefined) return { kind: "left" };
    return { kind: "concluded", conclusion: result, execution: this.#parts.ledger.execution(execution.id) ?? execution };
  }

  #judged(signal: Signal, options: RebalanceOptions, result: Declined): Declined {
    if (options.dryRun || this.#parts.stopping.aborted) return result;
    const verdict = withCause(this.#parts.ledger, signal.id, { kind: result.verdict, reason: result.reason, causes: result.causes });
    this.#parts.ledger.transaction(() => {
      this.#parts.ledger.recordSignal(signal, this.#parts.clock.now());
      this.#parts.ledger.judgeSignal(signal.id, verdict, this.#parts.clock.now());
    });
    return { ...result, reason: verdict.reason };
  }
}

function isLater(one: MarketReading, other: MarketReading): boolean {
  return one.readAt.monotonic > other.readAt.monotonic;
}
