import type { Clock } from "../domain/clock.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import type { HostGuard } from "./host-guard.ts";
import type { Redact } from "./redaction.ts";

/** A read has no side effect, so it is aborted early and retried. */
const READ_DEADLINE_MS = 5_000;
/** An aborted write has an unknown outcome, so it gets more time. */
const WRITE_DEADLINE_MS = 10_000;
/** Far above the largest answer (500 orders); an endless body must not fill the memory. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const UTF8 = new TextDecoder();

/** One request, for logs. It never contains headers or bodies, so no key can be in it. */
export interface TrafficRecord {
  /** When it left, milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number | undefined;
  readonly durationMs: number;
  /** Alpaca's `X-Request-ID`; it cannot be obtained later. */
  readonly requestId: string | undefined;
  /** Why there was no usable answer. */
  readonly failure: string | undefined;
}

/** One exchange over HTTP: `fetch`, or what is enough of it. */
export type SendHttp = (url: string, init: RequestInit) => Promise<HttpAnswer>;

export type AnswerHeaders = Pick<Headers, "get">;

export interface HttpAnswer extends Pick<Response, "ok" | "status" | "statusText"> {
  readonly headers: AnswerHeaders;
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly redirected?: boolean;
  readonly type?: string;
}

export interface TransportOptions {
  readonly clock: Clock;
  readonly guard: HostGuard;
  readonly fetch: SendHttp;
  readonly redact: Redact;
  /** Only GET leaves: every other request is refused before anything is sent (shadow mode). */
  readonly readOnly?: boolean;
  /** Called with every answer, so that pacing learns the venue's limits. */
  readonly onAnswer?: (status: number, headers: AnswerHeaders) => void;
  readonly onTraffic?: ((record: TrafficRecord) => void) | undefined;
}

/** The request was aborted; whether the venue processed it is unknown. */
class RequestTimeout extends Error {
  override readonly name = "RequestTimeout";
}

/** The parts of an answer that the SDK's raw calls and we read: the body has arrived, so there is no stream. */
class WholeResponse implements Pick<Response, "ok" | "status" | "statusText" | "text" | "json" | "clone"> {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: AnswerHeaders;
  readonly #body: Uint8Array;

  constructor(body: Uint8Array, { ok, status, statusText, headers }: Omit<HttpAnswer, "body">) {
    this.#body = body;
    this.ok = ok;
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
  }

  text(): Promise<string> {
    return Promise.resolve(UTF8.decode(this.#body));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  clone(): Response {
    return asResponse(new WholeResponse(this.#body, this));
  }
}

function asResponse(response: WholeResponse): Response {
  return response as unknown as Response;
}

/**
 * The one place where an HTTP request leaves. The deadline runs on the clock and covers the body too: the SDK gets
 * a complete answer, so a body cut on the way is a failed request and never half an answer.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #abandon = new Set<(reason: Error) => void>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** In the SDK's `fetchApi` format. */
  readonly send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const { clock, guard, onAnswer, readOnly } = this.#options;
    if (this.#closed) throw connectionClosed();
    const method = (init.method ?? "GET").toUpperCase();
    if (readOnly === true && method !== "GET") throw writeInShadowMode(method, url);
    guard(url);
    const record = this.#recorder(method, url);
    const deadlineMs = method === "GET" ? READ_DEADLINE_MS : WRITE_DEADLINE_MS;
    try {
      const response = await this.#within(clock, deadlineMs, (signal) => this.#exchange(url, init, signal));
      onAnswer?.(response.status, response.headers);
      record(response, undefined);
      return response;
    } catch (error) {
      record(undefined, error);
      throw error;
    }
  };

  /** Aborts requests in progress. Nothing leaves any more: after closing, the caller releases its locks. */
  close(): void {
    this.#closed = true;
    for (const abandon of [...this.#abandon]) abandon(connectionClosed());
  }

  async #exchange(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    // A redirect would carry the key headers to another host.
    const response = await this.#options.fetch(url, { ...init, redirect: "error", signal });
    if (response.redirected === true || response.type === "opaqueredirect")
      throw new Error("The venue answered with a redirect, which is never followed.");
    return asResponse(new WholeResponse(await wholeBody(response), response));
  }

  async #within(clock: Clock, limitMs: number, run: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    const controller = new AbortController();
    const { promise: abandoned, reject } = Promise.withResolvers<never>();
    const abandon = (reason: Error): void => {
      reject(reason);
      controller.abort(reason);
    };
    const timer = clock.after(limitMs, () => abandon(new RequestTimeout(`no answer within ${limitMs / 1000} s`)));
    this.#abandon.add(abandon);
    try {
      return await Promise.race([run(controller.signal), abandoned]);
    } finally {
      timer.cancel();
      this.#abandon.delete(abandon);
    }
  }

  #recorder(method: string, url: string): (response: Response | undefined, error: unknown) => void {
    const { clock, redact, onTraffic } = this.#options;
    const { pathname, search } = new URL(url);
    const at = clock.now();
    const started = clock.monotonic();
    return (response, error) =>
      onTraffic?.({
        at,
        method,
        path: redact(pathname + search),
        status: response?.status,
        durationMs: clock.monotonic() - started,
        requestId: response?.headers.get("X-Request-ID") ?? undefined,
        failure: error === undefined ? undefined : redact(messageOf(error)),
      });
  }
}

function connectionClosed(): Error {
  return new Error("The connection was closed by this program.");
}

function writeInShadowMode(method: string, url: string): TraderError {
  return new TraderError(`A ${method} to ${new URL(url).pathname} was stopped: shadow mode only reads.`, {
    code: "shadow-write",
    hint: "This is a bug; nothing was sent.",
    exitCode: EXIT.refused,
  });
}

async function wholeBody({ body }: HttpAnswer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new Error(`The answer is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
