import { decideBy, type Rules } from "../../src/strategies/rule-evaluation.ts";
import { measureName } from "../../src/strategies/measure.ts";
import type { Readings } from "../../src/strategies/readings.ts";
import type { Allocation, Decision, TraceStep } from "../../src/strategies/strategy.ts";

/** Readings by the name of their measure, such as `RSI(10) of SPY`; every other is undefined. */
export function readingsOf(values: Readonly<Record<string, number>>): Readings {
  return (measure) => {
    const value = values[measureName(measure)];
    return value === undefined ? { kind: "undefined", reason: `The ${measureName(measure)} is unknown.` } : { kind: "value", value };
  };
}

/** The values but those of these names. */
export function without(values: Readonly<Record<string, number>>, ...names: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

/** The allocation that the rules come to; an undecided one is an error. */
export function allocated(rules: Rules, values: Readonly<Record<string, number>>): Allocation {
  return allocationOf(decideBy(rules, readingsOf(values)));
}

export function allocationOf(decision: Decision): Allocation {
  if (decision.kind === "undecided") throw new Error(`${decision.symbol}: ${decision.reason}`);
  return decision.allocation;
}

/** `UVXY 0.75, BTAL 0.25`. */
export function legsText({ legs }: Allocation): string {
  return legs.map(({ symbol, weight }) => `${symbol} ${weight}`).join(", ");
}

/** Every step, those of the branches after the one that opened them. */
export function flat(trace: readonly TraceStep[]): readonly TraceStep[] {
  return trace.flatMap((step) => [step, ...flat(step.below)]);
}
