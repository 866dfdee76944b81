import type { TradingSession } from "./trading-session.ts";
import { secretsOf } from "../config/secrets.ts";
import type { DaemonState } from "../dashboard/health.ts";
import type { WebServer } from "../dashboard/web-server.ts";
import { ledgerFile } from "../config/files.ts";
import { BackgroundServer, type ServerBasics } from "./background-server.ts";

/** The daemon's dashboard. It reads the ledger through its own read-only connection. */
export class DashboardService extends BackgroundServer {
  constructor(session: TradingSession, daemonState: () => DaemonState, terminal: NodeJS.WriteStream) {
    const { config, log } = session;
    super({ config, log, terminal, secrets: secretsOf(config), make: (basics) => made(session, daemonState, basics) });
  }
}

async function made({ config, clock, broker }: TradingSession, daemonState: () => DaemonState, basics: ServerBasics): Promise<WebServer> {
  const [{ DashboardServer }, { DashboardView }] = await Promise.all([
    import("../dashboard/server.ts"),
    import("../dashboard/dashboard-view.ts"),
  ]);
  const since = clock.now();
  const view = new DashboardView({
    config,
    clock,
    ledgerFile: ledgerFile(config),
    // Uses the daemon's connection, whose rate limit lets orders go first.
    broker: { name: broker.name, read: (ask) => ask(broker), close: () => Promise.resolve() },
    daemon: () => ({ pid: process.pid, since }),
    daemonState,
  });
  return new DashboardServer({ ...basics, view, clock });
}
