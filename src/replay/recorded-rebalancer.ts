import type { Recordings } from "../domain/ledger/recordings.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Signal } from "../domain/signal.ts";
import { DEFAULT_EXECUTION } from "../domain/execution-style.ts";
import { EMPTY_INBOX } from "../domain/inbox.ts";
import type { MarketReading } from "../execution/preparation/account-snapshot.ts";
import type { RebalanceOptions, RebalancerParts, RebalanceResult } from "../execution/rebalancer.ts";
import { Rebalancer } from "../execution/rebalancer.ts";
import { recordedBroker, recordedClock, recordedInbox, recordedLedger, recordedStop } from "./recorded-surroundings.ts";
import { Recorder } from "./recorder.ts";
import { rootResult, type RecordedSettings } from "./tape.ts";

export interface RecordedRebalancerParts extends RebalancerParts {
  readonly recordings: Recordings;
  /** Removes keys from a text (R30). */
  readonly redact: (text: string) => string;
}

/** A rebalancer whose executions can be replayed. It decides and sends what a plain one would. */
export class RecordedRebalancer extends Rebalancer {
  readonly #recorder: Recorder;

  constructor(parts: RecordedRebalancerParts) {
    const { recordings, redact, clock, broker, ledger, stopping, inbox = EMPTY_INBOX, halted, emit } = parts;
    const recorder = new Recorder({
      ...{ clock, recordings, redact, brokerName: broker.name, settings: settingsOf(parts) },
      onProblem: (text) => emit({ kind: "remark", level: "warn", text }),
    });
    super({
      ...parts,
      broker: recordedBroker(broker, recorder),
      clock: recordedClock(clock, recorder),
      ledger: recordedLedger(ledger, recorder),
      inbox: recordedInbox(inbox, recorder),
      stopping: recordedStop(stopping, recorder),
      halted: () => recorder.looks("halted", halted()),
    });
    this.#recorder = recorder;
    recorder.follow(() => this.carried);
  }

  override sawMarket(market: MarketReading): void {
    this.#recorder.arrives(
      () => ({ kind: "market", market }),
      () => super.sawMarket(market),
    );
  }

  override warm(): Promise<void> {
    return this.#recorder.root(
      { call: "warm" },
      () => super.warm(),
      () => ({ kind: "warm" }),
    );
  }

  override keepWarm(): Promise<void> {
    return this.#recorder.root(
      { call: "keep-warm" },
      () => super.keepWarm(),
      () => ({ kind: "warm" }),
    );
  }

  override rebalance(signal: Signal, options: RebalanceOptions): Promise<RebalanceResult> {
    if (options.dryRun) return super.rebalance(signal, options);
    const { dryRun, ignoreMarketHours, takeUp } = options;
    const recorded = { dryRun, ignoreMarketHours, ...(takeUp === undefined ? {} : { takeUp }) };
    return this.#recorder.root({ call: "rebalance", signal, options: recorded }, () => super.rebalance(signal, options), rootResult);
  }

  override resume(execution: ExecutionRecord): Promise<RebalanceResult> {
    const root = { call: "resume", executionId: execution.id, signal: { id: execution.signalId } } as const;
    return this.#recorder.root(root, () => super.resume(execution), rootResult);
  }
}

function settingsOf(parts: RebalancerParts): RecordedSettings {
  const { account, settings, limits, strategies, signalMaxAgeSeconds, orderTimeoutSeconds, executionDeadlineSeconds, execution } = parts;
  const { mode, liveTradingAccount } = account;
  return {
    account: { mode, liveTradingAccount },
    settings: onlyPlanSettings(settings),
    limits: { maxDailyTurnover: limits.maxDailyTurnover, maxDailyLoss: limits.maxDailyLoss },
    ...(strategies === undefined ? {} : { strategies: strategies.map(({ name, share }) => ({ name, share })) }),
    ...{ signalMaxAgeSeconds, orderTimeoutSeconds, executionDeadlineSeconds, execution: execution ?? DEFAULT_EXECUTION },
  };
}

/** The session passes its whole configuration, of which most is nobody's business. */
function onlyPlanSettings(all: RebalancerParts["settings"]): RebalancerParts["settings"] {
  const { cashReserve, minTradeValue, driftBand, protectedSymbols, allowedSymbols, maxOrderValue, maxUnbuyable, unbuyableAction } = all;
  return { cashReserve, minTradeValue, driftBand, protectedSymbols, allowedSymbols, maxOrderValue, maxUnbuyable, unbuyableAction };
}
