import { Option, type Command } from "commander";
import type { ExitCode } from "../../domain/errors.ts";
import type { CommandContext } from "../context.ts";
import type { AddOptions } from "./accounts.ts";
import type { FleetHaltOptions } from "./database/halts.ts";
import type { Role } from "./database/run.ts";
import type { DatabaseOptions } from "./database/schema.ts";
import type { FleetExecuteOptions } from "./act-once.ts";
import { hasDatabase } from "./has-database.ts";
import type { FleetRunOptions } from "./run.ts";
import type { ListOptions, ReportOptions } from "./show.ts";

/** The commands for many accounts. @param number reads a whole number above zero. */
export function addFleetCommands(
  fleet: Command,
  context: CommandContext,
  { done, prepared, number }: { done: (code: ExitCode) => void; prepared: (command: Command) => Command; number: (text: string) => number },
): void {
  const add = (name: string, description: string): Command => prepared(fleet.command(name).description(description));

  add("run", "the daemon of all accounts: watch the alerts and trade what is fresh in each of them")
    .option("--places <number>", "how many accounts start a rebalance at the same time, in place of FLEET_PLACES", number)
    .action(async (options: FleetRunOptions) => done(await run(context, options)));
  add("worker", "trade the accounts of a fleet with a database that need it; start one on each machine")
    .option("--places <number>", "how many accounts it begins at the same time, in place of FLEET_PLACES", number)
    .action(async ({ places }: FleetRunOptions) => done(await machine(context, { isIntake: false, isWorker: true, places })));
  add("intake", "read the alerts files and offer their lines to a fleet with a database").action(async () =>
    done(await machine(context, { isIntake: true, isWorker: false })),
  );
  add("execute", "act once on the newest run in every account")
    .option("--dry-run", "make the plans and print them; send and record nothing")
    .option("--ignore-market-hours", "queue orders for the open while the market is closed")
    .option("--finish", "continue what is left of the newest run, in the session in which it was executed")
    .option("--accounts <names>", "only these, separated by commas")
    .addOption(
      new Option("--canary-fails <what>", "what the other accounts do when a canary did not reach its target").choices(["stop", "go"]),
    )
    .action(async (options: FleetExecuteOptions) => done(await (await import("./execute.ts")).executeFleet(context, options)));
  add("add", "add an account; it is read once with its keys")
    .argument("<name>", "its name in the fleet, such as growth")
    .option("--from-env <file>", "its settings and keys, as in .env; default: the keys of the environment")
    .option("--state <directory>", "STATE_DIR of an installation whose ledger is taken over; default: the one in the file")
    .option("--group <name>", "the group that it belongs to")
    .option("--canary", "it trades before the others")
    .action(async (name: string, options: AddOptions) =>
      done(
        hasDatabase(context.env)
          ? await (await import("./database/accounts.ts")).addToDatabase(context, name, options)
          : await (await import("./accounts.ts")).addAccount(context, name, options),
      ),
    );
  add("set", "change settings of one account")
    .argument("<name>", "the account")
    .argument("<settings...>", "NAME=value; an empty value removes a setting")
    .action(async (name: string, pairs: readonly string[]) =>
      done(
        hasDatabase(context.env)
          ? await (await import("./database/accounts.ts")).setInDatabase(context, name, pairs)
          : await (await import("./accounts.ts")).setAccount(context, name, pairs),
      ),
    );
  add("remove", "take an account out of the fleet; its ledger is kept")
    .argument("<name>", "the account")
    .action(async (name: string) =>
      done(
        hasDatabase(context.env)
          ? await (await import("./database/accounts.ts")).removeFromDatabase(context, name)
          : await (await import("./accounts.ts")).removeAccount(context, name),
      ),
    );
  add("list", "the accounts, and the result of the newest signal in each")
    .option("--group <name>", "only those of this group")
    .option("--json", "print them as JSON")
    .action(async (options: ListOptions) => done(await (await import("./show.ts")).list(context, options)));
  add("status", "the newest signal: how many accounts are on target, and which are in trouble")
    .option("--watch", "show it again whenever it changes")
    .action(async (options: { watch?: boolean }) => done(await (await import("./show.ts")).status(context, options)));
  add("report", "what came of one signal in every account")
    .option("--signal <id>", "default: the newest")
    .option("--fairness", "whether accounts always trade before or after the others, over the last 50 signals")
    .option("--json", "print it as one JSON object")
    .action(async (options: ReportOptions) => done(await (await import("./show.ts")).report(context, options)));
  add("explain", "why each symbol was traded or left alone in one account")
    .argument("<name>", "the account")
    .argument("[id]", "signal or execution id, or the beginning of one; default: the newest signal")
    .option("--json", "print it as one JSON object")
    .action(async (name: string, id: string | undefined, options: { json?: boolean }) =>
      done(await (await import("./explain.ts")).explainAccount(context, name, id, options)),
    );
  add("halt", "stop trading on every machine of a fleet with a database")
    .option("--account <name>", "only this account")
    .option("--group <name>", "only the accounts of this group")
    .option("--reason <text>", "why, for the log")
    .action(async (options: FleetHaltOptions) => done(await (await import("./database/halts.ts")).haltFleet(context, options)));
  add("resume", "resume trading after `fleet halt`")
    .option("--account <name>", "only this account")
    .option("--group <name>", "only the accounts of this group")
    .action(async (options: FleetHaltOptions) => done(await (await import("./database/halts.ts")).resumeFleet(context, options)));
  add("take", "end a dead worker's hold on an account of a fleet with a database now")
    .argument("<name>", "the account")
    .option("--yes <name>", "the account's name again, to confirm")
    .action(async (name: string, options: { yes?: string }) =>
      done(await (await import("./database/accounts.ts")).take(context, name, options)),
    );
  add("rekey", "make an identity for a fleet with a database, or seal all keys for another one")
    .option("--new <file>", "make an identity in this file")
    .option("--to <file>", "seal the keys of all accounts for the identity in this file")
    .action(async (options: { new?: string; to?: string }) => done(await (await import("./database/accounts.ts")).rekey(context, options)));
  add("database", "the tables of a fleet with a database (FLEET_DATABASE)")
    .option("--migrate", "make them, or bring them to this version")
    .option("--check", "only look: version, and whether the database may lose what it has confirmed")
    .action(async (options: DatabaseOptions) => done(await (await import("./database/schema.ts")).database(context, options)));
  add("doctor", "check every account, and show what is not well").action(async () =>
    done(
      hasDatabase(context.env)
        ? await (await import("./database/doctor.ts")).doctorInDatabase(context)
        : await (await import("./doctor.ts")).fleetDoctor(context),
    ),
  );
}

/** With a database, this machine is an intake and a worker. */
async function run(context: CommandContext, options: FleetRunOptions): Promise<ExitCode> {
  if (hasDatabase(context.env)) return machine(context, { isIntake: true, isWorker: true, places: options.places });
  return (await import("./run.ts")).runFleet(context, options);
}

async function machine(context: CommandContext, role: Role): Promise<ExitCode> {
  return (await import("./database/run.ts")).runMachine(context, role);
}
