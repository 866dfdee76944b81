import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";
import { heldBack, isPost, isRead, reply } from "./fault.ts";

/** Everything takes its time: what was fresh when it was asked for need not be so when it is used. */
function slowVenue(world: FaultWorld): Fault {
  const { chance } = world;
  const most = chance.spread(400, 4_500);
  let slowUntil = Infinity;
  return {
    begin: (forMs) => {
      if (chance.happens(0.4)) slowUntil = world.now() + chance.whole(0, forMs);
      world.struck(`up to ${String(most)} ms for an answer`);
    },
    onAnswer: () => (world.now() < slowUntil ? { kind: "late", ms: chance.whole(Math.floor(most / 3), most) } : undefined),
  };
}

const READS = ["/v2/positions", "/v2/account", "/v2/clock", "/v2/orders", "/v2/stocks/snapshots"] as const;

/** What is looked at again before an order that had to wait. */
const LOOKED_AT = ["/v2/positions", "/v2/account", "/v2/orders"] as const;

/** One thing cannot be read for a while, and all the others can. */
function readFails(world: FaultWorld): Fault {
  const { chance, scenario } = world;
  const holdsBack = scenario.pressure === "outdated-look";
  const path = scenario.pressure === "exits" ? "/v2/positions" : chance.pick(holdsBack ? LOOKED_AT : READS);
  const status = chance.pick([500, 503, 404, 408]);
  let until = -Infinity;
  let left = holdsBack ? chance.whole(1, 3) : 0;
  const fail = (): void => {
    until = world.now() + chance.spread(2_000, 90_000);
    world.struck(`${path} ${String(status)} until +${String(Math.round((until - world.now()) / 1_000))} s`);
  };
  return {
    begin: (forMs) => {
      for (let count = chance.whole(1, 2); count > 0; count -= 1) world.sometime(forMs, fail);
      // A run meets it with its first look at the account.
      for (const run of scenario.stages.at(-1)?.runs ?? []) if (chance.happens(0.5)) world.later(run.afterMs, fail);
    },
    onRequest: (request) => {
      if (left > 0 && isPost(request)) {
        left -= 1;
        fail();
        return { kind: "answered", response: heldBack(world) };
      }
      return world.now() < until && isRead(request, path)
        ? { kind: "answered", response: reply(status, { code: 50010000, message: "internal server error" }) }
        : undefined;
    },
  };
}

/** Account and positions agree with each other, and both are as they were some seconds ago. */
function snapshotsLag(world: FaultWorld): Fault {
  const { exchange, chance, now } = world;
  const lagMs = chance.spread(1_500, 10_000);
  const look = (at: number): { readonly at: number; readonly bodies: Readonly<Record<string, string>> } => ({
    at,
    bodies: { "/v2/account": JSON.stringify(exchange.accountView()), "/v2/positions": JSON.stringify(exchange.positionViews()) },
  });
  let seen = [look(-Infinity)];
  const stop = exchange.onTradeUpdate(() => seen.push(look(now())));
  return {
    onAnswer: (request, response) => {
      const path = request.url.split("?")[0] ?? "";
      if (request.method !== "GET" || response.status !== 200 || (path !== "/v2/account" && path !== "/v2/positions")) return undefined;
      seen = seen.slice(
        Math.max(
          0,
          seen.findLastIndex(({ at }) => at <= now() - lagMs),
        ),
      );
      const [shown] = seen;
      // Older than the lag and the newest there is: what the venue shows is the present.
      if (shown === undefined || seen.length === 1) return undefined;
      world.struck(`${path} as it was ${String(lagMs)} ms ago`);
      return { kind: "instead", response: { ...response, body: shown.bodies[path] ?? "" } };
    },
    end: stop,
  };
}

export const READ_FAULTS: FaultMenu = { "slow-venue": slowVenue, "read-fails": readFails, "snapshots-lag": snapshotsLag };
