import { DatabaseSync } from "node:sqlite";
import { messageOf, TraderError } from "../domain/errors.ts";
import { LedgerDatabase } from "../ledger/database.ts";
import { ledgerFailure } from "../ledger/failures.ts";
import { preparePrivateFile, statOf } from "../ledger/private-file.ts";
import { Book } from "./book.ts";
import { entrySchema, type Entry, type EntryOf } from "./entry.ts";

const BUSY_TIMEOUT_MS = 5_000;

/** The database refuses the same client order id a second time, whichever process writes it. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY,
    order_id TEXT UNIQUE,
    body TEXT NOT NULL
  ) STRICT;
`;

/** Adds an entry to the transaction and applies it to the book. */
type Write = (entry: Entry) => void;

/**
 * The shadow account on the disk: a list of entries that only grows. A change is read, decided and committed in one
 * transaction that waits for the disk, so that neither a kill nor another process can lose or double an order.
 */
export class Journal {
  readonly #file: string;
  #database: LedgerDatabase | undefined;
  #entries: Entry[] = [];
  #book: Book | undefined;
  #lastSeq = 0;

  /** @param file is made, readable for our user only, with the first change. */
  constructor(file: string) {
    this.#file = file;
  }

  /** The account as it is now, with what other processes have written; `undefined` until it begins. @throws TraderError */
  book(): Book | undefined {
    const database = this.#database ?? (statOf(this.#file, "ledger") === undefined ? undefined : this.#open());
    if (database !== undefined) this.#readOn(database);
    return this.#book;
  }

  /** Everything since the beginning, oldest first; as of the last {@link book}. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /**
   * @param copy begins the account if it has not begun.
   * @param decide is given the newest account, and writes what changes.
   * @throws TraderError when nothing could be stored; then nothing has changed.
   */
  change<Result>(copy: EntryOf<"began"> | undefined, decide: (book: Book, write: Write) => Result): Result {
    const database = this.#database ?? this.#open();
    try {
      return database.transaction(() => {
        this.#readOn(database);
        if (this.#book === undefined && copy !== undefined) this.#write(database, copy);
        if (this.#book === undefined) throw new Error("The shadow account has not begun.");
        return decide(this.#book, (entry) => this.#write(database, entry));
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #open(): LedgerDatabase {
    preparePrivateFile(this.#file, "ledger");
    try {
      const database = new LedgerDatabase(new DatabaseSync(this.#file, { timeout: BUSY_TIMEOUT_MS }), this.#file);
      database.pragma("journal_mode = WAL");
      database.transaction(() => database.script(SCHEMA));
      this.#database = database;
      return database;
    } catch (error) {
      throw ledgerFailure(error, this.#file);
    }
  }

  #readOn(database: LedgerDatabase): void {
    for (const { seq, body } of database.rows("SELECT seq, body FROM entries WHERE seq > :seq ORDER BY seq", { seq: this.#lastSeq })) {
      this.#take(this.#read(String(body)));
      this.#lastSeq = Number(seq);
    }
  }

  #read(body: string): Entry {
    try {
      return entrySchema.parse(JSON.parse(body));
    } catch (error) {
      throw new TraderError(`The shadow account ${this.#file} cannot be read: ${messageOf(error)}`, {
        code: "shadow-damaged",
        hint: "Put back a copy, or delete it together with shadow.sqlite: the shadow account then begins anew as a copy of the live one.",
        cause: error,
      });
    }
  }

  #write(database: LedgerDatabase, entry: Entry): void {
    const orderId = entry.kind === "order" ? entry.clientOrderId : null;
    database.write("INSERT INTO entries (order_id, body) VALUES (:orderId, :body)", { orderId, body: JSON.stringify(entry) });
    this.#lastSeq += 1;
    this.#take(entry);
  }

  #take(entry: Entry): void {
    if (this.#book === undefined) this.#book = Book.of([entry]);
    else this.#book.apply(entry);
    this.#entries.push(entry);
  }

  /** What was not committed must not be remembered: all of it is read again. */
  #forget(): void {
    this.#entries = [];
    this.#book = undefined;
    this.#lastSeq = 0;
  }
}
