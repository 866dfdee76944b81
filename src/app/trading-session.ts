import { AccountEngine } from "./account-engine.ts";
import { recordEvent } from "./event-log.ts";
import type { TraderEvent } from "./events.ts";
import type { SignalInbox } from "./signal-inbox.ts";
import type { AccountCeiling } from "../broker/request-ceiling.ts";
import type { Account, Broker, Position } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { accountLockName, accountRefusal } from "../accounts/account-guard.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { secretsOf } from "../config/secrets.ts";
import { ledgerLockFile, ledgerFile } from "../config/files.ts";
import { prepareStateDirectory } from "../machine/directory-access.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import { ADOPTION_HINT, strangersHeld } from "../execution/preparation/adoption.ts";
import type { RebalancerParts } from "../execution/rebalancer.ts";
import { Rebalancer } from "../execution/rebalancer.ts";
import { RecordedRebalancer } from "../replay/recorded-rebalancer.ts";
import { HaltSwitch } from "../machine/halt.ts";
import type { Intake, IntakeOptions } from "../intake/intake.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { HeldLock } from "../ledger/lock.ts";
import { acquireLock, holderOf } from "../ledger/lock.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { accountLockDirectory, accountLockFile } from "../ledger/lock-directory.ts";
import type { SqliteLedger } from "../ledger/sqlite-ledger.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import { LatestExecutionFile } from "./latest-execution-file.ts";
import { openIntakes } from "./open-intakes.ts";
import { logsOf, openLogs, type LogOptions, type SharedLogs } from "./session-logs.ts";
import type { VenueAccess } from "./venue-access.ts";
import { openBroker, openVenue } from "./venue-access.ts";
import type { Logger, TradeLog } from "../logging/logger.ts";
import { createRedaction } from "../logging/logger.ts";
import { RecurringWarnings } from "../logging/recurring.ts";
import { tradeRecord } from "../reporting/trade-record.ts";

/** How long signals that were never traded are kept for questions. */
const KEPT_MS = 90 * 86_400_000;

/** Account summary shown before anything is traded. */
export interface ShownAccount {
  readonly account: Account;
  readonly positions: readonly Position[];
}

export interface TradingSessionOptions extends LogOptions {
  /** Replaces the mode's own venue: a demonstration brings its own. Closed with the session. */
  readonly venue?: VenueAccess;
  /** Called with every event, after log and ledger. */
  readonly onEvent?: (event: TraderEvent) => void;
  /** One account of a fleet: its settings, and the logs that it shares with the others. */
  readonly member?: FleetMember;
}

export interface FleetMember extends SharedLogs {
  readonly account: string;
  /** Replaces what the environment says. */
  readonly config: Config;
  /** Resolves when no account trades; what only people read is written then. */
  readonly calm?: () => Promise<void>;
  /** The broker, with what is the same for all accounts at this address read once for all of them. */
  readonly sharing?: (broker: Broker, tradingUrl: string, account: string) => Broker;
  /** What the requests of all accounts pass. */
  readonly ceiling?: AccountCeiling | undefined;
  /** Its ledger is kept elsewhere, and another machine may take it over at any time. */
  readonly held?: HeldAccount;
}

/** An account that one of many machines holds for as long as nobody else does. */
export interface HeldAccount {
  /** In memory; the session closes it. */
  readonly ledger: SqliteLedger;
  /** The broker that sends an order only when its intent is kept elsewhere. */
  readonly fence: (broker: Broker) => Broker;
  /** Whether an order may leave now. */
  readonly mayLeave: () => boolean;
  /** Why the account is halted, as all machines hear it. */
  readonly halted: () => string | undefined;
  /** Whether the holder of the account's lock on this machine is another worker: which of them may send is not the lock's to say. */
  readonly isWorker: (holder: LockHolder) => boolean;
}

