import type { ExitCode } from "../domain/errors.ts";
import { EXIT } from "../domain/errors.ts";
import type { RebalanceResult } from "../execution/rebalancer.ts";
import { VERDICTS } from "../domain/verdict.ts";
import { OUTCOMES } from "../domain/outcome.ts";

/** The exit code of the contract for what came of one run. */
export function exitOfResult(result: RebalanceResult): ExitCode {
  switch (result.kind) {
    case "dry-run":
      return EXIT.ok;
    case "left":
    case "still-off":
      return EXIT.failed;
    case "declined":
      return VERDICTS[result.verdict].exit;
    case "concluded":
      return OUTCOMES[result.conclusion.outcome].exit ?? VERDICTS[result.conclusion.verdict.kind].exit;
  }
}
