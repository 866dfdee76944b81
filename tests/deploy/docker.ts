import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/domain/clock.ts";
import { HEDGE, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import type { Leg } from "../scenarios/strategy.ts";
import { Checks, eventually, expectThat, took } from "./checks.ts";
import { DatabaseCompose } from "./database-compose.ts";
import { BASE, Engine } from "./engine.ts";
import { FleetCompose } from "./fleet-compose.ts";
import { hang } from "./hang.ts";
import { assertSmall, everyCommandRuns, servesDashboard } from "./image.ts";
import { copyProject } from "./project.ts";
import type { Ran } from "./shell.ts";
import { run, runWell } from "./shell.ts";
import { VenueProbe } from "./venue-probe.ts";

/**
 * Builds the image and runs it as docs/docker.md says, with a real engine: the one of this machine, or
 * one that is started for it. Needs root, docker.io and docker-compose (and debootstrap where no registry answers).
 *
 *   npm run test:deploy:docker [-- --only database]
 *
 * `--only database`: the fleet with a database alone.
 */
const { values } = parseArgs({ options: { only: { type: "string" } } });

const IMAGE = "alpaca-trader:test";
const PORT = 18_795;
const HEALTH_PORT = 18_796;
const PUBLISHED_PORT = 18_797;
const SIMULATOR_PORT = 18_798;
const TOKEN = "deploy-token-0123456789";
const LIMIT_MS = 60_000;
const PAUSE_MS = 40_000;
/** The user of the image, to whom the alerts belong. */
const NODE_UID = 1_000;
const HARDENED = ["--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges:true"];
const SETTINGS = `TRADING_MODE=paper
ALPACA_PAPER_ENDPOINT=http://127.0.0.1:${String(PORT)}
ALPACA_PAPER_KEY=PKDEPLOY
ALPACA_PAPER_SECRET=deploy-secret
ALERTS_FILE=/alerts/nuclear_alerts.json
ALERTS_TIMEZONE=Asia/Kolkata
DASHBOARD_PORT=${String(HEALTH_PORT)}
DASHBOARD_TOKEN=${TOKEN}
`;

const directory = mkdtempSync("/var/tmp/alpaca-trader-docker-");
const project = join(directory, "project");
const settings = join(directory, "settings.env");
const alerts = join(directory, "alerts", "nuclear_alerts.json");
const checks = new Checks();
const engine = new Engine(directory);
const fleet = new FleetCompose(IMAGE, project, directory);
const machines = new DatabaseCompose(IMAGE, project);
const venue = new VenueProbe(`http://127.0.0.1:${String(PORT)}`);
const names = (...short: string[]): string[] => short.map((name) => `alpaca-trader-test-${name}`);
const containers = names("venue", "trader", "second", "simulated", "wrong", "mounted", "published", "simulator");
const [VENUE = "", TRADER = "", SECOND = "", SIMULATED = "", WRONG = "", MOUNTED = "", PUBLISHED = "", SIMULATOR = ""] = containers;
const volumes = names("state", "logs", "simulated", "commands", "venue");
const [STATE = "", LOGS = "", SIMULATED_STATE = "", COMMANDS_STATE = "", VENUE_STATE = ""] = volumes;

try {
  await engine.start();
  await everything();
} finally {
  fleet.remove();
  machines.remove();
  for (const container of containers) run("docker", ["rm", "-f", container]);
  for (const volume of volumes) run("docker", ["volume", "rm", "-f", volume]);
  run("docker", ["rmi", "-f", IMAGE]);
  await engine.stop();
  rmSync(directory, { recursive: true, force: true });
  process.exitCode = checks.summary();
}

async function everything(): Promise<void> {
  await checks.check("the base image", () => Promise.resolve(engine.provideBase()));
  if (!(await checks.check("builds, small and without secrets in any layer", build))) return;
  if (values.only !== "database") await single();
  await checks.check("the image of a fleet with a database, whose packages the single one has not", () => machines.built());
  await checks.check("compose.fleet-database.yaml: tables, identity and three accounts", () => machines.prepared());
  await checks.check("an intake and two workers start, and are healthy; the doctor is content", () => machines.starts());
  await checks.check("they trade a run in all three accounts", () => machines.trades());
  await checks.check("the dashboard of all accounts, with its token", () => machines.shown());
  await checks.check("a worker lost in mid-execution: the other one finishes, nothing sent twice", () => machines.killed());
  await checks.check("the database killed: said aloud, and traded once it is back", () => machines.databaseStopped());
  await checks.check("they stop within 8 s, with 0, and no secret is in their logs", () => machines.stops());
}

async function single(): Promise<void> {
  await checks.check("every command runs in it", () => Promise.resolve(everyCommandRuns(IMAGE, COMMANDS_STATE)));
  await checks.check("with no keys: trades on the built-in simulator", simulated);
  await checks.check("a simulator of its own: healthy, for any client at a published port, its account kept in a volume", ownSimulator);
  await checks.check("with --env-file, a read-only root and no capability: ready and healthy", paper);
  await checks.check("serves the dashboard and the metrics to whoever has the token", () =>
    servesDashboard(`http://127.0.0.1:${String(HEALTH_PORT)}`, TOKEN),
  );
  await checks.check("serves them on a published port as well", published);
  await checks.check("with directories that Docker made: 78, whose they are and the cure; then it runs", mounted);
  await checks.check("runs as a user without rights", unprivileged);
  await checks.check("trades what the strategy writes into the mounted directory", () => trades(NUCLEAR, 3));
  await checks.check("killed with -9 in mid-execution: started again by its policy and converged, nothing sent twice", killed);
  await checks.check("an event loop that hangs: ended by the health check, and started again", hung);
  await checks.check("a daemon that somebody stops by a signal: unhealthy, and left alone", stopped);
  await checks.check("paused and resumed: healthy, and the same process", paused);
  await checks.check("a second container on the same ledger is refused", second);
  await checks.check("stops within its limit, with 0", stops);
  await checks.check("a backup of its ledger, restored into an empty volume", restored);
  await checks.check("wrong settings: 78 and one sentence", misconfigured);
  await checks.check("a fleet of three accounts, added to the service of compose.fleet.yaml", () => fleet.accountsAdded());
  await checks.check("the fleet starts, and is healthy", () => fleet.starts());
  await checks.check("the fleet trades a run in all three accounts", () => fleet.trades());
  await checks.check("the fleet killed with -9: started again by its policy and converged", () => fleet.killed());
  await checks.check("the fleet stops within 8 s, with 0", () => fleet.stops());
  await checks.check("comes back with the engine, and trades, by polling alone", returns);
}

function docker(...args: string[]): string {
  return runWell("docker", args);
}

function logs(container: string): string {
  return run("docker", ["logs", "--tail", "60", container]).output;
}

function build(): Promise<string> {
  copyProject(project);
  writeFileSync(join(project, ".env"), SETTINGS);
  writeFileSync(settings, SETTINGS, { mode: 0o600 });
  mkdirSync(join(directory, "alerts"), { mode: 0o755 });
  chmodSync(directory, 0o755);
  docker("build", "--network=host", "-q", "-t", IMAGE, project);
  const layers = docker("history", "--no-trunc", IMAGE) + docker("image", "inspect", IMAGE);
  const files = docker(
    "run",
    "--rm",
    "--network=none",
    "--user=0",
    "--entrypoint=sh",
    IMAGE,
    "-c",
    "grep -rl deploy-secret /app /home || true",
  );
  expectThat(!layers.includes("deploy-secret") && files.trim() === "", `The secret is in the image: ${files}`);
  return Promise.resolve(assertSmall(IMAGE, BASE));
}

async function simulated(): Promise<string> {
  const from = systemClock.monotonic();
  docker(
    "run",
    "-d",
    "--name",
    SIMULATED,
    ...HARDENED,
    "-e",
    "DASHBOARD_PORT=off",
    "--health-interval=1s",
    "--health-start-period=1s",
    "-e",
    "ALERTS_TIMEZONE=Asia/Kolkata",
    "-v",
    `${SIMULATED_STATE}:/var/lib/alpaca-trader`,
    IMAGE,
  );
  await says(SIMULATED, /Ready: watching for alerts/);
  const ready = took(from);
  const file = "/var/lib/alpaca-trader/simulator/nuclear_alerts.json";
  runWell("docker", ["exec", "-i", SIMULATED, "sh", "-c", `cat >> ${file}`], { input: runOf(NUCLEAR, systemClock.now()) });
  await says(SIMULATED, /on target after 3 orders/);
  await health("healthy", SIMULATED);
  docker("rm", "-f", SIMULATED);
  return `watching ${ready} after docker run`;
}

async function says(container: string, pattern: RegExp, since = "1970-01-01T00:00:00Z"): Promise<void> {
  await eventually(
    () => Promise.resolve(pattern.test(docker("logs", "--since", since, container)) ? true : undefined),
    LIMIT_MS,
    () => `${String(pattern)} is not in its log:\n${logs(container)}`,
  );
}

/** As docs/simulator.md starts it: no keys, no network beyond the port. */
async function ownSimulator(): Promise<string> {
  const url = `http://127.0.0.1:${String(SIMULATOR_PORT)}`;
  const headers = { "APCA-API-KEY-ID": "any", "APCA-API-SECRET-KEY": "any" };
  const account = async (): Promise<unknown> => {
    const reply = await fetch(`${url}/v2/account`, { headers }).catch(() => undefined);
    return reply?.status === 200 ? ((await reply.json()) as { cash: unknown }).cash : undefined;
  };
  const begin = async (): Promise<unknown> => {
    const state = "/var/lib/alpaca-trader/venue.json";
    docker(
      ...["run", "-d", "--name", SIMULATOR, "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges:true"],
      ...["-p", `127.0.0.1:${String(SIMULATOR_PORT)}:8788`, "-v", `${VENUE_STATE}:/var/lib/alpaca-trader`],
      ...["--health-interval=1s", "--health-start-period=1s", IMAGE, "simulator", "--host", "0.0.0.0", "--state", state],
    );
    await health("healthy", SIMULATOR);
    return eventually(account, LIMIT_MS, () => logs(SIMULATOR));
  };
  await begin();
  const deposit = await fetch(`${url}/simulator/transfers`, { method: "POST", body: JSON.stringify({ amount: "5000" }) });
  expectThat(deposit.status === 200, await deposit.text());
  const from = systemClock.monotonic();
  docker("stop", SIMULATOR);
  const stopped = took(from);
  const code = docker("inspect", "-f", "{{.State.ExitCode}}", SIMULATOR).trim();
  expectThat(code === "0", `It ended with ${code}.`);
  docker("rm", SIMULATOR);
  const cash = await begin();
  docker("rm", "-f", SIMULATOR);
  expectThat(cash === "105000", `After the restart its cash is ${String(cash)}.`);
  return `stopped ${stopped} after docker stop`;
}

async function paper(): Promise<string> {
  docker(
    "run",
    "-d",
    "--restart=always",
    "--name",
    VENUE,
    "--network=host",
    IMAGE,
    "simulator",
    "--port",
    String(PORT),
    "--latency",
    "300",
    "--fill-latency",
    "600",
    "--partial-fills",
    "0",
    "--state",
    "/var/lib/alpaca-trader/venue.json",
  );
  await eventually(
    () => venue.answers(),
    LIMIT_MS,
    () => logs(VENUE),
  );
  const from = systemClock.monotonic();
  docker(
    "run",
    "-d",
    "--restart=always",
    "--name",
    TRADER,
    ...HARDENED,
    "--env-file",
    settings,
    "--health-interval=1s",
    "--health-start-period=1s",
    "-v",
    `${join(directory, "alerts")}:/alerts:ro`,
    "-v",
    `${STATE}:/var/lib/alpaca-trader`,
    "-v",
    `${LOGS}:/var/log/alpaca-trader`,
    IMAGE,
  );
  await says(TRADER, /Ready: watching for alerts/);
  const ready = took(from);
  await health("healthy");
  return `watching ${ready} after docker run`;
}

async function health(wanted: string, container = TRADER): Promise<void> {
  const state = (): string => docker("inspect", "-f", "{{.State.Health.Status}}", container).trim();
  await eventually(
    () => Promise.resolve(state() === wanted ? true : undefined),
    LIMIT_MS,
    () => `It is ${state()}.\n${logs(container)}`,
  );
}

async function published(): Promise<string> {
  const address = `127.0.0.1:${String(PUBLISHED_PORT)}`;
  const listening = ["-e", "DASHBOARD_HOST=0.0.0.0", "-e", `DASHBOARD_TOKEN=${TOKEN}`];
  docker("run", "-d", "--name", PUBLISHED, "-p", `${address}:8787`, ...listening, IMAGE);
  await says(PUBLISHED, /Ready: watching for alerts/);
  await servesDashboard(`http://${address}`, TOKEN);
  docker("rm", "-f", PUBLISHED);
  return address;
}

/** What is missing of a mount on the host, Docker makes as root; the daemon is user 1000. */
async function mounted(): Promise<string> {
  const places = ["/var/lib/alpaca-trader", "/var/log/alpaca-trader", "/alerts"];
  const mount = (place: string): string[] => ["-v", `${join(directory, "made", place)}:${place}`];
  const settings = [...HARDENED, "-e", "DASHBOARD_PORT=off", "-e", "ALERTS_FILE=/alerts/nuclear_alerts.json"];
  const refusals = places.slice(0, 2).map((place) => {
    const ran = run("docker", ["run", "--rm", ...settings, ...mount(place), IMAGE]);
    expectThat(ran.output.includes(`sudo chown ${String(NODE_UID)}:${String(NODE_UID)} ${place}`), ran.output);
    chownSync(join(directory, "made", place), NODE_UID, NODE_UID);
    return refusal(ran, 78, /belongs to user 0 \(mode 0755\), but this process runs as user 1000/);
  });
  mkdirSync(join(directory, "made/alerts"), { mode: 0o700 });
  docker("run", "-d", "--name", MOUNTED, ...settings, ...places.flatMap(mount), IMAGE);
  await says(MOUNTED, /Ready: watching for alerts/);
  await says(MOUNTED, /\/alerts cannot be used: it belongs to user 0 \(mode 0700\)/);
  docker("rm", "-f", MOUNTED);
  return refusals[0] ?? "";
}

function unprivileged(): Promise<string> {
  const id = docker("exec", TRADER, "id").trim();
  expectThat(id.startsWith(`uid=${String(NODE_UID)}`), id);
  expectThat(run("docker", ["exec", TRADER, "touch", "/app/x"]).status !== 0, "The root file system can be written to.");
  return Promise.resolve(id);
}

function alert(legs: readonly Leg[]): void {
  appendFileSync(alerts, runOf(legs, systemClock.now()), { mode: 0o644 });
  chownSync(alerts, NODE_UID, NODE_UID);
}

async function trades(legs: readonly Leg[], orders: number): Promise<string> {
  const before = (await venue.orders()).length;
  const from = systemClock.monotonic();
  const moment = new Date(systemClock.now()).toISOString();
  alert(legs);
  await eventually(
    () => venue.filled(before + orders),
    LIMIT_MS,
    () => logs(TRADER),
  );
  await says(TRADER, /on target/, moment);
  return `${String(orders)} orders filled, ${took(from)}`;
}

async function killed(): Promise<string> {
  const before = (await venue.orders()).length;
  alert(HEDGE);
  await eventually(
    async () => ((await venue.orders()).length > before ? true : undefined),
    LIMIT_MS,
    () => logs(TRADER),
  );
  const moment = new Date(systemClock.now()).toISOString();
  nodeProcess("KILL");
  await eventually(
    () => venue.filled(before + 5),
    LIMIT_MS,
    () => logs(TRADER),
  );
  const orders = (await venue.orders()).slice(before);
  expectThat(new Set(orders.map(({ symbol }) => symbol)).size === 5, `Orders: ${JSON.stringify(orders)}`);
  expectThat(Number(docker("inspect", "-f", "{{.RestartCount}}", TRADER)) > 0, "It was not started again.");
  await says(TRADER, /Ready: watching for alerts/, moment);
  return orders.map(({ side, symbol }) => `${side} ${symbol}`).join(", ");
}

/** The daemon itself, below tini, seen from this machine. */
function daemonPid(): string {
  const tini = docker("inspect", "-f", "{{.State.Pid}}", TRADER).trim();
  return runWell("cat", [`/proc/${tini}/task/${tini}/children`]).trim();
}

function nodeProcess(signal: string): void {
  runWell("kill", [`-${signal}`, daemonPid()]);
}

async function hung(): Promise<string> {
  const moment = new Date(systemClock.now()).toISOString();
  const restarts = (): number => Number(docker("inspect", "-f", "{{.RestartCount}}", TRADER));
  const before = restarts();
  const from = systemClock.monotonic();
  await hang(() => nodeProcess("USR1"));
  await eventually(
    () => Promise.resolve(restarts() > before ? true : undefined),
    LIMIT_MS,
    () => `It still runs: ${docker("inspect", "-f", "{{json .State.Health}}", TRADER)}\n${logs(TRADER)}`,
  );
  const ended = took(from);
  await says(TRADER, /Health check: The daemon .* hangs/, moment);
  await says(TRADER, /did not stop cleanly/, moment);
  await says(TRADER, /Ready: watching for alerts/, moment);
  await health("healthy");
  return `ended after ${ended}, a new one healthy after ${took(from)}`;
}

/** Somebody's doing, and no hang. */
async function stopped(): Promise<string> {
  const pid = daemonPid();
  nodeProcess("STOP");
  await health("unhealthy");
  const { Log } = JSON.parse(docker("inspect", "-f", "{{json .State.Health}}", TRADER)) as { Log: { Output: string }[] };
  const said = Log.at(-1)?.Output.trim() ?? "";
  expectThat(said.includes("left alone"), said);
  nodeProcess("CONT");
  await health("healthy");
  expectThat(daemonPid() === pid, `It was ended.\n${logs(TRADER)}`);
  return said;
}

/** As a machine that sleeps: longer than a hang is borne. */
async function paused(): Promise<void> {
  const pid = daemonPid();
  docker("pause", TRADER);
  await systemClock.sleep(PAUSE_MS);
  docker("unpause", TRADER);
  await systemClock.sleep(5_000);
  await health("healthy");
  expectThat(daemonPid() === pid, `It was ended.\n${logs(TRADER)}`);
}

function second(): Promise<string> {
  const ran = run("docker", [
    "run",
    "--name",
    SECOND,
    ...HARDENED,
    "--env-file",
    settings,
    "-e",
    "DASHBOARD_PORT=off",
    "-v",
    `${STATE}:/var/lib/alpaca-trader`,
    IMAGE,
  ]);
  return Promise.resolve(refusal(ran, 3, /already|holds|lock/i));
}

function refusal(ran: Ran, status: number, says: RegExp): string {
  const sentence = ran.output.split("\n").find((line) => says.test(line));
  if (ran.status !== status || sentence === undefined) throw new Error(`It ended with ${String(ran.status)}:\n${ran.output}`);
  return sentence.slice(0, 160);
}

function stops(): Promise<string> {
  const from = systemClock.monotonic();
  docker("stop", "-t", "15", TRADER);
  const status = docker("inspect", "-f", "{{.State.ExitCode}}", TRADER).trim();
  expectThat(status === "0", `It ended with ${status}:\n${logs(TRADER)}`);
  return Promise.resolve(took(from));
}

/** By the lines of docs/docker.md; the check after next trades with what was restored. */
function restored(): Promise<string> {
  const backup = join(directory, "backup");
  docker("cp", `${TRADER}:/var/lib/alpaca-trader`, backup);
  docker("rm", "-f", TRADER, SECOND);
  docker("volume", "rm", STATE);
  const put = "rm -rf /state/* && cp -r /backup/. /state && chown -R 1000:1000 /state";
  const mounts = ["-v", `${STATE}:/state`, "-v", `${backup}:/backup:ro`];
  docker("run", "--rm", "--user", "0", "--entrypoint", "sh", ...mounts, IMAGE, "-c", put);
  const state = ["-v", `${STATE}:/var/lib/alpaca-trader`];
  const history = docker("run", "--rm", ...HARDENED, "--env-file", settings, ...state, IMAGE, "explain");
  expectThat(history.includes("on target"), history);
  return Promise.resolve(history.trim().split("\n", 1)[0] ?? "");
}

function misconfigured(): Promise<string> {
  const ran = run("docker", ["run", "--name", WRONG, ...HARDENED, "--env-file", settings, "-e", "CASH_RESERVE_PERCENT=lots", IMAGE]);
  return Promise.resolve(refusal(ran, 78, /CASH_RESERVE_PERCENT/));
}

async function returns(): Promise<string> {
  docker(
    "run",
    "-d",
    "--restart=always",
    "--name",
    TRADER,
    ...HARDENED,
    "--env-file",
    settings,
    "-e",
    "ALERTS_POLLING=on",
    "-v",
    `${join(directory, "alerts")}:/alerts:ro`,
    "-v",
    `${STATE}:/var/lib/alpaca-trader`,
    "-v",
    `${LOGS}:/var/log/alpaca-trader`,
    IMAGE,
  );
  await says(TRADER, /Ready: watching for alerts/);
  const moment = new Date(systemClock.now()).toISOString();
  if (!(await engine.restart())) docker("restart", TRADER);
  await says(TRADER, /Ready: watching for alerts/, moment);
  await eventually(
    () => venue.answers(),
    LIMIT_MS,
    () => logs(VENUE),
  );
  return trades(NUCLEAR, 5);
}
