import { asError } from "../domain/errors.ts";
import type { Redact } from "../logging/redaction.ts";
import { oneLine } from "../reporting/style.ts";
import type { Check, CheckId, Finding } from "./check.ts";
import { CHECKS, failure } from "./check.ts";

/** A check whose turn has come. */
export interface Step {
  readonly id: CheckId;
  readonly look: () => readonly Finding[] | Promise<readonly Finding[]>;
}

export interface ExaminationPorts {
  readonly redact: Redact;
  /** Told each line as soon as it is known. */
  readonly onCheck: (check: Check) => void;
  /** Told what a step threw, for those who want to see its stack. */
  readonly onFault: (error: Error) => void;
}

/**
 * Takes one step after the other. It never throws: a step that does is a failed line, and the next one is
 * taken all the same. What stands in a line may come from outside, so keys are taken out and it stays one line.
 */
export async function examine(steps: readonly Step[], ports: ExaminationPorts): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { id, look } of steps) {
    for (const finding of await findings(look, ports)) {
      const check = checkOf(id, finding, ports.redact);
      checks.push(check);
      ports.onCheck(check);
    }
  }
  return checks;
}

/** Nothing of what was looked at stands in the way of trading. */
export function isWell(checks: readonly Check[]): boolean {
  return checks.every(({ status }) => status !== "failed");
}

async function findings(look: Step["look"], { onFault }: ExaminationPorts): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    onFault(asError(error));
    return [failure(error)];
  }
}

function checkOf(id: CheckId, { status, text, hint, of }: Finding, redact: Redact): Check {
  const clean = (words: string): string => oneLine(redact(words));
  const title = of === undefined ? CHECKS[id] : `${CHECKS[id]} (${of})`;
  return { id, title, status, text: clean(text), ...(hint === undefined ? {} : { hint: clean(hint) }) };
}
