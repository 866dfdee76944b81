import type { FastifyInstance, FastifyRequest } from "fastify";
import { TraderError } from "../domain/errors.ts";
import { CURVE_RANGES, type CurveRange } from "../reporting/curve-ranges.ts";
import type { Access } from "./access.ts";
import type { DashboardView } from "./dashboard-view.ts";
import type { Feed } from "./event-feed.ts";
import type { Health } from "./health.ts";
import type { LiveFeed } from "./live-feed.ts";
import { pageFiles, type PageFiles } from "./page-files.ts";

/** Sent with every answer. The page runs its own files only, and no other site may frame it, read it or receive its address. */
export const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export interface RouteParts {
  readonly view: DashboardView;
  readonly feed: LiveFeed;
  readonly metrics: () => Promise<Scraped>;
}

/** What Prometheus reads. */
export interface Scraped {
  readonly contentType: string;
  scrape(): Promise<string>;
}

/** The account that a request is about. */
export type Chosen<Part> = (request: FastifyRequest) => Part;

const JSON_TYPE = "application/json; charset=utf-8";
const HTML_TYPE = "text/html; charset=utf-8";
const SHOWN = 50;
const MOST_SHOWN = 500;

/** All routes of one account's dashboard. Every one is read-only. */
export function addRoutes(app: FastifyInstance, { view, feed, metrics }: RouteParts): void {
  addFiles(app);
  addPages(app, () => ({ view }));
  addData(app, () => view);
  addEvents(app, () => feed);
  addHealth(app, () => view.health());
  addMetrics(app, metrics);
}

/** The page's files. */
export function addFiles(app: FastifyInstance): void {
  let files: PageFiles | undefined;
  app.get("/*", (request, reply) => {
    files ??= pageFiles();
    const file = files.get(pathOf(request));
    if (file === undefined) throw nothingHere();
    void reply.header("cache-control", "no-cache").header("etag", file.tag);
    return request.headers["if-none-match"] === file.tag ? reply.code(304).send() : reply.type(file.type).send(file.body);
  });
}

/** The page of an account, and the record of each of its executions. */
export function addPages(app: FastifyInstance, chosen: Chosen<{ readonly view: DashboardView; readonly account?: string }>): void {
  const answer = (path: string, make: (view: DashboardView, request: FastifyRequest, account?: string) => Promise<string>): void => {
    // Below a prefix the address without the slash is another one.
    app.get(path, { prefixTrailingSlash: "slash" }, async (request, reply) => {
      const { view, account } = chosen(request);
      try {
        return await reply.type(HTML_TYPE).send(await make(view, request, account));
      } catch (error) {
        if (!(error instanceof TraderError) || CLIENT_ERRORS.has(error.code)) throw error;
        return reply.code(503).type(HTML_TYPE).send(view.trouble(error, account));
      }
    });
  };
  answer("/", (view, request, account) => view.page({ range: rangeIn(request), limit: limitIn(request, view.shown) }, account));
  answer("/executions/:id", (view, request, account) => view.record((request.params as { id: string }).id, account));
}

/** What is wrong with the address, and not with what is behind it. */
const CLIENT_ERRORS = new Set(["not-found", "unknown-execution", "bad-request"]);

/** The data of an account, below `/api`. */
export function addData(app: FastifyInstance, viewOf: Chosen<DashboardView>): void {
  const answer = (path: string, ask: (view: DashboardView, request: FastifyRequest) => unknown): void =>
    addJson(app, path, (request) => ask(viewOf(request), request));
  answer("/api/dashboard", (view) => view.data());
  // Requested by the page again and again: the curves, which are long and change slowly, have their own address.
  answer("/api/overview", async (view) => ({ ...(await view.data()), equity: undefined }));
  answer("/api/executions", (view, request) => view.executions(limitIn(request)));
  answer("/api/executions/:id", (view, request) => view.execution((request.params as { id: string }).id));
  answer("/api/signals", (view, request) => view.signals(limitIn(request)));
  answer("/api/equity", (view, request) => view.equity(choiceIn(request, "range", CURVE_RANGES)));
  app.get("/api/latest-execution", (request, reply) => reply.type(JSON_TYPE).send(viewOf(request).latestExecution()));
}

export function addJson(app: FastifyInstance, path: string, ask: (request: FastifyRequest) => unknown): void {
  app.get(path, async (request, reply) => reply.type(JSON_TYPE).send(JSON.stringify(await ask(request))));
}

/** The stream that an open page follows. */
export function addEvents(app: FastifyInstance, feedOf: Chosen<Feed>, path = "/api/events"): void {
  app.get(path, (request, reply) => {
    const feed = feedOf(request);
    if (request.method === "HEAD") return reply.type("text/event-stream").send();
    if (feed.isFull) throw new TraderError("Too many pages are open.", { code: "too-many", hint: "Close some of them." });
    reply.hijack();
    reply.raw.writeHead(200, { ...SECURITY_HEADERS, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    feed.add(reply.raw);
    return reply;
  });
}

export function addHealth(app: FastifyInstance, ask: () => Health | Promise<Health>): void {
  app.get("/healthz", async (_request, reply) => {
    const health = await ask();
    return reply.code(health.status === "failing" || health.status === "alerts-untrusted" ? 503 : 200).send(health);
  });
}

export function addMetrics(app: FastifyInstance, metrics: () => Promise<Scraped>): void {
  app.get("/metrics", async (_request, reply) => {
    const made = await metrics();
    return reply.type(made.contentType).send(await made.scrape());
  });
}

export function nothingHere(): TraderError {
  return new TraderError("Nothing exists at this address.", { code: "not-found" });
}

export function addLogin(app: FastifyInstance, access: Access): void {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string", bodyLimit: 4_096 }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );
  app.post("/login", async (request, reply) => {
    // The link was opened again, and its code is used up.
    if (access.isLoggedIn(request.headers.cookie)) return reply.redirect("/", 303);
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const code = form.get("code");
    const admission = code === null ? await access.tries(form.get("token") ?? "") : await access.redeems(code);
    if (admission === "admitted") return reply.header("set-cookie", access.loginCookie).redirect("/", 303);
    return reply.redirect(admission === "too-many" ? "/login?wait" : "/login?wrong", 303);
  });
}

/** Without the query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}

function rangeIn(request: FastifyRequest): CurveRange | undefined {
  return (request.query as Record<string, unknown>).range === undefined ? undefined : choiceIn(request, "range", CURVE_RANGES);
}

function limitIn(request: FastifyRequest, unasked = SHOWN): number {
  const given = (request.query as Record<string, unknown>).limit;
  if (given === undefined) return unasked;
  const limit = typeof given === "string" && /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= MOST_SHOWN) return limit;
  throw new TraderError(`limit must be a whole number from 1 to ${String(MOST_SHOWN)}.`, { code: "bad-request" });
}

function choiceIn<Choice extends string>(request: FastifyRequest, name: string, choices: readonly Choice[]): Choice {
  const given = (request.query as Record<string, unknown>)[name];
  const chosen = choices.find((choice) => choice === given);
  if (chosen !== undefined) return chosen;
  throw new TraderError(`${name} must be one of ${choices.join(", ")}.`, {
    code: "bad-request",
    hint: `Try ?${name}=${choices[0] ?? ""}.`,
  });
}
