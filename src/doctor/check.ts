import { BrokerError } from "../domain/broker.ts";
import { obstacleBehind } from "../machine/directory-access.ts";
import { messageOf, TraderError } from "../domain/errors.ts";

/** All checks, in this order, with their names for people. `docs/troubleshooting.md` has a section for each, under the same id. */
export const CHECKS = {
  node: "Node",
  "time-zones": "time zone data",
  "settings-file": "settings file",
  configuration: "configuration",
  surroundings: "surroundings",
  "state-directory": "state directory",
  "log-directory": "log directory",
  "disk-space": "disk space",
  ledger: "ledger",
  "open-work": "open work",
  "trading-lock": "trading lock",
  halt: "halt",
  "alerts-file": "alerts file",
  "alerts-run": "newest run",
  "alerts-time-zone": "time zone of the alerts",
  connection: "connection",
  keys: "keys",
  "broker-clock": "clock",
  "account-number": "account number",
  account: "account",
  "buying-power": "buying power",
  positions: "positions",
  splits: "splits",
  "market-session": "market session",
  assets: "assets",
  prices: "prices",
  stream: "order stream",
  notifications: "notifications",
  heartbeat: "heartbeat",
  dashboard: "dashboard",
  "fleet-database": "database of the fleet",
  "fleet-queue": "queue of the fleet",
  "fleet-workers": "workers of the fleet",
  "fleet-identity": "identity of the fleet",
} as const;

export type CheckId = keyof typeof CHECKS;

/** `warning`: it works, but check it. `skipped`: it could not or need not be checked. */
export type CheckStatus = "ok" | "warning" | "failed" | "skipped";

export interface Finding {
  readonly status: CheckStatus;
  /** The finding for a person; one line. */
  readonly text: string;
  /** The remedy; one line. */
  readonly hint?: string;
  /** The subject, where a check covers several things: the name of a strategy. */
  readonly of?: string;
}

/** What a check found, in the order of its lines. */
export type Findings = readonly Finding[];

export interface Step {
  readonly id: CheckId;
  readonly run: () => Findings | Promise<Findings>;
}

/** A finding with its check: one line of the doctor. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly status: CheckStatus;
  readonly text: string;
  readonly hint?: string;
}

export function ok(text: string): Findings {
  return [{ status: "ok", text }];
}

export function warning(text: string, hint: string): Findings {
  return [{ status: "warning", text, hint }];
}

export function failed(text: string, hint: string): Findings {
  return [{ status: "failed", text, hint }];
}

/** @param why to follow "skipped": the obstacle, or why the check is not needed. */
export function skipped(why: string): Findings {
  return [{ status: "skipped", text: `skipped: ${why}` }];
}

export type Known<T> = { readonly kind: "known"; readonly value: T } | { readonly kind: "unknown"; readonly why: string };

export function known<T>(value: T): Known<T> {
  return { kind: "known", value };
}

export function unknown(why: string): Known<never> {
  return { kind: "unknown", why };
}

export function given<T>(fact: Known<T>, judge: (value: T) => Findings): Findings {
  return fact.kind === "known" ? judge(fact.value) : skipped(fact.why);
}

const FAULT_HINT = "This is a bug; `--verbose` shows more. Please report it.";
const RIGHTS_HINT = "Run it as the daemon's user; if you do, check the owner and mode of the file and its directory.";

/** An error's message as a failed finding. A configuration error, which takes several lines, is left to its own check. */
export function failure(error: unknown, otherHint: string = FAULT_HINT): Findings {
  const obstacle = obstacleBehind(error);
  if (obstacle !== undefined) return failed(obstacle.text, obstacle.hint);
  const made = error instanceof TraderError || error instanceof BrokerError;
  return failed(messageOf(error), (made ? error.hint : undefined) ?? (isForbidden(error) ? RIGHTS_HINT : otherHint));
}

function isForbidden(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "EACCES" || code === "EPERM";
}
