import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The socket that PostgreSQL's clients look for in a directory. */
const SOCKET = ".s.PGSQL.5432";
const BARRIER = Buffer.from("INSERT INTO fleet.journal");

/** What happens at the next barrier: before its statement reaches the database, or before its answer reaches the worker. */
export interface Strike {
  readonly place: "before" | "after";
  /** Holds what is on its way until it resolves. */
  readonly run: () => Promise<void>;
}

/** A way to the database that stops at the barrier of an order. */
export class DatabaseProxy {
  /** For `FLEET_DATABASE`. */
  readonly directory = mkdtempSync(join(tmpdir(), "fleet-way-"));
  /** Once. */
  strike: Strike | undefined;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: string) {
    this.#target = join(target, SOCKET);
    this.#server = createServer((client) => this.#join(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(join(this.directory, SOCKET), resolve));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #join(client: Socket): void {
    const server = connect(this.#target);
    let isAtBarrier = false;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      let before: Promise<void> = Promise.resolve();
      from.on("data", (bytes) => {
        const isBarrier = from === client && Buffer.from(bytes).includes(BARRIER);
        if (isBarrier && this.strike?.place === "after") isAtBarrier = true;
        const struck =
          isBarrier && this.strike?.place === "before" ? this.#struck() : from === server && isAtBarrier ? this.#struck() : undefined;
        if (from === server) isAtBarrier = false;
        const held = Promise.all([before, struck]);
        before = held.then(() => void to.write(bytes));
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        void before.then(() => to.end());
      });
    }
  }

  #struck(): Promise<void> | undefined {
    const strike = this.strike;
    this.strike = undefined;
    return strike?.run();
  }
}
