import { createHash } from "node:crypto";
import { BrokerError } from "../domain/broker.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import type { HaltOrder } from "../machine/halt.ts";
import { VERDICTS, type NotExecuted } from "../domain/verdict.ts";
import type { DaemonLife } from "../ledger/process-runs.ts";
import { marketDate } from "../domain/market-day.ts";
import { formatInstant } from "../domain/time-format.ts";
import type { Notice } from "./notice.ts";

/** `halted:<id>:<at>`: identifies the same halt after a restart. */
export function haltedNotice(order: HaltOrder, at: number): Notice {
  return {
    kind: "halted",
    level: "error",
    key: `halted:${order.id}:${String(at)}`,
    title: "trading is halted",
    lines: [`Reason: ${order.reason}.`, "No orders are sent until `alpaca-trader resume`."],
  };
}

export function resumedNotice(at: number): Notice {
  return {
    kind: "resumed",
    level: "info",
    key: `resumed:${String(at)}`,
    title: "trading resumed",
    lines: ["The halt is over. A run that is still fresh is executed now; otherwise the next one."],
  };
}

/** @returns undefined for a verdict that needs no notification. */
export function notExecutedNotice({ signalId, verdict, hint, wanted }: NotExecuted, at: number): Notice | undefined {
  const level = VERDICTS[verdict.kind].notice;
  if (level === undefined) return undefined;
  // Lines without a signal are identified by their message, once a day.
  const occasion = signalId ?? `${digest(verdict.reason)}:${marketDate(at)}`;
  return {
    kind: "not-executed",
    level,
    key: `not-executed:${occasion}:${verdict.kind}`,
    title: `not executed, ${verdict.kind}`,
    lines: [
      ...(wanted === undefined ? [] : [`Signal: ${wanted}.`]),
      verdict.reason,
      `In general: ${VERDICTS[verdict.kind].meaning}`,
      hint ?? "`alpaca-trader status` shows holdings and targets; the next run is judged independently.",
    ],
  };
}

/** The previous daemon was killed, or ended with an error. */
/** @param open executions that it left; `undefined`: not counted, because each account of a fleet finishes its own. */
export function restartedNotice(before: DaemonLife, open: number | undefined, at: number, zone: string): Notice {
  const since = formatInstant(before.startedAt, zone);
  const end =
    before.failure === undefined
      ? `The previous daemon (pid ${String(before.pid)}, since ${since}) did not stop cleanly: it was killed or crashed, or the machine went down.`
      : `The previous daemon (pid ${String(before.pid)}, since ${since}) failed: ${before.failure}`;
  return {
    kind: "restarted",
    level: "warning",
    key: `restarted:${String(before.pid)}:${String(before.startedAt)}`,
    title: "the daemon started after a crash",
    lines: [end, openText(open), `Started at ${formatInstant(at, zone)}. If it happens again, check alpaca_trader_error.log.`],
  };
}

function openText(open: number | undefined): string {
  if (open === undefined) return "Each account finishes what was open.";
  if (open === 0) return "No execution was open.";
  return open === 1
    ? "1 execution was open; the daemon continues with it."
    : `${String(open)} executions were open; the daemon continues with them.`;
}

/** An error ended something that should have kept running. @param what `the daemon`, `the execution`. */
export function failedNotice(what: string, failure: unknown, at: number): Notice {
  const refused = failure instanceof TraderError && failure.exitCode === EXIT.refused;
  const hint = failure instanceof TraderError || failure instanceof BrokerError ? failure.hint : undefined;
  return {
    kind: "failed",
    level: refused ? "warning" : "error",
    key: `failed:${what}:${String(at)}`,
    title: refused ? `${what} was refused` : `${what} FAILED`,
    lines: [messageOf(failure), hint ?? "Check alpaca_trader_error.log.", "`alpaca-trader status` shows the holdings."],
  };
}

/** For the schedule of signals. @param due milliseconds since the epoch. */
export function signalMissingNotice(strategy: string, due: number, reason: string, zone: string): Notice {
  return {
    kind: "signal-missing",
    level: "error",
    key: `signal-missing:${strategy}:${String(due)}`,
    title: `no signal from ${strategy}`,
    lines: [
      `A signal was due at ${formatInstant(due, zone)} but was not generated: ${reason}`,
      "Nothing is traded without one. `alpaca-trader signal --explain` shows the strategy's view.",
    ],
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
