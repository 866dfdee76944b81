import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Broker } from "../../src/domain/broker.ts";
import type { Clock } from "../../src/domain/clock.ts";
import type { RebalanceEvent } from "../../src/execution/events.ts";
import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import { readMarket } from "../../src/execution/preparation/account-snapshot.ts";
import type { RebalanceOptions, RebalancerParts, RebalanceResult } from "../../src/execution/rebalancer.ts";
import { Rebalancer } from "../../src/execution/rebalancer.ts";
import { createRedaction } from "../../src/logging/redaction.ts";
import { RecordedRebalancer } from "../../src/replay/recorded-rebalancer.ts";
import type { TradingMode } from "../../src/domain/config.ts";
import type { InboxView } from "../../src/domain/inbox.ts";
import { EMPTY_INBOX } from "../../src/domain/inbox.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import type { LedgerOptions, SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { StrategyShare } from "../../src/domain/strategy-target.ts";
import type { LimitSettings } from "../../src/portfolio/limits.ts";
import type { PlanSettings } from "../../src/portfolio/plan.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import type { ExchangeOptions } from "../../src/simulator/exchange-options.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";
import type { VenueOptions } from "../../src/simulator/venue.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import { inProcessSocket } from "./in-process-socket.ts";

/** A Tuesday, half an hour after the open. */
export const TUESDAY_10_00 = Date.parse("2026-11-17T10:00:00-05:00");

const PLAN_SETTINGS: PlanSettings = {
  cashReserve: decimal("0.01"),
  minTradeValue: decimal("5"),
  driftBand: decimal("0.01"),
  protectedSymbols: new Set(),
  allowedSymbols: undefined,
  maxOrderValue: undefined,
  maxUnbuyable: decimal("0.2"),
  unbuyableAction: "refuse",
};

export interface DeskOptions {
  /** TRADING_MODE; the venue is the same. Default: paper. */
  readonly mode?: TradingMode;
  /** What the rebalancer is given in place of the venue's own broker. */
  readonly before?: (broker: Broker, clock: Clock) => Broker;
  /** LIVE_TRADING_ACCOUNT. */
  readonly liveTradingAccount?: string;
  readonly exchange?: Partial<ExchangeOptions>;
  readonly venue?: Partial<VenueOptions>;
  readonly plan?: Partial<PlanSettings>;
  readonly limits?: Partial<LimitSettings>;
  readonly strategies?: readonly StrategyShare[];
  readonly orderTimeoutSeconds?: number;
  /** Default: 600. */
  readonly executionDeadlineSeconds?: number;
  readonly execution?: ExecutionSettings;
  readonly startAt?: number;
  /** Executions are recorded for a replay. Default: they are not. */
  readonly records?: boolean;
  /** Keys that must be in no recording. */
  readonly secrets?: readonly string[];
  /** What a process stands on, made anew for each one, so that it can be killed. Default: what this desk has. */
  readonly process?: (desk: VirtualDesk) => ProcessGround;
}

/** What a process touches the world with. */
export interface ProcessGround {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly onCommit: NonNullable<LedgerOptions["onCommit"]>;
}

