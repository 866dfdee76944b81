import type { Clock } from "../../domain/clock.ts";
import type { Config, Environment } from "../../domain/config.ts";
import { Chart } from "../../doctor/chart.ts";
import type { Check, CheckId } from "../../doctor/check.ts";
import { secretsIn } from "../../doctor/configuration.ts";
import { examine } from "../../doctor/doctor.ts";
import { machineSteps } from "../../doctor/machine-steps.ts";
import { VenueExamination } from "../../doctor/venue-examination.ts";
import { EXIT, TraderError } from "../../domain/errors.ts";
import { createRedaction } from "../../logging/redaction.ts";

/** `keys`: not accepted. `account`: they belong to another one than LIVE_TRADING_ACCOUNT. */
export type VenueVerdict = "well" | "unreachable" | "keys" | "account";

/** The ledger says what was bought by this program (R27). */
const STEPS: readonly CheckId[] = ["ledger", "connection", "keys", "account-number", "account", "positions"];
const SHOWN: readonly CheckId[] = ["keys", "account-number", "account", "positions"];

/** Tests the credentials with the doctor's own checks: the account's number, status and value, and what a first run would sell. */
export async function testVenue(
  env: Environment,
  { mode, liveTradingAccount }: Config,
  { clock, directory, onCheck }: { readonly clock: Clock; readonly directory: string; readonly onCheck: (check: Check) => void },
): Promise<VenueVerdict> {
  const chart = new Chart({ env, clock, directory, notify: false });
  const venue = new VenueExamination(chart);
  try {
    const steps = [...machineSteps(chart), ...venue.steps()].filter(({ id }) => STEPS.includes(id));
    const checks = await examine(steps, {
      redact: createRedaction(secretsIn(env)),
      onFault: () => undefined,
      onCheck: (check) => {
        if (isShown(check)) onCheck(check);
      },
    });
    const hasFailed = (id: CheckId): boolean => checks.some((check) => check.id === id && check.status === "failed");
    if (hasFailed("connection")) return "unreachable";
    if (hasFailed("keys") || venue.account.kind === "unknown") return "keys";
    return mode === "live" && venue.account.value.number !== liveTradingAccount ? "account" : "well";
  } finally {
    await venue.close();
    chart.close();
  }
}

function isShown({ id, status }: Check): boolean {
  return status === "ok" ? SHOWN.includes(id) : status !== "skipped";
}

export function credentialsRefused(verdict: Exclude<VenueVerdict, "well">): TraderError {
  return new TraderError(`${REFUSALS[verdict].text} Nothing was written.`, { code: `init-${verdict}`, ...REFUSALS[verdict] });
}

const REFUSALS = {
  unreachable: {
    text: "The credentials could not be tested, because the broker did not answer.",
    hint: "Check the network and the endpoint, and run `alpaca-trader init` again.",
    exitCode: EXIT.failed,
  },
  keys: {
    text: "The broker did not accept the credentials.",
    hint: "Correct them, and run `alpaca-trader init` again.",
    exitCode: EXIT.configuration,
  },
  account: {
    text: "The credentials belong to another account than LIVE_TRADING_ACCOUNT.",
    hint: "Give the number of the account to trade (--account-number), or the credentials of that account.",
    exitCode: EXIT.refused,
  },
} as const;
