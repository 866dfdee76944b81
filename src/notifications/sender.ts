import type { Clock } from "../domain/clock.ts";
import { messageOf as textOf } from "../domain/errors.ts";
import type { DeliveryState, Outbox } from "../ledger/outbox.ts";
import type { Log } from "../logging/logger.ts";
import type { Channel, Reception } from "./channel.ts";
import type { Message } from "./notice.ts";
import type { PostPorts } from "./post.ts";
import { post } from "./post.ts";

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** News of yesterday helps nobody. */
const MAX_AGE_MS = 86_400_000;
/** So many wait for one channel at most; the oldest gives way. */
const MAX_WAITING = 100;

export interface CourierParts extends PostPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly outbox: Pick<Outbox, "mark">;
  /** Takes secrets out of what a service or a network library says. */
  readonly redact: (text: string) => string;
}

/** @param id in the outbox; undefined when the outbox could not take it, as on a full disk. */
interface Parcel {
  readonly id: number | undefined;
  readonly message: Message;
  repeated: boolean;
}

/**
 * Carries messages to one channel, one after the other, in the background. A parcel is
 *
 * - handed over: the service took it;
 * - kept, and tried again after a pause that doubles, when it cannot have arrived or the service asks to wait;
 * - sent a second time, saying so, when it was not answered; never a third time;
 * - given up when the service refuses it, or after a day.
 *
 * Whatever happens is at most a line in the log, one an outage.
 */
export class Courier {
  readonly #channel: Channel;
  readonly #parts: CourierParts;
  readonly #parcels: Parcel[] = [];
  readonly #stop = new AbortController();
  readonly #giveUp = new AbortController();
  #round: Promise<void> | undefined;
  #failures = 0;
  #pauseEnd = 0;
  #endsAt = Infinity;

  constructor(channel: Channel, parts: CourierParts) {
    this.#channel = channel;
    this.#parts = parts;
  }

  /** How many wait, the one on its way among them. */
  get waiting(): number {
    return this.#parcels.length;
  }

  /** Never throws and never waits. */
  take(message: Message, id: number | undefined): void {
    this.#parcels.push({ id, message, repeated: false });
    if (this.#parcels.length > MAX_WAITING) this.#leaveOut();
    if (this.#endsAt === Infinity) this.#round ??= this.#work();
  }

  /** Goes on for `limitMs` at most if that may help; what is left then waits for the next process. */
  async close(limitMs: number): Promise<void> {
    const { clock } = this.#parts;
    this.#endsAt = clock.monotonic() + limitMs;
    if (this.#pauseEnd > this.#endsAt) this.#stop.abort();
    const over = new AbortController();
    await Promise.race([this.#round, clock.sleep(limitMs, over.signal)]);
    over.abort();
    this.#stop.abort();
    this.#giveUp.abort();
    await this.#round;
  }

  async #work(): Promise<void> {
    // The caller goes on with its own work first.
    await Promise.resolve();
    for (let parcel = this.#parcels[0]; parcel !== undefined && !this.#stop.signal.aborted; parcel = this.#parcels[0]) {
      if (this.#parts.clock.now() - parcel.message.at > MAX_AGE_MS) this.#done(parcel, "left-out");
      else await this.#carry(parcel);
    }
    this.#round = undefined;
  }

  async #carry(parcel: Parcel): Promise<void> {
    this.#mark(parcel, "sending");
    const result = await post(this.#parts, this.#channel.request(parcel.message, parcel.repeated), this.#giveUp.signal);
    switch (result.kind) {
      case "answered":
        return this.#received(parcel, this.#channel.receive(result.answer, this.#parts.clock.now()));
      case "not-sent":
        return this.#later(parcel, result.reason, undefined);
      case "unanswered":
        return this.#unanswered(parcel, result.reason);
    }
  }

  async #received(parcel: Parcel, reception: Reception): Promise<void> {
    switch (reception.kind) {
      case "accepted":
        if (this.#failures > 0) this.#parts.log.info(`Notifications reach ${this.#channel.name} again.`);
        this.#failures = 0;
        this.#done(parcel, "sent");
        return;
      case "refused":
        this.#complain(`A notification was refused by ${this.#channel.name}: ${reception.reason}.`);
        this.#done(parcel, "refused");
        return;
      case "later":
        return this.#later(parcel, reception.reason, reception.afterMs);
    }
  }

  /** It stays marked as on its way: should the process end now, nobody knows whether it arrived. */
  async #unanswered(parcel: Parcel, reason: string): Promise<void> {
    if (this.#giveUp.signal.aborted) return;
    this.#complain(`${this.#channel.name} does not answer: ${reason}.`);
    if (parcel.repeated) this.#done(parcel, "unanswered");
    parcel.repeated = true;
    await this.#pause(undefined);
  }

  async #later(parcel: Parcel, reason: string, afterMs: number | undefined): Promise<void> {
    if (!parcel.repeated) this.#mark(parcel, "waiting");
    this.#complain(`Notifications cannot be delivered to ${this.#channel.name}: ${reason}. They wait; trading goes on.`);
    await this.#pause(afterMs);
  }

  async #pause(leastMs: number | undefined): Promise<void> {
    const { clock } = this.#parts;
    const own = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 20));
    const pause = Math.max(own, leastMs ?? 0);
    this.#pauseEnd = clock.monotonic() + pause;
    if (this.#pauseEnd > this.#endsAt) this.#stop.abort();
    await clock.sleep(pause, this.#stop.signal);
    this.#pauseEnd = 0;
  }

  /** Once an outage for those who follow the log, then only for those who look closely. */
  #complain(text: string): void {
    this.#failures += 1;
    this.#parts.log[this.#failures === 1 ? "warn" : "debug"](this.#parts.redact(text));
  }

  #leaveOut(): void {
    const [oldest] = this.#parcels.splice(1, 1);
    if (oldest !== undefined) this.#mark(oldest, "left-out");
    this.#parts.log.debug(`More than ${String(MAX_WAITING)} notifications wait for ${this.#channel.name}; the oldest is left out.`);
  }

  #done(parcel: Parcel, state: DeliveryState): void {
    this.#parcels.splice(this.#parcels.indexOf(parcel), 1);
    this.#mark(parcel, state);
  }

  /** A ledger that cannot be written must not keep a warning about just that from being sent. */
  #mark({ id, message }: Parcel, state: DeliveryState): void {
    if (id === undefined) return;
    try {
      this.#parts.outbox.mark(id, this.#channel.id, state, this.#parts.clock.now());
    } catch (error) {
      this.#parts.log.debug(`The outbox does not know what became of ${message.key}: ${textOf(error)}`);
    }
  }
}
