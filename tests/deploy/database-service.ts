import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf, type Leg } from "../scenarios/strategy.ts";
import { eventually, expectThat, took } from "./checks.ts";
import { commands } from "./documented.ts";
import { hang } from "./hang.ts";
import type { Machine } from "./nspawn.ts";
import { LIMIT_MS, TraderUnit } from "./trader-unit.ts";
import { VenueProbe } from "./venue-probe.ts";

const PAGE = "fleet-database.md";
const HEADING = "Under systemd";
const VENUE_PORT = 18_791;
/** The machine shares the network of this one, where the usual port may be taken. */
const DATABASE_PORT = 18_792;
const ALERTS = "/tmp/machines_alerts.json";
const STOPPED_WITHIN_MS = 8_000;
const ACCOUNTS = ["growth", "ira"] as const;
const PASSWORD = "a-long-password";

const VENUE = `[Unit]
Description=An Alpaca-shaped venue with an account for each key
[Service]
ExecStart=/bin/sh -c 'exec /opt/alpaca-trader/node_modules/node-linux-*/bin/node /opt/alpaca-trader/dist/cli.js simulator --port ${String(VENUE_PORT)} --account-per-key --latency 300 --fill-latency 600 --partial-fills 0'
StateDirectory=machines-venue
WorkingDirectory=/var/lib/machines-venue
Environment=HOME=/var/lib/machines-venue
`;

/** Worker and intake of a fleet with a database, by the words of docs/fleet-database.md. */
export class DatabaseService {
  readonly worker: TraderUnit;
  readonly intake: TraderUnit;
  readonly #machine: Machine;
  /** Who writes the alerts. */
  readonly #owner: string;
  readonly #venues = ACCOUNTS.map((name) => new VenueProbe(`http://127.0.0.1:${String(VENUE_PORT)}`, keyOf(name)));

  constructor(machine: Machine, owner: string) {
    this.#machine = machine;
    this.#owner = owner;
    this.worker = new TraderUnit(machine, "alpaca-trader-worker.service", "Ready: paper: 0 accounts at work");
    this.intake = new TraderUnit(machine, "alpaca-trader-intake.service", "Ready: paper: offers the lines of 1 alerts file");
  }

