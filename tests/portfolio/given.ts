import { decimal, type Decimal } from "../../src/domain/decimal.ts";
import {
  makePlan,
  type Holding,
  type Plan,
  type PlanAsset,
  type PlanInput,
  type PlanLine,
  type PlanSettings,
} from "../../src/portfolio/plan.ts";
import { NO_OBSERVATIONS, type PriceObservations } from "../../src/portfolio/price.ts";

/** 2025-07-14 19:43 in London, the minute of the recorded bad quote. */
export const NOW = Date.UTC(2025, 6, 14, 18, 43);
export const MINUTE = 60_000;
/** Midnight of that day in New York. */
export const SESSION_START = Date.UTC(2025, 6, 14, 4);

export const TRADABLE: PlanAsset = { active: true, tradable: true, fractionable: true };
export const WHOLE_ONLY: PlanAsset = { active: true, tradable: true, fractionable: false };

const SETTINGS: PlanSettings = {
  cashReserve: decimal("0.01"),
  minTradeValue: decimal("5"),
  driftBand: decimal("0.01"),
  protectedSymbols: new Set(),
  allowedSymbols: undefined,
  maxOrderValue: undefined,
  maxUnbuyable: decimal("0.2"),
  unbuyableAction: "refuse",
};

/** A price that the latest trade and the quote agree on, seen at {@link NOW}. */
export function seenAt(price: string | Decimal, at = NOW): PriceObservations {
  const value = decimal(price);
  return { ...NO_OBSERVATIONS, trade: { price: value, at }, quote: { bid: value, ask: value, at } };
}

interface Held {
  readonly quantity: string;
  readonly available?: string;
  readonly assetClass?: string;
  /** The broker's value; from the price when left out. */
  readonly marketValue?: string;
}

/** An account for a test: what is not named is harmless. Prices are agreed ones unless observations are given. */
export interface Scene {
  readonly phase?: PlanInput["phase"];
  readonly cash: string;
  readonly buyingPower?: string;
  readonly equity?: string;
  readonly held?: Readonly<Record<string, Held | string>>;
  readonly targets?: Readonly<Record<string, string>>;
  readonly exit?: readonly string[];
  readonly prices?: Readonly<Record<string, string | PriceObservations>>;
  readonly assets?: Readonly<Record<string, PlanAsset | undefined>>;
  readonly renamed?: PlanInput["renamed"];
  readonly working?: PlanInput["workingOrders"];
  readonly excluded?: PlanInput["excluded"];
  readonly splits?: PlanInput["splits"];
  readonly settings?: Partial<PlanSettings>;
}

export function scene(given: Scene): PlanInput {
  const observations = new Map(
    Object.entries(given.prices ?? {}).map(([symbol, price]) => [symbol, typeof price === "string" ? seenAt(price) : price]),
  );
  const holdings = Object.entries(given.held ?? {}).map(([symbol, held]) => holdingOf(symbol, held, observations.get(symbol)));
  const wanted = Object.entries(given.targets ?? {}).map(([symbol, weight]) => [symbol, decimal(weight)] as const);
  const symbols = [...Object.keys(given.held ?? {}), ...Object.keys(given.targets ?? {}), ...(given.exit ?? [])];
  const cash = decimal(given.cash);
  const total = holdings.reduce((value, holding) => value.plus(holding.marketValue), cash);
  return {
    phase: given.phase ?? "selling",
    wanted: given.exit === undefined ? { kind: "rebalance", targets: new Map(wanted) } : { kind: "exit", symbols: given.exit },
    account: {
      cash,
      buyingPower: decimal(given.buyingPower ?? (cash.lt(decimal("0")) ? "0" : given.cash)),
      equity: given.equity === undefined ? total : decimal(given.equity),
    },
    holdings,
    assets: new Map<string, PlanAsset | undefined>([
      ...symbols.map((symbol) => [symbol, TRADABLE] as const),
      ...Object.entries(given.assets ?? {}),
    ]),
    ...(given.renamed === undefined ? {} : { renamed: given.renamed }),
    observations,
    splits: given.splits ?? new Map(),
    workingOrders: given.working ?? [],
    excluded: given.excluded ?? new Map(),
    settings: { ...SETTINGS, ...given.settings },
    now: NOW,
    sessionStart: SESSION_START,
  };
}

function holdingOf(symbol: string, given: Held | string, seen: PriceObservations | undefined): Holding {
  const held: Held = typeof given === "string" ? { quantity: given } : given;
  const quantity = decimal(held.quantity);
  const price = seen?.trade?.price ?? decimal("0");
  return {
    symbol,
    quantity,
    available: decimal(held.available ?? held.quantity),
    marketValue: held.marketValue === undefined ? quantity.times(price) : decimal(held.marketValue),
    assetClass: held.assetClass ?? "us_equity",
  };
}

/** The plan for a scene, which must not be refused. */
export function planFor(given: Scene | PlanInput): Plan {
  const result = makePlan("wanted" in given ? given : scene(given));
  if (result.kind === "refused") throw new Error(`Refused: ${result.refusal}: ${result.reason}`);
  return result.plan;
}

export function lineOf(plan: Plan, symbol: string): PlanLine {
  const lines = plan.lines.filter((line) => line.symbol === symbol);
  if (lines.length !== 1) throw new Error(`${symbol} has ${String(lines.length)} lines.`);
  return lines[0]!;
}

/** The orders of a plan as short texts: `sell SMR 10 shares`, `buy LEU $39105`. */
export function ordersOf(plan: Plan): string[] {
  return [...plan.sells, ...plan.buys].map(
    (order) =>
      `${order.side} ${order.symbol} ${order.notional === undefined ? `${order.quantity?.toFixed() ?? "?"} shares` : `$${order.notional.toFixed()}`}`,
  );
}

/** Every symbol that was left alone, wholly or in part, with its reason. */
export function reasonsOf(plan: Plan): Record<string, string> {
  return Object.fromEntries(plan.lines.flatMap((line) => (line.leftAlone === undefined ? [] : [[line.symbol, line.leftAlone]])));
}
