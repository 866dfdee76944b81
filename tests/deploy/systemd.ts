import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import type { Leg } from "../scenarios/strategy.ts";
import { Administration } from "./administration.ts";
import { Checks, eventually, expectThat, took } from "./checks.ts";
import { DatabaseService } from "./database-service.ts";
import { commands, section } from "./documented.ts";
import { FleetService } from "./fleet-service.ts";
import { hang } from "./hang.ts";
import { Machine } from "./nspawn.ts";
import { copyProject } from "./project.ts";
import { shareRegistries } from "./registries.ts";
import type { Ran } from "./shell.ts";
import { needs } from "./shell.ts";
import { LIMIT_MS, TraderUnit } from "./trader-unit.ts";
import { VenueProbe } from "./venue-probe.ts";

/**
 * Boots a fresh Debian with a real systemd, installs the project in it with Debian's own Node and npm by the
 * words of docs/systemd.md, and does to the service what happens to services. Needs root, debootstrap and
 * systemd-container.
 *
 *   npm run test:deploy:systemd [-- --suite trixie] [--like ROOT] [--keep] [--only database]
 *
 * ROOT: a debootstrap root of that suite, to save its minutes. `--only database`: the fleet with a database alone.
 */
const { values } = parseArgs({
  options: {
    suite: { type: "string", default: "bookworm" },
    like: { type: "string" },
    keep: { type: "boolean" },
    only: { type: "string" },
  },
});

const PORT = 18_788;
const ALERTS = "/tmp/nuclear_alerts.json";
const LOG = "/tmp/alpaca_trader.log";
const SECOND_ALERTS = "/tmp/second_alerts.json";
const HALT = "/var/lib/alpaca-trader/HALT";
/** The owner of the login, who writes the alerts and follows the log. */
const OWNER = "ada";
/** Where the project is fetched from. */
const ORIGIN = "/srv/alpaca-trader.git";

const SETTINGS = `TRADING_MODE=paper
ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(PORT)}
ALPACA_PAPER_KEY=PKDEPLOY
ALPACA_PAPER_SECRET=deploy-secret
ALERTS_OWNER=${OWNER}
ALERTS_TIMEZONE=Asia/Kolkata
DASHBOARD_PORT=off
`;

/** Git comes with the first of the documented lines; only then can there be something to clone. */
const COMMIT = `(cd ${ORIGIN}; git config --global user.name test; git config --global user.email test@localhost; git init -q; git add -A; git commit -qm first); `;

const VENUE = `[Unit]
Description=An Alpaca-shaped venue
[Service]
ExecStart=/bin/sh -c 'exec /opt/alpaca-trader/node_modules/node-linux-*/bin/node /opt/alpaca-trader/dist/cli.js simulator --port ${String(PORT)} --state /var/lib/venue/venue.json --latency 300 --fill-latency 600 --partial-fills 0'
StateDirectory=venue
WorkingDirectory=/var/lib/venue
Environment=HOME=/var/lib/venue
[Install]
WantedBy=multi-user.target
`;

needs("debootstrap", "debootstrap");
needs("systemd-nspawn", "systemd-container");
const directory = mkdtempSync("/var/tmp/alpaca-trader-systemd-");
const checks = new Checks();
const start = systemClock.monotonic();
const machine = Machine.install(join(directory, "root"), `alpaca-trader-test-${values.suite}`, values.suite, values.like);
const unit = new TraderUnit(machine, "alpaca-trader.service");
const second = new TraderUnit(machine, "alpaca-trader@second.service");
const administration = new Administration(machine, unit);
const fleet = new FleetService(machine, OWNER);
const machines = new DatabaseService(machine, OWNER);
const venue = new VenueProbe(`http://127.0.0.1:${String(PORT)}`);
// The checks that are left would go on for minutes, on whatever machine answers now.
process.once("SIGINT", () => void leave(1).then(() => process.exit()));
try {
  await everything();
} finally {
  await leave(checks.summary());
}

async function leave(code: number): Promise<void> {
  process.exitCode = code;
  await machine.powerOff();
  if (values.keep === true) process.stdout.write(`Kept: ${directory}\n`);
  else rmSync(directory, { recursive: true, force: true });
}

