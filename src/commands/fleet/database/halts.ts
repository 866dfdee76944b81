import { EXIT, type ExitCode } from "../../../domain/errors.ts";
import { SILENT_AFTER_SECONDS, type WorkerSeen } from "../../../fleet/store/roll.ts";
import type { CommandContext } from "../../context.ts";
import { withFleetStore } from "./open.ts";

/** A worker reports every second. */
const CONFIRM_LIMIT_MS = 6_000;
const CONFIRM_PAUSE_MS = 200;

export interface FleetHaltOptions {
  readonly account?: string;
  readonly group?: string;
  readonly reason?: string;
}

function scopeOf({ account, group }: FleetHaltOptions): string {
  if (account !== undefined) return `account:${account}`;
  return group === undefined ? "fleet" : `group:${group}`;
}

/**
 * Halts the fleet, a group or an account on every machine (R25). No order whose intent is recorded after this leaves; confirmed
 * is it when every worker that lives has said that it heeds it.
 */
export function haltFleet(context: CommandContext, options: FleetHaltOptions): Promise<ExitCode> {
  return withFleetStore(context, async ({ store, accounts }) => {
    if (options.account !== undefined) await accounts.find(options.account);
    const scope = scopeOf(options);
    const reason = (options.reason ?? "").trim().replace(/\s+/g, " ") || "halted by hand";
    const first = await store.workers.halt(scope, reason);
    if (first !== reason) context.out.line(`It was already halted. The first reason is kept: ${first}`);
    const end = context.clock.monotonic() + CONFIRM_LIMIT_MS;
    let workers = await store.workers.list();
    while (unconfirmed(workers, scope).length > 0 && context.clock.monotonic() < end) {
      await context.clock.sleep(CONFIRM_PAUSE_MS);
      workers = await store.workers.list();
    }
    const silent = unconfirmed(workers, scope);
    const heeded = workers.filter(({ heeds }) => heeds.includes(scope)).length;
    context.out.line(silent.length === 0 ? `Halted on every machine: ${first}.` : `The halt is set: ${first}.`);
    context.out.line(`Seen by ${String(heeded)} ${heeded === 1 ? "worker" : "workers"}.`);
    for (const { worker, secondsAgo } of silent) context.err.line(`NOT SEEN by ${worker}, last heard of ${secondsAgo.toFixed(0)} s ago.`);
    if (silent.length > 0) context.err.line("Hint: Stop that process with kill, or run `alpaca-trader halt` on its machine.");
    return silent.length === 0 ? EXIT.ok : EXIT.failed;
  });
}

/** One that has been silent for longer than its lease sends nothing anyway. */
function unconfirmed(workers: readonly WorkerSeen[], scope: string): WorkerSeen[] {
  return workers.filter(({ heeds, secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS && !heeds.includes(scope));
}

export function resumeFleet(context: CommandContext, options: FleetHaltOptions): Promise<ExitCode> {
  return withFleetStore(context, async ({ store }) => {
    const scope = scopeOf(options);
    const lifted = await store.workers.resume(scope);
    context.out.line(lifted === undefined ? "It was not halted." : `The halt (${lifted}) is lifted. Workers execute what is still fresh.`);
    const left = [...(await store.workers.halts())];
    for (const [other, reason] of left) context.out.line(`Still halted: ${other} (${reason}).`);
    return EXIT.ok;
  });
}
