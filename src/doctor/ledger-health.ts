import { TraderError } from "../domain/errors.ts";
import { UNSEEN_HALT_HINT, type StandingHalt } from "../machine/halt.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { copyLedger, type LedgerCopy } from "../ledger/ledger-copy.ts";
import { describeHolder, type LockHolder } from "../ledger/lock-holder.ts";
import { formatDuration } from "../domain/time-format.ts";
import { failed, failure, known, ok, unknown, warning, type Known, type Findings } from "./check.ts";

export type LedgerState = { readonly kind: "there"; readonly copy: Pick<LedgerCopy, "ledger"> } | { readonly kind: "missing" };

export function readLedger(file: string): { ledger: Known<LedgerState>; findings: Findings } {
  try {
    const copy = copyLedger(file);
    return { ledger: known({ kind: "there", copy }), findings: judgeLedger(file, copy) };
  } catch (error) {
    if (error instanceof TraderError && error.code === "ledger-missing")
      return { ledger: known({ kind: "missing" }), findings: ok(`there is no ${file} yet; the first \`run\` or \`execute\` creates it`) };
    if (error instanceof TraderError && error.code === "ledger-empty")
      return { ledger: known({ kind: "missing" }), findings: warning(error.message.replace(/\.$/, ""), error.hint ?? "") };
    return { ledger: unknown("the ledger cannot be read"), findings: failure(error) };
  }
}

export function judgeLedger(file: string, { schema, newestSchema }: Pick<LedgerCopy, "schema" | "newestSchema">): Findings {
  if (schema === newestSchema) return ok(`${file} is intact (schema ${String(schema)})`);
  return ok(`${file} is intact; the next start migrates schema ${String(schema)} to ${String(newestSchema)}`);
}

export interface OpenWork {
  readonly executions: readonly Pick<ExecutionRecord, "id" | "phase" | "outcome" | "startedAt">[];
  readonly intents: readonly Pick<IntentRecord, "clientOrderId" | "symbol" | "side" | "state">[];
  readonly daemon: boolean;
  readonly now: number;
}

export function openWorkIn(ledger: Ledger): Pick<OpenWork, "executions" | "intents"> {
  return { executions: ledger.openExecutions(), intents: ledger.unsettledIntents() };
}

/** Work in progress. Normal while a daemon runs; without one nobody finishes it. */
export function judgeOpenWork({ executions, intents, daemon, now }: OpenWork): Findings {
  const open = executions.flatMap(({ id, phase, outcome, startedAt }) => {
    const text = `execution ${id} is ${outcome === "queued" ? "queued for the open" : phase}, begun ${formatDuration(now - startedAt)} ago`;
    return daemon ? ok(text) : warning(text, "Start the daemon (or run `alpaca-trader execute`): it finishes this first.");
  });
  const doubtful = intents.filter(({ state }) => state === "unknown" || state === "posting" || state === "abandoned");
  const unknowns = doubtful.flatMap(({ side, symbol, state, clientOrderId }) =>
    warning(
      `it is unknown whether the broker has the ${side} order for ${symbol} (${state}, ${clientOrderId})`,
      daemon
        ? "The daemon looks it up; until then nothing else is sent for the symbol."
        : "Start the daemon: it looks the order up. Or search for the id at Alpaca.",
    ),
  );
  return open.length + unknowns.length === 0 ? ok("nothing is open") : [...open, ...unknowns];
}

export function judgeLock(holder: LockHolder | undefined): Findings {
  if (holder === undefined)
    return warning(
      "no daemon is running: alerts are ignored",
      "Start it with `alpaca-trader run` (`alpaca-trader fleet run` in a fleet), systemd or Docker, if it should be running.",
    );
  const what = holder.command === "run" ? "the daemon is running" : `\`${holder.command}\` is running`;
  return ok(`${what}: ${describeHolder(holder).replace(/,$/, "")}`);
}

/** @param unseen why a machine-wide halt would not be noticed. */
export function judgeHalt(halts: readonly StandingHalt[], unseen: string | undefined): Findings {
  const blind = unseen === undefined ? [] : warning(unseen, UNSEEN_HALT_HINT);
  return [...(halts.length === 0 ? ok("trading is not halted") : halts.flatMap(judgeOne)), ...blind];
}

function judgeOne({ at, reason, path, unreadable }: StandingHalt): Findings {
  if (unreadable) return failed(`trading counts as halted: ${reason}`, "Give our user access to that directory.");
  return warning(`trading is halted${at === "" ? "" : ` since ${at}`} (${path}): ${reason}`, "Resume with `alpaca-trader resume`.");
}
