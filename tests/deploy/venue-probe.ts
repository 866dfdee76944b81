export interface SeenOrder {
  readonly symbol: string;
  readonly side: string;
  readonly status: string;
}

interface VenueState {
  readonly state: { readonly orders: { readonly $map: readonly (readonly [string, SeenOrder])[] } };
}

/** Looks at the simulator by its back door: what goes through the front is counted against the account's requests of the minute. */
export class VenueProbe {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/simulator/state`;
  }

  async answers(): Promise<true | undefined> {
    return fetch(this.#url).then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined,
    );
  }

  /** Oldest first. */
  async orders(): Promise<SeenOrder[]> {
    const { state } = (await (await fetch(this.#url)).json()) as VenueState;
    return state.orders.$map.map(([, order]) => order);
  }

  /** Whether there are exactly so many orders, all of them filled. */
  async filled(count: number): Promise<true | undefined> {
    const orders = await this.orders();
    return orders.length === count && orders.every(({ status }) => status === "filled") ? true : undefined;
  }
}
