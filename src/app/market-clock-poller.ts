import type { Broker } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { MARKET_ZONE } from "../domain/market-day.ts";
import { formatInstant } from "../domain/time-format.ts";

const EVERY_MS = 60_000;
/** A broker outage of a few minutes is not worth an alarm. */
const SILENT_READINGS = 5;

/** Reads the broker's clock once a minute for the status shown outside: is the broker reachable, and is the market open? */
export class MarketClockPoller {
  readonly #broker: Pick<Broker, "name" | "marketClock">;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #timer: Timer | undefined;
  #failures = 0;
  #text = "";

  constructor(broker: Pick<Broker, "name" | "marketClock">, clock: Clock, onChange: () => void) {
    this.#broker = broker;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** `market open until 2025-07-16 16:00:00 EDT`; empty before the first reading. */
  get text(): string {
    return this.#text;
  }

  /** The problem, once it has lasted for minutes. */
  get problem(): string | undefined {
    return this.#failures >= SILENT_READINGS ? this.#text : undefined;
  }

  start(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => this.start());
    void this.#read();
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #read(): Promise<void> {
    try {
      const { isOpen, nextClose, nextOpen } = await this.#broker.marketClock();
      const at = formatInstant(isOpen ? nextClose : nextOpen, MARKET_ZONE);
      this.#text = isOpen ? `market open until ${at}` : `market closed until ${at}`;
      this.#failures = 0;
    } catch (error) {
      this.#text = `${this.#broker.name} cannot be reached: ${messageOf(error)}`;
      this.#failures += 1;
    }
    this.#onChange();
  }
}
