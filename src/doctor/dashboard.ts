import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import type { DashboardConfig } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import { failed, ok, skipped, warning, type Findings } from "./check.ts";

/** It is on this machine, so an answer takes milliseconds. */
const LIMIT_MS = 3_000;

const health = z.object({ status: z.string(), reasons: z.array(z.string()).default([]) });

export type HealthAnswer =
  | { readonly kind: "answered"; readonly status: string; readonly healthy: boolean; readonly reasons: readonly string[] }
  | { readonly kind: "silent"; readonly why: string }
  /** The connection was accepted, but no answer came. */
  | { readonly kind: "hanging" };

/** Address of the running daemon's dashboard; undefined when unknown. */
export function dashboardAddress({ port, host }: DashboardConfig): string | undefined {
  if (port === "off" || port === 0) return undefined;
  const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  const reached = everywhere[host] ?? host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${String(port)}`;
}

/** Asks the daemon for its health. This needs no token, and another program may have the port. */
export async function askHealth(address: string, clock: Clock, ask: typeof fetch): Promise<HealthAnswer> {
  const limit = new AbortController();
  const timer = clock.after(LIMIT_MS, () => limit.abort());
  try {
    const answer = await ask(`${address}/healthz`, { signal: limit.signal, redirect: "error" });
    const body = health.safeParse(await answer.json());
    if (!body.success) return { kind: "silent", why: `something else answers there (HTTP ${String(answer.status)})` };
    return { kind: "answered", status: body.data.status, healthy: answer.ok, reasons: body.data.reasons };
  } catch (error) {
    return limit.signal.aborted ? { kind: "hanging" } : { kind: "silent", why: causeOf(error) };
  } finally {
    timer.cancel();
  }
}

/** `fetch failed` explains nothing; its cause does. */
function causeOf(error: unknown): string {
  return Error.isError(error) && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}

export function judgeHealth(address: string, answer: HealthAnswer): Findings {
  if (answer.kind === "hanging")
    return failed(
      `${address} accepts the connection but does not answer within ${String(LIMIT_MS / 1_000)} s: the daemon hangs, or another program uses its port`,
      "If its log shows nothing new, stop it (with `kill -9` if needed) and restart it: it continues from the ledger.",
    );
  if (answer.kind === "silent")
    return warning(
      `${address} is not answered by the daemon: ${answer.why}`,
      "Another program may use the port; the daemon's log shows it. Trading does not need it.",
    );
  const { status, healthy, reasons } = answer;
  const text = `${address} says ${status}${reasons.length === 0 ? "" : `: ${reasons.join(" ")}`}`;
  if (!healthy) return failed(text, "See the daemon's log.");
  return reasons.length === 0 ? ok(text) : warning(text, "See the daemon's log.");
}

export function noDashboard({ port }: DashboardConfig, daemon: boolean): Findings {
  if (port === "off") return ok("switched off (DASHBOARD_PORT=off)");
  return skipped(daemon ? "with DASHBOARD_PORT=0 only the daemon's log shows the port" : "no daemon runs");
}
