import type { Exchange } from "../../src/simulator/exchange.ts";
import { newYorkDate } from "../../src/simulator/sessions.ts";
import type { Scenario } from "./scenario.ts";

/** Two prices of one moment confirm each other within this fraction (R10). */
const CONFIRMED_WITHIN = 0.05;

/** The broker's equity and the sum at checked prices agree within this fraction (R9), less what prices move meanwhile. */
const SUMS_AGREE_WITHIN = 0.015;

/** The middle of the live quote that a thin feed shows; `undefined` where the feed is not thin or shows none. */
export function shownPrice(symbol: string, { feed, prices, clock }: Exchange): number | undefined {
  if (feed.settingsOf(symbol) === undefined) return undefined;
  const shown = feed.quote(symbol, clock.now());
  const quote = shown.empty === undefined ? prices.quote(symbol, shown.at) : undefined;
  return quote && (Number(quote.bid.toFixed()) + Number(quote.ask.toFixed())) / 2;
}

/** Whether what a thin feed shows of the holdings adds up to something else than the broker's equity, which is made of all prints (R9). */
export function sumsDisagree(exchange: Exchange): boolean {
  const most = Math.abs(Number(exchange.accountView().equity)) * SUMS_AGREE_WITHIN;
  return [shownPrice, lastPrint].some((shown) => {
    const differences = [...exchange.state.positions.values()].map(({ symbol, quantity }) => {
      const price = Number(exchange.valueOf(symbol).toFixed());
      return Number(quantity.toFixed()) * ((shown(symbol, exchange) ?? price) - price);
    });
    return Math.abs(differences.reduce((total, each) => total + each, 0)) > most;
  });
}

function lastPrint(symbol: string, { feed, prices, clock }: Exchange): number | undefined {
  const print = feed.settingsOf(symbol) === undefined ? undefined : feed.lastPrint(symbol, clock.now());
  return print === undefined ? undefined : Number(prices.trade(symbol, print)?.price.toFixed());
}

/**
 * Whether a thin feed shows no price of a symbol just now by which a quantity or a limit could be decided: a quote
 * with one side, one that lies too far from the last print, or no print of this session. A quote is live as long as it stands.
 */
export function isInDoubt(symbol: string, { feed, prices, clock }: Exchange, { execution }: Scenario): boolean {
  if (feed.settingsOf(symbol) === undefined) return false;
  const shown = feed.quote(symbol, clock.now());
  const print = feed.lastPrint(symbol, clock.now());
  const quote = prices.quote(symbol, shown.at);
  const trade = print === undefined ? undefined : prices.trade(symbol, print);
  if (shown.empty !== undefined || quote === undefined || trade === undefined || print === undefined) return true;
  // A print and a quote count if they are of this session.
  const today = newYorkDate(clock.now());
  if (newYorkDate(print) !== today || newYorkDate(shown.at) !== today) return true;
  const within = execution.style === "limit" ? Number(execution.limitOrders.collar.toFixed()) : CONFIRMED_WITHIN;
  const last = Number(trade.price.toFixed());
  return [quote.bid, quote.ask].some((side) => Math.abs(Number(side.toFixed()) / last - 1) > within);
}
