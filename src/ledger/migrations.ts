import { EXIT, TraderError } from "../domain/errors.ts";
import type { LedgerDatabase } from "./database.ts";

/** Marks a database as a ledger of this program ("ALPT"), so that no other database is ever written. */
const APPLICATION_ID = 0x41_4c_50_54;

export interface Migration {
  /** 1, 2, 3, … without a gap; kept in `user_version`. */
  readonly version: number;
  readonly sql: string;
}

/**
 * The schema, step by step. A released step is never edited, because existing ledgers have already run it.
 * Amounts, weights and ids are TEXT, instants are whole milliseconds, and every table is STRICT, so that
 * nothing is converted on writing.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE account_pins (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  pinned_at INTEGER NOT NULL
) STRICT;

CREATE TABLE lines (
  strategy TEXT NOT NULL,
  hash TEXT NOT NULL,
  text TEXT NOT NULL,
  stamp INTEGER,
  first_seen_at INTEGER NOT NULL,
  verdict TEXT,
  reason TEXT,
  signal_id TEXT,
  PRIMARY KEY (strategy, hash),
  CHECK ((verdict IS NULL) = (reason IS NULL))
) STRICT;
CREATE INDEX lines_by_age ON lines (first_seen_at);

CREATE TABLE verdicts (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  strategy TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  signal_id TEXT,
  lines INTEGER NOT NULL
) STRICT;
CREATE INDEX verdicts_by_age ON verdicts (at);

CREATE TABLE signals (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  strategy TEXT NOT NULL,
  kind TEXT NOT NULL,
  targets TEXT NOT NULL,
  exits TEXT NOT NULL,
  generated_at INTEGER NOT NULL,
  oldest_stamp INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL,
  last_line_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  alert_prices TEXT NOT NULL,
  line_hashes TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  verdict TEXT,
  verdict_reason TEXT,
  verdict_at INTEGER,
  CHECK ((verdict IS NULL) = (verdict_reason IS NULL) AND (verdict IS NULL) = (verdict_at IS NULL))
) STRICT;

CREATE TABLE executions (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  signal_id TEXT NOT NULL REFERENCES signals (id),
  account_number TEXT NOT NULL,
  mode TEXT NOT NULL,
  wanted TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  off_hours INTEGER NOT NULL CHECK (off_hours IN (0, 1)),
  phase TEXT NOT NULL,
  begun_at INTEGER,
  finished_at INTEGER,
  outcome TEXT,
  outcome_reason TEXT,
  account_before TEXT,
  account_after TEXT,
  plan TEXT
) STRICT;
CREATE INDEX executions_by_signal ON executions (signal_id);
CREATE INDEX executions_open ON executions (number) WHERE finished_at IS NULL;

CREATE TABLE intents (
  number INTEGER PRIMARY KEY,
  client_order_id TEXT NOT NULL UNIQUE CHECK (length(client_order_id) BETWEEN 1 AND 128),
  execution_id TEXT NOT NULL REFERENCES executions (id),
  phase TEXT NOT NULL,
  symbol TEXT NOT NULL,
  side TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  quantity TEXT,
  notional TEXT,
  estimated_value TEXT NOT NULL,
  worst_case_cost TEXT NOT NULL,
  full_exit INTEGER NOT NULL CHECK (full_exit IN (0, 1)),
  held_before TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  posted_at INTEGER,
  accepted_at INTEGER,
  order_id TEXT,
  status TEXT,
  filled_quantity TEXT NOT NULL,
  filled_average_price TEXT,
  filled_at INTEGER,
  cancel_requested_at INTEGER,
  message TEXT,
  updated_at INTEGER NOT NULL,
  CHECK ((quantity IS NULL) <> (notional IS NULL))
) STRICT;
CREATE INDEX intents_by_execution ON intents (execution_id);
CREATE INDEX intents_unsettled ON intents (number) WHERE state IN ('recorded', 'posting', 'unknown', 'open', 'abandoned');

CREATE TABLE fills (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  execution_id TEXT NOT NULL REFERENCES executions (id),
  client_order_id TEXT NOT NULL REFERENCES intents (client_order_id),
  symbol TEXT NOT NULL,
  side TEXT NOT NULL,
  quantity TEXT NOT NULL,
  price TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX fills_by_execution ON fills (execution_id);

CREATE TABLE equity (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  equity TEXT NOT NULL,
  last_equity TEXT NOT NULL,
  cash TEXT NOT NULL,
  execution_id TEXT REFERENCES executions (id)
) STRICT;
CREATE INDEX equity_by_time ON equity (at);

CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  execution_id TEXT NOT NULL REFERENCES executions (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  facts TEXT
) STRICT;
CREATE INDEX notes_by_execution ON notes (execution_id);
`,
  },
  {
    version: 2,
    sql: `
CREATE INDEX intents_by_change ON intents (updated_at);
CREATE INDEX intents_filled ON intents (symbol, number) WHERE filled_quantity <> '0';
`,
  },
  {
    version: 3,
    sql: `
CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT;
CREATE INDEX notices_by_kind ON notices (kind, at);

CREATE TABLE deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (notice_id, channel)
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (channel, notice_id) WHERE state IN ('waiting', 'sending');

CREATE TABLE daemon_lives (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  failure TEXT
) STRICT;
`,
  },
  {
    version: 4,
    sql: `
CREATE TABLE claims (
  number INTEGER PRIMARY KEY,
  execution_id TEXT NOT NULL REFERENCES executions (id),
  strategy TEXT NOT NULL,
  share TEXT NOT NULL,
  basis TEXT NOT NULL,
  signal_id TEXT NOT NULL REFERENCES signals (id),
  generated_at INTEGER NOT NULL,
  targets TEXT NOT NULL,
  UNIQUE (execution_id, strategy)
) STRICT;
CREATE INDEX claims_by_strategy ON claims (strategy, number);
CREATE INDEX claims_by_signal ON claims (signal_id);

CREATE TABLE releases (
  number INTEGER PRIMARY KEY,
  symbol TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE wishes (
  execution_id TEXT NOT NULL REFERENCES executions (id),
  symbol TEXT NOT NULL,
  book TEXT NOT NULL,
  quantity TEXT NOT NULL,
  price TEXT,
  PRIMARY KEY (execution_id, symbol, book)
) STRICT;

CREATE TABLE bookings (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  execution_id TEXT NOT NULL REFERENCES executions (id),
  client_order_id TEXT REFERENCES intents (client_order_id),
  kind TEXT NOT NULL,
  book TEXT NOT NULL,
  symbol TEXT NOT NULL,
  quantity TEXT NOT NULL,
  amount TEXT NOT NULL,
  CHECK ((client_order_id IS NULL) = (kind = 'transfer'))
) STRICT;
CREATE INDEX bookings_by_order ON bookings (client_order_id);
CREATE UNIQUE INDEX bookings_transfers ON bookings (execution_id, symbol, book) WHERE kind = 'transfer';

CREATE TABLE book_holdings (
  book TEXT NOT NULL,
  symbol TEXT NOT NULL,
  quantity TEXT NOT NULL,
  cost TEXT NOT NULL,
  realised TEXT NOT NULL,
  cash TEXT NOT NULL,
  PRIMARY KEY (book, symbol)
) STRICT;

ALTER TABLE executions ADD COLUMN booked INTEGER NOT NULL DEFAULT 0 CHECK (booked IN (0, 1));
CREATE INDEX executions_unbooked ON executions (number) WHERE booked = 0;
ALTER TABLE intents ADD COLUMN booked_quantity TEXT NOT NULL DEFAULT '0';
CREATE INDEX intents_unbooked ON intents (number) WHERE filled_quantity <> booked_quantity;
`,
  },
  {
    version: 5,
    sql: `
CREATE TABLE scheduled_signals (
  strategy TEXT NOT NULL,
  session TEXT NOT NULL,
  state TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (strategy, session)
) STRICT;
`,
  },
  {
    version: 6,
    sql: `
ALTER TABLE intents ADD COLUMN style TEXT NOT NULL DEFAULT 'market';
ALTER TABLE intents ADD COLUMN order_type TEXT DEFAULT 'market';
ALTER TABLE intents ADD COLUMN limit_price TEXT;
ALTER TABLE intents ADD COLUMN goal_quantity TEXT;
ALTER TABLE intents ADD COLUMN goal_cost TEXT;
ALTER TABLE intents ADD COLUMN goal_in_dollars INTEGER NOT NULL DEFAULT 0 CHECK (goal_in_dollars IN (0, 1));
ALTER TABLE intents ADD COLUMN quote_bid TEXT;
ALTER TABLE intents ADD COLUMN quote_ask TEXT;
ALTER TABLE intents ADD COLUMN quote_at INTEGER;
`,
  },
  {
    version: 7,
    sql: `
CREATE TABLE session_quantities (
  symbol TEXT NOT NULL,
  session TEXT NOT NULL,
  quantity TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (symbol, session)
) STRICT;

CREATE TABLE splits (
  symbol TEXT NOT NULL,
  session TEXT NOT NULL,
  ratio TEXT NOT NULL,
  quantity TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  booked_at INTEGER,
  PRIMARY KEY (symbol, session)
) STRICT;
CREATE INDEX splits_unbooked ON splits (symbol) WHERE booked_at IS NULL;
`,
  },
  {
    version: 8,
    sql: `
CREATE TABLE adoptions (
  number INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE asset_ids (
  symbol TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE strangers (
  client_order_id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
`,
  },
  {
    version: 9,
    // What only its text said until then, and decides about an order that is open.
    sql: `
ALTER TABLE executions ADD COLUMN outcome_code TEXT;
ALTER TABLE verdicts ADD COLUMN causes TEXT;
ALTER TABLE intents ADD COLUMN code TEXT;
UPDATE intents SET code = 'proven-absent' WHERE message = 'proven absent';
UPDATE intents SET code = 'came-too-late' WHERE message = 'an earlier order, which had been given up, has arrived under its id';
`,
  },
  {
    version: 10,
    sql: `
CREATE TABLE recordings (
  number INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX recordings_by_age ON recordings (started_at);

CREATE TABLE recording_parts (
  recording INTEGER NOT NULL REFERENCES recordings (number) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (recording, part)
) STRICT;

CREATE TABLE recorded_executions (
  execution_id TEXT NOT NULL REFERENCES executions (id),
  recording INTEGER NOT NULL REFERENCES recordings (number) ON DELETE CASCADE,
  PRIMARY KEY (execution_id, recording)
) STRICT;
CREATE INDEX recorded_executions_by_recording ON recorded_executions (recording);
`,
  },
  {
    version: 11,
    // Ids of orders name the account or not: a property of the ledger, because attempts are found again by their ids.
    sql: "ALTER TABLE account_pins ADD COLUMN mark TEXT CHECK (length(mark) = 8);",
  },
  {
    version: 12,
    // What is looked up while a daemon trades, and went through the whole history.
    sql: `
CREATE INDEX verdicts_by_signal ON verdicts (signal_id);
CREATE INDEX signals_by_strategy ON signals (strategy, number);
CREATE INDEX executions_by_start ON executions (started_at);
CREATE INDEX fills_by_order ON fills (client_order_id);
`,
  },
];

/** The version of the schema that this program writes. */
export const NEWEST_SCHEMA = MIGRATIONS.at(-1)?.version ?? 0;

