import type { Exchange } from "../../../src/simulator/exchange.ts";
import type { VenueRequest, VenueResponse } from "../../../src/simulator/venue.ts";
import type { Chance } from "../chance.ts";
import type { Machine } from "../machine.ts";
import type { Scenario } from "../scenario.ts";
import type { FaultKind } from "./kinds.ts";

/** What a request meets on its way to the venue. */
export type RequestFate =
  | { readonly kind: "lost" }
  | { readonly kind: "late"; readonly ms: number }
  | { readonly kind: "answered"; readonly response: VenueResponse };

/** What an answer meets on its way back. */
export type AnswerFate = { readonly kind: "late"; readonly ms: number } | { readonly kind: "instead"; readonly response: VenueResponse };

/** A frame of the stream as it is delivered. */
export interface Delivery {
  readonly frame: string;
  readonly delayMs: number;
}

/** What a fault may touch. */
export interface FaultWorld {
  readonly exchange: Exchange;
  readonly machine: Machine;
  readonly scenario: Scenario;
  readonly chance: Chance;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** Runs once, unless the faults have ended by then. */
  readonly later: (delayMs: number, run: () => void) => void;
  /** Runs once: at any moment of a stage that lasts so long, or in the thick of an execution, soon after an order has left. */
  readonly sometime: (forMs: number, run: () => void) => void;
  /** It has struck. */
  readonly struck: (detail: string) => void;
  /** Somebody other than the daemon has touched the account's money or shares. */
  readonly externalTrade: (symbol: string | undefined) => void;
  readonly dropStreams: () => void;
  /** Lets a fault of the simulator's own menu into the venue, as on its command line. @returns how to take it away. */
  readonly inject: (fault: string) => () => void;
  /** The machine sleeps: the world's time goes on, but no timer of its own does. */
  readonly suspend: (ms: number) => void;
}

/** One kind of fault during one stage of a run. Every part is optional; what it needs to know it draws when it is made. */
export interface Fault {
  /** Makes its plans for the stage. */
  readonly begin?: (forMs: number) => void;
  readonly onRequest?: (request: VenueRequest) => RequestFate | undefined;
  readonly onAnswer?: (request: VenueRequest, response: VenueResponse) => AnswerFate | undefined;
  readonly onFrame?: (delivery: Delivery) => readonly Delivery[];
  /** Whether a new stream connection is refused. */
  readonly refusesStream?: () => boolean;
  /** Puts right what it has done to the world. */
  readonly end?: () => void;
}

export type FaultMaker = (world: FaultWorld) => Fault;
export type FaultMenu = Partial<Record<FaultKind, FaultMaker>>;

export const isPost = ({ method, url }: VenueRequest): boolean => method === "POST" && url === "/v2/orders";
export const isWrite = ({ method }: VenueRequest): boolean => method !== "GET";
export const isLookUp = ({ url }: VenueRequest): boolean => url.startsWith("/v2/orders:by_client_order_id");
export const isRead = ({ method, url }: VenueRequest, path: string): boolean => method === "GET" && url.split("?")[0] === path;

export function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): VenueResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** The rate limit holds an order back for longer than a look at the account stays good. */
export function heldBack({ chance }: Pick<FaultWorld, "chance">): VenueResponse {
  return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": String(chance.whole(7, 15)) });
}

export const RESET: VenueResponse = { status: 200, headers: {}, body: "", cut: "connection" };
