import type { Check } from "../doctor/check.ts";
import { callDoctor, isWell } from "../doctor/doctor.ts";
import { checkLines, summaryLines } from "../doctor/view.ts";
import { EXIT, type ExitCode } from "../domain/errors.ts";
import { errorLines } from "../reporting/error-view.ts";
import type { CommandContext } from "./context.ts";

export interface DoctorOptions {
  readonly json?: boolean;
  /** Send a test to every notification channel. */
  readonly notify?: boolean;
}

/** Checks the whole setup, one line per check. @returns 1 when anything fails, including the configuration. */
export async function doctor({ env, directory, clock, out, err, verbose }: CommandContext, options: DoctorOptions): Promise<ExitCode> {
  const json = options.json === true;
  const checks = await callDoctor(
    { env, clock, directory, notify: options.notify === true },
    {
      onCheck: (check) => {
        if (!json) show(check);
      },
      onFault: (error) => {
        if (verbose) for (const line of errorLines(error, { verbose }, err.style)) err.line(line);
      },
    },
  );
  const well = isWell(checks);
  if (json) out.line(JSON.stringify({ ok: well, checks }, undefined, 2));
  else for (const line of summaryLines(checks, out.style)) out.line(line);
  return well ? EXIT.ok : EXIT.failed;

  function show(check: Check): void {
    for (const line of checkLines(check, out.style)) out.line(line);
  }
}
