import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { EXIT, TraderError } from "../../domain/errors.ts";
import type { Connection, Sql } from "./connection.ts";
import type { AccountId, Barrier, Claim, Holding, LedgerStore, SavedLedger } from "./ports.ts";

/**
 * The statement that a barrier waits for. It keeps the change only if the epoch is still current: a claim under way is
 * waited for, and once it is committed there is no row to insert. A change of another epoch is never replaced.
 */
const APPEND = `
WITH mine AS (SELECT epoch FROM fleet.accounts WHERE account = $1 AND epoch = $2 FOR SHARE)
INSERT INTO fleet.journal (account, seq, epoch, changes) SELECT $1, $3, epoch, $4 FROM mine
ON CONFLICT (account, seq) DO UPDATE SET changes = EXCLUDED.changes WHERE journal.epoch = EXCLUDED.epoch
RETURNING (SELECT min(reason) FROM fleet.halts WHERE scope = ANY ($5)) AS halted`;

const PROVE = `
WITH mine AS (SELECT epoch FROM fleet.accounts WHERE account = $1 AND epoch = $2 FOR SHARE)
SELECT (SELECT min(reason) FROM fleet.halts WHERE scope = ANY ($3)) AS halted FROM mine`;

const SNAPSHOT = `
WITH mine AS (SELECT epoch FROM fleet.accounts WHERE account = $1 AND epoch = $2 FOR SHARE)
INSERT INTO fleet.snapshots (account, seq, epoch, image) SELECT $1, $3, epoch, $4 FROM mine
ON CONFLICT (account) DO UPDATE SET seq = EXCLUDED.seq, epoch = EXCLUDED.epoch, at = now(), image = EXCLUDED.image
  WHERE snapshots.seq <= EXCLUDED.seq
RETURNING (SELECT min(reason) FROM fleet.halts WHERE scope = ANY ($5)) AS halted`;

/** The ledgers of a fleet in PostgreSQL: a compressed image of each, and the changes since. */
export class PostgresLedgers implements LedgerStore {
  readonly #connection: Connection;
  readonly #mode: string;

  constructor(connection: Connection, mode: string) {
    this.#connection = connection;
    this.#mode = mode;
  }

  async claim(account: AccountId, holder: string | undefined): Promise<Claim> {
    // Committed before anything is read: the former holder writes nothing after it.
    const [row] = await this.#connection.rows<{ epoch: string | null }>("SELECT fleet.claim($1, $2, $3) AS epoch", [
      account,
      this.#mode,
      holder ?? null,
    ]);
    if (row?.epoch === undefined || row.epoch === null) throw unknownAccount(account, this.#mode);
    const wanted = await this.#connection.rows<{ strategy: string; read: string }>(
      "SELECT strategy, read FROM fleet.wanted WHERE account = $1",
      [account],
    );
    const read = new Map(wanted.map((each) => [each.strategy, Number(each.read)]));
    return { ...(await this.read(account)), epoch: Number(row.epoch), read };
  }

  /** Image and changes of one transaction. */
  read(account: AccountId): Promise<SavedLedger> {
    return this.#connection.transaction((sql) => readSaved(sql, account), "REPEATABLE READ");
  }

  async seq(account: AccountId): Promise<number> {
    const [row] = await this.#connection.rows<{ seq: string | null }>(
      "SELECT greatest((SELECT seq FROM fleet.snapshots WHERE account = $1), (SELECT max(seq) FROM fleet.journal WHERE account = $1)) AS seq",
      [account],
    );
    return Number(row?.seq ?? 0);
  }

  /** Which change each account's ledger ends with; it differs after every change. */
  async versions(): Promise<ReadonlyMap<AccountId, string>> {
    const rows = await this.#connection.rows<{ account: string; version: string | null }>(
      `SELECT a.account, concat(s.epoch, '/', s.seq, '/', j.epoch, '/', j.seq) AS version
       FROM fleet.accounts a LEFT JOIN fleet.snapshots s USING (account)
       LEFT JOIN LATERAL (SELECT epoch, seq FROM fleet.journal WHERE account = a.account ORDER BY seq DESC LIMIT 1) j ON true
       WHERE a.mode = $1 AND a.removed_at IS NULL`,
      [this.#mode],
    );
    return new Map(rows.map(({ account, version }) => [account, version ?? ""]));
  }

  async append(holding: Holding, change: { readonly seq: number; readonly bytes: Uint8Array } | undefined): Promise<Barrier> {
    const { account, epoch, scopes } = holding;
    const rows =
      change === undefined
        ? await this.#connection.rows<HaltedRow>(PROVE, [account, epoch, scopes])
        : await this.#connection.rows<HaltedRow>(APPEND, [account, epoch, change.seq, zstdCompressSync(change.bytes), scopes]);
    return barrierOf(rows);
  }

  snapshot(holding: Holding, seq: number, image: Uint8Array): Promise<Barrier> {
    const { account, epoch, scopes } = holding;
    const bytes = zstdCompressSync(image);
    return this.#connection.transaction(async (sql) => {
      const barrier = barrierOf(await sql.rows<HaltedRow>(SNAPSHOT, [account, epoch, seq, bytes, scopes]));
      if (barrier.kind === "kept") await sql.rows("DELETE FROM fleet.journal WHERE account = $1 AND seq <= $2", [account, seq]);
      return barrier;
    });
  }
}

interface HaltedRow {
  readonly halted: string | null;
}

function barrierOf(rows: readonly HaltedRow[]): Barrier {
  const [row] = rows;
  return row === undefined ? { kind: "lost" } : { kind: "kept", halted: row.halted ?? undefined };
}

async function readSaved(sql: Sql, account: AccountId): Promise<SavedLedger> {
  const [saved] = await sql.rows<{ seq: string; image: Buffer }>("SELECT seq, image FROM fleet.snapshots WHERE account = $1", [account]);
  const changes = await sql.rows<{ seq: string; changes: Buffer }>(
    "SELECT seq, changes FROM fleet.journal WHERE account = $1 AND seq > $2 ORDER BY seq",
    [account, saved?.seq ?? 0],
  );
  const first = Number(saved?.seq ?? 0) + 1;
  const gap = changes.findIndex(({ seq }, index) => Number(seq) !== first + index);
  if (gap >= 0 || (saved === undefined && changes.length > 0)) throw damaged(account, first + Math.max(0, gap));
  return {
    image: saved === undefined ? undefined : zstdDecompressSync(saved.image),
    changes: changes.map((row) => zstdDecompressSync(row.changes)),
    seq: first - 1 + changes.length,
  };
}

function unknownAccount(account: AccountId, mode: string): TraderError {
  return new TraderError(`The fleet's database has no ${mode} account ${account}.`, {
    code: "fleet-account",
    hint: "It may have been removed meanwhile. `alpaca-trader fleet list` shows the accounts.",
    exitCode: EXIT.configuration,
  });
}

function damaged(account: AccountId, seq: number): TraderError {
  return new TraderError(`The journal of account ${account} lacks change ${String(seq)}, so its ledger cannot be restored.`, {
    code: "ledger-damaged",
    hint: "The account is not traded. Restore the database from a backup that has it.",
    exitCode: EXIT.refused,
  });
}
