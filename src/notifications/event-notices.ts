import { createHash } from "node:crypto";
import { BrokerError } from "../domain/broker.ts";
import { EXIT, messageOf, TraderError } from "../domain/errors.ts";
import type { HaltOrder } from "../machine/halt.ts";
import type { NotExecuted } from "../domain/verdict.ts";
import { VERDICTS } from "../domain/verdict.ts";
import type { DaemonLife } from "../ledger/process-runs.ts";
import { marketDate } from "../domain/market-day.ts";
import { formatInstant } from "../domain/time-format.ts";
import type { Notice } from "./notice.ts";

/** `halted:<id>:<at>`: the same halt is known again after a restart by its id. */
export function haltedNotice(order: HaltOrder, at: number): Notice {
  return {
    kind: "halted",
    level: "error",
    key: `halted:${order.id}:${String(at)}`,
    title: "trading is halted",
    lines: [`Reason: ${order.reason}.`, "No order is sent until `alpaca-trader resume`."],
  };
}

export function resumedNotice(at: number): Notice {
  return {
    kind: "resumed",
    level: "info",
    key: `resumed:${String(at)}`,
    title: "trading goes on",
    lines: ["The halt is over. A run that is still fresh is executed now; otherwise the next one is."],
  };
}

/** @returns undefined for a verdict that nobody needs to be told. */
export function notExecutedNotice({ signalId, verdict, hint, wanted }: NotExecuted, at: number): Notice | undefined {
  const level = VERDICTS[verdict.kind].notice;
  if (level === undefined) return undefined;
  // Lines that make no signal are known by what is said of them, once a day.
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
      hint ?? "`alpaca-trader status` shows what is held and wanted; the next run is judged anew.",
    ],
  };
}

/** The daemon before this one was cut off, or ended with an error. */
export function restartedNotice(before: DaemonLife, open: number, at: number, zone: string): Notice {
  const since = formatInstant(before.startedAt, zone);
  const end =
    before.failure === undefined
      ? `The daemon before it (pid ${String(before.pid)}, since ${since}) was cut off: killed, crashed, or the machine went down.`
      : `The daemon before it (pid ${String(before.pid)}, since ${since}) had failed: ${before.failure}`;
  return {
    kind: "restarted",
    level: "warning",
    key: `restarted:${String(before.pid)}:${String(before.startedAt)}`,
    title: "the daemon started after a crash",
    lines: [
      end,
      open === 0
        ? "No execution was open."
        : `${open === 1 ? "1 execution was" : `${String(open)} executions were`} open; it goes on with that.`,
      `Started at ${formatInstant(at, zone)}. If it happens again, look at alpaca_trader_error.log.`,
    ],
  };
}

/**
 * The end of something that was to go on, because of an error.
 * @param what `the daemon`, `the execution`.
 */
export function failedNotice(what: string, failure: unknown, at: number): Notice {
  const refused = failure instanceof TraderError && failure.exitCode === EXIT.refused;
  const hint = failure instanceof TraderError || failure instanceof BrokerError ? failure.hint : undefined;
  return {
    kind: "failed",
    level: refused ? "warning" : "error",
    key: `failed:${what}:${String(at)}`,
    title: refused ? `${what} was refused` : `${what} FAILED`,
    lines: [messageOf(failure), hint ?? "Look at alpaca_trader_error.log.", "`alpaca-trader status` shows what is held."],
  };
}

/** For whoever knows when a signal is due. @param due milliseconds since the epoch. */
export function signalMissingNotice(strategy: string, due: number, reason: string, zone: string): Notice {
  return {
    kind: "signal-missing",
    level: "error",
    key: `signal-missing:${strategy}:${String(due)}`,
    title: `no signal from ${strategy}`,
    lines: [
      `A signal was due at ${formatInstant(due, zone)} and did not come: ${reason}`,
      "Nothing is traded without one. `alpaca-trader signal --explain` shows what the strategy sees.",
    ],
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
