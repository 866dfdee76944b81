import { stateDirFrom } from "../config.ts";
import type { ExitCode } from "../errors.ts";
import { EXIT } from "../errors.ts";
import { hasSeen, writeHalt } from "../halt.ts";
import { daemons } from "../ledger/lock.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { accountLockPath } from "../ledger/lock-directory.ts";
import type { CommandContext } from "./context.ts";

/** A daemon looks once a second, an execution four times a second; this is generous. */
const CONFIRM_LIMIT_MS = 5_000;
const CONFIRM_PAUSE_MS = 50;

/**
 * Stops all trading of this installation (R25). It needs no valid configuration and no broker, and
 * believes a halt only when every trading process it can find has said that it has seen it.
 */
export async function halt(context: CommandContext, options: { readonly reason?: string }): Promise<ExitCode> {
  const stateDir = stateDirFrom(context.env);
  const order = writeHalt(stateDir, options.reason ?? "halted by hand", context.clock);
  context.out.line(`Halted: ${order.reason}. No order is sent by anything that uses ${stateDir}.`);
  const traders = tradersOnThisMachine(stateDir).filter((trader) => trader.pid !== process.pid);
  if (traders.length === 0) context.out.line("No trading process is running.");
  const results = await Promise.all(
    traders.map(async (trader) => ({ trader, seen: await isConfirmed(context, trader, stateDir, order.id) })),
  );
  for (const { trader, seen } of results) context.out.line(`${seen ? "Seen by" : "NOT SEEN by"} ${describe(trader)}.`);
  const missing = results.filter((result) => !result.seen);
  if (missing.length === 0) return EXIT.ok;
  const foreign = missing.some(({ trader }) => trader.stateDir !== stateDir);
  context.err.line(`${String(missing.length)} trading process${missing.length === 1 ? " has" : "es have"} not confirmed the halt.`);
  context.err.line(
    foreign
      ? "Hint: a process with another STATE_DIR is halted with that directory: STATE_DIR=… alpaca-trader halt."
      : "Hint: stop it by its pid (kill), and look at its log.",
  );
  return EXIT.failed;
}

/** Holders of a trading lock of this directory, or of any account of this user. */
function tradersOnThisMachine(stateDir: string): LockHolder[] {
  return daemons([stateDir, accountLockPath()]).filter(
    (holder, index, all) => all.findIndex((other) => other.pid === holder.pid) === index,
  );
}

async function isConfirmed(context: CommandContext, trader: LockHolder, stateDir: string, id: string): Promise<boolean> {
  if (trader.stateDir !== stateDir) return false;
  const end = context.clock.monotonic() + CONFIRM_LIMIT_MS;
  while (!hasSeen(stateDir, trader.pid, id)) {
    if (!tradersOnThisMachine(stateDir).some((other) => other.pid === trader.pid)) return true;
    if (context.clock.monotonic() >= end) return false;
    await context.clock.sleep(CONFIRM_PAUSE_MS);
  }
  return true;
}

function describe(trader: LockHolder): string {
  return `process ${String(trader.pid)} (${trader.command}), mode ${trader.mode}, account ${trader.account ?? "not read yet"}, ${trader.stateDir}`;
}
