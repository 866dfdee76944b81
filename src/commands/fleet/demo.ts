import { join } from "node:path";
import { openEmbeddedVenues } from "../../app/embedded-venue.ts";
import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { AccountDirectories } from "../../fleet/account-store.ts";
import { loadFleet, type FleetSettings } from "../../fleet/fleet-settings.ts";
import { Fleet } from "../../fleet/fleet.ts";
import { byTrouble, isOpen, STANDING_WORDS, type Standing } from "../../fleet/standing.ts";
import { left, right, table } from "../../reporting/table.ts";
import type { CommandContext } from "../context.ts";
import type { STORY } from "../demo-story.ts";
import { writeAlerts } from "../demo-story.ts";
import { onStopSignal } from "../stop-signals.ts";
import { openFleetLogs } from "./fleet-process.ts";
import { barLine } from "./show.ts";

const LOOK_EVERY_MS = 100;
const STEP_LIMIT_MS = 180_000;
/** More accounts are only counted. */
const MOST_SHOWN = 30;

export interface FleetDemoOptions {
  readonly story: typeof STORY;
  readonly accounts: number;
}

/** Many accounts at the built-in simulator trade one strategy's signals, from one process. */
export async function demoFleet(context: CommandContext, dir: string, { story, accounts }: FleetDemoOptions): Promise<ExitCode> {
  const { clock, out } = context;
  const alertsFile = join(dir, "nuclear_alerts.json");
  const env = {
    HALT_FILE: context.env.HALT_FILE,
    TRADING_MODE: "simulator",
    STATE_DIR: join(dir, "state"),
    LOG_DIR: dir,
    ALERTS_FILE: alertsFile,
    DASHBOARD_PORT: "off",
  };
  const store = new AccountDirectories(env.STATE_DIR);
  for (let number = 1; number <= accounts; number += 1) store.add(nameOf(number, accounts), {});
  const settings = loadFleet(env, store);
  const logs = openFleetLogs({ ...context, env }, settings.shared, [], undefined);
  const venues = await openEmbeddedVenues(
    settings.accounts.map(({ config }) => config.stateDir),
    clock,
    "run",
    { partialFillProbability: 0.3 },
  );
  const fleet = new Fleet({ ...logs, env, clock, settings, verbose: context.verbose, venues });
  const ignore = onStopSignal(clock, () => fleet.stop());
  const running = fleet.run();
  running.catch(() => undefined);
  try {
    out.line(
      out.style.paint("strong", `${String(accounts)} accounts at a simulator of Alpaca's API on this machine, traded by one process`),
    );
    await until(context, running, () => fleet.hosts.length === accounts && fleet.hosts.every(({ state }) => state !== "starting"));
    let code: ExitCode = EXIT.ok;
    for (const { title, legs } of story) {
      out.line("");
      out.line(out.style.paint("strong", `The strategy writes ${String(legs.length)} alerts: ${title}`));
      const before = newestOf(fleet);
      await writeAlerts({ clock, out, file: alertsFile, zone: settings.shared.alertsTimezone }, legs);
      code = Math.max(code, await oneRun({ context, fleet, running, before }, settings)) as ExitCode;
    }
    return code;
  } finally {
    fleet.stop();
    await running;
    ignore();
    await venues.close();
    logs.tradeLog.close();
    logs.log.close();
  }
}

/** `account-07` of twelve, so that they sort as they count. */
function nameOf(number: number, of: number): string {
  return `account-${String(number).padStart(String(of).length, "0")}`;
}

interface OneRun {
  readonly context: CommandContext;
  readonly fleet: Fleet;
  readonly running: Promise<void>;
  /** The newest signal before this run was written. */
  readonly before: string | undefined;
}

async function oneRun({ context, fleet, running, before }: OneRun, { accounts }: FleetSettings): Promise<ExitCode> {
  const { clock, out } = context;
  const started = clock.monotonic();
  let standings: Standing[] = [];
  await until(context, running, () => {
    const id = newestOf(fleet);
    if (id === undefined || id === before) return false;
    standings = fleet.standings(id);
    out.progress(barLine(standings, out.style));
    return !standings.some(({ kind }) => isOpen(kind) || kind === "missing");
  });
  out.clearProgress();
  const seconds = ((clock.monotonic() - started) / 1_000).toFixed(1);
  out.line("");
  out.line(barLine(standings, out.style));
  out.line(`Done ${seconds} s after the last alert.`);
  if (accounts.length <= MOST_SHOWN) for (const line of resultLines(context, fleet, standings)) out.line(line);
  return standings.length === accounts.length && standings.every(({ kind }) => kind === "on-target") ? EXIT.ok : EXIT.failed;
}

function newestOf(fleet: Fleet): string | undefined {
  return fleet.hosts[0]?.session?.ledger.recentSignals(1)[0]?.signal.id;
}

function resultLines({ out }: CommandContext, fleet: Fleet, standings: readonly Standing[]): string[] {
  const rows = standings.toSorted(byTrouble).map(({ account, kind, execution }) => {
    const ledger = fleet.hosts.find(({ name }) => name === account)?.session?.ledger;
    const orders = execution === undefined ? 0 : (ledger?.intentsOf(execution.id).length ?? 0);
    const seconds = execution?.finishedAt === undefined ? "-" : ((execution.finishedAt - execution.startedAt) / 1_000).toFixed(2);
    return [account, ledger?.pinnedAccount()?.number ?? "-", STANDING_WORDS[kind], String(orders), seconds];
  });
  return table([...left("account", "number", ""), ...right("orders", "seconds")], rows, out.style);
}

/** Until something is so, the fleet has ended, or it has taken too long. */
async function until({ clock }: CommandContext, running: Promise<void>, isSo: () => boolean): Promise<void> {
  const end = clock.monotonic() + STEP_LIMIT_MS;
  const over = { is: false };
  const ended = running.then(() => (over.is = true));
  while (!isSo() && !over.is && clock.monotonic() < end) await Promise.race([clock.sleep(LOOK_EVERY_MS), ended]);
}
