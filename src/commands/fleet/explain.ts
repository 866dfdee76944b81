import type { ExitCode } from "../../domain/errors.ts";
import type { CommandContext } from "../context.ts";
import { explain, explainFrom, type ExplainOptions } from "../explain.ts";
import { hasDatabase } from "./has-database.ts";
import { contextOf } from "./one-account.ts";

/** Explains one account's result, from its ledger alone. */
export async function explainAccount(
  context: CommandContext,
  name: string,
  id: string | undefined,
  options: ExplainOptions,
): Promise<ExitCode> {
  if (!hasDatabase(context.env)) return explain({ ...context, env: contextOf(context, name).env }, id, options);
  const { withSavedLedger } = await import("./database/read.ts");
  return withSavedLedger(context, name, (ledger, { alertsTimezone }) => explainFrom(ledger, alertsTimezone, id, options, context));
}
