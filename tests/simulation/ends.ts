import type { SeedResult } from "./simulation.ts";
import type { Tally } from "./tally.ts";

const MS_OF_A_SECOND = 1_000;

/** How last signals fared beside one obstacle, or (`all`) altogether. */
export interface ConvergenceRow {
  readonly obstacle: string;
  readonly seeds: number;
  readonly onTarget: number;
  readonly excused: number;
  readonly failed: number;
  /** Seconds from the end of the last obstacle of the world to the account on its target. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** `obstacle|end`, and for those on target `|seconds` after the last obstacle: such keys add up over seeds and workers. */
export function endOf({ obstacle, final }: Pick<SeedResult, "obstacle" | "final">): string {
  return final.kind === "on-target"
    ? `${obstacle}|${final.kind}|${String(Math.ceil(final.afterMs / MS_OF_A_SECOND))}`
    : `${obstacle}|${final.kind}`;
}

/** All together, and then by obstacle in the order of their names. */
export function convergenceOf({ ends }: Pick<Tally, "ends">): ConvergenceRow[] {
  const all = Object.entries(ends).map(([key, seeds]) => {
    const [obstacle = "", end = "", seconds = "0"] = key.split("|");
    return { obstacle, end, seconds: Number(seconds), seeds };
  });
  const obstacles = [...new Set(all.map(({ obstacle }) => obstacle))].sort();
  return [
    rowOf("all", all),
    ...obstacles.map((name) =>
      rowOf(
        name,
        all.filter(({ obstacle }) => obstacle === name),
      ),
    ),
  ];
}

interface End {
  readonly end: string;
  readonly seconds: number;
  readonly seeds: number;
}

function rowOf(obstacle: string, ends: readonly End[]): ConvergenceRow {
  const seedsOf = (end: string): number => total(ends.filter((each) => each.end === end));
  const reached = ends.filter(({ end }) => end === "on-target").sort((one, other) => one.seconds - other.seconds);
  return {
    obstacle,
    seeds: total(ends),
    onTarget: seedsOf("on-target"),
    excused: seedsOf("excused"),
    failed: seedsOf("failed"),
    p50: quantile(reached, 0.5),
    p99: quantile(reached, 0.99),
    most: quantile(reached, 1),
  };
}

function quantile(sorted: readonly End[], share: number): number {
  const wanted = total(sorted) * share;
  let passed = 0;
  return sorted.find(({ seeds }) => (passed += seeds) >= wanted)?.seconds ?? 0;
}

function total(ends: readonly Pick<End, "seeds">[]): number {
  return ends.reduce((sum, { seeds }) => sum + seeds, 0);
}
