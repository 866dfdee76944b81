import { switchOf } from "./portfolio.ts";
import type { RebalancePlan, TimedRounds } from "./rebalance.ts";
import { timedRounds } from "./rebalance.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand } from "./stand.ts";
import { median, quantile, rounded } from "./statistics.ts";

/** Rebalances of one size over one way, each after so many seconds in which nothing happened. */
export interface AfterIdlePlan extends RebalancePlan {
  readonly idleSeconds: number;
}

/** Milliseconds from the last byte of the alert. */
export interface AfterIdleResult extends AfterIdlePlan {
  readonly measuredRttMs: number;
  readonly fillMs: number;
  readonly firstOrderMs: number;
  readonly firstOrderP99Ms: number;
  /** Until the last fill at the venue. */
  readonly lastFillMs: number;
  /** 1.5 round trips and two fills: sells that leave at once, and buys that leave on the news of the last of them. */
  readonly floorMs: number;
  readonly ratio: number;
}

const MS_PER_SECOND = 1_000;

/**
 * As {@link measureRebalances}, but the account goes over to other symbols as a whole, and the seconds before each alert really pass, so that whatever closes or cools down in them
 * does. The leap in time before them is only for the request budget.
 */
export async function measureAfterIdle(
  setup: StandSetup,
  plans: readonly AfterIdlePlan[],
  say: (text: string) => void,
): Promise<AfterIdleResult[]> {
  const results: AfterIdleResult[] = [];
  for (const symbols of new Set(plans.map((plan) => plan.symbols))) {
    const wanted = plans.filter((plan) => plan.symbols === symbols);
    results.push(...(await atStand(setup, (stand) => measureAt(stand, wanted, say))));
  }
  return results;
}

async function measureAt(stand: Stand, plans: readonly AfterIdlePlan[], say: (text: string) => void): Promise<AfterIdleResult[]> {
  const results: AfterIdleResult[] = [];
  const daemon = await stand.daemon();
  let round = 0;
  for (const plan of plans) {
    const timed = await timedRounds(stand, daemon, plan, { from: round, changeOf: switchOf, idleMs: plan.idleSeconds * MS_PER_SECOND });
    round = timed.next;
    const result = resultOf(plan, timed);
    say(
      `${String(plan.symbols)} symbols at r = ${String(plan.rttMs)} ms after ${String(plan.idleSeconds)} s: first order ${String(result.firstOrderMs)} ms, last fill ${String(result.ratio)} × the floor`,
    );
    results.push(result);
  }
  await daemon.stop();
  return results;
}

function resultOf(plan: AfterIdlePlan, { timings, roundTripMs }: TimedRounds): AfterIdleResult {
  const fillMs = median(timings.flatMap(({ fillTimes }) => fillTimes));
  const first = timings.map(({ firstOrderMs }) => firstOrderMs);
  // An order is half a round trip on its way, and filled a while after it has arrived.
  const lastFillMs = median(timings.map(({ lastOrderMs }) => lastOrderMs)) + roundTripMs / 2 + fillMs;
  const floorMs = 1.5 * roundTripMs + 2 * fillMs;
  return {
    ...plan,
    measuredRttMs: rounded(roundTripMs),
    fillMs: rounded(fillMs),
    firstOrderMs: rounded(median(first)),
    firstOrderP99Ms: rounded(quantile(first, 0.99)),
    lastFillMs: rounded(lastFillMs),
    floorMs: rounded(floorMs),
    ratio: rounded(lastFillMs / floorMs),
  };
}
