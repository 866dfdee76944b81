import type { ExitCode } from "../../../domain/errors.ts";
import type { CommandContext } from "../../context.ts";
import { chosen, type FleetExecuteOptions } from "../act-once.ts";
import { dryRun } from "./dry-run.ts";
import { offerAndWait } from "./offer-and-wait.ts";
import { configuration, withFleetStore } from "./open.ts";
import { settingsOf } from "./read.ts";

const WORKERS_DECIDE = "The workers trade, each account by its own settings.";

/** Offers the newest run and waits for its end, or shows what would come of it. @returns the worst exit code of any account. */
export function executeInDatabase(context: CommandContext, options: FleetExecuteOptions): Promise<ExitCode> {
  refuseWhatWorkersDecide(options);
  return withFleetStore(context, async (fleet) => {
    const rows = await fleet.accounts.list();
    const { accounts } = settingsOf(rows, context.env, fleet);
    const names = new Set(chosen(accounts, options.accounts).map(({ name }) => name));
    const task = { rows: rows.filter(({ name }) => names.has(name)), fleet, options };
    return options.dryRun === true ? dryRun(context, task) : offerAndWait(context, task);
  });
}

/** @throws TraderError (78). */
function refuseWhatWorkersDecide(options: FleetExecuteOptions): void {
  const { ignoreMarketHours = false, finish = false, canaryFails, accounts, dryRun: isDry = false } = options;
  const cannot = (option: string): string => `\`fleet execute ${option}\` is for a fleet in one process, and FLEET_DATABASE is set.`;
  if (ignoreMarketHours) throw configuration(cannot("--ignore-market-hours"), `${WORKERS_DECIDE} Offer the run while the market is open.`);
  if (finish)
    throw configuration(cannot("--finish"), `${WORKERS_DECIDE} They go on with the rest of a run by themselves while it is fresh.`);
  if (canaryFails !== undefined)
    throw configuration(cannot("--canary-fails"), `${WORKERS_DECIDE} FLEET_CANARY_FAILS in their settings says it.`);
  if (accounts !== undefined && !isDry)
    throw configuration(
      "A run is offered to all accounts of a fleet with a database, so `fleet execute --accounts` works with --dry-run only.",
      "`alpaca-trader fleet halt --account NAME` keeps an account from trading.",
    );
}
