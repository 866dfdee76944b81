import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A browser opens six and Prometheus one; more than this is somebody who does not want to look at the account. */
export const MOST_CONNECTIONS = 200;

/**
 * The open connections. When there are too many, the one that has been idle longest is closed, so that nobody
 * can keep others out by holding connections open. A connection is idle until a request that may be answered
 * has arrived whole, and again after the answer.
 */
export class Connections {
  /** Idle longest first. */
  readonly #idle = new Set<Socket>();
  readonly #answering = new Set<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket) => this.#add(socket));
  }

  /** A request on this connection is being answered. */
  answering(socket: Socket, response: ServerResponse): void {
    if (!this.#idle.delete(socket)) return;
    this.#answering.add(socket);
    response.once("close", () => {
      if (this.#answering.delete(socket) && !socket.destroyed) this.#idle.add(socket);
    });
  }

  #add(socket: Socket): void {
    if (this.#idle.size + this.#answering.size >= MOST_CONNECTIONS) {
      const [longest = socket] = this.#idle;
      this.#forget(longest);
      longest.destroy();
      if (longest === socket) return;
    }
    this.#idle.add(socket);
    socket.once("close", () => this.#forget(socket));
  }

  #forget(socket: Socket): void {
    this.#idle.delete(socket);
    this.#answering.delete(socket);
  }
}
