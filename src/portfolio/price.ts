import { decimal, max, min, ONE, ZERO, type Decimal } from "./money.ts";
import { formatDollars } from "./format.ts";

export interface ObservedPrice {
  readonly price: Decimal;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ObservedQuote {
  readonly bid: Decimal;
  readonly ask: Decimal;
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

/** Of two prices that confirm each other, the higher may be this much above the lower. */
const AGREEMENT = decimal("0.05");
/** A quote wider than this, against its middle, says nothing (recorded: SMR 37.01 / 43.10). */
const WIDEST_SPREAD = decimal("0.05");

/**
 * "The same moment", for thin data. On the free feed a quiet stock shows a trade only every few
 * minutes and its quote may be missing, so demanding seconds would leave such a leg out for good.
 * The price that is taken must itself be recent; what confirms it may be older, because a stale
 * price that still agrees within 5 % with a recent one confirms it all the same. Two old prices
 * (yesterday's trade and yesterday's bar) never confirm each other.
 */
const RECENT_MS = 15 * 60_000;
const OLDEST_CONFIRMATION_MS = 60 * 60_000;

const HALF = decimal("0.5");

/** In the order in which one is taken when several agree. */
const PRICE_SOURCES = ["latest trade", "quote", "position", "last minute bar"] as const;
type PriceSource = (typeof PRICE_SOURCES)[number];

/** A price that another observation of the same moment confirms. */
export interface CheckedPrice {
  readonly price: Decimal;
  readonly source: PriceSource;
  /** The sources that confirm it; at least one. */
  readonly confirmedBy: readonly PriceSource[];
}

export interface PriceDoubt {
  readonly doubt: "price-doubt";
  /** One sentence for a person. */
  readonly reason: string;
}

/** All observations of one reading. */
interface Reading {
  readonly observations: ReadonlyMap<string, PriceObservations>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly marketClosed?: boolean;
}

interface Candidate {
  readonly source: PriceSource;
  readonly price: Decimal;
  readonly recent: boolean;
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
 * The price that two observations agree on (R10): the latest trade if it is among them, else the
 * quote's middle, the position's price, the last minute bar.
 * @param now milliseconds since the epoch.
 * @returns a doubt when nothing recent is confirmed, or when two pairs contradict each other.
 */
export function checkPrice(observations: PriceObservations, now: number): CheckedPrice | PriceDoubt {
  return agreedPrice(candidatesOf(observations, now));
}

/** {@link checkPrice} for one symbol of a reading. While no session is open, the moment is that of its last trade. */
export function priceOf(symbol: string, { observations, now, marketClosed }: Reading): CheckedPrice | PriceDoubt {
  const seen = observations.get(symbol) ?? NO_OBSERVATIONS;
  return checkPrice(seen, marketClosed === true ? lastTraded(seen, now) : now);
}

function lastTraded(seen: PriceObservations, now: number): number {
  const stamps = [seen.trade, seen.minuteBar].flatMap((observed) => (observed === undefined ? [] : [observed.at]));
  return stamps.length === 0 ? now : Math.min(now, Math.max(...stamps));
}

function agreedPrice(candidates: readonly Candidate[]): CheckedPrice | PriceDoubt {
  const taken = candidates.find((candidate) => candidate.recent && confirmationsOf(candidate, candidates).length > 0);
  if (taken === undefined) return { doubt: "price-doubt", reason: unconfirmed(candidates) };
  const against = candidates.filter((other) => !agree(other.price, taken.price));
  if (against.some((other) => confirmationsOf(other, against).length > 0)) return { doubt: "price-doubt", reason: unconfirmed(candidates) };
  return { price: taken.price, source: taken.source, confirmedBy: confirmationsOf(taken, candidates).map((other) => other.source) };
}

function confirmationsOf(candidate: Candidate, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter((other) => other !== candidate && agree(other.price, candidate.price));
}

function agree(one: Decimal, other: Decimal): boolean {
  return max(one, other).lte(min(one, other).times(ONE.plus(AGREEMENT)));
}

function candidatesOf(observations: PriceObservations, now: number): Candidate[] {
  const found: Record<PriceSource, ObservedPrice | undefined> = {
    "latest trade": observations.trade,
    quote: quoteMiddle(observations.quote),
    position: observations.position,
    "last minute bar": observations.minuteBar,
  };
  return PRICE_SOURCES.flatMap((source) => {
    const observed = found[source];
    if (observed === undefined || observed.price.lte(ZERO) || now - observed.at > OLDEST_CONFIRMATION_MS) return [];
    return [{ source, price: observed.price, recent: now - observed.at <= RECENT_MS }];
  });
}

/** A one-sided or inverted quote has no middle: taking the remaining side was a recorded fault. */
function quoteMiddle(quote: ObservedQuote | undefined): ObservedPrice | undefined {
  if (quote === undefined || quote.bid.lte(ZERO) || quote.ask.lt(quote.bid)) return undefined;
  const middle = quote.bid.plus(quote.ask).times(HALF);
  if (quote.ask.minus(quote.bid).gt(middle.times(WIDEST_SPREAD))) return undefined;
  return { price: middle, at: quote.at };
}

function unconfirmed(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return "no usable price was observed";
  const seen = candidates
    .map((candidate) => `${candidate.source} ${formatDollars(candidate.price)}${candidate.recent ? "" : " (old)"}`)
    .join(", ");
  return candidates.length === 1
    ? `only one usable price was observed: ${seen}`
    : `the observed prices do not confirm one another: ${seen}`;
}
