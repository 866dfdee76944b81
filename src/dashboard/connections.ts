import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A browser opens six and Prometheus one; more is not normal use. */
export const MOST_CONNECTIONS = 200;

/**
 * The open connections. Above the limit, each new one closes an old one, so that nobody can lock others out by
 * holding connections open: first the one with the oldest last request, and connections of authorised clients only
 * when no others are left.
 */
export class Connections {
  /** Oldest last request first. */
  readonly #others = new Set<Socket>();
  readonly #answering = new Set<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket) => this.#add(socket));
  }

  /** A request that needs no authorisation. */
  used(socket: Socket): void {
    if (this.#others.delete(socket)) this.#others.add(socket);
  }

  /** A request of an authorised client is being answered. */
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
