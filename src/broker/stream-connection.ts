import { streaming } from "@alpacahq/alpaca-trade-api";
import type { Clock, Timer } from "../domain/clock.ts";
import type { AlpacaCredentials } from "../domain/credentials.ts";
import { messageOf } from "../domain/errors.ts";
import { TokenTradingStream } from "./token-stream.ts";

/** From the first byte to the venue's acknowledgement; the SDK itself would wait forever. */
const ESTABLISH_LIMIT_MS = 10_000;
/** A socket can stay open and silent for hours, so it is pinged. */
const PING_EVERY_MS = 10_000;
const PONG_LIMIT_MS = 5_000;

const { EVENT } = streaming;
const STREAM = "trade_updates";
const NO_REASON = "the connection was closed";

export type StreamSocket = streaming.WebSocketLike;
export type CreateSocket = (url: string) => StreamSocket;

interface ConnectionEvents {
  /** The venue has acknowledged the subscription. */
  onListening(): void;
  onUpdate(message: unknown): void;
  onProblem(detail: string): void;
  /** The connection is over; called once, and never after `close`. */
  onEnd(detail: string, isRejected: boolean): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly credentials: AlpacaCredentials;
  readonly createSocket: CreateSocket;
  readonly events: ConnectionEvents;
}

/**
 * One connection of the trade-updates stream, from connecting to its end. The SDK implements the protocol; its own
 * reconnects and pings are off, because they run on timers outside our clock and because it waits forever for an
 * unanswered authentication.
 */
export class StreamConnection {
  readonly #options: ConnectionOptions;
  readonly #stream: streaming.TradingStream;
  readonly #timers = new Set<Timer>();
  #socket: StreamSocket | undefined;
  #lastHeardAt = 0;
  #lastProblem = NO_REASON;
  #ended = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#stream = tradingStream(options.credentials, {
      url: options.url,
      wsFactory: (url) => this.#open(url),
      maxReconnectAttempts: 0,
      pingIntervalMs: 0,
    });
    this.#stream.onTradeUpdate((update) => options.events.onUpdate(update));
    this.#stream.onError((detail) => this.#problem(detail));
    this.#stream.onDisconnect(() => this.#end(this.#lastProblem));
    this.#stream.on(EVENT.SUBSCRIPTION, (streams: unknown) => this.#acknowledged(streams));
    // Requested before connecting, so that exactly one listen is sent.
    this.#stream.subscribeTradeUpdates();
  }

  connect(): void {
    this.#later(ESTABLISH_LIMIT_MS, () => this.#end(`nothing was acknowledged within ${ESTABLISH_LIMIT_MS / 1000} s`));
    try {
      this.#stream.connect();
    } catch (error) {
      this.#end(messageOf(error));
    }
  }

  /** Ends it silently: no timer and no socket remains. */
  close(): void {
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#stream.disconnect();
    // A closing handshake with a dead peer would keep the socket for half a minute.
    this.#socket?.terminate?.();
  }

  #open(url: string): StreamSocket {
    const socket = this.#options.createSocket(url);
    this.#socket = socket;
    socket.on("pong", () => this.#heard());
    socket.on("message", () => this.#heard());
    return socket;
  }

  #heard(): void {
    this.#lastHeardAt = this.#options.clock.monotonic();
    this.#lastProblem = NO_REASON;
  }

  #acknowledged(streams: unknown): void {
    if (this.#ended) return;
    if (!Array.isArray(streams) || !streams.includes(STREAM)) {
      this.#problem("the venue acknowledged a subscription without trade updates");
      return;
    }
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#later(PING_EVERY_MS, () => this.#ping());
    this.#options.events.onListening();
  }

  #ping(): void {
    const sent = this.#options.clock.monotonic();
    if (this.#socket?.ping === undefined) return;
    try {
      this.#socket.ping();
    } catch (error) {
      this.#end(messageOf(error));
      return;
    }
    this.#later(PONG_LIMIT_MS, () => {
      if (this.#lastHeardAt < sent) this.#end(`no answer to a ping within ${PONG_LIMIT_MS / 1000} s`);
      else this.#later(PING_EVERY_MS - PONG_LIMIT_MS, () => this.#ping());
    });
  }

  #problem(detail: string): void {
    if (this.#ended) return;
    this.#lastProblem = detail;
    this.#options.events.onProblem(detail);
  }

  #end(detail: string): void {
    if (this.#ended) return;
    this.close();
    this.#options.events.onEnd(detail, detail.includes("auth failed"));
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

function tradingStream(
  credentials: AlpacaCredentials,
  options: Omit<streaming.TradingStreamOptions, "credentials">,
): streaming.TradingStream {
  if (credentials.oauthToken !== undefined) return new TokenTradingStream(credentials.oauthToken, options);
  return new streaming.TradingStream({ ...options, credentials: { keyId: credentials.keyId, secret: credentials.secret } });
}
