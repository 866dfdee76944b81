import { accepts, type Credentials } from "./credentials.ts";
import type { TradeUpdate } from "./trade-updates.ts";
import { venueJson } from "./wire.ts";

const TRADE_UPDATES = "trade_updates";

/** One client's connection to `/stream`, whatever carries its frames. */
export interface StreamSession {
  /** A frame from the client, JSON in text or bytes. */
  receive(frame: string | Uint8Array): void;
  /** The client has gone. */
  closed(): void;
}

/** Server side of the trade-updates protocol. Frames go out as JSON texts; nothing is ever replayed. */
export class StreamConnection implements StreamSession {
  readonly #credentials: Credentials | undefined;
  readonly #send: (frame: string) => void;
  readonly #close: () => void;
  readonly #onClosed: (connection: StreamConnection) => void;
  #authorized = false;
  #streams: readonly string[] = [];

  constructor(
    credentials: Credentials | undefined,
    send: (frame: string) => void,
    close: () => void,
    onClosed: (connection: StreamConnection) => void,
  ) {
    this.#credentials = credentials;
    this.#send = send;
    this.#close = close;
    this.#onClosed = onClosed;
  }

  receive(frame: string | Uint8Array): void {
    const message = parse(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
    const data = isObject(message.data) ? message.data : {};
    switch (message.action) {
      case "authenticate":
        this.#authenticate(data.key_id, data.secret_key);
        return;
      case "auth":
        this.#authenticate(message.key, message.secret);
        return;
      case "listen":
        this.#listen(data.streams);
        return;
      default:
        this.#send(venueJson({ action: "error", data: { error_message: "invalid action" } }));
    }
  }

  /** Passes an update on to a client that listens; `frames` are what is left of it after faults. */
  deliver(frames: readonly string[]): void {
    if (this.#authorized && this.#streams.includes(TRADE_UPDATES)) for (const frame of frames) this.#send(frame);
  }

  closed(): void {
    this.#onClosed(this);
  }

  /** Ends the connection from the venue's side. */
  drop(): void {
    this.#onClosed(this);
    this.#close();
  }

  #authenticate(keyId: unknown, secret: unknown): void {
    this.#authorized = accepts(this.#credentials, keyId, secret);
    this.#reply("authenticate");
  }

  #listen(streams: unknown): void {
    if (!this.#authorized) {
      this.#reply("listen");
      return;
    }
    this.#streams = Array.isArray(streams) ? streams.filter((name): name is string => name === TRADE_UPDATES) : [];
    this.#send(venueJson({ stream: "listening", data: { streams: this.#streams } }));
  }

  #reply(action: "authenticate" | "listen"): void {
    const status = this.#authorized ? "authorized" : "unauthorized";
    this.#send(venueJson({ stream: "authorization", data: { action, status } }));
  }
}

export function updateFrame(update: TradeUpdate): string {
  return venueJson({ stream: TRADE_UPDATES, data: update });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
