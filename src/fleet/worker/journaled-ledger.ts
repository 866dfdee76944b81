import { DatabaseSync, type Session } from "node:sqlite";
import { EXIT, TraderError } from "../../domain/errors.ts";
import { ledgerOn, type LedgerOptions, type SqliteLedger } from "../../ledger/sqlite-ledger.ts";
import type { Barrier, Claim, Holding, LedgerStore, SavedLedger } from "../store/ports.ts";

/** After this many changes a snapshot replaces them; until then a restore replays them. */
const CHANGES_BEFORE_SNAPSHOT = 20;

const MEMORY = ":memory:";

/** The epoch is no longer current: another worker has the account. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";

  constructor() {
    super("another worker has taken over this account.");
  }
}

/** The account is halted; what was committed is kept all the same. */
export class Halted extends Error {
  override readonly name = "Halted";
  readonly reason: string;

  constructor(reason: string) {
    super(`the account is halted: ${reason}`);
    this.reason = reason;
  }
}

export interface JournaledLedgerParts {
  readonly store: LedgerStore;
  readonly holding: Holding;
  readonly claim: Claim;
  readonly options?: LedgerOptions;
  /** The account is halted in the database; `undefined`: it is not. Called with the answer of every barrier. */
  readonly onHalt?: (reason: string | undefined) => void;
  /** The epoch has ended. Called once. */
  readonly onLost?: () => void;
}

/**
 * A ledger in memory whose commits are kept in the fleet's database as SQLite changesets, in their order and without a gap.
 *
 * `settled` ships what has been committed since the last shipment. Callers that wait for the same shipment share it; one that
 * comes during a shipment waits for the next, because its commit may not be in the one under way. A shipment whose fate is
 * unknown is repeated under its number before anything else.
 */
export class JournaledLedger {
  readonly ledger: SqliteLedger;
  readonly #parts: JournaledLedgerParts;
  readonly #database: DatabaseSync;
  #session: Session;
  #seq: number;
  /** Taken out of the session and not known to be kept. */
  #unkept: { readonly seq: number; readonly bytes: Uint8Array }[] = [];
  #kept: number;
  /** The shipment that has not begun, and so will contain what is committed now. */
  #next: Promise<void> | undefined;
  #current: Promise<void> = Promise.resolve();
  #isLost = false;

  private constructor(parts: JournaledLedgerParts, database: DatabaseSync, ledger: SqliteLedger) {
    this.#parts = parts;
    this.#database = database;
    this.ledger = ledger;
    this.#seq = parts.claim.seq;
    this.#kept = parts.claim.changes.length;
    this.#session = database.createSession();
  }

  /**
   * Restores the ledger, and migrates it: a migrated or new one is kept as an image before anything else, because changesets are
   * never replayed into another schema.
   * @throws TraderError when it cannot be restored or is of a newer version; LeaseLost; StoreUnreachable.
   */
  static async open(parts: JournaledLedgerParts): Promise<JournaledLedger> {
    const { store, holding, claim, options } = parts;
    const database = restored(claim);
    const before = versionOf(database);
    const ledger = ledgerOn(database, MEMORY, { ...options, isTrusted: false }, `of account ${holding.account}`);
    try {
      if (versionOf(database) !== before) {
        const barrier = await store.snapshot(holding, claim.seq, ledger.serialize());
        if (barrier.kind === "lost") throw new LeaseLost();
      }
    } catch (error) {
      ledger.close();
      throw error;
    }
    return new JournaledLedger(parts, database, ledger);
  }

  /** Whether something has been committed that is not known to be kept. */
  get hasChanges(): boolean {
    return this.#unkept.length > 0 || (this.#database.isOpen && this.#session.changeset().length > 0);
  }

  /** @throws LeaseLost, Halted, StoreUnreachable: then no order may leave. */
  settled(): Promise<void> {
    this.#next ??= this.#current
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#current = this.#ship();
        return this.#current;
      });
    return this.#next;
  }

  /** Keeps the rest, and from time to time an image of all. @throws as {@link settled}, but not for a halt. */
  async finish(): Promise<void> {
    await this.settled().catch(exceptHalted);
    if (this.#kept <= CHANGES_BEFORE_SNAPSHOT) return;
    const { store, holding } = this.#parts;
    this.#heed(await store.snapshot(holding, this.#seq, this.ledger.serialize()));
    this.#kept = 0;
  }

  async #ship(): Promise<void> {
    if (this.#isLost) throw new LeaseLost();
    this.#takeChanges();
    const { store, holding } = this.#parts;
    if (this.#unkept.length === 0) this.#heed(await store.append(holding, undefined), true);
    for (let change = this.#unkept[0]; change !== undefined; change = this.#unkept[0]) {
      const barrier = await store.append(holding, change);
      if (barrier.kind === "kept") {
        this.#unkept.shift();
        this.#kept += 1;
      }
      this.#heed(barrier, this.#unkept.length === 0);
    }
  }

  /** @param isLast a halt stops what waits, once everything is kept. */
  #heed(barrier: Barrier, isLast = false): void {
    const { onHalt, onLost } = this.#parts;
    if (barrier.kind === "lost") {
      if (!this.#isLost) onLost?.();
      this.#isLost = true;
      throw new LeaseLost();
    }
    onHalt?.(barrier.halted);
    if (isLast && barrier.halted !== undefined) throw new Halted(barrier.halted);
  }

  #takeChanges(): void {
    if (!this.#database.isOpen) return;
    const bytes = this.#session.changeset();
    if (bytes.length === 0) return;
    // Not before the new one records may the old one end; nothing is committed in between, because nothing else runs.
    const before = this.#session;
    this.#session = this.#database.createSession();
    before.close();
    this.#seq += 1;
    this.#unkept.push({ seq: this.#seq, bytes });
  }
}

/** A ledger that is only read, for a person. The caller closes it. */
export function openSavedLedger(saved: SavedLedger, name: string): SqliteLedger {
  return ledgerOn(restored(saved), MEMORY, {}, name);
}

/** @throws TraderError when a change does not fit: SQLite compares the old values of every row. */
function restored({ image, changes }: SavedLedger): DatabaseSync {
  const database = new DatabaseSync(MEMORY);
  try {
    if (image !== undefined) database.deserialize(asJournalMode(image));
    for (const change of changes) if (!database.applyChangeset(change)) throw damaged();
    return database;
  } catch (error) {
    database.close();
    throw error instanceof TraderError ? error : damaged(error);
  }
}

/** Bytes 18 and 19 of a database header: 2 means write-ahead log, which a database in memory cannot have; 1 means journal. */
function asJournalMode(image: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(image);
  for (const offset of [18, 19]) bytes[offset] = 1;
  return bytes;
}

function versionOf(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA user_version").get()?.user_version;
}

function exceptHalted(error: unknown): void {
  if (!(error instanceof Halted)) throw error;
}

function damaged(cause?: unknown): TraderError {
  return new TraderError("A change in the journal does not fit the ledger that it changes, so the ledger cannot be restored.", {
    code: "ledger-damaged",
    hint: "The account is not traded. Compare its orders at the venue with `fleet report`, and restore the database from a backup.",
    exitCode: EXIT.refused,
    cause,
  });
}