/**
 * Migrates the schema to the newest version, each step in one transaction.
 * @throws TraderError for a database of another program and for a ledger of a newer version.
 */
export function migrate(database: LedgerDatabase, migrations: readonly Migration[] = MIGRATIONS): void {
  const newest = migrations.at(-1)?.version ?? 0;
  for (let version = schemaVersion(database, newest); version < newest; version = schemaVersion(database, newest))
    step(database, migrations, newest);
}

/** @throws TraderError as {@link migrate} does, and `ledger-older` when a migration is needed. */
export function assertCurrent(database: LedgerDatabase): void {
  const newest = NEWEST_SCHEMA;
  const version = schemaVersion(database, newest);
  if (version === newest) return;
  throw new TraderError(
    `The ledger ${database.name} is of an older version of this program (schema ${version}; this one needs ${newest}).`,
    {
      code: "ledger-older",
      hint: "The next `alpaca-trader run` or `status` migrates it.",
    },
  );
}

/** Reads the version again inside the transaction: another process may have migrated in between. */
function step(database: LedgerDatabase, migrations: readonly Migration[], newest: number): void {
  database.transaction(() => {
    const version = schemaVersion(database, newest);
    const next = migrations.find((migration) => migration.version === version + 1);
    if (next === undefined) return;
    database.script(`${next.sql}\nPRAGMA application_id = ${APPLICATION_ID};\nPRAGMA user_version = ${next.version};`);
  });
}

function schemaVersion(database: LedgerDatabase, newest: number): number {
  const version = Number(database.pragma("user_version"));
  const empty = database.row("SELECT 1 FROM sqlite_schema LIMIT 1") === undefined;
  if (!empty && database.pragma("application_id") !== APPLICATION_ID) refuseForeign(database.name);
  if (version > newest) refuseNewer(database.name, version, newest);
  return version;
}

function refuseForeign(name: string): never {
  throw new TraderError(`${name} is a database of another program.`, {
    code: "ledger-foreign",
    hint: "Check STATE_DIR; move the file away if it does not belong there.",
    exitCode: EXIT.configuration,
  });
}

function refuseNewer(name: string, version: number, newest: number): never {
  throw new TraderError(
    `The ledger ${name} was written by a newer version of this program (schema ${version}; this one knows ${newest}).`,
    {
      code: "ledger-newer",
      hint: "Install that version or a newer one; an older one could misread what was traded.",
      exitCode: EXIT.configuration,
    },
  );
}
