import type { ExitCode } from "../domain/errors.ts";
import { EXIT } from "../domain/errors.ts";
import type { Conclusion } from "../execution/outcome/outcome.ts";
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
      return exitOf(result.conclusion);
  }
}

/** Of a run that never began its verdict decides; but one that the venue refused until it was stale has failed. */
function exitOf({ outcome, code, verdict }: Conclusion): ExitCode {
  const { exit } = VERDICTS[verdict.kind];
  return OUTCOMES[outcome].exit ?? (code === "order-refused" && exit === EXIT.ok ? EXIT.failed : exit);
}
