import { stateDirFrom } from "../../config/state-dir.ts";
import { modeBanner, modeNoun } from "../../domain/config.ts";
import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { openLog, secretsOf, type SharedLogs } from "../../app/trading-session.ts";
import { AccountDirectories } from "../../fleet/account-store.ts";
import { loadFleet, type FleetSettings } from "../../fleet/fleet-settings.ts";
import { FleetDashboard } from "../../fleet/fleet-dashboard.ts";
import { Fleet } from "../../fleet/fleet.ts";
import { logPaths, openTradeLog } from "../../logging/logger.ts";
import { messageOf, TraderError } from "../../domain/errors.ts";
import { UNSEEN_HALT_HINT, unseenMachineHalt } from "../../machine/halt.ts";
import type { CommandContext } from "../context.ts";
import { onStopSignal } from "../stop-signals.ts";

export interface FleetRunOptions {
  /** In place of FLEET_PLACES. */
  readonly places?: number;
}

/** The daemon of all accounts. Returns 0 when stopped by a signal. */
export async function runFleet(context: CommandContext, { places }: FleetRunOptions): Promise<ExitCode> {
  const env = places === undefined ? context.env : { ...context.env, FLEET_PLACES: String(places) };
  const settings = loadFleet(env, new AccountDirectories(stateDirFrom(env)));
  const logs = openFleetLogs(context, settings, process.stdout);
  const { log } = logs;
  const onFatal = (error: Error): void => log.error(messageOf(error));
  process.on("uncaughtExceptionMonitor", onFatal);
  try {
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
    log.info("Stopped.");
    return EXIT.ok;
  } catch (error) {
    log.error(messageOf(error), error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {});
    throw error;
  } finally {
    process.off("uncaughtExceptionMonitor", onFatal);
    logs.tradeLog.close();
    log.close();
  }
}

/** The logs of all accounts, which show the keys of none. */
export function openFleetLogs(
  context: CommandContext,
  { shared, accounts }: FleetSettings,
  console: NodeJS.WriteStream | undefined,
): SharedLogs {
  const secrets = [...secretsOf(shared), ...accounts.flatMap(({ config }) => secretsOf(config))];
  const log = openLog({ ...context, console, command: "run" }, shared, secrets);
  try {
    return {
      log,
      tradeLog: openTradeLog({
        dir: shared.logDir,
        mode: shared.mode,
        group: shared.logGroup,
        secrets,
      }),
    };
  } catch (error) {
    log.close();
    throw error;
  }
}

function greet({ shared, accounts }: FleetSettings, { log }: SharedLogs): void {
  const unseen = unseenMachineHalt(shared.haltFiles);
  if (unseen !== undefined) log.warn(`Warning: ${unseen}`, { hint: UNSEEN_HALT_HINT });
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
