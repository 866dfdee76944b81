import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import type { Leg } from "../scenarios/strategy.ts";
import { Checks, eventually, expectThat, took } from "./checks.ts";
import { hang } from "./hang.ts";
import { Machine } from "./nspawn.ts";
import { copyProject } from "./project.ts";
import type { Ran } from "./shell.ts";
import { needs, runWell } from "./shell.ts";
import { VenueProbe } from "./venue-probe.ts";

/**
 * Installs the project on a fresh Debian as docs/systemd.md says, boots it with a real systemd, and does
 * to the service what happens to services. Needs root, debootstrap and systemd-container.
 *
 *   npm run test:deploy:systemd [-- --like ROOT]     ROOT: a debootstrap root, to save its minutes
 */
const { values } = parseArgs({ options: { like: { type: "string" }, keep: { type: "boolean" } } });

const UNIT = "alpaca-trader.service";
const SECOND = "alpaca-trader@second.service";
const PORT = 18_788;
const ALERTS = "/tmp/nuclear_alerts.json";
const LOG = "/tmp/alpaca_trader.log";
/** The owner of the login, who writes the alerts and follows the log. */
const OWNER = "ada";
const LIMIT_MS = 60_000;

const SETTINGS = `TRADING_MODE=paper
ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(PORT)}
ALPACA_PAPER_KEY=PKDEPLOY
ALPACA_PAPER_SECRET=deploy-secret
ALERTS_OWNER=${OWNER}
ALERTS_TIMEZONE=Asia/Kolkata
DASHBOARD_PORT=off
`;

const VENUE = `[Unit]
Description=An Alpaca-shaped venue
[Service]
ExecStart=/opt/alpaca-trader/node_modules/.bin/node /opt/alpaca-trader/dist/cli.js simulator --port ${String(PORT)} --state /var/lib/venue/venue.json --latency 300 --fill-latency 600 --partial-fills 0
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
const machine = Machine.install(join(directory, "root"), "alpaca-trader-test", values.like);
const venue = new VenueProbe(`http://127.0.0.1:${String(PORT)}`);
process.once("SIGINT", () => void leave(1));
try {
  await everything();
} finally {
  await leave(checks.summary());
}

async function leave(code: number): Promise<void> {
  process.exitCode = code;
  if (values.keep === true) process.stdout.write(`Kept: ${directory}\n`);
  else await machine.remove().then(() => rmSync(directory, { recursive: true, force: true }));
}

async function everything(): Promise<void> {
  if (!(await checks.check("installs as docs/systemd.md says", install))) return;
  if (!(await checks.check("the machine boots", async () => machine.boot()))) return;
  await checks.check("systemd-analyze verify finds nothing in the units", verify);
  await checks.check("systemd-analyze security: exposure at most 2.0", exposure);
  await checks.check("starts, and is ready with a status", starts);
  await checks.check("trades an alert that another user writes", () => trades(NUCLEAR, 3));
  await checks.check("the owner's login can follow the log, and a stranger cannot", followed);
  await checks.check("the journal holds what the log holds, without colours", journaled);
  await checks.check("status and doctor beside it, as docs/systemd.md says", commandsBeside);
  await checks.check("halted by touching a file, and resumed", halted);
  await checks.check("killed with -9 in mid-execution: started again and converged, nothing sent twice", killed);
  await checks.check("an event loop that hangs: the watchdog replaces the process", hung);
  await checks.check("stops within its limit", stops);
  await checks.check("wrong settings: failed, and not started again", misconfigured);
  await checks.check("keys as credentials instead of the environment", credentials);
  await checks.check("a second unit for the same account is refused, and not started again", second);
  await checks.check("an instance of its own for another account: state and logs of its own", instance);
  await checks.check("outside of /tmp, as docs/systemd.md says", outsideTmp);
  await checks.check("comes back after a reboot, and trades", reboots);
}

