import { join } from "node:path";
import { CREDENTIAL_SETTINGS } from "../../config/mode.ts";
import type { Environment } from "../../domain/config.ts";
import { EXIT, TraderError } from "../../domain/errors.ts";
import { isAccountName, unknownAccount, type StoredAccount } from "../account-store.ts";
import type { Connection, Sql } from "./connection.ts";
import type { AccountId, CanaryAccount } from "./ports.ts";
import type { Sealing } from "./sealing.ts";

/** An account as the database has it, without its keys. */
export interface AccountRow {
  readonly id: AccountId;
  readonly name: string;
  /** Its own settings; keys are not among them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Who claimed it last and has not let it go. */
  readonly holder: string | undefined;
}

export interface NewAccount {
  /** As the venue calls it. */
  readonly number: string;
  readonly settings: Environment;
  /** Whose lines it gets. */
  readonly strategies: readonly string[];
}

/** Never in the clear: what gives access, and where it is sent; who can only write to the database must not learn it. */
const SEALED: readonly string[] = [...CREDENTIAL_SETTINGS, "ALPACA_PAPER_ENDPOINT", "ALPACA_ENDPOINT", "ALPACA_DATA_ENDPOINT"];

/** The accounts of a fleet with a database, of one mode. */
export class PostgresAccounts {
  readonly #connection: Connection;
  readonly #mode: string;
  readonly #stateDir: string;

  /** @param stateDir below which each account has a directory on this machine, for its halt file and what only people read. */
  constructor(connection: Connection, mode: string, stateDir: string) {
    this.#connection = connection;
    this.#mode = mode;
    this.#stateDir = stateDir;
  }

  /** Sorted by name. */
  async list(): Promise<AccountRow[]> {
    const rows = await this.#connection.rows<RawRow>(
      "SELECT account, name, settings, holder FROM fleet.accounts WHERE mode = $1 AND removed_at IS NULL ORDER BY name",
      [this.#mode],
    );
    return rows.map(rowOf);
  }

  async byId(id: AccountId): Promise<AccountRow | undefined> {
    const rows = await this.#connection.rows<RawRow>(
      "SELECT account, name, settings, holder FROM fleet.accounts WHERE mode = $1 AND account = $2 AND removed_at IS NULL",
      [this.#mode, id],
    );
    return rows.map(rowOf)[0];
  }

  /** @throws TraderError (78) when there is none. */
  async find(name: string): Promise<AccountRow> {
    const all = await this.list();
    const found = all.find((account) => account.name === name);
    if (found === undefined) throw unknownAccount(name, all);
    return found;
  }

