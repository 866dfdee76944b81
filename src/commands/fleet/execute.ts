import PQueue from "p-queue";
import { openEmbeddedVenues, type EmbeddedVenues } from "../../app/embedded-venue.ts";
import { RunOnce } from "../../app/run-once.ts";
import { type FleetMember, TradingSession } from "../../app/trading-session.ts";
import { secretsOf } from "../../config/secrets.ts";
import type { VenueAccess } from "../../app/venue-access.ts";
import type { Clock, Timer } from "../../domain/clock.ts";
import { EXIT, TraderError, type ExitCode } from "../../domain/errors.ts";
import { FleetHold } from "../../fleet/fleet-hold.ts";
import { openFleetNotices, signalNotice } from "../../fleet/fleet-notices.ts";
import { unknownAccount } from "../../fleet/account-store.ts";
import type { FleetAccount, FleetSettings } from "../../fleet/fleet-settings.ts";
import { SharedMarket } from "../../fleet/shared-market.ts";
import { newestSignal, STANDING_WORDS, standingOf, type StandingLedger } from "../../fleet/standing.ts";
import { errorLines } from "../../reporting/error-view.ts";
import { counted } from "../../reporting/figures.ts";
import type { Style } from "../../reporting/style.ts";
import type { Terminal } from "../../reporting/terminal.ts";
import type { CommandContext } from "../context.ts";
import { onStopSignal } from "../stop-signals.ts";
import type { Notice } from "../../notifications/notice.ts";
import { standingsOf, withAccounts } from "./read-accounts.ts";
import { openFleetLogs } from "./fleet-process.ts";
import { fleetOf } from "./show.ts";

const HALT_EVERY_MS = 250;
/** How long a message may delay the end of the command. */
const NOTIFY_LIMIT_MS = 3_000;

export interface FleetExecuteOptions {
  readonly dryRun?: boolean;
  readonly ignoreMarketHours?: boolean;
  readonly finish?: boolean;
  /** Names separated by commas. */
  readonly accounts?: string;
  readonly canaryFails?: "stop" | "go";
}

interface Result {
  readonly name: string;
  readonly code: ExitCode;
  /** The result of the newest signal, in a few words. */
  readonly end: string;
  readonly lines: readonly string[];
  /** An execution ended, or a run was declined: there is something to report. */
  readonly isTraded: boolean;
}

/** Acts once on the newest run in every account. @returns the worst exit code of any account. */
export async function executeFleet(context: CommandContext, options: FleetExecuteOptions): Promise<ExitCode> {
  const settings = fleetOf(context);
  const accounts = chosen(settings, options.accounts);
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

/** What the sessions of all accounts have in common. */
type Common = Omit<FleetMember, "account" | "config">;

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
      const result = await act(context, account, common, venueOf(account), options, stopping.signal);
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

function chosen({ accounts }: FleetSettings, names: string | undefined): readonly FleetAccount[] {
  if (names === undefined) return accounts;
  return names.split(",").map((name) => {
    const found = accounts.find((account) => account.name === name.trim());
    if (found === undefined) throw unknownAccount(name.trim(), accounts);
    return found;
  });
}

async function inPlaces<Item, Answer>(items: readonly Item[], places: number, work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const queue = new PQueue({ concurrency: places });
  return Promise.all(items.map((item) => queue.add(() => work(item))));
}

/** An account that cannot be traded does not keep the others from it. */
async function act(
  context: CommandContext,
  account: FleetAccount,
  common: Common,
  venue: VenueAccess | undefined,
  options: FleetExecuteOptions,
  stopping: AbortSignal,
): Promise<Result> {
  const out = new Lines(context.out.style);
  const { name, config, env } = account;
  let isTraded = false;
  try {
    const session = await TradingSession.open({
      env,
      clock: context.clock,
      command: "execute",
      console: undefined,
      verbose: context.verbose,
      member: { account: name, config, ...common },
      onEvent: ({ kind }) => (isTraded ||= kind === "concluded" || kind === "not-executed"),
      ...(venue === undefined ? {} : { venue }),
    });
    try {
      const { dryRun = false, ignoreMarketHours = false, finish = false } = options;
      const code = await new RunOnce(session, out, { dryRun, ignoreMarketHours, finish }, stopping).act();
      return { name, code, lines: out.lines, isTraded, end: endOf(name, session.ledger) };
    } catch (error) {
      session.logFailure(error);
      throw error;
    } finally {
      await session.close();
    }
  } catch (error) {
    for (const line of errorLines(error, { verbose: context.verbose }, out.style)) out.line(line);
    return { name, code: error instanceof TraderError ? error.exitCode : EXIT.failed, lines: out.lines, isTraded, end: "failed" };
  }
}

/** What an account without trouble says at length is in its log. */
function show({ out }: Pick<CommandContext, "out">, { name, code, lines, end }: Result, isLong: boolean): void {
  out.line(out.style.paint(code === EXIT.ok ? "good" : "bad", `${name}: ${end}`));
  if (isLong || code !== EXIT.ok) for (const line of lines) out.line(`  ${line}`);
}

function endOf(name: string, ledger: StandingLedger): string {
  const signal = ledger.recentSignals(1)[0]?.signal;
  if (signal === undefined) return "no signal";
  const { kind, reason } = standingOf(name, ledger, signal.id);
  return reason === "" ? STANDING_WORDS[kind] : `${STANDING_WORDS[kind]}, ${reason}`;
}

function summary(results: readonly Result[]): string {
  const counts = [...Map.groupBy(results, ({ code }) => code)].toSorted(([one], [other]) => one - other);
  const words: Readonly<Record<number, string>> = { [EXIT.ok]: "done", [EXIT.failed]: "off target or failed", [EXIT.refused]: "refused" };
  return `${counted(results.length, "account")}: ${counts.map(([code, some]) => `${words[code] ?? `exit code ${String(code)}`} ${String(some.length)}`).join(" · ")}.`;
}

/** Keeps what one account says, so that the lines of several do not mix. */
class Lines implements Terminal {
  readonly lines: string[] = [];
  readonly style: Style;
  readonly columns = 100;

  constructor(style: Style) {
    this.style = style;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  progress(): void {
    // It would be gone before it is shown.
  }

  clearProgress(): void {
    // There is none.
  }
}
