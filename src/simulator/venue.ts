import type { Clock } from "../domain/clock.ts";
import type { AlpacaCredentials } from "../domain/credentials.ts";
import { adminRoute } from "./admin-routes.ts";
import { CLOCK_PATH, clockRoute } from "./clock-route.ts";
import { corporateActions } from "./corporate-actions.ts";
import { accepts, isComplete, type Shown, shownInHeaders } from "./credentials.ts";
import { EventConnection, EventLog, readEventRange, TRADE_EVENTS_PATH } from "./event-stream.ts";
import { dataOf, StreamConnection, updateFrame, type StreamSession } from "./stream.ts";
import type { Exchange } from "./exchange.ts";
import { symbolsNamed } from "./first-use.ts";
import { type FaultSpec, parseFault } from "./faults.ts";
import { FaultInjector } from "./faults/injector.ts";
import { MarketData } from "./market-data.ts";
import type { DataLine } from "./market-stream/data-connection.ts";
import type { DataStreams, DataStreamsOptions } from "./market-stream/data-streams.ts";
import type { DataFeed } from "./market-stream/feeds.ts";
import { Random } from "./random.ts";
import { RATE_LIMIT_PER_MINUTE, RateLimit, type RateLimitState } from "./rate-limit.ts";
import { malformed, notFound, Refusal } from "./refusals.ts";
import { Snapshots } from "./snapshots.ts";
import type { Steering } from "./steered-clock.ts";
import { tradingRoute } from "./trading-routes.ts";
import { type Answer, ok, type RouteRequest, sortedKeys, venueJson, type VenueRequest, type VenueResponse } from "./wire.ts";

export type { StreamSession } from "./stream.ts";
export type { VenueRequest, VenueResponse } from "./wire.ts";

/** The second is its earlier name, which older clients use. */
const CORPORATE_ACTIONS = ["/v1/corporate-actions", "/v1beta1/corporate-actions"];
const TOO_MANY_REQUESTS = { status: 429, body: { code: 42910000, message: "rate limit exceeded" } };
const TOO_MANY_DATA_REQUESTS = { status: 429, body: { message: "too many requests." } };
const REQUEST_ID_SEED = 0x52455155;

export interface Interceptor {
  /** Before the request is processed: may wait, or answer instead of the venue. */
  before?(request: VenueRequest): Promise<VenueResponse | undefined>;
  /** After it was processed: may wait, replace the answer or cut it off (see `VenueResponse.cut`). */
  after?(request: VenueRequest, response: VenueResponse): Promise<VenueResponse>;
  /** The frames sent for a trade update: none to lose it, two to double it, another text to corrupt it. */
  frame?(frame: string): readonly string[];
}

export interface VenueOptions {
  readonly exchange: Exchange;
  /** The only accepted keys or token. Default: any that are not empty. */
  readonly credentials?: AlpacaCredentials;
  /** Requests per minute, separately for trading and market data; `"off"` for no limit. Default 200. */
  readonly rateLimitPerMinute?: number | "off";
  /** Whether the account pays for recent data of all exchanges (SIP), without a limit of symbols. Default false, as on the free plan. */
  readonly sip?: boolean;
  readonly interceptor?: Interceptor;
  /** How a person can change the exchange's time. Default: not at all. */
  readonly steering?: Steering;
  /** Whether a reset without a name returns to how the venue began. Default false. */
  readonly keepsStart?: boolean;
  /** How many trade updates are kept for clients that ask for past ones. Default 0. */
  readonly keptEvents?: number;
  /** Faults from the list, as {@link parseFault} reads them; `/simulator/faults` can add more. */
  readonly faults?: readonly (string | FaultSpec)[];
}

/** The API around an {@link Exchange}, for any transport: a socket server or in-process calls. */
export class Venue {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly faults: FaultInjector;
  interceptor: Interceptor;
  readonly #credentials: AlpacaCredentials | undefined;
  readonly #marketData: MarketData;
  readonly #sip: boolean;
  #dataStreams: DataStreams | undefined;
  readonly #tradingLimit: RateLimit;
  readonly #dataLimit: RateLimit;
  readonly #requestIds = new Random(REQUEST_ID_SEED);
  readonly #streams = new Set<StreamConnection>();
  readonly #steering: Steering | undefined;
  readonly #snapshots: Snapshots;
  readonly #eventLog: EventLog;
  readonly #eventStreams = new Set<EventConnection>();
  readonly #stopListening: () => void;

