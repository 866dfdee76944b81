import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import type { Ledger } from "../domain/ledger.ts";
import { Intake, type IntakeOptions } from "../intake/intake.ts";
import { trustedOwners } from "../intake/trust.ts";

/** The intakes of the configured strategies, in their order. @throws TraderError (78) when ALERTS_OWNER names no user. */
export function openIntakes(config: Config, clock: Clock, ledger: Ledger, open?: IntakeOptions["open"]): Intake[] {
  const owners = trustedOwners(config.alertsOwner);
  return config.strategies.map(
    ({ name, alertsFile }) =>
      new Intake({
        strategy: name,
        alertsFile,
        timezone: config.alertsTimezone,
        mode: config.mode,
        maxAgeSeconds: config.signalMaxAgeSeconds,
        settleSeconds: config.batchSettleSeconds,
        allowedSymbols: config.allowedSymbols,
        owners,
        clock,
        ledger,
        ...(open === undefined ? {} : { open }),
      }),
  );
}
