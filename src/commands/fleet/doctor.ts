import type { Environment } from "../../domain/config.ts";
import { stateDirFrom } from "../../config/state-dir.ts";
import type { Check } from "../../doctor/check.ts";
import { callDoctor, isWell, type DoctorListener } from "../../doctor/doctor.ts";
import { checkLines } from "../../doctor/view.ts";
import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { AccountDirectories } from "../../fleet/account-store.ts";
import { fleetToExamine, type FleetProblem } from "../../fleet/fleet-settings.ts";
import { errorLines } from "../../reporting/error-view.ts";
import type { CommandContext } from "../context.ts";
import { assertNoDatabase } from "./shown-fleet.ts";

/** Checks each account as `doctor --account` does, and shows what is not well; what is the same for all is shown once. @returns 1 when anything fails. */
export async function fleetDoctor(context: CommandContext): Promise<ExitCode> {
  assertNoDatabase(context);
  const { accounts, problems } = fleetToExamine(context.env, new AccountDirectories(stateDirFrom(context.env)));
  const ofFleet = checksOf(problems, undefined);
  if (ofFleet.length > 0) context.out.line("Fleet:");
  showChecks(context, ofFleet);
  const examined: ExaminedAccount[] = [];
  for (const { name, env } of accounts) {
    const checks = await examine(context, env);
    const isNew = ({ text }: Check): boolean => !checks.some((check) => check.text.includes(text));
    examined.push({ name, checks: [...checksOf(problems, name).filter(isNew), ...checks] });
  }
  const code = showAccounts(context, examined);
  return ofFleet.length > 0 ? EXIT.failed : code;
}

/** What is wrong only in a fleet, or with the account's file. */
function checksOf(problems: readonly FleetProblem[], name: string | undefined): Check[] {
  const texts = problems.filter(({ account }) => account === name).map(({ text }) => text);
  return texts.map((text) => ({ id: "configuration", title: "settings", status: "failed", text, hint: SETTINGS_HINT }));
}

const SETTINGS_HINT =
  "`alpaca-trader fleet set NAME SETTING=VALUE` changes an account. Until it is corrected, `fleet run` and `fleet execute` exit with 78.";

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
