import type { StreamSocket } from "../../src/broker/stream-connection.ts";
import type { Venue, VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Chance } from "./chance.ts";
import type { Delivery, Fault } from "./faults/fault.ts";
import { isPost, RESET } from "./faults/fault.ts";
import type { Life } from "./life.ts";
import type { Machine } from "./machine.ts";
import type { Trace } from "./trace.ts";
import { leanFetch } from "./wire.ts";

/** Those who watch the wire. */
export interface NetworkObserver {
  /** The process hands a request to its machine. */
  onSend(life: Life, url: string, request: { readonly method: string; readonly body: string }): void;
  /** A request reaches the venue and is about to be carried out. */
  onArrival(request: VenueRequest): void;
  /** An answer reaches the process. */
  onDelivered(life: Life, request: VenueRequest, response: VenueResponse): void;
  onSocket(life: Life, url: string): void;
  /** The venue itself broke: an order that it should never have been able to fill, for example. */
  onVenueFailure(error: unknown): void;
}

export interface NetworkParts {
  readonly clock: VirtualClock;
  readonly venue: Venue;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly observer: NetworkObserver;
  /** The faults that are at work now. */
  readonly faults: () => readonly Fault[];
}

type Handler = (...args: never[]) => void;

/** No connection and no gateway holds a request longer, whoever sleeps meanwhile. */
const LONGEST_ON_THE_WAY_MS = 300_000;

/** What lies between the process and the venue: latency, and whatever goes wrong on the way. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #sockets = new Map<() => void, Life>();
  #machine: Machine | undefined;
  #nights = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  attach(machine: Machine): void {
    this.#machine = machine;
  }

  fetchOf(life: Life): typeof fetch {
    const send = leanFetch((request, givenUp) => this.#handle(life, request, givenUp));
    return (input, init) => {
      if (life.isDead) return never();
      const body = typeof init?.body === "string" ? init.body : "";
      this.#parts.observer.onSend(life, input as string, { method: init?.method ?? "GET", body });
      return send(input, init);
    };
  }

  /** Ends every stream connection from the venue's side. */
  dropStreams(): void {
    for (const drop of [...this.#sockets.keys()]) drop();
  }

  /** Hours pass: no request takes that long. */
  loseWhatIsOnTheWay(): void {
    this.#nights += 1;
  }

  /** The process has gone, and its connections with it. */
  hangUp(gone: Life): void {
    for (const [drop, life] of [...this.#sockets]) if (life === gone) drop();
  }

  async #handle(life: Life, request: VenueRequest, givenUp: AbortSignal | undefined): Promise<VenueResponse> {
    const { chance, observer, trace } = this.#parts;
    const post = isPost(request);
    trace.say("request", () => `→ ${request.method} ${request.url}${request.body === "" ? "" : ` ${request.body}`}`);
    // A process that dies now may have got its last request out, or may not.
    if (!life.isDead) this.#machine?.diesAtRequest("before", post);
    if (life.isDead && chance.happens(0.5)) return never();
    await this.#pass(chance.whole(2, 40));
    const [night, sentAt] = [this.#nights, this.#parts.clock.now()];
    const fate = await this.#onTheWay(request);
    if (night !== this.#nights || this.#parts.clock.now() - sentAt > LONGEST_ON_THE_WAY_MS) return never();
    const answer = fate ?? (await this.#atVenue(request));
    if (!life.isDead && this.#machine?.diesAtRequest("after", post) === true) return never();
    const response = await this.#onTheWayBack(request, answer);
    await this.#pass(chance.whole(2, 40));
    // Nobody hears the answer to a request that was given up.
    if (life.isDead || givenUp?.aborted === true) return never();
    trace.say("answer", () => `← ${request.method} ${request.url.split("?")[0] ?? ""} ${describe(response)}`);
    observer.onDelivered(life, request, response);
    return response;
  }

  async #onTheWay(request: VenueRequest): Promise<VenueResponse | undefined> {
    for (const fault of this.#parts.faults()) {
      const fate = fault.onRequest?.(request);
      if (fate?.kind === "lost") return RESET;
      if (fate?.kind === "answered") return fate.response;
      if (fate?.kind === "late") await this.#pass(fate.ms);
    }
    return undefined;
  }

  async #atVenue(request: VenueRequest): Promise<VenueResponse> {
    const { observer, venue } = this.#parts;
    try {
      observer.onArrival(request);
      return await venue.handle(request);
    } catch (error) {
      observer.onVenueFailure(error);
      return RESET;
    }
  }

  async #onTheWayBack(request: VenueRequest, answer: VenueResponse): Promise<VenueResponse> {
    let response = answer;
    for (const fault of this.#parts.faults()) {
      const fate = fault.onAnswer?.(request, response);
      if (fate?.kind === "instead") response = fate.response;
      if (fate?.kind === "late") await this.#pass(fate.ms);
    }
    return response;
  }

  #pass(ms: number): Promise<void> {
    return this.#parts.clock.sleep(ms);
  }

  /** A websocket that ends in the venue without a network; frames keep their order unless a fault changes it. */
  socketOf(life: Life, url: string): StreamSocket {
    const { clock, venue, trace, chance, faults, observer } = this.#parts;
    observer.onSocket(life, url);
    const latencyMs = chance.whole(5, 40);
    const handlers = new Map<string, Handler[]>();
    const emit = (event: string, ...args: unknown[]): void => {
      if (life.isDead) return;
      for (const handler of handlers.get(event) ?? []) (handler as (...all: unknown[]) => void)(...args);
    };
    const deliver = (frame: string, then: (frame: string) => void): void => {
      let deliveries: readonly Delivery[] = [{ frame, delayMs: latencyMs }];
      for (const fault of faults()) deliveries = deliveries.flatMap((delivery) => fault.onFrame?.(delivery) ?? [delivery]);
      for (const delivery of deliveries) clock.after(delivery.delayMs, () => then(delivery.frame));
    };
    life.openSockets += 1;
    const socket = {
      readyState: 0,
      on(event: string, handler: Handler) {
        handlers.set(event, [...(handlers.get(event) ?? []), handler]);
        return socket;
      },
      off: () => socket,
      removeAllListeners: () => {
        handlers.clear();
        return socket;
      },
      send: (frame: string | Uint8Array) => void clock.after(latencyMs, () => socket.readyState === 1 && session.receive(frame)),
      ping: () => deliver("", () => socket.readyState === 1 && emit("pong")),
      close: () => socket.terminate(),
      terminate: () => {
        if (socket.readyState === 3) return;
        socket.readyState = 3;
        life.openSockets -= 1;
        this.#sockets.delete(drop);
        session.closed();
        clock.after(0, () => emit("close", 1006, Buffer.from("")));
      },
    };
    const drop = (): void => socket.terminate();
    this.#sockets.set(drop, life);
    const session = venue.openStream(
      (frame) => deliver(frame, (text) => socket.readyState === 1 && emit("message", Buffer.from(text), true)),
      drop,
    );
    const refused = faults().some((fault) => fault.refusesStream?.() === true);
    trace.say("stream", () => (refused ? "a connection is refused" : "connects"));
    clock.after(latencyMs, () => {
      if (socket.readyState === 3) return;
      if (refused) {
        emit("error", new Error("connect ECONNREFUSED"));
        socket.terminate();
        return;
      }
      socket.readyState = 1;
      emit("open");
    });
    return socket;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function describe({ status, body, cut }: VenueResponse): string {
  if (cut === "connection") return "(reset)";
  return `${String(status)}${cut === "body" ? " (cut)" : ""} ${body.length > 160 ? `${body.slice(0, 160)}…` : body}`;
}
