import { asError } from "../domain/errors.ts";
import type { Redact } from "../logging/redaction.ts";
import { oneLine } from "../reporting/style.ts";
import { CHECKS, failure, type Check, type CheckId, type Finding, type Findings } from "./check.ts";

/** A check to run. */
export interface Step {
  readonly id: CheckId;
  readonly run: () => Findings | Promise<Findings>;
}

export interface ExaminationPorts {
  readonly redact: Redact;
  /** Called with each line as soon as it is known. */
  readonly onCheck: (check: Check) => void;
  /** Called with the error of a failed step, for a stack trace. */
  readonly onFault: (error: Error) => void;
}

/**
 * Runs one step after the other. It never throws: a step that throws becomes a failed line, and the next one runs.
 * A line may contain external text, so keys are removed and it stays one line.
 */
export async function examine(steps: readonly Step[], ports: ExaminationPorts): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { id, run } of steps) {
    for (const finding of await findings(run, ports)) {
      const check = checkOf(id, finding, ports.redact);
      checks.push(check);
      ports.onCheck(check);
    }
  }
  return checks;
}

/** No check failed. */
export function isWell(checks: readonly Check[]): boolean {
  return checks.every(({ status }) => status !== "failed");
}

async function findings(run: Step["run"], { onFault }: ExaminationPorts): Promise<Findings> {
  try {
    return await run();
  } catch (error) {
    onFault(asError(error));
    return failure(error);
  }
}

function checkOf(id: CheckId, { status, text, hint, of }: Finding, redact: Redact): Check {
  const clean = (words: string): string => oneLine(redact(words));
  const title = of === undefined ? CHECKS[id] : `${CHECKS[id]} (${of})`;
  return { id, title, status, text: clean(text), ...(hint === undefined ? {} : { hint: clean(hint) }) };
}
