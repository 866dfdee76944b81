import { lookup } from "node:dns/promises";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Connections } from "./connections.ts";

/** A normal client sends its request faster; a slow one occupies a connection. */
const HEADERS_LIMIT_MS = 5_000;
const REQUEST_LIMIT_MS = 10_000;
/** How often slow connections are checked. */
const DAWDLERS_EVERY_MS = 2_000;
/** Between two requests; a page sends the next one sooner, and a new connection costs nothing much. */
const IDLE_LIMIT_MS = 5_000;

/** The dashboard's port: Node's own server, so that it can wait for somebody to look before anything else is loaded. */
export class Listener {
  readonly connections = new Connections();
  readonly server: Server;
  readonly #answer: RequestListener;
  readonly #others: Server[] = [];

  constructor(answer: RequestListener) {
    this.#answer = answer;
    this.server = this.#made();
  }

  /**
   * @returns the port, which the system chooses for 0.
   * @throws the system's error when it cannot listen there.
   */
  async listen(host: string, port: number): Promise<number> {
    await begun(this.server, host, port);
    const own = this.server.address() as AddressInfo;
    if (host === "localhost") await this.#listenBeside(own);
    return own.port;
  }

  /** Ends every connection, open event streams too. */
  async close(): Promise<void> {
    await Promise.all([this.server, ...this.#others].map(ended));
  }

  /** `localhost` is an address of each family, and a browser may take either. */
  async #listenBeside({ address: own, port }: AddressInfo): Promise<void> {
    const addresses = await lookup("localhost", { all: true }).catch(() => []);
    for (const { address } of addresses.filter((each) => each.address !== own)) {
      const server = this.#made();
      try {
        await begun(server, address, port);
        this.#others.push(server);
      } catch {
        // The machine has no such address, or another program has its port; the first one works.
      }
    }
  }

  #made(): Server {
    const limits = { headersTimeout: HEADERS_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS, keepAliveTimeout: IDLE_LIMIT_MS };
    const server = createServer({ ...limits, connectionsCheckingInterval: DAWDLERS_EVERY_MS }, this.#answer);
    this.connections.watch(server);
    return server;
  }
}

function begun(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
