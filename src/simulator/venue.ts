import type { Clock } from "../clock.ts";
import { adminRoute } from "./admin-routes.ts";
import { accepts, type Credentials } from "./credentials.ts";
import type { Exchange } from "./exchange.ts";
import { MarketData } from "./market-data.ts";
import { Random } from "./random.ts";
import { RATE_LIMIT_PER_MINUTE, RateLimit, type RateLimitState } from "./rate-limit.ts";
import { malformed, notFound, Refusal } from "./refusals.ts";
import { StreamConnection, type StreamSession, updateFrame } from "./stream.ts";
import { tradingRoute } from "./trading-routes.ts";
import { type Answer, type RouteRequest, sortedKeys, venueJson, type VenueRequest, type VenueResponse } from "./wire.ts";

export { fetchFor } from "./fetch.ts";
export type { StreamSession } from "./stream.ts";
export type { VenueRequest, VenueResponse } from "./wire.ts";

const REQUEST_ID_SEED = 0x52455155;

/** Where faults are let in. */
export interface Interceptor {
  /** Before the request is carried out: may wait, or answer in the venue's place. */
  before?(request: VenueRequest): Promise<VenueResponse | undefined>;
  /** After it was carried out: may wait, replace the answer or cut it off (see `VenueResponse.cut`). */
  after?(request: VenueRequest, response: VenueResponse): Promise<VenueResponse>;
  /** What is sent of a trade update: none to lose it, two to double it, another text to spoil it. */
  frame?(frame: string): readonly string[];
}

export interface VenueOptions {
  readonly exchange: Exchange;
  /** The only pair that is accepted. Default: any that is not empty. */
  readonly credentials?: Credentials;
  /** Requests per minute, for trading and for market data each; `"off"` for no limit. Default 200. */
  readonly rateLimitPerMinute?: number | "off";
  /** Whether recent SIP data may be read. Default false, as on the free plan. */
  readonly sip?: boolean;
  readonly interceptor?: Interceptor;
}

/** The API around an {@link Exchange}, for any transport: a socket server or calls within the process. */
export class Venue {
  readonly exchange: Exchange;
  readonly clock: Clock;
  interceptor: Interceptor;
  readonly #credentials: Credentials | undefined;
  readonly #marketData: MarketData;
  readonly #tradingLimit: RateLimit;
  readonly #dataLimit: RateLimit;
  readonly #requestIds = new Random(REQUEST_ID_SEED);
  readonly #streams = new Set<StreamConnection>();
  readonly #stopListening: () => void;

  constructor(options: VenueOptions) {
    const limit = options.rateLimitPerMinute ?? RATE_LIMIT_PER_MINUTE;
    const perMinute = limit === "off" ? undefined : limit;
    this.exchange = options.exchange;
    this.clock = options.exchange.clock;
    this.interceptor = options.interceptor ?? {};
    this.#credentials = options.credentials;
    this.#marketData = new MarketData(options.exchange, options.sip ?? false);
    this.#tradingLimit = new RateLimit(this.clock, perMinute);
    this.#dataLimit = new RateLimit(this.clock, perMinute);
    this.#stopListening = this.exchange.onTradeUpdate((update) => {
      const frame = updateFrame(update);
      const frames = this.interceptor.frame?.(frame) ?? [frame];
      for (const stream of this.#streams) stream.deliver(frames);
    });
  }

  /** Answers one request. Rejects only when the simulator itself is at fault. */
  async handle(request: VenueRequest): Promise<VenueResponse> {
    const instead = await this.interceptor.before?.(request);
    const response = instead ?? this.#answer(request);
    return (await this.interceptor.after?.(request, response)) ?? response;
  }

  /**
   * A client's connection to `/stream`.
   * @param send takes frames for the client, JSON texts.
   * @param close ends the connection from the venue's side.
   */
  openStream(send: (frame: string) => void, close: () => void): StreamSession {
    const connection = new StreamConnection(this.#credentials, send, close, (gone) => this.#streams.delete(gone));
    this.#streams.add(connection);
    return connection;
  }

  /** Drops every stream connection. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.drop();
  }

  /** Drops the streams and stops the exchange. */
  close(): void {
    this.#stopListening();
    this.dropStreams();
    this.exchange.close();
  }

  #answer(request: VenueRequest): VenueResponse {
    const headers: Record<string, string> = { "x-request-id": this.#requestIds.uuid().replaceAll("-", "") };
    const [path = "", search = ""] = splitOnce(request.url, "?");
    if (path.startsWith("/simulator/")) return respond(this.#carryOut(request, path, search), headers);
    const refused = this.#unauthorized(request);
    if (refused !== undefined) return respond(refused, headers);
    const limit = this.#limitFor(path);
    Object.assign(headers, limit.headers);
    if (limit.exceeded) return respond({ status: 429, body: { code: 42910000, message: "rate limit exceeded" } }, headers);
    return respond(this.#carryOut(request, path, search), headers);
  }

  #carryOut(request: VenueRequest, path: string, search: string): Answer {
    try {
      const parsed = { method: request.method.toUpperCase(), path, query: new URLSearchParams(search), body: bodyOf(request.body) };
      return this.#route(parsed) ?? refusalAnswer(notFound("endpoint not found"));
    } catch (thrown) {
      if (thrown instanceof Refusal) return refusalAnswer(thrown);
      throw thrown;
    }
  }

  #route(request: RouteRequest): Answer | undefined {
    if (request.path.startsWith("/simulator/")) return adminRoute(this.exchange, request);
    return request.path.startsWith("/v2/stocks/") ? this.#marketData.route(request) : tradingRoute(this.exchange, request);
  }

  #unauthorized({ headers }: VenueRequest): Answer | undefined {
    const keyId = headers["apca-api-key-id"] ?? "";
    const secret = headers["apca-api-secret-key"] ?? "";
    if (keyId === "" || secret === "") return { status: 401, body: { code: 40110000, message: "request is not authorized" } };
    return accepts(this.#credentials, keyId, secret) ? undefined : { status: 401, body: { message: "unauthorized." } };
  }

  #limitFor(path: string): RateLimitState {
    return (path.startsWith("/v2/stocks/") ? this.#dataLimit : this.#tradingLimit).take();
  }
}

function refusalAnswer(refusal: Refusal): Answer {
  return { status: refusal.status, body: sortedKeys(refusal.body) };
}

function respond({ status, body }: Answer, headers: Readonly<Record<string, string>>): VenueResponse {
  if (body === undefined) return { status, headers, body: "" };
  return { status, headers: { ...headers, "content-type": "application/json; charset=UTF-8" }, body: venueJson(body) };
}

function bodyOf(text: string): Record<string, unknown> {
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, { code: 40010000, message: "request body format is invalid" });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("request body must be an object");
  return value as Record<string, unknown>;
}

function splitOnce(text: string, separator: string): string[] {
  const place = text.indexOf(separator);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}
