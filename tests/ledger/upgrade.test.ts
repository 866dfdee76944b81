import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { MIGRATIONS } from "../../src/ledger/migrations.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { inTemporaryDirectory } from "./ledger-examples.ts";

/** N.sql is a ledger of schema N with rows in it; those up to 6 were written down from the steps when 6 was the newest. */
const SCHEMAS = join(import.meta.dirname, "schemas");
const VERSIONS = MIGRATIONS.map(({ version }) => version);

function oldLedger(directory: string, version: number, change = ""): string {
  const file = join(directory, "paper.sqlite");
  const connection = new DatabaseSync(file);
  connection.exec(readFileSync(join(SCHEMAS, `${String(version)}.sql`), "utf8"));
  connection.exec(change);
  connection.close();
  return file;
}

function rowsOf(file: string): Map<string, Record<string, unknown>[]> {
  const connection = new DatabaseSync(file, { readOnly: true });
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => [String(name), connection.prepare(`SELECT * FROM ${String(name)}`).all()] as const);
  connection.close();
  return new Map(rows);
}

function schemaOf(file: string): unknown {
  const connection = new DatabaseSync(file, { readOnly: true });
  const schema = connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();
  connection.close();
  return schema;
}

test("every schema that there ever was is written down", () => {
  expect(readdirSync(SCHEMAS).toSorted()).toEqual(VERSIONS.map((version) => `${String(version)}.sql`).toSorted());
});

describe.each(VERSIONS)("a ledger of schema %d", (version) => {
  test("keeps every row and gets the schema of a new one", () => {
    inTemporaryDirectory((directory) => {
      const file = oldLedger(directory, version);
      const before = rowsOf(file);
      openLedger(file).close();
      const after = rowsOf(file);
      for (const [table, rows] of before)
        expect(after.get(table)).toEqual(rows.map((row) => expect.objectContaining({ ...row }) as unknown));
      const fresh = join(directory, "fresh.sqlite");
      openLedger(fresh).close();
      expect(schemaOf(file)).toEqual(schemaOf(fresh));
    });
  });

  test("is read as it was meant: what is open is still open, and what is filled is still filled", () => {
    inTemporaryDirectory((directory) => {
      const ledger = openLedger(oldLedger(directory, version), { mustExist: true });
      expect(ledger.pinnedAccount()?.number).toBe("PA3TEST00001");
      expect(ledger.recentSignals(9).map(({ signal, verdict }) => [signal.id, verdict])).toEqual([["s1", "executed"]]);
      expect(ledger.recentVerdicts(9)).toHaveLength(1);
      expect(ledger.openExecutions()).toEqual([expect.objectContaining({ id: "e1", phase: "buying", outcome: undefined })]);
      expect(ledger.intentsOf("e1").map(({ clientOrderId, state, orderType }) => [clientOrderId, state, orderType])).toEqual([
        ["c1", "done", "market"],
        ["c2", "unknown", "market"],
      ]);
      expect(ledger.unsettledIntents().map(({ clientOrderId }) => clientOrderId)).toEqual(["c2"]);
      expect(ledger.equitySince(0).map(({ equity }) => equity.toString())).toEqual(["1000.25"]);
      ledger.close();
    });
  });
});

test.each([
  ["recorded", "proven absent", "proven-absent"],
  ["dropped", "an earlier order, which had been given up, has arrived under its id", "came-too-late"],
  ["dropped", "Trading was halted.", undefined],
])("an order that schema 8 told apart by its text keeps that as a code: %s, %s", (state, message, code) => {
  inTemporaryDirectory((directory) => {
    const file = oldLedger(directory, 8, `UPDATE intents SET state = '${state}', message = '${message}' WHERE client_order_id = 'c2'`);
    const ledger = openLedger(file);
    expect(ledger.intent("c2")).toMatchObject({ state, message });
    expect(ledger.intent("c2")?.code).toBe(code);
    expect(ledger.execution("e1")?.outcomeCode).toBeUndefined();
    expect(ledger.recentVerdicts(1)[0]?.causes).toBeUndefined();
    ledger.close();
  });
});
