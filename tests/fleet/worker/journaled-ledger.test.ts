import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { Halted, JournaledLedger, LeaseLost, openSavedLedger } from "../../../src/fleet/worker/journaled-ledger.ts";
import { StoreUnreachable, type FleetStore, type Holding } from "../../../src/fleet/store/ports.ts";
import { MemoryDatabase, type Way } from "../store/memory-store.ts";

const ACCOUNT = "growth";

/** @param way what lies between the ledger and its database. */
async function ground(way?: Way) {
  const database = new MemoryDatabase(new VirtualClock(0));
  database.addAccount(ACCOUNT, ["nuclear"]);
  const store = database.store(way);
  return { database, store, ...(await open(store)) };
}

async function open(store: FleetStore) {
  const claim = await store.ledgers.claim(ACCOUNT, "a worker");
  const holding: Holding = { account: ACCOUNT, epoch: claim.epoch, scopes: ["fleet"] };
  const heard: (string | undefined)[] = [];
  let losses = 0;
  const journaled = await JournaledLedger.open({
    store: store.ledgers,
    holding,
    claim,
    onHalt: (reason) => heard.push(reason),
    onLost: () => (losses += 1),
  });
  return { journaled, ledger: journaled.ledger, heard, losses: () => losses };
}

function notesIn(database: MemoryDatabase): readonly string[] {
  const ledger = openSavedLedger(database.saved(ACCOUNT), "test");
  try {
    return ledger.recentVerdicts(100).map(({ reason }) => reason);
  } finally {
    ledger.close();
  }
}

describe("a journaled ledger", () => {
  test("has kept everything that was committed once it is settled", async () => {
    const { database, ledger, journaled } = await ground();
    ledger.recordHistory("nuclear", "first", 1);
    expect(notesIn(database)).toEqual([]);
    await journaled.settled();
    expect(notesIn(database)).toEqual(["first"]);
    ledger.recordHistory("nuclear", "second", 2);
    await journaled.settled();
    expect(notesIn(database).toSorted()).toEqual(["first", "second"]);
    expect(journaled.hasChanges).toBe(false);
  });

  test("is restored row by row, and goes on in the numbers of the former one", async () => {
    const first = await ground();
    first.ledger.pinAccount("PA1", 1);
    first.ledger.recordHistory("nuclear", "first", 1);
    await first.journaled.settled();
    const second = await open(first.store);
    expect(second.ledger.pinnedAccount()?.number).toBe("PA1");
    second.ledger.recordHistory("nuclear", "second", 2);
    await second.journaled.settled();
    expect(first.database.saved(ACCOUNT).seq).toBe(2);
    const third = await open(first.store);
    expect(third.ledger.recentVerdicts(9)).toEqual(second.ledger.recentVerdicts(9));
  });

  test("shares a shipment among those that wait for it, and makes later ones wait for the next", async () => {
    const appended: string[] = [];
    const { ledger, journaled, database } = await ground(async (call, work) => {
      if (call === "append") appended.push(call);
      await Promise.resolve();
      return work();
    });
    ledger.recordHistory("nuclear", "first", 1);
    const waiting = [journaled.settled(), journaled.settled(), journaled.settled()];
    await Promise.resolve();
    await Promise.resolve();
    ledger.recordHistory("nuclear", "second", 2);
    await Promise.all([...waiting, journaled.settled()]);
    expect(notesIn(database).toSorted()).toEqual(["first", "second"]);
    expect(appended).toHaveLength(2);
  });

  test("sends a change again under its number when its fate is unknown, and loses none", async () => {
    let fails = 0;
    const { ledger, journaled, database } = await ground(async (call, work) => {
      await Promise.resolve();
      if (call !== "append") return work();
      fails += 1;
      if (fails === 1) throw new StoreUnreachable("lost on the way");
      const answer = work();
      if (fails === 2) throw new StoreUnreachable("the answer was lost");
      return answer;
    });
    ledger.recordHistory("nuclear", "first", 1);
    await expect(journaled.settled()).rejects.toThrow("lost on the way");
    ledger.recordHistory("nuclear", "second", 2);
    await expect(journaled.settled()).rejects.toThrow("the answer was lost");
    await journaled.settled();
    expect(notesIn(database).toSorted()).toEqual(["first", "second"]);
    expect(database.saved(ACCOUNT).seq).toBe(2);
  });

  test("keeps nothing more once another worker has claimed the account, and says so once", async () => {
    const { ledger, journaled, database, store, losses } = await ground();
    await store.ledgers.claim(ACCOUNT, "another worker");
    ledger.recordHistory("nuclear", "late", 1);
    await expect(journaled.settled()).rejects.toThrow(LeaseLost);
    await expect(journaled.settled()).rejects.toThrow(LeaseLost);
    expect([losses(), notesIn(database)]).toEqual([1, []]);
  });

  test("proves its epoch also when there is nothing to keep", async () => {
    const { journaled, store } = await ground();
    await journaled.settled();
    await store.ledgers.claim(ACCOUNT, "another worker");
    await expect(journaled.settled()).rejects.toThrow(LeaseLost);
  });

  test("keeps what was committed during a halt, and lets no order pass", async () => {
    const { ledger, journaled, database, heard } = await ground();
    database.halts.set("fleet", "a bad feeling");
    ledger.recordHistory("nuclear", "first", 1);
    await expect(journaled.settled()).rejects.toThrow(Halted);
    expect([notesIn(database), heard.at(-1)]).toEqual([["first"], "a bad feeling"]);
    await journaled.finish();
    database.halts.clear();
    await journaled.settled();
    expect(heard.at(-1)).toBeUndefined();
  });

  test("replaces many changes by an image at its end, without losing a row", async () => {
    const { ledger, journaled, database } = await ground();
    for (let each = 1; each <= 30; each += 1) {
      ledger.recordHistory("nuclear", `entry ${String(each)}`, each);
      await journaled.settled();
    }
    expect(database.saved(ACCOUNT).changes).toHaveLength(30);
    await journaled.finish();
    const { changes, seq } = database.saved(ACCOUNT);
    expect([changes.length, seq, notesIn(database).length]).toEqual([0, 30, 30]);
  });

  test("is left alone when a newer version has written it", async () => {
    const { database, store, journaled } = await ground();
    await journaled.finish();
    const newer = new DatabaseSync(":memory:");
    newer.deserialize(new Uint8Array(database.saved(ACCOUNT).image ?? []));
    newer.exec("PRAGMA user_version = 900");
    const { epoch } = await store.ledgers.claim(ACCOUNT, "a newer worker");
    await store.ledgers.snapshot({ account: ACCOUNT, epoch, scopes: [] }, 0, newer.serialize());
    newer.close();
    const before = database.saved(ACCOUNT);
    await expect(open(store)).rejects.toMatchObject({ code: "ledger-newer" });
    expect(database.saved(ACCOUNT)).toEqual(before);
  });

  test("is refused when a change is missing or was made twice", async () => {
    const { ledger, journaled, database } = await ground();
    ledger.pinAccount("PA1", 1);
    await journaled.settled();
    ledger.recordHistory("nuclear", "second", 2);
    await journaled.settled();
    const { image, changes, seq } = database.saved(ACCOUNT);
    const [first = new Uint8Array()] = changes;
    expect(() => openSavedLedger({ image, changes: [first, first], seq }, "test")).toThrow("does not fit");
    expect(() => openSavedLedger({ image, changes: [new Uint8Array([1, 2, 3])], seq }, "test")).toThrow("cannot be restored");
  });
});
