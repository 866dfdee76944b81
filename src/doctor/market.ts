import type { AccountConfiguration, Asset, Broker, MarketClock, MarketPrices, Position, Session } from "../domain/broker.ts";
import type { StrategyConfig } from "../domain/config.ts";
import { purchaseBlockOf } from "../execution/preparation/plan-assets.ts";
import type { Ledger } from "../domain/ledger.ts";
import { combinedTargets } from "../domain/strategy-target.ts";
import type { Decimal } from "../domain/decimal.ts";
import { MARKET_ZONE, marketDate, marketDayStart } from "../domain/market-day.ts";
import { formatDollars } from "../domain/format.ts";
import { groupedByCause, listed } from "../domain/listing.ts";
import { priceOf, type PriceObservations } from "../portfolio/price.ts";
import { formatInstant, formatTimeOfDay } from "../domain/time-format.ts";
import { counted } from "../reporting/figures.ts";
import type { AlertsState } from "./alerts.ts";
import { failed, ok, warning, type Known, type Findings } from "./check.ts";

const WHOLE_SESSION_MS = 6.5 * 3_600_000;
const US_EQUITY = "us_equity";

/** @param sessions of this day and the next ones; without them half-days are not reported. */
export function judgeSession(market: MarketClock, sessions: Known<readonly Session[]>): Findings {
  const next = market.isOpen ? market.nextClose : market.nextOpen;
  const state = `${market.isOpen ? "open until" : "closed until"} ${formatInstant(next, MARKET_ZONE)}`;
  if (sessions.kind === "unknown")
    return warning(`${state}; the calendar cannot be read: ${sessions.why}`, "Only schedules need it; orders depend on the clock.");
  const session = sessions.value.find(({ date }) => date === marketDate(market.isOpen ? market.timestamp : next));
  const early = session !== undefined && session.close - session.open < WHOLE_SESSION_MS;
  return ok(early ? `${state}; a short session, it closes at ${formatTimeOfDay(session.close, MARKET_ZONE).slice(0, 5)}` : state);
}

const UNBUYABLE_HINT =
  "Fix the cause shown, or change the strategy's symbols. Above MAX_UNBUYABLE_PERCENT of a run UNBUYABLE_ACTION applies.";

/** Most symbols checked at once: each costs a request of the account's rate limit. */
const MAX_SYMBOLS = 40;

/** The strategies' targets: each strategy's newest run in its file, or its last accepted one. If there is none, ALLOWED_SYMBOLS. */
export function wantedSymbols(
  strategies: readonly StrategyConfig[],
  states: ReadonlyMap<string, AlertsState>,
  ledger: Pick<Ledger, "lastAcceptedSignal">,
  allowed: ReadonlySet<string> | undefined,
): readonly string[] {
  const wanted = [...wantedTargets(strategies, states, ledger).keys()];
  return [...new Set(wanted.length > 0 ? wanted : (allowed ?? []))].slice(0, MAX_SYMBOLS);
}

/** As {@link wantedSymbols}, with their weights in the account. */
export function wantedTargets(
  strategies: readonly StrategyConfig[],
  states: ReadonlyMap<string, AlertsState>,
  ledger: Pick<Ledger, "lastAcceptedSignal">,
): Map<string, Decimal> {
  return combinedTargets(
    strategies.map(({ name, share }) => {
      const written = writtenIn(states.get(name));
      return { share, targets: written.size > 0 ? written : (ledger.lastAcceptedSignal(name)?.signal.targets ?? written) };
    }),
  );
}

function writtenIn(state: AlertsState | undefined): ReadonlyMap<string, Decimal> {
  const allocation = state?.kind === "read" ? state.run?.allocation : undefined;
  return allocation?.kind === "rebalance" ? allocation.targets : new Map();
}

