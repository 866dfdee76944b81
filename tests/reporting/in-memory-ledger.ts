import { afterEach, beforeEach } from "@jest/globals";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";

/** A fresh, real ledger for each test of the file. */
export function freshLedger(): () => SqliteLedger {
  let ledger: SqliteLedger | undefined;
  beforeEach(() => {
    ledger = openLedger(":memory:");
  });
  afterEach(() => {
    ledger?.close();
  });
  return () => ledger!;
}
