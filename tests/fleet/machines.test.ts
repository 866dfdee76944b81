import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import type { SignalRecord } from "../../src/domain/ledger/signals.ts";
import { SILENT_AFTER_SECONDS } from "../../src/fleet/store/roll.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import { expectExit, until } from "../scenarios/trader-process.ts";
import { MachinesInstallation } from "./machines-installation.ts";
import { plantedKeys } from "./planted-keys.ts";
import { describeWithPostgres } from "./store/with-postgres.ts";

const BOOK = ["buy LEU filled", "buy OKLO filled", "buy SMR filled", "sell TQQQ filled"];
const NAMES = ["growth", "ira", "joint"];

describeWithPostgres("a fleet on several machines", () => {
  let machines: MachinesInstallation;

  beforeAll(async () => {
    machines = await MachinesInstallation.open(NAMES, { fillLatencyMs: 200 });
  });
  afterAll(() => machines.close());

  test("trades a run once in each account although two intakes offer it and a worker is killed, and is shown, halted and closed", async () => {
    const { fleet } = machines;
    const workers = [machines.start(["fleet", "worker"]), machines.start(["fleet", "worker"])];
    const intakes = [machines.start(["fleet", "intake"]), machines.start(["fleet", "intake"])];
    for (const started of [...workers, ...intakes]) await started.says(/Ready: paper/);

    fleet.alert(runOf(NUCLEAR, systemClock.now()));
    await until(() => NAMES.some((name) => fleet.ordersOf(name).length > 0), "an account to begin");
    workers[0]?.kill("SIGKILL");
    await workers[0]?.end();
    await until(
      () => NAMES.every((name) => fleet.bookOf(name).join() === BOOK.join()),
      "every account to trade",
      () => NAMES.map((name) => `${name}: ${fleet.bookOf(name).join()}`).join("\n") + (workers[1]?.output ?? ""),
    );
    await ended(machines);
    for (const name of NAMES) expect(await machines.withLedger(name, (ledger) => ledger.recentExecutions(1)[0]?.outcome)).toBe("on-target");

    const status = await machines.start(["fleet", "status"]).end();
    expectExit(status, 0);
    expect(status.output).toContain("3 of 3   on target 3");
    const list = await machines.start(["fleet", "list"]).end();
    expectExit(list, 0);
    expect(list.output).toMatch(/growth +SIM\d+/);

    await silent(machines);
    const halt = await machines.start(["fleet", "halt", "--account", "ira", "--reason", "a bad feeling"]).end();
    expectExit(halt, 0);
    expect(halt.output).toContain("Seen by 1 worker.");
    fleet.alert(
      runOf(
        NUCLEAR.slice(0, 1).map((leg) => ({ ...leg, reason: "Nuclear portfolio allocation: 100.0%" })),
        systemClock.now(),
      ),
    );
    await until(() => fleet.ordersOf("growth").length > BOOK.length, "growth to trade the next run");
    await until(() => fleet.ordersOf("joint").length > BOOK.length, "joint to trade the next run");
    expect(fleet.bookOf("ira")).toEqual(BOOK);
    expectExit(await machines.start(["fleet", "resume", "--account", "ira"]).end(), 0);
    await until(() => fleet.ordersOf("ira").length > BOOK.length, "ira to trade after the halt");
    await ended(machines);

    for (const started of [...workers.slice(1), ...intakes]) expectExit(await started.stop(), 0);
    expectNoKeys(
      fleet.directory,
      NAMES.flatMap((name) => [fleet.keyOf(name), fleet.secretOf(name)]),
    );
    expect((await plantedKeys(machines, NAMES)).keys).toEqual([]);
  }, 180_000);

  test("adds, changes, takes and removes accounts, whose keys only the identity unseals", async () => {
    const { fleet } = machines;
    const file = join(fleet.directory, "new.env");
    writeFileSync(file, `ALPACA_PAPER_KEY=${fleet.keyOf("new")}\nALPACA_PAPER_SECRET=${fleet.secretOf("new")}\n`, { mode: 0o600 });
    const added = await machines.start(["fleet", "add", "new", "--from-env", file, "--group", "family"]).end();
    expectExit(added, 0);
    expect(added.output).toContain("new is in the fleet.");
    expect(await machines.withLedger("new", (ledger) => ledger.pinnedAccount())).toMatchObject({
      mark: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expectExit(await machines.start(["fleet", "add", "new", "--from-env", file]).end(), 78);
    expectExit(await machines.start(["fleet", "set", "new", "MAX_ORDER_VALUE=25000"]).end(), 0);

    const take = await machines.start(["fleet", "take", "new"]).end();
    expectExit(take, 3);
    expect(take.output).toContain("--yes new");
    expectExit(await machines.start(["fleet", "take", "new", "--yes", "new"]).end(), 0);

    const identity = join(fleet.directory, "second-identity");
    expectExit(await machines.start(["fleet", "rekey", "--new", identity]).end(), 0);
    expect(statSync(identity).mode & 0o777).toBe(0o600);
    const foreign = await machines.start(["fleet", "set", "new", "MAX_ORDER_VALUE="], { FLEET_IDENTITY_FILE: identity }).end();
    expectExit(foreign, 78);
    expect(foreign.output).toContain("cannot be unsealed with this identity");

    const check = await machines.start(["fleet", "database", "--check"]).end();
    expect(check.output).toContain("The fleet's tables are of this program's version.");
    expectExit(await machines.start(["fleet", "remove", "new"]).end(), 0);
    await addsAnAccountThatWasTraded(machines);
  }, 120_000);
});

describeWithPostgres("a run that no worker had in time", () => {
  let machines: MachinesInstallation;

  afterEach(() => machines.close());

  test("is stale in each account, with the cause, and status and execute say so", async () => {
    machines = await MachinesInstallation.open(NAMES);
    const { fleet, store } = machines;
    const before = new Map(NAMES.map((name) => [name, fleet.ordersOf(name).length]));
    const arrivedAt = systemClock.now() - 3_600_000;
    const lines = runOf(HEDGE, arrivedAt).trimEnd().split("\n");
    await store.lines.offer(
      "nuclear",
      lines.map((text) => ({ raw: { kind: "line", bytes: Buffer.from(text), number: undefined }, arrivedAt })),
    );
    const worker = machines.start(["fleet", "worker"]);
    await worker.says(/Ready: paper/);
    const signalOf = (name: string): Promise<SignalRecord | undefined> => machines.withLedger(name, (ledger) => ledger.recentSignals(1)[0]);
    for (const name of NAMES)
      for (let tries = 0; (await signalOf(name))?.verdict !== "stale"; tries += 1) {
        if (tries > 400) throw new Error(`${name} has no verdict: ${worker.output}`);
        await systemClock.sleep(50);
      }

    const status = await machines.start(["fleet", "status"]).end();
    expectExit(status, 1);
    expect(status.output).toContain("3 of 3   refused 3");
    expect(status.output).toMatch(/growth refused: stale: .*no worker had the account/);
    const execute = await machines.start(["fleet", "execute"]).end();
    expectExit(execute, 1);
    expect(execute.output).toMatch(/ira: refused, stale: .*no worker had the account/);
    expect(NAMES.map((name) => fleet.ordersOf(name).length - (before.get(name) ?? 0))).toEqual([0, 0, 0]);
    expectExit(await worker.stop(), 0);
  }, 120_000);
});

describeWithPostgres("canary accounts of a fleet on several machines", () => {
  let machines: MachinesInstallation;

  afterEach(() => machines.close());

  test("hold the others back on every machine while one is off target, and let them go once it has reached it", async () => {
    machines = await MachinesInstallation.open(NAMES);
    const { fleet } = machines;
    expectExit(await machines.start(["fleet", "set", "growth", "FLEET_CANARY=on"]).end(), 0);
    fleet.exchangeOf("growth").setFlags({ tradingBlocked: true });
    const before = new Map(NAMES.map((name) => [name, fleet.ordersOf(name).length]));
    const sent = (name: string): number => fleet.ordersOf(name).length - (before.get(name) ?? 0);
    const running = [
      ["fleet", "worker"],
      ["fleet", "worker"],
      ["fleet", "intake"],
    ].map((args) => machines.start(args));
    for (const started of running) await started.says(/Ready: paper/);

    fleet.alert(runOf(HEDGE, systemClock.now()));
    const said = (): string => running.map(({ output }) => output).join("\n");
    await until(() => /refused.*The canary account growth did not trade it \(account-blocked\)/.test(said()), "a refusal", said);
    expect(NAMES.map(sent)).toEqual([0, 0, 0]);

    fleet.exchangeOf("growth").setFlags({ tradingBlocked: false });
    await until(() => NAMES.every((name) => sent(name) >= HEDGE.length), "every account to trade", said);
    await ended(machines);
    const times = await Promise.all(NAMES.map((name) => machines.withLedger(name, (ledger) => ledger.recentExecutions(1)[0])));
    const [canary, ...others] = times;
    expect(canary?.outcome).toBe("on-target");
    for (const other of others) expect(other?.startedAt).toBeGreaterThanOrEqual(canary?.finishedAt ?? Infinity);
    for (const started of running) expectExit(await started.stop(), 0);
    const list = await machines.start(["fleet", "list"]).end();
    expect(list.output).toContain("growth (canary)");
    expectExit(await machines.start(["fleet", "set", "growth", "FLEET_CANARY="]).end(), 0);
  }, 120_000);
});

/** Its ids stay as they were, so that the venue refuses what an installation that still runs sends a second time. */
async function addsAnAccountThatWasTraded(machines: MachinesInstallation): Promise<void> {
  const { fleet } = machines;
  const order = { symbol: "LEU", side: "buy", qty: "1", type: "market", time_in_force: "day" } as const;
  fleet.exchangeOf("new").submit({ ...order, client_order_id: "alpaca-trader-00000000000000aa-buying-LEU-1" });
  const file = join(fleet.directory, "new.env");
  const added = await machines.start(["fleet", "add", "again", "--from-env", file]).end();
  expectExit(added, 0);
  expect(added.output).toContain("alpaca-trader has traded this account before.");
  const pinned = await machines.withLedger("again", (ledger) => ledger.pinnedAccount());
  expect(pinned?.number).toMatch(/^SIM/);
  expect(pinned?.mark).toBeUndefined();
  expectExit(await machines.start(["fleet", "remove", "again"]).end(), 0);
}

/** Until then a halt asks the killed worker too, whether it had an account or not. */
async function silent({ store }: MachinesInstallation): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const living = (await store.workers.list()).filter(({ secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS);
    if (living.length === 1) return;
    await systemClock.sleep(50);
  }
  throw new Error("The killed worker is still listed as living.");
}

async function ended(machines: MachinesInstallation): Promise<void> {
  for (const name of NAMES)
    for (let tries = 0; (await machines.withLedger(name, (ledger) => ledger.openExecutions().length)) !== 0; tries += 1) {
      if (tries > 400) throw new Error(`The execution of ${name} does not end.`);
      await systemClock.sleep(50);
    }
}

/** But for the file that the test itself has written. */
function expectNoKeys(directory: string, secrets: readonly string[]): void {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.startsWith("machine-"));
  const files = names.map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
  const found = files.filter((path) => secrets.some((secret) => readFileSync(path).includes(secret)));
  expect(found).toEqual([]);
}