async function everything(): Promise<void> {
  shareRegistries(machine.root);
  if (!(await checks.check("the machine boots", boots))) return;
  if (!(await checks.check("installs with Debian's Node and npm, by the words of docs/systemd.md", install))) return;
  if (values.only !== "database") await single();
  await withDatabase();
  if (values.only !== "database") await upkeep();
}

async function single(): Promise<void> {
  await checks.check("systemd-analyze verify finds nothing in the units", () => verify(unit.name, "alpaca-trader@growth.service"));
  await checks.check("systemd-analyze security: exposure at most 2.0", () => exposure(unit.name));
  await checks.check("starts, and is ready with a status", starts);
  await checks.check("trades an alert that another user writes", () => trades(NUCLEAR, 3));
  await checks.check("the owner's login can follow the log, and a stranger cannot", followed);
  await checks.check("the journal holds what the log holds, without colours", journaled);
  await checks.check("status and doctor beside it, as docs/systemd.md says", commandsBeside);
  await checks.check("root beside it is told to run the command as the daemon's user", () => Promise.resolve(administration.rootBeside()));
  await checks.check("halted by touching a file, and resumed", halted);
  await checks.check("killed with -9 in mid-execution: started again and converged, nothing sent twice", killed);
  await checks.check("an event loop that hangs: the watchdog replaces the process", hung);
  await checks.check("stops within its limit", stops);
  await checks.check("wrong settings: failed, and not started again", misconfigured);
  await checks.check("keys as credentials instead of the environment", credentials);
  await checks.check("a second unit for the same account is refused, and not started again", refusedBeside);
  await checks.check("an instance of its own for another account: state and logs of its own", instance);
  await checks.check("the HALT of the machine stops an instance too", haltedWithTheMachine);
  await checks.check("a fleet of three accounts, added by the words of docs/fleet.md", () => fleet.accountsAdded());
  await checks.check("systemd-analyze of its unit: nothing found, exposure at most 2.0", () =>
    verify(fleet.name).then(() => exposure(fleet.name)),
  );
  await checks.check("the fleet starts, and no key is in its environment", () => fleet.starts());
  await checks.check("the fleet trades an alert in all three accounts", () => fleet.trades());
  await checks.check("the fleet killed with -9 in mid-execution: started again and converged, nothing sent twice", () => fleet.killed());
  await checks.check("the fleet's event loop hangs: the watchdog replaces the process", () => fleet.hung());
  await checks.check("one account of the fleet halted: the others trade, and it does after `resume`", () => fleet.haltedAlone());
  await checks.check("the fleet stops within 8 s", () => fleet.stops());
  await checks.check("the fleet uninstalled by the words of docs/fleet.md", () => fleet.uninstalled());
}

async function withDatabase(): Promise<void> {
  await checks.check("a fleet with a database, installed by the words of docs/fleet-database.md", () => machines.accountsAdded());
  for (const { name } of [machines.worker, machines.intake])
    await checks.check(`systemd-analyze of ${name}: nothing found, exposure at most 2.0`, () => verify(name).then(() => exposure(name)));
  await checks.check("a worker and an intake start, no key is in their environment, and the doctor is content", () => machines.starts());
  await checks.check("they trade an alert in both accounts", () => machines.trades());
  await checks.check("the worker killed with -9 in mid-execution: started again and converged, nothing sent twice", () =>
    machines.killed(),
  );
  await checks.check("the worker's event loop hangs: the watchdog replaces the process", () => machines.hung());
  await checks.check("backed up while it runs, and restored elsewhere; no key in the dump", () => machines.dumped());
  await checks.check("both stop within 8 s, and no secret is in the journal", () => machines.stops());
  await checks.check("the fleet with a database removed", () => machines.removed());
}

async function upkeep(): Promise<void> {
  await checks.check("outside of /tmp, as docs/systemd.md says", outsideTmp);
  await checks.check("backed up while it runs, and restored, by the words of docs/systemd.md", () => administration.backedUpAndRestored());
  await checks.check("a ledger that root has restored: refused with the cure, not started again", () => administration.ledgerOfRoot());
  await checks.check("a ledger of a newer version: refused, not started again", () => administration.ledgerOfNewerVersion());
  await checks.check("a full disk at the start: named, started again, and well once there is space", () => administration.fullState());
  await checks.check("a full /tmp at the start: named, started again, and well once there is space", () => administration.fullTmp());
  await checks.check("upgraded by the words of docs/operations.md", () => administration.upgraded(ORIGIN));
  await checks.check("comes back after a reboot, and trades", reboots);
  await checks.check("uninstalled by the words of docs/systemd.md", () => Promise.resolve(administration.uninstalled()));
}

