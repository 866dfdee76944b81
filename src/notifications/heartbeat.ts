import type { Clock, Timer } from "../domain/clock.ts";
import type { Log } from "../logging/logger.ts";
import type { OutgoingRequest } from "./channel.ts";
import type { PostPorts } from "./post.ts";
import { post } from "./post.ts";
import { deliveryResultOf } from "./delivery-result.ts";
import { hostOf } from "../config/notification-settings.ts";

const EVERY_MS = 60_000;
/** What a person is to read about a failure. */
const MAX_REASON_CHARACTERS = 1_000;

export interface HeartbeatParts extends PostPorts {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
  /** What is wrong; undefined while all is well. */
  readonly ailment: () => string | undefined;
}

/**
 * Tells a watcher outside once a minute that we live, as healthchecks.io and its like want it: the
 * address while all is well, the address with `/fail` when not. Silence means that the daemon, its
 * machine or its network is down, and then it is the watcher who tells people.
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
    if (this.#parts.ailment() === undefined) this.#beat(undefined);
    this.#schedule();
  }

  /** Says that it is over, and waits for the answer; for the end of a daemon that failed. */
  async fail(reason: string): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    await this.#send(reason);
  }

  /** Ends what is on its way. */
  close(): void {
    this.#timer?.cancel();
    this.#giveUp.abort();
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.after(EVERY_MS, () => {
      this.#beat(this.#parts.ailment());
      this.#schedule();
    });
  }

  /** One at a time: a watcher that hangs must not be asked again and again. */
  #beat(ailment: string | undefined): void {
    this.#beating ??= this.#send(ailment).finally(() => (this.#beating = undefined));
  }

  async #send(ailment: string | undefined): Promise<void> {
    const { url, log, clock, redact } = this.#parts;
    const result = await post(this.#parts, heartbeatRequest(url, ailment === undefined ? undefined : redact(ailment)), this.#giveUp.signal);
    const delivery = result.kind === "answered" ? deliveryResultOf(result.answer, clock.now()) : result;
    if (delivery.kind === "accepted") {
      if (this.#failing) log.info(`The heartbeat reaches ${hostOf(url)} again.`);
      this.#failing = false;
      return;
    }
    if (this.#giveUp.signal.aborted) return;
    log[this.#failing ? "debug" : "warn"](redact(`The heartbeat does not reach ${hostOf(url)}: ${delivery.reason}.`));
    this.#failing = true;
  }
}

/** @param ailment what is wrong; undefined for a sign of life. */
export function heartbeatRequest(address: string, ailment: string | undefined): OutgoingRequest {
  if (ailment === undefined) return { url: address, method: "GET", headers: {}, body: undefined };
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/fail`;
  const body = ailment.slice(0, MAX_REASON_CHARACTERS);
  return { url: url.href, method: "POST", headers: { "Content-Type": "text/plain; charset=utf-8" }, body };
}
