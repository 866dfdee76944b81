import { percentDecoded } from "../domain/percent-decoding.ts";

export interface VenueRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface VenueResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A failure on the way back: the connection breaks before the first byte, or in the middle of the body. */
  readonly cut?: "connection" | "body";
}

/** A route's result; `undefined` as body means none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The JSON object sent with it; empty when nothing was sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

const HTML_ESCAPES: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** JSON as the venue writes it: `<`, `>` and `&` are escaped. */
export function venueJson(body: unknown): string {
  return JSON.stringify(body).replace(/[<>&]/g, (character) => HTML_ESCAPES[character] ?? character);
}

/** Error bodies list their keys in alphabetical order. */
export function sortedKeys(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).sort(([first], [second]) => (first < second ? -1 : 1)));
}

/** The part of a path after a prefix, decoded; `undefined` when the prefix does not match or nothing follows. */
export function pathRest(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix) || path.length === prefix.length) return undefined;
  return percentDecoded(path.slice(prefix.length));
}

export interface Bar {
  readonly t: string;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
}

export interface Trade {
  readonly t: string;
  readonly x: string;
  readonly p: number;
  readonly s: number;
  readonly c: readonly string[];
  readonly i: number;
  readonly z: string;
}

export interface Quote {
  readonly t: string;
  readonly bp: number;
  readonly bs: number;
  readonly bx: string;
  readonly ap: number;
  readonly as: number;
  readonly ax: string;
  readonly c: readonly string[];
  readonly z: string;
}
