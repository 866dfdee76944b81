import { formatQuantity } from "../domain/format.ts";
import { decimal, max, min, ONE, sum, truncate, ZERO, type Decimal } from "../domain/decimal.ts";

/**
 * Whether a symbol was split and the broker has not booked it yet (R10). At Alpaca the price changes with
 * the open and the quantity hours or days later, so an unchanged quantity is never evidence against a split.
 */

/** What one share's price was multiplied by: 5 for one new share for five old ones, 0.5 for two for one. Quantities are divided by it. */
export type SplitRatio = Decimal;

/** The price has changed by the split, but the quantity has not: nothing is traded, and the value is quantity × price ÷ ratio. */
export interface UnbookedSplit {
  readonly kind: "split-unbooked";
  readonly ratio: SplitRatio;
  /** New York date of the first session at the new price. */
  readonly session: string;
  /** Shares before the split is booked. */
  readonly quantity: Decimal;
}

/** It is unknown whether there was a split: nothing is traded, and its value is not spent on anything else. */
export interface SuspectedSplit {
  readonly kind: "split-suspected";
  readonly reason: string;
  /** Market data has answered that it has no daily bars of the symbol, neither now nor later. */
  readonly hasNoBars?: true;
}

export type SplitDoubt = UnbookedSplit | SuspectedSplit;

/** The daily bars show no split, but something else looks like one: a second witness decides. */
export interface Unproven {
  readonly kind: "unproven";
  readonly reason: string;
  /** Whether only this session's price is odd, so that prints of this session can explain it. */
  readonly todayOnly: boolean;
}

/** Reference quantity: shares that were seen, or left by our own fill, in a session. */
export interface ExpectedPosition {
  readonly session: string;
  readonly quantity: Decimal;
  /** Left by our own fill, which counts new shares; a quantity that was only seen may still count old ones. */
  readonly isFilled?: boolean;
}

/** The close of one finished session, raw and adjusted for later splits. */
export interface SessionClose {
  readonly session: string;
  readonly raw: Decimal;
  readonly adjusted: Decimal;
}

/** Everything known about one symbol. */
export interface SplitEvidence {
  /** New York date of the current or next session. */
  readonly today: string;
  /** Zero when the broker lists no position. */
  readonly held: Decimal;
  readonly known: ExpectedPosition | undefined;
  /** Raw close of the previous session, from the newest snapshot. */
  readonly previousClose: Decimal | undefined;
  /** Current prices; the first one is used, and all must be plausible. */
  readonly latest: readonly Decimal[];
  /** Splits in the ledger, by session: they explain a jump even when the bars no longer show them. */
  readonly recorded: ReadonlyMap<string, SplitRatio>;
}

/** A larger move needs an explanation: 4:3 is the smallest common split (R10). */
const ORDINARY_FROM = decimal("0.75");
const ORDINARY_TO = decimal("1.34");
/** Adjusted closes are rounded, so the same ratio differs slightly from day to day. */
const RATIO_NOISE = decimal("0.005");
const CENT = decimal("0.01");
const HALF_CENT = decimal("0.005");
/** Tolerance for matching quantities: brokers round fractions of a share. */
const QUANTITY_NOISE = decimal("0.001");
/** A booking takes hours to days. If no earlier quantity is known, an older split is assumed to be booked. */
const BOOKED_AFTER_SESSIONS = 10;
/** Maximum distance between neighbouring prints on the way from one price to another. */
const LARGEST_STEP = decimal("1.15");

/** Whether one price or quantity is no more than an ordinary move away from the other. */
export function isOrdinary(now: Decimal, before: Decimal): boolean {
  return now.gte(before.times(ORDINARY_FROM)) && now.lte(before.times(ORDINARY_TO));
}

