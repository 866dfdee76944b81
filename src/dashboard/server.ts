import type { DashboardView } from "./dashboard-view.ts";
import { LiveFeed } from "./live-feed.ts";
import { Loaded } from "./loaded.ts";
import { Metrics } from "./metrics.ts";
import { addRoutes } from "./routes.ts";
import { WebServer, type Site, type WebServerOptions } from "./web-server.ts";

export interface DashboardOptions extends Omit<WebServerOptions, "site"> {
  readonly view: DashboardView;
}

/** The dashboard of one account. */
export class DashboardServer extends WebServer {
  constructor(options: DashboardOptions) {
    super({ ...options, site: siteOf(options) });
  }
}

function siteOf({ view, clock, redact }: DashboardOptions): Site {
  const since = clock.now();
  const feed = new LiveFeed(view, clock, (value) => redact(JSON.stringify(value)));
  const metrics = new Loaded(async () => new Metrics(await import("prom-client"), view, since));
  return {
    isPage: (path) => path === "/" || path.startsWith("/executions/"),
    addRoutes: (app) => addRoutes(app, { view, feed, metrics: () => metrics.value }),
    endStreams: () => feed.close(),
    close: () => view.close(),
  };
}
