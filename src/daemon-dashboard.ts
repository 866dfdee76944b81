import type { Desk } from "./desk.ts";
import { secretsOf } from "./desk.ts";
import { messageOf, TraderError } from "./errors.ts";
import type { DaemonPulse } from "./dashboard/health.ts";
import type { DashboardServer } from "./dashboard/server.ts";
import { ledgerFile } from "./config.ts";
import { createRedaction } from "./logger.ts";

/**
 * The dashboard of the daemon. It is opened beside the start and not waited for, it looks at the ledger
 * through a connection of its own that cannot write, and what goes wrong in it is a warning.
 */
export class DaemonDashboard {
  readonly #desk: Desk;
  readonly #pulse: () => DaemonPulse;
  #opening: Promise<DashboardServer | undefined> = Promise.resolve(undefined);

  constructor(desk: Desk, pulse: () => DaemonPulse) {
    this.#desk = desk;
    this.#pulse = pulse;
  }

  /** Begins to open it. */
  start(): void {
    const { port } = this.#desk.config.dashboard;
    if (port === "off") return;
    this.#opening = this.#open(port).catch((error: unknown) => {
      const hint = error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {};
      this.#desk.log.warn(`There is no dashboard, no /metrics and no /healthz. ${messageOf(error)}`, hint);
      return undefined;
    });
  }

  async close(): Promise<void> {
    const server = await this.#opening;
    await server?.close();
  }

  async #open(port: number): Promise<DashboardServer> {
    const { config, clock, broker, log } = this.#desk;
    const [{ DashboardServer: Server }, { DashboardView }] = await Promise.all([
      import("./dashboard/server.ts"),
      import("./dashboard/dashboard-view.ts"),
    ]);
    const since = clock.now();
    const view = new DashboardView({
      config,
      clock,
      ledgerFile: ledgerFile(config),
      // The connection is the daemon's: its pace lets orders go first.
      broker: { name: broker.name, read: (ask) => ask(broker), close: () => Promise.resolve() },
      daemon: () => ({ pid: process.pid, since }),
      pulse: this.#pulse,
    });
    const redact = createRedaction(secretsOf(config));
    const server = new Server({ view, clock, config: config.dashboard, redact, onProblem: (text) => log.warn(text) });
    try {
      log.info(`Dashboard: ${await server.listen(port)}`);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }
}
