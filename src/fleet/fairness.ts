/** When an account began to trade a signal. */
export interface Start {
  readonly account: string;
  readonly signalId: string;
  /** Since the signal arrived. */
  readonly delayMs: number;
}

/** How an account fared among the others over many signals. */
export interface Fairness {
  readonly account: string;
  /** That it traded together with others. */
  readonly signals: number;
  /** Mean place, from 0 (always first) to 1 (always last). */
  readonly rank: number;
  readonly meanDelayMs: number;
  /** Too early or too late to be chance: three standard deviations from the middle. `undefined`: it may be chance. */
  readonly oddness: "early" | "late" | undefined;
}

const MOST_DEVIATIONS = 3;

/**
 * Compares the places of accounts over many signals. Chance spreads the mean of k places among n accounts around the middle
 * with a standard deviation of √((n + 1) / (12 (n − 1) k)).
 * @returns sorted by name; accounts that never traded together with another one are left out.
 */
export function fairnessOf(starts: readonly Start[]): Fairness[] {
  const places = [...Map.groupBy(starts, ({ signalId }) => signalId).values()].flatMap(placesOf);
  return [...Map.groupBy(places, ({ account }) => account)]
    .map(([account, own]) => ofAccount(account, own))
    .toSorted((one, other) => (one.account < other.account ? -1 : 1));
}

interface Place {
  readonly account: string;
  readonly rank: number;
  readonly delayMs: number;
  readonly variance: number;
}

/** Accounts that began in the same millisecond share their place. */
function placesOf(starts: readonly Start[]): Place[] {
  const count = starts.length;
  if (count < 2) return [];
  const variance = (count + 1) / (12 * (count - 1));
  return starts.map(({ account, delayMs }) => {
    const before = starts.filter((other) => other.delayMs < delayMs).length;
    const same = starts.filter((other) => other.delayMs === delayMs).length - 1;
    return { account, delayMs, variance, rank: (before + same / 2) / (count - 1) };
  });
}

function ofAccount(account: string, places: readonly Place[]): Fairness {
  const signals = places.length;
  const mean = (of: (place: Place) => number): number => places.reduce((sum, place) => sum + of(place), 0) / signals;
  const rank = mean((place) => place.rank);
  const deviation = Math.sqrt(mean(({ variance }) => variance) / signals);
  const isOdd = Math.abs(rank - 0.5) > MOST_DEVIATIONS * deviation;
  return {
    account,
    signals,
    rank,
    meanDelayMs: mean(({ delayMs }) => delayMs),
    oddness: isOdd ? (rank < 0.5 ? "early" : "late") : undefined,
  };
}
