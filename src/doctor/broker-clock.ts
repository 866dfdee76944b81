import type { Broker, MarketClock } from "../broker/broker.ts";
import type { Clock } from "../clock.ts";
import type { Finding } from "./check.ts";
import { failed, ok, warning } from "./check.ts";

export interface ClockReading {
  /** Of our clock right before the question and right after the answer, milliseconds since the epoch. */
  readonly before: number;
  readonly after: number;
  readonly market: MarketClock;
}

export async function readClock(broker: Pick<Broker, "marketClock">, clock: Clock): Promise<ClockReading> {
  const before = clock.now();
  const market = await broker.marketClock();
  return { before, after: clock.now(), market };
}

const NOTICEABLE_MS = 2_000;
/** R5: a stamp may be 5 s ahead of our clock, no more. */
const HARMFUL_MS = 5_000;

/** Ours decides whether a signal is fresh. What the answer's way took is not counted as a difference. */
export function judgeClock({ before, after, market }: ClockReading): readonly Finding[] {
  const { timestamp } = market;
  const off = timestamp < before ? before - timestamp : timestamp > after ? after - timestamp : 0;
  const size = Math.abs(off);
  const text =
    size < 100 ? "agrees with the broker's" : `is ${(size / 1_000).toFixed(1)} s ${off > 0 ? "ahead of" : "behind"} the broker's`;
  const hint =
    "Let the machine keep its time (`timedatectl set-ntp true`): alerts are judged by it, and those from 5 s ahead or too old are not traded.";
  if (size > HARMFUL_MS) return [failed(`our clock ${text}`, hint)];
  return [size > NOTICEABLE_MS ? warning(`our clock ${text}`, hint) : ok(`our clock ${text}`)];
}
