import { beforeEach, describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { loadFleet, type FleetSettings } from "../../src/fleet/fleet-settings.ts";
import { SavedFleet } from "../../src/fleet/saved-fleet.ts";
import type { AccountRow } from "../../src/fleet/store/accounts.ts";
import { StoreUnreachable, type SavedLedger } from "../../src/fleet/store/ports.ts";
import type { WorkerSeen } from "../../src/fleet/store/roll.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import { NOW, recordExecuted, SIGNAL_ID } from "../reporting/examples.ts";

const KEYS = { ALPACA_PAPER_SECRET: "not-used" };
const WORKER: WorkerSeen = { worker: "one 1", machine: "one", pid: 1, held: 0, heeds: [], secondsAgo: 1 };

/** What the database has. */
let rows: AccountRow[];
let ledgers: Map<string, { version: string; saved: SavedLedger }>;
let halts: Map<string, string>;
let workers: WorkerSeen[];
let isReachable: boolean;
let reads: string[];
let fleet: SavedFleet;
let clock: VirtualClock;

beforeEach(() => {
  rows = ["growth", "ira"].map((name, index) => row(name, String(index)));
  ledgers = new Map(rows.map(({ id }) => [id, { version: "1", saved: saved(id === "0") }]));
  halts = new Map();
  workers = [WORKER];
  isReachable = true;
  reads = [];
  clock = new VirtualClock(NOW);
  fleet = new SavedFleet({
    clock,
    settingsOf,
    accounts: { list: () => answer(rows) },
    store: {
      ledgers: {
        versions: () => answer(new Map([...ledgers].map(([id, { version }]) => [id, version]))),
        read: (id: string) => {
          reads.push(id);
          return answer(ledgers.get(id)?.saved ?? { image: undefined, changes: [], seq: 0 });
        },
      } as unknown as ConstructorParameters<typeof SavedFleet>[0]["store"]["ledgers"],
      workers: {
        halts: () => answer(halts),
        list: () => answer(workers),
      } as unknown as ConstructorParameters<typeof SavedFleet>[0]["store"]["workers"],
    },
  });
});

function answer<Value>(value: Value): Promise<Value> {
  return isReachable ? Promise.resolve(value) : Promise.reject(new StoreUnreachable("The fleet's database does not answer: gone."));
}

function row(name: string, id: string): AccountRow {
  return { id, name, settings: name === "ira" ? { FLEET_GROUP: "family" } : {}, holder: undefined };
}

function settingsOf(some: readonly AccountRow[]): FleetSettings {
  const list = some.map(({ name, settings }, index) => ({
    name,
    directory: `/nowhere/accounts/${name}`,
    settings: { ...settings, ...KEYS, ALPACA_PAPER_KEY: `PK${String(index)}` },
    problems: [],
  }));
  return loadFleet({ STATE_DIR: "/nowhere", TRADING_MODE: "paper", HOME: "/nowhere" }, { list: () => list });
}

function saved(isExecuted: boolean): SavedLedger {
  const ledger = newLedger();
  if (isExecuted) recordExecuted(ledger);
  const image = ledger.serialize();
  ledger.close();
  return { image, changes: [], seq: 0 };
}

const states = (): string[] => fleet.hosts.map(({ name, state }) => `${name} ${state}`);
const sees = (name: string): boolean => fleet.hosts.find((host) => host.name === name)?.session?.ledger.signal(SIGNAL_ID) !== undefined;

describe("a fleet as its database has it", () => {
  test("shows every account's ledger, and reads again only what has changed", async () => {
    await fleet.refresh();
    expect(states()).toEqual(["growth ready", "ira ready"]);
    expect([sees("growth"), sees("ira")]).toEqual([true, false]);
    expect(fleet.problems).toEqual([]);

    ledgers.set("1", { version: "2", saved: saved(true) });
    await fleet.refresh();
    expect(sees("ira")).toBe(true);
    expect(reads).toEqual(["0", "1", "1"]);
  });

  test("is not traded without a living worker", async () => {
    workers = [{ ...WORKER, secondsAgo: 11 }];
    await fleet.refresh();
    expect(states()).toEqual(["growth stopped", "ira stopped"]);
    expect(fleet.problems).toEqual(["No worker is running, so nothing is traded."]);
  });

  test("stays as it was while the database does not answer, and says so", async () => {
    await fleet.refresh();
    isReachable = false;
    await fleet.refresh();
    expect(states()).toEqual(["growth ready", "ira ready"]);
    expect(fleet.problems).toEqual(["The fleet's database does not answer: gone."]);
    isReachable = true;
    await fleet.refresh();
    expect(fleet.problems).toEqual([]);
  });

  test("says of an account that its ledger cannot be restored, and shows the others", async () => {
    ledgers.set("0", { version: "2", saved: { image: Buffer.from("no ledger"), changes: [], seq: 0 } });
    await fleet.refresh();
    expect(states()).toEqual(["growth failed", "ira ready"]);
    expect(fleet.hosts[0]?.problem).toMatch(/ledger/);
  });

  test("knows the halts of all, of a group and of an account", async () => {
    halts = new Map([["group:family", "a storm"]]);
    await fleet.refresh();
    expect([undefined, ...fleet.hosts].map((host) => fleet.haltOf(host))).toEqual([undefined, undefined, "a storm"]);
    halts = new Map([["fleet", "all"]]);
    await fleet.refresh();
    expect([undefined, ...fleet.hosts].map((host) => fleet.haltOf(host))).toEqual(["all", undefined, undefined]);
  });

  test("takes up accounts that are added, and lets go of those that are removed", async () => {
    await fleet.refresh();
    rows = [row("ira", "1"), row("joint", "2")];
    await fleet.refresh();
    expect(states()).toEqual(["ira ready", "joint ready"]);
    expect(fleet.account("growth")).toBeUndefined();
  });

  test("restores a ledger for an account's page, and follows it", async () => {
    await fleet.refresh();
    expect(() => fleet.pageLedger("ira")).toThrow("has not been read");
    await fleet.preparePage("ira");
    expect(fleet.pageLedger("ira").recentSignals(1)).toEqual([]);

    ledgers.set("1", { version: "2", saved: saved(true) });
    await clock.advance(1_001);
    await fleet.preparePage("ira");
    expect(fleet.pageLedger("ira").recentSignals(1)).toHaveLength(1);
    await expect(fleet.preparePage("nobody")).rejects.toThrow("The fleet has no account nobody.");
    fleet.close();
    expect(() => fleet.pageLedger("ira")).toThrow("has not been read");
  });
});