async function boots(): Promise<string> {
  await machine.boot();
  return machine.shell(". /etc/os-release; echo $PRETTY_NAME; systemctl --version | head -n 1").trim().replace("\n", ", ");
}

function install(): Promise<string> {
  copyProject(join(machine.root, ORIGIN));
  machine.runWell("apt-get", "update", "-q");
  const lines = commands("systemd.md", "Install", "npm ci").replace("URL-OF-THE-PROJECT", ORIGIN);
  machine.shell(
    lines.replace("apt-get install", "DEBIAN_FRONTEND=noninteractive apt-get install").replace("git clone", `${COMMIT}git clone`),
  );
  machine.runWell("useradd", "--create-home", "--groups", "adm", OWNER);
  machine.write("etc/alpaca-trader/alpaca-trader.env", SETTINGS, 0o600);
  machine.write("etc/alpaca-trader/second.env", `${SETTINGS}ALERTS_FILE=${SECOND_ALERTS}\n`, 0o600);
  machine.write("etc/systemd/system/venue.service", VENUE);
  machine.write(
    `etc/systemd/system/${unit.name}.d/test.conf`,
    "[Service]\nSupplementaryGroups=adm\nEnvironment=LOG_GROUP=adm\nWatchdogSec=4\nTimeoutAbortSec=4\n",
  );
  machine.runWell("systemctl", "daemon-reload");
  const version = machine.shell("cd /opt/alpaca-trader && npx alpaca-trader --version 2> /dev/null").trim();
  const size = machine.shell("du -sh /opt/alpaca-trader").split("\t")[0] ?? "";
  return Promise.resolve(`${version} with Node ${machine.shell("node --version; npm --version").trim().replace("\n", ", npm ")}, ${size}`);
}

function verify(...units: string[]): Promise<void> {
  const { status, output } = machine.run("systemd-analyze", "verify", ...units);
  // An older systemd does not know how to let the pauses grow; docs/systemd.md says so.
  const findings = output.split("\n").filter((line) => line !== "" && !/Restart(Steps|MaxDelaySec)/.test(line));
  expectThat(status === 0 && findings.length === 0, findings.join("\n"));
  return Promise.resolve();
}

function exposure(name: string): Promise<string> {
  const { output } = machine.run("systemd-analyze", "security", "--no-pager", name);
  const level = /Overall exposure level for \S+: (\d+\.\d)/.exec(output)?.[1] ?? "";
  expectThat(level !== "" && Number(level) <= 2, output);
  return Promise.resolve(level);
}

async function starts(): Promise<string> {
  machine.runWell("systemctl", "enable", "--now", "venue.service");
  await eventually(
    () => venue.answers(),
    LIMIT_MS,
    () => machine.journal("venue.service"),
  );
  expectThat(machine.property("venue.service", "ActiveState") === "active", `Port ${String(PORT)} is another program's.`);
  const from = systemClock.monotonic();
  unit.do("enable");
  const ready = took(from);
  await unit.watches();
  // The shell that found Node has made way for it.
  const program = machine.shell(`readlink /proc/${unit.property("MainPID")}/exe`).trim();
  expectThat(/node_modules\/node-linux-[^/]+\/bin\/node$/.test(program), program);
  return `ready after ${ready}, “${unit.property("StatusText")}”`;
}

function filled(orders: number): Promise<unknown> {
  return eventually(
    () => venue.filled(orders),
    LIMIT_MS,
    () => unit.journal,
  );
}

function onTarget(log: string): Promise<void> {
  return unit.until(() => machine.run("tail", "-n", "3", log).output.includes("on target"));
}

function alert(legs: readonly Leg[]): void {
  machine.append(OWNER, ALERTS, runOf(legs, systemClock.now()));
}

