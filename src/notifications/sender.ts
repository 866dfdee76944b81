import { messageOf as textOf } from "../domain/errors.ts";
import type { DeliveryState, Outbox } from "../ledger/outbox.ts";
import type { Log } from "../logging/logger.ts";
import type { Channel, DeliveryResult } from "./channel.ts";
import type { Message } from "./notice.ts";
import { post, type PostPorts } from "./post.ts";

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Yesterday's news is of no use. */
const MAX_AGE_MS = 86_400_000;
/** Queue limit per channel; the oldest message is dropped. */
const MAX_WAITING = 100;

export interface SenderParts extends PostPorts {
  readonly log: Log;
  readonly outbox: Pick<Outbox, "mark">;
  /** Removes secrets from messages of services and network libraries. */
  readonly redact: (text: string) => string;
}

/** @param id in the outbox; undefined when it could not be stored, as on a full disk. */
interface QueuedMessage {
  readonly id: number | undefined;
  readonly message: Message;
  repeated: boolean;
}

/**
 * Sends messages to one channel, one after the other, in the background. A message is
 *
 * - delivered: the service accepted it;
 * - kept and retried after a doubling pause, when it cannot have arrived or the service asks to wait;
 * - sent a second time, marked as such, when it was not answered; never a third time;
 * - dropped when the service refuses it, or after a day.
 *
 * Each outage logs at most one warning.
 */
export class Sender {
  readonly #channel: Channel;
  readonly #parts: SenderParts;
  readonly #queue: QueuedMessage[] = [];
  readonly #stop = new AbortController();
  readonly #giveUp = new AbortController();
  #round: Promise<void> | undefined;
  #failures = 0;
  #pauseEnd = 0;
  #endsAt = Infinity;

  constructor(channel: Channel, parts: SenderParts) {
    this.#channel = channel;
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Never throws and never waits. */
  take(message: Message, id: number | undefined): void {
    this.#queue.push({ id, message, repeated: false });
    if (this.#queue.length > MAX_WAITING) this.#leaveOut();
    if (this.#endsAt === Infinity) this.#round ??= this.#work();
  }

  /** Continues for up to `limitMs` if that may help; the rest waits for the next process. */
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
    // Lets the caller continue first.
    await Promise.resolve();
    for (let queued = this.#queue[0]; queued !== undefined && !this.#stop.signal.aborted; queued = this.#queue[0]) {
      if (this.#parts.clock.now() - queued.message.at > MAX_AGE_MS) this.#done(queued, "left-out");
      else await this.#carry(queued);
    }
    this.#round = undefined;
  }

  async #carry(queued: QueuedMessage): Promise<void> {
    this.#mark(queued, "sending");
    const result = await post(this.#parts, this.#channel.request(queued.message, queued.repeated), this.#giveUp.signal);
    switch (result.kind) {
      case "answered":
        return this.#received(queued, this.#channel.receive(result.answer, this.#parts.clock.now()));
      case "not-sent":
        return this.#later(queued, result.reason, undefined);
      case "unanswered":
        return this.#unanswered(queued, result.reason);
    }
  }

  async #received(queued: QueuedMessage, delivery: DeliveryResult): Promise<void> {
    switch (delivery.kind) {
      case "accepted":
        if (this.#failures > 0) this.#parts.log.info(`Notifications reach ${this.#channel.name} again.`);
        this.#failures = 0;
        this.#done(queued, "sent");
        return;
      case "refused":
        this.#complain(`A notification was refused by ${this.#channel.name}: ${delivery.reason}.`);
        this.#done(queued, "refused");
        return;
      case "later":
        return this.#later(queued, delivery.reason, delivery.afterMs);
    }
  }

  /** It stays marked as in progress: if the process ends now, nobody knows whether it arrived. */
  async #unanswered(queued: QueuedMessage, reason: string): Promise<void> {
    if (this.#giveUp.signal.aborted) return;
    this.#complain(`${this.#channel.name} does not answer: ${reason}.`);
    if (queued.repeated) this.#done(queued, "unanswered");
    queued.repeated = true;
    await this.#pause(undefined);
  }

  async #later(queued: QueuedMessage, reason: string, afterMs: number | undefined): Promise<void> {
    if (!queued.repeated) this.#mark(queued, "waiting");
    this.#complain(`Notifications cannot be delivered to ${this.#channel.name}: ${reason}. They are queued; trading continues.`);
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

  /** One warning per outage, the rest at debug level. */
  #complain(text: string): void {
    this.#failures += 1;
    this.#parts.log[this.#failures === 1 ? "warn" : "debug"](this.#parts.redact(text));
  }

  #leaveOut(): void {
    const [oldest] = this.#queue.splice(1, 1);
    if (oldest !== undefined) this.#mark(oldest, "left-out");
    this.#parts.log.debug(`More than ${String(MAX_WAITING)} notifications are queued for ${this.#channel.name}; the oldest is dropped.`);
  }

  #done(queued: QueuedMessage, state: DeliveryState): void {
    this.#queue.splice(this.#queue.indexOf(queued), 1);
    this.#mark(queued, state);
  }

  /** An unwritable ledger must not block a warning about just that. */
  #mark({ id, message }: QueuedMessage, state: DeliveryState): void {
    if (id === undefined) return;
    try {
      this.#parts.outbox.mark(id, this.#channel.id, state, this.#parts.clock.now());
    } catch (error) {
      this.#parts.log.debug(`The outbox cannot record the delivery of ${message.key}: ${textOf(error)}`);
    }
  }
}
