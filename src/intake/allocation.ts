import { ONE, ZERO, sum, truncate, type Decimal } from "../domain/decimal.ts";
import type { Alert, MalformedLine } from "./alert.ts";
import { HOW_TO_SIZE, dividesTheWhole, legsText } from "./legs.ts";
import { MAX_WEIGHT_SUM, MIN_WEIGHT_SUM, percent } from "./weights.ts";

/** Result of adding up the lines of one run (R4). */
export type Allocation =
  | { readonly kind: "rebalance"; readonly targets: ReadonlyMap<string, Decimal>; readonly named: boolean }
  | { readonly kind: "exit"; readonly exits: readonly string[] }
  | { readonly kind: "hold" }
  /** Legs are missing, by name or because the sum is too low; `canGrow` is false when no further line could fix it. */
  | { readonly kind: "incomplete"; readonly reason: string; readonly canGrow: boolean }
  | { readonly kind: "over-allocated"; readonly reason: string }
  | { readonly kind: "malformed"; readonly reason: string };

/** More legs than any portfolio has, yet few enough to keep in memory. */
const MAX_LINES = 500;
/** Decimals of a scaled-down weight. */
const SCALED_DECIMALS = 12;

/**
 * Judges the lines of one run on their own: no clock, no earlier runs. Every line counts. An unreadable
 * line makes the run malformed, unless it has no stamp and the run's reasons name its legs.
 */
export function allocationOf(alerts: readonly Alert[], malformed: readonly MalformedLine[]): Allocation {
  const named = alerts.find((alert) => alert.action === "BUY" && alert.namedLegs !== undefined)?.namedLegs;
  const spoilt = malformed.find((line) => line.stamp !== undefined || named === undefined);
  if (spoilt !== undefined)
    return { kind: "malformed", reason: alerts.length === 0 ? spoilt.problem : `One line of the run is malformed: ${spoilt.problem}` };
  if (alerts.length + malformed.length > MAX_LINES) return { kind: "malformed", reason: `The run has more than ${MAX_LINES} lines.` };
  return withoutBuys(alerts) ?? withBuys(alerts);
}

function withoutBuys(alerts: readonly Alert[]): Allocation | undefined {
  const holds = alerts.filter(({ action }) => action === "HOLD").length;
  if (holds > 0 && holds < alerts.length)
    return { kind: "malformed", reason: "The run mixes HOLD with other actions, expected HOLD alone." };
  if (holds > 0) return { kind: "hold" };
  if (alerts.some(({ action }) => action === "BUY")) return undefined;
  return { kind: "exit", exits: [...new Set(alerts.map(({ symbol }) => symbol))] };
}

function withBuys(alerts: readonly Alert[]): Allocation {
  const buys = alerts.filter(({ action }) => action === "BUY");
  const forms = new Set(buys.map(formOf));
  const [form] = forms;
  if (forms.size > 1 || (form === "composite" && buys.length > 1)) {
    return {
      kind: "malformed",
      reason: `The run mixes incompatible forms: ${[...forms].map((each) => FORM_NAMES[each]).join("; ")}.`,
    };
  }
  const legs = legsOf(buys);
  const soldTarget = alerts.find(({ action, symbol }) => action === "SELL" && legs.has(symbol));
  if (soldTarget !== undefined) return { kind: "malformed", reason: `The run both buys and sells ${soldTarget.symbol}.` };
  const named = buys[0]?.namedLegs;
  return (named === undefined ? ofSharedReason(buys) : againstNames(buys, legs, named)) ?? weighed(legs, named);
}

type Form = "composite" | "named" | "weighted" | "whole";

const FORM_NAMES: Readonly<Record<Form, string>> = {
  composite: "a portfolio name",
  named: "a reason that lists all legs",
  weighted: "a single weight",
  whole: "a single symbol without a percentage",
};

function formOf(buy: Alert): Form {
  if (buy.composite) return "composite";
  if (buy.namedLegs !== undefined) return "named";
  return buy.weight === undefined ? "whole" : "weighted";
}

/** A BUY without a percentage means 100 % (R2). */
function legsOf(buys: readonly Alert[]): ReadonlyMap<string, Decimal> {
  const composite = buys.find((buy) => buy.composite)?.namedLegs;
  return composite ?? new Map(buys.map((buy) => [buy.symbol, buy.weight ?? ONE]));
}

/** Compares the legs that are there with those that the reasons name: what is wrong or missing. */
function againstNames(
  buys: readonly Alert[],
  legs: ReadonlyMap<string, Decimal>,
  named: ReadonlyMap<string, Decimal>,
): Allocation | undefined {
  for (const [symbol, weight] of legs) {
    const asNamed = named.get(symbol);
    if (asNamed === undefined) return { kind: "malformed", reason: `${symbol} is bought, but the reason names only ${legsText(named)}.` };
    if (!asNamed.eq(weight)) {
      return {
        kind: "malformed",
        reason: `The weight of ${symbol} is ${percent(weight)}, but the reason lists it with ${percent(asNamed)}. ${HOW_TO_SIZE}`,
      };
    }
  }
  const total = sum(named.values());
  if (total.gt(MAX_WEIGHT_SUM)) return overAllocated(total);
  const missing = [...named.keys()].filter((symbol) => !legs.has(symbol));
  if (missing.length === 0) return undefined;
  const are = missing.length === 1 ? "is" : "are";
  const reason = `${missing.join(", ")} ${are} missing (${String(buys.length)} of ${String(named.size)} legs).`;
  return { kind: "incomplete", reason, canGrow: true };
}

/** Every line has the same reason, and with it the same weight, although that reason gives each leg its own. */
function ofSharedReason(buys: readonly Alert[]): Allocation | undefined {
  const reason = buys[0]?.reason ?? "";
  if (buys.length < 2 || buys.some((buy) => buy.reason !== reason || buy.weight === undefined) || !dividesTheWhole(reason))
    return undefined;
  const what = "All lines have the same reason, and it gives several percentages: it is not clear which one is whose.";
  return { kind: "malformed", reason: `${what} ${HOW_TO_SIZE}` };
}

function weighed(legs: ReadonlyMap<string, Decimal>, named: ReadonlyMap<string, Decimal> | undefined): Allocation {
  const total = sum(legs.values());
  if (total.gt(MAX_WEIGHT_SUM)) return overAllocated(total);
  if (total.lt(MIN_WEIGHT_SUM)) {
    const reason = `The weights add up to ${percent(total)}, expected ${percent(MIN_WEIGHT_SUM)} to ${percent(MAX_WEIGHT_SUM)}.`;
    return { kind: "incomplete", reason, canGrow: named === undefined };
  }
  return { kind: "rebalance", targets: scaled(legs, total), named: named !== undefined };
}

function overAllocated(total: Decimal): Allocation {
  return { kind: "over-allocated", reason: `The weights add up to ${percent(total)}, expected at most ${percent(MAX_WEIGHT_SUM)}.` };
}

/** Zero weights are not targets. A sum over one is scaled down, with each weight rounded down so that the sum cannot exceed one. */
function scaled(legs: ReadonlyMap<string, Decimal>, total: Decimal): ReadonlyMap<string, Decimal> {
  const held = [...legs].filter(([, weight]) => weight.gt(ZERO));
  if (total.lte(ONE)) return new Map(held);
  return new Map(held.map(([symbol, weight]) => [symbol, truncate(weight.div(total), SCALED_DECIMALS)]));
}
