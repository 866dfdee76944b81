import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { ledgerFailure } from "./failures.ts";

/** Amounts and ids are bound as text: a number in a TEXT column would be stored as `"5.0"`. */
type Bound = string | number | null;
export type Values = Readonly<Record<string, Bound>>;
export type Row = Record<string, SQLOutputValue>;

export type CommitStage = "before" | "after";

interface Prepared {
  readonly statement: StatementSync;
  readonly parameters: readonly string[];
}

/**
 * One SQLite connection with the three habits that the ledger's promises rest on: every write runs in
 * an immediate transaction, every named parameter is given (SQLite takes a missing one for NULL,
 * silently), and every failure is a sentence for a person.
 */
export class LedgerDatabase {
  readonly name: string;
  readonly #database: DatabaseSync;
  readonly #onCommit: ((stage: CommitStage) => void) | undefined;
  readonly #statements = new Map<string, Prepared>();
  #inside = false;
  /** A joined call has thrown: what it left behind must never be committed. */
  #spoiled = false;

  constructor(database: DatabaseSync, name: string, onCommit?: (stage: CommitStage) => void) {
    this.#database = database;
    this.name = name;
    this.#onCommit = onCommit;
  }

  /** Runs a writing statement, in a transaction of its own unless one is open. Gives the number of rows changed. */
  write(sql: string, values: Values = {}): number {
    return this.transaction(() => {
      this.#mustBeInTransaction();
      return this.#guarded(() => Number(this.#prepare(sql, values).run(values).changes));
    });
  }

  row(sql: string, values: Values = {}): Row | undefined {
    return this.#guarded(() => this.#prepare(sql, values).get(values));
  }

  rows(sql: string, values: Values = {}): Row[] {
    return this.#guarded(() => this.#prepare(sql, values).all(values));
  }

  /**
   * Runs `work` in one transaction; a nested call joins the outer one. When a joined call throws, the
   * whole transaction is rolled back even if the error is caught further out.
   */
  transaction<T>(work: () => T): T {
    if (this.#inside) return this.#join(work);
    this.#guarded(() => this.#database.exec("BEGIN IMMEDIATE"));
    this.#inside = true;
    this.#spoiled = false;
    try {
      const result = work();
      if (result instanceof Promise) throw new Error("A ledger transaction cannot wait: its work must not be asynchronous.");
      this.#commit();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inside = false;
    }
  }

  /** Several statements of a migration; inside a transaction only. */
  script(sql: string): void {
    this.#mustBeInTransaction();
    this.#guarded(() => this.#database.exec(sql));
  }

  /** Sets or asks a pragma; gives its first value. */
  pragma(sql: string): SQLOutputValue | undefined {
    const row = this.#guarded(() => this.#database.prepare(`PRAGMA ${sql}`).get());
    return row === undefined ? undefined : Object.values(row)[0];
  }

  /** @throws inside a transaction, whose uncommitted rows would be in the image. */
  serialize(): Uint8Array {
    if (this.#database.isTransaction) throw new Error("A ledger image can only be taken outside a transaction.");
    return this.#guarded(() => this.#database.serialize());
  }

  close(): void {
    if (this.#database.isOpen) this.#guarded(() => this.#database.close());
  }

  #join<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#spoiled = true;
      throw error;
    }
  }

  #commit(): void {
    if (this.#spoiled) throw new Error("A part of this ledger transaction failed, so none of it is committed.");
    this.#onCommit?.("before");
    this.#mustBeInTransaction();
    this.#guarded(() => this.#database.exec("COMMIT"));
    this.#onCommit?.("after");
  }

  /** SQLite rolls back by itself on some errors, a full disk among them; a second ROLLBACK would hide the first error. */
  #rollBack(): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.#guarded(() => this.#database.exec("ROLLBACK"));
  }

  /** Without it a write that follows a swallowed full-disk error would be committed alone. */
  #mustBeInTransaction(): void {
    if (!this.#database.isTransaction)
      throw new Error("The ledger transaction was rolled back by SQLite; nothing more can be written in it.");
  }

  #prepare(sql: string, values: Values): StatementSync {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      prepared = {
        statement: this.#database.prepare(sql),
        parameters: [...sql.matchAll(/:([A-Za-z]\w*)/g)].map((match) => match[1] ?? ""),
      };
      this.#statements.set(sql, prepared);
    }
    for (const name of prepared.parameters)
      if (values[name] === undefined) throw new Error(`The ledger statement lacks a value for ${name}: ${sql}`);
    return prepared.statement;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw ledgerFailure(error, this.name);
    }
  }
}
