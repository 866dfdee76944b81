import { stateDirFrom } from "../../config/state-dir.ts";
import { EXIT, TraderError } from "../../domain/errors.ts";
import type { Config } from "../../domain/config.ts";
import { AccountDirectories } from "../../fleet/account-store.ts";
import { loadFleet, readFleet, type FleetReading, type FleetSettings } from "../../fleet/fleet-settings.ts";
import { readHalt } from "../../machine/halt.ts";
import type { CommandContext } from "../context.ts";
import { hasDatabase } from "./has-database.ts";
import { withAccounts, type ReadAccount } from "./read-accounts.ts";

/** @throws TraderError (78), also for a fleet whose accounts are in a database. */
export function fleetOf(context: CommandContext): FleetSettings {
  assertNoDatabase(context);
  return loadFleet(context.env, new AccountDirectories(stateDirFrom(context.env)));
}

/** As far as its settings can be used. @throws TraderError (78) as {@link fleetOf}, and when no account's can. */
export function readableFleetOf(context: CommandContext): FleetReading {
  assertNoDatabase(context);
  return readFleet(context.env, new AccountDirectories(stateDirFrom(context.env)));
}

/** @throws TraderError (78) for a fleet whose accounts are in a database. */
export function assertNoDatabase({ env }: CommandContext): void {
  if (hasDatabase(env))
    throw new TraderError("This command works for a fleet in one process, and FLEET_DATABASE is set.", {
      code: "configuration",
      hint: "docs/fleet-database.md says what takes its place.",
      exitCode: EXIT.configuration,
    });
}

/** A fleet as these commands see it, wherever it is kept. */
export interface ShownFleet {
  readonly shared: Config;
  readonly read: readonly ReadAccount[];
  readonly halted: string | undefined;
  /** What is wrong with the settings of the fleet; that of an account is with the account. */
  readonly problems: readonly string[];
  /** Lines about the workers; `undefined` for a fleet in one process. */
  readonly workers: readonly string[] | undefined;
}

/** Reads what can be read of a fleet for `work`, which must print nothing before it has read all that it shows. */
export async function withFleet<Result>(context: CommandContext, work: (fleet: ShownFleet) => Result): Promise<Result> {
  if (hasDatabase(context.env)) {
    const { withDatabaseFleet, workerLines } = await import("./database/read.ts");
    return withDatabaseFleet(context, ({ settings, accounts, workers, halted }) =>
      work({ shared: settings.shared, read: accounts, halted, problems: problemsOfFleet(settings), workers: workerLines(workers) }),
    );
  }
  const fleet = readableFleetOf(context);
  const halted = readHalt(fleet.shared.haltFiles)?.reason;
  return withAccounts(
    [...fleet.accounts, ...fleet.unusable].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    (read) => work({ shared: fleet.shared, read, halted, problems: problemsOfFleet(fleet), workers: undefined }),
    fleet.problems,
  );
}

function problemsOfFleet({ problems }: FleetReading): string[] {
  return problems.filter(({ account }) => account === undefined).map(({ text }) => `${text}.`);
}

/** Whether something of the fleet cannot be shown, or not be traded as it is set up. */
export function isDamaged({ read, problems }: Pick<ShownFleet, "read" | "problems">): boolean {
  return problems.length > 0 || read.some(({ problem }) => problem !== undefined);
}
