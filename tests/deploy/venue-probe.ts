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
  readonly #headers: Readonly<Record<string, string>>;

  /** @param keyId whose account, where each key has one of its own. */
  constructor(url: string, keyId?: string) {
    this.#url = `${url}/simulator/state`;
    this.#headers = { connection: "close", ...(keyId === undefined ? {} : { "apca-api-key-id": keyId }) };
  }

  async answers(): Promise<true | undefined> {
    return this.#state().then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined,
    );
  }

  /** Oldest first. */
  async orders(): Promise<SeenOrder[]> {
    const { state } = (await (await this.#state()).json()) as VenueState;
    return state.orders.$map.map(([, order]) => order);
  }

  /** Whether there are exactly so many orders, all of them filled. */
  async filled(count: number): Promise<true | undefined> {
    const orders = await this.orders();
    return orders.length === count && orders.every(({ status }) => status === "filled") ? true : undefined;
  }

  /** The venue closes an idle connection while a command in the machine blocks us, and we would ask on the closed one. */
  #state(): Promise<Response> {
    return fetch(this.#url, { headers: this.#headers });
  }
}
