import { systemClock } from "../../src/domain/clock.ts";
import { MAX_POSTS_IN_FLIGHT } from "../../src/execution/loop/decide.ts";
import { floorMs } from "./floor.ts";
import type { Change } from "./portfolio.ts";
import { sellsOf, shiftOf } from "./portfolio.ts";
import type { Stand, StandSetup } from "./stand.ts";
import { atStand } from "./stand.ts";
import { median, quantile, rounded } from "./statistics.ts";
import type { Trader } from "./trader.ts";
import type { WireRecord } from "./venue.ts";

const OUTCOME = /The account is on target|off target|incomplete|Not executed|Left alone/;
const ON_TARGET = /The account is on target after (\d+) orders?\./;
const FILL_KNOWN = /: (?:bought|sold) [\d.]+ @ /;

/** One rebalance, in milliseconds from the last byte of the alert. */
export interface Timing {
  readonly firstOrderMs: number;
  readonly lastSellMs: number;
  readonly lastOrderMs: number;
  /** The last fill is known. */
  readonly filledMs: number;
  /** The account has been read again and the outcome is recorded. */
  readonly outcomeMs: number;
  readonly requests: number;
  readonly fillTimes: readonly number[];
}

export interface RebalanceResult {
  readonly symbols: number;
  /** As asked for. */
  readonly rttMs: number;
  readonly runs: number;
  /** As bare requests measured it in the same minute. */
  readonly measuredRttMs: number;
  readonly fillMs: number;
  /** Until the last fill is known. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly floorMs: number;
  readonly ratio: number;
  readonly firstOrderMs: number;
  readonly outcomeMs: number;
  /** Median of a rebalance, to the outcome. */
  readonly requests: number;
}

/**
 * Writes the alert of one round and follows what comes of it.
 * @throws when the account does not come to its target.
 */
export async function rebalance(stand: Stand, daemon: Trader, { weights, sells }: Change): Promise<Timing> {
  await stand.venue.takeRecord();
  daemon.takeLines();
  const alertAt = stand.alert(weights);
  const outcome = await daemon.says(OUTCOME);
  const record = await stand.venue.takeRecord();
  if (!ON_TARGET.test(outcome.text)) throw new Error(`The rebalance of ${String(weights.size)} symbols failed:\n${daemon.tail}`);
  const filled = daemon.takeLines().filter(({ text }) => FILL_KNOWN.test(text));
  return timingOf(alertAt, outcome.at, Math.max(...filled.map(({ at }) => at)), record, sells);
}

function timingOf(alertAt: number, outcomeAt: number, filledAt: number, record: WireRecord, sells: number): Timing {
  const requests = record.requests.filter(({ at }) => at >= alertAt);
  const orders = requests.filter(({ method, path }) => method === "POST" && path === "/v2/orders").map(({ at }) => at);
  const [first] = orders;
  if (first === undefined) throw new Error("A rebalance sent no order.");
  return {
    firstOrderMs: first - alertAt,
    lastSellMs: (orders[sells - 1] ?? first) - alertAt,
    lastOrderMs: Math.max(...orders) - alertAt,
    filledMs: filledAt - alertAt,
    outcomeMs: outcomeAt - alertAt,
    requests: requests.filter(({ at }) => at <= outcomeAt).length,
    fillTimes: record.fillTimes,
  };
}

export interface RebalancePlan {
  readonly symbols: number;
  readonly rttMs: number;
  readonly runs: number;
}

/** Whole two-phase rebalances over ways of several lengths, each against the floor of its own minute. */
export async function measureRebalances(
  setup: StandSetup,
  plans: readonly RebalancePlan[],
  say: (text: string) => void,
): Promise<RebalanceResult[]> {
  const results: RebalanceResult[] = [];
  for (const symbols of new Set(plans.map((plan) => plan.symbols))) {
    const wanted = plans.filter((plan) => plan.symbols === symbols);
    results.push(...(await atStand(setup, (stand) => measureAt(stand, wanted, say))));
  }
  return results;
}

export interface Rounds {
  /** The number of the first round; the next one changes back what it has changed. */
  readonly from: number;
  readonly changeOf: (symbols: number, round: number) => Change;
  /** Before each alert, in real time. */
  readonly idleMs: number;
}

export interface TimedRounds {
  readonly timings: readonly Timing[];
  readonly roundTripMs: number;
  readonly next: number;
}

/** So many rebalances over one way, each in a minute of its own of the venue's request budget. */
export async function timedRounds(
  stand: Stand,
  daemon: Trader,
  { symbols, rttMs, runs }: RebalancePlan,
  { from, changeOf, idleMs }: Rounds,
): Promise<TimedRounds> {
  await stand.venue.setRoundTrip(rttMs);
  const timings: Timing[] = [];
  const roundTrips: number[] = [];
  // The first of all buys everything, and the first over a way has to connect again, or finds no asset remembered.
  const uncounted = from === 0 ? 2 : 1;
  for (let round = from; round < from + uncounted + runs; round += 1) {
    const roundTrip = await stand.venue.measureRoundTrip();
    const counts = round >= from + uncounted;
    if (counts) await systemClock.sleep(idleMs);
    const timing = await rebalance(stand, daemon, changeOf(symbols, round));
    await stand.nextMinute(daemon);
    if (!counts) continue;
    timings.push(timing);
    roundTrips.push(roundTrip);
  }
  return { timings, roundTripMs: median(roundTrips), next: from + uncounted + runs };
}

async function measureAt(stand: Stand, plans: readonly RebalancePlan[], say: (text: string) => void): Promise<RebalanceResult[]> {
  const results: RebalanceResult[] = [];
  const daemon = await stand.daemon();
  let round = 0;
  for (const plan of plans) {
    const timed = await timedRounds(stand, daemon, plan, { from: round, changeOf: shiftOf, idleMs: 0 });
    round = timed.next;
    const result = resultOf(plan, timed.timings, timed.roundTripMs);
    say(
      `${String(plan.symbols)} symbols at r = ${String(plan.rttMs)} ms: ${String(result.medianMs)} ms, ${String(result.ratio)} × the floor`,
    );
    results.push(result);
  }
  await daemon.stop();
  return results;
}

function resultOf({ symbols, rttMs, runs }: RebalancePlan, timings: readonly Timing[], roundTripMs: number): RebalanceResult {
  const sells = sellsOf(symbols, 1);
  const fillMs = median(timings.flatMap(({ fillTimes }) => fillTimes));
  const floor = floorMs({ roundTripMs, fillMs, sells, buys: symbols - sells, inFlight: MAX_POSTS_IN_FLIGHT });
  const filled = timings.map(({ filledMs }) => filledMs);
  return {
    symbols,
    rttMs,
    runs,
    measuredRttMs: rounded(roundTripMs),
    fillMs: rounded(fillMs),
    medianMs: rounded(median(filled)),
    p99Ms: rounded(quantile(filled, 0.99)),
    floorMs: rounded(floor),
    ratio: rounded(median(filled) / floor),
    firstOrderMs: rounded(median(timings.map(({ firstOrderMs }) => firstOrderMs))),
    outcomeMs: rounded(median(timings.map(({ outcomeMs }) => outcomeMs))),
    requests: median(timings.map(({ requests }) => requests)),
  };
}
