import type { FleetData } from "./fleet-data.ts";
import { statusOf, type Health } from "./health.ts";

export interface FleetHealth extends Health {
  /** Standing → how many accounts have it. */
  readonly accounts: Readonly<Record<string, number>>;
}

/** Anyone who can reach the port may read it, so it names no account. `failing`: a restart may help. */
export function fleetHealth({ accounts, problems, alerts_problems: refusals, halted, standings }: FleetData): FleetHealth {
  const count = (state: string): number => accounts.filter((row) => row.state === state).length;
  const ready = count("ready");
  const failures = [...problems, ...(ready === 0 ? ["No account watches for alerts."] : [])];
  const haltedAccounts = accounts.filter((row) => row.halted !== null).length;
  const reasons = [
    said(count("set-aside"), "set aside"),
    said(count("failed"), "being restarted after a failure"),
    said(count("starting"), "still starting"),
    halted === null ? said(haltedAccounts, "halted") : [`Trading is halted: ${halted}.`],
  ].flat();
  return {
    status: statusOf(failures.length, refusals.length, reasons.length),
    reasons: [...failures, ...refusals, ...reasons],
    accounts: Object.fromEntries(standings.map(({ standing, accounts: number }) => [standing, number])),
  };
}

function said(count: number, what: string): string[] {
  if (count === 0) return [];
  return [count === 1 ? `1 account is ${what}.` : `${String(count)} accounts are ${what}.`];
}