/** What looks odd before checking the daily bars; `undefined`: nothing. */
export function oddity({ today, held, known, previousClose, latest, recorded }: SplitEvidence): Omit<Unproven, "kind"> | undefined {
  const quantity = oddQuantity(held, known);
  if (quantity !== undefined) return { reason: quantity, todayOnly: false };
  const before = previousClose?.times(recorded.get(today) ?? ONE);
  const odd = before === undefined ? undefined : latest.find((price) => !isOrdinary(price, before));
  if (odd === undefined || before === undefined) return undefined;
  return { reason: `its price is ${odd.toFixed()} after a close of ${before.toFixed()}`, todayOnly: true };
}

function oddQuantity(held: Decimal, known: ExpectedPosition | undefined): string | undefined {
  if (known === undefined || known.quantity.lte(ZERO) || held.lte(ZERO) || isOrdinary(held, known.quantity)) return undefined;
  return `${formatQuantity(held)} shares are held, and ${formatQuantity(known.quantity)} were on ${known.session}`;
}

/** Both series of one symbol as pairs, oldest first. A session in only one of them proves nothing. */
export function pairCloses(raw: ReadonlyMap<string, Decimal>, adjusted: ReadonlyMap<string, Decimal>, today: string): SessionClose[] {
  const pairs = [...raw].flatMap(([session, close]): SessionClose[] => {
    const other = adjusted.get(session);
    return session >= today || other === undefined || close.lte(ZERO) || other.lte(ZERO) ? [] : [{ session, raw: close, adjusted: other }];
  });
  return pairs.sort((one, two) => (one.session < two.session ? -1 : 1));
}

/**
 * What raw and split-adjusted bars show about a symbol (R10).
 * @param closes finished sessions, oldest first; none when there are none; `undefined` when they could not be read.
 */
export function judgeSplit(evidence: SplitEvidence, closes: readonly SessionClose[] | undefined): SplitFinding {
  const { held, today } = evidence;
  if (closes === undefined) return suspected("its daily bars cannot be read");
  if (closes.length === 0) return { ...suspected("it has no daily bars"), hasNoBars: true };
  // Shares bought externally after we held none were never seen before.
  const known = evidence.known?.quantity.eq(ZERO) === true && held.gt(ZERO) ? undefined : evidence.known;
  if (known !== undefined && known.session < today && (closes[0]?.session ?? today) > known.session)
    return suspected(`its daily bars do not reach back to ${known.session}, when its quantity was last known`);
  const found = splitsIn(closes, evidence);
  const implausible = found.find(({ fits }) => !fits);
  if (implausible !== undefined) return suspected(`its daily bars name a split on ${implausible.session}, and its price does not show one`);
  const since = known === undefined ? recently(found, closes) : found.filter((split) => isSince(split, known, evidence));
  const booking = judgeBooking(since, held, known, closes);
  if (booking !== undefined) return booking;
  const contained = known && { ...known, quantity: afterAll(known.quantity, since) };
  return judgeAgreement({ ...evidence, known: contained }, closes, found) ?? { kind: "none", booked: since };
}

/** A split by the daily bars. */
export interface FoundSplit {
  readonly session: string;
  readonly ratio: SplitRatio;
  /** Whether the raw price moved by the ratio, give or take an ordinary move. */
  readonly fits: boolean;
}

/** `none`: nothing is pending; the quantity contains the splits in `booked`. */
export type SplitFinding = SplitDoubt | Unproven | { readonly kind: "none"; readonly booked: readonly FoundSplit[] };

/** A quantity seen on the day of a split, before the split was known, may be the old one. */
function isSince({ session }: FoundSplit, known: ExpectedPosition, { today, recorded }: SplitEvidence): boolean {
  return session > known.session || (session === today && known.session === today && known.isFilled !== true && !recorded.has(session));
}

function afterAll(quantity: Decimal, splits: readonly FoundSplit[]): Decimal {
  return splits.reduce((rest, { ratio }) => rest.div(ratio), quantity);
}

