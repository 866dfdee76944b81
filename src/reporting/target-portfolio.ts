import type { Signal } from "../domain/signal.ts";
import { formatWeight } from "../domain/format.ts";
import { shortId } from "../domain/short-id.ts";
import { ONE, sum, type Decimal } from "../domain/decimal.ts";
import { formatAge, formatInstant, type TimeFormat } from "../domain/time-format.ts";
import { shortened, type Style } from "./style.ts";
import { left, right, table, type Cell } from "./table.ts";

const BAR_WIDTH = 20;

const COLUMNS = [...left("", ""), ...right("")];

/** The strategy's targets: source, age, and the weight of every symbol. */
export function targetPortfolio(signal: Signal, style: Style, format: TimeFormat): string[] {
  return [
    style.paint("strong", `Target portfolio (${signal.strategy}, signal ${shortId(signal.id)})`),
    `Generated: ${formatInstant(signal.generatedAt, format.zone)}, ${formatAge(signal.generatedAt, format.now)}`,
    ...(signal.reason === "" ? [] : [`Reason: ${shortened(signal.reason)}`]),
    ...targetLines(signal, style),
  ];
}

function targetLines(signal: Signal, style: Style): string[] {
  switch (signal.kind) {
    case "rebalance":
      return weightLines(signal.targets, style);
    case "exit":
      return [`  Sell all of ${signal.exits.join(", ")}; other positions are not touched.`];
    case "hold":
      return ["  HOLD: nothing changes."];
  }
}

function weightLines(targets: ReadonlyMap<string, Decimal>, style: Style): string[] {
  const rows = [...targets].map(([symbol, weight]) => weightCells(symbol, weight, style));
  const rest = ONE.minus(sum(targets.values()));
  const cash: Cell[] = [{ text: "cash", tint: "quiet" }, { text: style.bar(toShare(rest), BAR_WIDTH), tint: "quiet" }, formatWeight(rest)];
  return table(COLUMNS, /[1-9]/.test(formatWeight(rest)) ? [...rows, cash] : rows, style);
}

function weightCells(symbol: string, weight: Decimal, style: Style): Cell[] {
  return [{ text: symbol, tint: "strong" }, { text: style.bar(toShare(weight), BAR_WIDTH), tint: "accent" }, formatWeight(weight)];
}

/** Only for the length of a bar; never used as an amount. */
function toShare(weight: Decimal): number {
  return Number(weight.toFixed(4));
}
