import { DateTime } from "luxon";
import { z } from "zod";
import { MARKET_ZONE } from "../domain/market-day.ts";
import type { Decimal } from "../domain/decimal.ts";
import { sum, ZERO } from "../domain/decimal.ts";
import type { EquityHistoryPoint } from "../domain/broker.ts";
import { FLOW_TYPES } from "./cash-flows.ts";
import { amount, optional, read, UnreadableAnswer } from "./wire.ts";

/** A day's timestamp is the end of its extended session. */
const DAY_STAMP_HOUR = 20;

const series = z.array(amount.nullable());

const historySchema = z.looseObject({
  timestamp: optional(z.array(z.number())),
  equity: optional(series),
  base_value: optional(amount),
  base_value_asof: optional(z.string()),
  cashflow: optional(z.record(z.string(), series)),
});

type Wire = z.output<typeof historySchema>;

/**
 * The portfolio history as points, oldest first, beginning with their base. Its own profit figures are not used:
 * they count a deposit as profit.
 * @throws UnreadableAnswer when the series do not match.
 */
export function toEquityHistory(json: unknown): EquityHistoryPoint[] {
  const wire = read(historySchema, json);
  const stamps = wire.timestamp ?? [];
  const equity = wire.equity ?? [];
  if (equity.length !== stamps.length) throw new UnreadableAnswer("equity: length differs from timestamp");
  const flows = flowSeries(wire, stamps.length);
  const points = stamps.flatMap((stamp, index): EquityHistoryPoint[] => {
    const value = equity[index] ?? undefined;
    return value === undefined ? [] : [{ at: stamp * 1_000, equity: value, flow: sum(flows.map((flow) => flow[index] ?? ZERO)) }];
  });
  const opened = points.findIndex(({ equity: value, flow }) => !value.eq(ZERO) || !flow.eq(ZERO));
  // Days before the account existed are zeros, with a base that belongs to its first day.
  if (opened > 0 && wire.base_value?.gt(ZERO) === true) return points.slice(opened);
  return [...basePoint(wire, points[0]?.at), ...points];
}

/** External flows only; dividends and fees are gains and losses. */
function flowSeries({ cashflow = {} }: Wire, length: number): (readonly (Decimal | null)[])[] {
  return FLOW_TYPES.flatMap((type) => {
    const values = cashflow[type];
    if (values === undefined) return [];
    if (values.length !== length) throw new UnreadableAnswer(`cashflow.${type}: length differs from timestamp`);
    return [values];
  });
}

function basePoint({ base_value: equity, base_value_asof: date }: Wire, first: number | undefined): EquityHistoryPoint[] {
  if (equity === undefined || equity.lte(ZERO) || date === undefined) return [];
  const day = DateTime.fromISO(date, { zone: MARKET_ZONE });
  if (!day.isValid) return [];
  const at = day.set({ hour: DAY_STAMP_HOUR }).toMillis();
  return [{ at: first === undefined ? at : Math.min(at, first - 1), equity, flow: ZERO }];
}
