import { formatInstant } from "../domain/time-format.ts";
import type { Run } from "./batch.ts";
import type { Assessment, Facts, JudgeSettings } from "./assessment.ts";
import { freshnessOf } from "./freshness.ts";

/** How long a run waits for the first comparison of the clocks before it is judged again. */
const COMPARED_WITHIN_MS = 60_000;

/**
 * Prevents a final verdict on a run that looks stale or future because of a wrong clock (R5, R7). The run
 * waits until the clock is right, or until it is stale by the broker's clock too. Such a run is not started
 * before the clocks have been compared.
 */
export function unlessClockIsWrong(assessment: Assessment, run: Run, facts: Facts, settings: JudgeSettings): Assessment {
  const { clockDoubt: doubt, now } = facts;
  const { oldestStamp, newestStamp } = run;
  if (doubt === undefined || oldestStamp === undefined || newestStamp === undefined) return assessment;
  const hasWaited = run.hashes.some((hash) => facts.known.get(hash)?.kind === "waiting");
  const wait = (until: number): Assessment => ({
    kind: "wait",
    for: "clock",
    until,
    reason: `The run's age is in doubt. ${doubt.reason} The run is judged again once the clock is known to be right.`,
  });
  if (assessment.kind === "execute")
    return hasWaited && !doubt.confirmed && doubt.aheadMs !== undefined ? wait(now + COMPARED_WITHIN_MS) : assessment;
  const times = { oldestStamp, newestStamp, arrivedAt: run.arrivedAt };
  if (assessment.kind !== "refuse" || freshnessOf(times, now, settings.maxAgeSeconds).kind === "fresh") return assessment;
  if (!["stale", "future", "incomplete"].includes(assessment.verdict.kind)) return assessment;
  if (doubt.aheadMs === undefined) return hasWaited ? wait(now + COMPARED_WITHIN_MS) : assessment;
  const brokersNow = now - doubt.aheadMs;
  const age = freshnessOf({ oldestStamp, newestStamp, arrivedAt: brokersNow }, brokersNow, settings.maxAgeSeconds);
  if (age.kind === "fresh") return wait(oldestStamp + settings.maxAgeSeconds * 1_000 + 1 + doubt.aheadMs);
  const { kind, reason } = assessment.verdict;
  return {
    kind: "refuse",
    verdict: {
      kind,
      reason: `${reason} ${doubt.reason} By the broker's clock the run is ${age.kind} (${formatInstant(brokersNow, settings.timezone)}).`,
    },
  };
}
