import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { ledgerLockFile, ledgerFile } from "../config/files.ts";
import type { BrokerAccess } from "../dashboard/broker-view.ts";
import { DashboardView } from "../dashboard/dashboard-view.ts";
import { LookingBroker } from "../dashboard/looking-broker.ts";
import { DashboardServer } from "../dashboard/server.ts";
import { installationToken, loginNote } from "../dashboard/token-file.ts";
import { openBroker, openVenue, secretsOf } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import { holderOf } from "../ledger/lock.ts";
import { createRedaction } from "../logging/logger.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";
import { onStopSignal } from "./stop-signals.ts";

const ANY_PORT = 0;

export interface DashboardCommandOptions {
  readonly port?: number;
}

/**
 * The dashboard without the daemon, or beside one: then it takes another port. It trades nothing and holds
 * no lock. Returns 0 when stopped by a signal.
 * @throws TraderError when the ledger cannot be read, or a port that was asked for cannot be used.
 */
export async function dashboard(context: CommandContext, options: DashboardCommandOptions): Promise<ExitCode> {
  const config = loadConfig(context.env);
  // Brings an older ledger up to date, and says at once what is wrong with a damaged one.
  openExistingLedger(config)?.close();
  const server = serverFor(context, config);
  try {
    const address = await listen(server, config, options);
    for (const line of greeting(address, server.linkTo(address), config)) context.out.line(line);
    await new Promise<void>((resolve) => onStopSignal(context.clock, () => resolve()));
  } finally {
    await server.close();
  }
  return EXIT.ok;
}

function serverFor({ clock, err }: CommandContext, config: Config): DashboardServer {
  const view = new DashboardView({
    config,
    clock,
    ledgerFile: ledgerFile(config),
    broker: accessFor(config, clock),
    daemon: () => {
      const holder = holderOf(ledgerLockFile(config));
      return holder?.command === "run" ? { pid: holder.pid, since: holder.startedAt } : undefined;
    },
  });
  const token = config.dashboard.isOpen ? undefined : installationToken(config.stateDir);
  return new DashboardServer({
    view,
    clock,
    config: config.dashboard,
    installationToken: token,
    redact: createRedaction([...secretsOf(config), ...(token === undefined ? [] : [token])]),
    onProblem: (text) => err.line(text),
  });
}

/** The port of the settings is the daemon's own when one runs; only a port asked for by name must be that one. */
async function listen(server: DashboardServer, { dashboard: { port } }: Config, options: DashboardCommandOptions): Promise<string> {
  if (options.port !== undefined) return server.listen(options.port);
  try {
    return await server.listen(port === "off" ? ANY_PORT : port);
  } catch (error) {
    if (!(error instanceof TraderError) || error.code !== "dashboard-port-taken") throw error;
    return server.listen(ANY_PORT);
  }
}

function greeting(address: string, link: string, { mode, dashboard: settings, stateDir }: Config): string[] {
  const login = settings.isOpen ? [] : [`Open it with this link, which logs one browser in, once: ${link}`];
  return [`Dashboard: ${address} (${mode} mode)${loginNote(settings, stateDir)}`, ...login, "It only reads. Stop it with Ctrl-C."];
}

/**
 * A connection to Alpaca is kept. The venue of simulator mode is only visited: whoever stayed would be the
 * one who runs it, and a daemon that started meanwhile would lose it with him.
 */
function accessFor(config: Config, clock: Clock): BrokerAccess {
  const simulated = config.alpaca === undefined;
  return new LookingBroker({
    name: simulated ? "the built-in simulator" : `Alpaca ${config.mode}`,
    stay: !simulated,
    open: async () => {
      const venue = await openVenue(config, clock, "dashboard");
      const broker = await openBroker(config, venue, clock);
      const close = async (): Promise<void> => {
        await broker.close();
        await venue.close();
      };
      return { broker, close };
    },
  });
}
