import { MarketClockPoller } from "./market-clock-poller.ts";
import { modeLabel, type Environment } from "../domain/config.ts";
import { LivenessFile } from "../supervision/liveness-file.ts";
import type { TradingSession } from "./trading-session.ts";
import { secretsOf } from "../config/secrets.ts";
import { messageOf } from "../domain/errors.ts";
import { readHalt } from "../machine/halt.ts";
import type { IntakeState } from "../intake/intake-state.ts";
import { alertsProblems } from "../intake/intake-state.ts";
import type { Signal } from "../domain/signal.ts";
import { createRedaction } from "../logging/logger.ts";
import type { TraderEvent } from "./events.ts";
import { noticeOf, openNotifications } from "./open-notifications.ts";
import type { NotificationCenter } from "../notifications/center.ts";
import { DailySummary } from "../notifications/daily-summary.ts";
import { failedNotice, restartedNotice, signalMissingNotice } from "../notifications/event-notices.ts";
import { Heartbeat } from "../notifications/heartbeat.ts";
import type { ServiceManager } from "../supervision/service-manager.ts";
import { serviceManager } from "../supervision/service-manager.ts";

/** The alerts file is checked once a second; a watcher that has not done so for this long is stuck. */
const LOOK_LIMIT_MS = 10_000;
/** How long messages may still be sent after a request to stop; the daemon exits within 8 s. */
const STOP_BUDGET_MS = 7_000;
const DRAIN_MS = 2_000;

/**
 * Reports the daemon's state to people (notifications, daily summary), the heartbeat monitor, systemd,
 * and the container health check. Trading never waits for it, and no failure here stops trading.
 */
export class StatusReporter {
  readonly #session: TradingSession;
  readonly #alerts: readonly IntakeState[];
  readonly #blind: () => string | undefined;
  readonly #notifications: NotificationCenter;
  readonly #summary: DailySummary;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #service: ServiceManager;
  readonly #liveness: LivenessFile;
  readonly #clockPoller: MarketClockPoller | undefined;
  readonly #redact: (text: string) => string;
  /** Alerts file → when it was last checked, monotonic. */
  readonly #lookedAt = new Map<string, number>();
  #ready = false;
  #executing: Signal | undefined;
  #lastOutcome: string | undefined;
  /** The last status sent. */
  #refusedBefore: string | undefined;
  #stopAskedAt: number | undefined;

  /**
   * Create only while holding the trading lock.
   * @param blind why new alerts cannot be seen.
   */
  constructor(session: TradingSession, env: Environment, alerts: readonly IntakeState[], blind: () => string | undefined) {
    const { clock, log, ledger, broker, config } = session;
    this.#session = session;
    this.#alerts = alerts;
    this.#blind = blind;
    this.#redact = createRedaction(secretsOf(config));
    this.#notifications = openNotifications(session);
    const { heartbeatUrl: url } = config.notifications;
    const common = { clock, log, fetch, redact: this.#redact };
    this.#heartbeat = url === undefined ? undefined : new Heartbeat({ ...common, url, problem: () => this.#problem() });
    this.#service = serviceManager({ env, pid: process.pid, clock, log });
    this.#liveness = new LivenessFile({ env, pid: process.pid, clock, warn: (message, facts) => log.warn(message, facts) });
    this.#clockPoller =
      url === undefined && !this.#service.listening ? undefined : new MarketClockPoller(broker, clock, () => this.#sayStatus());
    const knows = (key: string): boolean => this.#notifications.knows(key);
    this.#summary = new DailySummary({ broker, ledger, clock, log, knows, notify: (notice) => this.#notifications.notify(notice) });
  }

  /** The daemon begins to run. */
  begin(): void {
    this.#quietly(() => this.#tellLastLife());
    this.#tellHalt();
    this.#sayStatus();
  }

  #tellLastLife(): void {
    const { ledger, clock, config, log } = this.#session;
    const before = ledger.processRuns.begin(process.pid, clock.now());
    if (before !== undefined && (before.endedAt === undefined || before.failure !== undefined)) {
      log.warn(
        `The daemon before this one (pid ${String(before.pid)}) did not stop cleanly${before.failure === undefined ? "" : `: ${before.failure}`}.`,
      );
      this.#notifications.notify(restartedNotice(before, ledger.openExecutions().length, clock.now(), config.alertsTimezone));
    }
  }

