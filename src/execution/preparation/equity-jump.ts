import type { Broker } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import { formatDollars } from "../../domain/format.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE } from "../../domain/decimal.ts";
import type { Plan, PlanInput } from "../../portfolio/plan.ts";
import { isMeasured } from "../../portfolio/targets.ts";
import { brokerPriced, checkedGain, unconfirmedMove } from "../../portfolio/valuation.ts";
import { bookedEquity } from "./booked-equity.ts";
import { flowsSinceLastClose } from "./daily-limits.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";

/** How far equity may move from the last close, as a fraction, before it needs an explanation (R9). */
const LARGEST_JUMP = decimal("0.25");
/** Moves of unconfirmed prices up to this fraction of equity are no explanation: equity may be off by as much anyway. */
const MATERIAL_MOVE = decimal("0.02");

export interface EquityJumpParts {
  readonly broker: Pick<Broker, "calendar" | "cashFlowsSince">;
  readonly ledger: Pick<Ledger, "splitsOf">;
}

/**
 * Whether equity has moved further since the last close than flows and checked prices explain (R9). If every position
 * has a checked price, those explain it: a jump by a split is found by its bars (R10). If one is valued at the broker's
 * own price and that has moved, it may have moved the equity, and with it the size of every target. Only then is the
 * venue is searched for deposits and withdrawals.
 * @returns why the plan is refused; `undefined` when it is not.
 */
export async function unexplainedJump(
  parts: EquityJumpParts,
  snapshot: AccountSnapshot,
  { plan, input }: { readonly plan: Plan; readonly input: PlanInput },
): Promise<string | undefined> {
  if (!isMeasured(input.wanted) || (plan.sells.length === 0 && plan.buys.length === 0)) return undefined;
  const { equity, lastEquity } = bookedEquity(snapshot, input.splits, parts.ledger);
  if (unconfirmedMove(input).lte(equity.times(MATERIAL_MOVE))) return undefined;
  const gain = checkedGain(input);
  if (isExplained(equity, lastEquity, gain)) return undefined;
  const symbols = brokerPriced(input).map(({ symbol }) => symbol);
  const moved = `The equity went from ${formatDollars(lastEquity)} at the last close to ${formatDollars(equity)}`;
  const named = `the price of ${symbols.join(", ")} is the broker's own, which nothing confirms`;
  try {
    const flows = await flowsSinceLastClose(parts.broker, snapshot.account, snapshot.market.clock.timestamp);
    if (isExplained(equity, lastEquity.plus(flows), gain)) return undefined;
    return `${moved}, of which ${formatDollars(flows)} was paid in or out, and ${named}.`;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return `${moved}, ${named}, and deposits and withdrawals cannot be read: ${error.message}`;
  }
}

/** Near what it was, near that with all that checked prices have gained, or between: a part of the shares may have been bought since. */
function isExplained(equity: Decimal, before: Decimal, gain: Decimal): boolean {
  const [low, high] = [min(before, before.plus(gain)), max(before, before.plus(gain))];
  return equity.gte(low.times(ONE.minus(LARGEST_JUMP))) && equity.lte(high.times(ONE.plus(LARGEST_JUMP)));
}
