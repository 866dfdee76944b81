import { openEmbeddedVenues, type EmbeddedVenues } from "../../app/embedded-venue.ts";
import { secretsOf } from "../../config/secrets.ts";
import type { VenueAccess } from "../../app/venue-access.ts";
import type { Clock, Timer } from "../../domain/clock.ts";
import { EXIT, TraderError, type ExitCode } from "../../domain/errors.ts";
import { FleetHold } from "../../fleet/fleet-hold.ts";
import { openFleetNotices, signalNotice } from "../../fleet/fleet-notices.ts";
import type { FleetAccount, FleetSettings } from "../../fleet/fleet-settings.ts";
import { SharedMarket } from "../../fleet/shared-market.ts";
import { newestSignal } from "../../fleet/standing.ts";
import { counted } from "../../reporting/figures.ts";
import type { CommandContext } from "../context.ts";
import { onStopSignal } from "../stop-signals.ts";
import type { Notice } from "../../notifications/notice.ts";
import { act, chosen, inPlaces, show, summary, type Common, type FleetExecuteOptions, type Result } from "./act-once.ts";
import { hasDatabase } from "./has-database.ts";
import { standingsOf, withAccounts } from "./read-accounts.ts";
import { openFleetLogs } from "./fleet-process.ts";
import { fleetOf } from "./shown-fleet.ts";

const HALT_EVERY_MS = 250;
/** How long a message may delay the end of the command. */
const NOTIFY_LIMIT_MS = 3_000;

/** Acts once on the newest run in every account. @returns the worst exit code of any account. */
export async function executeFleet(context: CommandContext, options: FleetExecuteOptions): Promise<ExitCode> {
  if (hasDatabase(context.env)) return (await import("./database/execute.ts")).executeInDatabase(context, options);
  const settings = fleetOf(context);
  const accounts = chosen(settings.accounts, options.accounts);
  const secrets = settings.accounts.flatMap(({ config }) => secretsOf(config));
  const logs = openFleetLogs(context, settings.shared, secrets, undefined);
  try {
    const market = new SharedMarket(context.clock);
    const common: Common = {
      ...logs,
      sharing: (broker, tradingUrl, account) => market.of(broker, tradingUrl, account === settings.shared.fleet.marketKey),
    };
    const task = { settings, accounts, common, options };
    return options.dryRun === true ? (await actInAll(context, task)).code : await whileHeld(context, task);
  } finally {
    logs.tradeLog.close();
    logs.log.close();
  }
}

interface Task {
  readonly settings: FleetSettings;
  readonly accounts: readonly FleetAccount[];
  readonly common: Common;
  readonly options: FleetExecuteOptions;
}

/** With the fleet's lock, so that a running fleet is not disturbed and a halt is confirmed, and one message at the end. */
async function whileHeld(context: CommandContext, task: Task): Promise<ExitCode> {
  const { clock } = context;
  const { shared, accounts } = task.settings;
  const secrets = accounts.flatMap(({ config }) => secretsOf(config));
  const hold = FleetHold.take(shared, { clock, command: "execute", secrets });
  const notices = openFleetNotices({ shared, clock, log: task.common.log, hold, secrets });
  let timer: Timer | undefined;
  const watchHalt = (): void => {
    hold.halted();
    timer = clock.after(HALT_EVERY_MS, watchHalt);
  };
  watchHalt();
  try {
    const { code, isTraded } = await actInAll(context, task);
    if (isTraded) notices.notify(noticeOf(task.accounts));
    return code;
  } finally {
    timer?.cancel();
    await notices.close(NOTIFY_LIMIT_MS);
    hold.close();
  }
}

/** The result of the newest signal, as the ledgers say now. */
function noticeOf(accounts: readonly FleetAccount[]): Notice | undefined {
  return withAccounts(accounts, (read) => {
    const signal = newestSignal(read.map(({ ledger }) => ledger))?.signal;
    return signal && signalNotice(signal, standingsOf(read, signal.id));
  });
}

async function actInAll(
  context: CommandContext,
  { settings, accounts, common, options }: Task,
): Promise<{ code: ExitCode; isTraded: boolean }> {
  const venues = await openVenues(settings, accounts, context.clock);
  const stopping = new AbortController();
  const ignore = onStopSignal(context.clock, () => stopping.abort());
  const venueOf = ({ config }: FleetAccount): VenueAccess | undefined =>
    venues && { name: "the built-in simulator", alpaca: venues.alpacaOf(config.stateDir), close: () => Promise.resolve() };
  const actAll = (some: readonly FleetAccount[]): Promise<Result[]> =>
    inPlaces(some, settings.shared.fleet.places, async (account) => {
      const result = await act(context, account, { common, venue: venueOf(account), options, stopping: stopping.signal });
      show(context, result, options.dryRun === true || context.verbose);
      return result;
    });
  try {
    const canaries = accounts.filter(({ config }) => config.fleet.isCanary);
    const results = await actAll(canaries);
    const failed = results.find(({ code }) => code !== EXIT.ok);
    const rest = accounts.filter(({ config }) => !config.fleet.isCanary);
    const isHeld = failed !== undefined && (options.canaryFails ?? settings.shared.fleet.canaryFails) === "stop" && options.dryRun !== true;
    if (isHeld)
      context.out.line(
        `The canary account ${failed.name} did not reach its target, so ${counted(rest.length, "other account")} ${rest.length === 1 ? "was" : "were"} not traded.`,
      );
    else results.push(...(await actAll(rest)));
    context.out.line(summary(results));
    const code = Math.max(EXIT.ok, ...results.map((result) => result.code)) as ExitCode;
    return { code, isTraded: results.some(({ isTraded }) => isTraded) };
  } finally {
    ignore();
    await venues?.close();
  }
}

/** `undefined` also where a running fleet has them: each account then finds its own there. */
async function openVenues({ shared }: FleetSettings, accounts: readonly FleetAccount[], clock: Clock): Promise<EmbeddedVenues | undefined> {
  if (shared.mode !== "simulator") return undefined;
  const stateDirs = accounts.map(({ config }) => config.stateDir);
  try {
    return await openEmbeddedVenues(stateDirs, clock, "execute");
  } catch (error) {
    if (error instanceof TraderError && error.code === "lock-held") return undefined;
    throw error;
  }
}
