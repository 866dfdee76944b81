import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { LedgerDatabase } from "../../src/ledger/database.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { migrate, MIGRATIONS } from "../../src/ledger/migrations.ts";
import { ledgerOn, openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { inTemporaryDirectory, line, NOW } from "./ledger-examples.ts";

function refusalOf(file: string, options: { mustExist?: boolean } = {}): TraderError {
  try {
    openLedger(file, options).close();
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("It was opened.");
}

function expectRefusal(file: string, code: string, words: RegExp): void {
  const refusal = refusalOf(file);
  expect(refusal.code).toBe(code);
  expect(refusal.message).toMatch(words);
  expect(refusal.message).toContain(file);
  expect(refusal.hint).toBeTruthy();
}

describe("opening what is no sound ledger of ours", () => {
  test("a text file is named as no database and left as it is", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const text = "these are notes, a little longer than the header of a database would be, so that it is read as one\n".repeat(20);
      writeFileSync(file, text);
      expectRefusal(file, "ledger-foreign", /no SQLite database/);
      expect(readFileSync(file, "utf8")).toBe(text);
    });
  });

  test("a database of another program is left as it is", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const other = new DatabaseSync(file);
      other.exec("CREATE TABLE songs (title TEXT)");
      other.close();
      const before = readFileSync(file);
      expectRefusal(file, "ledger-foreign", /another program/);
      expect(readFileSync(file).equals(before)).toBe(true);
    });
  });

  test("a ledger of a newer version is refused", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      openLedger(file).close();
      const connection = new DatabaseSync(file);
      connection.exec("PRAGMA user_version = 900");
      connection.close();
      expectRefusal(file, "ledger-newer", /newer version.*schema 900/);
    });
  });

  test("a ledger with damaged pages and one that was cut off are refused", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const ledger = openLedger(file);
      for (let index = 0; index < 50; index++) ledger.recordLines([line(`h${String(index)}`, { text: "x".repeat(4000) })]);
      ledger.close();
      const sound = readFileSync(file);
      writeFileSync(file, sound.subarray(0, sound.length / 2));
      expectRefusal(file, "ledger-damaged", /damaged/);
      writeFileSync(file, Buffer.from(sound).fill(0x5a, 8_192, 40_960));
      expectRefusal(file, "ledger-damaged", /damaged/);
    });
  });

  test("a large ledger is read through for damage after a crash only, and a command that reads reads the rest of it", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      const ledger = openLedger(file);
      const text = "x".repeat(4_000);
      ledger.transaction(() => {
        for (let index = 0; index < 17_000; index++) ledger.recordLines([line(`h${String(index)}`, { text })]);
      });
      ledger.pinAccount("PA1", NOW);
      ledger.close();
      const end = statSync(file).size - 4_096 * 600;
      const handle = openSync(file, "r+");
      writeSync(handle, Buffer.alloc(4_096 * 100, 0x5a), 0, 4_096 * 100, end - (end % 4_096));
      closeSync(handle);
      const trusted = openLedger(file);
      expect(trusted.pinnedAccount()?.number).toBe("PA1");
      const hashes = Array.from({ length: 17_000 }, (_, index) => `h${String(index)}`);
      expect(() => trusted.lines("nuclear", hashes)).toThrow(/damaged/);
      trusted.close();
      writeFileSync(`${file}-wal`, "left by a crash");
      openLedger(file, { mustExist: true }).close();
      writeFileSync(`${file}-wal`, "left by a crash");
      expectRefusal(file, "ledger-damaged", /damaged/);
    });
  });

  test("a path that cannot hold a file is refused", () => {
    inTemporaryDirectory((directory) => {
      mkdirSync(join(directory, "folder"));
      writeFileSync(join(directory, "plain"), "");
      expectRefusal(join(directory, "folder"), "ledger-unavailable", /not a file/);
      expectRefusal(join(directory, "plain/l.sqlite"), "ledger-unavailable", /cannot be opened/);
    });
  });

  test("a command that only looks does not make a ledger", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      expect(refusalOf(file, { mustExist: true })).toMatchObject({ code: "ledger-missing" });
      openLedger(file).close();
      openLedger(file, { mustExist: true }).close();
    });
  });

  test("a ledger that may not be written says so when it is written to", () => {
    inTemporaryDirectory((directory) => {
      const file = join(directory, "l.sqlite");
      openLedger(file).close();
      const connection = new DatabaseSync(file, { readOnly: true });
      const ledger = ledgerOn(connection, ":memory:");
      expect(() => ledger.pinAccount("PA1", NOW)).toThrow(/may not be written/);
      ledger.close();
    });
  });

  test("an unreadable value in a row is named instead of being taken for something else", () => {
    const connection = new DatabaseSync(":memory:");
    const ledger = ledgerOn(connection, ":memory:");
    ledger.recordEquity({ at: NOW, equity: decimal("12.5"), lastEquity: decimal("12"), cash: decimal("12.5"), executionId: undefined });
    connection.exec("UPDATE equity SET cash = '12,5'");
    expect(() => ledger.equitySince(0)).toThrow(/"12,5" as cash/);
  });
});

describe("migrations", () => {
  test("they are numbered from 1 without a gap", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test("a ledger of every earlier version ends with the schema of a new one and keeps its rows", () => {
    const schemaOf = (connection: DatabaseSync) =>
      connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();
    const fresh = new DatabaseSync(":memory:");
    ledgerOn(fresh, ":memory:");
    for (let version = 1; version <= MIGRATIONS.length; version++) {
      const old = new DatabaseSync(":memory:");
      migrate(new LedgerDatabase(old, "old"), MIGRATIONS.slice(0, version));
      old.exec("INSERT INTO account_pins (number, pinned_at) VALUES ('PA1', 5)");
      const ledger = ledgerOn(old, ":memory:");
      expect(ledger.pinnedAccount()).toEqual({ number: "PA1", pinnedAt: 5 });
      expect(schemaOf(old)).toEqual(schemaOf(fresh));
    }
  });

  test("a step that fails half-way leaves the version before it, whole", () => {
    const connection = new DatabaseSync(":memory:");
    const database = new LedgerDatabase(connection, "test");
    const broken = { version: MIGRATIONS.length + 1, sql: "CREATE TABLE extra (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1);" };
    expect(() => migrate(database, [...MIGRATIONS, broken])).toThrow(/no such table/);
    expect(database.pragma("user_version")).toBe(MIGRATIONS.length);
    expect(database.row("SELECT 1 FROM sqlite_schema WHERE name = 'extra'")).toBeUndefined();
    migrate(database, [...MIGRATIONS, { version: MIGRATIONS.length + 1, sql: "CREATE TABLE extra (id INTEGER) STRICT;" }]);
    expect(database.pragma("user_version")).toBe(MIGRATIONS.length + 1);
  });
});
