import type { AccountEngineParts } from "../app/account-engine.ts";
import { Daemon } from "../app/daemon.ts";
import type { TraderEvent } from "../app/events.ts";
import type { Rehearsal } from "../app/rehearsal.ts";
import { type HeldAccount, TradingSession } from "../app/trading-session.ts";
import type { SharedLogs } from "../app/session-logs.ts";
import type { VenueAccess } from "../app/venue-access.ts";
import type { RequestCeiling } from "../broker/request-ceiling.ts";
import type { DaemonState } from "../dashboard/health.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { haltAt } from "../machine/halt.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { plainStyle } from "../reporting/style.ts";
import type { AccountAlerts } from "./alerts-watch.ts";
import type { FleetAccount } from "./fleet-settings.ts";
import type { Places } from "./places.ts";
import { withRestarts } from "./restarts.ts";
import type { SharedMarket } from "./shared-market.ts";

export interface AccountHostParts extends SharedLogs {
  readonly clock: Clock;
  readonly account: FleetAccount;
  readonly verbose: boolean;
  readonly alerts: AccountAlerts;
  readonly places: Places;
  readonly market: SharedMarket;
  /** Of the requests of all accounts in this process; `undefined`: there is none. */
  readonly ceiling: RequestCeiling | undefined;
  /** Missing for a canary account. */
  readonly refusal?: NonNullable<AccountEngineParts["refusal"]>;
  readonly openVenue?: () => VenueAccess;
  readonly onEvent: (event: TraderEvent) => void;
  /** The event as it is logged, after what other accounts have logged; `undefined`: not again. */
  readonly asNews: (event: TraderEvent) => TraderEvent | undefined;
  readonly rehearsal?: Pick<Rehearsal, "run" | "close">;
  /** Takes the account at each start, where several machines may; without it, its ledger is a file of this machine. */
  readonly hold?: () => Promise<AccountHold>;
}

/** The account is this machine's until somebody else takes it. */
export interface AccountHold extends HeldAccount {
  /** As locks name it. */
  readonly command: string;
  /** Keeps what has been recorded, before the ledger is closed. */
  finish(): Promise<void>;
}

export type HostState = "starting" | "ready" | "failed" | "set-aside" | "stopped";

/**
 * One account of the fleet: its session and its daemon. An error ends these two and not the process; they are opened again
 * after a pause, and after three failures the account is set aside until the process is restarted.
 */
export class AccountHost {
  readonly name: string;
  readonly #parts: AccountHostParts;
  readonly #stopping = new AbortController();
  #session: TradingSession | undefined;
  #daemon: Daemon | undefined;
  #intakes: DaemonState["alerts"] = [];
  #problem: string | undefined;
  #isTooOld = false;
  #state: HostState = "starting";

  constructor(parts: AccountHostParts) {
    this.#parts = parts;
    this.name = parts.account.name;
  }

  get account(): FleetAccount {
    return this.#parts.account;
  }

  get state(): HostState {
    return this.#state === "starting" && this.#daemon?.ready === true ? "ready" : this.#state;
  }

  /** Why it does not trade, if it failed. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Its ledger was written by a newer version of this program. */
  get isTooOld(): boolean {
    return this.#isTooOld;
  }

