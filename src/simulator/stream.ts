import type { TradeUpdate } from "./orders.ts";
import { venueJson } from "./wire.ts";

/** The only key pair that the venue accepts; without one, it accepts any pair that is not empty. */
export interface Credentials {
  readonly keyId: string;
  readonly secret: string;
}

export function accepts(expected: Credentials | undefined, keyId: unknown, secret: unknown): boolean {
  if (typeof keyId !== "string" || typeof secret !== "string" || keyId === "" || secret === "") return false;
  return expected === undefined || (keyId === expected.keyId && secret === expected.secret);
}

const TRADE_UPDATES = "trade_updates";

/** One client's connection to `/stream`, independent of its transport. */
export interface StreamSession {
  /** A frame from the client, JSON as text or bytes. */
  receive(frame: string | Uint8Array): void;
  closed(): void;
}

interface StreamLine {
  readonly credentials: Credentials | undefined;
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

  #authenticate(keyId: unknown, secret: unknown): void {
    this.#authorized = accepts(this.#line.credentials, keyId, secret);
    this.#reply("authenticate");
  }

  #listen(streams: unknown): void {
    if (!this.#authorized) {
      this.#reply("listen");
      return;
    }
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
