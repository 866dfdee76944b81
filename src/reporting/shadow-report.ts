import { BrokerError, type Broker } from "../domain/broker.ts";
import type { Decimal } from "../domain/decimal.ts";
import { decimal, ONE, toText, ZERO } from "../domain/decimal.ts";
import { marketDayStart } from "../domain/market-day.ts";
import { isoInstant } from "../domain/time-format.ts";
import { timeWeightedReturn } from "../performance/returns.ts";
import type { ShadowBeginning, ShadowSide } from "../shadow/shadow-broker.ts";
import { readAccountNow, readEquityHistory, type AccountReading } from "./account-reading.ts";
import { pointsUpToNow } from "./equity-curve.ts";
import { fractionOrNull } from "./json-values.ts";

/** The history must contain the close before the shadow account began. */
const BEFORE_BEGINNING_MS = 7 * 86_400_000;

/** The shadow account next to the live one, since it began. Value formats as in json-values.ts. */
export interface ShadowReport {
  readonly began_at: string;
  /** What the strategy would have made of the account. */
  readonly shadow: ShadowFigures;
  /** What the account did; deposits and withdrawals are not in its return. */
  readonly live: ShadowFigures;
}

interface ShadowFigures {
  readonly value_then: string;
  readonly value: string;
  /** As a fraction; `null` when it is unknown. */
  readonly return: string | null;
}

/** What `report` and its page need for the comparison. */
export interface ShadowFacts {
  readonly beginning: ShadowBeginning;
  readonly live: AccountReading;
  readonly liveReturn: Decimal | undefined;
}

/**
 * Reads the live account for the comparison.
 * @returns `undefined` before the shadow account has begun. @throws BrokerError
 */
export async function readShadow(side: ShadowSide, now: number): Promise<ShadowFacts | undefined> {
  const { live } = side;
  const beginning = side.beginning();
  if (beginning === undefined) return undefined;
  const reading = await readAccountNow(live);
  return { beginning, live: reading, liveReturn: await liveReturn(live, { beginning, reading, now }) };
}

/** From the time of the copy, over the closes since, up to now. */
async function liveReturn(
  live: Pick<Broker, "equityHistory" | "cashFlowsSince">,
  { beginning, reading, now }: { readonly beginning: ShadowBeginning; readonly reading: AccountReading; readonly now: number },
): Promise<Decimal | undefined> {
  const { value: history } = await readEquityHistory(live, beginning.at - BEFORE_BEGINNING_MS, "1D");
  const points = history === undefined ? undefined : pointsUpToNow(history, reading, now);
  if (points === undefined) return undefined;
  const start = { at: beginning.at, equity: beginning.liveEquity, flow: ZERO };
  const [first, ...later] = points.filter(({ at }) => at > beginning.at);
  const earlier = await flowsBefore(live, beginning.at);
  if (first === undefined || earlier === undefined) return undefined;
  return timeWeightedReturn([start, { ...first, flow: first.flow.minus(earlier) }, ...later]);
}

/** What was paid into the live account on the same day before its copy was made: the copy contains it. */
async function flowsBefore(live: Pick<Broker, "cashFlowsSince">, at: number): Promise<Decimal | undefined> {
  try {
    const [ofDay, after] = await Promise.all([live.cashFlowsSince(marketDayStart(at)), live.cashFlowsSince(at)]);
    return ofDay.minus(after);
  } catch (error) {
    if (error instanceof BrokerError) return undefined;
    throw error;
  }
}

export function shadowReport(
  { beginning, live, liveReturn: earned }: ShadowFacts,
  { account }: Pick<AccountReading, "account">,
): ShadowReport {
  const grown = beginning.equity.gt(ZERO) ? account.equity.div(beginning.equity).minus(ONE) : undefined;
  return {
    began_at: isoInstant(beginning.at),
    shadow: figures(beginning.equity, account.equity, grown),
    live: figures(beginning.liveEquity, live.account.equity, earned),
  };
}

function figures(then: Decimal, now: Decimal, earned: Decimal | undefined): ShadowFigures {
  return { value_then: toText(then), value: toText(now), return: fractionOrNull(earned) };
}

/** The shadow's return less the live account's, as a fraction. */
export function advantageOf({ shadow, live }: ShadowReport): Decimal | undefined {
  return shadow.return === null || live.return === null ? undefined : decimal(shadow.return).minus(decimal(live.return));
}
