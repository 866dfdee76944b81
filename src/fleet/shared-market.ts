import type { Asset, Broker, MarketClock, Session } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";

/** An answer that took longer is not shared: of the venue's clock nobody knows when it was true, and others need not wait. */
const SHAREABLE_WITHIN_MS = 500;
const CLOCK_MAX_AGE_MS = 1_000;
/** Long enough for all accounts that trade one run; each account keeps an asset for itself longer than that. */
const LIST_MAX_AGE_MS = 30_000;

/**
 * What is the same for every account at a venue: its clock, its calendar, its assets. The first account that asks reads it, and
 * the others take its answer while it is new. A read that fails or is slow is that account's alone: the others then read
 * for themselves, so that no account waits for another's keys or connection.
 */
export class SharedMarket {
  readonly #clock: Clock;
  readonly #venues = new Map<string, VenueFacts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The broker, with what is the same for all accounts at `tradingUrl` read once for all of them. */
  of(broker: Broker, tradingUrl: string): Broker {
    const known = this.#venues.get(tradingUrl);
    const venue = known ?? new VenueFacts(this.#clock);
    if (known === undefined) this.#venues.set(tradingUrl, venue);
    return withMethods(broker, {
      marketClock: () => venue.marketClock(broker),
      calendar: (start, end) => venue.calendar(broker, start, end),
      asset: (symbol) => venue.asset(broker, symbol),
    });
  }
}

class VenueFacts {
  readonly #clock: Clock;
  readonly #marketClock: SharedAnswer<MarketClock>;
  readonly #calendars = new Map<string, SharedAnswer<Session[]>>();
  readonly #assets = new Map<string, SharedAnswer<Asset | undefined>>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#marketClock = new SharedAnswer(clock, CLOCK_MAX_AGE_MS, (market, ageMs) => nextChange(market) > market.timestamp + ageMs);
  }

  async marketClock(broker: Broker): Promise<MarketClock> {
    const { answer, at } = await this.#marketClock.get(() => broker.marketClock());
    return { ...answer, timestamp: answer.timestamp + (this.#clock.monotonic() - at) };
  }

  async calendar(broker: Broker, start: string, end: string): Promise<Session[]> {
    const shared = oneOf(this.#calendars, `${start} ${end}`, () => new SharedAnswer<Session[]>(this.#clock, LIST_MAX_AGE_MS, () => true));
    return (await shared.get(() => broker.calendar(start, end))).answer;
  }

  /** Only what is plainly well is shared; of anything else each account hears from the venue itself. */
  async asset(broker: Broker, symbol: string): Promise<Asset | undefined> {
    const isSound = (asset: Asset | undefined): boolean => asset?.active === true && asset.tradable && asset.fractionableUnread !== true;
    const shared = oneOf(this.#assets, symbol, () => new SharedAnswer<Asset | undefined>(this.#clock, LIST_MAX_AGE_MS, isSound));
    return (await shared.get(() => broker.asset(symbol))).answer;
  }
}

interface Answered<Answer> {
  readonly answer: Answer;
  /** When it arrived, monotonic. */
  readonly at: number;
}

/** One question, with the same answer for every account. */
class SharedAnswer<Answer> {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #holds: (answer: Answer, ageMs: number) => boolean;
  #last: Answered<Answer> | undefined;
  #reading: Promise<void> | undefined;

  /** @param holds whether the answer may still be given to others, so long after it arrived. */
  constructor(clock: Clock, maxAgeMs: number, holds: (answer: Answer, ageMs: number) => boolean) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#holds = holds;
  }

  async get(read: () => Promise<Answer>): Promise<Answered<Answer>> {
    const shared = this.#shareable() ?? (this.#reading === undefined ? undefined : await this.#fromOther(this.#reading));
    if (shared !== undefined) return shared;
    const answered = this.#answered(read);
    const reading: Promise<void> = answered.then(ignore, ignore).then(() => this.#forget(reading));
    this.#reading ??= reading;
    return answered;
  }

  async #answered(read: () => Promise<Answer>): Promise<Answered<Answer>> {
    const askedAt = this.#clock.monotonic();
    const answer = await read();
    const answered = { answer, at: this.#clock.monotonic() };
    if (answered.at - askedAt <= SHAREABLE_WITHIN_MS) this.#last = answered;
    return answered;
  }

  /** What another account is reading, if it arrives soon; if not, somebody else reads. */
  async #fromOther(reading: Promise<void>): Promise<Answered<Answer> | undefined> {
    const arrived = new AbortController();
    await Promise.race([reading.then(() => arrived.abort()), this.#clock.sleep(SHAREABLE_WITHIN_MS, arrived.signal)]);
    this.#forget(reading);
    return this.#shareable();
  }

  #forget(reading: Promise<void>): void {
    if (this.#reading === reading) this.#reading = undefined;
  }

  #shareable(): Answered<Answer> | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const ageMs = this.#clock.monotonic() - last.at;
    return ageMs < this.#maxAgeMs && this.#holds(last.answer, ageMs) ? last : undefined;
  }
}

function ignore(): void {
  // The result goes to the account that asked.
}

/** When the session ends or the next one begins, as the answer says, by the venue's clock. */
function nextChange({ isOpen, nextClose, nextOpen }: MarketClock): number {
  return isOpen ? nextClose : nextOpen;
}

function oneOf<Thing>(known: Map<string, Thing>, key: string, make: () => Thing): Thing {
  const before = known.get(key);
  if (before !== undefined) return before;
  const thing = make();
  known.set(key, thing);
  return thing;
}

function withMethods(broker: Broker, own: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get: (target, name) => {
      const replaced: unknown = Reflect.get(own, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
