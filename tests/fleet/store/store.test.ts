import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../src/domain/clock.ts";
import { Connection } from "../../../src/fleet/store/connection.ts";
import { migrateDatabase } from "../../../src/fleet/store/migrate.ts";
import { newBoss, PostgresStore } from "../../../src/fleet/store/postgres-store.ts";
import { StoreUnreachable, type FleetStore, type Holding, type OfferedLine } from "../../../src/fleet/store/ports.ts";
import { emptyDatabase, insertAccount, memoryBench, postgresBench, type Bench } from "./bench.ts";
import { PostgresServer } from "./postgres-server.ts";
import { describeWithPostgres } from "./with-postgres.ts";

const NOW = Date.UTC(2026, 10, 30, 15);

function line(text: string, arrivedAt = NOW): OfferedLine {
  return { raw: { kind: "line", bytes: Buffer.from(text), number: undefined }, arrivedAt };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (of: Uint8Array | undefined): string | undefined => (of === undefined ? undefined : Buffer.from(of).toString());

describe("the fleet's store in memory, for simulations, keeps the contract:", () => {
  storeContract(memoryBench);
});

describeWithPostgres("the fleet's store in PostgreSQL", () => {
  let server: PostgresServer;
  let admin: Connection;

  beforeAll(async () => {
    server = await PostgresServer.start();
    admin = await Connection.open(server.url);
    await migrateDatabase(admin, await newBoss(admin, { migrates: true }));
    await admin.rows("CREATE USER machine IN ROLE fleet_intake, fleet_worker");
  });
  afterAll(async () => {
    await admin.close();
    await server.close();
  });

  test("refuses a database without its tables, says what makes them, and migrates it once", async () => {
    await admin.rows("CREATE DATABASE fresh");
    const url = server.url.replace("/postgres?", "/fresh?");
    await expect(PostgresStore.open({ url, mode: "paper", clock: systemClock })).rejects.toMatchObject({
      code: "fleet-database",
      hint: "Run `alpaca-trader fleet database --migrate` once, as a user who may create schemas.",
    });
    const fresh = await Connection.open(url);
    try {
      expect(await migrateDatabase(fresh, await newBoss(fresh, { migrates: true }))).toEqual({ from: 0, to: 2, missingRoles: [] });
      expect(await migrateDatabase(fresh, await newBoss(fresh, { migrates: true }))).toEqual({ from: 2, to: 2, missingRoles: [] });
    } finally {
      await fresh.close();
    }
  });

  test("refuses to make its tables where some characters have no place", async () => {
    await admin.rows("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    const latin = await Connection.open(server.url.replace("/postgres?", "/latin?"));
    try {
      await expect(migrateDatabase(latin, await newBoss(latin, { migrates: true }))).rejects.toThrow(
        "has the encoding LATIN1; it needs UTF8",
      );
    } finally {
      await latin.close();
    }
  });

  test("refuses a database of a newer version", async () => {
    await admin.rows("UPDATE fleet.schema_version SET version = version + 1");
    await expect(PostgresStore.open({ url: server.url, mode: "paper", clock: systemClock })).rejects.toThrow("newer version");
    await admin.rows("UPDATE fleet.schema_version SET version = version - 1");
  });

  test("keeps the modes apart", async () => {
    const [paper, live] = [await openStore("paper"), await openStore("live")];
    try {
      const account = await insertAccount(admin, "apart", ["nuclear"]);
      await expect(live.ledgers.claim(account, "a live worker")).rejects.toThrow("has no live account");
      await paper.lines.offer("nuclear", [{ raw: { kind: "line", bytes: Buffer.from("x"), number: 1 }, arrivedAt: 1 }]);
      expect(await live.queue.take(5)).toEqual([]);
      expect(await paper.queue.take(5)).toHaveLength(1);
    } finally {
      await paper.close();
      await live.close();
      await emptyDatabase(admin);
    }
  });

  test("says that it cannot be reached", async () => {
    const closed = await Connection.open("postgresql://fleet@127.0.0.1:1/fleet");
    await expect(closed.rows("SELECT 1")).rejects.toThrow(StoreUnreachable);
    await closed.close();
  });

  describe("keeps the contract:", () => {
    // Every machine is an intake and a worker here, and may do no more than these.
    storeContract(() => postgresBench(admin, server.urlOf("machine")));
  });

  function openStore(mode: string): Promise<PostgresStore> {
    return PostgresStore.open({ url: server.url, mode, clock: systemClock });
  }
});

/** What every implementation of the fleet's store does, because the promises of a fleet rest on it. */
function storeContract(open: () => Bench): void {
  let bench: Bench;
  let one: FleetStore;
  let other: FleetStore;
  let account: string;

  beforeEach(async () => {
    bench = open();
    [one, other] = [await bench.machine(), await bench.machine()];
    account = await bench.addAccount("growth", ["nuclear", "tecl"]);
  });
  afterEach(() => bench.close());

  const holding = (epoch: number, scopes: readonly string[] = ["fleet"]): Holding => ({ account, epoch, scopes });

  describe("lines", () => {
    test("gives them in their order, with the time at which they arrived", async () => {
      expect(await one.lines.offer("nuclear", [line("first", NOW), line("second", NOW + 5)])).toBe(2);
      expect(await one.lines.offer("nuclear", [line("third", NOW + 9)])).toBe(1);
      const lines = await other.lines.after("nuclear", 1);
      expect(lines.map(({ raw, number, arrivedAt }) => [raw.kind === "line" ? textOf(raw.bytes) : "", number, arrivedAt])).toEqual([
        ["second", 2, NOW + 5],
        ["third", 3, NOW + 9],
      ]);
      expect([...(await other.lines.newest())]).toEqual([["nuclear", 3]]);
    });

    test("adds what two intakes offer once, wherever in their files it is", async () => {
      const at = (number: number, text: string): OfferedLine => ({
        raw: { kind: "line", bytes: Buffer.from(text), number },
        arrivedAt: NOW,
      });
      const [first, second] = await Promise.all([
        one.lines.offer("nuclear", [at(1, "same"), at(2, "also")]),
        other.lines.offer("nuclear", [at(7, "same"), at(8, "also"), at(9, "more")]),
      ]);
      expect(first + second).toBe(3);
      const lines = await one.lines.after("nuclear", 0);
      expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
    });

    test("keeps a line that is too long by its length and hash", async () => {
      const overlong: OfferedLine = { raw: { kind: "overlong", hash: "abc", length: 70_000, number: 4 }, arrivedAt: NOW };
      await one.lines.offer("nuclear", [overlong]);
      expect((await one.lines.after("nuclear", 0))[0]?.raw).toEqual(overlong.raw);
    });

    test("keeps the lines of strategies apart", async () => {
      await one.lines.offer("nuclear", [line("same")]);
      expect(await one.lines.offer("tecl", [line("same")])).toBe(1);
    });
  });

  describe("jobs", () => {
    test("delivers an account once, however often it is offered", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      await one.lines.offer("tecl", [line("second")]);
      const [taken, again] = [await one.queue.take(10), await other.queue.take(10)];
      expect(taken.map((attempt) => attempt.account)).toEqual([account]);
      await one.lines.offer("nuclear", [line("third")]);
      expect([...again, ...(await other.queue.take(10))]).toEqual([]);
    });

    test("leaves accounts without the strategy alone", async () => {
      await bench.addAccount("ira", ["tecl"]);
      await one.lines.offer("nuclear", [line("first")]);
      expect(await one.queue.take(10)).toHaveLength(1);
    });

    test("takes no more than requested", async () => {
      await bench.addAccount("ira", ["nuclear"]);
      await one.lines.offer("nuclear", [line("first")]);
      expect(await one.queue.take(1)).toHaveLength(1);
      expect(await other.queue.take(5)).toHaveLength(1);
    });

    test("delivers an account again when its heartbeat stops, and the former attempt has no say any more", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      const [attempt] = await one.queue.take(1);
      if (attempt === undefined) throw new Error("Nothing was delivered.");
      const { epoch } = await one.ledgers.claim(account, "one");
      await bench.silence();
      const [next] = await other.queue.take(1);
      if (next === undefined) throw new Error("Nothing was delivered again.");
      const later = await other.ledgers.claim(account, "other");
      expect(await one.queue.beat([attempt])).toEqual([]);
      expect(
        await one.queue.finish(
          attempt,
          epoch,
          new Map([
            ["nuclear", 1],
            ["tecl", 0],
          ]),
        ),
      ).toBe("lost");
      await one.queue.giveBack(attempt);
      expect(await other.queue.beat([next])).toEqual([next]);
      expect(
        await other.queue.finish(
          next,
          later.epoch,
          new Map([
            ["nuclear", 1],
            ["tecl", 0],
          ]),
        ),
      ).toBe("finished");
    });

    test("delivers canary accounts first, also when they were added last", async () => {
      for (let index = 0; index < 8; index += 1) await bench.addAccount(`other-${String(index)}`, ["nuclear"]);
      const canary = await bench.addAccount("canary", ["nuclear"], true);
      await one.lines.offer("nuclear", [line("first")]);
      expect(await other.canaries()).toEqual([{ id: canary, name: "canary", strategies: ["nuclear"] }]);
      expect((await one.queue.take(1)).map((attempt) => attempt.account)).toEqual([canary]);
      expect(await one.queue.take(20)).toHaveLength(9);
    });

    test("keeps an account whose heart beats", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      const attempts = await one.queue.take(1);
      expect(await one.queue.beat(attempts)).toEqual(attempts);
      expect(await one.queue.beat([])).toEqual([]);
      expect(await other.queue.take(1)).toEqual([]);
    });

    test("gives an account back to another machine at once", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      for (const attempt of await one.queue.take(1)) await one.queue.giveBack(attempt);
      expect(await other.queue.take(1)).toHaveLength(1);
    });

    test("drops the job of an account that is no more", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      for (const attempt of await one.queue.take(1)) await one.queue.drop(attempt);
      expect(await other.queue.take(1)).toEqual([]);
    });

    test("does not end while there are lines that were not read", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      const [attempt] = await one.queue.take(1);
      if (attempt === undefined) throw new Error("Nothing was delivered.");
      const { epoch } = await one.ledgers.claim(account, "one");
      await other.lines.offer("nuclear", [line("second")]);
      expect(
        await one.queue.finish(
          attempt,
          epoch,
          new Map([
            ["nuclear", 1],
            ["tecl", 0],
          ]),
        ),
      ).toBe("news");
      expect(await one.queue.beat([attempt])).toHaveLength(1);
      expect(
        await one.queue.finish(
          attempt,
          epoch,
          new Map([
            ["nuclear", 2],
            ["tecl", 0],
          ]),
        ),
      ).toBe("finished");
      expect(await one.queue.take(1)).toEqual([]);
    });

    test("loses no line that comes while an attempt ends, whichever is first", async () => {
      const read = (newest: number): Map<string, number> =>
        new Map([
          ["nuclear", newest],
          ["tecl", 0],
        ]);
      let newest = 0;
      for (let round = 1; round <= 10; round += 1) {
        newest += await one.lines.offer("nuclear", [line(`round ${String(round)}`)]);
        const [attempt] = await one.queue.take(1);
        if (attempt === undefined) throw new Error("Nothing was delivered.");
        const { epoch } = await one.ledgers.claim(account, "one");
        const [end, added] = await Promise.all([
          one.queue.finish(attempt, epoch, read(newest)),
          other.lines.offer("nuclear", [line(`meanwhile ${String(round)}`)]),
        ]);
        newest += added;
        // Either the attempt goes on, or there is a new job.
        const current = end === "news" ? attempt : (await other.queue.take(1))[0];
        if (current === undefined) throw new Error("The line was lost.");
        const later = end === "news" ? epoch : (await other.ledgers.claim(account, "other")).epoch;
        expect(await other.queue.finish(current, later, read(newest))).toBe("finished");
      }
      expect(await one.queue.sweep()).toBe(0);
    });

    test("sweeps an account that has lines and no job, and counts it once", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      const [attempt] = await one.queue.take(1);
      if (attempt === undefined) throw new Error("Nothing was delivered.");
      await one.queue.drop(attempt);
      expect(await other.queue.sweep()).toBe(1);
      expect(await one.queue.sweep()).toBe(0);
      expect(await one.queue.take(5)).toHaveLength(1);
    });

    test("sweeps nothing while jobs are live, and wakes an account on demand", async () => {
      await one.lines.offer("nuclear", [line("first")]);
      expect(await one.queue.sweep()).toBe(0);
      const [attempt] = await one.queue.take(1);
      if (attempt === undefined) throw new Error("Nothing was delivered.");
      expect(await one.queue.sweep()).toBe(0);
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.queue.finish(
        attempt,
        epoch,
        new Map([
          ["nuclear", 1],
          ["tecl", 0],
        ]),
      );
      expect(await one.queue.take(1)).toEqual([]);
      await one.queue.wake(account);
      await one.queue.wake(account);
      expect(await one.queue.take(5)).toHaveLength(1);
    });

    test("says how far apart the clocks are", async () => {
      expect(Math.abs(await one.queue.skew())).toBeLessThan(5_000);
    });
  });

  describe("workers", () => {
    test("hear of every halt when they report, until they leave", async () => {
      const report = { worker: "a", machine: "alpha", pid: 7, held: 3, heeds: [] };
      expect(await one.workers.report(report)).toEqual({ halts: new Map(), neighbours: 1 });
      await bench.halt("group:family", "a bad feeling");
      const halts = new Map([["group:family", "a bad feeling"]]);
      expect((await one.workers.report({ ...report, held: 4 })).halts).toEqual(halts);
      expect((await other.workers.report({ ...report, worker: "b" })).halts).toEqual(halts);
      await one.workers.leave("a");
      await one.workers.leave("a");
    });

    test("hear how many live on their machine", async () => {
      const report = { machine: "alpha", pid: 7, held: 3, heeds: [] };
      await one.workers.report({ ...report, worker: "a" });
      await one.workers.report({ ...report, worker: "c", machine: "gamma" });
      expect((await other.workers.report({ ...report, worker: "b" })).neighbours).toBe(2);
      expect((await one.workers.report({ ...report, worker: "a" })).neighbours).toBe(2);
      await one.workers.leave("a");
      expect((await other.workers.report({ ...report, worker: "b" })).neighbours).toBe(1);
    });
  });

  describe("ledgers", () => {
    test("have a higher epoch with each claim", async () => {
      const epochs = [
        await one.ledgers.claim(account, "one"),
        await other.ledgers.claim(account, "other"),
        await one.ledgers.claim(account, "one"),
      ];
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    });

    test("say with a claim to where the account's lines have been read by an attempt that ended", async () => {
      await one.lines.offer("nuclear", [line("first"), line("second")]);
      const [attempt] = await one.queue.take(1);
      if (attempt === undefined) throw new Error("Nothing was delivered.");
      const { epoch, read } = await one.ledgers.claim(account, "one");
      expect([...read].toSorted()).toEqual([
        ["nuclear", 0],
        ["tecl", 0],
      ]);
      await one.queue.finish(attempt, epoch, new Map([["nuclear", 2]]));
      await other.lines.offer("nuclear", [line("third")]);
      expect((await other.ledgers.claim(account, "other")).read.get("nuclear")).toBe(2);
    });

    test("are restored as they were kept", async () => {
      const { epoch, image, seq } = await one.ledgers.claim(account, "one");
      expect([image, seq, await one.ledgers.seq(account)]).toEqual([undefined, 0, 0]);
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      await one.ledgers.append(holding(epoch), { seq: 1, bytes: bytes("a") });
      await one.ledgers.append(holding(epoch), { seq: 2, bytes: bytes("b") });
      expect(await other.ledgers.seq(account)).toBe(2);
      const saved = await other.ledgers.claim(account, "other");
      expect([textOf(saved.image), saved.changes.map(textOf), saved.seq]).toEqual(["new", ["a", "b"], 2]);
      await other.ledgers.snapshot(holding(saved.epoch), 2, bytes("whole"));
      await other.ledgers.append(holding(saved.epoch), { seq: 3, bytes: bytes("c") });
      const read = await one.ledgers.read(account);
      expect([textOf(read.image), read.changes.map(textOf), read.seq]).toEqual(["whole", ["c"], 3]);
      expect(await one.ledgers.seq(account)).toBe(3);
    });

    test("take nothing of an epoch that has ended", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      await other.ledgers.claim(account, "other");
      expect(await one.ledgers.append(holding(epoch), { seq: 1, bytes: bytes("late") })).toEqual({ kind: "lost" });
      expect(await one.ledgers.append(holding(epoch), undefined)).toEqual({ kind: "lost" });
      expect(await one.ledgers.snapshot(holding(epoch), 1, bytes("late"))).toEqual({ kind: "lost" });
      expect((await other.ledgers.read(account)).changes).toEqual([]);
    });

    test("take nothing of an epoch that nobody has claimed yet", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      expect(await one.ledgers.append(holding(epoch + 1), undefined)).toEqual({ kind: "lost" });
      expect(await one.ledgers.append(holding(epoch - 1), undefined)).toEqual({ kind: "lost" });
    });

    test("keep a change once that is sent again after an unknown commit", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      for (let time = 0; time < 3; time += 1)
        expect(await one.ledgers.append(holding(epoch), { seq: 1, bytes: bytes("a") })).toEqual({ kind: "kept", halted: undefined });
      expect((await one.ledgers.read(account)).changes.map(textOf)).toEqual(["a"]);
    });

    test("never replace a change of an earlier epoch", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      await one.ledgers.append(holding(epoch), { seq: 1, bytes: bytes("a") });
      const later = await other.ledgers.claim(account, "other");
      expect(await other.ledgers.append(holding(later.epoch), { seq: 1, bytes: bytes("b") })).toEqual({ kind: "lost" });
      expect((await one.ledgers.read(account)).changes.map(textOf)).toEqual(["a"]);
    });

    test("of claim and change at once, keep the change only if the claim sees it", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      let current = epoch;
      for (let round = 1; round <= 20; round += 1) {
        const seq = (await one.ledgers.read(account)).seq + 1;
        const [barrier, claim] = await Promise.all([
          one.ledgers.append(holding(current), { seq, bytes: bytes(`round ${String(round)}`) }),
          other.ledgers.claim(account, "other"),
        ]);
        expect(claim.seq).toBe(barrier.kind === "kept" ? seq : seq - 1);
        current = claim.epoch;
      }
    });

    test("say of a halt of theirs, and of no other", async () => {
      const { epoch } = await one.ledgers.claim(account, "one");
      await one.ledgers.snapshot(holding(epoch), 0, bytes("new"));
      await bench.halt("account:ira", "not ours");
      const scopes = ["fleet", "group:family", "account:growth"];
      expect(await one.ledgers.append(holding(epoch, scopes), { seq: 1, bytes: bytes("a") })).toEqual({ kind: "kept", halted: undefined });
      await bench.halt("group:family", "a bad feeling");
      expect(await one.ledgers.append(holding(epoch, scopes), { seq: 2, bytes: bytes("b") })).toEqual({
        kind: "kept",
        halted: "a bad feeling",
      });
      expect(await one.ledgers.append(holding(epoch, scopes), undefined)).toEqual({ kind: "kept", halted: "a bad feeling" });
      expect((await one.ledgers.read(account)).changes).toHaveLength(2);
    });
  });
}
