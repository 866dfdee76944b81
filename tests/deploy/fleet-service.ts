import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf, type Leg } from "../scenarios/strategy.ts";
import { eventually, expectThat, took } from "./checks.ts";
import { commands } from "./documented.ts";
import { hang } from "./hang.ts";
import type { Machine } from "./nspawn.ts";
import type { Ran } from "./shell.ts";
import { LIMIT_MS, TraderUnit } from "./trader-unit.ts";
import { VenueProbe } from "./venue-probe.ts";

const PORT = 18_789;
const ALERTS = "/tmp/fleet_alerts.json";
const STOPPED_WITHIN_MS = 8_000;
const ACCOUNTS = ["growth", "income", "ira"] as const;

const VENUE = `[Unit]
Description=An Alpaca-shaped venue with an account for each key
[Service]
ExecStart=/bin/sh -c 'exec /opt/alpaca-trader/node_modules/node-linux-*/bin/node /opt/alpaca-trader/dist/cli.js simulator --port ${String(PORT)} --account-per-key --latency 300 --fill-latency 600 --partial-fills 0'
StateDirectory=fleet-venue
WorkingDirectory=/var/lib/fleet-venue
Environment=HOME=/var/lib/fleet-venue
`;

/** Three accounts of the simulator in one service, by the words of docs/fleet.md. */
export class FleetService {
  readonly #machine: Machine;
  /** Who writes the alerts. */
  readonly #owner: string;
  readonly #unit: TraderUnit;
  readonly #venues: readonly VenueProbe[];

  constructor(machine: Machine, owner: string) {
    this.#machine = machine;
    this.#owner = owner;
    this.#unit = new TraderUnit(machine, "alpaca-trader-fleet.service", "Ready: paper: 3 of 3 accounts watch for alerts");
    this.#venues = ACCOUNTS.map((name) => new VenueProbe(`http://127.0.0.1:${String(PORT)}`, keyOf(name)));
  }

  get name(): string {
    return this.#unit.name;
  }

