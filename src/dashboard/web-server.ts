import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../domain/clock.ts";
import type { DashboardConfig } from "../domain/config.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import { Access } from "./access.ts";
import { Listener } from "./listener.ts";
import { Loaded } from "./loaded.ts";
import { addLogin, pathOf, SECURITY_HEADERS } from "./routes.ts";

/** What a server shows. */
export interface Site {
  /** Whether a browser at this path is sent to the login form first. */
  readonly isPage: (path: string) => boolean;
  readonly addRoutes: (app: FastifyInstance) => void;
  /** Ends every event stream. */
  readonly endStreams: () => void;
  /** Called when nobody can ask any more. */
  readonly close: () => Promise<void>;
}

export interface WebServerOptions {
  readonly site: Site;
  readonly clock: Clock;
  readonly config: DashboardConfig;
  /** The installation's own token; undefined only if the dashboard is open. */
  readonly installationToken: string | undefined;
  /** Removes secrets from a text (R30). */
  readonly redact: (text: string) => string;
  /** Called with unexpected errors; nothing is thrown at the daemon. */
  readonly onProblem: (text: string) => void;
}

const BODY_LIMIT_BYTES = 4_096;

/** Open to anyone who can reach the port: the login page's files, and whether the process is healthy. */
const FREE_PATHS: readonly string[] = ["/healthz", "/login", "/favicon.svg", "/page/style.css", "/page/login.js"];

/** No route has a schema; compilers for them would take a tenth of the daemon's memory. */
const WITHOUT_SCHEMAS = { buildValidator: noSchemas, buildSerializer: noSchemas };

function noSchemas(): never {
  throw new Error("A route of the dashboard has a schema, which nothing here can compile.");
}

/**
 * The dashboard's server: it answers GET and HEAD only (and, with a token, the login form). It sends nothing to
 * other sites and accepts nothing from them, and a failure is an answer to the client, never the end of the
 * process.
 */
