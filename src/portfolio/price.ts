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
  /** Time of the last change. An old quote is still valid, because it was just read. */
  readonly at: number;
}

/** Everything known about one symbol's price at one time (R10). */
export interface PriceObservations {
  readonly trade: ObservedPrice | undefined;
  readonly quote: ObservedQuote | undefined;
  readonly minuteBar: ObservedPrice | undefined;
  readonly previousClose: ObservedPrice | undefined;
  /** The position's own price, when held; as of the snapshot. */
  readonly position: ObservedPrice | undefined;
}

/** Time of the snapshot. Milliseconds since the epoch. */
export interface PriceTime {
  readonly now: number;
  /** Stamps from this time on are from this session; older prices are not witnesses. */
  readonly sessionStart: number;
}

/** Of two prices that confirm each other, the higher may be this much above the lower. */
const AGREEMENT = decimal("0.05");
/** A quote with a wider spread, relative to its mid, is useless (recorded: SMR 37.01 / 43.10). */
const WIDEST_SPREAD = decimal("0.05");

/**
 * An older print is not the current price, only a witness for it. On the free feed a quiet stock prints
 * every few minutes or hours, and such a print still confirms a live quote.
 */
const RECENT_PRINT_MS = 15 * 60_000;
/** While no session is open, anything older than the last print by more than this is from another session. */
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
interface Reading extends PriceTime {
  readonly observations: ReadonlyMap<string, PriceObservations>;
  readonly marketClosed?: boolean;
}

interface Witness {
  readonly source: PriceSource;
  readonly price: Decimal;
  /** Whether it can be used as the current price. */
  readonly current: boolean;
}

/** No price of this symbol is known. */
export const NO_OBSERVATIONS: PriceObservations = {
  trade: undefined,
  quote: undefined,
  minuteBar: undefined,
  previousClose: undefined,
  position: undefined,
};

/**
 * The price that two independent witnesses agree on (R10): the print if it is recent and among them, else the
 * quote's mid, else the position's price.
 * @returns a doubt when no two witnesses agree.
 */
export function checkPrice(observations: PriceObservations, time: PriceTime): CheckedPrice | PriceDoubt {
  const witnesses = witnessesOf(observations, time);
  const taken = witnesses.find((witness) => witness.current && confirmationsOf(witness, witnesses).length > 0);
  if (taken === undefined) return { doubt: "price-doubt", reason: unconfirmed(witnesses) };
  return { price: taken.price, source: taken.source, confirmedBy: confirmationsOf(taken, witnesses).map(({ source }) => source) };
}

/** {@link checkPrice} for one symbol of a reading. While no session is open, the time is that of its last print. */
export function priceOf(symbol: string, { observations, now, sessionStart, marketClosed }: Reading): CheckedPrice | PriceDoubt {
  const seen = observations.get(symbol) ?? NO_OBSERVATIONS;
  return checkPrice(seen, marketClosed === true ? lastMoment(seen, now) : { now, sessionStart });
}

function lastMoment(seen: PriceObservations, now: number): PriceTime {
  const last = Math.min(now, printOf(seen)?.at ?? now);
  return { now: last, sessionStart: last - CLOSED_WINDOW_MS };
}

function confirmationsOf(witness: Witness, witnesses: readonly Witness[]): Witness[] {
  return witnesses.filter((other) => other !== witness && agree(other.price, witness.price));
}

/** Whether two prices are within 5 % of each other. */
export function agree(one: Decimal, other: Decimal): boolean {
  return max(one, other).lte(min(one, other).times(ONE.plus(AGREEMENT)));
}

function witnessesOf(seen: PriceObservations, { now, sessionStart }: PriceTime): Witness[] {
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

/** A one-sided or inverted quote has no mid: using the remaining side was a recorded fault. Neither has one that is too wide. */
export function quoteMiddle(quote: ObservedQuote | undefined): ObservedPrice | undefined {
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
