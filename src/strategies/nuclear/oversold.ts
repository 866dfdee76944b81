import { single } from "../allocations.ts";
import { lessThan } from "../condition.ts";
import type { RuleEvaluation } from "../rule-evaluation.ts";
import { rsiOf } from "../measure.ts";
import type { Allocation } from "../strategy.ts";

const OVERSOLD = 30;

/** N7 and N8: a deeply oversold market is bought with leverage. */
export function oversold(ask: RuleEvaluation): Allocation | undefined {
  return (
    ask.when("N7", lessThan(rsiOf("TQQQ", 10), OVERSOLD), () => ask.concludes("N7", single("TQQQ", "TQQQ oversold, buying dip"))) ??
    ask.when("N8", lessThan(rsiOf("SPY", 10), OVERSOLD), () =>
      ask.concludes("N8", single("UPRO", "SPY oversold, buying dip with leverage")),
    )
  );
}