export class WebServer {
  readonly listener = new Listener((request, response) => void this.#answer(request, response));
  readonly #options: WebServerOptions;
  readonly #access: Access;
  readonly #app = new Loaded(() => this.#loadApp());

  constructor(options: WebServerOptions) {
    const { clock, config, installationToken } = options;
    this.#options = options;
    this.#access = new Access(config, installationToken, clock);
  }

  /** What answers, ready to. It is loaded for the first request: perhaps nobody ever looks. */
  get app(): Promise<FastifyInstance> {
    return this.#app.value;
  }

  /** @returns its address, with the assigned port. @throws TraderError `dashboard-unavailable` when it cannot listen there. */
  async listen(port: number): Promise<string> {
    const { host } = this.#options.config;
    try {
      return `http://${addressOf(host, await this.listener.listen(host, port))}/`;
    } catch (error) {
      throw new TraderError(`The dashboard cannot listen on ${addressOf(host, port)}: ${whyNot(error)}.`, {
        code: isTaken(error) ? "dashboard-port-taken" : "dashboard-unavailable",
        hint: "Set DASHBOARD_PORT to another port, to 0 for any free one, or to off; check DASHBOARD_HOST.",
        cause: error,
      });
    }
  }

  /** The address that logs one browser in, once. The code follows the `#`, so no requested address contains it. */
  linkTo(address: string): string {
    return `${address}login#code=${this.#access.code ?? ""}`;
  }

  /** Ends every connection, open event streams too. */
  async close(): Promise<void> {
    this.#options.site.endStreams();
    await this.listener.close();
    if (this.#app.isWanted) await this.app.then((app) => app.close()).catch(() => undefined);
    await this.#options.site.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      (await this.app).routing(request, response);
    } catch (error) {
      const problem = messageOf(error);
      this.#options.onProblem(`The dashboard cannot be loaded: ${problem}`);
      response.writeHead(500, { ...SECURITY_HEADERS, "cache-control": "no-store", "content-type": "application/json; charset=utf-8" });
      response.end(JSON.stringify({ error: "The dashboard cannot be loaded; the log says why.", code: "not-loaded" }));
    }
  }

  async #loadApp(): Promise<FastifyInstance> {
    const { site, redact } = this.#options;
    const { fastify } = await import("fastify");
    const app = fastify({
      logger: false,
      // No hook has seen such a request.
      frameworkErrors: (_error, request, reply) => this.#refuseAddress(request, reply),
      bodyLimit: BODY_LIMIT_BYTES,
      return503OnClosing: false,
      schemaController: { compilersFactory: WITHOUT_SCHEMAS },
    });
    // Whatever a route returns or quotes; files are sent as bytes and contain no secrets.
    app.addHook("onSend", (_request, _reply, payload, done) => done(null, typeof payload === "string" ? redact(payload) : payload));
    app.addHook("onRequest", (request, reply) => this.#guard(request, reply));
    app.setErrorHandler((error: FastifyError, request, reply) => this.#fail(error, request, reply));
    app.setNotFoundHandler((_request, reply) => {
      this.#send(reply, 404, { error: "Nothing exists at this address.", code: "not-found" });
    });
    site.addRoutes(app);
    if (!this.#access.isOpen) addLogin(app, this.#access);
    await app.ready();
    return app;
  }

  async #guard(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    void reply.headers(SECURITY_HEADERS).header("cache-control", "no-store");
    if (!this.#access.isOurHost(request.headers.host)) return this.#refuseHost(reply);
    if (!this.#isAllowedMethod(request)) {
      void reply.header("allow", "GET, HEAD");
      return this.#send(reply, 405, { error: "The dashboard is read-only: only GET and HEAD are allowed.", code: "method" });
    }
    this.listener.connections.used(request.raw.socket);
    if (FREE_PATHS.includes(pathOf(request))) return undefined;
    const admission = await this.#access.admits(request.headers);
    if (admission === "admitted") {
      this.listener.connections.answering(request.raw.socket, reply.raw);
      return undefined;
    }
    if (this.#options.site.isPage(pathOf(request))) return reply.redirect("/login", 303);
    if (admission === "too-many")
      return this.#send(reply, 429, { error: "Too many wrong tokens; try again in a few seconds.", code: "token" });
    void reply.header("www-authenticate", 'Bearer realm="alpaca-trader"');
    return this.#send(reply, 401, { error: "A token is required: `Authorization: Bearer …`, or the login form at /login.", code: "token" });
  }

  #isAllowedMethod(request: FastifyRequest): boolean {
    const { method, headers } = request;
    if (method === "GET" || method === "HEAD") return true;
    return method === "POST" && !this.#access.isOpen && pathOf(request) === "/login" && isSameSite(headers.origin, headers.host);
  }

  /** An unreadable address, such as `/%zz`. */
  #refuseAddress(request: FastifyRequest, reply: FastifyReply): void {
    void reply.headers(SECURITY_HEADERS).header("cache-control", "no-store");
    if (!this.#access.isOurHost(request.headers.host)) this.#refuseHost(reply);
    else this.#send(reply, 400, { error: "This address cannot be read.", code: "bad-request" });
  }

  #refuseHost(reply: FastifyReply): FastifyReply {
    return this.#send(reply, 421, { error: "This host name points here but does not belong to this machine.", code: "wrong-host" });
  }

  #fail(error: FastifyError | TraderError, request: FastifyRequest, reply: FastifyReply): void {
    const status = statusOf(error);
    if (status === 500) this.#options.onProblem(`The dashboard failed at ${pathOf(request)}: ${messageOf(error)}`);
    const hint = error instanceof TraderError && error.hint !== undefined ? { hint: error.hint } : {};
    this.#send(reply, status, { error: messageOf(error), code: error.code, ...hint });
  }

  #send(reply: FastifyReply, status: number, body: Readonly<Record<string, string>>): FastifyReply {
    return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(body));
  }
}

/** Otherwise a form on another site could log somebody in. Browsers send the origin with every form. */
function isSameSite(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function statusOf(error: FastifyError | TraderError): number {
  if (!(error instanceof TraderError)) return error.statusCode ?? 500;
  switch (error.code) {
    case "not-found":
    case "unknown-execution":
    case "no-execution":
      return 404;
    case "bad-request":
      return 400;
    default:
      return 503;
  }
}

function addressOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}

function whyNot(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return "the port is in use";
    case "EACCES":
      return "our user is not allowed to use this port";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "this machine has no such address";
    default:
      return messageOf(error);
  }
}