  constructor(options: VenueOptions) {
    const limit = options.rateLimitPerMinute ?? RATE_LIMIT_PER_MINUTE;
    const perMinute = limit === "off" ? undefined : limit;
    this.exchange = options.exchange;
    this.clock = options.exchange.clock;
    this.interceptor = options.interceptor ?? {};
    this.#credentials = options.credentials;
    this.#sip = options.sip ?? false;
    this.#marketData = new MarketData(options.exchange, this.#sip);
    this.#tradingLimit = new RateLimit(this.clock, perMinute);
    this.#dataLimit = new RateLimit(this.clock, perMinute);
    this.#steering = options.steering;
    this.#snapshots = new Snapshots(this.exchange, this.#steering);
    if (options.keepsStart === true) this.#snapshots.begin();
    this.#eventLog = new EventLog(options.keptEvents ?? 0);
    this.#stopListening = this.exchange.onTradeUpdate((update) => {
      this.faults.happened(update);
      this.#eventLog.add(update);
      const frame = updateFrame(update);
      const frames = (this.interceptor.frame?.(frame) ?? [frame]).flatMap((each) => this.faults.frames(each));
      this.#broadcast(frames);
      for (const stream of this.#eventStreams) stream.deliver(update, frames.map(dataOf));
    });
    this.faults = new FaultInjector(this.exchange, {
      broadcast: (frames) => this.#broadcast(frames),
      dropStreams: () => this.dropStreams(),
      failDataStreams: (code) => this.#dataStreams?.fail(code),
    });
    this.exchange.gate = this.faults;
    for (const fault of options.faults ?? []) this.faults.add(typeof fault === "string" ? parseFault(fault) : fault);
  }

  /** Answers one request. Rejects only on a defect of the simulator itself. */
  async handle(request: VenueRequest): Promise<VenueResponse> {
    const instead = await this.interceptor.before?.(request);
    const response = instead ?? (await this.#answerWithFaults(request));
    return (await this.interceptor.after?.(request, response)) ?? response;
  }

  /**
   * A client's connection to `/stream`.
   * @param send delivers frames to the client, JSON texts.
   * @param close ends the connection from the venue's side.
   */
  openStream(send: (frame: string) => void, close: () => void): StreamSession {
    const answer = (frame: string): void => {
      if (this.faults.answersHandshake()) send(frame);
    };
    const connection = new StreamConnection({
      credentials: this.#credentials,
      reply: answer,
      send,
      close,
      onClosed: (gone) => this.#streams.delete(gone),
    });
    this.#streams.add(connection);
    if (!this.faults.admitsStream()) this.clock.after(0, () => connection.drop());
    return connection;
  }

  /** A client's connection to a stream of market data, whose code is loaded for the first one. */
  async openDataStream(feed: DataFeed, line: DataLine): Promise<StreamSession> {
    const { openDataStream } = await import("./market-stream/open-data-stream.ts");
    const send = (frame: string | Uint8Array): void => {
      if (this.faults.answersHandshake()) line.send(frame);
    };
    const venueFor = (shown: Shown): Venue | undefined => (accepts(this.#credentials, shown) ? this : undefined);
    const connection = openDataStream(this.clock, feed, { ...line, send }, venueFor);
    if (!this.faults.admitsStream()) this.clock.after(0, () => connection.drop());
    return connection;
  }

  /** @param make makes them for the first client. */
  dataStreams(make: (options: DataStreamsOptions) => DataStreams): DataStreams {
    const isMute = (): boolean => !this.faults.sendsData();
    this.#dataStreams ??= make({ exchange: this.exchange, marketData: this.#marketData, paid: this.#sip, isMute });
    return this.#dataStreams;
  }

  /**
   * A client's connection to the trade updates as server-sent events.
   * @param send delivers lines to the client. @param end ends the connection from the venue's side.
   * @returns the refusal instead, like an answer to any other request.
   */
  async openEvents(request: VenueRequest, send: (text: string) => void, end: () => void): Promise<VenueResponse | OpenEvents> {
    const instead = await this.faults.before(request);
    if (instead !== undefined) return instead;
    const { headers, refused, search } = this.#receive(request);
    if (refused !== undefined) return respond(refused, headers);
    return attempt(headers, () => {
      const range = readEventRange(new URLSearchParams(search));
      const onClosed = (gone: EventConnection): boolean => this.#eventStreams.delete(gone);
      const connection = new EventConnection(range, { clock: this.clock, send, end, onClosed });
      const begin = (): void => {
        this.#eventStreams.add(connection);
        connection.begin(this.#eventLog.within(range));
      };
      return { headers, begin, closed: () => connection.closed() };
    });
  }

  dropStreams(): void {
    for (const stream of [...this.#streams, ...this.#eventStreams]) stream.drop();
    this.#dataStreams?.drop();
  }

  close(): void {
    this.#stopListening();
    this.faults.clear();
    this.dropStreams();
    this.#dataStreams?.close();
    this.exchange.close();
  }

  /** Faults do not affect the `/simulator` routes, so that every fault can be removed again. */
  async #answerWithFaults(request: VenueRequest): Promise<VenueResponse> {
    if (this.faults.isIdle || request.url.startsWith("/simulator/")) return this.#answer(request);
    const instead = await this.faults.before(request);
    return this.faults.after(request, instead ?? this.#answer(request));
  }

  #broadcast(frames: readonly string[]): void {
    for (const stream of this.#streams) stream.deliver(frames);
  }

  #answer(request: VenueRequest): VenueResponse {
    const { headers, path, refused, search } = this.#receive(request);
    return respond(refused ?? this.#carryOut(request, path, search), headers);
  }

  /** Checks keys and the rate limit. */
  #receive(request: VenueRequest): Received {
    const headers: Record<string, string> = { "x-request-id": this.#requestIds.uuid().replaceAll("-", "") };
    const [escaped = "", search = ""] = splitOnce(request.url, "?");
    const path = escaped.replace(/%3a/gi, ":");
    const received = { headers, path, search };
    if (path.startsWith("/simulator/")) return received;
    const refused = this.#unauthorized(request);
    if (refused !== undefined) return { ...received, refused };
    const limit = this.#limitFor(path);
    Object.assign(headers, limit.headers);
    return limit.exceeded ? { ...received, refused: isMarketData(path) ? TOO_MANY_DATA_REQUESTS : TOO_MANY_REQUESTS } : received;
  }

  #carryOut(request: VenueRequest, path: string, search: string): Answer {
    try {
      const parsed = { method: request.method.toUpperCase(), path, query: new URLSearchParams(search), body: bodyOf(request.body) };
      return this.#route(parsed) ?? refusalAnswer(notFound("endpoint not found"));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      // The host of the market data names no code.
      return isMarketData(path) ? { status: thrown.status, body: { message: thrown.message } } : refusalAnswer(thrown);
    }
  }

  #route(request: RouteRequest): Answer | undefined {
    if (this.exchange.listsAnySymbol) this.exchange.use(symbolsNamed(request));
    if (request.path === CLOCK_PATH) return clockRoute(this.clock, this.#steering, request);
    if (request.path.startsWith("/simulator/")) return this.#snapshots.route(request) ?? adminRoute(this.exchange, this.faults, request);
    if (!isMarketData(request.path)) return tradingRoute(this.exchange, request);
    if (request.method === "GET" && CORPORATE_ACTIONS.includes(request.path)) return ok(corporateActions(this.exchange, request.query));
    return this.#marketData.route(request);
  }

  #unauthorized({ headers }: VenueRequest): Answer | undefined {
    const shown = shownInHeaders(headers);
    if (!isComplete(shown)) return { status: 401, body: { code: 40110000, message: "request is not authorized" } };
    return accepts(this.#credentials, shown) ? undefined : { status: 401, body: { message: "unauthorized." } };
  }

  #limitFor(path: string): RateLimitState {
    return (isMarketData(path) ? this.#dataLimit : this.#tradingLimit).take();
  }
}

/** A request that has reached the venue, or the answer that ends it there. */
interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly search: string;
  readonly refused?: Answer;
}

/** A connection for events; nothing is sent before `begin`. */
export interface OpenEvents {
  readonly headers: Readonly<Record<string, string>>;
  begin(): void;
  closed(): void;
}

/** Whether a request opens a connection for events. */
export function isForEvents({ method, url }: Pick<VenueRequest, "method" | "url">): boolean {
  return method === "GET" && url.split("?")[0] === TRADE_EVENTS_PATH;
}

function attempt<T>(headers: Readonly<Record<string, string>>, run: () => T): T | VenueResponse {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return respond(refusalAnswer(thrown), headers);
  }
}

/** Alpaca has a separate host, and a separate rate limit, for these. */
function isMarketData(path: string): boolean {
  return path.startsWith("/v2/stocks/") || CORPORATE_ACTIONS.includes(path);
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
