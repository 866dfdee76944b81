import { makePlan } from "../../src/portfolio/plan.ts";
import type { PlanInput } from "../../src/portfolio/plan.ts";
import { provePlan } from "../../src/portfolio/proof.ts";
import { scene } from "../portfolio/given.ts";
import { machineMs } from "./machine-time.ts";
import type { Growth, Spread } from "./statistics.ts";
import { growthOf, median, spreadOf } from "./statistics.ts";

const PRICE = "50";
const SHARES_EACH = 100;
const CASH = 10_000;

export interface Planning {
  readonly plans: readonly { readonly symbols: number; readonly ms: Spread }[];
  readonly growth: readonly Growth[];
}

/** A plan and its proof, for accounts of several sizes; half of the symbols are sold and half bought. */
export function measurePlanning(sizes: readonly number[], growing: readonly number[], runs: number): Planning {
  const all = new Map([...new Set([...sizes, ...growing])].map((symbols) => [symbols, timesOf(symbols, runs)]));
  return {
    plans: sizes.map((symbols) => ({ symbols, ms: spreadOf(all.get(symbols) ?? []) })),
    growth: growthOf(growing.map((symbols) => ({ work: symbols, ms: median(all.get(symbols) ?? []) }))),
  };
}

function timesOf(symbols: number, runs: number): number[] {
  const input = accountOf(symbols);
  planAndProve(input);
  return Array.from({ length: runs }, () => {
    const start = machineMs();
    planAndProve(input);
    return machineMs() - start;
  });
}

function planAndProve(input: PlanInput): void {
  const result = makePlan(input);
  if (result.kind === "refused") throw new Error(`The plan was refused: ${result.reason}`);
  const failures = provePlan(result.plan, input);
  if (failures.length > 0) throw new Error(`The plan failed its proof: ${failures.map(({ message }) => message).join(" ")}`);
}

function accountOf(symbols: number): PlanInput {
  const names = Array.from({ length: symbols }, (_, index) => `S${String(index)}`);
  const total = 3 * Math.ceil(symbols / 2) + Math.floor(symbols / 2);
  // Cut rather than rounded, so that the sum never exceeds the whole.
  const weight = (index: number): string => (Math.floor(((index % 2 === 0 ? 3 : 1) / total) * 1e9) / 1e9).toFixed(9);
  const input = scene({
    cash: String(CASH),
    held: Object.fromEntries(names.map((name) => [name, String(SHARES_EACH)])),
    targets: Object.fromEntries(names.map((name, index) => [name, weight(index)])),
    prices: Object.fromEntries(names.map((name) => [name, PRICE])),
  });
  return { ...input, settings: { ...input.settings, driftBand: input.settings.driftBand.div(String(symbols)) } };
}
