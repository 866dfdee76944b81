import { type Broker, BrokerError, type MarketClock } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import type { ClockDoubt } from "../intake/assessment.ts";
import type { TraderEvent } from "./events.ts";
import { UnreadAccount } from "./unread-account.ts";
import { formatDuration } from "../domain/time-format.ts";

export interface ClockReading {
  /** Our clock just before the request and just after the response, milliseconds since the epoch. */
  readonly before: number;
  readonly after: number;
  readonly market: MarketClock;
}

export async function readClock(broker: Pick<Broker, "marketClock">, clock: Pick<Clock, "now">): Promise<ClockReading> {
  const before = clock.now();
  const market = await broker.marketClock();
  return { before, after: clock.now(), market };
}

/** How far our clock is ahead of the broker's, in milliseconds; negative when behind. Excludes the response time. */
export function aheadOfBroker({ before, after, market: { timestamp } }: ClockReading): number {
  return timestamp < before ? before - timestamp : timestamp > after ? after - timestamp : 0;
}

/** R5: a timestamp may be at most 5 s ahead of our clock. */
export const HARMFUL_SKEW_MS = 5_000;
/** If the wall and monotonic clocks diverge by more than this, the wall clock was set or the machine slept. */
const STEP_MS = 2_000;
const EVERY_MS = 60_000;
const RETRY_MS = 5_000;
const SKEW_HINT = "Turn on time synchronization (`timedatectl set-ntp true`). The age of alerts depends on the clock.";

export interface ClockWatchParts {
  readonly broker: Pick<Broker, "marketClock">;
  readonly clock: Clock;
  readonly emit: (event: TraderEvent) => void;
  /** The clock's status has changed: runs whose age was in doubt can be judged again. */
  readonly onSettled: () => void;
}

/** Compares our clock with the broker's once a minute, and immediately after it was set. */
export class ClockWatch {
  readonly #parts: ClockWatchParts;
  readonly #unread: UnreadAccount;
  #compared: { readonly aheadMs: number; readonly gap: number } | undefined;
  #notBefore = 0;
  #busy = false;
  #wrongSince: number | undefined;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
    this.#unread = new UnreadAccount(parts.clock, parts.emit, "Cannot read the account any more");
  }

  get doubt(): ClockDoubt | undefined {
    if (this.#compared === undefined)
      return { aheadMs: undefined, confirmed: false, reason: "This machine's clock has not been compared with the broker's yet." };
    const aheadMs = this.#compared.aheadMs + this.#moved();
    if (this.#wasSet())
      return {
        aheadMs,
        confirmed: false,
        reason: "This machine's clock was changed, or the machine slept, and it has not been compared with the broker's since.",
      };
    return Math.abs(aheadMs) > HARMFUL_SKEW_MS ? { aheadMs, confirmed: true, reason: skewSentence(aheadMs) } : undefined;
  }

  /** A sentence saying how the clock is wrong; `undefined` while it is right or not yet compared. */
  get trouble(): string | undefined {
    const { doubt } = this;
    return doubt?.confirmed === true ? doubt.reason : undefined;
  }

  /** Call once a second; asks the broker when due. */
  tick(): void {
    const now = this.#parts.clock.monotonic();
    const isDue = this.#wasSet() || now >= this.#notBefore + EVERY_MS - RETRY_MS;
    if (this.#busy || now < this.#notBefore || (this.#compared !== undefined && !isDue)) return;
    this.#busy = true;
    this.#notBefore = now + RETRY_MS;
    void this.#compare().finally(() => (this.#busy = false));
  }

  async #compare(): Promise<void> {
    const { broker, clock, emit, onSettled } = this.#parts;
    const gap = this.#gap();
    let reading: ClockReading;
    try {
      reading = await readClock(broker, clock);
    } catch (error) {
      // Of an idle daemon it is the only sign of keys that are no longer valid, or of an outage.
      if (error instanceof BrokerError && error.failure === "unauthorized") this.#unread.failed(error);
      else emit({ kind: "remark", level: "warn", recurs: true, text: `Cannot read the broker's clock: ${messageOf(error)}` });
      return;
    }
    this.#unread.read();
    if (Math.abs(this.#gap() - gap) > STEP_MS) return;
    const wasInDoubt = this.#isInDoubt();
    this.#compared = { aheadMs: aheadOfBroker(reading), gap };
    this.#sayWhetherWrong();
    if (wasInDoubt || this.#isInDoubt()) onSettled();
  }

  #sayWhetherWrong(): void {
    const { clock, emit } = this.#parts;
    const { trouble } = this;
    if (trouble !== undefined && this.#wrongSince === undefined) {
      this.#wrongSince = clock.monotonic();
      emit({ kind: "remark", level: "warn", text: trouble, hint: SKEW_HINT });
    } else if (trouble === undefined && this.#wrongSince !== undefined) {
      const wrongFor = formatDuration(clock.monotonic() - this.#wrongSince);
      emit({ kind: "remark", level: "warn", text: `This machine's clock agrees with the broker's again, after ${wrongFor}.` });
      this.#wrongSince = undefined;
    }
  }

  #isInDoubt(): boolean {
    return this.doubt !== undefined;
  }

  #wasSet(): boolean {
    return Math.abs(this.#moved()) > STEP_MS;
  }

  /** How far the wall clock has moved since the last comparison. */
  #moved(): number {
    return this.#compared === undefined ? 0 : this.#gap() - this.#compared.gap;
  }

  #gap(): number {
    return this.#parts.clock.now() - this.#parts.clock.monotonic();
  }
}

function skewSentence(aheadMs: number): string {
  return `This machine's clock is ${formatDuration(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"} the broker's.`;
}
