import { openLog, type SharedLogs } from "../../app/session-logs.ts";
import { secretsOf } from "../../config/secrets.ts";
import type { Config } from "../../domain/config.ts";
import { EXIT, messageOf, TraderError, type ExitCode } from "../../domain/errors.ts";
import { openTradeLog } from "../../logging/logger.ts";
import { UNSEEN_HALT_HINT, unseenMachineHalt } from "../../machine/halt.ts";
import type { CommandContext } from "../context.ts";

/** The logs of a fleet's process. @param secrets besides those of `shared`; one that is added later counts too. */
export function openFleetLogs(
  context: CommandContext,
  shared: Config,
  secrets: string[],
  console: NodeJS.WriteStream | undefined,
): SharedLogs {
  secrets.push(...secretsOf(shared));
  const log = openLog({ ...context, console, command: "run" }, shared, secrets);
  try {
    return { log, tradeLog: openTradeLog({ dir: shared.logDir, mode: shared.mode, group: shared.logGroup, secrets }) };
  } catch (error) {
    log.close();
    throw error;
  }
}

/**
 * Runs a daemon of the fleet: logs why it fails, and closes its logs.
 * @returns 0 when `work` ends, because it was stopped. @throws what `work` throws.
 */
export async function asFleetProcess({ log, tradeLog }: SharedLogs, shared: Config, work: () => Promise<void>): Promise<ExitCode> {
  const onFatal = (error: Error): void => log.error(messageOf(error));
  process.on("uncaughtExceptionMonitor", onFatal);
  try {
    const unseen = unseenMachineHalt(shared.haltFiles);
    if (unseen !== undefined) log.warn(`Warning: ${unseen}`, { hint: UNSEEN_HALT_HINT });
    await work();
    log.info("Stopped.");
    return EXIT.ok;
  } catch (error) {
    log.error(messageOf(error), error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {});
    throw error;
  } finally {
    process.off("uncaughtExceptionMonitor", onFatal);
    tradeLog.close();
    log.close();
  }
}
