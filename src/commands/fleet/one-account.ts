import { stateDirFrom } from "../../config/state-dir.ts";
import { EXIT, TraderError } from "../../domain/errors.ts";
import { AccountDirectories, unknownAccount, type StoredAccount } from "../../fleet/account-store.ts";
import { accountEnvironment } from "../../fleet/fleet-settings.ts";
import { textIn } from "../../config/text-in.ts";
import type { CommandContext } from "../context.ts";
import { hasDatabase } from "./has-database.ts";

/** What a command for one account of the fleet sees. @throws TraderError (78) when there is no such account. */
export function contextOf(context: CommandContext, name: string): CommandContext {
  refuseDatabase(context, "account");
  const accounts = new AccountDirectories(stateDirFrom(context.env));
  const account = accounts.find(name);
  if (account === undefined) throw unknownAccount(name, accounts.list());
  return { ...context, env: accountEnvironment(context.env, account) };
}

/** The contexts of one account, or of all accounts of a group. @throws TraderError (78) when there is none. */
export function contextsOf(context: CommandContext, { account, group }: { account?: string; group?: string }): CommandContext[] {
  if (account !== undefined) return [contextOf(context, account)];
  if (group === undefined) return [context];
  refuseDatabase(context, "group");
  const stored = new AccountDirectories(stateDirFrom(context.env)).list();
  const members = stored.filter(({ settings }) => textIn(settings, "FLEET_GROUP") === group);
  if (members.length > 0) return members.map((member) => ({ ...context, env: accountEnvironment(context.env, member) }));
  throw new TraderError(`No account of the fleet is in the group ${group}.`, {
    code: "fleet-account",
    hint: groupsText(stored),
    exitCode: EXIT.configuration,
  });
}

/** A machine's directories know nothing of the accounts in a database. */
function refuseDatabase({ env }: CommandContext, option: "account" | "group"): void {
  if (!hasDatabase(env)) return;
  throw new TraderError(`--${option} is for a fleet in one process, and FLEET_DATABASE is set.`, {
    code: "configuration",
    hint: "Commands for a fleet with a database begin with `fleet`: `fleet explain NAME`, `fleet halt --account NAME`, `fleet resume --group NAME`.",
    exitCode: EXIT.configuration,
  });
}

function groupsText(stored: readonly StoredAccount[]): string {
  const groups = [...new Set(stored.flatMap(({ settings }) => textIn(settings, "FLEET_GROUP") ?? []))].toSorted();
  return groups.length === 0
    ? "`alpaca-trader fleet set NAME FLEET_GROUP=family` puts one into a group."
    : `There are ${groups.join(", ")}.`;
}
