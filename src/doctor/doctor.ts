import { asError } from "../domain/errors.ts";
import { createRedaction, type Redact } from "../logging/redaction.ts";
import { alertsSteps } from "./alerts-health.ts";
import { Chart, type DoctorParts, type SavedAccount } from "./chart.ts";
import { CHECKS, failure, type Check, type CheckId, type Finding, type Findings, type Step } from "./check.ts";
import { secretsIn } from "./configuration.ts";
import { machineSteps, openWorkStep } from "./machine-steps.ts";
import { peopleSteps } from "./people.ts";
import { VenueExamination } from "./venue-examination.ts";
import { oneLine } from "../reporting/style.ts";

export interface DoctorListener {
  /** Called with each line as soon as it is known. */
  readonly onCheck: (check: Check) => void;
  /** Called with the error of a failed step, for a stack trace. */
  readonly onFault: (error: Error) => void;
}

/**
 * Checks the whole setup, from Node to the dashboard. It sends no order, changes no file but the simulator's own,
 * and works while a daemon runs. A failed check does not stop the others.
 */
export function callDoctor(parts: DoctorParts, listener: DoctorListener): Promise<Check[]> {
  return examineWith(new Chart(parts), listener, (chart, venue) => [
    ...machineSteps(chart),
    ...alertsSteps(chart),
    ...venue.steps(),
    ...peopleSteps(chart),
  ]);
}

/** What there is only once for each account, or each daemon. */
const NOT_OF_THE_MACHINE: readonly CheckId[] = ["ledger", "open-work", "trading-lock", "dashboard"];

/** Checks this machine as one of a fleet's. @param steps about what the machines share. */
export function callMachineDoctor(parts: DoctorParts, listener: DoctorListener, steps: readonly Step[]): Promise<Check[]> {
  return examineWith(new Chart(parts), listener, (chart) => [
    ...[...machineSteps(chart), ...alertsSteps(chart), ...peopleSteps(chart)].filter(({ id }) => !NOT_OF_THE_MACHINE.includes(id)),
    ...steps,
  ]);
}

/** Checks one account of a fleet with a database. */
export function callAccountDoctor(parts: DoctorParts, saved: SavedAccount, listener: DoctorListener): Promise<Check[]> {
  return examineWith(new Chart(parts, saved), listener, (chart, venue) => [
    { id: "configuration", run: () => chart.configurationFindings },
    openWorkStep(chart),
    ...venue.steps(),
  ]);
}

type StepsOf = (chart: Chart, venue: VenueExamination) => readonly Step[];

async function examineWith(chart: Chart, listener: DoctorListener, stepsOf: StepsOf): Promise<Check[]> {
  const venue = new VenueExamination(chart);
  try {
    return await examine(stepsOf(chart, venue), { redact: createRedaction(secretsIn(chart.env)), ...listener });
  } finally {
    await venue.close().catch((error: unknown) => listener.onFault(asError(error)));
    chart.close();
  }
}

export interface ExaminationPorts extends DoctorListener {
  readonly redact: Redact;
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
