import type { Ledger } from "../domain/ledger.ts";
import type { Verdict } from "../domain/verdict.ts";

/** A stale verdict keeps the cause that prevented the execution (R7). Other verdicts are unchanged. */
export function withCause<Said extends Verdict>(ledger: Pick<Ledger, "lastCause">, signalId: string | undefined, said: Said): Said {
  const cause = said.kind === "stale" && signalId !== undefined ? ledger.lastCause(signalId) : undefined;
  if (cause === undefined) return said;
  return { ...said, reason: `${said.reason} It was not executed in time (${cause.kind}): ${cause.reason}` };
}
