import { aheadOfBroker, HARMFUL_SKEW_MS, type ClockReading } from "../app/clock-watch.ts";
import { failed, ok, warning, type Findings } from "./check.ts";

const NOTICEABLE_MS = 2_000;

/** Our clock decides whether a signal is fresh. The answer's travel time is not counted as a difference. */
export function judgeClock(reading: ClockReading): Findings {
  const off = aheadOfBroker(reading);
  const size = Math.abs(off);
  const text =
    size < 100 ? "agrees with the broker's" : `is ${(size / 1_000).toFixed(1)} s ${off > 0 ? "ahead of" : "behind"} the broker's`;
  const hint =
    "Enable time synchronisation (`timedatectl set-ntp true`): alerts more than 5 s ahead of this clock, or too old, are not traded.";
  if (size > HARMFUL_SKEW_MS) return failed(`our clock ${text}`, hint);
  return size > NOTICEABLE_MS ? warning(`our clock ${text}`, hint) : ok(`our clock ${text}`);
}