/** The real rebalancer, ledger, adapter and SDK against the simulator's exchange, all in virtual time and one process. */
export class VirtualDesk {
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly venue: Venue;
  readonly events: RebalanceEvent[] = [];
  /** What the owner was told before anything was traded. */
  readonly warnings: string[] = [];
  /** Everything said outside an execution. */
  readonly remarks: string[] = [];
  ledger: SqliteLedger;
  /** How far this machine's wall clock is off the venue's, milliseconds. */
  skewMs = 0;
  halted: string | undefined;
  newer: Signal | undefined;
  /** Runs that wait to be executed; only those of other strategies than the one under way count. */
  waiting: readonly Signal[] = [];
  /** Aborted when a newer run decides in place of the one under way. */
  overtaken: AbortSignal = EMPTY_INBOX.overtaken;
  readonly #ours: Clock = {
    now: () => this.clock.now() + this.skewMs,
    monotonic: () => this.clock.monotonic(),
    after: (delayMs, run) => this.clock.after(delayMs, run),
    sleep: (delayMs, signal) => this.clock.sleep(delayMs, signal),
  };
  #options: DeskOptions;
  #stopping = new AbortController();
  #ground: ProcessGround | undefined;
  #broker: Broker;
  #rebalancer: Rebalancer;

  constructor(options: DeskOptions = {}) {
    this.#options = options;
    this.clock = new VirtualClock(options.startAt ?? TUESDAY_10_00);
    this.exchange = new Exchange({
      partialFillProbability: 0,
      prices: { SMR: "38.50", LEU: "207", OKLO: "56", TQQQ: "85", UVXY: "20", BTAL: "19" },
      ...options.exchange,
      clock: this.clock,
    });
    this.venue = new Venue({ rateLimitPerMinute: "off", ...options.venue, exchange: this.exchange });
    this.#ground = options.process?.(this);
    this.ledger = newLedger(this.#ground ?? {});
    this.#broker = this.#newBroker();
    this.#rebalancer = this.#newRebalancer();
  }

  get broker(): Broker {
    return this.#broker;
  }

  run(signal: Signal, options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult> {
    return this.clock.until(this.start(signal, options));
  }

  /** What the daemon does each second while nothing is executed: keeps a recent reading of the account. */
  async keepWarm(): Promise<void> {
    this.#rebalancer.sawMarket(await this.clock.until(readMarket(this.#broker, this.#ground?.clock ?? this.#ours)));
    await this.clock.until(this.#rebalancer.keepWarm());
  }

  start(signal: Signal, options: Partial<RebalanceOptions> = {}): Promise<RebalanceResult> {
    return this.#rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: false, ...options });
  }

  /** Asks the process to stop, as SIGTERM does. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * A new process on what a kill at this moment leaves: the ledger's durable image and the venue. What the
   * old process still had in hand is cut off from the venue. Settings may be other ones.
   */
  async restart(image: Uint8Array = this.ledger.serialize(), change: Partial<DeskOptions> = {}): Promise<void> {
    this.#options = { ...this.#options, ...change };
    if (this.#ground === undefined) {
      this.#stopping.abort();
      await this.#broker.close();
    } else {
      // A killed process is not asked and closes nothing: its connections are cut.
      this.venue.dropStreams();
    }
    this.#ground = this.#options.process?.(this);
    this.ledger = openLedgerImage(image, this.#ground ?? {});
    this.#stopping = new AbortController();
    this.#broker = this.#newBroker();
    this.#rebalancer = this.#newRebalancer();
  }

  /** What a start does first: drives every open execution to its end. `overtaken`: as the inbox says that a newer run decides. */
  async recover(overtaken?: AbortSignal): Promise<RebalanceResult[]> {
    const results: RebalanceResult[] = [];
    for (const execution of this.ledger.openExecutions()) results.push(await this.clock.until(this.resume(execution, overtaken)));
    return results;
  }

  resume(execution: ExecutionRecord, overtaken: AbortSignal = EMPTY_INBOX.overtaken): Promise<RebalanceResult> {
    this.overtaken = overtaken;
    return this.#rebalancer.resume(execution).finally(() => (this.overtaken = EMPTY_INBOX.overtaken));
  }

  /** Weight of each position in the account's equity, as a number for comparing. */
  weights(): Record<string, number> {
    const positions = [...this.exchange.state.positions.values()];
    const value = (symbol: string): number => Number(this.exchange.valueOf(symbol).toFixed());
    const held = positions.map((position) => [position.symbol, Number(position.quantity.toFixed()) * value(position.symbol)] as const);
    const equity = held.reduce((total, [, worth]) => total + worth, Number(this.exchange.state.cash.toFixed()));
    return Object.fromEntries(held.map(([symbol, worth]) => [symbol, worth / equity]));
  }

  orders(): { symbol: string; side: string; status: string; clientOrderId: string }[] {
    return [...this.exchange.state.orders.values()].map(({ symbol, side, status, clientOrderId }) => ({
      symbol,
      side,
      status,
      clientOrderId,
    }));
  }

  async close(): Promise<void> {
    await this.#broker.close();
    this.venue.close();
    this.ledger.close();
  }

  #newBroker(): Broker {
    const { mode, before = (broker: Broker) => broker } = this.#options;
    const clock = this.#ground?.clock ?? this.#ours;
    const broker = createAlpacaBroker({
      name: "the test venue",
      mode: mode === "shadow" ? mode : "paper",
      alpaca: {
        tradingUrl: "http://127.0.0.1:1",
        dataUrl: "http://127.0.0.1:1",
        streamUrl: "ws://127.0.0.1:1/stream",
        dataFeed: undefined,
        keyId: "key",
        secret: "secret",
      },
      clock,
      fetch: this.#ground?.fetch ?? fetchFor(this.venue),
      createSocket: () => inProcessSocket(this.venue, this.clock),
    });
    return before(broker, clock);
  }

  #newRebalancer(): Rebalancer {
    const inbox = (): InboxView => ({ waiting: this.waiting, newer: this.newer, overtaken: this.overtaken });
    const view: InboxView = {
      get waiting() {
        return inbox().waiting;
      },
      get newer() {
        return inbox().newer;
      },
      get overtaken() {
        return inbox().overtaken;
      },
    };
    return this.rebalancerFor(view, this.#stopping.signal);
  }

  /** With the settings of this desk, for whoever has runs of his own. */
  rebalancerFor(inbox: InboxView, stopping: AbortSignal): Rebalancer {
    const parts: RebalancerParts = {
      broker: this.#broker,
      ledger: this.ledger,
      clock: this.#ground?.clock ?? this.#ours,
      account: { mode: this.#options.mode ?? "paper", liveTradingAccount: this.#options.liveTradingAccount },
      settings: { ...PLAN_SETTINGS, ...this.#options.plan },
      limits: { maxDailyTurnover: undefined, maxDailyLoss: undefined, ...this.#options.limits },
      signalMaxAgeSeconds: 300,
      orderTimeoutSeconds: this.#options.orderTimeoutSeconds ?? 60,
      executionDeadlineSeconds: this.#options.executionDeadlineSeconds ?? 600,
      ...(this.#options.execution === undefined ? {} : { execution: this.#options.execution }),
      halted: () => this.halted,
      stopping,
      inbox,
      ...(this.#options.strategies === undefined ? {} : { strategies: this.#options.strategies }),
      emit: (event) => {
        if (event.kind === "remark") this.remarks.push(event.text);
        if (event.kind !== "remark") this.events.push(event);
        else if (event.important === true) this.warnings.push(event.text);
      },
    };
    if (this.#options.records !== true) return new Rebalancer(parts);
    return new RecordedRebalancer({ ...parts, recordings: this.ledger.recordings, redact: createRedaction(this.#options.secrets ?? []) });
  }
}

/** A fresh signal for these weights. */
export function signalOf(clock: VirtualClock, weights: Record<string, string>, change: Partial<Signal> = {}): Signal {
  return {
    id: "00000000000000aa",
    strategy: "nuclear",
    kind: "rebalance",
    targets: new Map(Object.entries(weights).map(([symbol, weight]) => [symbol, decimal(weight)])),
    exits: [],
    generatedAt: clock.now(),
    oldestStamp: clock.now(),
    arrivedAt: clock.now(),
    lastLineAt: clock.now(),
    reason: "test",
    alertPrices: new Map(),
    lineHashes: [],
    ...change,
  };
}
