import { existsSync } from "node:fs";
import { join } from "node:path";
import { stateDirFrom } from "../config/state-dir.ts";
import { haltFilesFrom } from "../config/halt-files.ts";
import { EXIT, type ExitCode } from "../domain/errors.ts";
import { hasSeen, writeHalt, type StandingHalt, type WrittenHalt } from "../machine/halt.ts";
import { daemons } from "../ledger/lock.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { accountLockPath } from "../ledger/lock-directory.ts";
import type { CommandContext } from "./context.ts";

/** A daemon checks for a halt once a second and an execution four times a second, so this is generous. */
const CONFIRM_LIMIT_MS = 5_000;
/** Each look reads the locks of all accounts; the next pauses are twice as long each, up to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 400;

export interface HaltOptions {
  readonly reason?: string;
  readonly machine?: boolean;
}

type Answer = "seen" | "not-seen" | "another-installation";

const SAID: Readonly<Record<Answer, string>> = {
  seen: "Seen by",
  "not-seen": "NOT SEEN by",
  "another-installation": "Not halted, another installation:",
};

/**
 * Stops all trading of this installation, or of every one on this machine (R25). It needs neither a valid
 * configuration nor the broker. A halt counts as confirmed only when every affected trading process that
 * can be found has acknowledged it.
 */
export async function halt(context: CommandContext, options: HaltOptions): Promise<ExitCode> {
  const files = haltFilesFrom(context.env);
  const stateDir = stateDirFrom(context.env);
  const reason = oneLine(options.reason ?? "") || "halted by hand";
  const order = writeHalt(files, options.machine === true ? "machine" : "own", reason, context.clock);
  const everywhere = order.path === files.machine;
  const answers = await askTraders(context, order, everywhere ? undefined : stateDir);
  const unconfirmed = answers.filter(({ answer }) => answer === "not-seen").length;
  const where = everywhere ? "on this machine" : `that uses ${stateDir}`;
  context.out.line(unconfirmed === 0 ? `Halted: ${order.reason}. Nothing ${where} sends orders now.` : `The halt is set: ${order.reason}.`);
  sayReason(context, order, reason);
  if (answers.length === 0) context.out.line("No trading process is running.");
  for (const { trader, answer } of answers) context.out.line(`${SAID[answer]} ${describe(trader)}.`);
  if (answers.some(({ answer }) => answer === "another-installation"))
    context.out.line("`alpaca-trader halt --machine` halts every installation; STATE_DIR=… alpaca-trader halt halts that one.");
  return sayResult(context, unconfirmed);
}

/** The reason is shown inside sentences. */
function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

function sayReason({ out, err }: CommandContext, order: WrittenHalt, reason: string): void {
  if (order.unstored !== undefined) err.line(`The reason (${reason}) could not be stored: ${order.unstored}. An empty file halts as well.`);
  else if (order.reason !== reason) out.line(`Trading was already halted (${order.path}). The first reason is kept.`);
}

/** @param stateDir the installation that was halted; `undefined` for all of them. */
async function askTraders(
  context: CommandContext,
  order: StandingHalt,
  stateDir: string | undefined,
): Promise<{ trader: LockHolder; answer: Answer }[]> {
  const traders = tradersOnThisMachine(stateDirFrom(context.env)).filter(({ pid }) => pid !== process.pid);
  return Promise.all(
    traders.map(async (trader) => {
      if (stateDir !== undefined && trader.stateDir !== stateDir) return { trader, answer: "another-installation" as const };
      return { trader, answer: (await isConfirmed(context, trader, order)) ? ("seen" as const) : ("not-seen" as const) };
    }),
  );
}

function sayResult({ err }: CommandContext, unconfirmed: number): ExitCode {
  if (unconfirmed === 0) return EXIT.ok;
  err.line(
    `${String(unconfirmed)} trading process${unconfirmed === 1 ? " has" : "es have"} not confirmed the halt and may still send orders.`,
  );
  err.line("Hint: Stop the process with kill and its pid, and read its log.");
  return EXIT.failed;
}

/** Processes that hold a trading lock of this directory or of any account of this user. */
function tradersOnThisMachine(stateDir: string): LockHolder[] {
  return daemons([stateDir, accountLockPath()]).filter(
    (holder, index, all) => all.findIndex((other) => other.pid === holder.pid) === index,
  );
}

async function isConfirmed(context: CommandContext, trader: LockHolder, order: StandingHalt): Promise<boolean> {
  const end = context.clock.monotonic() + CONFIRM_LIMIT_MS;
  let pause = FIRST_PAUSE_MS;
  while (!hasSeen(trader.stateDir, trader.pid, order)) {
    if (!tradersOnThisMachine(trader.stateDir).some((other) => other.pid === trader.pid)) return true;
    if (context.clock.monotonic() >= end) return false;
    await context.clock.sleep(pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
  return true;
}

function describe({ pid, command, mode, account, stateDir }: LockHolder): string {
  // A simulator's account is its own; no lock is taken on it, so its number is not known here.
  const one = mode === "simulator" ? "its own account" : `account ${account ?? "not read yet"}`;
  const whose = existsSync(join(stateDir, "accounts")) ? "all accounts of its fleet" : one;
  return `process ${String(pid)} (${command}), mode ${mode}, ${whose}, ${stateDir}`;
}
