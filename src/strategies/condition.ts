import { figuresApart, inUnit, withUnit } from "./figures.ts";
import { measureName, type Measure } from "./measure.ts";

/** A strict comparison: equal sides do not satisfy it. */
export interface Condition {
  readonly left: Measure;
  readonly relation: ">" | "<";
  readonly right: Measure | number;
}

export const moreThan = (left: Measure, right: Measure | number): Condition => ({ left, relation: ">", right });

export const lessThan = (left: Measure, right: Measure | number): Condition => ({ left, relation: "<", right });

/** Whether it holds for these two values. */
export function holds({ relation }: Condition, left: number, right: number): boolean {
  return relation === ">" ? left > right : left < right;
}

/** `RSI(10) of SPY 82.41 > 79`; a fixed bound is shown as written in the rule. */
export function conditionText({ left, relation, right }: Condition, leftValue: number, rightValue: number): string {
  const rightKind = typeof right === "number" ? left.kind : right.kind;
  const [one = "", other = ""] = figuresApart([inUnit(left.kind, leftValue), inUnit(rightKind, rightValue)]);
  const bound = typeof right === "number" ? withUnit(left.kind, String(right)) : `${measureName(right)} ${withUnit(rightKind, other)}`;
  return `${measureName(left)} ${withUnit(left.kind, one)} ${relation} ${bound}`;
}
