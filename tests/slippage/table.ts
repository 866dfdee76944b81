import { sum } from "../../src/domain/decimal.ts";
import type { Trial } from "./trial.ts";

/** One line of the comparison. */
export interface Row {
  readonly market: string;
  readonly style: string;
  readonly trials: readonly Trial[];
}

const TITLES = [
  "quotes",
  "style",
  "orders",
  "cost",
  "median",
  "95 of 100",
  "99 of 100",
  "worst",
  "on target",
  "left undone",
  "median time",
] as const;

/** The comparison as a Markdown table. Basis points are of what was traded, by rebalance but for `cost`, which is of all of them. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [TITLES, TITLES.map(() => "---"), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf({ market, style, trials }: Row): string[] {
  const traded = trials.filter((trial) => trial.traded.gt("0"));
  const costs = traded.map(({ cost, traded: value }) => Number(cost.div(value).toFixed()) * 10_000).sort((one, other) => one - other);
  const total = Number(sum(traded.map(({ cost }) => cost)).toFixed()) / Number(sum(traded.map((trial) => trial.traded)).toFixed());
  const ended = trials.filter(({ outcome }) => outcome === "on-target").length;
  const times = trials.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
  return [
    market,
    style,
    String(trials.reduce((all, { orders }) => all + orders, 0)),
    bps(total * 10_000),
    ...[0.5, 0.95, 0.99, 1].map((part) => bps(at(costs, part))),
    String(ended),
    String(trials.length - ended),
    `${(at(times, 0.5) / 1_000).toFixed(1)} s`,
  ];
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * part) - 1))] ?? 0;
}

function bps(value: number): string {
  return `${value.toFixed(1)} bp`;
}
