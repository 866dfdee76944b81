import type { Clock } from "../domain/clock.ts";
import { modeNoun, type Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { ledgerLockFile, ledgerFile } from "../config/files.ts";
import type { BrokerAccess } from "../dashboard/broker-view.ts";
import { DashboardView } from "../dashboard/dashboard-view.ts";
import { OnDemandBroker } from "../dashboard/on-demand-broker.ts";
import { DashboardServer } from "../dashboard/server.ts";
import { installationToken, loginNote } from "../dashboard/token-file.ts";
import { secretsOf } from "../config/secrets.ts";
import { connectVenue, venueName } from "../app/venue-access.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
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
 * The dashboard without the daemon, or next to it on another port. It trades nothing and holds no lock.
 * Returns 0 when stopped by a signal.
 * @throws TraderError when the ledger cannot be read, or the requested port cannot be used.
 */
export async function dashboard(context: CommandContext, options: DashboardCommandOptions): Promise<ExitCode> {
  const config = loadConfig(context.env);
  // Migrates an older ledger, and fails early on a damaged one.
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

/** A running daemon already uses the configured port; only an explicitly requested port is mandatory. */
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
  const login = settings.isOpen ? [] : [`Open it with this one-time login link: ${link}`];
  return [`Dashboard: ${address} (${modeNoun(mode)})${loginNote(settings, stateDir)}`, ...login, "Read-only. Press Ctrl-C to stop."];
}

/**
 * Keeps a connection to Alpaca. In simulator mode it connects for each read only: otherwise this process
 * would run the venue, and a daemon started meanwhile would lose it when this process stops.
 */
function accessFor(config: Config, clock: Clock): BrokerAccess {
  const simulated = config.alpaca === undefined;
  return new OnDemandBroker({
    name: venueName(config),
    stay: !simulated,
    open: () => connectVenue(config, clock, "dashboard"),
  });
}
