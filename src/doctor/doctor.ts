import { asError } from "../domain/errors.ts";
import { createRedaction } from "../logging/redaction.ts";
import { alertsSteps } from "./alerts-steps.ts";
import { Chart, type DoctorParts } from "./chart.ts";
import type { Check } from "./check.ts";
import { secretsIn } from "./configuration.ts";
import { examine } from "./examination.ts";
import { machineSteps } from "./machine-steps.ts";
import { peopleSteps } from "./people-steps.ts";
import { VenueExamination } from "./venue-examination.ts";

export interface DoctorListener {
  /** Called with each line as soon as it is known. */
  onCheck(check: Check): void;
  /** Called with the error of a failed step, for a stack trace. */
  onFault(error: Error): void;
}

/**
 * Checks the whole setup, from Node to the dashboard. It sends no order, changes no file but the simulator's own,
 * and works while a daemon runs. A failed check does not stop the others.
 */
export async function callDoctor(parts: DoctorParts, listener: DoctorListener): Promise<Check[]> {
  const chart = new Chart(parts);
  const venue = new VenueExamination(chart);
  try {
    return await examine([...machineSteps(chart), ...alertsSteps(chart), ...venue.steps(), ...peopleSteps(chart)], {
      redact: createRedaction(secretsIn(chart.env)),
      onCheck: (check) => listener.onCheck(check),
      onFault: (error) => listener.onFault(error),
    });
  } finally {
    await venue.close().catch((error: unknown) => listener.onFault(asError(error)));
    chart.close();
  }
}
