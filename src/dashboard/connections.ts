import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A browser opens six and Prometheus one; more than this is somebody who does not want to look at the account. */
export const MOST_CONNECTIONS = 200;

/**
 * The open connections. Where there are too many, one is closed for each new one, so that nobody can keep others
 * out by holding connections open: the one whose last request is longest ago, and one that answers somebody who
 * was let in only when there is no other.
 */
export class Connections {
  /** Last request longest ago first. */
  readonly #others = new Set<Socket>();
  readonly #answering = new Set<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket) => this.#add(socket));
  }

  /** A request has come that anybody may make. */
  used(socket: Socket): void {
    if (this.#others.delete(socket)) this.#others.add(socket);
  }

  /** A request of somebody who was let in is being answered. */
  answering(socket: Socket, response: ServerResponse): void {
    if (!this.#others.delete(socket)) return;
    this.#answering.add(socket);
    response.once("close", () => {
      if (this.#answering.delete(socket) && !socket.destroyed) this.#others.add(socket);
    });
  }

  #add(socket: Socket): void {
    const [oldest] = [...this.#others, ...this.#answering];
    if (oldest !== undefined && this.#others.size + this.#answering.size >= MOST_CONNECTIONS) {
      this.#forget(oldest);
      oldest.destroy();
    }
    this.#others.add(socket);
    socket.once("close", () => this.#forget(socket));
  }

  #forget(socket: Socket): void {
    this.#others.delete(socket);
    this.#answering.delete(socket);
  }
}
