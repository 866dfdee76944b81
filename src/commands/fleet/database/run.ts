import { modeNoun } from "../../../domain/config.ts";
import type { Environment } from "../../../domain/config.ts";
import type { ExitCode } from "../../../domain/errors.ts";
import { stateDirFrom } from "../../../config/state-dir.ts";
import { DatabaseDashboard } from "../../../fleet/database-dashboard.ts";
import { SavedFleet } from "../../../fleet/saved-fleet.ts";
import { FleetWorker } from "../../../fleet/worker/fleet-worker.ts";
import { PostgresAccounts } from "../../../fleet/store/accounts.ts";
import { durabilityProblems, readServer } from "../../../fleet/store/server-facts.ts";
import { PostgresStore } from "../../../fleet/store/postgres-store.ts";
import { Sealing } from "../../../fleet/store/sealing.ts";
import type { Log } from "../../../logging/logger.ts";
import type { CommandContext } from "../../context.ts";
import { onStopSignal } from "../../stop-signals.ts";
import { asFleetProcess, openFleetLogs } from "../fleet-process.ts";
import { databaseUrl, sharedConfig, type OpenFleet } from "./open.ts";
import { settingsOf } from "./read.ts";

const DURABILITY_HINT = "The fleet relies on what its database has confirmed; docs/fleet-database.md says what to set.";

/** What one process of the fleet does. */
export interface Role {
  readonly isIntake: boolean;
  readonly isWorker: boolean;
  /** In place of FLEET_PLACES. */
  readonly places?: number | undefined;
}

/** An intake, a worker, or both. Returns 0 when stopped by a signal. */
export async function runMachine(context: CommandContext, { isIntake, isWorker, places }: Role): Promise<ExitCode> {
  const env = places === undefined ? context.env : { ...context.env, FLEET_PLACES: String(places) };
  const shared = sharedConfig(env);
  const url = databaseUrl(env);
  const sealing = isWorker ? await Sealing.from(shared, env) : undefined;
  const secrets = [...(sealing?.secrets ?? [])];
  const logs = openFleetLogs(context, shared, secrets, process.stdout);
  const { log } = logs;
  return asFleetProcess(logs, shared, async () => {
    const { mode } = shared;
    log.info(`Starting ${roleText(isIntake, isWorker)} of a fleet with a database, in ${modeNoun(mode)} (${shared.modeReason}).`);
    const onTrouble = (error: Error): void => log.debug(`Queue: ${error.message}`);
    const store = await PostgresStore.open({ url, mode, clock: context.clock, supervises: isWorker, onTrouble });
    try {
      if (isWorker)
        for (const problem of durabilityProblems(await readServer(store.connection)))
          log.warn(`Warning: ${problem}`, { hint: DURABILITY_HINT });
      const accounts = new PostgresAccounts(store.connection, mode, stateDirFrom(env));
      const worker = new FleetWorker({ ...context, ...logs, env, shared, store, accounts, sealing, isIntake, secrets });
      onStopSignal(context.clock, (signal) => {
        log.info(`${signal}: Stopping. Orders in progress are picked up by another worker, or by the next start.`);
        worker.stop();
      });
      const dashboard = isIntake ? openDashboard(context, { shared, env, store, accounts, worker, log, secrets }) : undefined;
      try {
        await worker.run();
      } finally {
        await dashboard?.close();
      }
    } finally {
      await store.close();
    }
  });
}

/** A worker alone has none: the page shows the whole fleet, and an intake knows whether the alerts are read. */
function openDashboard(
  { clock }: CommandContext,
  {
    shared,
    env,
    store,
    accounts,
    worker,
    log,
    secrets,
  }: OpenFleet & { env: Environment; worker: FleetWorker; log: Log; secrets: string[] },
): DatabaseDashboard {
  const fleet = new SavedFleet({ clock, store, accounts, settingsOf: (rows) => settingsOf(rows, env, { store, accounts, shared }) });
  const problems = (): string[] => (worker.problem === undefined ? [] : [worker.problem]);
  const dashboard = new DatabaseDashboard({ fleet, shared, clock, log, terminal: process.stdout, secrets, problems });
  dashboard.start();
  return dashboard;
}

function roleText(isIntake: boolean, isWorker: boolean): string {
  if (isIntake && isWorker) return "an intake and a worker";
  return isIntake ? "an intake" : "a worker";
}