/** Every session at which the factor between raw and adjusted closes changes. */
function splitsIn(closes: readonly SessionClose[], { today, latest, recorded }: SplitEvidence): FoundSplit[] {
  let from = 0;
  return closes.flatMap((close, index): FoundSplit[] => {
    const next = closes[index + 1];
    const factorAfter = next === undefined ? ONE : factorOf(next);
    const factor = factorOf(close);
    if (factor.eq(factorAfter)) return [];
    const measured = factor.div(factorAfter);
    const noise = RATIO_NOISE.plus(CENT.div(min(close.adjusted, next?.adjusted ?? close.adjusted)));
    if (measured.minus(ONE).abs().lte(noise)) return [];
    const ratio = exactRatio(closes.slice(from, index + 1), factorAfter);
    from = index + 1;
    const after = next?.raw ?? latest[0];
    const fits = after !== undefined && isOrdinary(after, close.raw.times(ratio));
    return [{ session: sessionOf(close.session, next?.session ?? today, ratio, recorded), ratio, fits }];
  });
}

/** Between the raw and the adjusted close; on nearly every day they are the same. */
function factorOf({ raw, adjusted }: SessionClose): Decimal {
  return adjusted.eq(raw) ? ONE : adjusted.div(raw);
}

/** On a thin feed the session of the split may have no bar; the ledger then has the better date. */
function sessionOf(after: string, upTo: string, ratio: SplitRatio, recorded: SplitEvidence["recorded"]): string {
  const known = [...recorded].find(
    ([session, other]) => session > after && session <= upTo && other.div(ratio).minus(ONE).abs().lte(RATIO_NOISE),
  );
  return known?.[0] ?? upTo;
}

/** The simplest fraction that every one of these sessions allows, given that adjusted closes are rounded to the cent at worst. */
function exactRatio(closes: readonly SessionClose[], factorAfter: Decimal): SplitRatio {
  const bound = (close: SessionClose, by: Decimal): Decimal => close.adjusted.plus(by).div(close.raw).div(factorAfter);
  const [first, ...rest] = closes;
  if (first === undefined) return ONE;
  const from = max(bound(first, HALF_CENT.neg()), ...rest.map((close) => bound(close, HALF_CENT.neg())));
  const to = min(bound(first, HALF_CENT), ...rest.map((close) => bound(close, HALF_CENT)));
  const mean = sum(closes.map((close) => bound(close, ZERO))).div(decimal(String(closes.length)));
  return from.gt(to) || from.lte(ZERO) ? mean : simplestFraction(from, to);
}

/** The fraction with the smallest denominator in [from, to]; both above zero. */
function simplestFraction(from: Decimal, to: Decimal): Decimal {
  const whole = truncate(from, 0);
  if (whole.eq(from)) return whole;
  if (whole.plus(ONE).lte(to)) return whole.plus(ONE);
  return whole.plus(ONE.div(simplestFraction(ONE.div(to.minus(whole)), ONE.div(from.minus(whole)))));
}

function recently(found: readonly FoundSplit[], closes: readonly SessionClose[]): FoundSplit[] {
  const oldest = closes.at(-BOOKED_AFTER_SESSIONS)?.session ?? "";
  return found.filter(({ session }) => session >= oldest);
}

/** Which of the splits the quantity includes; `undefined`: all of them. */
function judgeBooking(
  splits: readonly FoundSplit[],
  held: Decimal,
  known: ExpectedPosition | undefined,
  closes: readonly SessionClose[],
): SplitDoubt | undefined {
  const last = splits.at(-1);
  if (last === undefined) return undefined;
  if (held.eq(ZERO)) return judgeVanished(last, known, afterAll(known?.quantity ?? ZERO, splits), closes);
  if (known === undefined) return suspected(`it was split on ${last.session}, and the number of shares held before is unknown`);
  const pending = splits.findIndex((_, index) => held.eq(afterAll(known.quantity, splits.slice(0, index))));
  const first = splits[pending];
  const booked = afterAll(known.quantity, splits);
  if (first === undefined && isSameQuantity(held, booked)) return undefined;
  if (first === undefined)
    return suspected(
      `it was split on ${last.session}, and ${formatQuantity(held)} shares are neither the ${formatQuantity(known.quantity)} from before nor the ${formatQuantity(booked)} from after it`,
    );
  const ratio = splits.slice(pending).reduce((product, split) => product.times(split.ratio), ONE);
  return { kind: "split-unbooked", ratio, session: first.session, quantity: held };
}

