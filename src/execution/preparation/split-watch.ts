import type { Broker, Position } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { SplitRecord } from "../../domain/ledger/splits.ts";
import { marketDate } from "../../domain/market-day.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimalFromNumber, ONE, ZERO } from "../../domain/decimal.ts";
import { checkPrice, type PriceObservations } from "../../portfolio/price.ts";
import type { ExpectedPosition, SessionClose, SplitDoubt, SplitEvidence, SplitFinding, Unproven } from "../../portfolio/split.ts";
import { isOrdinary, isSameQuantity, judgeSplit, leadThere, oddity, pairCloses, suspected } from "../../portfolio/split.ts";
import { observationsOf } from "./plan-input.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { expectedAfter } from "./settle.ts";

/** At least fourteen sessions, so that a symbol whose quantity was never known is checked over ten of them. */
const LEAST_DAYS_BACK = 21;
/** A session may have no bar on a thin feed; the previous one is as good. */
const SPARE_DAYS = 7;
/** A position that disappeared while its split was booked is not expected back after ten sessions. */
const GONE_AFTER_DAYS = 14;
/** Minimum time before a suspected split is checked again. */
const ASK_AGAIN_MS = 3_000;
const DAY_MS = 86_400_000;
/** Prints of this session, not the previous one. */
const LONGEST_SESSION_MS = 7 * 3_600_000;
/** Prices this much older than the newest are from another time. */
const SAME_MOMENT_MS = 3_600_000;
const US_EQUITY = "us_equity";

export interface SplitWatchParts {
  readonly broker: Pick<Broker, "dailyBars" | "prints" | "announcedSplits">;
  readonly ledger: Pick<
    Ledger,
    "lastFilledIntent" | "intentsOf" | "lastSessionQuantity" | "recordSessionQuantity" | "splitsOf" | "recordSplit" | "transaction"
  >;
  readonly clock: Clock;
  readonly protectedSymbols: ReadonlySet<string>;
}

export interface SplitQuestion {
  /** Symbols to trade, held or not. */
  readonly wanted: readonly string[];
  /** Whether to record the findings; a dry run records nothing. */
  readonly record: boolean;
}

/** The part of a snapshot that is relevant for splits. */
export type SplitReading = Pick<AccountSnapshot, "market" | "positions" | "prices" | "at">;

/** Finding for a symbol in this session, so that it is not requested again. */
interface Proof {
  readonly session: string;
  readonly isOpen: boolean;
  readonly latest: Decimal | undefined;
}

interface Suspicion {
  readonly doubt: SplitDoubt;
  /** Monotonic. */
  readonly at: number;
}

/** What a watch has found in this session, for another one that goes on in its place. */
export interface KnownSplits {
  readonly proofs: ReadonlyMap<string, Proof>;
  readonly suspicions: ReadonlyMap<string, Suspicion>;
}

/** One symbol being checked. */
interface Case {
  readonly symbol: string;
  readonly evidence: SplitEvidence;
}

/**
 * Finds splits that the broker has not booked yet (R10). Every position is checked once per session, and again
 * whenever a price or quantity looks odd: two requests for all of them together. A split stays in the ledger
 * until the quantity has changed by its ratio.
 */
export class SplitWatch {
  readonly #parts: SplitWatchParts;
  readonly #proofs = new Map<string, Proof>();
  readonly #suspicions = new Map<string, Suspicion>();

  constructor(parts: SplitWatchParts) {
    this.#parts = parts;
  }

