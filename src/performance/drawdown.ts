import { ONE, ZERO, type Decimal } from "../domain/decimal.ts";
import type { GrowthPoint } from "./returns.ts";

/** A fall from a high, measured on growth without deposits: a deposit never ends one. */
export interface Drawdown {
  /** Fraction of the high lost at the lowest point: 0.1 means 10 %. */
  readonly depth: Decimal;
  /** Milliseconds since the epoch, as the others. */
  readonly peakAt: number;
  readonly troughAt: number;
  /** When the high was reached again; `undefined` until then. */
  readonly recoveredAt: number | undefined;
}

/** The deepest fall; `undefined` when no point is below an earlier one. */
export function worstDrawdown(growth: readonly GrowthPoint[]): Drawdown | undefined {
  let peak = growth[0];
  let worst: { readonly depth: Decimal; readonly peak: GrowthPoint; readonly trough: GrowthPoint } | undefined;
  for (const point of growth) {
    if (peak === undefined || point.index.gte(peak.index)) peak = point;
    const depth = fallFrom(peak, point);
    if (depth.gt(worst?.depth ?? ZERO)) worst = { depth, peak, trough: point };
  }
  if (worst === undefined) return undefined;
  const { depth, peak: high, trough } = worst;
  const recovered = growth.find((point) => point.at > trough.at && point.index.gte(high.index));
  return { depth, peakAt: high.at, troughAt: trough.at, recoveredAt: recovered?.at };
}

/** How far the last point is below the highest one, as a fraction. */
export function currentDrawdown(growth: readonly GrowthPoint[]): Decimal {
  const last = growth.at(-1);
  if (last === undefined) return ZERO;
  return fallFrom(
    growth.reduce((peak, point) => (point.index.gt(peak.index) ? point : peak), last),
    last,
  );
}

function fallFrom(peak: GrowthPoint, point: GrowthPoint): Decimal {
  return peak.index.lte(ZERO) ? ZERO : ONE.minus(point.index.div(peak.index));
}
