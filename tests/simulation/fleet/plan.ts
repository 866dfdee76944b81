import { Chance } from "../chance.ts";

/** What can go wrong with one account, or with all of them. Times are milliseconds from the beginning. */
export interface Mishap {
  readonly kind: "halted" | "venue-down" | "venue-slow" | "blocked" | "disk-full" | "fleet-halted" | "killed";
  /** `undefined`: all. */
  readonly account: number | undefined;
  readonly at: number;
  readonly forMs: number;
}

/** One seed's fleet, and what happens to it. */
export interface FleetPlan {
  readonly seed: number;
  readonly accounts: number;
  readonly places: number;
  /** The account that trades first. */
  readonly canary: number | undefined;
  readonly canaryFails: "stop" | "go";
  /** The account that reads prices for all. */
  readonly marketKey: number | undefined;
  /** When runs are written; the last one comes when all is well again. */
  readonly runsAt: readonly number[];
  readonly mishaps: readonly Mishap[];
  readonly troubleMs: number;
}

const TROUBLE_MS = 60_000;
const CALM_MS = 10_000;

export function drawPlan(seed: number): FleetPlan {
  const chance = new Chance(seed, "fleet");
  const market = new Chance(seed, "market key");
  const accounts = chance.whole(2, 8);
  const canary = chance.happens(0.4) ? chance.whole(0, accounts - 1) : undefined;
  const runs = chance.whole(1, 3);
  const runsAt = Array.from({ length: runs }, () => chance.whole(3_000, TROUBLE_MS - 25_000)).toSorted((one, other) => one - other);
  const apart = runsAt.filter((at, index) => index === 0 || at - (runsAt[index - 1] ?? 0) > 3_500);
  return {
    seed,
    accounts,
    places: chance.pick([1, 2, 4, 10]),
    canary,
    canaryFails: chance.happens(0.7) ? "stop" : "go",
    marketKey: market.happens(0.4) ? market.whole(0, accounts - 1) : undefined,
    runsAt: [...apart, TROUBLE_MS + CALM_MS],
    mishaps: drawMishaps(seed, accounts, apart),
    troubleMs: TROUBLE_MS,
  };
}

function drawMishaps(seed: number, accounts: number, runsAt: readonly number[]): Mishap[] {
  const chance = new Chance(seed, "mishaps");
  return Array.from({ length: chance.whole(0, 4) }, (): Mishap => {
    const kind = chance.weighted<Mishap["kind"]>([
      ["halted", 3],
      ["venue-down", 3],
      ["venue-slow", 3],
      ["blocked", 3],
      ["disk-full", 3],
      ["fleet-halted", 1],
      ["killed", 2],
    ]);
    // Near a run, where it matters.
    const at = Math.max(0, chance.pick(runsAt.length === 0 ? [10_000] : runsAt) + chance.whole(-3_000, 3_000));
    const isOfAll = kind === "fleet-halted" || kind === "killed";
    const forMs = kind === "killed" ? chance.spread(200, 5_000) : Math.min(chance.spread(300, 40_000), TROUBLE_MS - at);
    return { kind, account: isOfAll ? undefined : chance.whole(0, accounts - 1), at, forMs };
  });
}
