import { BrokerError } from "../domain/broker.ts";
import { obstacleBehind } from "../machine/directory-access.ts";
import { messageOf, TraderError } from "../domain/errors.ts";

/**
 * Everything that is looked at, in this order, with its name for people. `docs/troubleshooting.md` has a
 * section for each, under the same id.
 */
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
} as const;

export type CheckId = keyof typeof CHECKS;

/** `warning`: it works, but somebody should look. `skipped`: it could not or need not be looked at. */
export type CheckStatus = "ok" | "warning" | "failed" | "skipped";

/** What was found about one thing. */
export interface Finding {
  readonly status: CheckStatus;
  /** What was seen, for a person; one line. */
  readonly text: string;
  /** What can be done about it; one line. */
  readonly hint?: string;
  /** Which one, where a check is made of several things: the name of a strategy. */
  readonly of?: string;
}

/** A finding in its place: one line of the doctor. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly status: CheckStatus;
  readonly text: string;
  readonly hint?: string;
}

export function ok(text: string): Finding {
  return { status: "ok", text };
}

export function warning(text: string, hint: string): Finding {
  return { status: "warning", text, hint };
}

export function failed(text: string, hint: string): Finding {
  return { status: "failed", text, hint };
}

/** @param why to follow "not looked at": what stands in the way, or why there is no need. */
export function skipped(why: string): Finding {
  return { status: "skipped", text: `not looked at: ${why}` };
}

/** Something that was to be read, or why it is not known. */
export type Known<T> = { readonly kind: "known"; readonly value: T } | { readonly kind: "unknown"; readonly why: string };

export function known<T>(value: T): Known<T> {
  return { kind: "known", value };
}

export function unknown(why: string): Known<never> {
  return { kind: "unknown", why };
}

/** The findings about a value, or the one that it is not known. */
export function given<T>(fact: Known<T>, judge: (value: T) => readonly Finding[]): readonly Finding[] {
  return fact.kind === "known" ? judge(fact.value) : [skipped(fact.why)];
}

const FAULT_HINT = "This is a fault in the program; `--verbose` shows more. Please report it.";
const RIGHTS_HINT = "Run it as the daemon's user; if that is so, look at the owner and the mode of the file and its directory.";

/** What an error says, as a failed finding. Every problem of a configuration, which takes several lines, is left to its own check. */
export function failure(error: unknown, otherHint: string = FAULT_HINT): Finding {
  const obstacle = obstacleBehind(error);
  if (obstacle !== undefined) return failed(obstacle.text, obstacle.hint);
  const made = error instanceof TraderError || error instanceof BrokerError;
  return failed(messageOf(error), (made ? error.hint : undefined) ?? (isForbidden(error) ? RIGHTS_HINT : otherHint));
}

function isForbidden(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "EACCES" || code === "EPERM";
}