export async function readAssets(
  broker: Pick<Broker, "asset">,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, Asset | undefined>> {
  return new Map(await Promise.all(symbols.map(async (symbol) => [symbol, await broker.asset(symbol)] as const)));
}

export interface BuyableFacts {
  /** The account's switches; `undefined`: not known. */
  readonly configuration: AccountConfiguration | undefined;
  /** Targets whose ticker is gone → the new ticker of the held asset. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** R12: whether every target can be bought. */
export function judgeAssets(
  assets: ReadonlyMap<string, Asset | undefined>,
  { configuration, renamed }: BuyableFacts = { configuration: undefined, renamed: new Map() },
): Findings {
  const all = [...assets];
  const named = (fits: (asset: Asset | undefined) => boolean): string =>
    listed(all.filter(([, asset]) => fits(asset)).map(([symbol]) => symbol));
  const strange = all.flatMap(([symbol, asset]) => (asset === undefined && !renamed.has(symbol) ? [symbol] : []));
  const frozen = named((asset) => asset !== undefined && !(asset.active && asset.tradable));
  const whole = named((asset) => asset?.active === true && asset.tradable && !asset.fractionable);
  const blocked = all.flatMap(([symbol, asset]) => {
    const block = asset === undefined ? undefined : purchaseBlockOf(asset, configuration);
    return block === undefined ? [] : [[symbol, block] as const];
  });
  const found = [
    ...[...renamed].flatMap(([symbol, held]) =>
      failed(
        `${symbol} now trades as ${held}, and the holding has that name`,
        "Use the new ticker in the strategy. The position is not sold because of this.",
      ),
    ),
    ...groupedByCause(blocked).flatMap(([symbols, block]) => failed(`${symbols} cannot be bought: ${block}`, UNBUYABLE_HINT)),
    ...(strange.length === 0
      ? []
      : failed(
          `${counted(strange.length, "symbol")} unknown to the broker: ${listed(strange)}`,
          "Compare the strategy's symbols with Alpaca's; class shares are written BRK.B. A renamed asset has a new symbol.",
        )),
    ...(frozen === ""
      ? []
      : failed(`not tradable: ${frozen}`, "They are left alone and their share stays in cash; change the strategy's symbols.")),
    ...(whole === "" ? [] : warning(`not fractionable: ${whole}`, "Only whole shares are bought; the remainder stays in cash.")),
  ];
  return found.length > 0 ? found : ok(`${listed(all.map(([symbol]) => symbol))}: tradable and fractionable`);
}

/** Held equities that a plan must value (R9). */
export function pricedHoldings(positions: readonly Position[], protectedSymbols: ReadonlySet<string>): readonly string[] {
  return positions
    .filter(({ symbol, assetClass, problem }) => assetClass === US_EQUITY && problem === undefined && !protectedSymbols.has(symbol))
    .map(({ symbol }) => symbol);
}

export interface PriceFacts {
  readonly wanted: readonly string[];
  readonly held: readonly string[];
  readonly prices: ReadonlyMap<string, MarketPrices>;
  readonly positions: readonly Position[];
  readonly market: MarketClock;
  /** ALPACA_DATA_FEED. */
  readonly feed: string | undefined;
}

/** R10: a price that decides a quantity needs a second witness; R9: so does the value of a large holding. */
export function judgePrices({ wanted, held, prices, positions, market, feed }: PriceFacts): Findings {
  const symbols = [...new Set([...wanted, ...held])];
  const observations = new Map(symbols.map((symbol) => [symbol, observe(symbol, prices, positions, market)]));
  const sessionStart = marketDayStart(market.timestamp);
  const reading = { observations, now: market.timestamp, sessionStart, marketClosed: !market.isOpen };
  const found = symbols.map((symbol) => ({ symbol, price: priceOf(symbol, reading) }));
  const findings = found.flatMap(({ symbol, price }) => {
    if (!("doubt" in price)) return [];
    const isHeld = held.includes(symbol);
    return warning(`${symbol}${isHeld ? " (held)" : ""}: ${price.reason}`, `${doubtHint(market, feed)} ${consequence(symbol, isHeld)}`);
  });
  if (findings.length > 0) return findings;
  const shown = found.map(({ symbol, price }) => ("doubt" in price ? symbol : `${symbol} ${formatDollars(price.price)}`));
  return ok(`${shown.join(", ")} (feed ${feed ?? "by subscription"})`);
}

function observe(
  symbol: string,
  prices: ReadonlyMap<string, MarketPrices>,
  positions: readonly Position[],
  market: MarketClock,
): PriceObservations {
  const { trade, quote, minuteBar, previousClose } = prices.get(symbol) ?? {};
  const held = positions.find((position) => position.symbol === symbol)?.currentPrice;
  return { trade, quote, minuteBar, previousClose, position: held === undefined ? undefined : { price: held, at: market.timestamp } };
}

function doubtHint({ isOpen }: MarketClock, feed: string | undefined): string {
  if (!isOpen) return "The market is closed and prices are few; check again while it is open.";
  return feed === "sip"
    ? "Before a plan it is retried for up to 15 s."
    : "The free feed contains a few percent of the trades. Before a plan it is retried for up to 15 s.";
}

function consequence(symbol: string, isHeld: boolean): string {
  return isHeld
    ? `If it persists, ${symbol} can only be sold in full; a large holding kept outside the drift band refuses the plan. To exclude it from the plan, list it in PROTECTED_SYMBOLS.`
    : "If it persists, it can be bought by dollar amount but not in whole shares.";
}