  get carried(): KnownSplits {
    return { proofs: new Map(this.#proofs), suspicions: new Map(this.#suspicions) };
  }

  carryOn({ proofs, suspicions }: KnownSplits): void {
    for (const [symbol, proof] of proofs) this.#proofs.set(symbol, proof);
    for (const [symbol, suspicion] of suspicions) this.#suspicions.set(symbol, suspicion);
  }

  /** Every symbol, held or targeted, that must be left alone. Never throws on a failed read: that counts against the symbol. */
  async doubts(reading: SplitReading, { wanted, record }: SplitQuestion): Promise<ReadonlyMap<string, SplitDoubt>> {
    const doubts = new Map<string, SplitDoubt>();
    const open: Case[] = [];
    for (const each of this.#cases(reading, { wanted, record })) {
      const doubt = this.#pending(each) ?? this.#stillSuspected(each);
      if (doubt !== undefined) doubts.set(each.symbol, doubt);
      else if (this.#mustAsk(each, reading)) open.push(each);
    }
    if (open.length === 0) return doubts;
    const findings = await this.#findings(open, reading.market.clock.timestamp);
    this.#parts.ledger.transaction(() => {
      for (const each of open) {
        const doubt = this.#conclude(each, findings.get(each.symbol) ?? suspected("nothing is known about it"), { reading, record });
        if (doubt !== undefined) doubts.set(each.symbol, doubt);
      }
    }, "ordered");
    return doubts;
  }

  // --- what is known -------------------------------------------------------------------------

  #cases(reading: SplitReading, { wanted, record }: SplitQuestion): Case[] {
    const today = marketDate(reading.market.clock.timestamp);
    const observations = observationsOf(reading);
    const held = new Map(
      reading.positions.filter((position) => position.assetClass === US_EQUITY).map((position) => [position.symbol, position]),
    );
    const symbols = new Set([...held.keys(), ...wanted]);
    return [...symbols]
      .filter((symbol) => !this.#parts.protectedSymbols.has(symbol))
      .sort()
      .map((symbol) => {
        if (record) this.#follow(symbol, held.get(symbol)?.quantity ?? ZERO, today);
        return { symbol, evidence: this.#evidence(symbol, today, held.get(symbol), observations.get(symbol)) };
      });
  }

  #evidence(symbol: string, today: string, position: Position | undefined, seen: PriceObservations | undefined): SplitEvidence {
    const newest = seen === undefined ? 0 : Math.max(...stampsOf(seen));
    const checked = seen === undefined ? undefined : checkPrice(seen, { now: newest, sessionStart: newest - SAME_MOMENT_MS });
    // On a thin feed the last trade may be from before the split.
    const trade = seen?.trade !== undefined && seen.trade.at >= newest - SAME_MOMENT_MS ? seen.trade.price : undefined;
    const latest = [checked === undefined || "doubt" in checked ? undefined : checked.price, trade, position?.currentPrice];
    return {
      today,
      held: position?.quantity ?? ZERO,
      known: this.#known(symbol),
      previousClose: seen?.previousClose?.price ?? position?.lastdayPrice,
      latest: latest.flatMap((price) => (price?.gt(ZERO) === true ? [price] : [])),
      recorded: new Map(this.#parts.ledger.splitsOf(symbol).map(({ session, ratio }) => [session, ratio])),
    };
  }

  /** The newer one of what was seen in a session and what our last fill left. */
  #known(symbol: string): ExpectedPosition | undefined {
    const { ledger } = this.#parts;
    const seen = ledger.lastSessionQuantity(symbol);
    const fill = ledger.lastFilledIntent(symbol);
    if (fill === undefined) return seen;
    // In limit style one trade may take several orders, all planned on the shares from before the first.
    const orders = ledger.intentsOf(fill.executionId).filter((intent) => intent.symbol === symbol);
    const quantity = expectedAfter(orders, undefined).quantities.get(symbol) ?? ZERO;
    const filled = { session: marketDate(lastFillOf(fill)), quantity, isFilled: true };
    if (seen === undefined || seen.at < fill.updatedAt) return filled;
    // Seen since then in the same session, and unchanged: it is still what the fill left.
    return seen.session === filled.session && isSameQuantity(seen.quantity, quantity) ? filled : seen;
  }

  /** Records the progress of a known split. */
  #follow(symbol: string, held: Decimal, today: string): void {
    const { ledger, clock } = this.#parts;
    const split = this.#unbooked(symbol);
    if (split === undefined || held.eq(split.quantity)) return;
    const at = clock.now();
    if (isOver(split, held, today))
      ledger.transaction(() => {
        ledger.recordSplit({ ...split, bookedAt: at });
        ledger.recordSessionQuantity({ symbol, session: today, quantity: held, at });
      });
    // It was traded by hand: the current quantity will be booked.
    else if (held.gt(ZERO)) ledger.recordSplit({ ...split, quantity: held });
  }

