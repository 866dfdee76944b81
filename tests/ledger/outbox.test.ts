import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger, openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { NOW } from "./ledger-examples.ts";

const ENTRY = { key: "execution:1:on-target", kind: "execution", at: NOW, content: { title: "on target" } };

function restarted(ledger: SqliteLedger): SqliteLedger {
  return openLedgerImage(ledger.serialize());
}

describe("the outbox", () => {
  test("takes an occasion once, also after a restart", () => {
    const ledger = openLedger(":memory:");
    expect(ledger.outbox.add(ENTRY, ["webhook"])).toBe(1);
    expect(ledger.outbox.add({ ...ENTRY, at: NOW + 1 }, ["webhook"])).toBeUndefined();
    const again = restarted(ledger);
    expect(again.outbox.add(ENTRY, ["webhook"])).toBeUndefined();
    expect(again.outbox.has(ENTRY.key)).toBe(true);
    expect(again.outbox.has("other")).toBe(false);
    expect(again.outbox.pending("webhook")).toEqual([{ id: 1, state: "waiting", entry: ENTRY }]);
  });

  test("keeps for each channel what that one has not got, oldest first", () => {
    const { outbox } = openLedger(":memory:");
    for (const key of ["a", "b", "c", "d"]) outbox.add({ ...ENTRY, key }, ["webhook", "telegram"]);
    outbox.mark(1, "webhook", "sent", NOW);
    outbox.mark(2, "webhook", "sending", NOW);
    outbox.mark(4, "webhook", "left-out", NOW);
    const pending = (channel: string) => outbox.pending(channel).map(({ id, state }) => `${String(id)} ${state}`);
    expect(pending("webhook")).toEqual(["2 sending", "3 waiting"]);
    expect(pending("telegram")).toEqual(["1 waiting", "2 waiting", "3 waiting", "4 waiting"]);
  });

  test("counts and finds by kind", () => {
    const { outbox } = openLedger(":memory:");
    for (const [index, kind] of ["halted", "execution", "resumed", "execution"].entries())
      outbox.add({ ...ENTRY, key: `k${String(index)}`, kind, at: NOW + index }, []);
    expect(outbox.newestOf(["halted", "resumed"])?.key).toBe("k2");
    expect(outbox.newestOf(["other"])).toBeUndefined();
    expect([outbox.countSince("execution", NOW + 1), outbox.countSince("execution", NOW + 2)]).toEqual([2, 1]);
  });

  test("forgets what is old, with its deliveries", () => {
    const { outbox } = openLedger(":memory:");
    outbox.add(ENTRY, ["webhook"]);
    outbox.add({ ...ENTRY, key: "new", at: NOW + 1 }, ["webhook"]);
    outbox.prune(NOW + 1);
    expect(outbox.has(ENTRY.key)).toBe(false);
    expect(outbox.pending("webhook").map(({ entry }) => entry.key)).toEqual(["new"]);
  });
});

describe("the daemon's lives", () => {
  test("tell a start how the daemon before it ended: cut off, failed, or asked to", () => {
    let ledger = openLedger(":memory:");
    expect(ledger.processRuns.begin(1, NOW)).toBeUndefined();
    ledger = restarted(ledger);
    expect(ledger.processRuns.begin(2, NOW + 1)).toEqual({ pid: 1, startedAt: NOW, endedAt: undefined, failure: undefined });
    ledger.processRuns.end(NOW + 2, "The disk is full.");
    ledger = restarted(ledger);
    expect(ledger.processRuns.begin(3, NOW + 3)).toEqual({ pid: 2, startedAt: NOW + 1, endedAt: NOW + 2, failure: "The disk is full." });
    ledger.processRuns.end(NOW + 4);
    expect(restarted(ledger).processRuns.begin(4, NOW + 5)).toMatchObject({ pid: 3, endedAt: NOW + 4, failure: undefined });
  });

  test("are bounded", () => {
    const ledger = openLedger(":memory:");
    for (let life = 0; life < 1_100; life++) ledger.processRuns.begin(life, NOW + life);
    const { count } = countOf(ledger);
    expect(count).toBe(1_000);
  });
});

function countOf(ledger: SqliteLedger): { count: number } {
  const connection = new DatabaseSync(":memory:");
  connection.deserialize(ledger.serialize());
  return connection.prepare("SELECT count(*) AS count FROM daemon_lives").get() as { count: number };
}
