import { Chance } from "../chance.ts";

/** What happens to a machine, or between it and others. Times are milliseconds from the beginning. */
export interface Mishap {
  readonly kind:
    | "killed"
    | "paused"
    | "pause-before-barrier"
    | "pause-after-barrier"
    | "pause-after-post"
    | "no-database"
    | "no-venue"
    | "halted";
  /** `undefined`: all of them. */
  readonly machine: number | undefined;
  readonly at: number;
  readonly forMs: number;
}

/** One seed's machines, and what happens to them. */
export interface MachinesPlan {
  readonly seed: number;
  readonly accounts: number;
  readonly workers: number;
  readonly intakes: number;
  readonly places: number;
  /** How far each worker's clock is ahead, in milliseconds. */
  readonly skews: readonly number[];
  readonly runsAt: readonly number[];
  readonly mishaps: readonly Mishap[];
  readonly troubleMs: number;
  /** How often an answer of the database is lost after its commit, or a request before it. */
  readonly lossRate: number;
  /** The first account trades before the others. */
  readonly hasCanary: boolean;
}

const TROUBLE_MS = 70_000;
const CALM_MS = 15_000;

export function drawPlan(seed: number): MachinesPlan {
  const chance = new Chance(seed, "machines");
  const canary = new Chance(seed, "canary");
  const workers = chance.whole(2, 3);
  const runs = chance.whole(1, 3);
  const runsAt = Array.from({ length: runs }, () => chance.whole(3_000, TROUBLE_MS - 30_000)).toSorted((one, other) => one - other);
  const apart = runsAt.filter((at, index) => index === 0 || at - (runsAt[index - 1] ?? 0) > 3_500);
  return {
    seed,
    accounts: chance.whole(1, 5),
    workers,
    intakes: chance.whole(1, 2),
    places: chance.pick([1, 2, 10]),
    skews: Array.from({ length: workers }, () => (chance.happens(0.8) ? 0 : chance.whole(-3_000, 3_000))),
    runsAt: [...apart, TROUBLE_MS + CALM_MS],
    mishaps: drawMishaps(chance, workers, apart),
    troubleMs: TROUBLE_MS,
    lossRate: chance.pick([0, 0, 0.02, 0.1]),
    hasCanary: canary.happens(0.3),
  };
}

function drawMishaps(chance: Chance, workers: number, runsAt: readonly number[]): Mishap[] {
  return Array.from({ length: chance.whole(0, 5) }, (): Mishap => {
    const kind = chance.weighted<Mishap["kind"]>([
      ["killed", 4],
      ["paused", 2],
      ["pause-before-barrier", 3],
      ["pause-after-barrier", 3],
      ["pause-after-post", 3],
      ["no-database", 3],
      ["no-venue", 2],
      ["halted", 1],
    ]);
    const at = Math.max(0, chance.pick(runsAt) + chance.whole(-2_000, 4_000));
    const isOfAll = kind === "halted" || (kind === "no-database" && chance.happens(0.3));
    const forMs = Math.min(chance.spread(500, 40_000), TROUBLE_MS - at);
    return { kind, machine: isOfAll ? undefined : chance.whole(0, workers - 1), at, forMs };
  });
}