/**
 * Everything a trading command needs: settings, logs, ledger, venue, locks. Opened in this order and
 * closed in reverse; a failure while opening closes what is already open.
 */
export class TradingSession {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: SqliteLedger;
  readonly broker: Broker;
  readonly halt: HaltSwitch;
  readonly recurring: RecurringWarnings;
  readonly #options: TradingSessionOptions;
  readonly #tradeLog: TradeLog;
  readonly #latestExecution: LatestExecutionFile;
  readonly #venue: VenueAccess;
  readonly #locks: HeldLock[] = [];
  /** The account's lock file, while another worker on this machine holds it. */
  #sharedLock: string | undefined;
  readonly #listeners = new Set<(event: TraderEvent) => void>();

  private constructor(
    options: TradingSessionOptions,
    config: Config,
    opened: { log: Logger; tradeLog: TradeLog; ledger: SqliteLedger; venue: VenueAccess; broker: Broker },
  ) {
    this.#options = options;
    this.config = config;
    this.clock = options.clock;
    this.log = opened.log;
    this.ledger = opened.ledger;
    this.broker = opened.broker;
    this.#tradeLog = opened.tradeLog;
    this.#venue = opened.venue;
    this.halt = new HaltSwitch(config, process.pid);
    this.recurring = new RecurringWarnings(opened.log, options.clock);
    if (options.onEvent !== undefined) this.#listeners.add(options.onEvent);
    this.#latestExecution = new LatestExecutionFile({ ...opened, config, clock: options.clock, calm: options.member?.calm });
  }

  /** @throws TraderError: configuration or an unusable directory (78), a log owned by someone else (3), a ledger that cannot be opened. */
  static async open(options: TradingSessionOptions): Promise<TradingSession> {
    const config = options.member?.config ?? loadConfig(options.env);
    const closers: (() => unknown)[] = [];
    prepareStateDirectory(config.stateDir);
    try {
      const { log, tradeLog } = options.member === undefined ? openLogs(options, config, closers) : logsOf(options.member);
      const warnings: string[] = [];
      const onEmpty = (since: number): void => {
        if (options.clock.now() - since > LEDGER_MADE_WITHIN_MS) warnings.push(emptyLedger(ledgerFile(config)));
      };
      const held = options.member?.held;
      const ledger = held?.ledger ?? openLedger(ledgerFile(config), { redact: createRedaction(secretsOf(config)), onEmpty });
      closers.push(() => ledger.close());
      const venue = options.venue ?? (await openVenue(config, options.clock, options.command));
      closers.push(() => venue.close());
      const onWait = (text: string): void => session.emit({ kind: "remark", level: "info", important: true, text });
      const own = await openBroker(config, venue, options.clock, {
        log,
        onWait,
        mayWrite: held?.mayLeave,
        ceiling: options.member?.ceiling,
      });
      const guarded = held?.fence(own) ?? own;
      const broker = options.member?.sharing?.(guarded, venue.alpaca.tradingUrl, options.member.account) ?? guarded;
      const session = new TradingSession(options, config, { log, tradeLog, ledger, venue, broker });
      for (const text of warnings) session.emit({ kind: "remark", level: "warn", important: true, text });
      return session;
    } catch (error) {
      for (const close of closers.toReversed()) await close();
      throw error;
    }
  }

