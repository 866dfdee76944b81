import { combinedTargets, type StrategyTarget } from "../domain/strategy-target.ts";
import { formatWeight } from "../domain/format.ts";
import { formatAge, formatInstant, type TimeFormat } from "../domain/time-format.ts";
import type { Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

const CLAIMS = [...left(""), ...right(""), ...left("", "")];

const TOTALS = [...left(""), ...right("")];

/** Each strategy's targets, their run and age, and the combined targets (R31). */
export function strategyTargetLines(strategyTargets: readonly StrategyTarget[], style: Style, format: TimeFormat): string[] {
  const totals = [...combinedTargets(strategyTargets)].map(([symbol, weight]): Cell[] => [
    { text: symbol, tint: "strong" },
    formatWeight(weight),
  ]);
  return [
    style.paint("strong", "Targets of all strategies:"),
    ...table(
      CLAIMS,
      strategyTargets.map((strategyTarget) => strategyTargetCells(strategyTarget, format)),
      style,
    ),
    ...(totals.length === 0 ? [] : ["Together, as shares of the account:", ...table(TOTALS, totals, style)]),
  ];
}

function strategyTargetCells(strategyTarget: StrategyTarget, { now, zone }: TimeFormat): Cell[] {
  return [
    { text: strategyTarget.strategy, tint: "strong" },
    formatWeight(strategyTarget.share),
    targetsText(strategyTarget),
    {
      text: `${BASES[strategyTarget.basis]} ${strategyTarget.signalId} of ${formatInstant(strategyTarget.generatedAt, zone)}, ${formatAge(strategyTarget.generatedAt, now)}`,
      tint: "quiet",
    },
  ];
}

function targetsText({ targets }: StrategyTarget): string {
  const legs = [...targets].map(([symbol, weight]) => `${symbol} ${formatWeight(weight)}`);
  return legs.length === 0 ? "cash" : legs.join(", ");
}

const BASES: Record<StrategyTarget["basis"], string> = {
  run: "this run",
  waiting: "its waiting run",
  accepted: "its last accepted run",
};
