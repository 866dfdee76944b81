import { MAX_POSTS_IN_FLIGHT } from "../../src/execution/loop/decide.ts";
import { floorMs } from "./floor.ts";
import { sellsOf } from "./portfolio.ts";
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
export async function rebalance(stand: Stand, daemon: Trader, symbols: number, round: number): Promise<Timing> {
  await stand.venue.takeRecord();
  daemon.takeLines();
  const alertAt = stand.alert(symbols, round);
  const outcome = await daemon.says(OUTCOME);
  const record = await stand.venue.takeRecord();
  if (!ON_TARGET.test(outcome.text)) throw new Error(`The rebalance of ${String(symbols)} symbols failed:\n${daemon.tail}`);
  const filled = daemon.takeLines().filter(({ text }) => FILL_KNOWN.test(text));
  return timingOf(alertAt, outcome.at, Math.max(...filled.map(({ at }) => at)), record, sellsOf(symbols, round));
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

async function measureAt(stand: Stand, plans: readonly RebalancePlan[], say: (text: string) => void): Promise<RebalanceResult[]> {
  const results: RebalanceResult[] = [];
  const daemon = await stand.daemon();
  let round = 0;
  for (const plan of plans) {
    await stand.venue.setRoundTrip(plan.rttMs);
    const timings: Timing[] = [];
    const roundTrips: number[] = [];
    // The first of them buys everything, or has to connect again, or finds no asset remembered: it does not count.
    for (let run = round === 0 ? -2 : -1; run < plan.runs; run += 1) {
      const roundTrip = await stand.venue.measureRoundTrip();
      const timing = await rebalance(stand, daemon, plan.symbols, round);
      round += 1;
      await stand.nextMinute(daemon);
      if (run < 0) continue;
      timings.push(timing);
      roundTrips.push(roundTrip);
    }
    const result = resultOf(plan, timings, median(roundTrips));
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
