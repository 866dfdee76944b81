import type { Clock, Timer } from "../domain/clock.ts";
import { credentialsNoun, type AlpacaCredentials } from "../domain/credentials.ts";
import { messageOf } from "../domain/errors.ts";
import type { OrderStream, OrderStreamListener, OrderUpdate, StreamState } from "../domain/broker.ts";
import { toOrderUpdate } from "./order-mapping.ts";
import type { Redact } from "./redaction.ts";
import type { CreateSocket } from "./stream-connection.ts";
import { StreamConnection } from "./stream-connection.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 64_000;
/** A single rejection may be a glitch at the venue; repeated rejections lock accounts. */
const PAUSE_AFTER_REJECTION_MS = 30_000;
/** Only a connection that lasted this long resets the pause. */
const STEADY_AFTER_MS = 30_000;
/** Spread of the pauses, so that many daemons do not reconnect at the same time. */
const JITTER = 0.2;

export interface OrderStreamOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly credentials: AlpacaCredentials;
  readonly createSocket: CreateSocket;
  readonly redact: Redact;
  /** From 0 to 1; 0.5 means no jitter. */
  readonly random: () => number;
  readonly listener: OrderStreamListener;
}

/**
 * Follows the trade updates until it is closed.
 *
 * - `connecting`: socket, authentication and subscription in progress, up to 10 s.
 * - `listening`: the venue has acknowledged the subscription. Missed updates are not replayed; the listener reads
 *   them over REST now.
 * - `lost`: the connection ended for any reason, rejected keys or tokens included; the next one starts after a pause of 1 s,
 *   doubling to 64 s.
 * - `closed`: by us, permanently.
 */
export class ReconnectingOrderStream implements OrderStream {
  readonly #options: OrderStreamOptions;
  #state: StreamState = "connecting";
  #connection: StreamConnection | undefined;
  #pause: Timer | undefined;
  #failures = 0;
  #listeningSince: number | undefined;

  constructor(options: OrderStreamOptions) {
    this.#options = options;
    // A turn later, so that the caller has the stream before the first state arrives.
    this.#pause = options.clock.after(0, () => this.#connect());
  }

  get state(): StreamState {
    return this.#state;
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#pause?.cancel();
    this.#connection?.close();
    this.#enter("closed", "closed by this program");
  }

  #connect(): void {
    const { clock, url, credentials, createSocket } = this.#options;
    this.#enter("connecting", "");
    this.#connection = new StreamConnection({
      clock,
      url,
      credentials,
      createSocket,
      events: {
        onListening: () => this.#listening(),
        onUpdate: (message) => this.#update(message),
        onProblem: (detail) => this.#problem(detail),
        onEnd: (detail, isRejected) => this.#lost(detail, isRejected),
      },
    });
    this.#connection.connect();
  }

  #listening(): void {
    this.#listeningSince ??= this.#options.clock.monotonic();
    this.#enter("listening", "");
  }

  #lost(detail: string, isRejected: boolean): void {
    const { clock, credentials } = this.#options;
    const steady = this.#listeningSince !== undefined && clock.monotonic() - this.#listeningSince >= STEADY_AFTER_MS;
    this.#listeningSince = undefined;
    this.#failures = steady ? 1 : this.#failures + 1;
    this.#pause = clock.after(this.#pauseMs(isRejected), () => this.#connect());
    this.#enter("lost", isRejected ? `the venue rejected ${credentialsNoun(credentials)}` : detail);
  }

  #pauseMs(isRejected: boolean): number {
    const doubled = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 10), LONGEST_PAUSE_MS);
    const pauseMs = isRejected ? Math.max(doubled, PAUSE_AFTER_REJECTION_MS) : doubled;
    return pauseMs * (1 + JITTER * (2 * this.#options.random() - 1));
  }

  #update(message: unknown): void {
    let update: OrderUpdate;
    try {
      update = toOrderUpdate(message, this.#options.clock.now());
    } catch (error) {
      this.#problem(`an update could not be read: ${messageOf(error)}`);
      return;
    }
    this.#tell((listener) => listener.onUpdate(update));
  }

  #problem(detail: string): void {
    this.#options.listener.onProblem?.(this.#options.redact(detail));
  }

  #enter(state: StreamState, detail: string): void {
    if (this.#state === "closed") return;
    this.#state = state;
    this.#tell((listener) => listener.onState(state, this.#options.redact(detail)));
  }

  /** The SDK swallows exceptions of callbacks; a listener's failure must be visible. */
  #tell(message: (listener: OrderStreamListener) => void): void {
    try {
      message(this.#options.listener);
    } catch (error) {
      this.#problem(`the listener failed: ${messageOf(error)}`);
    }
  }
}
