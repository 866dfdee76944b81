import type { Timer } from "../domain/clock.ts";
import type { Log } from "../logging/logger.ts";
import { deliveryResultOf, type OutgoingRequest } from "./channel.ts";
import { post, type PostPorts } from "./post.ts";
import { hostOf } from "../config/notification-settings.ts";

const EVERY_MS = 60_000;
/** Description of a failure for people. */
const MAX_REASON_CHARACTERS = 1_000;

export interface HeartbeatParts extends PostPorts {
  readonly url: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  /** The current problem; undefined while all is well. */
  readonly problem: () => string | undefined;
}

/**
 * Signals once a minute to an external monitor that the daemon is alive, in the format of healthchecks.io: the
 * address while healthy, the address with `/fail` when not. Silence means that the daemon, its machine or its
 * network is down, and the monitor alerts people.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #giveUp = new AbortController();
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;
  #failing = false;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** Beats now if all is well, and every minute from now on, well or not. */
  start(): void {
    this.#timer?.cancel();
    if (this.#parts.problem() === undefined) this.#beat(undefined);
    this.#schedule();
  }

  /** Reports a failed end of the daemon, and waits for the answer. */
  async fail(reason: string): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    await this.#send(reason);
  }

  close(): void {
    this.#timer?.cancel();
    this.#giveUp.abort();
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.after(EVERY_MS, () => {
      this.#beat(this.#parts.problem());
      this.#schedule();
    });
  }

  /** One at a time: a hanging monitor must not collect requests. */
  #beat(problem: string | undefined): void {
    this.#beating ??= this.#send(problem).finally(() => (this.#beating = undefined));
  }

  async #send(problem: string | undefined): Promise<void> {
    const { url, log, clock, redact } = this.#parts;
    const result = await post(this.#parts, heartbeatRequest(url, problem === undefined ? undefined : redact(problem)), this.#giveUp.signal);
    const delivery = result.kind === "answered" ? deliveryResultOf(result.answer, clock.now()) : result;
    if (delivery.kind === "accepted") {
      if (this.#failing) log.info(`The heartbeat reaches ${hostOf(url)} again.`);
      this.#failing = false;
      return;
    }
    if (this.#giveUp.signal.aborted) return;
    log[this.#failing ? "debug" : "warn"](redact(`The heartbeat cannot reach ${hostOf(url)}: ${delivery.reason}.`));
    this.#failing = true;
  }
}

/** @param problem the current problem; undefined for a normal beat. */
export function heartbeatRequest(address: string, problem: string | undefined): OutgoingRequest {
  if (problem === undefined) return { url: address, method: "GET", headers: {}, body: undefined };
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/fail`;
  const body = problem.slice(0, MAX_REASON_CHARACTERS);
  return { url: url.href, method: "POST", headers: { "Content-Type": "text/plain; charset=utf-8" }, body };
}
