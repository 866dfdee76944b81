import { secretsOf } from "../config/secrets.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config, Environment } from "../domain/config.ts";
import type { Logger, TradeLog } from "../logging/logger.ts";
import { createLogger, openTradeLog } from "../logging/logger.ts";
import { UNSEEN_HALT_HINT, unseenMachineHalt } from "../machine/halt.ts";

export interface LogOptions {
  readonly env: Environment;
  readonly clock: Clock;
  /** The command as typed, for locks and messages. */
  readonly command: string;
  /** Where log lines go besides the files. */
  readonly console: NodeJS.WriteStream | undefined;
  readonly verbose: boolean;
}

/** Logs that the sessions of one process share; their opener closes them. */
export interface SharedLogs {
  readonly log: Logger;
  readonly tradeLog: TradeLog;
}

/** The logs of one installation, closed by `closers`. */
export function openLogs(options: LogOptions, config: Config, closers: (() => unknown)[]): SharedLogs {
  const log = openLog(options, config);
  closers.push(() => log.close());
  const unseen = unseenMachineHalt(config.haltFiles);
  if (unseen !== undefined) log.warn(`Warning: ${unseen}`, { hint: UNSEEN_HALT_HINT });
  const tradeLog = openTradeLog({ dir: config.logDir, mode: config.mode, group: config.logGroup, secrets: secretsOf(config) });
  closers.push(() => tradeLog.close());
  return { log, tradeLog };
}

/** The lines of one account name it. Its session does not close what it shares. */
export function logsOf({ account, log, tradeLog }: SharedLogs & { readonly account: string }): SharedLogs {
  const own = log.child({ account });
  return {
    log: {
      ...own,
      get lostLines() {
        return log.lostLines;
      },
      close: () => undefined,
    },
    tradeLog: { file: tradeLog.file, append: (entry) => tradeLog.append({ account_name: account, ...entry }), close: () => undefined },
  };
}

/** The log of a command that trades. @param options its console, if it has one. @param secrets what must not be shown; more may be added later. */
export function openLog(options: LogOptions, config: Config, secrets: readonly string[] = secretsOf(config)): Logger {
  return createLogger({
    dir: config.logDir,
    group: config.logGroup,
    clock: options.clock,
    zone: config.alertsTimezone,
    console: options.console,
    colour: options.console?.isTTY === true && (options.env.NO_COLOR ?? "") === "",
    level: options.verbose ? "debug" : "info",
    secrets,
    afterTurn: options.command === "run",
  });
}
