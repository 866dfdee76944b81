import { BackgroundServer, type ServerBasics } from "../app/background-server.ts";
import { venueName } from "../app/venue-access.ts";
import { secretsOf } from "../config/secrets.ts";
import { ledgerFile } from "../config/files.ts";
import type { PagedAccount } from "../dashboard/account-pages.ts";
import type { DashboardSource } from "../dashboard/dashboard-view.ts";
import type { WebServer } from "../dashboard/web-server.ts";
import type { Clock } from "../domain/clock.ts";
import { TraderError } from "../domain/errors.ts";
import { createRedaction, type Log } from "../logging/logger.ts";
import type { AccountHost } from "./account-host.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Fleet } from "./fleet.ts";

export interface FleetDashboardParts {
  readonly fleet: Pick<Fleet, "hosts" | "isWatching">;
  readonly settings: FleetSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly terminal: NodeJS.WriteStream;
}

/** The dashboard of a fleet: one page of all accounts, and the page of each, opened when somebody looks. */
export class FleetDashboard extends BackgroundServer {
  constructor(parts: FleetDashboardParts) {
    const { settings, log, terminal } = parts;
    super({ config: settings.shared, log, terminal, secrets: secretsOf(settings.shared), make: (basics) => made(parts, basics) });
  }
}

/** The secrets of an account are removed from its texts where these are read: looking for those of all accounts in a long page takes too long. */
async function made({ fleet, settings, clock }: FleetDashboardParts, basics: ServerBasics): Promise<WebServer> {
  const [{ WebServer: Server }, { fleetSite }, { AccountPages }, { FleetView, haltInFiles }] = await Promise.all([
    import("../dashboard/web-server.ts"),
    import("../dashboard/fleet-site.ts"),
    import("../dashboard/account-pages.ts"),
    import("./fleet-view.ts"),
  ]);
  const since = clock.now();
  const redactions = new Map(settings.accounts.map(({ name, config }) => [name, createRedaction(secretsOf(config))]));
  const redact = (account: string, text: string): string => redactions.get(account)?.(text) ?? text;
  const source = new FleetView({
    clock,
    mode: settings.shared.mode,
    hosts: () => fleet.hosts,
    problems: () => (fleet.isWatching ? [] : ["The alerts files are not being checked."]),
    haltOf: haltInFiles(settings.shared.haltFiles),
    redact,
  });
  const pages = new AccountPages(clock, (name): PagedAccount | undefined => {
    const host = fleet.hosts.find((each) => each.name === name);
    return host && { source: sourceOf(host, clock, since), redact: (text) => redact(name, text) };
  });
  const site = fleetSite({ source, pages, clock, zone: settings.shared.alertsTimezone });
  return new Server({ ...basics, site, clock });
}

/** Uses the account's connection, whose rate limit lets orders go first. */
function sourceOf(host: AccountHost, clock: Clock, since: number): DashboardSource {
  const { config } = host.account;
  return {
    config,
    clock,
    ledgerFile: ledgerFile(config),
    broker: {
      name: venueName(config),
      read: (ask) => {
        if (host.session !== undefined) return ask(host.session.broker);
        const reason = host.problem === undefined ? "the account is not open" : `the account is not open: ${host.problem}`;
        throw new TraderError(reason, { code: "broker-unreachable", hint: "The log says why." });
      },
      close: () => Promise.resolve(),
    },
    daemon: () => (host.state === "ready" ? { pid: process.pid, since } : undefined),
    daemonState: () => host.daemonState,
  };
}