/** While a reverse split is being booked, the old shares may be gone before the new ones arrive. */
function judgeVanished(
  last: FoundSplit,
  known: ExpectedPosition | undefined,
  booked: Decimal,
  closes: readonly SessionClose[],
): SuspectedSplit | undefined {
  if (known === undefined || booked.lt(ONE) || recently([last], closes).length === 0) return undefined;
  return suspected(`it was split on ${last.session}, and the broker lists no shares of it`);
}

/** Whether a quantity is the expected one; a fraction of a share may have been paid in cash. */
export function isSameQuantity(held: Decimal, expected: Decimal): boolean {
  const whole = truncate(expected, 0);
  return held.minus(expected).abs().lte(expected.times(QUANTITY_NOISE)) || held.eq(whole) || (whole.gt(ZERO) && held.eq(whole.plus(ONE)));
}

/** The bars show no split since the quantity was known. That is proof only if nothing else looks like a split. */
function judgeAgreement(evidence: SplitEvidence, closes: readonly SessionClose[], found: readonly FoundSplit[]): Unproven | undefined {
  const explained = new Map([...evidence.recorded, ...found.map(({ session, ratio }) => [session, ratio] as const)]);
  const last = closes.at(-1);
  const ofToday = new Map([[evidence.today, ratioBetween(last?.session ?? "", evidence.today, explained)]]);
  const odd = oddity({ ...evidence, previousClose: evidence.previousClose ?? last?.raw, recorded: ofToday });
  if (odd?.todayOnly === false) return { kind: "unproven", ...odd };
  const from = evidence.known?.session ?? closes.at(-BOOKED_AFTER_SESSIONS)?.session ?? "";
  const jump = closes.findIndex((close, index) => {
    const before = closes[index - 1];
    if (before === undefined || close.session <= from) return false;
    return !isOrdinary(close.raw, before.raw.times(ratioBetween(before.session, close.session, explained)));
  });
  if (jump > 0)
    return {
      kind: "unproven",
      reason: `its close went from ${closes[jump - 1]?.raw.toFixed() ?? "?"} to ${closes[jump]?.raw.toFixed() ?? "?"} on ${closes[jump]?.session ?? "?"}`,
      todayOnly: false,
    };
  return odd && { kind: "unproven", ...odd };
}

/** Combined price ratio of the splits after one session, up to another. */
function ratioBetween(after: string, upTo: string, splits: ReadonlyMap<string, SplitRatio>): SplitRatio {
  return [...splits].reduce((product, [session, ratio]) => (session > after && session <= upTo ? product.times(ratio) : product), ONE);
}

/** Whether the prints lead from one price to the other in ordinary steps; a split would jump. */
export function leadThere(prints: readonly Decimal[], from: Decimal, to: Decimal): boolean {
  const [low, high] = [min(from, to), max(from, to)];
  const way = [low, ...prints.filter((price) => price.gt(low) && price.lt(high)), high].sort((one, two) => one.cmp(two));
  return way.every((price, index) => index === 0 || price.lte((way[index - 1] ?? price).times(LARGEST_STEP)));
}

export function suspected(reason: string): SuspectedSplit {
  return { kind: "split-suspected", reason };
}

/** A value or quantity after the split is booked. */
export function afterSplit(amount: Decimal, split: SplitDoubt | undefined): Decimal {
  return split?.kind === "split-unbooked" ? amount.div(split.ratio) : amount;
}

/** Message about a split that is not booked. */
export function splitText({ ratio, session, quantity }: Omit<UnbookedSplit, "kind">): string {
  const after = formatQuantity(quantity.div(ratio));
  return `its price changed by the split of ${session}, and the broker still lists the ${formatQuantity(quantity)} shares from before it, which become ${after}`;
}
