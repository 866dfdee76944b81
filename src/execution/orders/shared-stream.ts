import type { Broker, OrderStream, OrderStreamListener, StreamState } from "../../domain/broker.ts";

/**
 * One trade-updates stream for the life of the process, however many follow it. Alpaca allows one connection per
 * key and answers quick reconnects with 429, and an open stream does not miss the first fills of an execution.
 */
export class SharedOrderStream {
  readonly #broker: Broker;
  readonly #followers = new Set<OrderStreamListener>();
  #stream: OrderStream | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** `undefined` before it is opened. */
  get state(): StreamState | undefined {
    return this.#stream?.state;
  }

  /** Connects if not connected. Stays connected until the broker is closed. */
  open(): void {
    if (this.#stream !== undefined) return;
    this.#stream = this.#broker.watchOrders({
      onUpdate: (update) => {
        for (const follower of this.#followers) follower.onUpdate(update);
      },
      onState: (state, detail) => {
        for (const follower of this.#followers) follower.onState(state, detail);
      },
      onProblem: (detail) => {
        for (const follower of this.#followers) follower.onProblem?.(detail);
      },
    });
  }

  /** @returns a function that stops following; the stream stays open. */
  follow(listener: OrderStreamListener): () => void {
    this.#followers.add(listener);
    this.open();
    return () => this.#followers.delete(listener);
  }
}