async function trades(legs: readonly Leg[], orders: number): Promise<string> {
  const before = (await venue.orders()).length;
  const from = systemClock.monotonic();
  alert(legs);
  await filled(before + orders);
  await onTarget(LOG);
  return `${String(orders)} orders filled, ${took(from)}`;
}

function followed(): Promise<void> {
  expectThat(
    machine.run("su", OWNER, "-c", `tail -n 5 ${LOG}`).output.includes("on target"),
    machine.shell(`ls -l ${LOG}; tail -n 5 ${LOG}`),
  );
  machine.runWell("useradd", "stranger");
  expectThat(machine.run("su", "stranger", "-c", `tail -n 1 ${LOG}`).status !== 0, "A stranger can read the log.");
  return Promise.resolve();
}

function journaled(): Promise<void> {
  const { output } = machine.run("journalctl", "--no-pager", "-a", "-o", "cat", "-u", unit.name);
  expectThat(output.includes("The account is on target") && !output.includes("\u001B["), output);
  return Promise.resolve();
}

/** As docs/systemd.md says it, with another command in the place of `status`. */
function command(word: string): Ran {
  const line = commands("systemd.md", "Commands", "systemd-run").replace(/ status\b.*$/m, ` ${word}`);
  return machine.run("sh", "-c", line);
}

function commandsBeside(): Promise<string> {
  const status = command("status");
  expectThat(status.status === 0 && status.output.includes("OKLO"), status.output);
  const doctor = command("doctor");
  expectThat(doctor.status === 0 && /^✓ trading lock: the daemon is running/m.test(doctor.output), doctor.output);
  return Promise.resolve(/^\d+ failed, .*$/m.exec(doctor.output)?.[0] ?? doctor.output);
}

async function halted(): Promise<string> {
  const before = (await venue.orders()).length;
  machine.runWell("touch", HALT);
  alert(HEDGE);
  const said = await unit.says(/halted/i);
  const resumed = command("resume");
  expectThat(resumed.status === 0, resumed.output);
  // Three are sold, two bought: the run is fresh still, and is executed now.
  await filled(before + 5);
  await onTarget(LOG);
  await trades(NUCLEAR, 5);
  return said.slice(0, 160);
}

