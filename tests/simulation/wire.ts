import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";

const ORIGIN = /^[a-z]+:\/\/[^/]+/;

/**
 * A `fetch` within the process that makes no more of an answer than the transport looks at: thousands of
 * runs a minute would spend a good part of their time in streams that carry a single chunk.
 */
export function leanFetch(handle: (request: VenueRequest, givenUp: AbortSignal | undefined) => Promise<VenueResponse>): typeof fetch {
  return async (input, init = {}) => {
    const url = (input as string).replace(ORIGIN, "");
    const headers = lowerCase(init.headers);
    const body = typeof init.body === "string" ? init.body : "";
    return answerOf(await handle({ method: init.method ?? "GET", url, headers, body }, init.signal ?? undefined));
  };
}

function answerOf({ status, headers, body, cut }: VenueResponse): Response {
  if (cut === "connection") throw new TypeError("fetch failed", { cause: new Error("other side closed") });
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const answer = {
    ok: status >= 200 && status < 300,
    status,
    statusText: "",
    headers: { get: (name: string) => named.get(name.toLowerCase()) ?? null },
    redirected: false,
    type: "basic",
    body: chunksOf(body, cut === "body"),
  };
  return answer as unknown as Response;
}

function* chunksOf(body: string, cut: boolean): Generator<Uint8Array> {
  const bytes = Buffer.from(body);
  if (!cut) {
    if (bytes.length > 0) yield bytes;
    return;
  }
  yield bytes.subarray(0, bytes.length >>> 1);
  throw new TypeError("terminated");
}

function lowerCase(headers: RequestInit["headers"] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]));
}
