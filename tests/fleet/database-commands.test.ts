import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { PostgresAccounts } from "../../src/fleet/store/accounts.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, type Ended, type TraderProcess } from "../scenarios/trader-process.ts";
import { MachinesInstallation } from "./machines-installation.ts";
import { describeWithPostgres } from "./store/with-postgres.ts";

const NAMES = ["growth", "ira"];
const BOOK = ["buy LEU filled", "buy OKLO filled", "buy SMR filled", "sell TQQQ filled"];

describeWithPostgres("commands for a fleet with a database", () => {
  let machines: MachinesInstallation;
  const type = (...args: string[]): Promise<Ended> => machines.fleet.type(args, machines.env);
  const alert = (legs: Parameters<typeof runOf>[0]): void => machines.fleet.alert(runOf(legs, systemClock.now()));

  beforeAll(async () => {
    machines = await MachinesInstallation.open(NAMES, {}, true);
  });
  afterAll(() => machines.close());

  test("execute refuses what the workers decide, and unknown accounts", async () => {
    for (const option of [["--finish"], ["--ignore-market-hours"], ["--canary-fails", "go"], ["--accounts", "ira"]]) {
      const refused = await type("fleet", "execute", ...option);
      expectExit(refused, 78);
      expect(refused.output).toContain("Hint:");
    }
    expectExit(await type("fleet", "execute", "--dry-run", "--accounts", "nobody"), 78);
    expectExit(await type("fleet", "explain", "nobody"), 78);
    const single = await type("explain", "--account", "growth");
    expectExit(single, 78);
    expect(single.output).toContain("`fleet explain NAME`");
    expectExit(await type("halt", "--group", "family"), 78);
  }, 60_000);

  test("execute plans without a trace, waits for the workers, trades nothing twice and names who is halted; explain says why", async () => {
    alert(NUCLEAR);
    const alone = await type("fleet", "execute");
    expectExit(alone, 1);
    expect(alone.output).toContain("No worker of the fleet is running");
    expect(await machines.store.lines.newest()).toEqual(new Map());
    await tried();

    const worker = machines.start(["fleet", "worker"]);
    await worker.says(/Ready: paper/);
    for (const _ of ["the run", "the same again"]) {
      const done = await type("fleet", "execute");
      expectExit(done, 0);
      for (const name of NAMES) expect(done.output).toContain(`${name}: on target`);
      expect(done.output).toContain("2 accounts: done 2.");
    }
    for (const name of NAMES) expect(machines.fleet.bookOf(name)).toEqual(BOOK);
    await explained();
    await shown(worker);

    expectExit(await type("fleet", "halt", "--account", "ira", "--reason", "a bad feeling"), 0);
    alert(HEDGE);
    const partly = await type("fleet", "execute");
    expectExit(partly, 3);
    expect(partly.output).toContain("growth: on target");
    expect(partly.output).toContain("ira: halted, a bad feeling");
    expect(machines.fleet.bookOf("ira")).toEqual(BOOK);

    expectExit(await type("fleet", "halt", "--reason", "a storm"), 0);
    const halted = await type("fleet", "execute");
    expectExit(halted, 3);
    expect(halted.output).toContain("The fleet is halted: a storm.");
    expectExit(await worker.stop(), 0);
  }, 180_000);

  test("keys go only where the sealed settings say: who can write to the database cannot send them elsewhere", async () => {
    const { connection } = machines.store;
    const accounts = new PostgresAccounts(connection, "paper", machines.fleet.directory);
    const own = { ...machines.keysOf("moved"), ALPACA_PAPER_ENDPOINT: machines.fleet.venue.url, MAX_ORDER_VALUE: "25000" };
    await accounts.add("moved", { number: "PA0MOVED", settings: own, strategies: ["nuclear"] }, machines.sealing);
    const row = await accounts.find("moved");
    expect(row.settings).toEqual({ MAX_ORDER_VALUE: "25000" });
    expect((await accounts.unsealed(row, machines.sealing)).settings).toEqual(own);

    await connection.rows("UPDATE fleet.accounts SET settings = settings || $1 WHERE name = 'moved'", [
      JSON.stringify({ ALPACA_PAPER_ENDPOINT: "https://thief.example" }),
    ]);
    const refused = await type("fleet", "execute", "--dry-run", "--accounts", "moved");
    expectExit(refused, 78);
    expect(refused.output).toContain("moved has ALPACA_PAPER_ENDPOINT in the clear in the database");
    await accounts.remove(row);
  }, 60_000);

  /** By an intake, which has no identity and no right to the sealed keys. */
  async function shown(worker: TraderProcess): Promise<void> {
    await machines.store.connection.rows("CREATE USER page IN ROLE fleet_intake, fleet_reader");
    const env = { FLEET_DATABASE: machines.server.urlOf("page"), FLEET_IDENTITY_FILE: "", DASHBOARD_PORT: "0", DASHBOARD_TOKEN: "off" };
    const intake = machines.start(["fleet", "intake"], env);
    await intake.says(/Dashboard: http:\S+/);
    const address = /Dashboard: (http:\/\/[^/\s]+)/.exec(intake.output)?.[1] ?? "";
    const read = async (path: string): Promise<string> => (await fetch(`${address}${path}`)).text();
    expect(JSON.parse(await read("/fleet/api"))).toMatchObject({
      mode: "paper",
      halted: null,
      problems: [],
      signal: { strategy: "nuclear" },
      accounts: NAMES.map((account) => ({ account, state: "ready", standing: "on-target", halted: null, open_executions: 0 })),
      workers: [{ worker: expect.stringContaining(" ") }],
    });
    const page = await read("/fleet");
    expect(page).toContain("2 of 2 accounts watch for alerts");
    expect(page).toContain("Workers on all machines");
    const account = await read("/fleet/growth/");
    for (const symbol of ["SMR", "LEU", "OKLO"]) expect(account).toContain(symbol);
    expect(account).toContain("without the account&#39;s keys");

    expectExit(await type("fleet", "halt", "--account", "growth", "--reason", "a look"), 0);
    for (let tries = 0; !(await read("/fleet/api")).includes('"halted":"a look"'); tries += 1) {
      if (tries > 100) throw new Error("The page does not show the halt.");
      await systemClock.sleep(100);
    }
    expectExit(await type("fleet", "resume", "--account", "growth"), 0);
    expect(worker.output).not.toContain("Dashboard:");
    expectExit(await intake.stop(), 0);
  }

  test("doctor examines machine, database, workers and every account, and goes on where one of them fails", async () => {
    const idle = await type("fleet", "doctor");
    expectExit(idle, 0);
    expect(idle.output).toMatch(/Fleet and this machine: \d+ of \d+ checks to attend to/);
    expect(idle.output).toContain("workers of the fleet: no worker is running: nothing is traded");
    expect(idle.output).toContain("database of the fleet: the database is on this machine");
    expect(idle.output).toContain("All 2 accounts can trade.");
    expect(idle.output).not.toContain("trading lock");

    await machines.store.connection.rows("UPDATE fleet.accounts SET sealed = '' WHERE name = 'ira'");
    await machines.store.connection.rows("ALTER SYSTEM SET synchronous_commit = off");
    await machines.store.connection.rows("SELECT pg_reload_conf()");
    try {
      const sick = await type("fleet", "doctor");
      expectExit(sick, 1);
      expect(sick.output).toContain("synchronous_commit is off");
      expect(sick.output).toMatch(/growth: nothing else to attend to|growth: \d+ of \d+ checks/);
      expect(sick.output).toContain("The keys of ira cannot be unsealed with this identity");
      expect(sick.output).toContain("Cannot trade as they are: ira.");
    } finally {
      await machines.store.connection.rows("ALTER SYSTEM RESET synchronous_commit");
      await machines.store.connection.rows("SELECT pg_reload_conf()");
      await machines.seal("ira");
    }

    const away = await machines.fleet.type(["fleet", "doctor"], {
      ...machines.env,
      FLEET_DATABASE: "postgresql://fleet:hunter2@127.0.0.1:1/x",
    });
    expectExit(away, 1);
    expect(away.output).toContain("database of the fleet: The fleet's database does not answer");
    expect(away.output).not.toContain("hunter2");
    const blind = await machines.fleet.type(["fleet", "doctor"], { FLEET_DATABASE: machines.server.url });
    expectExit(blind, 1);
    expect(blind.output).toContain("identity of the fleet:");
    expect(blind.output).toContain("The accounts were not examined");
  }, 60_000);

  test("list and status show an account whose settings are wrong next to the others", async () => {
    const change = (text: string): Promise<unknown> => machines.store.connection.rows(text);
    await change("UPDATE fleet.accounts SET settings = settings || '{\"DRIFT_BAND_PERCENT\": \"many\"}' WHERE name = 'ira'");
    try {
      const list = await type("fleet", "list");
      expectExit(list, 1);
      expect(list.stdout).toMatch(/^ +growth (?!.*refused)/m);
      expect(list.stdout).toMatch(/^ +ira .*refused +.*Its settings cannot be used: DRIFT_BAND_PERCENT is "many"/m);
      const status = await type("fleet", "status");
      expect(status.code).not.toBe(0);
      expect(status.stdout).toMatch(/ira.*: Its settings cannot be used: DRIFT_BAND_PERCENT is "many"/);
    } finally {
      await change("UPDATE fleet.accounts SET settings = settings - 'DRIFT_BAND_PERCENT' WHERE name = 'ira'");
    }
  }, 60_000);

  async function tried(): Promise<void> {
    const dry = await type("fleet", "execute", "--dry-run");
    expectExit(dry, 0);
    for (const name of NAMES) expect(dry.output).toMatch(new RegExp(`${name}: [\\s\\S]*SMR[\\s\\S]*OKLO`));
    expect(dry.output).toContain("2 accounts: done 2.");
    expect(NAMES.flatMap((name) => machines.fleet.ordersOf(name))).toEqual([]);
    expect(await machines.store.connection.rows("SELECT DISTINCT epoch FROM fleet.accounts WHERE removed_at IS NULL")).toEqual([
      { epoch: "0" },
    ]);
    for (const name of NAMES) expect(dry.output).not.toContain(machines.fleet.secretOf(name));
  }

  /** Without an identity. */
  async function explained(): Promise<void> {
    const told = await machines.fleet.type(["fleet", "explain", "growth"], { FLEET_DATABASE: machines.server.url });
    expectExit(told, 0);
    for (const symbol of ["SMR", "LEU", "OKLO", "TQQQ"]) expect(told.output).toContain(symbol);
    const json = await type("fleet", "explain", "growth", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ signal: { strategy: "nuclear" } });
  }
});
