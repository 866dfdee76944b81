import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "@jest/globals";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";

/** Writes to the database, says so, and keeps the transaction open for a moment: another command that has just made the ledger. */
const WRITER = `
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("BEGIN IMMEDIATE; PRAGMA user_version = 2");
  console.log("writing");
  setTimeout(() => { database.exec("ROLLBACK"); database.close(); }, 200);
`;

test("a ledger that another command is just making can be opened: the switch to the write-ahead log waits", async () => {
  const directory = mkdtempSync(join(tmpdir(), "ledger-"));
  try {
    const file = join(directory, "l.sqlite");
    openLedger(file).close();
    const plain = new DatabaseSync(file);
    plain.exec("PRAGMA journal_mode = DELETE");
    plain.close();
    const writer = spawn(process.execPath, ["--input-type=module", "-e", WRITER, file], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(writer, "close");
    await once(writer.stdout, "data");

    const ledger = openLedger(file);

    expect(ledger.recentSignals(1)).toEqual([]);
    ledger.close();
    await ended;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
