import type { Exchange } from "../../src/simulator/exchange.ts";
import { newYorkDate } from "../../src/simulator/sessions.ts";
import type { Scenario } from "./scenario.ts";

/** Two prices of one moment confirm each other within this fraction (R10). */
const CONFIRMED_WITHIN = 0.05;

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