function install(): Promise<string> {
  const project = join(machine.root, "opt/alpaca-trader");
  copyProject(project);
  runWell("npm", ["ci"], { cwd: project });
  runWell("npm", ["prune", "--omit=dev"], { cwd: project });
  runWell("sh", ["-c", "cp systemd/*.service ../../etc/systemd/system/"], { cwd: project });
  runWell("chroot", [machine.root, "useradd", "--system", "--shell", "/usr/sbin/nologin", "alpaca-trader"]);
  runWell("chroot", [machine.root, "useradd", "--create-home", "--groups", "adm", OWNER]);
  machine.write("etc/alpaca-trader/alpaca-trader.env", SETTINGS, 0o600);
  machine.write("etc/alpaca-trader/second.env", `${SETTINGS}ALERTS_FILE=/tmp/second_alerts.json\n`, 0o600);
  machine.write("etc/systemd/system/venue.service", VENUE);
  machine.write(
    `etc/systemd/system/${UNIT}.d/test.conf`,
    "[Service]\nSupplementaryGroups=adm\nEnvironment=LOG_GROUP=adm\nWatchdogSec=4\nTimeoutAbortSec=4\n",
  );
  return Promise.resolve(runWell("du", ["-sh", project]).split("\t")[0] ?? "");
}

function verify(): Promise<void> {
  const { status, output } = machine.run("systemd-analyze", "verify", UNIT, "alpaca-trader@growth.service");
  // An older systemd does not know how to let the pauses grow; docs/systemd.md says so.
  const findings = output.split("\n").filter((line) => line !== "" && !/Restart(Steps|MaxDelaySec)/.test(line));
  expectThat(status === 0 && findings.length === 0, findings.join("\n"));
  return Promise.resolve();
}

function exposure(): Promise<string> {
  const { output } = machine.run("systemd-analyze", "security", "--no-pager", UNIT);
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
  const from = systemClock.monotonic();
  machine.runWell("systemctl", "enable", "--now", UNIT);
  const ready = took(from);
  await watching();
  return `ready after ${ready}, “${machine.property(UNIT, "StatusText")}”`;
}

