import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { HeldLedger, TableRows } from "../../src/domain/ledger/recordings.ts";
import { openLedgerOfRows } from "../../src/ledger/ledger-of-rows.ts";
import { openLedger, type SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { execution, inTemporaryDirectory, intent, NOW, signal } from "./ledger-examples.ts";

const DAY = 86_400_000;
const PART = { recording: undefined, part: 0, startedAt: NOW, executionIds: ["e1"], content: new Uint8Array([1, 2, 3]) };

function filled(file: string): SqliteLedger {
  const ledger = openLedger(file);
  ledger.pinAccount("PA3TEST00001", NOW);
  ledger.recordSignal(signal("s1"), NOW);
  ledger.createExecution(execution("e1", "s1"));
  ledger.recordIntents([intent("c1", "e1")]);
  return ledger;
}

const rowsIn = (tables: readonly TableRows[], table: string): number => tables.find((each) => each.table === table)?.rows.length ?? 0;

function surroundingsOf(held: HeldLedger, question = { signalId: "s1", at: NOW }): readonly TableRows[] {
  return held.surroundings(question) ?? [];
}

test.each(["a file", "memory"])("a held of a ledger in %s shows it as it was, whatever is written since", (where) => {
  inTemporaryDirectory((directory) => {
    const ledger = filled(where === "memory" ? ":memory:" : join(directory, "paper.sqlite"));
    const held = ledger.recordings.hold();
    const other = ledger.recordings.hold();
    ledger.updateIntent("c1", { state: "posting", updatedAt: NOW + 1 });
    ledger.recordSignal(signal("s2"), NOW + 1);
    const tables = surroundingsOf(held);
    expect([rowsIn(tables, "signals"), rowsIn(tables, "executions"), rowsIn(tables, "intents")]).toEqual([1, 1, 1]);
    const { ledger: copy } = openLedgerOfRows(ledger.recordings.schema, tables);
    expect(copy.intent("c1")).toEqual({ ...ledger.intent("c1"), state: "recorded", updatedAt: copy.intent("c1")?.updatedAt });
    expect(copy.signal("s1")).toEqual(ledger.signal("s1"));
    expect(copy.pinnedAccount()?.number).toBe("PA3TEST00001");
    copy.close();
    held.close();
    expect(rowsIn(surroundingsOf(other), "signals")).toBe(1);
    other.close();
    const later = ledger.recordings.hold();
    expect(rowsIn(surroundingsOf(later), "signals")).toBe(2);
    // A held that is still held keeps nobody from closing the ledger.
    ledger.close();
  });
});

test("rows that come later replace those with the same key", () => {
  const ledger = filled(":memory:");
  const of = openLedgerOfRows(ledger.recordings.schema, surroundingsOf(ledger.recordings.hold()));
  const { ledger: copy } = of;
  expect(copy.intent("c1")?.state).toBe("recorded");
  ledger.updateIntent("c1", { state: "posting", postedAt: NOW, updatedAt: NOW });
  of.put(surroundingsOf(ledger.recordings.hold()));
  expect(copy.intent("c1")?.state).toBe("posting");
  copy.close();
  ledger.close();
});

test("orders of the day belong to it, and those of other days do not; with more than 1,000 there is none", () => {
  const ledger = filled(":memory:");
  const add = (count: number, day: string, recordedAt: number): void => {
    const id = `of-${day}`;
    ledger.recordSignal(signal(id), recordedAt);
    ledger.createExecution(execution(id, id));
    ledger.recordIntents(Array.from({ length: count }, (_, number) => intent(`${day}-${String(number)}`, id, { recordedAt })));
    for (let number = 0; number < count; number += 1)
      ledger.updateIntent(`${day}-${String(number)}`, { state: "dropped", updatedAt: recordedAt });
    ledger.updateExecution(id, { finishedAt: recordedAt });
    ledger.recordBookings({ bookings: [], holdings: [], orders: new Map(), executionIds: [id] });
  };
  add(30, "before", NOW - 3 * DAY);
  // The newest few executions are shown with their orders, whenever they were.
  for (const day of ["1", "2", "3", "4", "5"]) add(1, day, NOW - 2 * DAY);
  add(7, "today", NOW);
  add(500, "later", NOW);
  const intentsShown = (): number | undefined => {
    const tables = ledger.recordings.hold().surroundings({ signalId: "s1", at: NOW });
    return tables && rowsIn(tables, "intents");
  };
  // Three executions of two days ago are among the newest five; one order is open.
  expect(intentsShown()).toBe(1 + 7 + 500 + 3);
  add(493, "again", NOW);
  expect(intentsShown()).toBe(undefined);
  ledger.close();
});

test.each([
  ["a table", { table: "people", columns: ["name"], rows: [["x"]] }],
  ["a statement in place of a table", { table: "signals; DROP TABLE signals", columns: ["id"], rows: [] }],
  ["a column", { table: "signals", columns: ["colour"], rows: [["red"]] }],
  ["too few values", { table: "account_pins", columns: ["id", "number", "pinned_at"], rows: [[1, null, 5]] }],
])("rows that no ledger has are refused: %s", (_what, rows) => {
  expect(() => openLedgerOfRows(1, [rows])).toThrow(expect.objectContaining({ code: "recording-damaged" }));
});

test("rows of a newer schema are refused", () => {
  expect(() => openLedgerOfRows(900, [])).toThrow(expect.objectContaining({ code: "recording-newer" }));
});

test("the parts of a recording come back in order, by execution, and are deleted with their age", () => {
  const ledger = filled(":memory:");
  const number = ledger.recordings.append(PART);
  ledger.recordings.append({ ...PART, recording: number, part: 1, content: new Uint8Array([4]) });
  ledger.recordings.append({ ...PART, startedAt: NOW + 2 * DAY, content: new Uint8Array([5]) });
  expect(ledger.recordings.of("e1").map(({ parts }) => parts.map((part) => [...part]))).toEqual([[[1, 2, 3], [4]], [[5]]]);
  expect(ledger.recordings.bytesOf("e1")).toBe(5);
  expect(ledger.prune(NOW + DAY).recordings).toBe(1);
  expect(ledger.recordings.of("e1")).toHaveLength(1);
  expect(ledger.recordings.bytesOf("e1")).toBe(1);
  expect(ledger.execution("e1")).toBeDefined();
  ledger.close();
});
