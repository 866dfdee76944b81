/** A step of the database's schema. A released step is never edited, because existing databases have already run it. */
export interface SchemaStep {
  /** 1, 2, 3, … without a gap; kept in `fleet.schema_version`. */
  readonly version: number;
  readonly sql: string;
}

/** The fleet's tables are in the schema `fleet`; the queue's are pg-boss's own, in {@link QUEUE_SCHEMA}. */
export const QUEUE_SCHEMA = "fleet_queue";

/** Modes never share accounts, lines or jobs. */
export function queueName(mode: string): string {
  return `accounts-${mode}`;
}

export const SCHEMA_STEPS: readonly SchemaStep[] = [
  {
    version: 1,
    sql: `
CREATE TABLE fleet.accounts (
  account bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mode text NOT NULL,
  name text NOT NULL,
  settings jsonb NOT NULL,
  sealed bytea NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  holder text,
  claimed_at timestamptz,
  added_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz
);
CREATE UNIQUE INDEX accounts_by_name ON fleet.accounts (mode, name) WHERE removed_at IS NULL;

-- A row for each strategy of an account is there from the start: what is not there cannot be locked.
CREATE TABLE fleet.wanted (
  account bigint NOT NULL REFERENCES fleet.accounts,
  strategy text NOT NULL,
  newest bigint NOT NULL DEFAULT 0,
  read bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account, strategy)
);
CREATE INDEX wanted_by_strategy ON fleet.wanted (strategy, account);

-- The row is locked while lines are added, so numbers are committed in their order.
CREATE TABLE fleet.sources (
  mode text NOT NULL,
  strategy text NOT NULL,
  newest bigint NOT NULL,
  PRIMARY KEY (mode, strategy)
);

CREATE TABLE fleet.lines (
  mode text NOT NULL,
  strategy text NOT NULL,
  number bigint NOT NULL,
  hash text NOT NULL,
  bytes bytea,
  overlong_bytes bigint,
  file_line bigint,
  arrived_at bigint NOT NULL,
  PRIMARY KEY (mode, strategy, number),
  UNIQUE (mode, strategy, hash),
  CHECK ((bytes IS NULL) <> (overlong_bytes IS NULL))
);
CREATE INDEX lines_by_age ON fleet.lines (arrived_at);

CREATE TABLE fleet.journal (
  account bigint NOT NULL REFERENCES fleet.accounts,
  seq bigint NOT NULL,
  epoch bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  changes bytea NOT NULL,
  PRIMARY KEY (account, seq)
);

CREATE TABLE fleet.snapshots (
  account bigint PRIMARY KEY REFERENCES fleet.accounts,
  seq bigint NOT NULL,
  epoch bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  image bytea NOT NULL
);

CREATE TABLE fleet.halts (
  scope text PRIMARY KEY,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE fleet.workers (
  worker text PRIMARY KEY,
  mode text NOT NULL,
  machine text NOT NULL,
  pid int NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  held int NOT NULL,
  heeds text[] NOT NULL
);

-- The only way in which an epoch changes.
CREATE FUNCTION fleet.claim(claimed bigint, claimed_mode text, by_holder text) RETURNS bigint
LANGUAGE sql AS $$
  UPDATE fleet.accounts SET epoch = epoch + 1, holder = by_holder, claimed_at = now()
  WHERE account = claimed AND mode = claimed_mode AND removed_at IS NULL RETURNING epoch
$$;
`,
  },
  {
    version: 2,
    sql: `
ALTER TABLE fleet.accounts ADD COLUMN number text;
-- Two names for one account would trade it twice.
CREATE UNIQUE INDEX accounts_by_number ON fleet.accounts (mode, number) WHERE removed_at IS NULL;

-- With the owner's rights, so that workers need none to change an epoch by themselves.
ALTER FUNCTION fleet.claim(bigint, text, text) SECURITY DEFINER SET search_path = fleet, pg_temp;
REVOKE ALL ON FUNCTION fleet.claim(bigint, text, text) FROM PUBLIC;
`,
  },
];
