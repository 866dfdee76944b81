import PQueue from "p-queue";
import { RunOnce, type RunOnceOptions } from "../../app/run-once.ts";
import { type FleetMember, TradingSession } from "../../app/trading-session.ts";
import type { VenueAccess } from "../../app/venue-access.ts";
import { EXIT, TraderError, type ExitCode } from "../../domain/errors.ts";
import { unknownAccount } from "../../fleet/account-store.ts";
import type { FleetAccount } from "../../fleet/fleet-settings.ts";
import { STANDING_WORDS, standingOf, type Standing, type StandingLedger } from "../../fleet/standing.ts";
import { errorLines } from "../../reporting/error-view.ts";
import { counted } from "../../reporting/figures.ts";
import type { Style } from "../../reporting/style.ts";
import type { Terminal } from "../../reporting/terminal.ts";
import type { CommandContext } from "../context.ts";

/** Where an account ends that has seen none. */
export const NO_SIGNAL = "no signal";

export interface FleetExecuteOptions {
  readonly dryRun?: boolean;
  readonly ignoreMarketHours?: boolean;
  readonly finish?: boolean;
  /** Names separated by commas. */
  readonly accounts?: string;
  readonly canaryFails?: "stop" | "go";
}

export interface Result {
  readonly name: string;
  readonly code: ExitCode;
  /** The result of the newest signal, in a few words. */
  readonly end: string;
  readonly lines: readonly string[];
  /** An execution ended, or a run was declined: there is something to report. */
  readonly isTraded: boolean;
}

/** What the sessions of all accounts have in common. */
export type Common = Omit<FleetMember, "account" | "config">;

/** @param names separated by commas; all of them by default. @throws TraderError (78) for one that is not there. */
export function chosen<Account extends { readonly name: string }>(
  accounts: readonly Account[],
  names: string | undefined,
): readonly Account[] {
  if (names === undefined) return accounts;
  return names.split(",").map((name) => {
    const found = accounts.find((account) => account.name === name.trim());
    if (found === undefined) throw unknownAccount(name.trim(), accounts);
    return found;
  });
}

export async function inPlaces<Item, Answer>(
  items: readonly Item[],
  places: number,
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const queue = new PQueue({ concurrency: places });
  return Promise.all(items.map((item) => queue.add(() => work(item))));
}

/** How one account acts. */
export interface Acting {
  readonly common: Common;
  readonly venue?: VenueAccess | undefined;
  /** Where its alerts are read; by default their own files. */
  readonly readerOf?: RunOnceOptions["readerOf"];
  readonly options: FleetExecuteOptions;
  readonly stopping: AbortSignal;
}

/** An account that cannot be traded does not keep the others from it. */
export async function act(
  context: CommandContext,
  account: FleetAccount,
  { common, venue, readerOf, options, stopping }: Acting,
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
      const code = await new RunOnce(
        session,
        out,
        { dryRun, ignoreMarketHours, finish, ...(readerOf === undefined ? {} : { readerOf }) },
        stopping,
      ).act();
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
export function show({ out }: Pick<CommandContext, "out">, { name, code, lines, end }: Result, isLong: boolean): void {
  out.line(out.style.paint(code === EXIT.ok ? "good" : "bad", `${name}: ${end}`));
  if (isLong || code !== EXIT.ok) for (const line of lines) out.line(`  ${line}`);
}

function endOf(name: string, ledger: StandingLedger): string {
  const signal = ledger.recentSignals(1)[0]?.signal;
  return signal === undefined ? NO_SIGNAL : endText(standingOf(name, ledger, signal.id));
}

/** `on target`; `off target, Incomplete. The session ended.` */
export function endText({ kind, reason }: Pick<Standing, "kind" | "reason">): string {
  return reason === "" ? STANDING_WORDS[kind] : `${STANDING_WORDS[kind]}, ${reason}`;
}

export function summary(results: readonly Pick<Result, "code">[]): string {
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
