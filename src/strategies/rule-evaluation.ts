import { conditionText, holds, type Condition } from "./condition.ts";
import { readingText } from "./figures.ts";
import { measureName, type Measure } from "./measure.ts";
import { allocationText } from "./allocations.ts";
import type { Readings } from "./readings.ts";
import type { Allocation, Decision, TraceStep } from "./strategy.ts";

/** How rules are written: conditions, and finally an allocation. */
export type Rules = (ask: RuleEvaluation) => Allocation;

/** A needed measure is not defined; it ends the evaluation from any depth. */
class Unanswered extends Error {
  readonly symbol: string;

  constructor(symbol: string, reason: string) {
    super(reason);
    this.symbol = symbol;
  }
}

interface Step extends TraceStep {
  readonly below: Step[];
}

/**
 * Evaluates rules on readings. A measure without a value ends the evaluation undecided: an unknown value never
 * counts as "does not hold", which would open another branch.
 */
export function decideBy(rules: Rules, readings: Readings): Decision {
  const ask = new RuleEvaluation(readings);
  try {
    const allocation = rules(ask);
    return { kind: "allocate", allocation, trace: ask.trace };
  } catch (problem) {
    if (!(problem instanceof Unanswered)) throw problem;
    return { kind: "undecided", symbol: problem.symbol, reason: problem.message, trace: ask.trace };
  }
}

/** Answers the conditions of one evaluation, and records each with its numbers. */
export class RuleEvaluation {
  readonly #readings: Readings;
  readonly #trace: Step[] = [];
  /** Where the next step is recorded. */
  #level = this.#trace;

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  get trace(): readonly TraceStep[] {
    return this.#trace;
  }

  /** Takes a branch if the condition holds, so that `??` reads as "otherwise". */
  when<Result>(rule: string, condition: Condition, branch: () => Result): Result | undefined {
    return this.#holds(rule, condition) ? this.#below(branch) : undefined;
  }

  either<Result>(rule: string, condition: Condition, branch: () => Result, otherwise: () => Result): Result {
    return this.#below(this.#holds(rule, condition) ? branch : otherwise);
  }

  part<Result>(rule: string, text: string, branch: () => Result): Result {
    this.notes(rule, text);
    return this.#below(branch);
  }

  measures(rule: string, measure: Measure): number {
    const value = this.#read(rule, measure);
    this.notes(rule, `${measureName(measure)} ${readingText(measure.kind, value)}`);
    return value;
  }

  notes(rule: string, text: string): void {
    this.#write({ rule, text, held: undefined, below: [] });
  }

  concludes(rule: string, allocation: Allocation): Allocation {
    this.notes(rule, `hold ${allocationText(allocation)}: ${allocation.reason}`);
    return allocation;
  }

  #holds(rule: string, condition: Condition): boolean {
    const { left, right } = condition;
    const leftValue = this.#read(rule, left);
    const rightValue = typeof right === "number" ? right : this.#read(rule, right);
    const held = holds(condition, leftValue, rightValue);
    this.#write({ rule, text: conditionText(condition, leftValue, rightValue), held, below: [] });
    return held;
  }

  #read(rule: string, measure: Measure): number {
    const reading = this.#readings(measure);
    if (reading.kind === "value") return reading.value;
    this.notes(rule, reading.reason);
    throw new Unanswered(measure.symbol, reading.reason);
  }

  #write(step: Step): void {
    this.#level.push(step);
  }

  /** Steps recorded by the branch are children of the newest step. */
  #below<Result>(branch: () => Result): Result {
    const level = this.#level;
    this.#level = level.at(-1)?.below ?? level;
    const result = branch();
    this.#level = level;
    return result;
  }
}
