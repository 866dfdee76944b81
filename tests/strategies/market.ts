import type { DailyBar, DailyBars } from "../../src/domain/daily-bar.ts";
import { checkedCloses, type Closes } from "../../src/strategies/closes.ts";

const LAST_SESSION = "2025-07-17";
const DAY_MS = 86_400_000;
const BARS = 400;

/** The days up to {@link LAST_SESSION}, oldest first. */
const SESSIONS = Array.from({ length: BARS + 1 }, (_, index) =>
  new Date(Date.parse(LAST_SESSION) - (BARS - index) * DAY_MS).toISOString().slice(0, 10),
);

/** Bars with these closes, one a day, the newest on {@link LAST_SESSION} or on the day before. */
export function barsOf(closes: readonly number[], last: "newest" | "day-before" = "newest"): DailyBar[] {
  const first = SESSIONS.length - closes.length - (last === "newest" ? 0 : 1);
  return closes.map((close, index) => ({ session: SESSIONS[first + index]!, open: close, high: close, low: close, close, volume: 1_000 }));
}

export function closesOf(...closes: readonly number[]): Closes {
  const checked = checkedCloses(barsOf(closes));
  if (checked.kind === "doubtful") throw new Error(checked.problem);
  return checked.closes;
}

/** The same random walk for the same seed, in steps of up to 2 %. */
export function randomWalk(seed: number, length = BARS, start = 100): number[] {
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  const closes = [start];
  while (closes.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    closes.push(closes.at(-1)! * (1 + (state / 2_147_483_647 - 0.5) * 0.04));
  }
  return closes;
}

/** What a symbol's bars shall bring about. */
export interface Wish {
  /** The level of the newest closes, about which they swing a little. */
  readonly level?: number;
  /** Another level of all closes at least so many days old. */
  readonly earlier?: { readonly daysAgo: number; readonly level: number };
  /** RSI that the newest close brings about. */
  readonly rsi?: { readonly days: number; readonly target: number };
  /** Instead of all else: returns of mean ± swing in turn, so that an even number of them has that mean and that deviation. */
  readonly returns?: { readonly mean: number; readonly swing: number };
}

/** Bars of all these symbols; one without a wish swings a little about 100. */
export function market(symbols: readonly string[], wishes: Readonly<Record<string, Wish>>): DailyBars {
  return new Map(symbols.map((symbol) => [symbol, barsOf(closesFor(wishes[symbol] ?? {}))]));
}

function closesFor({ level = 100, earlier, rsi, returns }: Wish): number[] {
  if (returns !== undefined) return swinging(returns.mean, returns.swing);
  const closes = Array.from({ length: BARS }, (_, index) => {
    const daysAgo = BARS - 1 - index;
    return (earlier !== undefined && daysAgo >= earlier.daysAgo ? earlier.level : level) + (index % 2 === 0 ? 0.1 : -0.1);
  });
  return rsi === undefined ? closes : endingAtRsi(closes.slice(0, -1), rsi.days, rsi.target);
}

function swinging(mean: number, swing: number): number[] {
  const closes = [100];
  while (closes.length < BARS) closes.push(closes.at(-1)! * (1 + mean + (closes.length % 2 === 0 ? swing : -swing)));
  return closes;
}

/** The closes and one more, with which the RSI is `target`: the smoothed gain or loss of that day, solved for. */
function endingAtRsi(closes: readonly number[], days: number, target: number): number[] {
  const keep = 1 - 1 / days;
  let [gain, loss] = [0, 0];
  closes.forEach((close, index) => {
    const change = index === 0 ? 0 : close - closes[index - 1]!;
    gain = keep * gain + Math.max(change, 0) / days;
    loss = keep * loss + Math.max(-change, 0) / days;
  });
  const ratio = target / (100 - target);
  const rise = days * keep * (ratio * loss - gain);
  const fall = days * keep * (gain / ratio - loss);
  return [...closes, closes.at(-1)! + (rise >= 0 ? rise : -fall)];
}