  /** Adds two accounts from settings files that only root can read, and one from an instance of the template. */
  async accountsAdded(): Promise<string> {
    const machine = this.#machine;
    machine.write("etc/systemd/system/fleet-venue.service", VENUE);
    machine.write(
      `etc/systemd/system/${this.name}.d/test.conf`,
      "[Service]\nSupplementaryGroups=adm\nEnvironment=LOG_GROUP=adm\nWatchdogSec=4\nTimeoutAbortSec=4\n",
    );
    machine.shell(`cd /opt/alpaca-trader; ${commands("fleet.md", "Under systemd", "alpaca-trader-fleet.service")}`);
    machine.shell(commands("fleet.md", "Under systemd", "/usr/local/sbin/trader"));
    machine.write("etc/alpaca-trader/fleet.env", this.#settings(), 0o600);
    machine.runWell("systemctl", "daemon-reload");
    machine.runWell("systemctl", "start", "fleet-venue.service");
    await eventually(
      () => this.#venues[0]?.answers() ?? Promise.resolve(undefined),
      LIMIT_MS,
      () => machine.journal("fleet-venue.service"),
    );
    const add = commands("fleet.md", "Under systemd", "fleet add growth");
    const said = ["growth", "income"].map((name) => {
      machine.write(`etc/alpaca-trader/${name}.env`, keysOf(name), 0o600);
      return machine.shell(add.replaceAll("growth", name));
    });
    said.push(await this.#takenOver("ira"));
    const files = machine.shell("stat -c '%U %a %n' /var/lib/alpaca-trader/fleet/accounts/*/account.env; ls /run/*.env 2>&1 || true");
    expectThat((files.match(/^alpaca-trader 600 /gm) ?? []).length === ACCOUNTS.length && files.includes("No such file"), files);
    return said.map((text) => text.split("\n", 1)[0]).join(" ");
  }

  async starts(): Promise<string> {
    const from = systemClock.monotonic();
    this.#machine.shell(commands("fleet.md", "Under systemd", "enable --now"));
    await this.#unit.watches();
    expectThat(this.#unit.property("ActiveState") === "active", this.#unit.journal);
    const environment = this.#machine.shell(`tr '\\0' '\\n' < /proc/${this.#unit.property("MainPID")}/environ`);
    expectThat(!environment.includes("secret-of-"), "A key is in the environment.");
    return `ready after ${took(from)}, “${this.#unit.property("StatusText")}”`;
  }

  /** @param orders of each account. */
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
      () => this.#unit.journal,
    );
    const from = systemClock.monotonic();
    const restarts = this.#unit.property("NRestarts");
    this.#machine.runWell("systemctl", "kill", "-s", "KILL", this.name);
    // In each account three are sold, two bought.
    await this.#filled(before, 5);
    const converged = took(from);
    expectThat(this.#unit.property("NRestarts") !== restarts, "It was not started again.");
    for (const [index, venue] of this.#venues.entries()) {
      const orders = (await venue.orders()).slice(before[index]);
      expectThat(new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
    }
    await this.#unit.watches();
    await this.#onTarget();
    return `all filled ${converged} after the kill, 5 orders in each account`;
  }

  async hung(): Promise<string> {
    const pid = this.#unit.property("MainPID");
    const from = systemClock.monotonic();
    await hang(() => void this.#machine.shell(`kill -USR1 ${pid}`));
    await this.#unit.until(() => !["0", pid].includes(this.#unit.property("MainPID")));
    expectThat(/[Ww]atchdog/.test(this.#unit.journal), this.#unit.journal);
    await this.#unit.watches();
    return `a new process after ${took(from)}`;
  }

  /** One account is halted; the others trade. */
  async haltedAlone(): Promise<string> {
    const { status, output } = this.#trader("halt --account ira --reason away");
    expectThat(status === 0, output);
    const before = await this.#orders();
    this.#alert(NUCLEAR);
    const said = await this.#unit.says(/Not executed, halted.*account=ira/);
    await eventually(
      async () =>
        (await Promise.all(this.#venues.slice(0, 2).map((venue, index) => venue.filled((before[index] ?? 0) + 5)))).every(Boolean)
          ? true
          : undefined,
      LIMIT_MS,
      () => this.#unit.journal,
    );
    expectThat((await this.#orders())[2] === before[2], this.#unit.journal);
    const resumed = this.#trader("resume --account ira");
    expectThat(resumed.status === 0, resumed.output);
    await this.#filled(before, 5);
    await this.#onTarget();
    return said.slice(0, 160);
  }

  stops(): Promise<string> {
    const from = systemClock.monotonic();
    this.#unit.do("stop");
    expectThat(systemClock.monotonic() - from <= STOPPED_WITHIN_MS, `It took ${took(from)}.\n${this.#unit.journal}`);
    expectThat(this.#unit.property("Result") === "success" && this.#unit.property("ExecMainStatus") === "0", this.#unit.journal);
    return Promise.resolve(took(from));
  }

  uninstalled(): Promise<void> {
    this.#machine.shell(commands("fleet.md", "Uninstall"));
    this.#machine.run("systemctl", "stop", "fleet-venue.service");
    this.#machine.shell(`rm -f /etc/systemd/system/fleet-venue.service ${ALERTS}; rm -rf /var/lib/fleet-venue; systemctl daemon-reload`);
    expectThat(this.#machine.run("systemctl", "cat", this.name).status !== 0, "The unit is still there.");
    return Promise.resolve();
  }

  /** From an instance of the template, which has its own ledger. */
  async #takenOver(name: string): Promise<string> {
    const machine = this.#machine;
    machine.write(`etc/alpaca-trader/${name}.env`, `${this.#settings()}${keysOf(name)}DASHBOARD_PORT=off\n`, 0o600);
    const instance = new TraderUnit(machine, `alpaca-trader@${name}.service`);
    instance.do("enable");
    await instance.watches();
    const said = machine.shell(commands("fleet.md", "Under systemd", "--state").replaceAll("growth", name));
    expectThat(said.includes(`Its ledger was taken over from /var/lib/alpaca-trader/${name}/paper.sqlite.`), said);
    expectThat(instance.property("ActiveState") === "inactive", instance.journal);
    return said;
  }

  #settings(): string {
    return `TRADING_MODE=paper
ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(PORT)}
ALERTS_FILE=${ALERTS}
ALERTS_OWNER=${this.#owner}
ALERTS_TIMEZONE=Asia/Kolkata
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
      () => this.#unit.journal,
    );
  }

  async #onTarget(): Promise<void> {
    let ran: Ran = { status: -1, output: "" };
    await this.#unit.until(() => {
      ran = this.#trader("fleet status");
      return ran.status === 0 && ran.output.includes("on target 3");
    });
  }

  #trader(words: string): Ran {
    return this.#machine.run("sh", "-c", `/usr/local/sbin/trader ${words}`);
  }
}

function keysOf(account: string): string {
  return `ALPACA_PAPER_KEY=${keyOf(account)}\nALPACA_PAPER_SECRET=secret-of-${account}\n`;
}

function keyOf(account: string): string {
  return `PK${account.toUpperCase()}`;
}
