import type { WebServer, WebServerOptions } from "../dashboard/web-server.ts";
import { installationToken, loginNote } from "../dashboard/token-file.ts";
import type { Config } from "../domain/config.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { createRedaction, type Log } from "../logging/logger.ts";

/** What every server of a dashboard is made with. */
export type ServerBasics = Pick<WebServerOptions, "config" | "installationToken" | "redact" | "onProblem">;

export interface BackgroundServerParts {
  readonly config: Pick<Config, "dashboard" | "stateDir">;
  readonly log: Log;
  readonly terminal: NodeJS.WriteStream;
  /** Must not appear in any answer. */
  readonly secrets: readonly string[];
  readonly make: (basics: ServerBasics) => Promise<WebServer>;
}

/** A dashboard that starts in the background, and only ever fails with a warning. */
export class BackgroundServer {
  readonly #parts: BackgroundServerParts;
  #opening: Promise<WebServer | undefined> = Promise.resolve(undefined);

  constructor(parts: BackgroundServerParts) {
    this.#parts = parts;
  }

  /** Starts opening it. */
  start(): void {
    const { port } = this.#parts.config.dashboard;
    if (port === "off") return;
    this.#opening = this.#open(port).catch((error: unknown) => {
      const hint = error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {};
      this.#parts.log.warn(`The dashboard, /metrics and /healthz are not available. ${messageOf(error)}`, hint);
      return undefined;
    });
  }

  async close(): Promise<void> {
    const server = await this.#opening;
    await server?.close();
  }

  async #open(port: number): Promise<WebServer> {
    const { config, log, secrets, make } = this.#parts;
    const token = config.dashboard.isOpen ? undefined : installationToken(config.stateDir);
    const server = await make({
      config: config.dashboard,
      installationToken: token,
      redact: createRedaction([...secrets, ...(token === undefined ? [] : [token])]),
      onProblem: (text) => log.warn(text),
    });
    try {
      this.#announce(await server.listen(port), server);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Groups can read the log and administrators the journal, so the login link is shown only on a terminal. */
  #announce(address: string, server: WebServer): void {
    const { config, log, terminal } = this.#parts;
    log.info(`Dashboard: ${address}${loginNote(config.dashboard, config.stateDir)}`);
    if (!config.dashboard.isOpen && terminal.isTTY)
      terminal.write(`Open the dashboard with this one-time login link: ${server.linkTo(address)}\n`);
  }
}
