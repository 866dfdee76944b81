import { BackgroundServer, type ServerBasics } from "../app/background-server.ts";
import { venueName } from "../app/venue-access.ts";
import { ledgerFile } from "../config/files.ts";
import { secretsOf } from "../config/secrets.ts";
import type { PagedAccount } from "../dashboard/account-pages.ts";
import type { WebServer } from "../dashboard/web-server.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { TraderError } from "../domain/errors.ts";
import type { Log } from "../logging/logger.ts";
import type { FleetAccount } from "./fleet-settings.ts";
import type { SavedFleet } from "./saved-fleet.ts";

export interface DatabaseDashboardParts {
  readonly fleet: SavedFleet;
  readonly shared: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly terminal: NodeJS.WriteStream;
  /** Besides those of `shared`. */
  readonly secrets: readonly string[];
  /** Why this process does not do its part; one sentence each. */
  readonly problems: () => readonly string[];
}

/** The dashboard of a fleet with a database, as of what the database has. It knows no account's keys, so it asks no broker. */
export class DatabaseDashboard extends BackgroundServer {
  readonly #fleet: SavedFleet;

  constructor(parts: DatabaseDashboardParts) {
    const { shared, log, terminal, secrets, fleet } = parts;
    super({ config: shared, log, terminal, secrets: [...secretsOf(shared), ...secrets], make: (basics) => made(parts, basics) });
    this.#fleet = fleet;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#fleet.close();
  }
}

async function made({ fleet, shared, clock, problems }: DatabaseDashboardParts, basics: ServerBasics): Promise<WebServer> {
  const [{ WebServer: Server }, { fleetSite }, { AccountPages }, { FleetView }] = await Promise.all([
    import("../dashboard/web-server.ts"),
    import("../dashboard/fleet-site.ts"),
    import("../dashboard/account-pages.ts"),
    import("./fleet-view.ts"),
  ]);
  // What workers keep has no secrets: their ledgers remove them.
  const redact = (_account: string, text: string): string => text;
  const source = new FleetView({
    clock,
    mode: shared.mode,
    refresh: () => fleet.refresh(),
    hosts: () => fleet.hosts,
    workers: () => fleet.workers,
    problems: () => [...fleet.problems, ...problems()],
    haltOf: (host) => fleet.haltOf(host),
    redact,
  });
  await fleet.refresh();
  const pages = new AccountPages(clock, (name) => pagedAccount(fleet, fleet.account(name), clock));
  return new Server({ ...basics, site: fleetSite({ source, pages, clock, zone: shared.alertsTimezone }), clock });
}

function pagedAccount(fleet: SavedFleet, account: FleetAccount | undefined, clock: Clock): PagedAccount | undefined {
  if (account === undefined) return undefined;
  const { name, config } = account;
  return {
    prepare: () => fleet.preparePage(name),
    redact: (text) => text,
    source: {
      config,
      clock,
      ledgerFile: ledgerFile(config),
      savedLedger: () => fleet.pageLedger(name),
      broker: {
        name: venueName(config),
        read: () => {
          throw new TraderError("this page is made from the fleet's database, without the account's keys", { code: "broker-unreachable" });
        },
        close: () => {
          fleet.closePage(name);
          return Promise.resolve();
        },
      },
      daemon: () => undefined,
    },
  };
}
