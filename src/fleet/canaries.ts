import type { Clock } from "../domain/clock.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import type { Verdict, VerdictKind } from "../domain/verdict.ts";
import { staleAt } from "../intake/freshness.ts";

const LOOK_EVERY_MS = 100;
/** After this long the log says what the other accounts wait for. */
const SAY_AFTER_MS = 10_000;
/** A verdict this long before a run is stale is kept as the cause (R7). */
const BEFORE_STALE_MS = 2_000;

/** A canary account as the others see it. */
export interface Canary {
  readonly account: string;
  readonly strategies: readonly string[];
  /** `undefined` while it is not open. */
  readonly ledger: Pick<Ledger, "signal" | "executionOfSignal"> | undefined;
  /** Why it does not run, if it failed. */
  readonly problem: string | undefined;
}

/** A canary that cannot reach the venue yet has not tried: a worker that has just taken it reads the account first. */
const OPEN: ReadonlySet<VerdictKind> = new Set(["accepted", "waiting", "broker-unreachable"]);

type Result = { readonly kind: "pending" | "passed" } | { readonly kind: "failed"; readonly reason: string };

export interface CanariesParts {
  readonly clock: Clock;
  /** `undefined`: not known now, so the others wait. */
  readonly canaries: () => readonly Canary[] | undefined;
  readonly signalMaxAgeSeconds: number;
  /** What the others do when a canary did not reach its target. */
  readonly whenFailed: "stop" | "go";
  readonly stopping: AbortSignal;
  /** Logs why nothing happens. */
  readonly say: (text: string, signalId: string) => void;
}

/** Holds the other accounts back until every canary account has reached its target for a signal. */
export class Canaries {
  readonly #parts: CanariesParts;
  #said: string | undefined;

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
    const until = staleAt(signal, signalMaxAgeSeconds) - BEFORE_STALE_MS;
    const sayAt = clock.monotonic() + SAY_AFTER_MS;
    while (isWanted() && !stopping.aborted) {
      const results = this.#results(signal);
      const failed = whenFailed === "go" ? undefined : results?.find(({ result }) => result.kind === "failed");
      if (failed?.result.kind === "failed") return refused(`The canary account ${failed.account} ${failed.result.reason}`);
      if (results?.every(({ result }) => result.kind !== "pending") === true) return undefined;
      const slow = results?.filter(({ result }) => result.kind === "pending").map(({ account }) => account);
      if (clock.now() >= until)
        return refused(
          slow === undefined ? "The canary accounts cannot be read." : `The canary account ${slow.join(", ")} did not end in time.`,
        );
      if (slow !== undefined && clock.monotonic() >= sayAt) this.#sayOnce(signal.id, slow);
      await clock.sleep(LOOK_EVERY_MS, stopping);
    }
    return undefined;
  }

  #sayOnce(signalId: string, slow: readonly string[]): void {
    if (this.#said === signalId) return;
    this.#said = signalId;
    this.#parts.say(`The other accounts wait for the canary account ${slow.join(", ")}.`, signalId);
  }

  #results(signal: Signal): { account: string; result: Result }[] | undefined {
    const asked = this.#parts.canaries()?.filter(({ strategies }) => strategies.includes(signal.strategy));
    return asked?.map((canary) => ({ account: canary.account, result: resultOf(canary, signal.id) }));
  }
}

function refused(reason: string): Verdict {
  return { kind: "refused", reason };
}

/** While it has not begun, or is under way, there is no result. One that is refused for now may still trade; the others ask again. */
function resultOf({ ledger, problem }: Canary, signalId: string): Result {
  if (problem !== undefined) return { kind: "failed", reason: `does not run: ${problem}` };
  const record = ledger?.signal(signalId);
  if (ledger === undefined || record?.verdict === undefined || OPEN.has(record.verdict)) return { kind: "pending" };
  if (record.verdict === "duplicate") return { kind: "passed" };
  if (record.verdict !== "executed")
    return { kind: "failed", reason: `did not trade it (${record.verdict}): ${record.verdictReason ?? ""}` };
  const execution = ledger.executionOfSignal(signalId);
  if (execution?.finishedAt === undefined) return { kind: "pending" };
  if (execution.outcome === "on-target") return { kind: "passed" };
  return { kind: "failed", reason: `ended ${execution.outcome ?? "without an outcome"}: ${execution.outcomeReason ?? ""}` };
}