  /** For its page; `undefined` while it does not trade. When its alerts were checked is known to the fleet as a whole. */
  get daemonState(): DaemonState | undefined {
    const daemon = this.#daemon;
    if (daemon === undefined) return undefined;
    const troubles = daemon.clockTrouble === undefined ? [] : [daemon.clockTrouble];
    const { ready: connected, streamState: stream, waiting } = daemon;
    return { connected, sinceCheckMs: undefined, alerts: this.#intakes, stream, waiting, troubles };
  }

  /** Until the next alert nothing is left to do. */
  get isSettled(): boolean {
    return this.#daemon?.isSettled === true;
  }

  /** `undefined` while the account is not open. */
  get session(): TradingSession | undefined {
    return this.#session;
  }

  /** Runs until `stop`, or until the account is set aside. Never throws. */
  async run(): Promise<void> {
    const failed = (error: unknown, isLast: boolean): void => this.#failed(error, isLast);
    const { clock } = this.#parts;
    this.#state = await withRestarts(() => this.#runOnce(), {
      clock,
      stopping: this.#stopping.signal,
      failed,
      isLasting: isOfNewerVersion,
    });
  }

  #failed(error: unknown, isLast: boolean): void {
    const log = this.#parts.log.child({ account: this.name });
    const text = messageOf(error);
    // What fails for the same reason every five seconds, until it passes, is logged once.
    const level = text === this.#problem && !isLast ? "debug" : "error";
    this.#problem = text;
    this.#state = isLast ? "set-aside" : "failed";
    log[level](text, error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {});
    this.#isTooOld = isOfNewerVersion(error);
    if (this.#isTooOld) log.error("The account is set aside: only that version may trade it.");
    else if (isLast) log.error("The account is set aside after 3 failures; the others go on. Restart the fleet once the cause is fixed.");
  }

  stop(): void {
    this.#stopping.abort();
    this.#daemon?.stop();
  }

  async #runOnce(): Promise<void> {
    const { account, clock, verbose, onEvent, openVenue, log, tradeLog, places, market, ceiling } = this.#parts;
    this.#state = "starting";
    const held = await this.#parts.hold?.();
    const session = await TradingSession.open({
      env: account.env,
      clock,
      // A lock names who holds it: to a command for this account alone, that is its daemon.
      command: held?.command ?? "run",
      console: undefined,
      verbose,
      onEvent,
      member: {
        account: account.name,
        config: account.config,
        log,
        tradeLog,
        calm: () => places.calm(),
        ceiling: ceiling?.of(account.name),
        sharing: (broker, tradingUrl, name) => market.of(broker, tradingUrl, name === account.config.fleet.marketKey),
        ...(held === undefined ? {} : { held }),
      },
      ...(openVenue === undefined ? {} : { venue: openVenue() }),
    });
    this.#session = session;
    try {
      session.lockLedger();
      await this.#trade(session);
    } finally {
      this.#daemon = undefined;
      this.#session = undefined;
      try {
        await held?.finish();
      } finally {
        await session.close();
      }
    }
  }

  async #trade(session: TradingSession): Promise<void> {
    const { alerts, account, clock } = this.#parts;
    if (this.#isStopping()) return;
    const intakes = account.config.strategies.map((strategy) => ({
      strategy,
      intakes: session.intakes(session.ledger, [strategy], alerts.reader(strategy)),
    }));
    this.#intakes = intakes.flatMap((each) => each.intakes);
    session.ledger.processRuns.begin(process.pid, clock.now());
    const daemon = this.#newDaemon(session, intakes);
    this.#daemon = daemon;
    let failure: unknown;
    try {
      await daemon.run();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      for (const each of intakes) for (const intake of each.intakes) intake.close();
      endRun(session, clock, failure);
    }
  }

  #newDaemon(session: TradingSession, sources: readonly Source[]): Daemon {
    const { alerts, account, places, refusal, clock, asNews, onEvent, rehearsal } = this.#parts;
    const { isCanary } = account.config.fleet;
    return new Daemon({
      clock,
      ledger: session.ledger,
      broker: session.broker,
      sources: sources.flatMap(({ strategy, intakes }) =>
        intakes.map((intake) => ({ intake, watch: alerts.watch(strategy, account.name, isCanary) })),
      ),
      rebalancer: (inbox, stopping) => session.rebalancer(inbox, stopping),
      halted: () => session.haltReason(),
      signalMaxAgeSeconds: session.config.signalMaxAgeSeconds,
      connect: async () => {
        const read = await session.readAccount();
        for (const line of accountSummary(
          read.account,
          read.positions,
          { mode: session.config.mode, brokerName: session.broker.name },
          plainStyle,
        ))
          if (line.trim() !== "" && !line.startsWith("=")) session.log.debug(line);
        session.claimAccount(read.account);
        session.warnOfHoldings(read);
        this.#problem = undefined;
        session.log.info(`Account ${read.account.number} is connected.`);
      },
      selfCheck: () => session.selfCheck(),
      prune: () => session.prune(),
      emit: (event) => {
        const news = event.kind === "ready" ? undefined : asNews(this.#withHint(event, session));
        if (news !== undefined) session.emit(news);
        else if (event.kind === "ready") onEvent(event);
      },
      inTurn: places.inTurnFor(account.name),
      othersTrade: () => places.isBusy,
      ...(refusal === undefined ? {} : { refusal }),
      ...(rehearsal === undefined ? {} : { rehearsal }),
    });
  }

  /** An account that is halted alone is resumed alone. */
  #withHint(event: TraderEvent, { config }: TradingSession): TraderEvent {
    if (event.kind !== "not-executed" || event.what.verdict.kind !== "halted" || haltAt(config.haltFiles.own) === undefined) return event;
    return {
      ...event,
      what: { ...event.what, hint: `Run \`alpaca-trader resume --account ${this.name}\` to resume trading in this account.` },
    };
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

interface Source {
  readonly strategy: FleetAccount["config"]["strategies"][number];
  readonly intakes: ReturnType<TradingSession["intakes"]>;
}

function isOfNewerVersion(error: unknown): boolean {
  return error instanceof TraderError && error.code === "ledger-newer";
}

/** A ledger that failed cannot say so in itself. */
function endRun({ ledger }: TradingSession, clock: Clock, failure: unknown): void {
  try {
    ledger.processRuns.end(clock.now(), failure === undefined ? undefined : messageOf(failure));
  } catch {
    // The failure itself has been reported.
  }
}
