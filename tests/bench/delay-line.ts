import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { Timer } from "../../src/domain/clock.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { machineMs } from "./machine-time.ts";

/** One HTTP request, at the moment in which its first byte came out of the client. */
export interface WireRequest {
  /** On the machine's clock. */
  readonly at: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

const HOST = "127.0.0.1";
const REQUEST_LINE = /^(GET|POST|PATCH|DELETE) ([^ ?]*)[^ ]* HTTP\/1\.1\r\n/;
/** A request line is shorter. */
const LOOKED_AT_BYTES = 2_048;

/**
 * A way to a server on this machine that is as long as a way to a far one: every byte takes half a round
 * trip in each direction, and a new connection takes a whole one more. It keeps a record of the requests
 * that pass. The client sends one request at a time over a connection, so each of them begins a chunk.
 */
export class DelayLine {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #requests: WireRequest[] = [];
  #roundTripMs = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  static async open(targetPort: number): Promise<DelayLine> {
    const line = new DelayLine(targetPort);
    await new Promise<void>((resolve) => line.#server.listen(0, HOST, resolve));
    return line;
  }

  get url(): string {
    return `http://${HOST}:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Holds for what is sent from now on; 0 lets everything through without a timer. */
  set roundTripMs(ms: number) {
    this.#roundTripMs = ms;
  }

  /** What passed since it was last asked for; the stream's handshake does not count as a request. */
  takeRequests(): WireRequest[] {
    const taken = this.#requests;
    this.#requests = [];
    return taken;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const venue = connect({ port: this.#targetPort, host: HOST, noDelay: true });
    const half = (): number => this.#roundTripMs / 2;
    const there = new Passage(venue, half, this.#roundTripMs);
    const back = new Passage(client, half, 0);
    client.on("data", (chunk: Buffer) => {
      this.#note(chunk);
      there.send(chunk);
    });
    venue.on("data", (chunk: Buffer) => back.send(chunk));
    for (const [socket, other, passage] of [
      [client, venue, there],
      [venue, client, back],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("end", () => passage.end());
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        passage.end();
      });
    }
  }

  #note(chunk: Buffer): void {
    const [, method, path] = REQUEST_LINE.exec(chunk.toString("latin1", 0, LOOKED_AT_BYTES)) ?? [];
    if (method === undefined || path === undefined || path === "/stream") return;
    this.#requests.push({ at: machineMs(), method, path });
  }
}

/** One direction of a connection: what comes in first goes out first, each piece after its time. */
class Passage {
  readonly #to: Socket;
  readonly #delayMs: () => number;
  readonly #openFrom: number;
  #waiting: { readonly dueAt: number; readonly chunk: Buffer | undefined }[] = [];
  #timer: Timer | undefined;

  constructor(to: Socket, delayMs: () => number, handshakeMs: number) {
    this.#to = to;
    this.#delayMs = delayMs;
    this.#openFrom = machineMs() + handshakeMs;
  }

  send(chunk: Buffer): void {
    this.#queue(chunk);
  }

  end(): void {
    this.#queue(undefined);
  }

  #queue(chunk: Buffer | undefined): void {
    const now = machineMs();
    const dueAt = Math.max(now, this.#openFrom) + this.#delayMs();
    if (dueAt <= now && this.#waiting.length === 0) {
      this.#pass(chunk);
      return;
    }
    this.#waiting.push({ dueAt, chunk });
    this.#arm();
  }

  #arm(): void {
    const [first] = this.#waiting;
    if (this.#timer !== undefined || first === undefined) return;
    this.#timer = systemClock.after(Math.max(0, first.dueAt - machineMs()), () => {
      this.#timer = undefined;
      this.#passDue();
      this.#arm();
    });
  }

  #passDue(): void {
    const now = machineMs();
    const due = this.#waiting.findIndex(({ dueAt }) => dueAt > now);
    const passing = this.#waiting.splice(0, due === -1 ? this.#waiting.length : due);
    for (const { chunk } of passing) this.#pass(chunk);
  }

  #pass(chunk: Buffer | undefined): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (chunk === undefined) this.#to.end();
    else this.#to.write(chunk);
  }
}
