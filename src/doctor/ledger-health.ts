import { TraderError } from "../domain/errors.ts";
import type { StandingHalt } from "../machine/halt.ts";
import { UNSEEN_HALT_HINT } from "../machine/halt.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { LedgerCopy } from "../ledger/ledger-copy.ts";
import { copyLedger } from "../ledger/ledger-copy.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { describeHolder } from "../ledger/lock-holder.ts";
import { formatDuration } from "../domain/time-format.ts";
import type { Finding, Known } from "./check.ts";
import { failed, failure, known, ok, unknown, warning } from "./check.ts";

/** A ledger that was looked at, or that there is none yet. */
export type LedgerLook = { readonly kind: "there"; readonly copy: LedgerCopy } | { readonly kind: "missing" };

/** The ledger as it is on the disk, and what is to be said when it cannot be read. */
export function readLedger(file: string): { ledger: Known<LedgerLook>; findings: readonly Finding[] } {
  try {
    const copy = copyLedger(file);
    return { ledger: known({ kind: "there", copy }), findings: judgeLedger(file, copy) };
  } catch (error) {
    if (error instanceof TraderError && error.code === "ledger-missing")
      return { ledger: known({ kind: "missing" }), findings: [ok(`there is no ${file} yet; the first \`run\` or \`execute\` makes it`)] };
    if (error instanceof TraderError && error.code === "ledger-empty")
      return { ledger: known({ kind: "missing" }), findings: [warning(error.message.replace(/\.$/, ""), error.hint ?? "")] };
    return { ledger: unknown("the ledger cannot be read"), findings: [failure(error)] };
  }
}

export function judgeLedger(file: string, { schema, newestSchema }: Pick<LedgerCopy, "schema" | "newestSchema">): readonly Finding[] {
  if (schema === newestSchema) return [ok(`${file} is sound (schema ${String(schema)})`)];
  return [ok(`${file} is sound; its schema ${String(schema)} becomes ${String(newestSchema)} at the next start`)];
}

export interface OpenWork {
  readonly executions: readonly Pick<ExecutionRecord, "id" | "phase" | "outcome" | "startedAt">[];
  readonly intents: readonly Pick<IntentRecord, "clientOrderId" | "symbol" | "side" | "state">[];
  /** Whether a process is there to finish it. */
  readonly daemon: boolean;
  readonly now: number;
}

export function openWorkIn(ledger: Ledger): Pick<OpenWork, "executions" | "intents"> {
  return { executions: ledger.openExecutions(), intents: ledger.unsettledIntents() };
}

/** What was begun and has not ended. With a daemon at work that is everyday life; without one nobody follows it. */
export function judgeOpenWork({ executions, intents, daemon, now }: OpenWork): readonly Finding[] {
  const open = executions.map(({ id, phase, outcome, startedAt }) => {
    const text = `execution ${id} is ${outcome === "queued" ? "queued for the open" : phase}, begun ${formatDuration(now - startedAt)} ago`;
    return daemon ? ok(text) : warning(text, "Start the daemon (or run `alpaca-trader execute`): it is finished first.");
  });
  const doubtful = intents.filter(({ state }) => state === "unknown" || state === "posting" || state === "abandoned");
  const unknowns = doubtful.map(({ side, symbol, state, clientOrderId }) =>
    warning(
      `it is not known whether the broker holds the ${side} order for ${symbol} (${state}, ${clientOrderId})`,
      daemon
        ? "The daemon looks it up; until then nothing else is sent for the symbol."
        : "Start the daemon: it looks the order up. Or look for the id at Alpaca.",
    ),
  );
  return open.length + unknowns.length === 0 ? [ok("nothing is open")] : [...open, ...unknowns];
}

export function judgeLock(holder: LockHolder | undefined): readonly Finding[] {
  if (holder === undefined)
    return [
      warning(
        "no daemon runs: alerts are not acted upon",
        "Start it with `alpaca-trader run`, systemd or Docker, if it should be running.",
      ),
    ];
  const what = holder.command === "run" ? "the daemon runs" : `\`${holder.command}\` is at work`;
  return [ok(`${what}: ${describeHolder(holder).replace(/,$/, "")}`)];
}

/** @param unseen why a halt of the machine would go unnoticed. */
export function judgeHalt(halts: readonly StandingHalt[], unseen: string | undefined): readonly Finding[] {
  const blind = unseen === undefined ? [] : [warning(unseen, UNSEEN_HALT_HINT)];
  return [...(halts.length === 0 ? [ok("trading is not halted")] : halts.map(judgeOne)), ...blind];
}

function judgeOne({ at, reason, path, unreadable }: StandingHalt): Finding {
  if (unreadable) return failed(`trading counts as halted: ${reason}`, "Let our user look into that directory.");
  return warning(`trading is halted${at === "" ? "" : ` since ${at}`} (${path}): ${reason}`, "`alpaca-trader resume` lets it go on.");
}
