import { RunOnce, type RunOnceOptions } from "../app/run-once.ts";
import type { ExitCode } from "../domain/errors.ts";
import type { CommandContext } from "./context.ts";
import { tradeOnce } from "./trade-once.ts";

/** Executes once the newest run in each strategy's alerts file. */
export function execute(
  context: CommandContext,
  options: Pick<RunOnceOptions, "dryRun" | "ignoreMarketHours" | "finish">,
): Promise<ExitCode> {
  return tradeOnce(context, "execute", (session, stopping) => new RunOnce(session, context.out, options, stopping).act());
}
