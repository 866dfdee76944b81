import type { Clock, Timer } from "../domain/clock.ts";
import type { Environment } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import type { Log } from "../logging/logger.ts";
import { oneLine } from "../reporting/style.ts";
import type { ServiceNotify } from "./systemd-notify.ts";
import { systemdNotify } from "./systemd-notify.ts";

const MAX_STATUS_CHARACTERS = 200;
const MICROSECONDS_IN_MS = 1_000;
/** Updates per watchdog period; a late one then does no harm. */
const BEATS_PER_TIMEOUT = 3;

/** Messages to the process's supervisor, as in `sd_notify(3)`. Outside systemd every call does nothing. */
export interface ServiceManager {
  /** Whether a supervisor listens; if not, no status needs computing. */
  readonly listening: boolean;
  ready(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Feeds the unit's watchdog, if there is one, while `alive` says so: silence makes systemd restart us. */
  watch(alive: () => boolean): void;
  stopping(): void;
  /** Stops feeding, and waits until pending messages are delivered. */
  close(): Promise<void>;
}

export interface ServiceManagerParts {
  readonly env: Environment;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: `systemd-notify`. */
  readonly notify?: ServiceNotify;
}

const NOBODY: ServiceManager = {
  listening: false,
  ready: () => undefined,
  status: () => undefined,
  watch: () => undefined,
  stopping: () => undefined,
  close: () => Promise.resolve(),
};

/** The service manager that started us, if any. */
export function serviceManager(parts: ServiceManagerParts): ServiceManager {
  return (parts.env.NOTIFY_SOCKET ?? "") === "" ? NOBODY : new Systemd(parts);
}

/**
 * One message at a time. Updates that arrive meanwhile wait, and only the newest of each name is sent: nobody
 * needs an outdated status.
 */
class Systemd implements ServiceManager {
  readonly listening = true;
  readonly #parts: ServiceManagerParts;
  readonly #notify: ServiceNotify;
  readonly #waiting = new Map<string, string>();
  #sending: Promise<void> | undefined;
  #status = "";
  #timer: Timer | undefined;
  #failed = false;

  constructor(parts: ServiceManagerParts) {
    this.#parts = parts;
    this.#notify = parts.notify ?? systemdNotify(parts.env, parts.clock);
  }

  ready(): void {
    this.#say("READY", "1");
  }

  status(text: string): void {
    const line = oneLine(text).slice(0, MAX_STATUS_CHARACTERS);
    if (line === this.#status) return;
    this.#status = line;
    this.#say("STATUS", line);
  }

  watch(alive: () => boolean): void {
    const timeoutMs = watchdogTimeout(this.#parts);
    if (timeoutMs === undefined) return;
    const beat = (): void => {
      this.#timer = this.#parts.clock.after(timeoutMs / BEATS_PER_TIMEOUT, beat);
      if (alive()) this.#say("WATCHDOG", "1");
    };
    beat();
  }

  stopping(): void {
    this.#say("STOPPING", "1");
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#sending;
  }

  #say(name: string, value: string): void {
    this.#waiting.set(name, value);
    this.#sending ??= this.#send();
  }

  async #send(): Promise<void> {
    // Updates made in the same turn go in one message.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const assignments = [...this.#waiting].map(([name, value]) => `${name}=${value}`);
      this.#waiting.clear();
      await this.#handOver(assignments);
    }
    this.#sending = undefined;
  }

  async #handOver(assignments: readonly string[]): Promise<void> {
    try {
      await this.#notify(assignments);
      this.#failed = false;
    } catch (error) {
      const text = `systemd cannot be notified (${assignments.join(", ")}): ${oneLine(messageOf(error))}`;
      this.#parts.log[this.#failed ? "debug" : "warn"](text, {
        hint: "systemd-notify must be in PATH, and the unit needs NotifyAccess=all.",
      });
      this.#failed = true;
    }
  }
}

/** WATCHDOG_USEC applies only to the process named by WATCHDOG_PID; our children inherit both. */
function watchdogTimeout({ env, pid }: ServiceManagerParts): number | undefined {
  const microseconds = Number(env.WATCHDOG_USEC ?? "");
  const meant = env.WATCHDOG_PID ?? String(pid);
  return Number.isFinite(microseconds) && microseconds > 0 && meant === String(pid) ? microseconds / MICROSECONDS_IN_MS : undefined;
}
