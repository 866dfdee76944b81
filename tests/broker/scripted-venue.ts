import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../src/domain/clock.ts";
import type { AlpacaAddresses, TradingMode } from "../../src/domain/config.ts";
import type { KeyPair } from "../../src/domain/credentials.ts";
import type { AlpacaBrokerOptions } from "../../src/broker/alpaca.ts";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Broker } from "../../src/domain/broker.ts";
import { streamUrlOf } from "../../src/config/endpoints.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** The venue's response to one request. */
export type Reply =
  | { readonly status?: number; readonly json?: unknown; readonly text?: string; readonly headers?: Record<string, string> }
  /** The connection is torn down without an answer. */
  | "reset"
  /** No answer, ever. */
  | "hang"
  /** A 200 whose body ends in the middle. */
  | "cut"
  /** A 200 whose body never ends. */
  | "stall";

/** A venue on the loopback that answers by a script. */
export class ScriptedVenue {
  readonly seen: SeenRequest[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #script: (request: SeenRequest, index: number) => Reply;
  #url = "";
  #connections = 0;

  private constructor(script: (request: SeenRequest, index: number) => Reply) {
    this.#script = script;
    this.#server.on("connection", () => this.#connections++);
  }

  static async start(script: Reply | ((request: SeenRequest, index: number) => Reply)): Promise<ScriptedVenue> {
    const venue = new ScriptedVenue(typeof script === "function" ? script : () => script);
    venue.#server.listen(0, "127.0.0.1");
    await once(venue.#server, "listening");
    venue.#url = `http://127.0.0.1:${(venue.#server.address() as AddressInfo).port}`;
    return venue;
  }

  get url(): string {
    return this.#url;
  }

  /** How many connections were ever opened. */
  get connections(): number {
    return this.#connections;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", this.#url);
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.seen.push(seen);
    this.#answer(this.#script(seen, this.seen.length - 1), request, response);
  }

  #answer(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
    if (reply === "hang") return;
    if (reply === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    if (reply === "cut" || reply === "stall") {
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" });
      response.write('{"id":"');
      if (reply === "cut") setImmediate(() => request.socket.destroy());
      return;
    }
    const body = reply.text ?? (reply.json === undefined ? "" : JSON.stringify(reply.json));
    const type = reply.text === undefined ? "application/json" : "text/html";
    response.writeHead(reply.status ?? 200, { "Content-Type": type, ...reply.headers }).end(body);
  }
}

export const KEY_ID = "PKTESTKEYID0000";
export const SECRET = "s3cr3t-of-the-test";

export const TOKEN = "4f1d0c2e-oauth-token-of-the-test";

export function configFor(url: string): AlpacaAddresses & KeyPair {
  return { ...addressesFor(url), keyId: KEY_ID, secret: SECRET };
}

export function addressesFor(url: string): AlpacaAddresses {
  return { tradingUrl: url, dataUrl: url, streamUrl: streamUrlOf(url), dataFeed: undefined };
}

export function brokerFor(url: string, clock: Clock, options: Partial<AlpacaBrokerOptions> & { mode?: TradingMode } = {}): Broker {
  return createAlpacaBroker({ name: "Alpaca paper", mode: "paper", alpaca: configFor(url), clock, ...options });
}

/** Runs `use` with a broker at a venue that follows `script`, and closes both again. */
export async function atVenue<Result>(
  script: Reply | ((request: SeenRequest, index: number) => Reply),
  clock: Clock,
  use: (broker: Broker, venue: ScriptedVenue) => Promise<Result>,
  options: Partial<AlpacaBrokerOptions> = {},
): Promise<Result> {
  const venue = await ScriptedVenue.start(script);
  const broker = brokerFor(venue.url, clock, options);
  try {
    return await use(broker, venue);
  } finally {
    await broker.close();
    await venue.stop();
  }
}

/** Waits, over real sockets, until `holds`; the bound only ends a broken test. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 200_000) throw new Error("It never came to hold.");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An order in the venue's format. */
export function wireOrder(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "61e69015-8549-4bfd-b9c3-01e75843f47d",
    client_order_id: "at-1",
    created_at: "2026-03-16T14:30:00.123456789Z",
    updated_at: "2026-03-16T14:30:00.123456789Z",
    submitted_at: "2026-03-16T14:30:00.12Z",
    filled_at: null,
    asset_id: "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    symbol: "SMR",
    asset_class: "us_equity",
    notional: null,
    qty: "1.5",
    filled_qty: "0",
    filled_avg_price: null,
    order_class: "simple",
    order_type: "market",
    type: "market",
    side: "buy",
    time_in_force: "day",
    limit_price: null,
    status: "accepted",
    replaced_by: null,
    legs: null,
    ...fields,
  };
}
