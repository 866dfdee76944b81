import type { Asset, Broker, Session } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { ageOf, type ClockReading, readClocks } from "../execution/preparation/account-snapshot.ts";

/** An answer that takes longer is not waited for by others. */
const SHAREABLE_WITHIN_MS = 500;
/** Long enough for all accounts that trade one run; each account keeps an asset for itself longer than that. */
const MAX_AGE_MS = 30_000;

/**
 * What is the same for every account at a venue and need not be brand new: its calendar and its assets. The first account
 * that asks reads it, and the others take its answer while it is new. A read that fails or is slow is that account's alone:
 * the others then read for themselves, so that no account waits for another's keys or connection.
 *
 * The venue's clock is not shared: it must be read right now (R14), and reading it shows each account that its keys are still valid.
 */
export class SharedMarket {
  readonly #clock: Clock;
  readonly #venues = new Map<string, VenueFacts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The broker, with what is the same for all accounts at `tradingUrl` read once for all of them. */
  of(broker: Broker, tradingUrl: string): Broker {
    const venue = oneOf(this.#venues, tradingUrl, () => new VenueFacts(this.#clock));
    return withMethods(broker, {
      calendar: (start, end) => venue.calendar(broker, start, end),
      asset: (symbol) => venue.asset(broker, symbol),
      submit: async (request) => {
        const answer = await broker.submit(request);
        // The order gate may have contradicted what is known of the asset.
        if (answer.kind === "refused") venue.forget(request.symbol);
        return answer;
      },
    });
  }
}

class VenueFacts {
  readonly #clock: Clock;
  readonly #calendars = new Map<string, SharedAnswer<Session[]>>();
  readonly #assets = new Map<string, SharedAnswer<Asset | undefined>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  calendar(broker: Broker, start: string, end: string): Promise<Session[]> {
    const shared = oneOf(this.#calendars, `${start} ${end}`, () => new SharedAnswer<Session[]>(this.#clock, () => true));
    return shared.get(() => broker.calendar(start, end));
  }

  /** Only what is plainly well is shared; of anything else each account hears from the venue itself. */
  asset(broker: Broker, symbol: string): Promise<Asset | undefined> {
    const isSound = (asset: Asset | undefined): boolean => asset?.active === true && asset.tradable && asset.fractionableUnread !== true;
    const shared = oneOf(this.#assets, symbol, () => new SharedAnswer<Asset | undefined>(this.#clock, isSound));
    return shared.get(() => broker.asset(symbol));
  }

  forget(symbol: string): void {
    this.#assets.delete(symbol);
  }
}

interface Answered<Answer> {
  readonly answer: Answer;
  readonly at: ClockReading;
}

/** One question, with the same answer for every account. */
class SharedAnswer<Answer> {
  readonly #clock: Clock;
  readonly #isShared: (answer: Answer) => boolean;
  #last: Answered<Answer> | undefined;
  #reading: Promise<void> | undefined;

  constructor(clock: Clock, isShared: (answer: Answer) => boolean) {
    this.#clock = clock;
    this.#isShared = isShared;
  }

  async get(read: () => Promise<Answer>): Promise<Answer> {
    const shared = this.#shareable() ?? (this.#reading === undefined ? undefined : await this.#fromOther(this.#reading));
    if (shared !== undefined) return shared.answer;
    const answered = this.#answered(read);
    const reading: Promise<void> = answered.then(ignore, ignore).then(() => this.#forget(reading));
    this.#reading ??= reading;
    return answered;
  }

  async #answered(read: () => Promise<Answer>): Promise<Answer> {
    // As old as the request: the machine may sleep while the answer is on its way.
    const at = readClocks(this.#clock);
    const answer = await read();
    this.#last = { answer, at };
    return answer;
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
    return last !== undefined && ageOf(last.at, this.#clock) < MAX_AGE_MS && this.#isShared(last.answer) ? last : undefined;
  }
}

function ignore(): void {
  // The result goes to the account that asked.
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