  /** A split that was found before, and that the quantity does not contain yet. */
  #pending({ symbol, evidence: { held, today } }: Case): SplitDoubt | undefined {
    const split = this.#unbooked(symbol);
    if (split === undefined || isOver(split, held, today)) return undefined;
    return { kind: "split-unbooked", ratio: split.ratio, session: split.session, quantity: held.gt(ZERO) ? held : split.quantity };
  }

  #unbooked(symbol: string): SplitRecord | undefined {
    return this.#parts.ledger.splitsOf(symbol).find(({ bookedAt }) => bookedAt === undefined);
  }

  #stillSuspected({ symbol }: Case): SplitDoubt | undefined {
    const suspicion = this.#suspicions.get(symbol);
    if (suspicion === undefined || this.#parts.clock.monotonic() - suspicion.at >= ASK_AGAIN_MS) return undefined;
    return suspicion.doubt;
  }

  #mustAsk({ symbol, evidence }: Case, reading: SplitReading): boolean {
    const { today, held, known, latest } = evidence;
    const proof = this.#proofs.get(symbol);
    const isOdd = oddity(evidence) !== undefined;
    const [price] = latest;
    if (proof?.session === today && proof.isOpen === reading.market.clock.isOpen) {
      const isNew = price !== undefined && proof.latest !== undefined && !isOrdinary(price, proof.latest);
      return isNew || oddity({ ...evidence, latest: [] }) !== undefined;
    }
    if (isOdd) return true;
    const wasHeld = held.gt(ZERO) || known?.quantity.gt(ZERO) === true;
    return wasHeld && known?.session !== today;
  }

  // --- what is asked -------------------------------------------------------------------------

  /** @param now by the venue's clock. */
  async #findings(cases: readonly Case[], now: number): Promise<Map<string, SplitFinding>> {
    const closes = await this.#closes(cases);
    const findings = new Map(cases.map(({ symbol, evidence }) => [symbol, judgeSplit(evidence, closes.get(symbol))]));
    const unproven = cases.filter(({ symbol }) => findings.get(symbol)?.kind === "unproven");
    if (unproven.length === 0) return findings;
    const announced = await this.#announced(unproven);
    for (const each of unproven) {
      const finding = findings.get(each.symbol);
      if (finding?.kind === "unproven") findings.set(each.symbol, await this.#secondWitness(each, finding, { announced, now }));
    }
    return findings;
  }

  async #closes(cases: readonly Case[]): Promise<Map<string, SessionClose[]>> {
    const { start, today } = daysOf(cases);
    const symbols = cases.map(({ symbol }) => symbol);
    const together = await this.#barsOf(symbols, start, today);
    // One symbol refused by the venue makes the request fail for all.
    if (together !== "refused") return together;
    if (symbols.length === 1) return new Map();
    const one = await Promise.all(symbols.map((symbol) => this.#barsOf([symbol], start, today)));
    // Refused by name while another one is answered: there are none. Refused like all others: unknown.
    const isAnswered = one.some((found) => found !== "refused" && found.size > 0);
    return new Map(
      symbols.flatMap((symbol, at) => {
        const found = one[at] ?? "refused";
        const none: [string, SessionClose[]] = [symbol, []];
        if (found === "refused") return isAnswered ? [none] : [];
        return [...found];
      }),
    );
  }

  async #barsOf(symbols: readonly string[], start: string, today: string): Promise<Map<string, SessionClose[]> | "refused"> {
    const { broker } = this.#parts;
    try {
      const [raw, adjusted] = await Promise.all([
        broker.dailyBars(symbols, start, today, "raw"),
        broker.dailyBars(symbols, start, today, "split"),
      ]);
      return new Map(symbols.map((symbol) => [symbol, pairCloses(closesIn(raw, symbol), closesIn(adjusted, symbol), today)]));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return error.failure === "refused" ? "refused" : new Map<string, SessionClose[]>();
    }
  }

  /** Symbols with a split missing in the ledger; `undefined` when unknown. */
  async #announced(cases: readonly Case[]): Promise<ReadonlySet<string> | undefined> {
    const symbols = cases.map(({ symbol }) => symbol);
    const { today, start } = daysOf(cases);
    try {
      const splits = await this.#parts.broker.announcedSplits(symbols, start, today);
      const isNews = (symbol: string, session: string): boolean => {
        const evidence = cases.find((each) => each.symbol === symbol)?.evidence;
        if (evidence?.recorded.has(session) === true) return false;
        return session === today || session > (evidence?.known?.session ?? "");
      };
      return new Set(splits.filter(({ symbol, session }) => isNews(symbol, session)).map(({ symbol }) => symbol));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return undefined;
    }
  }

  /** The daily bars agree: does anything else prove that there was no split? */
  async #secondWitness(
    { symbol, evidence }: Case,
    { reason, todayOnly }: Unproven,
    { announced, now }: { readonly announced: ReadonlySet<string> | undefined; readonly now: number },
  ): Promise<SplitFinding> {
    if (announced?.has(symbol) === true) return suspected(`${reason}; a split was announced that its daily bars do not show`);
    if (announced !== undefined || (todayOnly && (await this.#printsLeadThere(symbol, evidence, now)))) return { kind: "none", booked: [] };
    return suspected(`${reason}; its daily bars show no split, and nothing else proves that there was none`);
  }

  async #printsLeadThere(symbol: string, { previousClose, latest, today, recorded }: SplitEvidence, now: number): Promise<boolean> {
    const [price] = latest;
    const before = previousClose?.times(recorded.get(today) ?? ONE);
    if (price === undefined || before === undefined) return false;
    try {
      return leadThere(await this.#parts.broker.prints(symbol, now - LONGEST_SESSION_MS, now), before, price);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return false;
    }
  }

  // --- what is concluded ---------------------------------------------------------------------

  #conclude(
    { symbol, evidence }: Case,
    finding: SplitFinding,
    { reading, record }: { readonly reading: SplitReading; readonly record: boolean },
  ): SplitDoubt | undefined {
    const { ledger, clock } = this.#parts;
    const { today, held } = evidence;
    const now = clock.now();
    this.#suspicions.delete(symbol);
    switch (finding.kind) {
      case "unproven":
        return suspected(finding.reason);
      case "split-suspected":
        this.#suspicions.set(symbol, { doubt: finding, at: clock.monotonic() });
        return finding;
      case "split-unbooked":
        if (record) ledger.recordSplit({ symbol, ...finding, foundAt: now, bookedAt: undefined });
        return finding;
      case "none": {
        const isOpen = reading.market.clock.isOpen;
        this.#proofs.set(symbol, { session: today, isOpen, latest: evidence.latest[0] });
        // Before the open a quantity may still be that of the session before.
        if (!record || !isOpen) return undefined;
        for (const { session, ratio } of finding.booked) {
          const before = evidence.known?.quantity ?? ZERO;
          ledger.recordSplit({ symbol, session, ratio, quantity: before, foundAt: now, bookedAt: now });
        }
        // As of the reading: what an order of ours has filled since is newer.
        ledger.recordSessionQuantity({ symbol, session: today, quantity: held, at: Math.min(now, reading.at) });
        return undefined;
      }
    }
  }
}

/** Of an order that was cut short only its end is stamped, which may be on a later day than its fills: they count as of its sending. */
function lastFillOf({ status, filledAt, postedAt, recordedAt }: IntentRecord): number {
  return (status === "filled" ? filledAt : undefined) ?? postedAt ?? recordedAt;
}

/** Whether the quantity contains the split, or the position is gone for good. */
function isOver(split: SplitRecord, held: Decimal, today: string): boolean {
  if (held.eq(ZERO)) return Date.parse(today) - Date.parse(split.session) > GONE_AFTER_DAYS * DAY_MS;
  return !held.eq(split.quantity) && isSameQuantity(held, split.quantity.div(split.ratio));
}

/** From before the oldest session in which the quantity of one of them was known, at least ten sessions. */
function daysOf(cases: readonly Case[]): { readonly start: string; readonly today: string } {
  const today = cases[0]?.evidence.today ?? "";
  const known = cases.map(({ evidence }) => Date.parse(evidence.known?.session ?? today));
  const start = Math.min(...known, Date.parse(today) - LEAST_DAYS_BACK * DAY_MS) - SPARE_DAYS * DAY_MS;
  return { start: new Date(start).toISOString().slice(0, 10), today };
}

function closesIn(bars: Awaited<ReturnType<Broker["dailyBars"]>>, symbol: string): Map<string, Decimal> {
  return new Map((bars.get(symbol) ?? []).map(({ session, close }) => [session, decimalFromNumber(close)]));
}

function stampsOf({ trade, quote, minuteBar, position }: PriceObservations): number[] {
  return [0, ...[trade, quote, minuteBar, position].flatMap((seen) => (seen === undefined ? [] : [seen.at]))];
}
