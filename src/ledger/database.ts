import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { ledgerFailure } from "./failures.ts";
import type { Durability } from "../domain/ledger.ts";
import type { Belongs, ChangedRecord } from "./read-memory.ts";
import { ReadMemory } from "./read-memory.ts";

/** Amounts and ids are bound as text: a number in a TEXT column would be stored as `"5.0"`. */
type Bound = string | number | Uint8Array | null;
export type Values = Readonly<Record<string, Bound>>;
export type Row = Record<string, SQLOutputValue>;

export type CommitStage = "before" | "after";

/** SQLite's setting for each {@link Durability}, which cannot be changed inside a transaction. */
const SYNCHRONOUS = { flushed: "FULL", ordered: "NORMAL" } as const satisfies Record<Durability, string>;

interface Prepared extends Shape {
  readonly statement: StatementSync;
}

/** What the text of a statement says; the same in every ledger. */
interface Shape {
  readonly parameters: readonly string[];
  /** The one table that it changes; undefined when its first words do not show it. */
  readonly table: string | undefined;
}

const shapes = new Map<string, Shape>();

function shapeOf(sql: string): Shape {
  const known = shapes.get(sql);
  if (known !== undefined) return known;
  const parameters = [...sql.matchAll(/:([A-Za-z]\w*)/g)].map((match) => match[1] ?? "");
  const shape = { parameters, table: CHANGED_TABLE.exec(sql)?.[1] };
  shapes.set(sql, shape);
  return shape;
}

const CHANGED_TABLE = /^\s*(?:INSERT INTO|UPDATE) (\w+)/;

/**
 * One SQLite connection with three guarantees that the ledger relies on: every write runs in an immediate
 * transaction, every named parameter has a value (SQLite silently treats a missing one as NULL), and every
 * failure is a sentence for a person.
 */
export class LedgerDatabase {
  readonly name: string;
  readonly #database: DatabaseSync;
  readonly #isInMemory: boolean;
  readonly #onCommit: ((stage: CommitStage, durability: Durability) => void) | undefined;
  /** Durability of the next commit. */
  #durability: Durability | undefined;
  /** A commit exists that a power cut would lose. */
  #unflushed = false;
  readonly #statements = new Map<string, Prepared>();
  readonly #memory = new ReadMemory();
  /** Changes whenever another connection has committed. */
  #versionElsewhere: unknown;
  /** It has been read since something else could run. */
  #isVersionCurrent = false;
  #inside = false;
  /** A nested call has thrown: its writes must never be committed. */
  #spoiled = false;

  constructor(database: DatabaseSync, name: string, onCommit?: (stage: CommitStage, durability: Durability) => void) {
    this.#database = database;
    this.#isInMemory = database.location() === null;
    this.name = name;
    this.#onCommit = onCommit;
  }

  /** Runs a writing statement, in a new transaction unless one is open. Returns the number of rows changed. */
  write(sql: string, values: Values = {}): number {
    return this.transaction(() => {
      this.#mustBeInTransaction();
      const { statement, table } = this.#prepare(sql, values);
      const changed = this.#guarded(() => Number(statement.run(values).changes));
      if (changed > 0) this.#memory.forget(table);
      return changed;
    });
  }

  /**
   * As {@link write}, for a statement that changes one row, and no column that a query sorts on.
   * @param reread the row as it is now.
   * @returns whether there was such a row.
   */
  writeOne<Record>(sql: string, values: Values, reread: () => ChangedRecord<Record>): boolean {
    return this.transaction(() => {
      this.#mustBeInTransaction();
      const { statement } = this.#prepare(sql, values);
      const changed = this.#guarded(() => Number(statement.run(values).changes));
      if (changed === 1) this.#memory.replace(reread());
      return changed === 1;
    });
  }

  row(sql: string, values: Values = {}): Row | undefined {
    return this.#guarded(() => this.#prepare(sql, values).statement.get(values));
  }

  rows(sql: string, values: Values = {}): Row[] {
    return this.#guarded(() => this.#prepare(sql, values).statement.all(values));
  }