  async accountsAdded(): Promise<string> {
    const machine = this.#machine;
    machine.write("etc/systemd/system/machines-venue.service", VENUE);
    machine.write(`etc/systemd/system/${this.worker.name}.d/test.conf`, "[Service]\nWatchdogSec=4\nTimeoutAbortSec=4\n");
    const move = `sed -i 's/^port = .*/port = ${String(DATABASE_PORT)}/' /etc/postgresql/*/main/postgresql.conf; systemctl restart postgresql; export PGPORT=${String(DATABASE_PORT)}`;
    machine.shell(
      commands(PAGE, HEADING, "postgresql")
        .replace("apt-get install", "DEBIAN_FRONTEND=noninteractive apt-get install")
        .replace("su postgres", `${move}\nsu postgres`),
    );
    machine.shell(commands(PAGE, HEADING, "npm install"));
    machine.write("etc/alpaca-trader/fleet.env", this.#settings(), 0o600);
    machine.shell(commands(PAGE, HEADING, "--new"));
    machine.shell(commands(PAGE, HEADING, "/usr/local/sbin/fleet"));
    machine.runWell("systemctl", "start", "machines-venue.service");
    await eventually(
      () => this.#venues[0]?.answers() ?? Promise.resolve(undefined),
      LIMIT_MS,
      () => machine.journal("machines-venue.service"),
    );
    for (const name of ACCOUNTS) machine.write(`etc/alpaca-trader/${name}.env`, keysOf(name), 0o600);
    const [migrate = "", ...add] = commands(PAGE, HEADING, "fleet add growth").split("\n");
    const said = [machine.shell(migrate), ...ACCOUNTS.map((name) => machine.shell(add.join("\n").replaceAll("growth", name)))];
    const files = machine.shell("stat -c '%U %a' /etc/alpaca-trader/fleet-identity; grep -rl secret-of- /var/lib/alpaca-trader || true");
    expectThat(files.trim() === "root 600", files);
    return said.map((text) => text.trim().split("\n").at(-1)).join(" ");
  }

  async starts(): Promise<string> {
    const from = systemClock.monotonic();
    const [worker = "", intake = "", doctor = ""] = commands(PAGE, HEADING, "enable --now").split("\n");
    this.#machine.shell(worker);
    this.#machine.shell(intake);
    await this.worker.watches();
    await this.intake.watches();
    const examined = this.#machine.shell(doctor);
    expectThat(examined.includes("All 2 accounts can trade."), examined);
    for (const unit of [this.worker, this.intake]) {
      const environment = this.#machine.shell(`tr '\\0' '\\n' < /proc/${unit.property("MainPID")}/environ`);
      expectThat(!/secret-of-|AGE-SECRET-KEY/.test(environment), "A key is in the environment.");
    }
    return `ready after ${took(from)}, “${this.worker.property("StatusText")}”, “${this.intake.property("StatusText")}”`;
  }

  async trades(legs: readonly Leg[] = NUCLEAR, orders = 3): Promise<string> {
    const from = systemClock.monotonic();
    const before = await this.#orders();
    this.#alert(legs);
    await this.#filled(before, orders);
    await this.#onTarget();
    return `${String(orders)} orders filled in each of ${String(ACCOUNTS.length)} accounts, ${took(from)}`;
  }

  async killed(): Promise<string> {
    const before = await this.#orders();
    this.#alert(HEDGE);
    await eventually(
      async () => ((await this.#orders()).some((orders, index) => orders > (before[index] ?? 0)) ? true : undefined),
      LIMIT_MS,
      () => this.worker.journal,
    );
    const from = systemClock.monotonic();
    this.#machine.runWell("systemctl", "kill", "-s", "KILL", this.worker.name);
    // In each account three are sold, two bought.
    await this.#filled(before, 5);
    const converged = took(from);
    for (const [index, venue] of this.#venues.entries()) {
      const orders = (await venue.orders()).slice(before[index]);
      expectThat(orders.length === 5 && new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
    }
    await this.#onTarget();
    return `all filled ${converged} after the kill, 5 orders in each account`;
  }

  async hung(): Promise<string> {
    const pid = this.worker.property("MainPID");
    const from = systemClock.monotonic();
    await hang(() => void this.#machine.shell(`kill -USR1 ${pid}`));
    await this.worker.until(() => !["0", pid].includes(this.worker.property("MainPID")));
    expectThat(/[Ww]atchdog/.test(this.worker.journal), this.worker.journal);
    await this.worker.watches();
    return `a new process after ${took(from)}`;
  }

  /** By the words of the page, into another database. */
  dumped(): Promise<string> {
    const url = `postgresql://fleet:${PASSWORD}@127.0.0.1:${String(DATABASE_PORT)}/fleet`;
    const other = url.replace(/fleet$/, "other");
    this.#machine.shell(`cd /root; FLEET_DATABASE='${url}'\n${commands(PAGE, "Backup and upgrade", "pg_dump")}`);
    this.#machine.shell(`su postgres -c "createdb -p ${String(DATABASE_PORT)} -O fleet -E UTF8 -T template0 other"`);
    this.#machine.shell(`cd /root; FLEET_DATABASE='${other}'\n${commands(PAGE, "Backup and upgrade", "pg_restore")}`);
    const found = this.#machine.shell("cd /root; pg_restore -f - fleet.dump | grep -cE 'secret-of-|AGE-SECRET-KEY' || true").trim();
    expectThat(found === "0", `${found} keys are in the dump.`);
    const copies = `psql -qtA '${other}' -c 'SELECT count(*) FROM fleet.snapshots'`;
    expectThat(this.#machine.shell(copies).trim() === String(ACCOUNTS.length), "The ledgers are not in the copy.");
    return Promise.resolve("restored into another database, no key in it");
  }

  stops(): Promise<string> {
    const times = [this.worker, this.intake].map((unit) => {
      const from = systemClock.monotonic();
      unit.do("stop");
      expectThat(systemClock.monotonic() - from <= STOPPED_WITHIN_MS, `It took ${took(from)}.\n${unit.journal}`);
      expectThat(unit.property("Result") === "success" && unit.property("ExecMainStatus") === "0", unit.journal);
      expectThat(!new RegExp(`${PASSWORD}|secret-of-`).test(unit.journal), "A secret is in the journal.");
      return took(from);
    });
    return Promise.resolve(times.join(", "));
  }

  removed(): Promise<void> {
    const units = [this.worker, this.intake].map(({ name }) => name).join(" ");
    this.#machine.shell(
      `systemctl disable ${units}; systemctl stop machines-venue.service; rm -rf /etc/systemd/system/${this.worker.name}.d /var/lib/machines-venue ${ALERTS}; ` +
        `cd /etc/systemd/system; rm -f machines-venue.service ${units}; systemctl daemon-reload; DEBIAN_FRONTEND=noninteractive apt-get purge -q -y 'postgresql*'; ` +
        "rm -rf /etc/alpaca-trader/fleet* /etc/alpaca-trader/growth.env /etc/alpaca-trader/ira.env /var/lib/alpaca-trader/worker /var/lib/alpaca-trader/intake /var/lib/alpaca-trader/commands",
    );
    return Promise.resolve();
  }

  #settings(): string {
    return `TRADING_MODE=paper
ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(VENUE_PORT)}
FLEET_DATABASE=postgresql://fleet:${PASSWORD}@127.0.0.1:${String(DATABASE_PORT)}/fleet
ALERTS_FILE=${ALERTS}
ALERTS_OWNER=${this.#owner}
ALERTS_TIMEZONE=Asia/Kolkata
DASHBOARD_PORT=off
`;
  }

  #alert(legs: readonly Leg[]): void {
    this.#machine.append(this.#owner, ALERTS, runOf(legs, systemClock.now()));
  }

  /** How many orders each account has had. */
  #orders(): Promise<number[]> {
    return Promise.all(this.#venues.map(async (venue) => (await venue.orders()).length));
  }

  async #filled(before: readonly number[], orders: number): Promise<void> {
    await eventually(
      async () => {
        const filled = await Promise.all(this.#venues.map((venue, index) => venue.filled((before[index] ?? 0) + orders)));
        return filled.every(Boolean) ? true : undefined;
      },
      LIMIT_MS,
      () => `${this.intake.journal}\n${this.worker.journal}`,
    );
  }

  async #onTarget(): Promise<void> {
    await this.worker.until(() => {
      const { status, output } = this.#machine.run("/usr/local/sbin/fleet", "status");
      return status === 0 && output.includes("on target 2");
    });
  }
}

function keysOf(account: string): string {
  return `ALPACA_PAPER_KEY=${keyOf(account)}\nALPACA_PAPER_SECRET=secret-of-${account}\n`;
}

function keyOf(account: string): string {
  return `PKDB${account.toUpperCase()}`;
}
