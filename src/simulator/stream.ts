import type { AlpacaCredentials } from "../domain/credentials.ts";
import { accepts, messageIn, shownInMessage } from "./credentials.ts";
import type { TradeUpdate } from "./orders.ts";
import { venueJson } from "./wire.ts";

const TRADE_UPDATES = "trade_updates";

/** One client's connection to `/stream`, independent of its transport. */
export interface StreamSession {
  /** A frame from the client, JSON as text or bytes. */
  receive(frame: string | Uint8Array): void;
  closed(): void;
}

interface StreamLine {
  readonly credentials: AlpacaCredentials | undefined;
  readonly reply: (frame: string) => void;
  readonly send: (frame: string) => void;
  readonly close: () => void;
  readonly onClosed: (connection: StreamConnection) => void;
}

/** Server side of the trade-updates protocol. Frames are JSON texts; nothing is ever replayed. */
export class StreamConnection implements StreamSession {
  readonly #line: StreamLine;
  #authorized = false;
  #streams: readonly string[] = [];

  constructor(line: StreamLine) {
    this.#line = line;
  }

  receive(frame: string | Uint8Array): void {
    const message = messageIn(frame);
    switch (message.action) {
      case "authenticate":
      case "auth":
        this.#authorized = accepts(this.#line.credentials, shownInMessage(message));
        this.#reply("authenticate");
        return;
      case "listen":
        this.#listen(message.data);
        return;
      default:
        this.#line.reply(venueJson({ action: "error", data: { error_message: "invalid action" } }));
    }
  }

  /** Passes an update to a listening client; `frames` are those left after faults. */
  deliver(frames: readonly string[]): void {
    if (this.#authorized && this.#streams.includes(TRADE_UPDATES)) for (const frame of frames) this.#line.send(frame);
  }

  closed(): void {
    this.#line.onClosed(this);
  }

  drop(): void {
    this.#line.onClosed(this);
    this.#line.close();
  }

  #listen(data: unknown): void {
    if (!this.#authorized) {
      this.#reply("listen");
      return;
    }
    const streams: unknown = typeof data === "object" && data !== null && "streams" in data ? data.streams : undefined;
    this.#streams = Array.isArray(streams) ? streams.filter((name): name is string => name === TRADE_UPDATES) : [];
    this.#line.reply(venueJson({ stream: "listening", data: { streams: this.#streams } }));
  }

  #reply(action: "authenticate" | "listen"): void {
    const status = this.#authorized ? "authorized" : "unauthorized";
    this.#line.reply(venueJson({ stream: "authorization", data: { action, status } }));
  }
}

export function updateFrame(update: TradeUpdate): string {
  return venueJson({ stream: TRADE_UPDATES, data: update });
}

/** The update in a frame, as text; a frame that a fault has spoilt as it is. */
export function dataOf(frame: string): string {
  const { data } = messageIn(frame);
  return data === undefined ? frame : venueJson(data);
}
