import { accountRefusal } from "../../src/accounts/account-guard.ts";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Broker } from "../../src/domain/broker.ts";
import type { StreamSocket } from "../../src/broker/stream-connection.ts";
import type { AlpacaConfig } from "../../src/domain/config.ts";
import { Daemon } from "../../src/app/daemon.ts";
import { recordEvent } from "../../src/app/event-log.ts";
import type { TraderEvent } from "../../src/app/events.ts";
import type { InboxView } from "../../src/domain/inbox.ts";
import type { RebalanceEvent } from "../../src/execution/events.ts";
import { isRebalanceEvent } from "../../src/execution/events.ts";
import type { RebalancerParts } from "../../src/execution/rebalancer.ts";
import { Rebalancer } from "../../src/execution/rebalancer.ts";
import { RecordedRebalancer } from "../../src/replay/recorded-rebalancer.ts";
import { Intake } from "../../src/intake/intake.ts";
import type { Durability } from "../../src/domain/ledger.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import type { Log } from "../../src/logging/logger.ts";
import { createRedaction } from "../../src/logging/logger.ts";
import type { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Scenario } from "./scenario.ts";
import { ProcessClock } from "./process-clock.ts";
import { STRATEGY } from "./strategy.ts";

export const KEY_ID = "PKVIRTUALKEY00000001";
export const SECRET = "vIrTuAlSeCrEt+0123456789/abcdefghijklmnop";

export const ALPACA: AlpacaConfig = {
  tradingUrl: "https://paper-api.alpaca.markets",
  dataUrl: "https://data.alpaca.markets",
  streamUrl: "wss://paper-api.alpaca.markets/stream",
  dataFeed: undefined,
  keyId: KEY_ID,
  secret: SECRET,
};

export const SIGNAL_MAX_AGE_SECONDS = 300;
export const EXECUTION_DEADLINE_SECONDS = 600;
const SETTLE_SECONDS = 1;
const OUR_USER = process.getuid?.() ?? 0;

/** What is thrown into a process that has been killed, so that nothing it still does has an effect. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** What surrounds one life of the daemon's process; outlives it. */
export interface Surroundings {
  readonly venueClock: VirtualClock;
  readonly scenario: Scenario;
  readonly alertsFile: string;
  /** How far the machine's wall clock is off, milliseconds. */
  readonly skew: () => number;
  readonly halted: () => string | undefined;
  readonly watch: (life: Life, onHint: () => void) => { close(): Promise<void> };
  readonly fetch: (life: Life) => typeof fetch;
  readonly createSocket: (life: Life) => StreamSocket;
  /** May kill the life, or throw what a full disk would. */
  readonly onCommit: (life: Life, stage: "before" | "after") => void;
  readonly onLog: (life: Life, level: keyof Omit<Log, "child">, text: string) => void;
  readonly onEvent: (life: Life, event: RebalanceEvent) => void;
  readonly onEnd: (life: Life, failure: unknown) => void;
  /** Executions are recorded, as a real daemon records them. */
  readonly records: boolean;
  /** Whether the next death is a power cut. */
  readonly losesPowerNext: () => boolean;
}

/** One process of the daemon: the real parts, put together as the command `run` does, around a virtual machine. */
export class Life {
  readonly number: number;
  readonly clock: ProcessClock;
  readonly ledger: SqliteLedger;
  readonly daemon: Daemon;
  readonly startedAt: number;
  endedAt = Infinity;
  /** What is written from then on is for the next process to read. */
  stopAskedAt = Infinity;
  openSockets = 0;
  readonly #surroundings: Surroundings;
  readonly #broker: Broker;
  readonly #intake: Intake;
  readonly #mayLosePower: boolean;
  #flushed: Uint8Array;
  #commits = 0;
  #flushedCommits = 0;
  /** Which commit says that an order leaves, by its client order id. */
  readonly #leaving = new Map<string, number>();
  #dead = false;

