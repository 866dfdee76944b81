import { TraderError } from "../domain/errors.ts";
import { openLedger, openLedgerToRead, type LedgerReader } from "../ledger/sqlite-ledger.ts";

/** The ledger through a read-only connection, opened when it exists and reopened when it was replaced. */
export class LedgerView {
  readonly #file: string;
  #open: LedgerReader | undefined;
  #empty: LedgerReader | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Before the first execution there is no ledger: then an empty one. @throws TraderError when it exists and cannot be read. */
  reader(): LedgerReader {
    if (this.#open !== undefined && !isStillThere(this.#open)) this.#letGo();
    try {
      this.#open ??= openLedgerToRead(this.#file);
      return this.#open;
    } catch (error) {
      if (error instanceof TraderError && error.code === "ledger-missing") return this.#nothing();
      throw error;
    }
  }

  close(): void {
    this.#letGo();
    this.#empty?.close();
    this.#empty = undefined;
  }

  #nothing(): LedgerReader {
    this.#empty ??= { ...openLedger(":memory:"), version: () => 0 };
    return this.#empty;
  }

  #letGo(): void {
    this.#open?.close();
    this.#open = undefined;
  }
}

function isStillThere(ledger: LedgerReader): boolean {
  try {
    ledger.check();
    return true;
  } catch {
    return false;
  }
}
