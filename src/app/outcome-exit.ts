import type { ExitCode } from "../domain/errors.ts";
import { EXIT } from "../domain/errors.ts";
import type { RebalanceResult } from "../execution/rebalancer.ts";
import type { VerdictKind } from "../domain/verdict.ts";
import type { ExecutionOutcome } from "../domain/ledger/executions.ts";

/** The exit code of the contract for what came of one run. */
export function exitOfResult(result: RebalanceResult): ExitCode {
  switch (result.kind) {
    case "dry-run":
      return EXIT.ok;
    case "left":
    case "still-off":
      return EXIT.failed;
    case "declined":
      return exitOfVerdict(result.verdict);
    case "concluded":
      return exitOfOutcome(result.conclusion.outcome) ?? exitOfVerdict(result.conclusion.verdict.kind);
  }
}

/** The exit code for the end of an execution; `undefined` when it never began and its verdict decides. */
export function exitOfOutcome(outcome: ExecutionOutcome): ExitCode | undefined {
  switch (outcome) {
    case "on-target":
    case "queued":
      return EXIT.ok;
    case "off-target":
    case "incomplete":
      return EXIT.failed;
    case "refused":
    case "superseded":
      return undefined;
  }
}

/** The exit code of the contract where nothing was executed. */
export function exitOfVerdict(verdict: VerdictKind): ExitCode {
  switch (verdict) {
    case "executed":
    case "held":
    case "stale":
    case "duplicate":
    case "superseded":
    case "history":
    case "dry-run":
    case "accepted":
      return EXIT.ok;
    case "broker-unreachable":
      return EXIT.failed;
    case "incomplete":
    case "waiting":
    case "over-allocated":
    case "future":
    case "malformed":
    case "untrusted":
    case "halted":
    case "market-closed":
    case "account-blocked":
    case "price-doubt":
    case "account-unsettled":
    case "refused":
      return EXIT.refused;
  }
}
