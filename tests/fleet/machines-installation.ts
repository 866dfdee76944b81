import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import { PostgresAccounts } from "../../src/fleet/store/accounts.ts";
import { Connection } from "../../src/fleet/store/connection.ts";
import { migrateDatabase } from "../../src/fleet/store/migrate.ts";
import { newBoss, PostgresStore } from "../../src/fleet/store/postgres-store.ts";
import { newIdentity, Sealing } from "../../src/fleet/store/sealing.ts";
import { openSavedLedger } from "../../src/fleet/worker/journaled-ledger.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { replacePrivateFile } from "../../src/machine/private-file.ts";
import type { SharedSimulatorOptions } from "../../src/simulator/server.ts";
import type { TraderProcess } from "../scenarios/trader-process.ts";
import { FleetInstallation } from "./fleet-installation.ts";
import { PostgresServer } from "./store/postgres-server.ts";

const USERS: Readonly<Record<string, string>> = {
  worker: "worker",
  intake: "intake",
  status: "reader",
  list: "reader",
  report: "reader",
  explain: "reader",
  execute: "machine",
};

/** A fleet on several machines, which are directories here: one PostgreSQL, one venue, and as many processes as are started. */
export class MachinesInstallation {
  readonly fleet: FleetInstallation;
  readonly server: PostgresServer;
  readonly store: PostgresStore;
  readonly sealing: Sealing;
  readonly accounts: PostgresAccounts;
  readonly #ids = new Map<string, string>();
  #machines = 0;

  private constructor(fleet: FleetInstallation, server: PostgresServer, store: PostgresStore, sealing: Sealing) {
    this.fleet = fleet;
    this.server = server;
    this.store = store;
    this.sealing = sealing;
    this.accounts = new PostgresAccounts(store.connection, "paper", fleet.directory);
  }

  /** @param isDurable the database survives a crash. */
  static async open(
    names: readonly string[],
    venue: SharedSimulatorOptions = {},
    isDurable = false,
    isDumped = false,
  ): Promise<MachinesInstallation> {
    const server = await PostgresServer.start(isDurable, isDumped);
    const admin = await Connection.open(server.url);
    await migrateDatabase(admin, await newBoss(admin, { migrates: true }));
    for (const role of ["intake", "worker", "reader"]) await admin.rows(`CREATE USER ${role} IN ROLE fleet_${role}`);
    await admin.rows("CREATE USER machine IN ROLE fleet_intake, fleet_worker");
    await admin.close();
    const fleet = await FleetInstallation.open(names, { venue });
    const { identity } = await newIdentity();
    const sealing = await Sealing.withIdentity(identity);
    replacePrivateFile(join(fleet.directory, "identity"), `${identity}\n`);
    const store = await PostgresStore.open({ url: server.url, mode: "paper", clock: systemClock });
    const machines = new MachinesInstallation(fleet, server, store, sealing);
    for (const name of names) {
      const account = { number: `of ${name}`, settings: machines.keysOf(name), strategies: ["nuclear"] };
      machines.#ids.set(name, await machines.accounts.add(name, account, sealing));
    }
    return machines;
  }

  keysOf(name: string): Record<string, string> {
    return { ALPACA_PAPER_KEY: this.fleet.keyOf(name), ALPACA_PAPER_SECRET: this.fleet.secretOf(name) };
  }

  /** Replaces the keys of an account by what `fleet add` would have sealed. */
  async seal(name: string): Promise<void> {
    const sealed = Buffer.from(await this.sealing.seal({ mode: "paper", name }, this.keysOf(name)));
    await this.store.connection.rows("UPDATE fleet.accounts SET sealed = $2 WHERE name = $1", [name, sealed]);
  }

  /** For commands of this process, which neither add nor change accounts. */
  get env(): Record<string, string> {
    return this.#envOf("execute");
  }

  /** Workers, intakes and what only reads have a database user of their own. */
  #envOf(command: string | undefined): Record<string, string> {
    return {
      FLEET_DATABASE: this.server.urlOf(USERS[command ?? ""] ?? "fleet"),
      FLEET_IDENTITY_FILE: join(this.fleet.directory, "identity"),
      FLEET_REQUESTS_PER_SECOND: "10000",
    };
  }

  /** On a machine of its own: its state and logs are where no other has them. */
  start(args: readonly string[], change: Readonly<Record<string, string>> = {}): TraderProcess {
    this.#machines += 1;
    const directory = join(this.fleet.directory, `machine-${String(this.#machines)}`);
    mkdirSync(join(directory, "logs"), { recursive: true });
    return this.fleet.start(args, {
      ...this.#envOf(args[1]),
      STATE_DIR: join(directory, "state"),
      LOG_DIR: join(directory, "logs"),
      ...change,
    });
  }

  /** The account's ledger as the database has it. */
  async withLedger<Result>(name: string, look: (ledger: SqliteLedger) => Result): Promise<Result | undefined> {
    const saved = await this.store.ledgers.read(this.#ids.get(name) ?? (await this.accounts.find(name)).id);
    if (saved.image === undefined) return undefined;
    const ledger = openSavedLedger(saved, name);
    try {
      return look(ledger);
    } finally {
      ledger.close();
    }
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.store.close();
    await this.server.close();
  }
}
