export interface SeenOrder {
  readonly symbol: string;
  readonly side: string;
  readonly status: string;
}

const HEADERS = { "APCA-API-KEY-ID": "PKDEPLOY", "APCA-API-SECRET-KEY": "deploy-secret" };

/** Looks at an Alpaca-shaped venue from outside. */
export class VenueProbe {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async answers(): Promise<true | undefined> {
    return fetch(`${this.#url}/v2/clock`, { headers: HEADERS }).then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined,
    );
  }

  /** Oldest first. */
  async orders(): Promise<SeenOrder[]> {
    const answer = await fetch(`${this.#url}/v2/orders?status=all&limit=500&direction=asc`, { headers: HEADERS });
    return (await answer.json()) as SeenOrder[];
  }

  /** Whether there are exactly so many orders, all of them filled. */
  async filled(count: number): Promise<true | undefined> {
    const orders = await this.orders();
    return orders.length === count && orders.every(({ status }) => status === "filled") ? true : undefined;
  }
}
