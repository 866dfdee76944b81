import type { Clock } from "../domain/clock.ts";
import { formatPercent } from "../domain/format.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import { VERDICTS } from "../domain/verdict.ts";
import type { Log } from "../logging/logger.ts";
import type { RebalanceEvent } from "../execution/events.ts";
import { phaseProgress } from "../reporting/phase-progress.ts";
import type { TraderEvent } from "./events.ts";

/** Logs a warning that comes again and again now and then only. @returns whether it was logged as one. */
export type WarnAgain = (text: string, log: Log) => boolean;

export interface EventLogParts {
  readonly log: Log;
  readonly ledger: Pick<Ledger, "transaction" | "note" | "intentsOf">;
  readonly clock: Pick<Clock, "now">;
  readonly warnAgain: WarnAgain;
}

/** Every event into the log, and the steps of an execution into its decision record first. */
export function recordEvent(event: TraderEvent, parts: EventLogParts): void {
  switch (event.kind) {
    case "watching":
    case "account":
    case "executing":
      return;
    case "ready":
      parts.log.info("Ready: watching for alerts.");
      return;
    case "verdict":
      logVerdict(event, parts.log);
      return;
    case "offered": {
      const { signal, again } = event;
      // A run that is tried again every few seconds, as while the account is blocked, is logged once.
      parts.log.child({ signal: signal.id })[again ? "debug" : "info"](`Signal of ${signal.strategy}: ${shortDescription(signal)}.`);
      return;
    }
    case "not-executed":
      logNotExecuted(event, parts.log);
      return;
    case "recovering": {
      const { id, signalId, phase } = event.execution;
      parts.log
        .child({ signal: signalId, execution: id })
        .warn(`Going on with an execution that an earlier process left in phase ${phase}.`);
      return;
    }
    case "concluded":
      return;
    case "halt-changed":
      if (event.reason === undefined) parts.log.warn("The halt is over; trading goes on.");
      else parts.log.error(`Trading is halted: ${event.reason}. No order is sent until \`alpaca-trader resume\`.`);
      return;
    case "remark": {
      const { level, text, hint, signalId, executionId } = event;
      const log = parts.log.child({
        ...(signalId === undefined ? {} : { signal: signalId }),
        ...(executionId === undefined ? {} : { execution: executionId }),
      });
      if (event.recurs === true) parts.warnAgain(text, log);
      else log[level](text, hint === undefined ? {} : { hint });
      return;
    }
    default:
      recordStep(event, parts);
  }
}

function recordStep(event: RebalanceEvent, { log: whole, ledger, clock, warnAgain }: EventLogParts): void {
  const { kind, level, text, executionId, signalId, facts } = event;
  const log = whole.child({ signal: signalId, execution: executionId });
  const isSaid = event.recurs === true ? warnAgain(text, log) : level !== "debug";
  if (isSaid) {
    const note = { executionId, at: clock.now(), kind, text, ...(facts === undefined ? {} : { facts }) };
    // A note never decides anything. The last one is flushed, and with it all before.
    ledger.transaction(() => ledger.note(note), kind === "finish" ? "flushed" : "ordered");
  }
  if (event.recurs !== true) logStep(event, ledger, log);
}

/** The log has fewer lines than the decision record, and says how far a phase is. */
function logStep({ kind, level, text, executionId, intent, facts }: RebalanceEvent, ledger: Pick<Ledger, "intentsOf">, log: Log): void {
  if (kind === "accepted") log.debug(text, { order: facts });
  else if (kind === "filled" && intent !== undefined) {
    const phase = ledger.intentsOf(executionId).filter((each) => each.phase === intent.phase);
    log[level](`${text} ${phaseProgress(intent.phase, phase)}.`);
  } else log[level](text);
}

function logVerdict({ verdict, subject, signalId }: TraderEvent & { kind: "verdict" }, whole: Log): void {
  const log = signalId === undefined ? whole : whole.child({ signal: signalId });
  log[VERDICTS[verdict.kind].log](`Alerts: ${subject}: ${verdict.kind}. ${verdict.reason}`);
}

/** Intake's own verdicts have been logged with the lines that they are about. */
function logNotExecuted({ what, origin, again }: TraderEvent & { kind: "not-executed" }, whole: Log): void {
  if (origin === "intake" || again) return;
  const log = what.signalId === undefined ? whole : whole.child({ signal: what.signalId });
  log.warn(`Not executed, ${what.verdict.kind}: ${what.verdict.reason}`, what.hint === undefined ? {} : { hint: what.hint });
}

const MOST_DESCRIBED = 4;

/** What a run asks for, in one line of a log: the plan and `explain` have all of it. */
function shortDescription(signal: Signal): string {
  const rest = signal.targets.size - (MOST_DESCRIBED - 1);
  if (signal.kind === "exit" || signal.targets.size <= MOST_DESCRIBED) return describeSignal(signal);
  const first = [...signal.targets].toSorted(([, one], [, other]) => other.cmp(one)).slice(0, MOST_DESCRIBED - 1);
  return `${describeSignal({ ...signal, targets: new Map(first) })} and ${String(rest)} more`;
}

/** What a run asks for, in a few words. */
export function describeSignal(signal: Signal): string {
  if (signal.kind === "exit") return `exit ${signal.exits.join(", ")}`;
  return [...signal.targets].map(([symbol, weight]) => `${symbol} ${formatPercent(weight, 1)}`).join(", ");
}
