import { afterEach, beforeEach } from "@jest/globals";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { newLedger } from "../ledger/new-ledger.ts";

/** A fresh, real ledger for each test of the file. */
export function freshLedger(): () => SqliteLedger {
  let ledger: SqliteLedger | undefined;
  beforeEach(() => {
    ledger = newLedger();
  });
  afterEach(() => {
    ledger?.close();
  });
  return () => ledger!;
}
