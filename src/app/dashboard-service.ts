import type { TradingSession } from "./trading-session.ts";
import { secretsOf } from "./trading-session.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import type { DaemonState } from "../dashboard/health.ts";
import type { DashboardServer } from "../dashboard/server.ts";
import { installationToken, loginNote } from "../dashboard/token-file.ts";
import { ledgerFile } from "../config/files.ts";
import { createRedaction } from "../logging/logger.ts";

/**
 * The daemon's dashboard. It starts in the background, reads the ledger through its own read-only
 * connection, and only ever fails with a warning.
 */
export class DashboardService {
  readonly #session: TradingSession;
  readonly #daemonState: () => DaemonState;
  readonly #terminal: NodeJS.WriteStream;
  #opening: Promise<DashboardServer | undefined> = Promise.resolve(undefined);

  constructor(session: TradingSession, daemonState: () => DaemonState, terminal: NodeJS.WriteStream) {
    this.#session = session;
    this.#daemonState = daemonState;
    this.#terminal = terminal;
  }

  /** Starts opening it. */
  start(): void {
    const { port } = this.#session.config.dashboard;
    if (port === "off") return;
    this.#opening = this.#open(port).catch((error: unknown) => {
      const hint = error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {};
      this.#session.log.warn(`The dashboard, /metrics and /healthz are not available. ${messageOf(error)}`, hint);
      return undefined;
    });
  }

  async close(): Promise<void> {
    const server = await this.#opening;
    await server?.close();
  }

  async #open(port: number): Promise<DashboardServer> {
    const { config, clock, broker, log } = this.#session;
    const [{ DashboardServer: Server }, { DashboardView }] = await Promise.all([
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
      daemonState: this.#daemonState,
    });
    const { isOpen } = config.dashboard;
    const token = isOpen ? undefined : installationToken(config.stateDir);
    const redact = createRedaction([...secretsOf(config), ...(token === undefined ? [] : [token])]);
    const options = { view, clock, redact, onProblem: (text: string) => log.warn(text) };
    const server = new Server({ ...options, config: config.dashboard, installationToken: token });
    try {
      this.#announce(await server.listen(port), server);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Groups can read the log and administrators the journal, so the login link is shown only on a terminal. */
  #announce(address: string, server: DashboardServer): void {
    const { dashboard, stateDir } = this.#session.config;
    this.#session.log.info(`Dashboard: ${address}${loginNote(dashboard, stateDir)}`);
    if (!dashboard.isOpen && this.#terminal.isTTY)
      this.#terminal.write(`Open the dashboard with this one-time login link: ${server.linkTo(address)}\n`);
  }
}
