-- A ledger of schema 12. Never edited: ledgers in the field look like this.
PRAGMA application_id = 1095520340;
PRAGMA user_version = 12;
CREATE TABLE account_pins (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL,
  pinned_at INTEGER NOT NULL
, mark TEXT CHECK (length(mark) = 8)) STRICT;
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
, causes TEXT) STRICT;
CREATE INDEX verdicts_by_age ON verdicts (at);
CREATE INDEX verdicts_by_signal ON verdicts (signal_id);
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
, booked INTEGER NOT NULL DEFAULT 0 CHECK (booked IN (0, 1)), outcome_code TEXT) STRICT;
CREATE INDEX signals_by_strategy ON signals (strategy, number);
CREATE INDEX executions_by_start ON executions (started_at);
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
  updated_at INTEGER NOT NULL, booked_quantity TEXT NOT NULL DEFAULT '0', style TEXT NOT NULL DEFAULT 'market', order_type TEXT DEFAULT 'market', limit_price TEXT, goal_quantity TEXT, goal_cost TEXT, goal_in_dollars INTEGER NOT NULL DEFAULT 0 CHECK (goal_in_dollars IN (0, 1)), quote_bid TEXT, quote_ask TEXT, quote_at INTEGER, code TEXT,
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
CREATE INDEX fills_by_order ON fills (client_order_id);
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
CREATE INDEX intents_by_change ON intents (updated_at);
CREATE INDEX intents_filled ON intents (symbol, number) WHERE filled_quantity <> '0';
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
CREATE INDEX executions_unbooked ON executions (number) WHERE booked = 0;
CREATE INDEX intents_unbooked ON intents (number) WHERE filled_quantity <> booked_quantity;
CREATE TABLE scheduled_signals (
  strategy TEXT NOT NULL,
  session TEXT NOT NULL,
  state TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (strategy, session)
) STRICT;
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
INSERT INTO account_pins (id, number, pinned_at, mark) VALUES (1, 'PA3TEST00001', 1752676978025, NULL);
INSERT INTO lines (strategy, hash, text, stamp, first_seen_at, verdict, reason, signal_id) VALUES ('nuclear', 'h1', '{"symbol":"SMR"}', 1752676978025, 1752676978025, 'executed', 'the account is on target', 's1');
INSERT INTO lines (strategy, hash, text, stamp, first_seen_at, verdict, reason, signal_id) VALUES ('nuclear', 'h2', '{"symbol":', NULL, 1752676978025, NULL, NULL, NULL);
INSERT INTO verdicts (id, at, strategy, verdict, reason, signal_id, lines, causes) VALUES (1, 1752676978025, 'nuclear', 'executed', 'the account is on target', 's1', 1, NULL);
INSERT INTO signals (number, id, strategy, kind, targets, exits, generated_at, oldest_stamp, arrived_at, last_line_at, reason, alert_prices, line_hashes, recorded_at, verdict, verdict_reason, verdict_at) VALUES (1, 's1', 'nuclear', 'rebalance', '[["SMR","0.6"],["LEU","0.4"]]', '[]', 1752676978025, 1752676978025, 1752676978025, 1752676978025, 'Nuclear portfolio', '[["SMR","38.5"]]', '["h1"]', 1752676978025, 'executed', 'the account is on target', 1752676983025);
INSERT INTO executions (number, id, signal_id, account_number, mode, wanted, started_at, deadline, off_hours, phase, begun_at, finished_at, outcome, outcome_reason, account_before, account_after, plan, booked, outcome_code) VALUES (1, 'e1', 's1', 'PA3TEST00001', 'paper', '{"kind":"rebalance","targets":[["SMR","0.6"],["LEU","0.4"]]}', 1752676978025, 1752677578025, 0, 'buying', 1752676978025, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO intents (number, client_order_id, execution_id, phase, symbol, side, attempt, quantity, notional, estimated_value, worst_case_cost, full_exit, held_before, recorded_at, state, posted_at, accepted_at, order_id, status, filled_quantity, filled_average_price, filled_at, cancel_requested_at, message, updated_at, booked_quantity, style, order_type, limit_price, goal_quantity, goal_cost, goal_in_dollars, quote_bid, quote_ask, quote_at, code) VALUES (1, 'c1', 'e1', 'selling', 'TQQQ', 'sell', 1, '4.619918123', NULL, '196.16', '0', 1, '4.619918123', 1752676978025, 'done', 1752676978025, 1752676978025, 'o1', 'filled', '4.619918123', '42.46', 1752676978025, NULL, NULL, 1752676978025, '0', 'market', 'market', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO intents (number, client_order_id, execution_id, phase, symbol, side, attempt, quantity, notional, estimated_value, worst_case_cost, full_exit, held_before, recorded_at, state, posted_at, accepted_at, order_id, status, filled_quantity, filled_average_price, filled_at, cancel_requested_at, message, updated_at, booked_quantity, style, order_type, limit_price, goal_quantity, goal_cost, goal_in_dollars, quote_bid, quote_ask, quote_at, code) VALUES (2, 'c2', 'e1', 'buying', 'SMR', 'buy', 1, NULL, '117.7', '117.7', '117.7', 0, '0', 1752676978025, 'unknown', 1752676978025, NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, 1752676978025, '0', 'market', 'market', NULL, NULL, NULL, 0, NULL, NULL, NULL, 'proven-absent');
INSERT INTO fills (number, id, execution_id, client_order_id, symbol, side, quantity, price, at) VALUES (1, 'f1', 'e1', 'c1', 'TQQQ', 'sell', '4.619918123', '42.46', 1752676978025);
INSERT INTO equity (number, at, equity, last_equity, cash, execution_id) VALUES (1, 1752676978025, '1000.25', '990', '196.16', 'e1');
INSERT INTO notes (id, execution_id, at, kind, text, facts) VALUES (1, 'e1', 1752676978025, 'plan', 'one sell, one buy', NULL);
INSERT INTO notices (id, key, kind, at, content) VALUES (1, 'k1', 'execution', 1752676978025, '{}');
INSERT INTO daemon_lives (id, pid, started_at, ended_at, failure) VALUES (1, 7, 1752676978025, NULL, NULL);
INSERT INTO claims (number, execution_id, strategy, share, basis, signal_id, generated_at, targets) VALUES (1, 'e1', 'nuclear', '1', 'new', 's1', 1752676978025, '[["SMR","0.6"],["LEU","0.4"]]');
INSERT INTO releases (number, symbol, at) VALUES (1, 'TQQQ', 1752676978025);
INSERT INTO book_holdings (book, symbol, quantity, cost, realised, cash) VALUES ('nuclear', 'SMR', '2', '77', '0', '-77');
INSERT INTO scheduled_signals (strategy, session, state, changed_at, detail) VALUES ('nuclear', '2025-07-16', 'written', 1752676978025, 'a run of 2 lines');
INSERT INTO session_quantities (symbol, session, quantity, at) VALUES ('SMR', '2025-07-16', '2', 1752676978025);
INSERT INTO splits (symbol, session, ratio, quantity, found_at, booked_at) VALUES ('TQQQ', '2025-07-15', '0.5', '2.309959061', 1752590578025, 1752676978025);
INSERT INTO splits (symbol, session, ratio, quantity, found_at, booked_at) VALUES ('UVXY', '2025-07-16', '5', '3712.5', 1752676978025, NULL);
INSERT INTO adoptions (number, account, at) VALUES (1, 'PA3TEST00001', 1752676978025);
INSERT INTO asset_ids (symbol, id, at) VALUES ('SMR', '3f1b8a52-0000-4000-8000-000000000001', 1752676978025);
INSERT INTO strangers (client_order_id, session, at) VALUES ('alpaca-trader-00000000000000ff-buying-SMR-1', '2025-07-16', 1752676978025);
INSERT INTO recordings (number, started_at) VALUES (1, 1752676978025);
INSERT INTO recording_parts (recording, part, content) VALUES (1, 0, x'0b028000');
INSERT INTO recorded_executions (execution_id, recording) VALUES ('e1', 1);
