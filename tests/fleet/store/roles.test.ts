import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemClock } from "../../../src/domain/clock.ts";
import { canaryAccounts, PostgresAccounts } from "../../../src/fleet/store/accounts.ts";
import { Connection } from "../../../src/fleet/store/connection.ts";
import { migrateDatabase } from "../../../src/fleet/store/migrate.ts";
import { newBoss, PostgresStore } from "../../../src/fleet/store/postgres-store.ts";
import { newIdentity, Sealing } from "../../../src/fleet/store/sealing.ts";
import { PostgresServer } from "./postgres-server.ts";
import { describeWithPostgres } from "./with-postgres.ts";

const SECRET = "a-secret-of-growth-0123456789";
const ACCOUNT = { number: "PA1", settings: { ALPACA_PAPER_KEY: "PK1", ALPACA_PAPER_SECRET: SECRET }, strategies: ["nuclear"] };
const LINE = { raw: { kind: "line", bytes: Buffer.from("a line"), number: 1 }, arrivedAt: Date.UTC(2026, 10, 30, 15) } as const;

describeWithPostgres("the database users of a fleet", () => {
  let server: PostgresServer;
  let admin: Connection;
  let sealing: Sealing;
  let account: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
    admin = await Connection.open(server.url);
    await migrateDatabase(admin, await newBoss(admin, { migrates: true }));
    for (const role of ["intake", "worker", "reader"]) await admin.rows(`CREATE USER ${role} IN ROLE fleet_${role}`);
    sealing = await Sealing.withIdentity((await newIdentity()).identity);
    account = await new PostgresAccounts(admin, "paper", "/nowhere").add("growth", ACCOUNT, sealing);
  });
  afterAll(async () => {
    await admin.close();
    await server.close();
  });

  async function as<Result>(user: string, work: (store: PostgresStore) => Promise<Result>): Promise<Result> {
    const store = await PostgresStore.open({ url: server.urlOf(user), mode: "paper", clock: systemClock });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** `fleet.accounts` and so on, with the privileges of a user on at least one column. */
  async function privileges(user: string, privilege: string): Promise<string[]> {
    const rows = await admin.rows<{ name: string }>(
      `SELECT format('%s.%s', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('fleet', 'fleet_queue')
       AND ${privilege === "DELETE" ? "has_table_privilege" : "has_any_column_privilege"}($1, format('%I.%I', schemaname, tablename), $2) ORDER BY name`,
      [user, privilege],
    );
    return rows.map(({ name }) => name);
  }

  test("only a worker may claim, also after a restore without privileges, once the tables were migrated", async () => {
    const claimers = async (): Promise<string[]> => {
      const rows = await admin.rows<{ user: string }>(
        `SELECT rolname AS user FROM pg_roles WHERE rolname IN ('intake', 'worker', 'reader')
         AND has_function_privilege(rolname, 'fleet.claim(bigint, text, text)', 'EXECUTE') ORDER BY rolname`,
      );
      return rows.map(({ user }) => user);
    };
    expect(await claimers()).toEqual(["worker"]);
    await admin.rows("GRANT EXECUTE ON FUNCTION fleet.claim(bigint, text, text) TO PUBLIC");
    expect(await claimers()).toEqual(["intake", "reader", "worker"]);
    await migrateDatabase(admin, await newBoss(admin, { migrates: true }));
    expect(await claimers()).toEqual(["worker"]);
  });

  test("a reader sees accounts, ledgers, halts and workers, and writes nothing", async () => {
    await as("reader", async ({ connection, ledgers, workers }) => {
      const accounts = new PostgresAccounts(connection, "paper", "/nowhere");
      const [row] = await accounts.list();
      expect(row).toMatchObject({ name: "growth", settings: {} });
      expect(await ledgers.read(account)).toMatchObject({ seq: 0 });
      expect([...(await workers.halts())]).toEqual([]);
      expect(await workers.list()).toEqual([]);
      await expect(workers.halt("fleet", "no")).rejects.toThrow("permission denied");
      await expect(ledgers.claim(account, "a reader")).rejects.toThrow("permission denied");
      await expect(accounts.unsealed(row!, sealing)).rejects.toThrow("permission denied");
    });
    for (const privilege of ["INSERT", "UPDATE", "DELETE"]) expect(await privileges("reader", privilege)).toEqual([]);
  });

  test("an intake offers lines, and sees neither keys nor ledgers", async () => {
    await as("intake", async ({ connection, lines, ledgers }) => {
      expect(await lines.offer("nuclear", [LINE])).toBe(1);
      expect(await canaryAccounts(connection, "paper")).toEqual([]);
      await expect(connection.rows("SELECT sealed FROM fleet.accounts")).rejects.toThrow("permission denied");
      await expect(connection.rows("SELECT * FROM fleet.accounts")).rejects.toThrow("permission denied");
      await expect(ledgers.read(account)).rejects.toThrow("permission denied");
      await expect(ledgers.claim(account, "an intake")).rejects.toThrow("permission denied");
    });
    expect(await privileges("intake", "INSERT")).toEqual(["fleet.lines", "fleet.sources", "fleet_queue.job", "fleet_queue.job_common"]);
    expect(await privileges("intake", "UPDATE")).toEqual(["fleet.sources", "fleet.wanted"]);
    expect(await privileges("intake", "DELETE")).toEqual(["fleet.lines"]);
  });

  test("a worker takes accounts and reads their keys, but adds, changes and removes none, and sets no epoch by itself", async () => {
    await as("worker", async ({ connection, ledgers }) => {
      const accounts = new PostgresAccounts(connection, "paper", "/nowhere");
      const [row] = await accounts.list();
      expect((await accounts.unsealed(row!, sealing)).settings.ALPACA_PAPER_SECRET).toBe(SECRET);
      expect((await ledgers.claim(account, "a worker")).epoch).toBe(1);
      await expect(connection.rows("UPDATE fleet.accounts SET epoch = 9")).rejects.toThrow("permission denied");
      await expect(accounts.replace(row!, {}, [], sealing)).rejects.toThrow("permission denied");
      await expect(accounts.remove(row!)).rejects.toThrow("permission denied");
      await expect(accounts.add("other", { ...ACCOUNT, number: "PA2" }, sealing)).rejects.toThrow("permission denied");
    });
  });

  test("a user without a role sees nothing", async () => {
    await admin.rows("CREATE USER stranger");
    await expect(as("stranger", () => Promise.resolve())).rejects.toMatchObject({
      message: expect.stringContaining("permission denied"),
      hint: "Give the user the role that docs/fleet-database.md names.",
    });
    for (const privilege of ["SELECT", "INSERT", "UPDATE", "DELETE"]) expect(await privileges("stranger", privilege)).toEqual([]);
  });

  test("roles that its owner may not create are named, and what they need is given once they are there", async () => {
    await admin.rows("CREATE USER plain");
    await admin.rows("CREATE DATABASE plain OWNER plain");
    for (const role of ["intake", "worker", "reader"]) await admin.rows(`ALTER ROLE fleet_${role} RENAME TO other_${role}`);
    const owner = await Connection.open(server.urlOf("plain").replace("/postgres?", "/plain?"));
    try {
      const migrate = async () => migrateDatabase(owner, await newBoss(owner, { migrates: true }));
      expect((await migrate()).missingRoles).toEqual(["fleet_intake", "fleet_worker", "fleet_reader"]);
      for (const role of ["intake", "worker", "reader"]) await admin.rows(`ALTER ROLE other_${role} RENAME TO fleet_${role}`);
      expect((await migrate()).missingRoles).toEqual([]);
      const reader = await Connection.open(server.urlOf("reader").replace("/postgres?", "/plain?"));
      expect(await reader.rows("SELECT account FROM fleet.accounts")).toEqual([]);
      await reader.close();
    } finally {
      await owner.close();
    }
  });

  test("one account has one name", async () => {
    const accounts = new PostgresAccounts(admin, "paper", "/nowhere");
    await expect(accounts.add("twin", ACCOUNT, sealing)).rejects.toThrow("Account PA1 is in the fleet already, as growth.");
    await expect(accounts.add("growth", ACCOUNT, sealing)).rejects.toThrow("The fleet already has an account growth.");
    await new PostgresAccounts(admin, "live", "/nowhere").add("twin", ACCOUNT, sealing);
    expect((await accounts.list()).map(({ name }) => name)).toEqual(["growth"]);
  });
});