  /** The account with its keys, as its settings are checked. @throws TraderError (78) when they, or where they go, were changed. */
  async unsealed(row: AccountRow, sealing: Sealing): Promise<StoredAccount> {
    const unsealed = Object.keys(row.settings).filter((name) => SEALED.includes(name));
    if (unsealed.length > 0)
      throw refused(
        `${row.name} has ${unsealed.join(", ")} in the clear in the database, where only sealed values count.`,
        "Somebody has changed the database. Find out who, and add the account again.",
      );
    const [found] = await this.#connection.rows<{ sealed: Buffer }>("SELECT sealed FROM fleet.accounts WHERE account = $1", [row.id]);
    const keys = await sealing.unseal({ mode: this.#mode, name: row.name }, found?.sealed ?? Buffer.alloc(0));
    return this.stored(row.name, { ...row.settings, ...keys });
  }

  /** An account that is not in the database yet, or whose keys are known. */
  stored(name: string, settings: Environment): StoredAccount {
    return { name, directory: join(this.#stateDir, "accounts", name), settings, problems: [] };
  }

  /** @returns its id. @throws TraderError when the name cannot be used, or name or account is taken. */
  async add(name: string, { number, settings, strategies }: NewAccount, sealing: Sealing): Promise<AccountId> {
    if (!isAccountName(name))
      throw refused(`"${name}" cannot be the name of an account.`, "Use up to 40 small letters, digits, - and _, such as growth or ira-2.");
    const { own, keys } = split(settings);
    const sealed = await sealing.seal({ mode: this.#mode, name }, keys);
    return this.#connection.transaction(async (sql) => {
      const [other] = await sql.rows<{ name: string }>(
        "SELECT name FROM fleet.accounts WHERE mode = $1 AND number = $2 AND name <> $3 AND removed_at IS NULL",
        [this.#mode, number, name],
      );
      if (other !== undefined)
        throw refused(`Account ${number} is in the fleet already, as ${other.name}.`, "Each account of a fleet has one name.");
      const [row] = await sql.rows<{ account: string }>(
        `INSERT INTO fleet.accounts (mode, name, number, settings, sealed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (mode, name) WHERE removed_at IS NULL DO NOTHING RETURNING account`,
        [this.#mode, name, number, JSON.stringify(own), Buffer.from(sealed)],
      );
      if (row === undefined)
        throw refused(`The fleet already has an account ${name}.`, `\`alpaca-trader fleet set ${name} NAME=VALUE\` changes its settings.`);
      await this.#want(sql, row.account, strategies);
      return row.account;
    });
  }

  /** Replaces settings and keys. */
  async replace(row: AccountRow, settings: Environment, strategies: readonly string[], sealing: Sealing): Promise<void> {
    const { own, keys } = split(settings);
    const sealed = await sealing.seal({ mode: this.#mode, name: row.name }, keys);
    await this.#connection.transaction(async (sql) => {
      await sql.rows("UPDATE fleet.accounts SET settings = $2, sealed = $3 WHERE account = $1", [
        row.id,
        JSON.stringify(own),
        Buffer.from(sealed),
      ]);
      await this.#want(sql, row.id, strategies);
    });
  }

  /** Deletes the keys, and keeps the rest for questions. Ends the epoch of its holder. */
  async remove(row: AccountRow): Promise<void> {
    await this.#connection.rows(
      "UPDATE fleet.accounts SET removed_at = now(), sealed = '', epoch = epoch + 1, holder = NULL WHERE account = $1",
      [row.id],
    );
  }

  /** Seals the keys of every account for another identity, all or none. */
  async reseal(from: Sealing, to: Sealing): Promise<number> {
    return this.#connection.transaction(async (sql) => {
      const rows = await sql.rows<{ account: string; name: string; sealed: Buffer }>(
        "SELECT account, name, sealed FROM fleet.accounts WHERE mode = $1 AND removed_at IS NULL ORDER BY account FOR UPDATE",
        [this.#mode],
      );
      for (const row of rows) {
        const account = { mode: this.#mode, name: row.name };
        const sealed = await to.seal(account, await from.unseal(account, row.sealed));
        await sql.rows("UPDATE fleet.accounts SET sealed = $2 WHERE account = $1", [row.account, Buffer.from(sealed)]);
      }
      return rows.length;
    });
  }

  /** Lines that came before need no job: they count for those who traded the strategy then. */
  async #want(sql: Sql, id: AccountId, strategies: readonly string[]): Promise<void> {
    await sql.rows("DELETE FROM fleet.wanted WHERE account = $1 AND strategy <> ALL ($2)", [id, strategies]);
    await sql.rows(
      `INSERT INTO fleet.wanted (account, strategy, newest, read)
       SELECT $1, strategy, coalesce(newest, 0), coalesce(newest, 0)
       FROM unnest($3::text[]) AS strategy LEFT JOIN fleet.sources USING (strategy)
       WHERE mode = $2 OR mode IS NULL ON CONFLICT DO NOTHING`,
      [id, this.#mode, strategies],
    );
    await sql.rows("INSERT INTO fleet.wanted (account, strategy) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING", [id, strategies]);
  }
}

/** Of a mode, sorted by name. */
export async function canaryAccounts(sql: Sql, mode: string): Promise<CanaryAccount[]> {
  return sql.rows<CanaryRow>(
    `SELECT account AS id, name, array(SELECT strategy FROM fleet.wanted w WHERE w.account = a.account) AS strategies
     FROM fleet.accounts a
     WHERE mode = $1 AND removed_at IS NULL AND lower(trim(settings->>'FLEET_CANARY')) = 'on' ORDER BY name`,
    [mode],
  );
}

interface CanaryRow extends CanaryAccount {
  readonly id: string;
}

interface RawRow {
  readonly account: string;
  readonly name: string;
  readonly settings: Record<string, string>;
  readonly holder: string | null;
}

function rowOf({ account, name, settings, holder }: RawRow): AccountRow {
  return { id: account, name, settings, holder: holder ?? undefined };
}

function split(settings: Environment): { own: Record<string, string>; keys: Record<string, string> } {
  const set = Object.entries(settings).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[name, value]],
  );
  return {
    own: Object.fromEntries(set.filter(([name]) => !SEALED.includes(name))),
    keys: Object.fromEntries(set.filter(([name]) => SEALED.includes(name))),
  };
}

function refused(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "fleet-account", hint, exitCode: EXIT.configuration });
}
