import type { TraderEvent } from "../app/events.ts";
import { secretsOf } from "../config/secrets.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import type { Config, Environment } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import { createRedaction, type Log } from "../logging/logger.ts";
import { readHalt } from "../machine/halt.ts";
import type { NotificationCenter } from "../notifications/center.ts";
import { failedNotice, notExecutedNotice, restartedNotice } from "../notifications/event-notices.ts";
import { Heartbeat } from "../notifications/heartbeat.ts";
import { LivenessFile } from "../supervision/liveness-file.ts";
import { serviceManager, type ServiceManager } from "../supervision/service-manager.ts";
import type { FleetHold } from "./fleet-hold.ts";
import { openFleetNotices, signalNotice } from "./fleet-notices.ts";
import type { Signal } from "../domain/signal.ts";
import { countsText, isOpen, type Standing } from "./standing.ts";

/** Accounts end one after the other; a message waits until nothing has changed for this long. */
const QUIET_MS = 2_000;
/** An account that goes on until its deadline is reported as such after this long. */
const REPORT_WITHIN_MS = 120_000;
const LOOK_LIMIT_MS = 10_000;
const DRAIN_MS = 2_000;
/** How long after a request to stop messages may still be sent; the process ends within 8 s. */
const STOP_BUDGET_MS = 7_000;
/** Signals whose last report is remembered. */
const MOST_TOLD = 100;

export interface FleetReporterParts {
  readonly env: Environment;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared: Config;
  readonly hold: FleetHold;
  /** Of the accounts, which must not appear in messages. */
  readonly secrets: readonly string[];
  readonly standings: (signalId: string) => readonly Standing[];
  /** As any account knows it. */
  readonly signalOf: (signalId: string) => Signal | undefined;
  /** One line for `systemctl status`. */
  readonly state: () => string;
  /** Why nothing, or not everything, can be traded; `undefined` while all is well. */
  readonly problem: () => string | undefined;
}

/** Reports the fleet to people, the heartbeat monitor, systemd and the container's health check: one message a signal, not one an account. */
export class FleetReporter {
  readonly #parts: FleetReporterParts;
  readonly #notifications: NotificationCenter;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #service: ServiceManager;
  readonly #liveness: LivenessFile;
  readonly #redact: (text: string) => string;
  readonly #open = new Map<string, { readonly signal: Signal; readonly since: number }>();
  readonly #told = new Map<string, string>();
  #timer: Timer | undefined;
  #stopAskedAt: number | undefined;
  /** Alerts file → when it was last checked, monotonic. */
  readonly #lookedAt = new Map<string, number>();