  /** The lock on the ledger. @throws TraderError (3) that names the holder. */
  lockLedger(): void {
    if (this.#options.member?.held !== undefined) return;
    this.#locks.push(acquireLock(ledgerLockFile(this.config), this.#holder()));
  }

  /**
   * Checks that this ledger may trade the account now (R27). A dry run checks it too.
   * @throws TraderError: exit 3 for a wrong account.
   */
  assertTradable(account: Account): void {
    const refusal = accountRefusal(this.config, this.ledger, account);
    if (refusal !== undefined)
      throw new TraderError(refusal.reason, { code: "account-refused", hint: refusal.hint, exitCode: EXIT.refused });
  }

  /**
   * Takes a tradable account for this process: locks it on this machine, and pins a new ledger to it. In shadow mode a live
   * daemon may trade the account next to it, so only the ledger is locked.
   * @throws TraderError as {@link assertTradable} does, and exit 3 for a held lock.
   */
  claimAccount(account: Account): void {
    this.assertTradable(account);
    if (this.config.alpaca !== undefined && this.config.mode !== "shadow") {
      const name = accountLockName(this.config.alpaca, account.number);
      this.#lockAccount(accountLockFile(name, accountLockDirectory()), account.number);
    }
    if (this.ledger.pinnedAccount() === undefined) this.ledger.pinAccount(account.number, this.clock.now());
  }

  #lockAccount(file: string, account: string): void {
    this.#sharedLock = undefined;
    try {
      this.#locks.push(acquireLock(file, { ...this.#holder(), account }));
    } catch (error) {
      const holder = error instanceof TraderError && error.code === "lock-held" ? holderOf(file) : undefined;
      if (holder === undefined || this.#options.member?.held?.isWorker(holder) !== true) throw error;
      this.#sharedLock = file;
    }
  }

  /** Why trading is halted; `undefined` if it is not. */
  haltReason(): string | undefined {
    return this.halt.reason() ?? this.#options.member?.held?.halted();
  }

  /** Reads the account and its positions once. @throws BrokerError */
  async readAccount(): Promise<ShownAccount> {
    const [account, positions] = await Promise.all([this.broker.account(), this.broker.positions()]);
    return { account, positions };
  }

  /** As {@link readAccount}, retried for `limitMs` while the venue is unreachable. */
  async readAccountWithin(limitMs: number, onProblem: (error: BrokerError) => void): Promise<ShownAccount> {
    const start = this.clock.monotonic();
    for (;;) {
      try {
        return await this.readAccount();
      } catch (error) {
        const again =
          error instanceof BrokerError && error.failure !== "unauthorized" && this.clock.monotonic() - start + PAUSE_MS < limitMs;
        if (!again) throw error;
        onProblem(error);
        await this.clock.sleep(PAUSE_MS);
      }
    }
  }

  /**
   * One per strategy.
   * @param strategies where their alerts are read; by default their own files.
   * @param open readers of these files; by default each intake has its own.
   */
  intakes(ledger: Ledger = this.ledger, strategies: Config["strategies"] = this.config.strategies, open?: IntakeOptions["open"]): Intake[] {
    return openIntakes({ ...this.config, strategies }, this.clock, ledger, open);
  }

  /** @param ledger the session's own by default; a copy of it for a dry run. */
  rebalancer(inbox: InboxView, stopping: AbortSignal, ledger: Ledger = this.ledger): Rebalancer {
    const { config, clock, broker } = this;
    const parts: RebalancerParts = {
      broker,
      ledger,
      clock,
      account: config,
      settings: config,
      limits: config,
      signalMaxAgeSeconds: config.signalMaxAgeSeconds,
      orderTimeoutSeconds: config.orderTimeoutSeconds,
      executionDeadlineSeconds: config.executionDeadlineSeconds,
      execution: config.execution,
      strategies: config.strategies,
      halted: () => this.haltReason(),
      stopping,
      inbox,
      emit: (event) => this.emit(event),
    };
    if (ledger !== this.ledger || !config.fleet.isRecorded) return new Rebalancer(parts);
    return new RecordedRebalancer({ ...parts, recordings: this.ledger.recordings, redact: createRedaction(secretsOf(config)) });
  }

  /** The account engine of this session. */
  engine(inbox: SignalInbox, stopping: AbortSignal, ledger: Ledger = this.ledger): AccountEngine {
    const { clock, broker, config } = this;
    return new AccountEngine({
      clock,
      ledger,
      broker,
      inbox,
      rebalancer: (view, signal) => this.rebalancer(view, signal, ledger),
      signalMaxAgeSeconds: config.signalMaxAgeSeconds,
      stopping,
      emit: (event) => this.emit(event),
    });
  }

  /** R27: warns before a ledger's first run sells positions bought by hand. With several strategies none of them are sold. */
  warnOfHoldings({ account, positions }: ShownAccount): void {
    const { config, ledger } = this;
    const held = strangersHeld(positions, config, { ledger, account: account.number });
    if (held.length === 0 || config.strategies.length > 1) return;
    const isLive = config.mode === "live";
    const text =
      `Account ${account.number} holds positions that this ledger did not buy: ${held.join(", ")}. A run sells those that are not among its targets. ` +
      (isLive ? `Such a run is refused until you allow it. ${ADOPTION_HINT}` : "List the symbols to keep in PROTECTED_SYMBOLS.");
    this.emit({ kind: "remark", level: "warn", important: true, text });
  }

  /** Sends an event to the log and the decision record, the trade log and the file for dashboards, and then to listeners. */
  emit(event: TraderEvent): void {
    const { log, ledger, clock, recurring } = this;
    recordEvent(event, { log, ledger, clock, warnAgain: (text, child) => recurring.warn(text, child) });
    if (event.kind === "concluded") this.#recordTrade(event.execution.id);
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns a function that removes the listener. */
  listen(listener: (event: TraderEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Writes one trade log line for a finished execution, and the file for dashboards in the background. */
  #recordTrade(executionId: string): void {
    this.#tradeLog.append(tradeRecord(this.ledger, executionId, this.config.mode));
    this.#latestExecution.record(executionId);
  }

  /**
   * Call it regularly while holding the lock.
   * @throws TraderError when ledger or locks were deleted or replaced from outside.
   */
  selfCheck(): void {
    this.ledger.check();
    for (const lock of this.#locks) lock.check(this.clock.now());
    // So that other programs find the account locked, also when the worker that held the lock has ended.
    const pinned = this.ledger.pinnedAccount();
    if (this.#sharedLock !== undefined && pinned !== undefined) this.#lockAccount(this.#sharedLock, pinned.number);
  }

  /** Keeps the ledger bounded. With a ledger of years it takes some tenths of a second. */
  prune(): void {
    this.ledger.prune(this.clock.now() - KEPT_MS);
  }

  /** Reports the end of the process in the log and on the terminal. */
  logFailure(error: unknown): void {
    const hint = error instanceof TraderError || error instanceof BrokerError ? error.hint : undefined;
    this.log.error(messageOf(error), hint === undefined ? {} : { hint });
  }

  /** @param lastWords final log entry, after all others. */
  async close(lastWords?: string): Promise<void> {
    this.halt.close();
    this.recurring.close();
    await this.#latestExecution.close();
    await this.broker.close();
    await this.#venue.close();
    // Requests cancelled by closing the broker are reported by their callers.
    await new Promise((resolve) => setImmediate(resolve));
    if (lastWords !== undefined) this.log.info(lastWords);
    for (const lock of this.#locks.toReversed()) lock.release();
    this.ledger.close();
    this.#tradeLog.close();
    this.log.close();
  }

  #holder(): Parameters<typeof acquireLock>[1] {
    const { command } = this.#options;
    return { pid: process.pid, command, mode: this.config.mode, stateDir: this.config.stateDir, startedAt: this.clock.now() };
  }
}

/** At the very first start two commands may run at once, and one finds the ledger that the other has just created, still empty. */
const LEDGER_MADE_WITHIN_MS = 60_000;
const PAUSE_MS = 1_000;

/** After a crash of the very first start it is harmless, so it must not keep the next one from starting. */
function emptyLedger(file: string): string {
  return (
    `Warning: The ledger ${file} was there but empty (0 bytes); a new one is started in its place. ` +
    "If this installation has traded before, its records are lost: stop, restore a backup, and check the account's orders."
  );
}