async function killed(): Promise<string> {
  const before = (await venue.orders()).length;
  alert(HEDGE);
  await eventually(
    async () => ((await venue.orders()).length > before ? true : undefined),
    LIMIT_MS,
    () => unit.journal,
  );
  const restarts = unit.property("NRestarts");
  const from = systemClock.monotonic();
  machine.runWell("systemctl", "kill", "--signal=KILL", "--kill-who=main", unit.name);
  // Three are sold, two bought.
  await filled(before + 5);
  const converged = took(from);
  expectThat(unit.property("NRestarts") !== restarts, "It was not started again.");
  const orders = (await venue.orders()).slice(before);
  expectThat(new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
  await unit.watches();
  return `${orders.map(({ side, symbol }) => `${side} ${symbol}`).join(", ")}; all filled ${converged} after the kill`;
}

async function hung(): Promise<string> {
  const pid = unit.property("MainPID");
  expectThat(/^[1-9]\d*$/.test(pid), "No daemon runs.");
  const from = systemClock.monotonic();
  await hang(() => void machine.shell(`kill -USR1 ${pid}`));
  await unit.until(() => !["0", pid].includes(unit.property("MainPID")));
  expectThat(/[Ww]atchdog/.test(unit.journal), unit.journal);
  await unit.watches();
  return `a new process after ${took(from)}`;
}

async function stops(): Promise<string> {
  const from = systemClock.monotonic();
  unit.do("stop");
  const after = took(from);
  expectThat(unit.property("Result") === "success", unit.journal);
  expectThat(unit.property("ExecMainStatus") === "0", unit.journal);
  return Promise.resolve(after);
}

async function misconfigured(): Promise<string> {
  machine.write("etc/alpaca-trader/alpaca-trader.env", `${SETTINGS}CASH_RESERVE_PERCENT=lots\n`, 0o600);
  try {
    return await unit.isRefused("78", /CASH_RESERVE_PERCENT/);
  } finally {
    machine.write("etc/alpaca-trader/alpaca-trader.env", SETTINGS, 0o600);
    machine.run("systemctl", "reset-failed", unit.name);
  }
}

async function credentials(): Promise<void> {
  const file = "etc/alpaca-trader/alpaca-trader.env";
  machine.write("etc/alpaca-trader/paper-key", "PKDEPLOY\n", 0o600);
  machine.write("etc/alpaca-trader/paper-secret", "deploy-secret\n", 0o600);
  machine.write(
    `etc/systemd/system/${unit.name}.d/keys.conf`,
    ["KEY", "SECRET"]
      .map((part) => `LoadCredential=ALPACA_PAPER_${part}:/etc/alpaca-trader/paper-${part.toLowerCase()}\n`)
      .join("")
      .replace(/^/, "[Service]\n"),
  );
  machine.write(file, SETTINGS.replace(/^ALPACA_PAPER_(KEY|SECRET)=.*\n/gm, ""), 0o600);
  machine.runWell("systemctl", "daemon-reload");
  unit.do("start");
  await unit.watches();
  const environment = machine.shell(`tr '\\0' '\\n' < /proc/${unit.property("MainPID")}/environ`);
  expectThat(!environment.includes("deploy-secret"), "The secret is in the environment.");
}

async function refusedBeside(): Promise<string> {
  return second.isRefused("3", /already|holds|lock/i);
}

async function instance(): Promise<void> {
  unit.do("stop");
  second.do("start");
  await second.watches();
  machine.shell("test -s /var/log/alpaca-trader/second/alpaca_trader.log && test -s /var/lib/alpaca-trader/second/paper.sqlite");
  second.do("stop");
  unit.do("start");
  await unit.watches();
}

/** The file in the directory of the plain unit stops an instance of the template too. */
async function haltedWithTheMachine(): Promise<string> {
  unit.do("stop");
  second.do("start");
  await second.watches();
  const before = (await venue.orders()).length;
  machine.runWell("touch", HALT);
  machine.append(OWNER, SECOND_ALERTS, runOf(NUCLEAR, systemClock.now()));
  try {
    const said = await second.says(/halted/i);
    expectThat((await venue.orders()).length === before, second.journal);
    return said.slice(0, 160);
  } finally {
    second.do("stop");
    machine.runWell("rm", HALT, SECOND_ALERTS);
    unit.do("start");
    await unit.watches();
  }
}

async function outsideTmp(): Promise<string> {
  const dropIn = /```ini\n# systemctl edit alpaca-trader\n([^`]*RuntimeDirectory=[^`]*)```/.exec(
    section("systemd.md", "Outside of /tmp"),
  )?.[1];
  if (dropIn === undefined) throw new Error("docs/systemd.md has no such set-up.");
  const file = `etc/systemd/system/${unit.name}.d/zz-outside.conf`;
  machine.write(file, dropIn.replaceAll("STRATEGY-USER", OWNER));
  machine.runWell("systemctl", "daemon-reload");
  unit.do("restart");
  await unit.watches();
  // Two are sold, three bought.
  const before = (await venue.orders()).length;
  machine.append(OWNER, "/run/alpaca-trader/alerts/nuclear_alerts.json", runOf(NUCLEAR, systemClock.now()));
  await filled(before + 5);
  const log = "/var/log/alpaca-trader/alpaca_trader.log";
  await onTarget(log);
  const listed = machine.shell(`ls -ld /run/alpaca-trader/alerts ${log}`);
  machine.runWell("rm", `/${file}`);
  machine.runWell("systemctl", "daemon-reload");
  unit.do("restart");
  await unit.watches();
  return listed.trim().replace("\n", "; ");
}

async function reboots(): Promise<string> {
  const leader = machine.leader;
  const from = systemClock.monotonic();
  machine.run("systemctl", "reboot");
  await eventually(
    () => Promise.resolve(machine.leader !== leader && (machine.leader ?? "") !== "" ? true : undefined),
    LIMIT_MS,
    () => "It did not go down.",
  );
  await machine.isUp();
  await unit.watches();
  const up = took(from);
  // Three are sold, two bought.
  return `watching again after ${up}; ${await trades(HEDGE, 5)}`;
}

process.stdout.write(`Machine made in ${took(start)}.\n`);