/** The account has been read and alerts are acted upon. */
async function watching(): Promise<void> {
  const pid = (): string => machine.property(UNIT, "MainPID");
  await eventually(
    () =>
      Promise.resolve(
        pid() !== "0" && machine.run("journalctl", "-o", "cat", `_PID=${pid()}`).output.includes("Ready: watching for alerts")
          ? true
          : undefined,
      ),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
}

function alert(legs: readonly Leg[]): void {
  machine.append(OWNER, ALERTS, runOf(legs, systemClock.now()));
}

async function trades(legs: readonly Leg[], orders: number): Promise<string> {
  const before = (await venue.orders()).length;
  const from = systemClock.monotonic();
  alert(legs);
  await eventually(
    () => venue.filled(before + orders),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  await eventually(
    () => Promise.resolve(machine.run("tail", "-n", "3", LOG).output.includes("on target") ? true : undefined),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
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
  const { output } = machine.run("journalctl", "--no-pager", "-a", "-o", "cat", "-u", UNIT);
  expectThat(output.includes("The account is on target") && !output.includes("\u001B["), output);
  return Promise.resolve();
}

function command(...words: string[]): Ran {
  const settings = ["-p", "EnvironmentFile=/etc/alpaca-trader/alpaca-trader.env", "-E", "STATE_DIR=/var/lib/alpaca-trader"];
  const rest = ["-p", "WorkingDirectory=/opt/alpaca-trader", "/opt/alpaca-trader/node_modules/.bin/node", "dist/cli.js"];
  return machine.run("systemd-run", "-q", "--pipe", "--wait", "--uid=alpaca-trader", ...settings, ...rest, ...words);
}

function commandsBeside(): Promise<string> {
  const status = command("status");
  expectThat(status.status === 0 && status.output.includes("OKLO"), status.output);
  const doctor = command("doctor");
  expectThat(doctor.status === 0 && /^✓ trading lock: the daemon runs/m.test(doctor.output), doctor.output);
  return Promise.resolve(/^\d+ failed, .*$/m.exec(doctor.output)?.[0] ?? doctor.output);
}

async function halted(): Promise<string> {
  const before = (await venue.orders()).length;
  machine.runWell("touch", "/var/lib/alpaca-trader/HALT");
  alert(HEDGE);
  const said = await eventually(
    () =>
      Promise.resolve(
        machine
          .journal(UNIT)
          .split("\n")
          .find((line) => /halted/i.test(line)),
      ),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  const resumed = command("resume");
  expectThat(resumed.status === 0, resumed.output);
  // Three are sold, two bought: the run is fresh still, and is executed now.
  await eventually(
    () => venue.filled(before + 5),
    LIMIT_MS,
    () => `${resumed.output}\n${machine.journal(UNIT)}`,
  );
  await eventually(
    () => Promise.resolve(machine.run("tail", "-n", "3", LOG).output.includes("on target") ? true : undefined),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  await trades(NUCLEAR, 5);
  return said.slice(0, 160);
}

async function killed(): Promise<string> {
  const before = (await venue.orders()).length;
  alert(HEDGE);
  await eventually(
    async () => ((await venue.orders()).length > before ? true : undefined),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  const restarts = machine.property(UNIT, "NRestarts");
  const from = systemClock.monotonic();
  machine.runWell("systemctl", "kill", "--signal=KILL", "--kill-who=main", UNIT);
  // Three are sold, two bought.
  await eventually(
    () => venue.filled(before + 5),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  const converged = took(from);
  expectThat(machine.property(UNIT, "NRestarts") !== restarts, "It was not started again.");
  const orders = (await venue.orders()).slice(before);
  expectThat(new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
  await watching();
  return `${orders.map(({ side, symbol }) => `${side} ${symbol}`).join(", ")}; all filled ${converged} after the kill`;
}

async function hung(): Promise<string> {
  const pid = machine.property(UNIT, "MainPID");
  expectThat(/^[1-9]\d*$/.test(pid), "No daemon runs.");
  const from = systemClock.monotonic();
  await hang(() => void machine.shell(`kill -USR1 ${pid}`));
  await eventually(
    () => Promise.resolve(!["0", pid].includes(machine.property(UNIT, "MainPID")) ? true : undefined),
    LIMIT_MS,
    () => `It still runs.\n${machine.journal(UNIT)}`,
  );
  expectThat(/[Ww]atchdog/.test(machine.journal(UNIT)), machine.journal(UNIT));
  await watching();
  return `a new process after ${took(from)}`;
}

async function stops(): Promise<string> {
  const from = systemClock.monotonic();
  machine.runWell("systemctl", "stop", UNIT);
  const after = took(from);
  expectThat(machine.property(UNIT, "Result") === "success", machine.journal(UNIT));
  expectThat(machine.property(UNIT, "ExecMainStatus") === "0", machine.journal(UNIT));
  return Promise.resolve(after);
}

async function misconfigured(): Promise<string> {
  machine.write("etc/alpaca-trader/alpaca-trader.env", `${SETTINGS}CASH_RESERVE_PERCENT=lots\n`, 0o600);
  try {
    return await refused(UNIT, "78", /CASH_RESERVE_PERCENT/);
  } finally {
    machine.write("etc/alpaca-trader/alpaca-trader.env", SETTINGS, 0o600);
    machine.run("systemctl", "reset-failed", UNIT);
  }
}

async function refused(unit: string, status: string, says: RegExp): Promise<string> {
  machine.run("systemctl", "start", unit);
  await eventually(
    () => Promise.resolve(machine.property(unit, "ActiveState") === "failed" ? true : undefined),
    LIMIT_MS,
    () => machine.journal(unit),
  );
  // Longer than the pause before a start.
  await systemClock.sleep(4_000);
  expectThat(machine.property(unit, "ActiveState") === "failed", machine.journal(unit));
  expectThat(machine.property(unit, "NRestarts") === "0", machine.journal(unit));
  expectThat(machine.property(unit, "ExecMainStatus") === status, machine.journal(unit));
  const sentence = machine
    .journal(unit)
    .split("\n")
    .find((line) => says.test(line));
  if (sentence === undefined) throw new Error(machine.journal(unit));
  return sentence.slice(0, 160);
}

async function credentials(): Promise<void> {
  const file = "etc/alpaca-trader/alpaca-trader.env";
  machine.write("etc/alpaca-trader/paper-key", "PKDEPLOY\n", 0o600);
  machine.write("etc/alpaca-trader/paper-secret", "deploy-secret\n", 0o600);
  machine.write(
    `etc/systemd/system/${UNIT}.d/keys.conf`,
    ["KEY", "SECRET"]
      .map((part) => `LoadCredential=ALPACA_PAPER_${part}:/etc/alpaca-trader/paper-${part.toLowerCase()}\n`)
      .join("")
      .replace(/^/, "[Service]\n"),
  );
  machine.write(file, SETTINGS.replace(/^ALPACA_PAPER_(KEY|SECRET)=.*\n/gm, ""), 0o600);
  machine.runWell("systemctl", "daemon-reload");
  machine.runWell("systemctl", "start", UNIT);
  await watching();
  const environment = machine.shell(`tr '\\0' '\\n' < /proc/${machine.property(UNIT, "MainPID")}/environ`);
  expectThat(!environment.includes("deploy-secret"), "The secret is in the environment.");
}

async function second(): Promise<string> {
  return refused(SECOND, "3", /already|holds|lock/i);
}

async function instance(): Promise<void> {
  machine.runWell("systemctl", "stop", UNIT);
  machine.run("systemctl", "reset-failed", SECOND);
  machine.runWell("systemctl", "start", SECOND);
  await eventually(
    () => Promise.resolve(machine.journal(SECOND).includes("Ready: watching for alerts") ? true : undefined),
    LIMIT_MS,
    () => machine.journal(SECOND),
  );
  machine.shell("test -s /var/log/alpaca-trader/second/alpaca_trader.log && test -s /var/lib/alpaca-trader/second/paper.sqlite");
  machine.runWell("systemctl", "stop", SECOND);
  machine.runWell("systemctl", "start", UNIT);
  await watching();
}

async function outsideTmp(): Promise<string> {
  const page = readFileSync(join(machine.root, "opt/alpaca-trader/docs/systemd.md"), "utf8");
  const dropIn = /```ini\n# systemctl edit alpaca-trader\n([^`]*RuntimeDirectory=[^`]*)```/.exec(page)?.[1];
  if (dropIn === undefined) throw new Error("docs/systemd.md has no such set-up.");
  const file = `etc/systemd/system/${UNIT}.d/zz-outside.conf`;
  machine.write(file, dropIn.replaceAll("STRATEGY-USER", OWNER));
  machine.runWell("systemctl", "daemon-reload");
  machine.runWell("systemctl", "restart", UNIT);
  await watching();
  // Two are sold, three bought.
  const before = (await venue.orders()).length;
  machine.append(OWNER, "/run/alpaca-trader/alerts/nuclear_alerts.json", runOf(NUCLEAR, systemClock.now()));
  await eventually(
    () => venue.filled(before + 5),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  const log = "/var/log/alpaca-trader/alpaca_trader.log";
  await eventually(
    () => Promise.resolve(machine.run("tail", "-n", "3", log).output.includes("on target") ? true : undefined),
    LIMIT_MS,
    () => machine.journal(UNIT),
  );
  const listed = machine.shell(`ls -ld /run/alpaca-trader/alerts ${log}`);
  machine.runWell("rm", `/${file}`);
  machine.runWell("systemctl", "daemon-reload");
  machine.runWell("systemctl", "restart", UNIT);
  await watching();
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
  await watching();
  const up = took(from);
  // Three are sold, two bought.
  return `watching again after ${up}; ${await trades(HEDGE, 5)}`;
}

process.stdout.write(`Machine made in ${took(start)}.\n`);