  constructor(parts: FleetReporterParts) {
    const { env, clock, log, shared, secrets, problem } = parts;
    this.#parts = parts;
    this.#redact = createRedaction([...secretsOf(shared), ...secrets]);
    this.#notifications = openFleetNotices(parts);
    const { heartbeatUrl: url } = shared.notifications;
    this.#heartbeat =
      url === undefined
        ? undefined
        : new Heartbeat({ clock, log, fetch, redact: this.#redact, url, problem: () => this.#problem(problem) });
    this.#service = serviceManager({ env, pid: process.pid, clock, log });
    this.#liveness = new LivenessFile({ env, pid: process.pid, clock, warn: (message, facts) => log.warn(message, facts) });
  }

  begin(): void {
    const { hold, clock, shared, log } = this.#parts;
    const before = hold.ledger.processRuns.begin(process.pid, clock.now());
    if (before !== undefined && (before.endedAt === undefined || before.failure !== undefined)) {
      log.warn(
        `The fleet's process before this one (pid ${String(before.pid)}) did not stop cleanly${before.failure === undefined ? "" : `: ${before.failure}`}.`,
      );
      this.#notifications.notify(restartedNotice(before, undefined, clock.now(), shared.alertsTimezone));
    }
    this.#notifications.halt(readHalt(shared.haltFiles));
    this.#service.ready();
    this.#service.watch(() => this.isWatching);
    this.#liveness.watch(() => this.isWatching);
    this.#heartbeat?.start();
    this.sayState();
  }

  get isWatching(): boolean {
    const now = this.#parts.clock.monotonic();
    return [...this.#lookedAt.values()].every((at) => now - at < LOOK_LIMIT_MS);
  }

  /** All accounts have looked at an alerts file. */
  looked(file: string): void {
    this.#lookedAt.set(file, this.#parts.clock.monotonic());
  }

  /** No account reads it any more, for example because its only account is set aside. */
  left(file: string): void {
    this.#lookedAt.delete(file);
  }

  onEvent(event: TraderEvent): void {
    const { clock } = this.#parts;
    // What is wrong with the alerts is the same for all accounts, and the outbox takes it once.
    if (event.kind === "not-executed" && event.origin === "intake") this.#notifications.notify(notExecutedNotice(event.what, clock.now()));
    if (event.kind === "executing" || event.kind === "ready") this.sayState();
    const id = signalIdOf(event);
    if (id !== undefined) this.#follow(id);
  }

  /** Also a signal of an earlier process, and one whose rest is traded after it was reported. */
  #follow(id: string): void {
    const { clock, signalOf } = this.#parts;
    const signal = this.#open.get(id)?.signal ?? signalOf(id);
    if (signal === undefined) return;
    if (!this.#open.has(id)) this.#open.set(id, { signal, since: clock.monotonic() });
    this.#lookSoon();
  }

  /** The whole fleet was halted, or resumed. */
  haltChanged(): void {
    this.#notifications.halt(readHalt(this.#parts.shared.haltFiles));
    this.sayState();
  }

  /** An account was set aside. */
  setAside(account: string, problem: string): void {
    const lines = [this.#redact(problem), "The other accounts go on. Restart the fleet once the cause is fixed."];
    this.#notifications.notify({
      kind: "failed",
      level: "error",
      key: `set-aside:${account}:${String(this.#parts.clock.now())}`,
      title: `the account ${account} is set aside`,
      lines,
    });
    this.sayState();
  }

  sayState(): void {
    if (this.#service.listening) this.#service.status(this.#parts.state());
  }

  stopping(): void {
    this.#stopAskedAt = this.#parts.clock.monotonic();
    this.#service.stopping();
  }

  /** Bounded in time; never throws. */
  async end(failure?: unknown): Promise<void> {
    const { clock, hold } = this.#parts;
    this.#timer?.cancel();
    if (failure !== undefined) this.#notifications.notify(failedNotice("the fleet", failure, clock.now()));
    try {
      hold.ledger.processRuns.end(clock.now(), failure === undefined ? undefined : this.#redact(messageOf(failure)));
    } catch {
      // The failure itself has been reported.
    }
    const left = this.#stopAskedAt === undefined ? DRAIN_MS : this.#stopAskedAt + STOP_BUDGET_MS - clock.monotonic();
    await Promise.all([this.#notifications.close(Math.max(0, Math.min(DRAIN_MS, left))), this.#service.close()]);
    this.#heartbeat?.close();
    this.#liveness.close();
  }

  #lookSoon(): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(QUIET_MS, () => this.#tell());
  }

  /** A signal is reported once all accounts have ended, or after two minutes; and again when its result has changed since. */
  #tell(): void {
    const { clock, standings, log } = this.#parts;
    for (const [id, { signal, since }] of this.#open) {
      const now = standings(id);
      const isOver = clock.monotonic() - since >= REPORT_WITHIN_MS;
      const open = now.some(({ kind }) => isOpen(kind));
      const counts = countsText(now);
      if (open && !isOver) continue;
      if (!open) this.#open.delete(id);
      if (this.#told.get(id) === counts) continue;
      if (this.#told.size >= MOST_TOLD) this.#told.clear();
      this.#told.set(id, counts);
      log.child({ signal: id }).info(`Fleet: ${counts}.`);
      this.#notifications.notify(signalNotice(signal, now));
    }
    if (this.#open.size > 0) this.#timer = this.#parts.clock.after(QUIET_MS, () => this.#tell());
    this.sayState();
  }

  #problem(problem: () => string | undefined): string | undefined {
    return this.isWatching ? problem() : "An alerts file is not being watched.";
  }
}

/** The signal whose result in an account may have changed. */
function signalIdOf(event: TraderEvent): string | undefined {
  if (event.kind === "offered") return event.signal.id;
  if (event.kind === "concluded" || event.kind === "recovering") return event.execution.signalId;
  return event.kind === "not-executed" && event.origin === "engine" ? event.what.signalId : undefined;
}
