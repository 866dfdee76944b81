import { messageOf as textOf } from "../domain/errors.ts";
import type { HaltOrder } from "../machine/halt.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { Channel } from "./channel.ts";
import { channelsOf } from "./channels.ts";
import { Sender, type SenderParts } from "./sender.ts";
import { haltedNotice, resumedNotice } from "./event-notices.ts";
import { isWanted, messageFrom, messageIn, type Message, type Notice, type NoticeKind, type Origin } from "./notice.ts";
import type { NotificationSettings } from "../domain/config.ts";

/** A repeating cause must not flood anybody's phone: the maximum of one kind per hour. */
const MAX_PER_HOUR = 12;
const HOUR_MS = 3_600_000;
const KEPT_MS = 90 * 86_400_000;

const HALTS: readonly NoticeKind[] = ["halted", "resumed"];

export interface NotificationParts extends SenderParts {
  readonly settings: NotificationSettings;
  readonly outbox: Outbox;
  /** Read for each message, because the account becomes known only after a while. */
  readonly sender: () => Origin;
}

/**
 * Sends notifications without delaying the work: `notify` records the message and returns; senders deliver it. The
 * outbox survives the process, so a new process does not repeat a delivered message.
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

  /** Takes over what an earlier process left. Called only by the process that holds the trading lock. */
  start(): void {
    if (this.#channels.length === 0) return;
    this.#quietly(() => {
      this.#parts.outbox.prune(this.#parts.clock.now() - KEPT_MS);
      for (const { id } of this.#channels) this.#takeUp(id);
    });
  }

  get waiting(): number {
    return [...this.#senders.values()].reduce((total, sender) => total + sender.waiting, 0);
  }

  /** Whether this was already reported; then no report needs building. */
  knows(key: string): boolean {
    if (this.#channels.length === 0) return true;
    return this.#quietly(() => this.#parts.outbox.has(key)) ?? false;
  }

  /** Records a message and sends it in the background. Never throws. A known key is ignored. */
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

  /** Called with the halt at every start and on every change; reports only what is new. */
  halt(order: HaltOrder | undefined): void {
    if (this.#channels.length === 0) return;
    const newest = this.#quietly(() => this.#parts.outbox.newestOf(HALTS));
    const key = newest?.kind === "halted" ? newest.key : undefined;
    const now = this.#parts.clock.now();
    if (order === undefined) {
      if (key !== undefined) this.notify(resumedNotice(now));
    } else if (key?.startsWith(`halted:${order.id}:`) !== true) this.notify(haltedNotice(order, now));
  }

  /** Accepts no more messages, and lets those in progress finish, within a limit. */
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
        log.debug(`Whether ${entry.key} reached ${channel} is unknown; it is not sent again.`);
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
    return { ...notice, lines: [...notice.lines, "No more of this kind are sent this hour; the log has all of them."] };
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
