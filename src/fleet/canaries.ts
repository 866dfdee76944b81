import type { Clock } from "../domain/clock.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal, type Verdict } from "../domain/verdict.ts";
import { staleAt } from "../intake/freshness.ts";

const LOOK_EVERY_MS = 100;

/** A canary account as the others see it. */
export interface Canary {
  readonly account: string;
  readonly strategies: readonly string[];
  /** `undefined` while it is not open. */
  readonly ledger: Pick<Ledger, "signal" | "executionOfSignal"> | undefined;
}

type Result = { readonly kind: "pending" | "passed" } | { readonly kind: "failed"; readonly reason: string };

export interface CanariesParts {
  readonly clock: Clock;
  readonly canaries: () => readonly Canary[];
  readonly signalMaxAgeSeconds: number;
  /** What the others do when a canary did not reach its target. */
  readonly whenFailed: "stop" | "go";
  readonly stopping: AbortSignal;
}

/** Holds the other accounts back until every canary account has reached its target for a signal. */
export class Canaries {
  readonly #parts: CanariesParts;

  constructor(parts: CanariesParts) {
    this.#parts = parts;
  }

  /**
   * Waits until the canaries have decided about a signal.
   * @param isWanted whether the account that asks still waits for it.
   * @returns why it must not be traded now; `undefined` if it may be, or is not waited for any more.
   */
  async refusal(signal: Signal, isWanted: () => boolean): Promise<Verdict | undefined> {
    const { clock, stopping, signalMaxAgeSeconds, whenFailed } = this.#parts;
    const until = staleAt(signal, signalMaxAgeSeconds);
    while (isWanted() && !stopping.aborted) {
      const results = this.#results(signal);
      const failed = whenFailed === "go" ? undefined : results.find(({ result }) => result.kind === "failed");
      if (failed?.result.kind === "failed") return refused(`The canary account ${failed.account} ${failed.result.reason}`);
      if (results.every(({ result }) => result.kind !== "pending")) return undefined;
      if (clock.now() >= until) return refused("The canary accounts did not end in time.");
      await clock.sleep(LOOK_EVERY_MS, stopping);
    }
    return undefined;
  }

  #results(signal: Signal): { account: string; result: Result }[] {
    const asked = this.#parts.canaries().filter(({ strategies }) => strategies.includes(signal.strategy));
    return asked.map(({ account, ledger }) => ({ account, result: resultOf(ledger, signal.id) }));
  }
}

function refused(reason: string): Verdict {
  return { kind: "refused", reason };
}

/** An execution under way, or a verdict that may still change by itself, is no result. */
function resultOf(ledger: Canary["ledger"], signalId: string): Result {
  const record = ledger?.signal(signalId);
  if (ledger === undefined || record?.verdict === undefined || record.verdict === "accepted") return { kind: "pending" };
  if (record.verdict === "duplicate") return { kind: "passed" };
  if (record.verdict !== "executed") {
    const reason = record.verdictReason ?? "";
    return isFinal(record.verdict) || record.verdict === "refused"
      ? { kind: "failed", reason: `did not trade it (${record.verdict}): ${reason}` }
      : { kind: "pending" };
  }
  const execution = ledger.executionOfSignal(signalId);
  if (execution?.finishedAt === undefined) return { kind: "pending" };
  if (execution.outcome === "on-target") return { kind: "passed" };
  return { kind: "failed", reason: `ended ${execution.outcome ?? "without an outcome"}: ${execution.outcomeReason ?? ""}` };
}
