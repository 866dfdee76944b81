import type { Broker } from "../domain/broker.ts";
import type { BrokerAccess } from "./broker-view.ts";

export interface OpenedBroker {
  readonly broker: Broker;
  close(): Promise<void>;
}

export interface OnDemandBrokerOptions {
  readonly name: string;
  readonly open: () => Promise<OpenedBroker>;
  /** Keep it open until the end; otherwise it is closed whenever nobody reads. */
  readonly stay: boolean;
}

/** A broker opened on demand and shared by simultaneous readers. */
export class OnDemandBroker implements BrokerAccess {
  readonly name: string;
  readonly #options: OnDemandBrokerOptions;
  #opening: Promise<OpenedBroker> | undefined;
  #readers = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: OnDemandBrokerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async read<Answer>(ask: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    this.#readers += 1;
    try {
      const { broker } = await this.#opened();
      return await ask(broker);
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0 && !this.#options.stay) await this.close();
    }
  }

  close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#closed = this.#closed.then(async () => (await opening?.catch(() => undefined))?.close());
    return this.#closed;
  }

  /** A failed open is retried by the next reader. */
  #opened(): Promise<OpenedBroker> {
    this.#opening ??= this.#closed.then(() => this.#options.open());
    const opening = this.#opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }
}
