import type { LedgerDatabase, Row } from "./database.ts";
import { instant, json, readInteger, readJson, readOneOf, readText } from "./row.ts";

/**
 * Notifications and their delivery states. Stored in the ledger, so that a restart neither repeats nor
 * loses a message.
 *
 * - `waiting`: not sent, or proven not to have arrived.
 * - `sending`: in flight; if the process dies now, it is unknown whether it arrived.
 * - `sent`: accepted by the service.
 * - `refused`: rejected by the service for good.
 * - `unanswered`: may have arrived, and is not sent again.
 * - `left-out`: too old, or one too many.
 */
export type DeliveryState = "waiting" | "sending" | "sent" | "refused" | "unanswered" | "left-out";

const STATES = ["waiting", "sending", "sent", "refused", "unanswered", "left-out"] as const satisfies readonly DeliveryState[];

/** One message; `content` is a JSON value that only its writer understands. */
export interface OutboxEntry {
  /** Identifies the occasion; each is accepted only once. */
  readonly key: string;
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly content: unknown;
}

export interface Delivery {
  readonly id: number;
  readonly state: DeliveryState;
  readonly entry: OutboxEntry;
}

export interface Outbox {
  /** Adds a message for these channels. @returns its id; `undefined` when the occasion already exists. */
  add(entry: OutboxEntry, channels: readonly string[]): number | undefined;
  has(key: string): boolean;
  /** The newest message of any of these kinds. */
  newestOf(kinds: readonly string[]): OutboxEntry | undefined;
  countSince(kind: string, at: number): number;
  /** Undelivered messages of a channel, oldest first: `waiting` and `sending`. */
  pending(channel: string): Delivery[];
  mark(id: number, channel: string, state: DeliveryState, at: number): void;
  /** Deletes messages from before `beforeMs`. */
  prune(beforeMs: number): void;
}

export function outboxOn(database: LedgerDatabase): Outbox {
  return {
    add: (entry, channels) => database.transaction(() => add(database, entry, channels)),
    has: (key) => database.row("SELECT 1 FROM notices WHERE key = :key", { key }) !== undefined,
    newestOf: (kinds) => {
      const row = database.row("SELECT * FROM notices WHERE kind IN (SELECT value FROM json_each(:kinds)) ORDER BY id DESC LIMIT 1", {
        kinds: JSON.stringify(kinds),
      });
      return row && entryOf(row);
    },
    countSince: (kind, at) => {
      const row = database.row("SELECT count(*) AS count FROM notices WHERE kind = :kind AND at >= :at", { kind, at: instant(at) });
      return row === undefined ? 0 : readInteger(row, "count");
    },
    pending: (channel) =>
      database
        .rows(
          `SELECT notices.*, deliveries.state FROM deliveries JOIN notices ON notices.id = notice_id
           WHERE channel = :channel AND state IN ('waiting', 'sending') ORDER BY notices.id`,
          { channel },
        )
        .map((row) => ({ id: readInteger(row, "id"), state: readOneOf(row, "state", STATES), entry: entryOf(row) })),
    mark: (id, channel, state, at) => {
      database.write("UPDATE deliveries SET state = :state, changed_at = :at WHERE notice_id = :id AND channel = :channel", {
        id,
        channel,
        state,
        at: instant(at),
      });
    },
    prune: (beforeMs) => {
      database.write("DELETE FROM notices WHERE at < :before", { before: instant(beforeMs) });
    },
  };
}

function add(database: LedgerDatabase, entry: OutboxEntry, channels: readonly string[]): number | undefined {
  const at = instant(entry.at);
  const row = database.row(
    `INSERT INTO notices (key, kind, at, content) VALUES (:key, :kind, :at, :content)
     ON CONFLICT (key) DO NOTHING RETURNING id`,
    { key: entry.key, kind: entry.kind, at, content: json(entry.content) },
  );
  if (row === undefined) return undefined;
  const id = readInteger(row, "id");
  for (const channel of channels)
    database.write("INSERT INTO deliveries (notice_id, channel, state, changed_at) VALUES (:id, :channel, 'waiting', :at)", {
      id,
      channel,
      at,
    });
  return id;
}

function entryOf(row: Row): OutboxEntry {
  return { key: readText(row, "key"), kind: readText(row, "kind"), at: readInteger(row, "at"), content: readJson(row, "content") };
}
