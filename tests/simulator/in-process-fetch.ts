import type { Venue } from "../../src/simulator/venue.ts";
import type { VenueRequest, VenueResponse } from "../../src/simulator/wire.ts";

const WITHOUT_BODY = [204, 304];

/**
 * A `fetch` that calls the venue in-process, without sockets; host and scheme are ignored. An aborted or cut
 * request rejects like a real one, although the venue may have processed it.
 */
export function fetchFor(venue: Pick<Venue, "handle">): typeof fetch {
  return async (input, init) => {
    const { request, signal } = await requestOf(input, init);
    const response = await unlessAborted(venue.handle(request), signal);
    if (response.cut === "connection") throw new TypeError("fetch failed", { cause: new Error("other side closed") });
    const body = WITHOUT_BODY.includes(response.status) ? null : bodyOf(response);
    return new Response(body, { status: response.status, headers: { ...response.headers } });
  };
}

async function requestOf(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<{ request: VenueRequest; signal: AbortSignal | undefined }> {
  const whole = input instanceof Request ? new Request(input, init) : undefined;
  const { pathname, search } = new URL(input instanceof Request ? input.url : input);
  const body = whole === undefined ? (init.body ?? "") : await whole.text();
  if (typeof body !== "string") throw new TypeError("The simulator takes request bodies as strings only.");
  const headers = Object.fromEntries(whole?.headers ?? new Headers(init.headers));
  const method = whole?.method ?? init.method ?? "GET";
  return { request: { method, url: pathname + search, headers, body }, signal: whole?.signal ?? init.signal ?? undefined };
}

/** The answer, or a rejection with the signal's reason as soon as the caller aborts. */
function unlessAborted(answer: Promise<VenueResponse>, signal: AbortSignal | undefined): Promise<VenueResponse> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

function bodyOf({ body, cut }: VenueResponse): string | ReadableStream<Uint8Array> {
  if (cut === undefined) return body;
  const bytes = new TextEncoder().encode(body);
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new TypeError("terminated"));
      else controller.enqueue(bytes.subarray(0, bytes.length >>> 1));
      sent = true;
    },
  });
}
