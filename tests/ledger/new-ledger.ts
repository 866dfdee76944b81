import type { LedgerOptions, SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger, openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";

let empty: Uint8Array | undefined;

/** The image of a ledger on its first day. Made once: migrating the schema takes longer than many a rebalance. */
export function emptyLedger(): Uint8Array {
  if (empty === undefined) {
    const ledger = openLedger(":memory:");
    empty = ledger.serialize();
    ledger.close();
  }
  return empty;
}

/** A ledger on its first day, in memory. */
export function newLedger(options: LedgerOptions = {}): SqliteLedger {
  return openLedgerImage(emptyLedger(), options);
}
