import { formatDollars } from "../domain/format.ts";
import { decimal, max, min, ONE, ZERO, type Decimal } from "../domain/decimal.ts";

export interface ObservedPrice {
  readonly price: Decimal;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ObservedQuote {
  readonly bid: Decimal;
  readonly ask: Decimal;
  /** When it last changed, which says nothing about whether it still stands: it was just read. */
  readonly at: number;
}

/** All that is known of one symbol's price at one moment (R10). */
export interface PriceObservations {
  readonly trade: ObservedPrice | undefined;
  readonly quote: ObservedQuote | undefined;
  readonly minuteBar: ObservedPrice | undefined;
  readonly previousClose: ObservedPrice | undefined;
  /** The position's own price, when held; belongs to the moment of the reading. */
  readonly position: ObservedPrice | undefined;
}

/** The moment of a reading. Milliseconds since the epoch. */
export interface PriceMoment {
  readonly now: number;
  /** Stamps from here on are of this session; what is older is no witness. */
  readonly sessionStart: number;
}

/** Of two prices that confirm each other, the higher may be this much above the lower. */
const AGREEMENT = decimal("0.05");
/** A quote wider than this, against its middle, says nothing (recorded: SMR 37.01 / 43.10). */
const WIDEST_SPREAD = decimal("0.05");

/**
 * A print that is older than this is not the price of now, only a witness for one. On the free feed a quiet
 * stock prints every few minutes, some every few hours, and such a print still confirms a quote that stands.
 */
const RECENT_PRINT_MS = 15 * 60_000;
/** While no session is open, what is older than the last print by more than this is of another session. */
const CLOSED_WINDOW_MS = 60 * 60_000;

const HALF = decimal("0.5");

/** The three witnesses (R10). A print is the latest trade or the minute bar: the bar is made of trades, so they are one witness. */
type PriceSource = "latest trade" | "last minute bar" | "quote" | "position";

/** A price that an independent witness confirms. */
export interface CheckedPrice {
  readonly price: Decimal;
  readonly source: PriceSource;
  /** The witnesses that confirm it; at least one. */
  readonly confirmedBy: readonly PriceSource[];
}

export interface PriceDoubt {
  readonly doubt: "price-doubt";
  /** One sentence for a person. */
  readonly reason: string;
}

/** All observations of one reading. */
interface Reading extends PriceMoment {
  readonly observations: ReadonlyMap<string, PriceObservations>;
  readonly marketClosed?: boolean;
}

interface Witness {
  readonly source: PriceSource;
  readonly price: Decimal;
  /** Whether it is the price of now, and may be taken for it. */
  readonly current: boolean;
}

/** Nothing is known of this symbol's price. */
export const NO_OBSERVATIONS: PriceObservations = {
  trade: undefined,
  quote: undefined,
  minuteBar: undefined,
  previousClose: undefined,
  position: undefined,
};

/**
 * The price that two independent witnesses agree on (R10): the print if it is recent and among them, else the
 * quote's middle, else the position's price.
 * @returns a doubt when no two witnesses agree.
 */
export function checkPrice(observations: PriceObservations, moment: PriceMoment): CheckedPrice | PriceDoubt {
  const witnesses = witnessesOf(observations, moment);
  const taken = witnesses.find((witness) => witness.current && confirmationsOf(witness, witnesses).length > 0);
  if (taken === undefined) return { doubt: "price-doubt", reason: unconfirmed(witnesses) };
  return { price: taken.price, source: taken.source, confirmedBy: confirmationsOf(taken, witnesses).map(({ source }) => source) };
}

/** {@link checkPrice} for one symbol of a reading. While no session is open, the moment is that of its last print. */
export function priceOf(symbol: string, { observations, now, sessionStart, marketClosed }: Reading): CheckedPrice | PriceDoubt {
  const seen = observations.get(symbol) ?? NO_OBSERVATIONS;
  return checkPrice(seen, marketClosed === true ? lastMoment(seen, now) : { now, sessionStart });
}

function lastMoment(seen: PriceObservations, now: number): PriceMoment {
  const last = Math.min(now, printOf(seen)?.at ?? now);
  return { now: last, sessionStart: last - CLOSED_WINDOW_MS };
}

function confirmationsOf(witness: Witness, witnesses: readonly Witness[]): Witness[] {
  return witnesses.filter((other) => other !== witness && agree(other.price, witness.price));
}

function agree(one: Decimal, other: Decimal): boolean {
  return max(one, other).lte(min(one, other).times(ONE.plus(AGREEMENT)));
}

function witnessesOf(seen: PriceObservations, { now, sessionStart }: PriceMoment): Witness[] {
  const print = printOf(seen);
  const quote = quoteMiddle(seen.quote);
  const found = [
    print && { ...print, current: now - print.at <= RECENT_PRINT_MS },
    quote && { ...quote, source: "quote" as const, current: true },
    seen.position && { ...seen.position, source: "position" as const, current: true },
  ];
  return found.flatMap((witness) => (witness === undefined || witness.price.lte(ZERO) || witness.at < sessionStart ? [] : [witness]));
}

/** The newer one of trade and bar. */
function printOf({ trade, minuteBar }: PriceObservations): (ObservedPrice & { readonly source: PriceSource }) | undefined {
  const ofTrade = trade?.price.gt(ZERO) === true ? { ...trade, source: "latest trade" as const } : undefined;
  const ofBar = minuteBar?.price.gt(ZERO) === true ? { ...minuteBar, source: "last minute bar" as const } : undefined;
  if (ofTrade === undefined || ofBar === undefined) return ofTrade ?? ofBar;
  return ofBar.at > ofTrade.at ? ofBar : ofTrade;
}

/** A one-sided or inverted quote has no middle: taking the remaining side was a recorded fault. */
function quoteMiddle(quote: ObservedQuote | undefined): ObservedPrice | undefined {
  if (quote === undefined || quote.bid.lte(ZERO) || quote.ask.lt(quote.bid)) return undefined;
  const middle = quote.bid.plus(quote.ask).times(HALF);
  if (quote.ask.minus(quote.bid).gt(middle.times(WIDEST_SPREAD))) return undefined;
  return { price: middle, at: quote.at };
}

function unconfirmed(witnesses: readonly Witness[]): string {
  if (witnesses.length === 0) return "no usable price was observed";
  const seen = witnesses.map(({ source, price, current }) => `${source} ${formatDollars(price)}${current ? "" : " (old)"}`).join(", ");
  return witnesses.length === 1 ? `only one usable price was observed: ${seen}` : `the observed prices do not confirm one another: ${seen}`;
}
