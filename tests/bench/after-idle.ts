import { systemClock } from "../../src/domain/clock.ts";
import { moveBack } from "./long-ledger.ts";
import { switchOf } from "./portfolio.ts";
import type { RebalancePlan, TimedRounds, Timing } from "./rebalance.ts";
import { rebalance, timedRounds } from "./rebalance.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand } from "./stand.ts";
import { median, quantile, rounded } from "./statistics.ts";

/** Rebalances of one size over one way, each after so many seconds in which nothing happened. */
export interface AfterIdlePlan extends RebalancePlan {
  readonly idleSeconds: number;
  /** Each alert is the first one of its process. Default: false. */
  readonly isCold?: boolean;
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
/** Longer than fills may lag behind in the account. */
const MINUTE_MS = 60_000;

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
    const warm = wanted.filter((plan) => plan.isCold !== true);
    if (warm.length > 0) results.push(...(await atStand(setup, (stand) => measureAt(stand, warm, say))));
    for (const plan of wanted) if (plan.isCold === true) results.push(await atStand(setup, (stand) => measureCold(stand, plan, say)));
  }
  return results;
}

/** No clock leaps here: each process has the request budget of a whole minute, and the orders of the one before are made older. */
async function measureCold(stand: Stand, plan: AfterIdlePlan, say: (text: string) => void): Promise<AfterIdleResult> {
  await stand.venue.setRoundTrip(plan.rttMs);
  const timings: Timing[] = [];
  const roundTrips: number[] = [];
  // The first one buys everything.
  for (let run = -1; run < plan.runs; run += 1) {
    const daemon = await stand.daemon();
    const roundTrip = await stand.venue.measureRoundTrip();
    await systemClock.sleep(plan.idleSeconds * MS_PER_SECOND);
    const timing = await rebalance(stand, daemon, switchOf(plan.symbols, run + 1));
    await daemon.stop();
    moveBack(stand.ledgerFile, MINUTE_MS);
    if (run < 0) continue;
    timings.push(timing);
    roundTrips.push(roundTrip);
  }
  return said(resultOf(plan, { timings, roundTripMs: median(roundTrips) }), say);
}

async function measureAt(stand: Stand, plans: readonly AfterIdlePlan[], say: (text: string) => void): Promise<AfterIdleResult[]> {
  const results: AfterIdleResult[] = [];
  const daemon = await stand.daemon();
  let round = 0;
  for (const plan of plans) {
    const timed = await timedRounds(stand, daemon, plan, { from: round, changeOf: switchOf, idleMs: plan.idleSeconds * MS_PER_SECOND });
    round = timed.next;
    results.push(said(resultOf(plan, timed), say));
  }
  await daemon.stop();
  return results;
}

function said(result: AfterIdleResult, say: (text: string) => void): AfterIdleResult {
  const { symbols, rttMs, idleSeconds, isCold, firstOrderMs, ratio } = result;
  const process = isCold === true ? " in a new process" : "";
  say(
    `${String(symbols)} symbols at r = ${String(rttMs)} ms after ${String(idleSeconds)} s${process}: first order ${String(firstOrderMs)} ms, last fill ${String(ratio)} × the floor`,
  );
  return result;
}

function resultOf(plan: AfterIdlePlan, { timings, roundTripMs }: Pick<TimedRounds, "timings" | "roundTripMs">): AfterIdleResult {
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
