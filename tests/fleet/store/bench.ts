import type { FleetStore } from "../../../src/fleet/store/ports.ts";
import { systemClock } from "../../../src/domain/clock.ts";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import type { Connection } from "../../../src/fleet/store/connection.ts";
import { newBoss, PostgresStore } from "../../../src/fleet/store/postgres-store.ts";
import { MemoryDatabase } from "./memory-store.ts";

/** A database with its machines. */
export interface Bench {
  /** As another machine reaches it. */
  machine(): Promise<FleetStore>;
  /** @returns its id. */
  addAccount(name: string, strategies: readonly string[], isCanary?: boolean): Promise<string>;
  /** More than ten seconds pass, in which nobody beats. */
  silence(): Promise<void>;
  halt(scope: string, reason: string): Promise<void>;
  close(): Promise<void>;
}

export function memoryBench(): Bench {
  const clock = new VirtualClock(Date.UTC(2026, 10, 30, 15));
  const database = new MemoryDatabase(clock);
  return {
    machine: () => Promise.resolve(database.store()),
    addAccount: (name, strategies, isCanary) => {
      database.addAccount(name, strategies, isCanary);
      return Promise.resolve(name);
    },
    silence: () => clock.advance(11_000),
    halt: (scope, reason) => {
      database.halts.set(scope, reason);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** @param admin to the migrated database that `open` opens; it is emptied at the end. */
export function postgresBench(admin: Connection, url: string): Bench {
  const stores: PostgresStore[] = [];
  return {
    machine: async () => {
      const store = await PostgresStore.open({ url, mode: "paper", clock: systemClock });
      stores.push(store);
      return store;
    },
    addAccount: (name, strategies, isCanary) => insertAccount(admin, name, strategies, isCanary),
    silence: async () => {
      await admin.rows("UPDATE fleet_queue.job SET heartbeat_on = heartbeat_on - interval '1 minute' WHERE state = 'active'");
      const boss = await newBoss(admin, {});
      await boss.start();
      await boss.supervise();
      await boss.stop({ graceful: false, close: false });
    },
    halt: async (scope, reason) => {
      await admin.rows("INSERT INTO fleet.halts (scope, reason) VALUES ($1, $2)", [scope, reason]);
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await emptyDatabase(admin);
    },
  };
}

export async function insertAccount(admin: Connection, name: string, strategies: readonly string[], isCanary = false): Promise<string> {
  const [row] = await admin.rows<{ account: string }>(
    "INSERT INTO fleet.accounts (mode, name, settings, sealed) VALUES ('paper', $1, $2, '') RETURNING account",
    [name, isCanary ? { FLEET_CANARY: "on" } : {}],
  );
  for (const strategy of strategies)
    await admin.rows("INSERT INTO fleet.wanted (account, strategy) VALUES ($1, $2)", [row?.account, strategy]);
  return row?.account ?? "";
}

export async function emptyDatabase(admin: Connection): Promise<void> {
  await admin.rows(
    "TRUNCATE fleet.accounts, fleet.wanted, fleet.sources, fleet.lines, fleet.journal, fleet.snapshots, fleet.halts, fleet.workers; TRUNCATE fleet_queue.job",
  );
}
