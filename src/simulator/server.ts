import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { type Clock, systemClock } from "../domain/clock.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeOptions } from "./exchange-options.ts";
import { type DataFeed, feedAt } from "./market-stream/feeds.ts";
import { type Front, ManyAccounts, type ManyAccountsOptions } from "./many-accounts.ts";
import { isForEvents, Venue, type VenueOptions } from "./venue.ts";
import type { VenueRequest, VenueResponse } from "./wire.ts";

const LOOPBACK = "127.0.0.1";
const STREAM_PATH = "/stream";
/** The older Python client connects with a slash. */
const STREAM_PATHS = [STREAM_PATH, `${STREAM_PATH}/`];
/** Fits daily bars of a whole universe, as `/simulator/bars` accepts them. */
const LARGEST_BODY_BYTES = 8_000_000;
/** Of events that a client has not read yet. */
const MOST_UNREAD_BYTES = 1_000_000;

interface ListenOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** An address of this machine. Default: the loopback. */
  readonly host?: string;
  /** A certificate and its key, both as PEM. Default: no encryption. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface SimulatorOptions extends Omit<ExchangeOptions, "clock">, Omit<VenueOptions, "exchange">, ListenOptions {}

export interface SharedSimulatorOptions extends Omit<ManyAccountsOptions, "clock">, ListenOptions {}

/** Where a venue listens. */
export interface Listening {
  /** Trading and market data. */
  readonly url: string;
  readonly port: number;
  readonly streamUrl: string;
  close(): Promise<void>;
}

export interface Simulator extends Listening {
  readonly exchange: Exchange;
  readonly venue: Venue;
}

export interface SharedSimulator extends Listening {
  readonly accounts: ManyAccounts;
}

/** As long as a large load balancer keeps an idle connection. */
const KEPT_MS = 620_000;

/** Starts a venue that listens. @throws when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const exchange = new Exchange({ ...options, clock: options.clock ?? systemClock });
  const venue = new Venue({ ...options, exchange });
  return { ...(await listen(venue, options)), exchange, venue };
}

/** Starts a venue with many accounts, each with its own key or token. @throws when the port is taken. */
export async function startSharedSimulator(options: SharedSimulatorOptions = {}): Promise<SharedSimulator> {
  const accounts = new ManyAccounts({ ...options, clock: options.clock ?? systemClock });
  return { ...(await listen(accounts, options)), accounts };
}

async function listen(venue: Front, { host = LOOPBACK, port: wanted = 0, tls }: ListenOptions): Promise<Listening> {
  const onRequest: RequestListener = (request, response) => void answer(venue, request, response);
  const kept = { keepAliveTimeout: KEPT_MS };
  const server = tls === undefined ? createServer(kept, onRequest) : createSecureServer({ ...kept, ...tls }, onRequest);
  const sockets = new WebSocketServer({ server });
  sockets.shouldHandle = (request) => STREAM_PATHS.includes(pathOf(request)) || feedAt(pathOf(request)) !== undefined;
  // The websocket server repeats the HTTP server's errors, which the wait for `listening` already reports.
  sockets.on("error", () => undefined);
  sockets.on("connection", (socket, request) => {
    const feed = feedAt(pathOf(request));
    if (feed === undefined) connect(venue, socket);
    else connectData(venue, socket, feed, headersOf(request)).catch(() => socket.terminate());
  });
  try {
    server.listen(wanted, host);
    await once(server, "listening");
  } catch (thrown) {
    venue.close();
    throw thrown;
  }
  const { port } = server.address() as AddressInfo;
  const address = `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
  return {
    url: `${tls === undefined ? "http" : "https"}://${address}`,
    streamUrl: `${tls === undefined ? "ws" : "wss"}://${address}${STREAM_PATH}`,
    port,
    close: () => close(server, sockets, venue),
  };
}

async function close(server: Server, sockets: WebSocketServer, venue: Front): Promise<void> {
  venue.close();
  for (const socket of sockets.clients) socket.terminate();
  await new Promise<void>((resolve) => {
    sockets.close(() => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
}

async function answer(venue: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await bodyOf(request);
    const asked = { method: request.method ?? "GET", url: request.url ?? "/", headers: headersOf(request), body };
    if (isForEvents(asked)) await sendEvents(venue, asked, response);
    else write(response, await venue.handle(asked));
  } catch {
    write(response, { status: 500, headers: {}, body: JSON.stringify({ code: 50010000, message: "internal server error" }) });
  }
}

function write(response: ServerResponse, { status, headers, body, cut }: VenueResponse): void {
  if (cut === "connection") {
    response.socket?.destroy();
    return;
  }
  response.writeHead(status, { ...headers, ...(body !== "" && { "content-length": String(Buffer.byteLength(body)) }) });
  if (cut === undefined) {
    response.end(body);
    return;
  }
  response.write(body.slice(0, body.length >>> 1), () => response.socket?.destroy());
}

/** A client that reads too slowly misses events; a comment says how many when it reads again. */
async function sendEvents(venue: Front, request: VenueRequest, response: ServerResponse): Promise<void> {
  let dropped = 0;
  const send = (text: string): void => {
    if (response.writableLength > MOST_UNREAD_BYTES) {
      dropped++;
      return;
    }
    if (dropped > 0) response.write(`: you are reading too slowly, dropped ${String(dropped)} messages\n\n`);
    dropped = 0;
    response.write(text);
  };
  const events = await venue.openEvents(request, send, () => response.end());
  if ("status" in events) {
    write(response, events);
    return;
  }
  response.on("close", () => events.closed());
  response.writeHead(200, { ...events.headers, "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  events.begin();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new RangeError("The request body is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** Frames go out in binary, as those of the venue's paper environment do. */
function connect(venue: Front, socket: WebSocket): void {
  const session = venue.openStream(
    (frame) => socket.send(Buffer.from(frame), { binary: true }),
    () => socket.terminate(),
  );
  socket.on("message", (data: Buffer) => session.receive(data));
  socket.on("error", () => socket.terminate());
  socket.on("close", () => session.closed());
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?")[0] ?? "";
}

/** A client can write before the codec that it asks for is loaded, so its frames wait. */
async function connectData(venue: Front, socket: WebSocket, feed: DataFeed, headers: Readonly<Record<string, string>>): Promise<void> {
  socket.pause();
  socket.on("error", () => socket.terminate());
  const { codecFor } = await import("./market-stream/codec-choice.ts");
  const session = await venue.openDataStream(feed, {
    headers,
    codec: await codecFor(headers["content-type"]),
    send: (frame) => socket.send(frame),
    close: () => socket.terminate(),
    backlog: () => socket.bufferedAmount,
  });
  socket.on("message", (data: Buffer) => session.receive(data));
  socket.on("close", () => session.closed());
  if (socket.readyState === socket.OPEN) socket.resume();
  else session.closed();
}