  /** An alerts file has just been checked. */
  looked(file: string): void {
    this.#lookedAt.set(file, this.#session.clock.monotonic());
    const refused = this.#refusedAlerts;
    if (refused === this.#refusedBefore) return;
    this.#refusedBefore = refused;
    this.#sayStatus();
  }

  /** Milliseconds since the least recently checked file was checked; `undefined` until all were. */
  get sinceCheckMs(): number | undefined {
    if (this.#lookedAt.size < this.#session.config.strategies.length) return undefined;
    return this.#session.clock.monotonic() - Math.min(...this.#lookedAt.values());
  }

  /** Reacts to an event. */
  onEvent(event: TraderEvent): void {
    switch (event.kind) {
      case "watching":
        this.#watching();
        break;
      case "ready":
        this.#ready = true;
        this.#heartbeat?.start();
        this.#summary.start();
        break;
      case "executing":
        this.#executing = event.signal;
        break;
      case "concluded":
        this.#executing = undefined;
        this.#lastOutcome = event.execution.outcome;
        break;
      case "not-executed":
        this.#executing = undefined;
        break;
      case "halt-changed":
        this.#tellHalt();
        break;
      default:
        return;
    }
    this.#quietly(() => this.#notifications.notify(noticeOf(event, this.#session)));
    this.#sayStatus();
  }

  /** Ledger and watchers are running: new alerts are seen even when the broker is down. */
  #watching(): void {
    for (const { alertsFile } of this.#session.config.strategies) this.looked(alertsFile);
    this.#service.ready();
    this.#service.watch(() => this.#isWatching());
    this.#liveness.watch(() => this.#isWatching());
    this.#heartbeat?.start();
    this.#clockPoller?.start();
  }

  /** A signal was due but did not arrive. @param due milliseconds since the epoch. */
  signalMissing(strategy: string, due: number, reason: string): void {
    this.#notifications.notify(signalMissingNotice(strategy, due, reason, this.#session.config.alertsTimezone));
  }

  #tellHalt(): void {
    this.#notifications.halt(readHalt(this.#session.config.haltFiles));
  }

  /** The daemon has been asked to stop. */
  stopping(): void {
    this.#stopAskedAt = this.#session.clock.monotonic();
    this.#service.stopping();
  }

  /** The daemon has ended. @param failure the reason, unless it was asked to stop. Bounded in time; never throws. */
  async end(failure?: unknown): Promise<void> {
    const { clock, ledger } = this.#session;
    this.#summary.close();
    this.#clockPoller?.close();
    if (failure !== undefined) this.#notifications.notify(failedNotice("the daemon", failure, clock.now()));
    this.#quietly(() => ledger.processRuns.end(clock.now(), failure === undefined ? undefined : this.#redact(messageOf(failure))));
    const limit = this.#stopAskedAt === undefined ? DRAIN_MS : this.#stopAskedAt + STOP_BUDGET_MS - clock.monotonic();
    await Promise.all([
      this.#notifications.close(Math.max(0, Math.min(DRAIN_MS, limit))),
      failure === undefined ? undefined : this.#failHeartbeat(messageOf(failure)),
      this.#service.close(),
    ]);
    this.#heartbeat?.close();
    this.#quietly(() => this.#liveness.close());
  }

  async #failHeartbeat(reason: string): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#heartbeat?.fail(reason), this.#session.clock.sleep(DRAIN_MS, over.signal)]);
    over.abort();
  }

  /** The daemon itself detects a failing ledger where it matters. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#session.log.debug(`Notification not sent: ${messageOf(error)}`);
    }
  }

  /** Checks each file: one stuck watcher must not hide behind the others. */
  #isWatching(): boolean {
    const now = this.#session.clock.monotonic();
    return this.#lookedAt.size > 0 && [...this.#lookedAt.values()].every((at) => now - at < LOOK_LIMIT_MS);
  }

  get #refusedAlerts(): string | undefined {
    const problems = alertsProblems(this.#alerts);
    return problems.length === 0 ? undefined : problems.join(" ");
  }

  /** A halt is deliberate, so it does not count as a problem. */
  #problem(): string | undefined {
    if (!this.#isWatching()) return "An alerts file is not being watched.";
    if (this.#refusedAlerts !== undefined) return this.#refusedAlerts;
    if (!this.#ready) return "The account has not been read yet, or an execution left by an earlier process is not finished.";
    return this.#blind() ?? this.#clockPoller?.problem;
  }

  #sayStatus(): void {
    const market = this.#clockPoller?.text ?? "";
    this.#service.status([this.#state(), ...(market === "" ? [] : [market])].join("; "));
  }

  #state(): string {
    const { config, broker, halt } = this.#session;
    const mode = modeLabel(config.mode);
    const halted = halt.reason();
    if (halted !== undefined) return `${mode}: HALTED (${halted})`;
    if (this.#refusedAlerts !== undefined) return `${mode}: ALERTS REFUSED (${this.#refusedAlerts})`;
    if (!this.#ready) return `${mode}: connecting to ${broker.name}`;
    if (this.#executing !== undefined) return `${mode}: executing signal ${this.#executing.id}`;
    return `${mode}: watching for alerts${this.#lastOutcome === undefined ? "" : ` (last execution: ${this.#lastOutcome})`}`;
  }
}
