import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../domain/clock.ts";
import { TraderError } from "../domain/errors.ts";
import type { AccountPages } from "./account-pages.ts";
import type { FleetSource } from "./fleet-data.ts";
import { fleetFeed } from "./fleet-feed.ts";
import { fleetHealth } from "./fleet-health.ts";
import { FleetMetrics } from "./fleet-metrics.ts";
import { fleetPage } from "./fleet-page.ts";
import { Loaded } from "./loaded.ts";
import { addData, addEvents, addFiles, addHealth, addJson, addMetrics, addPages, nothingHere } from "./routes.ts";
import type { Site } from "./web-server.ts";

export interface FleetSiteParts {
  readonly source: FleetSource;
  readonly pages: AccountPages;
  readonly clock: Clock;
  /** IANA zone of the times on the page. */
  readonly zone: string;
}

const HTML = "text/html; charset=utf-8";
const ACCOUNT = "/fleet/:account";

/** The fleet's page, its data, and the page of each account below it. */
export function fleetSite({ source, pages, clock, zone }: FleetSiteParts): Site {
  const feed = fleetFeed(source, clock);
  const metrics = new Loaded(async () => new FleetMetrics(await import("prom-client"), source));
  return {
    isPage: (path) => path === "/" || path === "/fleet" || /^\/fleet\/[\w-]+\/(executions\/|$)/.test(path),
    addRoutes: (app) => {
      app.get("/", (_request, reply) => reply.redirect("/fleet", 303));
      app.get("/fleet/", (_request, reply) => reply.redirect("/fleet", 303));
      app.get("/fleet", async (request, reply) => reply.type(HTML).send(fleetPage(await source.data(), { page: pageIn(request), zone })));
      addJson(app, "/fleet/api", () => source.data());
      addEvents(app, () => feed, "/fleet/api/events");
      addHealth(app, async () => fleetHealth(await source.data()));
      addMetrics(app, () => metrics.value);
      addFiles(app);
      void app.register((scope, _options, done) => {
        addAccount(scope, pages);
        done();
      });
    },
    endStreams: () => {
      feed.close();
      pages.endStreams();
    },
    close: () => pages.close(),
  };
}

/** The page of one account, as its own daemon would show it. */
function addAccount(app: FastifyInstance, pages: AccountPages): void {
  app.addHook("onSend", (request, _reply, payload, done) =>
    done(null, typeof payload === "string" ? pages.redact(nameIn(request), payload) : payload),
  );
  app.addHook("preHandler", async (request) => pages.prepare(nameIn(request)));
  app.get(ACCOUNT, (request, reply) => {
    if (!pages.has(nameIn(request))) throw nothingHere();
    return reply.redirect(`/fleet/${encodeURIComponent(nameIn(request))}/`, 303);
  });
  const page = (request: FastifyRequest): NonNullable<ReturnType<AccountPages["page"]>> => {
    const found = pages.page(nameIn(request));
    if (found === undefined) throw nothingHere();
    return found;
  };
  void app.register(
    (scope, _options, done) => {
      addPages(scope, (request) => ({ view: page(request).view, account: nameIn(request) }));
      addData(scope, (request) => page(request).view);
      addEvents(scope, (request) => page(request).feed);
      done();
    },
    { prefix: ACCOUNT },
  );
}

function nameIn(request: FastifyRequest): string {
  return (request.params as { account: string }).account;
}

function pageIn(request: FastifyRequest): number {
  const { page: given = "1" } = request.query as Record<string, unknown>;
  if (typeof given === "string" && /^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw new TraderError("page must be a whole number from 1 to 9999.", { code: "bad-request", hint: "Try ?page=1." });
}
