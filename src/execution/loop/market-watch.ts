import { messageOf } from "../../domain/errors.ts";
import type { OpenExecution } from "./open-execution.ts";
import type { MarketReading } from "../preparation/account-snapshot.ts";
import { ageOf, MARKET_READING_MAX_AGE_MS, readMarket, sessionLeft } from "../preparation/account-snapshot.ts";
import { OutagePause } from "../preparation/outage-pause.ts";
import { SETTLE_PAUSE_MS } from "../preparation/settle.ts";

/** Maximum drift between wall and monotonic clock within the age of a reading. */
const CLOCKS_AGREE_WITHIN_MS = 500;

const LONGEST_STEP_BACK_MS = 60_000;

/** A slower response, or one from a second attempt, may be ahead by as much when it is carried forward. */
const MOST_ON_ITS_WAY_MS = 2_000;

/** The venue's clock during an execution: it alone decides whether an order may be sent (R14). */
export class MarketWatch {
  readonly #execution: OpenExecution;
  readonly #onRead: () => void;
  #reading: MarketReading | undefined;
  #busy = false;
  #opened: number | undefined;
  readonly #outage = new OutagePause();
  /** No background reading starts before this, monotonic. */
  #refreshAt = -Infinity;

  /** @param onRead called when a background reading is done. */
  constructor(execution: OpenExecution, first: MarketReading | undefined, onRead: () => void) {
    this.#execution = execution;
    this.#reading = first;
    this.#onRead = onRead;
  }

  /** The newest reading; `undefined` until the venue's clock has been read. */
  get reading(): MarketReading | undefined {
    return this.#reading;
  }

  /** Whether the session is open; `undefined` while the venue's clock has not been read. */
  get isOpen(): boolean | undefined {
    return this.#reading === undefined ? undefined : this.left !== undefined;
  }

  /** Milliseconds left in the session; `undefined` while it is closed or unknown. */
  get left(): number | undefined {
    return this.#reading === undefined ? undefined : sessionLeft(this.#reading, this.#execution.parts.clock.monotonic());
  }

  /** The venue's time, carried forward, milliseconds since the epoch; `undefined` while its clock has not been read. */
  get time(): number | undefined {
    if (this.#reading === undefined) return undefined;
    return this.#reading.clock.timestamp + (this.#execution.parts.clock.monotonic() - this.#reading.readAt.monotonic);
  }

  /** A queued order's time-out counts from here: the open, or when this process first saw the market open (R23). */
  get opened(): number | undefined {
    return this.#opened;
  }

  /**
   * Whether the reading is recent enough to send an order. If our two clocks disagree about its age, one was
   * set or the machine slept, and the rest of the session is unknown.
   */
  get isFresh(): boolean {
    return this.#age() <= MARKET_READING_MAX_AGE_MS && this.#disagreement() <= CLOCKS_AGREE_WITHIN_MS;
  }

  saw(market: MarketReading): void {
    if (this.#runsBackwards(market)) return;
    this.#reading = market;
    if (market.clock.isOpen && this.#execution.record().offHours) this.#opened ??= market.readAt.monotonic;
  }

  /** Refreshes the reading in the background; after a failure the old one simply ages, and the next attempt waits. */
  refresh(): void {
    const isExact = (this.#reading?.tookMs ?? Infinity) <= MOST_ON_ITS_WAY_MS;
    if (this.#busy || this.#execution.parts.clock.monotonic() < this.#refreshAt) return;
    if (isExact && this.#age() < MARKET_READING_MAX_AGE_MS / 2) return;
    this.#busy = true;
    void this.#read().finally(() => {
      this.#busy = false;
      this.#onRead();
    });
  }

  /** Whether a recent reading exists, after one more attempt; nothing is sent on a missing or old one. */
  async isKnown(): Promise<boolean> {
    const { clock, stopping } = this.#execution.parts;
    if (!this.isFresh) await this.#execution.unlessStopping(this.#read()).catch(() => undefined);
    if (this.isFresh) return true;
    await clock.sleep(Math.max(SETTLE_PAUSE_MS, this.#refreshAt - clock.monotonic()), stopping);
    return false;
  }

  /** A venue's clock does not go back by a minute: such an answer is an old one. */
  #runsBackwards({ clock, readAt }: MarketReading): boolean {
    const before = this.#reading;
    if (before === undefined) return false;
    const expected = before.clock.timestamp + readAt.monotonic - before.readAt.monotonic;
    return clock.timestamp < expected - LONGEST_STEP_BACK_MS;
  }

  #age(): number {
    return this.#reading === undefined ? Infinity : ageOf(this.#reading.readAt, this.#execution.parts.clock);
  }

  #disagreement(): number {
    const { clock } = this.#execution.parts;
    if (this.#reading === undefined) return Infinity;
    const { monotonic, wall } = this.#reading.readAt;
    return Math.abs(clock.monotonic() - monotonic - (clock.now() - wall));
  }

  async #read(): Promise<void> {
    const { broker, clock } = this.#execution.parts;
    try {
      this.saw(await readMarket(broker, clock));
      this.#outage.end();
    } catch (error) {
      this.#refreshAt = clock.monotonic() + this.#outage.afterFailure();
      this.#execution.emit({ kind: "waiting", level: "debug", text: `Cannot read the market clock: ${messageOf(error)}` });
    }
  }
}
