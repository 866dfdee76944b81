import { readAlert } from "../../src/intake/alert.ts";
import type { Leg } from "../scenarios/strategy.ts";
import { runOf, WRITERS_ZONE } from "../scenarios/strategy.ts";
import type { Chance } from "../simulation/chance.ts";

/** Two worlds that share a symbol or two, so that going from one to the other sells, keeps and buys. One symbol is traded in whole shares only. */
const WORLDS = [
  ["SMR", "LEU", "OKLO", "BWXT", "SPY"],
  ["TQQQ", "UVXY", "BTAL", "FNGU", "SPY", "SMR"],
] as const;

/** Prices that stand still, so that what was traded shows in the weights. */
export const PRICES = {
  SMR: "40",
  LEU: "200",
  OKLO: "50",
  BWXT: "100",
  SPY: "600",
  TQQQ: "80",
  UVXY: "16",
  BTAL: "20",
  FNGU: "25",
};

/** One run of the strategy as it stands in the file. */
export interface WrittenRun {
  /** Fractions of the account, by symbol. */
  readonly weights: ReadonlyMap<string, number>;
  readonly text: string;
  /** As the ledger knows its lines. */
  readonly hashes: readonly string[];
}

/** The run of one round: three legs of the round's world, weights in tenths of a percent that come to 100 %. */
export function drawRun(round: number, chance: Chance, at: number): WrittenRun {
  const symbols = chance.some(WORLDS[round % 2 === 0 ? 0 : 1], 3);
  const first = chance.whole(200, 450);
  const second = chance.whole(200, 350);
  const tenths = [first, second, 1_000 - first - second];
  const weights = new Map(symbols.map((symbol, index) => [symbol, (tenths[index] ?? 0) / 1_000]));
  const text = runOf(legsOf(weights), at);
  const lines = text.split("\n").filter((line) => line !== "");
  return { weights, text, hashes: lines.map((line) => readAlert(line, WRITERS_ZONE).hash) };
}

function legsOf(weights: ReadonlyMap<string, number>): Leg[] {
  const percent = (weight: number): string => `${(weight * 100).toFixed(1)}%`;
  const all = [...weights].map(([symbol, weight]) => `${symbol} (${percent(weight)})`).join(", ");
  return [...weights].map(([symbol, weight]) => ({
    symbol,
    reason: `Nuclear portfolio allocation: ${percent(weight)} (Bull market - Nuclear portfolio: ${all})`,
  }));
}