  constructor(number: number, image: Uint8Array, surroundings: Surroundings) {
    const { venueClock, scenario } = surroundings;
    this.number = number;
    this.#surroundings = surroundings;
    this.startedAt = venueClock.monotonic();
    this.clock = new ProcessClock(venueClock, surroundings.skew);
    this.#mayLosePower = surroundings.losesPowerNext();
    this.#flushed = image;
    this.ledger = openLedgerImage(image, {
      onCommit: (stage, durability) => {
        if (this.#dead) throw new Killed("The process is dead.");
        if (stage === "after") this.#committed(durability);
        surroundings.onCommit(this, stage);
      },
      redact: createRedaction([KEY_ID, SECRET]),
    });
    this.#broker = createAlpacaBroker({
      name: "Alpaca paper",
      mode: "paper",
      alpaca: ALPACA,
      clock: this.clock,
      fetch: surroundings.fetch(this),
      createSocket: () => surroundings.createSocket(this),
      onTraffic: (record) => this.#log("debug", `${record.method} ${record.path} ${String(record.status)} ${record.failure ?? ""}`),
    });
    this.#intake = new Intake({
      strategy: STRATEGY,
      alertsFile: surroundings.alertsFile,
      timezone: scenario.timezone,
      mode: "paper",
      maxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      settleSeconds: SETTLE_SECONDS,
      allowedSymbols: scenario.settings.allowedSymbols,
      owners: new Set([0, OUR_USER]),
      clock: this.clock,
      ledger: this.ledger,
    });
    this.daemon = this.#newDaemon();
  }

  get isDead(): boolean {
    return this.#dead;
  }

  run(): void {
    this.daemon.run().then(
      () => this.#finish(undefined),
      (error: unknown) => this.#finish(error),
    );
  }

  /** As `kill -9`: nothing of it acts any more, from the very next instruction on. */
  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.endedAt = this.#surroundings.venueClock.monotonic();
    this.clock.die();
    this.#intake.close();
  }

  /** What is on the disk. To be asked outside of a transaction. */
  image(): Uint8Array {
    return this.ledger.serialize();
  }

  /** What a power cut leaves of it at the worst: nothing that was committed after the last flush. */
  get flushedImage(): Uint8Array {
    return this.#flushed;
  }

  /** Whether a power cut leaves the record that this order was about to leave. */
  isFlushed(clientOrderId: string): boolean {
    return (this.#leaving.get(clientOrderId) ?? Infinity) <= this.#flushedCommits;
  }

  #committed(durability: Durability): void {
    this.#commits += 1;
    if (durability !== "flushed") return;
    if (this.#mayLosePower) this.#flushed = this.image();
    this.#flushedCommits = this.#commits;
  }

  #finish(failure: unknown): void {
    if (this.#dead) return;
    void this.#broker.close();
    this.die();
    this.#surroundings.onEnd(this, failure);
  }

  #newDaemon(): Daemon {
    const { surroundings, ledger, clock } = { surroundings: this.#surroundings, ledger: this.ledger, clock: this.clock };
    return new Daemon({
      clock,
      ledger,
      broker: this.#broker,
      sources: [{ intake: this.#intake, watch: (onHint) => surroundings.watch(this, onHint) }],
      rebalancer: (inbox, stopping) => this.#newRebalancer(inbox, stopping),
      halted: surroundings.halted,
      signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      connect: () => this.#connect(),
      selfCheck: () => ledger.check(),
      emit: (event) => this.#observe(event),
    });
  }

  #newRebalancer(inbox: InboxView, stopping: AbortSignal): Rebalancer {
    const { scenario, halted, records } = this.#surroundings;
    const parts: RebalancerParts = {
      broker: this.#broker,
      ledger: this.ledger,
      clock: this.clock,
      account: CONFIGURED,
      settings: scenario.settings,
      limits: scenario.limits,
      signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      orderTimeoutSeconds: scenario.orderTimeoutSeconds,
      execution: scenario.execution,
      executionDeadlineSeconds: EXECUTION_DEADLINE_SECONDS,
      halted,
      stopping,
      inbox,
      emit: (event) => this.#observe(event),
    };
    if (!records) return new Rebalancer(parts);
    return new RecordedRebalancer({ ...parts, recordings: this.ledger.recordings, redact: createRedaction([KEY_ID, SECRET]) });
  }

  async #connect(): Promise<void> {
    const [account] = await Promise.all([this.#broker.account(), this.#broker.positions()]);
    const refusal = accountRefusal(CONFIGURED, this.ledger, account);
    if (refusal !== undefined) throw new Error(refusal.reason);
    if (this.ledger.pinnedAccount() === undefined) this.ledger.pinAccount(account.number, this.clock.now());
  }

  #observe(event: TraderEvent): void {
    const warnAgain = (text: string): boolean => {
      this.#log("warn", text);
      return true;
    };
    recordEvent(event, { log: this.#logger(""), ledger: this.ledger, clock: this.clock, warnAgain });
    if (!isRebalanceEvent(event)) return;
    if (event.kind === "post" && event.intent !== undefined) this.#leaving.set(event.intent.clientOrderId, this.#commits + 1);
    this.#surroundings.onEvent(this, event);
  }

  #log(level: keyof Omit<Log, "child">, text: string): void {
    if (!this.#dead) this.#surroundings.onLog(this, level, text);
  }

  #logger(about: string): Log {
    const write =
      (level: keyof Omit<Log, "child">) =>
      (message: string, facts: Readonly<Record<string, unknown>> = {}) =>
        this.#log(level, `${message}${about}${typeof facts.hint === "string" ? ` (${facts.hint})` : ""}`);
    return {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      child: ({ signal, execution }) =>
        this.#logger(`${about}${signal === undefined ? "" : ` [${signal}]`}${execution === undefined ? "" : ` {${execution}}`}`),
    };
  }
}

const CONFIGURED = { mode: "paper", liveTradingAccount: undefined } as Parameters<typeof accountRefusal>[0];
