import { callDoctor, isWell } from "../../doctor/doctor.ts";
import { checkLines } from "../../doctor/view.ts";
import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { errorLines } from "../../reporting/error-view.ts";
import type { CommandContext } from "../context.ts";
import { fleetOf } from "./show.ts";

/** Checks each account as `doctor --account` does, and shows what is not well. @returns 1 when anything fails. */
export async function fleetDoctor(context: CommandContext): Promise<ExitCode> {
  const { clock, out, err, verbose } = context;
  const { accounts } = fleetOf(context);
  let sick = 0;
  for (const { name, env } of accounts) {
    const checks = await callDoctor(
      { env, clock, directory: process.cwd(), notify: false },
      {
        onCheck: () => undefined,
        onFault: (error) => {
          if (verbose) for (const line of errorLines(error, { verbose }, err.style)) err.line(line);
        },
      },
    );
    const bad = checks.filter(({ status }) => status === "failed" || status === "warning");
    if (!isWell(checks)) sick += 1;
    out.line(
      `${name}: ${bad.length === 0 ? `all ${String(checks.length)} checks are well` : `${String(bad.length)} of ${String(checks.length)} checks need attention`}`,
    );
    for (const check of bad) for (const line of checkLines(check, out.style)) out.line(`  ${line}`);
  }
  out.line(
    sick === 0
      ? `All ${String(accounts.length)} accounts can trade.`
      : `${String(sick)} of ${String(accounts.length)} accounts need attention.`,
  );
  return sick === 0 ? EXIT.ok : EXIT.failed;
}