  /**
   * The rows of a query of one table, converted by `read` and cached until the table is written, or another
   * process writes anything. The records are shared, so callers must not change them.
   * @param belongs keeps the result while single rows are changed.
   */
  records<Record>(table: string, sql: string, values: Values, read: (row: Row) => Record, belongs?: Belongs<Record>): Record[] {
    this.#forgetWhatOthersChanged();
    const query = sql + JSON.stringify(values);
    return [...this.#memory.recall(table, query, () => this.rows(sql, values).map((row) => read(row)), belongs)];
  }

  /**
   * Runs `work` in one transaction; a nested call joins the outer one. When a joined call throws, the
   * whole transaction is rolled back even if the error is caught further out.
   */
  transaction<T>(work: () => T, durability: Durability = "flushed"): T {
    if (this.#inside) return this.#join(work);
    this.#prepareFor(durability);
    this.#execute("BEGIN IMMEDIATE");
    this.#inside = true;
    this.#spoiled = false;
    this.#isVersionCurrent = false;
    try {
      const result = work();
      if (result instanceof Promise) throw new Error("A ledger transaction cannot wait: its work must not be asynchronous.");
      this.#commit(durability);
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inside = false;
    }
  }

  /** A flushed commit includes all earlier ones; rewriting the schema number changes nothing. */
  flush(): void {
    if (!this.#unflushed || this.#inside) return;
    const version = String(this.pragma("user_version"));
    this.transaction(() => this.#guarded(() => this.#database.exec(`PRAGMA user_version = ${version}`)));
  }

  /**
   * What others commit is seen from the next task on, or within the next transaction, during which they cannot commit. No
   * other process can access a database in memory.
   */
  #forgetWhatOthersChanged(): void {
    if (this.#isInMemory || this.#isVersionCurrent) return;
    this.#isVersionCurrent = true;
    queueMicrotask(() => (this.#isVersionCurrent = false));
    const version = this.row("PRAGMA data_version")?.data_version;
    if (version !== this.#versionElsewhere) this.#memory.forget(undefined);
    this.#versionElsewhere = version;
  }

  /** Several statements of a migration; inside a transaction only. */
  script(sql: string): void {
    this.#mustBeInTransaction();
    this.#memory.forget(undefined);
    this.#guarded(() => this.#database.exec(sql));
  }

  /** Sets or reads a pragma; returns its first value. */
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

  #commit(durability: Durability): void {
    if (this.#spoiled) throw new Error("A part of this ledger transaction failed, so none of it is committed.");
    this.#onCommit?.("before", durability);
    this.#mustBeInTransaction();
    this.#execute("COMMIT");
    this.#unflushed = durability === "ordered";
    this.#onCommit?.("after", durability);
  }

  /** SQLite executes this pragma when it is prepared, so the statement is never cached. Memory has no disk to wait for. */
  #prepareFor(durability: Durability): void {
    if (this.#isInMemory || this.#durability === durability) return;
    this.#guarded(() => this.#database.exec(`PRAGMA synchronous = ${SYNCHRONOUS[durability]}`));
    this.#durability = durability;
  }

  /** SQLite rolls back by itself on some errors, such as a full disk; a second ROLLBACK would hide the first error. */
  #rollBack(): void {
    this.#memory.forget(undefined);
    if (this.#database.isOpen && this.#database.isTransaction) this.#execute("ROLLBACK");
  }

  #execute(sql: string): void {
    this.#guarded(() => this.#prepare(sql, {}).statement.run());
  }

  /** Otherwise a write after a swallowed full-disk error would be committed alone. */
  #mustBeInTransaction(): void {
    if (!this.#database.isTransaction)
      throw new Error("The ledger transaction was rolled back by SQLite; nothing more can be written in it.");
  }

  #prepare(sql: string, values: Values): Prepared {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      prepared = { statement: this.#database.prepare(sql), ...shapeOf(sql) };
      this.#statements.set(sql, prepared);
    }
    for (const name of prepared.parameters)
      if (values[name] === undefined) throw new Error(`The ledger statement lacks a value for ${name}: ${sql}`);
    return prepared;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw ledgerFailure(error, this.name);
    }
  }
}
