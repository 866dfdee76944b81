import type { Clock } from "../domain/clock.ts";
import { messageOf as textOf } from "../domain/errors.ts";
import type { HaltOrder } from "../machine/halt.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { Log } from "../logging/logger.ts";
import type { Channel } from "./channel.ts";
import { channelsOf } from "./channels.ts";
import { Sender } from "./sender.ts";
import { haltedNotice, resumedNotice } from "./event-notices.ts";
import type { Message, Notice, NoticeKind, Origin } from "./notice.ts";
import { isWanted, messageFrom, messageIn } from "./notice.ts";
import type { NotificationSettings } from "../domain/config.ts";

/** A cause that repeats itself must not fill anybody's phone: so many of one kind an hour. */
const MAX_PER_HOUR = 12;
const HOUR_MS = 3_600_000;
const KEPT_MS = 90 * 86_400_000;

const HALTS: readonly NoticeKind[] = ["halted", "resumed"];

export interface NotificationParts {
  readonly settings: NotificationSettings;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly redact: (text: string) => string;
  /** Asked for each message, because the account is known only after a while. */
  readonly sender: () => Origin;
}

/**
 * Tells people what happens, besides the work and never in its way: `notify` records the message and
 * returns; couriers carry it. What is in the outbox survives the process; what was told once is not told
 * again by the next one.
 */
export class NotificationCenter {
  readonly #parts: NotificationParts;
  readonly #channels: readonly Channel[];
  readonly #senders: ReadonlyMap<string, Sender>;

  constructor(parts: NotificationParts) {
    this.#parts = parts;
    this.#channels = channelsOf(parts.settings);
    this.#senders = new Map(this.#channels.map((channel) => [channel.id, new Sender(channel, parts)]));
  }

  /** Takes up what an earlier process left. To be called by the one process that holds the trading lock. */
  start(): void {
    if (this.#channels.length === 0) return;
    this.#quietly(() => {
      this.#parts.outbox.prune(this.#parts.clock.now() - KEPT_MS);
      for (const { id } of this.#channels) this.#takeUp(id);
    });
  }

  /** How many messages wait for a channel. */
  get waiting(): number {
    return [...this.#senders.values()].reduce((total, sender) => total + sender.waiting, 0);
  }

  /** Whether the occasion was told already; then nobody needs to find out what there is to tell. */
  knows(key: string): boolean {
    if (this.#channels.length === 0) return true;
    return this.#quietly(() => this.#parts.outbox.has(key)) ?? false;
  }

  /** Records a message and sends it in the background. Never throws. An occasion that is known already is left alone. */
  notify(notice: Notice | undefined): void {
    if (notice === undefined || this.knows(notice.key)) return;
    const { clock, settings, redact, sender } = this.#parts;
    const message = messageFrom(this.#bounded(notice), sender(), clock.now(), redact);
    const wanted = isWanted(notice.level, settings.level) && !this.#isFlood(notice.kind);
    const channels = wanted ? this.#channels.map(({ id }) => id) : [];
    try {
      const id = this.#parts.outbox.add({ key: notice.key, kind: notice.kind, at: message.at, content: message }, channels);
      if (id !== undefined) this.#hand(message, channels, id);
    } catch (error) {
      this.#parts.log.debug(`The outbox cannot be written: ${textOf(error)}`);
      this.#hand(message, channels, undefined);
    }
  }

  /** To be told the halt at every start and whenever it changes; speaks only of what people have not been told. */
  halt(order: HaltOrder | undefined): void {
    if (this.#channels.length === 0) return;
    const told = this.#quietly(() => this.#parts.outbox.newestOf(HALTS));
    const key = told?.kind === "halted" ? told.key : undefined;
    const now = this.#parts.clock.now();
    if (order === undefined) {
      if (key !== undefined) this.notify(resumedNotice(now));
    } else if (key?.startsWith(`halted:${order.id}:`) !== true) this.notify(haltedNotice(order, now));
  }

  /** Takes no more, and lets what is on its way arrive, bounded. */
  async close(limitMs: number): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close(limitMs)));
  }

  #takeUp(channel: string): void {
    const { outbox, clock, log } = this.#parts;
    for (const { id, state, entry } of outbox.pending(channel)) {
      const message = state === "waiting" ? messageIn(entry.content) : undefined;
      if (message !== undefined) this.#senders.get(channel)?.take(message, id);
      else {
        outbox.mark(id, channel, "unanswered", clock.now());
        log.debug(`Whether ${entry.key} reached ${channel} is not known; it is not sent again.`);
      }
    }
  }

  #hand(message: Message, channels: readonly string[], id: number | undefined): void {
    for (const channel of channels) this.#senders.get(channel)?.take(message, id);
  }

  #sentWithinHour(kind: NoticeKind): number {
    const since = this.#parts.clock.now() - HOUR_MS;
    return this.#quietly(() => this.#parts.outbox.countSince(kind, since)) ?? 0;
  }

  #isFlood(kind: NoticeKind): boolean {
    return this.#sentWithinHour(kind) >= MAX_PER_HOUR;
  }

  #bounded(notice: Notice): Notice {
    if (this.#sentWithinHour(notice.kind) !== MAX_PER_HOUR - 1) return notice;
    return { ...notice, lines: [...notice.lines, "More of this kind are not sent within the hour; the log has them all."] };
  }

  #quietly<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#parts.log.debug(`The outbox cannot be read: ${textOf(error)}`);
      return undefined;
    }
  }
}
