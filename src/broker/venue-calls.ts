import type { Clock } from "../domain/clock.ts";
import type { TradingMode } from "../domain/config.ts";
import { BrokerError } from "../domain/broker.ts";
import { createHostGuard } from "./host-guard.ts";
import { RequestPace } from "./pacing.ts";
import type { Redact } from "./redaction.ts";
import type { AccountCeiling } from "./request-ceiling.ts";
import { askRepeatedly } from "./retry.ts";
import type { SendHttp, TrafficRecord } from "./transport.ts";
import { Transport } from "./transport.ts";
import type { VenueAnswer } from "./venue-answer.ts";
import { ask } from "./venue-answer.ts";
import type { VenueNames } from "./venue-errors.ts";
import { isAbsent, readError, unreadable } from "./venue-errors.ts";
import { PaceExceeded, type RequestKind } from "./waiting-line.ts";
import { UnreadableAnswer } from "./wire.ts";

/** A read may wait for the venue's next minute: nothing else would be answered meanwhile. */
const READ_WAIT_MS = 65_000;
/** A write was checked against clock, session and halt just before (R14, R25), so it leaves at once or not at all. */
const WRITE_WAIT_MS = 1_000;
/** Pause before a write that was held back is tried again. */
const HELD_BACK_MS = 500;

export interface VenueCallsOptions {
  readonly clock: Clock;
  readonly mode: TradingMode;
  readonly url: string;
  readonly names: VenueNames;
  readonly redact: Redact;
  readonly fetch: SendHttp;
  readonly onTraffic?: ((record: TrafficRecord) => void) | undefined;
  readonly requestsPerMinute?: number | undefined;
  /** What all accounts of this process pass. Default: the account's own budget is enough. */
  readonly ceiling?: AccountCeiling | undefined;
  /** Asked right before a write leaves. Default: always. */
  readonly mayWrite?: (() => boolean) | undefined;
  /** Called once for every long wait on the request budget, with the milliseconds until the next request may leave. */
  readonly onWait?: ((waitMs: number) => void) | undefined;
}

/** A request that provably never left this program. */
export interface HeldBack {
  readonly kind: "held-back";
  readonly message: string;
  /** Monotonic clock. */
  readonly retryAt: number;
}

type SdkCall = () => Promise<{ raw: Response }>;

/** All calls to one of the venue's hosts: paced, guarded and timed together. Reads are retried, writes never. */
export class VenueCalls {
  readonly #options: VenueCallsOptions;
  readonly #pace: RequestPace;
  readonly #transport: Transport;
  readonly #closing = new AbortController();
  /** How the SDK sends its requests. */
  readonly send: (url: string, init?: RequestInit) => Promise<Response>;

  constructor(options: VenueCallsOptions) {
    const { clock, redact, fetch, onTraffic } = options;
    const guard = createHostGuard(options.mode, options.url);
    guard(options.url);
    this.#options = options;
    this.#pace = new RequestPace(clock, options.requestsPerMinute, options.onWait);
    this.#transport = new Transport({
      clock,
      guard,
      fetch,
      redact,
      readOnly: options.mode === "shadow",
      onTraffic,
      onAnswer: (status, headers) => {
        this.#pace.observe(status, headers);
        options.ceiling?.observe(status);
      },
    });
    this.send = this.#transport.send;
  }

  /**
   * @param activity for error messages: `"reading the account"`.
   * @param parse throws UnreadableAnswer when the answer lacks something.
   * @throws BrokerError
   */
  async read<Result>(activity: string, call: SdkCall, parse: (json: unknown) => Result): Promise<Result> {
    const answer = await this.#askRead(activity, call);
    return this.#parsed(answer, activity, parse);
  }

  /** Like `read`, but `undefined` when the venue itself reports that it does not exist. */
  async find<Result>(
    thing: "order" | "asset",
    activity: string,
    call: SdkCall,
    parse: (json: unknown) => Result,
  ): Promise<Result | undefined> {
    const answer = await this.#askRead(activity, call);
    return isAbsent(answer, thing) ? undefined : this.#parsed(answer, activity, parse);
  }

  /** Sends once. */
  async write(kind: Exclude<RequestKind, "read">, call: SdkCall): Promise<VenueAnswer | HeldBack> {
    try {
      await this.#enter(kind, WRITE_WAIT_MS);
    } catch (error) {
      if (error instanceof PaceExceeded) return { kind: "held-back", message: error.message, retryAt: error.retryAt };
      throw error;
    }
    const { clock, redact, mayWrite } = this.#options;
    if (mayWrite?.() === false)
      return { kind: "held-back", message: "another worker may have this account", retryAt: clock.monotonic() + HELD_BACK_MS };
    return ask(call, redact);
  }

  /** Several reads forming one answer: a contradiction between them is unreadable too. */
  async reading<Result>(activity: string, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw this.#asBrokerError(error, activity, { status: 200, requestId: undefined });
    }
  }

  /** Monotonic time at which an order may be sent. */
  opensAt(): number {
    return this.#pace.opensAt("order");
  }

  close(): void {
    this.#closing.abort();
    this.#pace.close();
    this.#transport.close();
  }

  /** Both within the same time: what was checked before must not grow older. */
  async #enter(kind: RequestKind, maxWaitMs: number): Promise<void> {
    const { clock, ceiling } = this.#options;
    const start = clock.monotonic();
    await this.#pace.enter(kind, maxWaitMs);
    await ceiling?.enter(kind, maxWaitMs - (clock.monotonic() - start));
  }

  async #askRead(activity: string, call: SdkCall): Promise<VenueAnswer> {
    const { clock, redact, names } = this.#options;
    try {
      return await askRepeatedly({
        clock,
        admit: () => this.#enter("read", READ_WAIT_MS),
        attempt: () => ask(call, redact),
        closing: this.#closing.signal,
      });
    } catch (error) {
      if (!(error instanceof PaceExceeded)) throw error;
      throw new BrokerError("unreachable", `${names.broker} was not contacted while ${activity}: ${error.message}.`, {
        hint: "Too many requests in one minute; the limit is shared by every program on the account.",
      });
    }
  }

  #parsed<Result>(answer: VenueAnswer, activity: string, parse: (json: unknown) => Result): Result {
    if (answer.kind !== "success") throw readError(answer, activity, this.#options.names);
    try {
      return parse(answer.json);
    } catch (error) {
      throw this.#asBrokerError(error, activity, answer);
    }
  }

  #asBrokerError(error: unknown, activity: string, answer: { status: number; requestId: string | undefined }): unknown {
    if (!(error instanceof UnreadableAnswer)) return error;
    const { names, redact } = this.#options;
    return unreadable(`${names.broker} gave an unusable answer while ${activity}: ${redact(error.message)}.`, answer, names);
  }
}
