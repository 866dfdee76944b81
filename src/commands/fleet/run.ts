import type { SharedLogs } from "../../app/session-logs.ts";
import { secretsOf } from "../../config/secrets.ts";
import { stateDirFrom } from "../../config/state-dir.ts";
import { modeBanner, modeNoun } from "../../domain/config.ts";
import type { ExitCode } from "../../domain/errors.ts";
import { AccountDirectories } from "../../fleet/account-store.ts";
import { loadFleet, type FleetSettings } from "../../fleet/fleet-settings.ts";
import { FleetDashboard } from "../../fleet/fleet-dashboard.ts";
import { Fleet } from "../../fleet/fleet.ts";
import { logPaths } from "../../logging/logger.ts";
import type { CommandContext } from "../context.ts";
import { onStopSignal } from "../stop-signals.ts";
import { asFleetProcess, openFleetLogs } from "./fleet-process.ts";

export interface FleetRunOptions {
  /** In place of FLEET_PLACES. */
  readonly places?: number;
}

/** The daemon of all accounts. Returns 0 when stopped by a signal. */
export function runFleet(context: CommandContext, { places }: FleetRunOptions): Promise<ExitCode> {
  const env = places === undefined ? context.env : { ...context.env, FLEET_PLACES: String(places) };
  const settings = loadFleet(env, new AccountDirectories(stateDirFrom(env)));
  const { shared, accounts } = settings;
  const secrets = accounts.flatMap(({ config }) => secretsOf(config));
  const logs = openFleetLogs(context, shared, secrets, process.stdout);
  const { log } = logs;
  return asFleetProcess(logs, shared, async () => {
    greet(settings, logs);
    const fleet = new Fleet({ ...logs, env, clock: context.clock, settings, verbose: context.verbose });
    onStopSignal(context.clock, (signal) => {
      log.info(`${signal}: Stopping. Orders in progress will be picked up on the next start.`);
      fleet.stop();
    });
    const dashboard = new FleetDashboard({ fleet, settings, clock: context.clock, log, terminal: process.stdout });
    dashboard.start();
    try {
      await fleet.run();
    } finally {
      await dashboard.close();
    }
  });
}

function greet({ shared, accounts }: FleetSettings, { log }: SharedLogs): void {
  const files = [...new Set(accounts.flatMap(({ config }) => config.strategies.map(({ alertsFile }) => alertsFile)))];
  const number = accounts.length === 1 ? "1 account" : `${String(accounts.length)} accounts`;
  log.info(
    `Starting a fleet of ${number} in ${modeNoun(shared.mode)} (${shared.modeReason}), watching ${files.join(", ")}. Log: ${logPaths(shared.logDir)[0] ?? shared.logDir}.`,
  );
  const banner = modeBanner(shared);
  if (banner !== undefined) log.warn(banner);
  const canaries = accounts.filter(({ config }) => config.fleet.isCanary).map(({ name }) => name);
  if (canaries.length > 0) log.info(`Canaries: ${canaries.join(", ")}. The other accounts wait until they have reached their target.`);
}
