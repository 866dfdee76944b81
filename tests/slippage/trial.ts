import type { ExecutionSettings } from "../../src/domain/execution-style.ts";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, sum } from "../../src/domain/decimal.ts";
import { Chance } from "../simulation/chance.ts";
import { QuoteModel } from "../simulation/quote-weather.ts";
import { signalOf, VirtualDesk } from "../execution/virtual-desk.ts";

/** What one rebalance came to. */
export interface Trial {
  readonly outcome: string;
  readonly orders: number;
  /** Dollars that fills moved. */
  readonly traded: Decimal;
  /** Dollars against the prices of the decision; positive = worse. */
  readonly cost: Decimal;
  /** Milliseconds from the signal to the end. */
  readonly tookMs: number;
}

export interface World {
  readonly seed: number;
  readonly execution: ExecutionSettings;
  /** Quotes widen, leap, lose a side and move on. Without it they are a cent or three basis points wide. */
  readonly quoteModel: boolean;
}

const UNIVERSE = ["SMR", "LEU", "OKLO", "TQQQ", "UVXY", "BTAL", "SPY", "AAPL"] as const;
/** Moods are about before the signal comes. */
const BEFORE_MS = 60_000;

/** One rebalance of a seeded account to seeded targets. The same seed means the same account, market and targets in every style. */
export async function rebalanceOnce({ seed, execution, quoteModel }: World): Promise<Trial> {
  const chance = new Chance(seed, "slippage");
  const [held, wanted] = [chance.some(UNIVERSE, chance.whole(1, 4)), chance.some(UNIVERSE, chance.whole(1, 4))];
  const positions = held.map((symbol) => ({
    symbol,
    quantity: decimal(`${String(chance.whole(20, 400))}.25`),
    averagePrice: decimal("50"),
  }));
  const desk = new VirtualDesk({ execution, exchange: { seed, prices: {}, cash: decimal(String(chance.whole(1, 60_000))), positions } });
  try {
    desk.exchange.freeze(UNIVERSE);
    const latency = new Chance(seed, "latency");
    desk.venue.interceptor = { before: () => desk.clock.sleep(latency.whole(10, 60)).then(() => undefined) };
    if (quoteModel) quoteModelOver(desk, seed).begin();
    await desk.clock.advance(BEFORE_MS);
    const decided = new Map(UNIVERSE.map((symbol) => [symbol as string, desk.exchange.valueOf(symbol)]));
    const begun = desk.clock.monotonic();
    const result = await desk.run(signalOf(desk.clock, Object.fromEntries(weightsOf(wanted))));
    return { outcome: outcomeOf(result), tookMs: desk.clock.monotonic() - begun, ...figuresOf(desk, decided) };
  } finally {
    await desk.close();
  }
}

function quoteModelOver(desk: VirtualDesk, seed: number): QuoteModel {
  return new QuoteModel({
    exchange: desk.exchange,
    chance: new Chance(seed, "quotes"),
    universe: UNIVERSE,
    still: true,
    later: (delayMs, run) => desk.clock.after(delayMs, run),
    say: () => undefined,
  });
}

function weightsOf(symbols: readonly string[]): [string, string][] {
  return symbols.map((symbol) => [symbol, (0.98 / symbols.length).toFixed(4)]);
}

function outcomeOf(result: RebalanceResult): string {
  return result.kind === "concluded" ? result.conclusion.outcome : result.kind === "declined" ? result.verdict : result.kind;
}

function figuresOf(desk: VirtualDesk, decided: ReadonlyMap<string, Decimal>): Pick<Trial, "orders" | "traded" | "cost"> {
  const intents = desk.ledger.recentExecutions(10).flatMap(({ id }) => desk.ledger.intentsOf(id));
  const filled = intents.filter(({ filledAveragePrice }) => filledAveragePrice !== undefined);
  return {
    orders: intents.filter(({ orderId }) => orderId !== undefined).length,
    traded: sum(filled.map(({ filledQuantity, filledAveragePrice }) => filledQuantity.times(filledAveragePrice ?? "0"))),
    cost: sum(filled.map((intent) => costOf(intent, decided.get(intent.symbol)))),
  };
}

function costOf({ side, filledQuantity, filledAveragePrice }: IntentRecord, decided: Decimal | undefined): Decimal {
  const paidMore = filledQuantity.times((filledAveragePrice ?? decimal("0")).minus(decided ?? decimal("0")));
  return side === "buy" ? paidMore : paidMore.neg();
}
