import type { MarketPrices, PriceAt, Quote, Side } from "../../domain/broker.ts";
import { marketDate } from "../../domain/market-day.ts";
import { formatPercent } from "../../domain/format.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, ONE, ZERO } from "../../domain/decimal.ts";
import type { LimitOrderSettings } from "../../domain/execution-style.ts";
import { onTick, tickAt } from "./tick.ts";

const HALF = decimal("0.5");
/** On a feed with few trades the price may have moved away from the last one since. */
const TRADE_IS_OLD_MS = 60_000;
/** As far as two sources of one price may lie apart (R10). */
const SOURCES_AGREE_WITHIN = decimal("0.05");

/** A quote suitable for pricing an order. */
export interface SaneQuote {
  readonly quote: Quote;
  /** The ask (buy) or bid (sell): on a tick, and inside the collar. */
  readonly limit: Decimal;
}

export interface QuoteDoubt {
  /** Why not, as text after the symbol. */
  readonly doubt: string;
}

type Limits = Pick<LimitOrderSettings, "maxSpread" | "collar">;

/**
 * Checks a quote that was just read: two-sided, from this session, not too wide, and with its far side near the last
 * trade. A market order pays any price, however absurd; a limit is only as good as its quote. The stamp is the last
 * change, so the age says nothing (R10): BTAL's quote is unchanged for minutes.
 * @param now by the venue's clock, milliseconds since the epoch.
 */
export function saneQuote(side: Side, prices: MarketPrices | undefined, now: number, settings: Limits): SaneQuote | QuoteDoubt {
  const { quote, trade } = prices ?? {};
  if (quote === undefined) return { doubt: "there is no quote" };
  const { bid, ask } = quote;
  if (bid.lte(ZERO) || ask.lte(ZERO)) return { doubt: `its quote is one-sided (${bid.toFixed()} / ${ask.toFixed()})` };
  if (ask.lt(bid)) return { doubt: `its quote is crossed (${bid.toFixed()} / ${ask.toFixed()})` };
  if (marketDate(quote.at) !== marketDate(now)) return { doubt: `its quote is of the session of ${marketDate(quote.at)}` };
  const middle = middleOf(quote);
  // No quote of a cheap symbol can be narrower than one tick.
  if (ask.minus(bid).gt(max(middle.times(settings.maxSpread), tickAt(bid))))
    return { doubt: `its quote is ${formatPercent(ask.minus(bid).div(middle), 2)} wide (${bid.toFixed()} / ${ask.toFixed()})` };
  if (trade === undefined) return { doubt: "no trade confirms its quote" };
  return insideCollar(side, quote, { around: collarCentre(quote, trade, now), trade: trade.price }, settings);
}

/**
 * What the collar lies around: the last trade, or the quote itself where that trade is a minute old and the two agree as two
 * sources of a price must (R10). A quiet symbol would wait for its next trade for hours.
 */
export function collarCentre(quote: Pick<Quote, "bid" | "ask"> | undefined, { price, at }: PriceAt, now: number): Decimal {
  if (quote === undefined || now - at <= TRADE_IS_OLD_MS) return price;
  const middle = middleOf(quote);
  return middle.minus(price).abs().gt(price.times(SOURCES_AGREE_WITHIN)) ? price : middle;
}

function middleOf({ bid, ask }: Pick<Quote, "bid" | "ask">): Decimal {
  return bid.plus(ask).times(HALF);
}

/** The worst price inside the collar. */
export function collarEdge(side: Side, around: Decimal, collar: Decimal): Decimal {
  return around.times(side === "buy" ? ONE.plus(collar) : ONE.minus(collar));
}

function insideCollar(
  side: Side,
  quote: Quote,
  { around, trade }: { readonly around: Decimal; readonly trade: Decimal },
  { collar }: Limits,
): SaneQuote | QuoteDoubt {
  const farSide = side === "buy" ? quote.ask : quote.bid;
  const limit = onTick(farSide, side);
  const edge = collarEdge(side, around, collar);
  const inside = side === "buy" ? limit.lte(edge) : limit.gte(edge);
  if (inside && limit.gt(ZERO)) return { quote, limit };
  return { doubt: `its ${side === "buy" ? "ask" : "bid"} of ${farSide.toFixed()} is too far from the last trade at ${trade.toFixed()}` };
}
