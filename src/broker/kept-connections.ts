import http from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import https from "node:https";
import type { SendHttp } from "./transport.ts";

/**
 * Idle longer than this, a connection is closed. Node's `fetch` closes them after 4 s, and an order after a quiet minute
 * would wait for a new handshake. Load balancers close them after a little more than ten minutes.
 */
const IDLE_MS = 600_000;
/**
 * First TCP probe of an idle connection. A router does not forget a connection that is probed, and one whose other end is gone
 * is closed seconds later: an order that is lost on it stays unknown until its look-ups are through.
 */
const PROBE_AFTER_MS = 15_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** HTTP over connections that are kept between requests, the one idle longest first. No cookies, cache, redirects or compression. */
export class KeptConnections {
  readonly #agents: { readonly "http:": http.Agent; readonly "https:": https.Agent };

  /** @param env whose proxy is used if NODE_USE_ENV_PROXY is 1, as Node's own `fetch` does. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    const options: http.AgentOptions = {
      keepAlive: true,
      keepAliveMsecs: PROBE_AFTER_MS,
      timeout: IDLE_MS,
      scheduling: "fifo",
      ...(env.NODE_USE_ENV_PROXY === "1" ? { proxyEnv: env } : {}),
    };
    this.#agents = { "http:": new http.Agent(options), "https:": new https.Agent(options) };
  }

  /** Rejects with the system's error when there is no answer; whether the other side got the request is then unknown. */
  readonly send: SendHttp = (address, { method = "GET", headers, body, signal }) => {
    const url = new URL(address);
    const isPlain = url.protocol === "http:";
    const options: RequestOptions = {
      method,
      headers: { ...plainHeaders(headers), "accept-encoding": "identity" },
      agent: this.#agents[isPlain ? "http:" : "https:"],
      ...(signal == null ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      const request = (isPlain ? http : https).request(url, options, (message) => {
        const refusal = refusalOf(message);
        if (refusal === undefined) {
          resolve(answerOf(message));
          return;
        }
        message.destroy();
        reject(new Error(refusal));
      });
      request.once("error", reject);
      request.end(typeof body === "string" ? body : undefined);
    });
  };

  /** Closes the idle connections; those in use end with their requests. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

/** Why an answer cannot be used. */
function refusalOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (REDIRECTS.has(statusCode)) return "The venue answered with a redirect, which is never followed.";
  const encoding = headers["content-encoding"] ?? "identity";
  return encoding === "identity" ? undefined : `The venue's answer is compressed (${encoding}), which was not requested.`;
}

function plainHeaders(headers: RequestInit["headers"] = {}): http.OutgoingHttpHeaders {
  // The SDK gives an object; the class would copy and check it name by name.
  return headers instanceof Headers || Array.isArray(headers) ? Object.fromEntries(new Headers(headers)) : { ...headers };
}

function answerOf(message: IncomingMessage): Awaited<ReturnType<SendHttp>> {
  const status = message.statusCode ?? 0;
  const headers = { get: (name: string) => message.headers[name.toLowerCase()]?.toString() ?? null };
  return { ok: status >= 200 && status < 300, status, statusText: message.statusMessage ?? "", headers, body: message };
}
