import type { Clock } from "../domain/clock.ts";
import { percentDecoded } from "../domain/percent-decoding.ts";
import type { OutgoingRequest, ServiceAnswer } from "./channel.ts";

/** Longer than the ten-second connection timeout, so that "not connected" and "not answered" can be distinguished. */
const DEADLINE_MS = 15_000;
const READ_BYTES = 8_192;

export interface PostPorts {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

export type PostResult =
  | { readonly kind: "answered"; readonly answer: ServiceAnswer }
  /** It never left this machine. */
  | { readonly kind: "not-sent"; readonly reason: string }
  /** It may have arrived. */
  | { readonly kind: "unanswered"; readonly reason: string };

/**
 * Sends one request to an external service, once. Never throws. Redirects are not followed: they would carry the
 * message, and a token in the address, to another host.
 * @param giveUp ends it at once, as unanswered.
 */
export async function post({ clock, fetch }: PostPorts, request: OutgoingRequest, giveUp: AbortSignal): Promise<PostResult> {
  const abandon = new AbortController();
  const stop = (reason: string) => (): void => abandon.abort(new Error(reason));
  const timer = clock.after(DEADLINE_MS, stop(`no answer within ${String(DEADLINE_MS / 1_000)} s`));
  const abort = stop("aborted because the program is ending");
  giveUp.addEventListener("abort", abort, { once: true });
  if (giveUp.aborted) abort();
  let response: Response | undefined;
  try {
    response = await unlessAbandoned(send(fetch, request, abandon.signal), abandon.signal);
    return answered(response, await unlessAbandoned(beginningOf(response), abandon.signal));
  } catch (error) {
    // The status counts even if the body never arrives.
    return response === undefined ? failureOf(abandon.signal.aborted ? abandon.signal.reason : error) : answered(response, "");
  } finally {
    abandon.abort();
    timer.cancel();
    giveUp.removeEventListener("abort", abort);
  }
}

function answered({ status, headers }: Response, body: string): PostResult {
  return { kind: "answered", answer: { status, headers, body } };
}

/** A stand-in for `fetch`, or a hanging body, may ignore its signal. */
function unlessAbandoned<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", fail, { once: true });
    if (signal.aborted) fail();
    work.then(resolve, reject);
  });
}

function send(fetch: PostPorts["fetch"], { url, method, headers, body }: OutgoingRequest, signal: AbortSignal): Promise<Response> {
  const { address, authorization } = withoutCredentials(url);
  return fetch(address, {
    method,
    headers: { "User-Agent": "alpaca-trader", ...headers, ...authorization },
    redirect: "manual",
    signal,
    ...(body === undefined ? {} : { body }),
  });
}

/** `fetch` rejects addresses that contain a user and a password. One with a bare `%` is taken as it is written. */
function withoutCredentials(text: string): { readonly address: string; readonly authorization: Readonly<Record<string, string>> } {
  const url = new URL(text);
  if (url.username === "" && url.password === "") return { address: text, authorization: {} };
  const pair = [url.username, url.password].map((part) => percentDecoded(part) ?? part).join(":");
  url.username = "";
  url.password = "";
  return { address: url.href, authorization: { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}

/** Reads the useful part and drops the rest: an endless body must fill neither memory nor time. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; reader !== undefined && size < READ_BYTES;) {
    const { done, value } = (await reader.read()) as { done: boolean; value: Uint8Array | undefined };
    if (done || value === undefined) break;
    chunks.push(value);
    size += value.byteLength;
  }
  await reader?.cancel().catch(() => undefined);
  return Buffer.concat(chunks).subarray(0, READ_BYTES).toString("utf8");
}

/** Failures before the connection was established: nothing can have arrived. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function failureOf(error: unknown): Exclude<PostResult, { kind: "answered" }> {
  const { code, text } = causeOf(error);
  return { kind: code !== undefined && NEVER_CONNECTED.has(code) ? "not-sent" : "unanswered", reason: text };
}

/** "fetch failed" explains nothing; the reason is in its cause, and with two addresses in the first of the cause's errors. */
function causeOf(error: unknown): { readonly code: string | undefined; readonly text: string } {
  if (!Error.isError(error)) return { code: undefined, text: String(error) };
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (Error.isError(inner)) return causeOf(inner);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { code, text: error.message === "" ? (code ?? "no connection") : error.message };
}
