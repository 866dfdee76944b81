import type { Environment } from "../../domain/config.ts";
import type { Check } from "../../doctor/check.ts";
import { callDoctor, isWell, type DoctorListener } from "../../doctor/doctor.ts";
import { checkLines } from "../../doctor/view.ts";
import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { errorLines } from "../../reporting/error-view.ts";
import type { CommandContext } from "../context.ts";
import { fleetOf } from "./show.ts";

/** Checks each account as `doctor --account` does, and shows what is not well; what is the same for all is shown once. @returns 1 when anything fails. */
export async function fleetDoctor(context: CommandContext): Promise<ExitCode> {
  const { accounts } = fleetOf(context);
  const examined: ExaminedAccount[] = [];
  for (const { name, env } of accounts) examined.push({ name, checks: await examine(context, env) });
  return showAccounts(context, examined);
}

export interface ExaminedAccount {
  readonly name: string;
  readonly checks: readonly Check[];
}

/** What is not well, and what is the same for all of them once. @returns 1 when anything fails. */
export function showAccounts(context: CommandContext, examined: readonly ExaminedAccount[]): ExitCode {
  const { out } = context;
  const texts = examined.map(({ checks }) => checks.filter(needsAttention).map(({ text }) => text));
  const shared = new Set(examined.length < 2 ? [] : texts[0]?.filter((text) => texts.every((each) => each.includes(text))));
  if (shared.size > 0) {
    out.line("All accounts:");
    showChecks(context, examined[0]?.checks.filter((check) => needsAttention(check) && shared.has(check.text)) ?? []);
  }
  for (const { name, checks } of examined) {
    const own = checks.filter((check) => needsAttention(check) && !shared.has(check.text));
    out.line(`${name}: ${own.length === 0 ? "nothing else" : `${String(own.length)} of ${String(checks.length)} checks`} to attend to`);
    showChecks(context, own);
  }
  const sick = examined.filter(({ checks }) => !isWell(checks)).map(({ name }) => name);
  out.line(sick.length === 0 ? `All ${String(examined.length)} accounts can trade.` : `Cannot trade as they are: ${sick.join(", ")}.`);
  return sick.length === 0 ? EXIT.ok : EXIT.failed;
}

function examine(context: CommandContext, env: Environment): Promise<readonly Check[]> {
  const { directory, clock } = context;
  return callDoctor({ env, clock, directory, notify: false }, quietly(context));
}

/** Only what is not well is shown, and that together. */
export function quietly({ err, verbose }: CommandContext): DoctorListener {
  return {
    onCheck: () => undefined,
    onFault: (error) => {
      if (verbose) for (const line of errorLines(error, { verbose }, err.style)) err.line(line);
    },
  };
}

export function needsAttention({ status }: Check): boolean {
  return status === "failed" || status === "warning";
}

export function showChecks({ out }: CommandContext, checks: readonly Check[]): void {
  for (const check of checks) for (const line of checkLines(check, out.style)) out.line(`  ${line}`);
}
