/** Of a list that is not empty. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of all values does not exceed; with few values p99 is their maximum. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("There is no quantile of nothing.");
  return found;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { p50: rounded(median(values)), p99: rounded(quantile(values, 0.99)) };
}

/** Three decimals are more than any measurement here is good for. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** The slope of the straight line that lies closest to the points, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((total, point) => total + point[pick], 0) / points.length;
  const [middleX, middleY] = [mean(0), mean(1)];
  const across = points.reduce((total, [x]) => total + (x - middleX) ** 2, 0);
  if (across === 0) throw new RangeError("A slope needs two different places.");
  return points.reduce((total, [x, y]) => total + (x - middleX) * (y - middleY), 0) / across;
}

/** One row of a growth table. */
export interface Growth {
  readonly work: number;
  readonly ms: number;
  /** Against the row before. */
  readonly timesWork: number | undefined;
  readonly timesMs: number | undefined;
}

export function growthOf(measured: readonly { readonly work: number; readonly ms: number }[]): Growth[] {
  return measured.map(({ work, ms }, index) => {
    const before = measured[index - 1];
    return {
      work,
      ms: rounded(ms),
      timesWork: before === undefined ? undefined : rounded(work / before.work),
      timesMs: before === undefined ? undefined : rounded(ms / before.ms),
    };
  });
}
