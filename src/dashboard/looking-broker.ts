import type { Broker } from "../domain/broker.ts";
import type { BrokerAccess } from "./broker-view.ts";

export interface OpenedBroker {
  readonly broker: Broker;
  close(): Promise<void>;
}

export interface LookingBrokerOptions {
  readonly name: string;
  readonly open: () => Promise<OpenedBroker>;
  /** Keep it until the end; otherwise it is closed whenever nobody reads. */
  readonly stay: boolean;
}

/** A broker that is opened when somebody wants to look, once for all who look at the same time. */
export class LookingBroker implements BrokerAccess {
  readonly name: string;
  readonly #options: LookingBrokerOptions;
  #opening: Promise<OpenedBroker> | undefined;
  #readers = 0;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: LookingBrokerOptions) {
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

  /** What could not be opened is tried again by the next reader. */
  #opened(): Promise<OpenedBroker> {
    this.#opening ??= this.#closed.then(() => this.#options.open());
    const opening = this.#opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }
}
