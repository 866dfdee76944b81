import type { Asset, Broker, Session } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { SharedAnswer } from "./shared-answer.ts";
import { SharedPrices } from "./shared-prices.ts";

/**
 * What is the same for every account at a venue and need not be brand new: its calendar and its assets. The first account
 * that asks reads it, and the others take its answer while it is new. A read that fails or is slow is that account's alone:
 * the others then read for themselves, so that no account waits for another's keys or connection. Prices are shared only if
 * an account is named whose market data all may use.
 *
 * The venue's clock is not shared: it must be read right now (R14), and reading it shows each account that its keys are still valid.
 */
export class SharedMarket {
  readonly #clock: Clock;
  readonly #venues = new Map<string, VenueFacts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The broker, with what is the same for all accounts at `tradingUrl` read once for all of them.
   * @param readsPrices this account's market data is for all (FLEET_MARKET_KEY).
   */
  of(broker: Broker, tradingUrl: string, readsPrices = false): Broker {
    const venue = oneOf(this.#venues, tradingUrl, () => new VenueFacts(this.#clock));
    if (readsPrices) venue.prices.readWith(broker);
    return withMethods(broker, {
      calendar: (start, end) => venue.calendar(broker, start, end),
      asset: (symbol) => venue.asset(broker, symbol),
      prices: (symbols) => venue.prices.of(broker, symbols),
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
  readonly prices: SharedPrices;
  readonly #clock: Clock;
  readonly #calendars = new Map<string, SharedAnswer<Session[]>>();
  readonly #assets = new Map<string, SharedAnswer<Asset | undefined>>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.prices = new SharedPrices(clock);
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

function oneOf<Thing>(known: Map<string, Thing>, key: string, make: () => Thing): Thing {
  const before = known.get(key);
  if (before !== undefined) return before;
  const thing = make();
  known.set(key, thing);
  return thing;
}

/** The same broker but for these methods. */
export function withMethods(broker: Broker, own: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get: (target, name) => {
      const replaced: unknown = Reflect.get(own, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
