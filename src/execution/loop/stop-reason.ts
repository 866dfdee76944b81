import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { freshness } from "../../intake/freshness.ts";
import { MIN_SESSION_LEFT_TO_POST_MS } from "../preparation/account-snapshot.ts";
import type { StopReason } from "./decide.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";

export interface StopFacts {
  readonly market: MarketWatch;
  /** An external order, cash that has left, or a block of the account. */
  readonly account: StopReason | undefined;
  /** Monotonic. */
  readonly deadlineAt: number;
  /** The owner requested it, so that it starts whatever the age of the signal (R33). */
  readonly isAgeless: boolean;
}

/** Why nothing more may be sent; checked before every decision and so before every POST (R5, R14, R25). */
export function stopReasonOf(
  execution: OpenExecution,
  { record, intents }: { readonly record: ExecutionRecord; readonly intents: readonly IntentRecord[] },
  facts: StopFacts,
): StopReason | undefined {
  const { halted, clock } = execution.parts;
  const halt = halted();
  if (halt !== undefined) return { cause: "halted", reason: `Trading was halted (${halt}).` };
  const keys = intents.find(({ state, status }) => state === "refused" && status === "keys-refused");
  if (keys !== undefined)
    return { cause: "keys-refused", reason: `The venue refused the API keys or the OAuth token: ${keys.message ?? ""}` };
  if (facts.account !== undefined) return facts.account;
  // Orders waiting for the open have no deadline; anything not sent by then is not sent at all (R17, R23).
  const isBound = !record.offHours || intents.some(({ state }) => state === "recorded" || state === "posting" || state === "unknown");
  if (isBound && clock.monotonic() >= facts.deadlineAt) return { cause: "deadline", reason: "The execution's deadline has passed." };
  const overtaken = record.begunAt === undefined ? overtakenReason(execution, facts.isAgeless) : undefined;
  return overtaken ?? sessionReason(record, facts.market);
}

/** What prevents an execution from starting (R5, R6, R22). */
function overtakenReason(execution: OpenExecution, isAgeless: boolean): StopReason | undefined {
  const { clock, signalMaxAgeSeconds, inbox } = execution.parts;
  const age = freshness(execution.signal, clock.now(), signalMaxAgeSeconds);
  if (age.kind !== "fresh" && !isAgeless) return { cause: "stale", reason: age.reason };
  const { newer, overtaken } = inbox;
  if (newer?.kind === "rebalance")
    return { cause: "superseded", reason: `The newer signal ${newer.id} takes its place before anything was sent.` };
  if (overtaken.aborted) return { cause: "superseded", reason: "A newer run decides in its place; this one had not begun." };
  if (execution.countsWithWaiting() && !execution.wantsWhatWasLeft()) return undefined;
  return { cause: "planned-again", reason: "It is planned again, with what every strategy asks for now." };
}

function sessionReason(record: ExecutionRecord, { isOpen, opened, left }: MarketWatch): StopReason | undefined {
  // Orders for the open wait for it; after that, the end of the session applies to them too.
  if (isOpen === undefined || (record.offHours && opened === undefined)) return undefined;
  if (left !== undefined && left >= MIN_SESSION_LEFT_TO_POST_MS) return undefined;
  return { cause: "session-closed", reason: "The session is over, or too little of it is left." };
}
