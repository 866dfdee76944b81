import type { Clock, Timer } from "../../domain/clock.ts";
import { isComplete, isObject, ownerOf, shownInHeaders, type Shown } from "../credentials.ts";
import type { StreamSession } from "../stream.ts";
import type { Codec } from "./codec.ts";
import { errorMessage, StreamError, type StreamErrorCode } from "./stream-error.ts";
import { type Channel, Subscriptions, type SymbolLimit } from "./subscriptions.ts";

/** From the handshake to the end of the authentication. */
const AUTHENTICATION_LIMIT_MS = 10_000;
/** What a client may leave unread. */
const MOST_BACKLOG_BYTES = 4_000_000;
/** Data points in one frame. */
const MOST_POINTS_OF_A_FRAME = 50;
/** As key, the secret is a token of OAuth or of the Broker API. */
const TOKEN_KEYS = ["oauth", "access_token"];

/** The transport of one connection. */
export interface DataLine {
  /** Of the handshake, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly codec: Codec;
  readonly send: (frame: string | Uint8Array) => void;
  readonly close: () => void;
  /** Bytes sent that the client has not taken yet. */
  readonly backlog: () => number;
}

/** A data point for the subscribers of a channel. */
export interface Publication {
  readonly channel: Channel;
  readonly symbol: string;
  readonly message: object;
}

/** One feed of one account's venue, as its connections see it. */
export interface Publishing {
  /** @returns why the connection may not take part. */
  join(connection: DataConnection, owner: string): StreamErrorCode | undefined;
  leave(connection: DataConnection): void;
  readonly limit: SymbolLimit;
  /** Called with the symbols that a client has named, after every change. */
  subscribed(symbols: readonly string[]): void;
}

export interface DataConnectionOptions {
  readonly clock: Clock;
  readonly line: DataLine;
  /** The feed for a client that shows these credentials; `undefined`: they are refused. */
  readonly publishingFor: (shown: Shown) => Publishing | undefined;
}

/**
 * One client's connection to `/v2/{feed}`:
 *
 *     connected ── auth, or headers ──► authenticated ── subscribe, unsubscribe ──► authenticated
 *       │  402 wrong keys, 406 second connection, 409 feed not in the plan: stays, may try again
 *       └─ after 10 s ──► 404, closed
 *
 * A message that it cannot use is answered with an error and changes nothing. A client that does not read gets
 * a 407 and is dropped.
 */
export class DataConnection implements StreamSession {
  readonly subscriptions = new Subscriptions();
  readonly #line: DataLine;
  readonly #publishingFor: DataConnectionOptions["publishingFor"];
  readonly #patience: Timer;
  #publishing: Publishing | undefined;
  #isOver = false;

  constructor({ clock, line, publishingFor }: DataConnectionOptions) {
    this.#line = line;
    this.#publishingFor = publishingFor;
    this.#patience = clock.after(AUTHENTICATION_LIMIT_MS, () => this.fail(404));
    this.#send([{ T: "success", msg: "connected" }]);
    const shown = shownInHandshake(line.headers);
    if (ownerOf(shown) !== "") this.#answering(() => this.#authenticate(shown));
  }

  receive(frame: string | Uint8Array): void {
    if (this.#isOver) return;
    const message = this.#line.codec.decode(typeof frame === "string" ? new TextEncoder().encode(frame) : frame);
    this.#answering(() => {
      if (!isObject(message)) throw new StreamError(400);
      this.#take(message);
    });
  }

  /** Sends those of the data points that it is subscribed to. */
  deliver(publications: readonly Publication[]): void {
    const own = publications.filter(({ channel, symbol }) => this.subscriptions.covers(channel, symbol));
    if (own.length === 0 || this.#isOver) return;
    if (this.#line.backlog() > MOST_BACKLOG_BYTES) {
      this.fail(407);
      return;
    }
    for (let from = 0; from < own.length; from += MOST_POINTS_OF_A_FRAME)
      this.#send(own.slice(from, from + MOST_POINTS_OF_A_FRAME).map(({ message }) => message));
  }

  closed(): void {
    this.#isOver = true;
    this.#patience.cancel();
    this.#publishing?.leave(this);
    this.#publishing = undefined;
  }

  drop(): void {
    if (this.#isOver) return;
    this.closed();
    this.#line.close();
  }

  /** Tells the client why, and drops it. */
  fail(code: StreamErrorCode): void {
    if (this.#isOver) return;
    this.#send([errorMessage(code)]);
    this.drop();
  }

  #take(message: Readonly<Record<string, unknown>>): void {
    switch (message.action) {
      case "auth":
        this.#authenticate(shownInAuth(message));
        return;
      case "subscribe":
      case "unsubscribe":
        this.#subscribe(message.action, message);
        return;
      default:
        throw new StreamError(400);
    }
  }

  #authenticate(shown: Shown): void {
    if (this.#publishing !== undefined) throw new StreamError(403);
    const publishing = isComplete(shown) ? this.#publishingFor(shown) : undefined;
    if (publishing === undefined) throw new StreamError(402);
    const obstacle = publishing.join(this, ownerOf(shown));
    if (obstacle !== undefined) throw new StreamError(obstacle);
    this.#publishing = publishing;
    this.#patience.cancel();
    this.#send([{ T: "success", msg: "authenticated" }]);
  }

  #subscribe(action: "subscribe" | "unsubscribe", message: Readonly<Record<string, unknown>>): void {
    if (this.#publishing === undefined) throw new StreamError(401);
    this.subscriptions.change(action, message, this.#publishing.limit);
    this.#send([this.subscriptions.message()]);
    this.#publishing.subscribed(this.subscriptions.named());
  }

  #answering(take: () => void): void {
    try {
      take();
    } catch (thrown) {
      if (!(thrown instanceof StreamError)) throw thrown;
      this.#send([errorMessage(thrown.code)]);
    }
  }

  #send(messages: readonly object[]): void {
    this.#line.send(this.#line.codec.encode(messages));
  }
}

/** Keys, a token, or keys as the Broker API's older clients show them. */
function shownInHandshake(headers: Readonly<Record<string, string>>): Shown {
  const [, encoded] = /^Basic +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return shownInHeaders(headers);
  const [keyId = "", ...secret] = Buffer.from(encoded, "base64").toString().split(":");
  return { keyId, secret: secret.join(":"), oauthToken: "" };
}

function shownInAuth({ key, secret }: Readonly<Record<string, unknown>>): Shown {
  if (typeof key !== "string" || typeof secret !== "string") throw new StreamError(400);
  return TOKEN_KEYS.includes(key) ? { keyId: "", secret: "", oauthToken: secret } : { keyId: key, secret, oauthToken: "" };
}
