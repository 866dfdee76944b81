import { BrokerError } from "../../domain/broker.ts";
import type { PlanInput, PlannedOrder } from "../../portfolio/plan.ts";
import { truncate } from "../../domain/decimal.ts";
import type { ExecutionParts } from "../execution-parts.ts";
import { isOwnOrder } from "../orders/ids.ts";
import type { AccountSnapshot, ClockReading, MarketReading } from "./account-snapshot.ts";
import {
  ageOf,
  MARKET_READING_MAX_AGE_MS,
  MIN_SESSION_LEFT_TO_START_MS,
  readAccount,
  readClocks,
  sessionLeft,
  unlessAborted,
  withoutEnded,
} from "./account-snapshot.ts";
import { purchaseBlockOf } from "./plan-assets.ts";
import { FILLS_SETTLE_WITHIN_MS } from "./settle.ts";

/** Between the starts of two readings: the venue's clock may be 30 s old at a POST, and a reading costs five requests. */
const EVERY_MS = 28_000;
/** A sell may leave on a reading of at most this age. */
const MAX_AGE_MS = 60_000;
/** A sell of a part is sized by its price, which may be of at most this age. */
export const PRICE_MAX_AGE_MS = 5_000;
/** Their assets are read together once in five minutes, and that must leave room in the minute for the orders of an alert. */
const MOST_SYMBOLS = 40;
/** Signals searched for the symbols that the next one may name. */
const RECENT_SIGNALS = 20;

type WarmParts = Pick<
  ExecutionParts,
  "broker" | "stream" | "ledger" | "clock" | "assets" | "splits" | "execution" | "limits" | "halted" | "stopping"
>;

/** A snapshot from before the alert, and which of its symbols may have been split. */
export interface WarmReading {
  readonly snapshot: AccountSnapshot;
  readonly splits: PlanInput["splits"];
}

interface Kept extends WarmReading {
  /** Before the first request. */
  readonly readAt: ClockReading;
}

/** What is kept, for another snapshot that goes on in its place. */
export interface KeptWarm {
  readonly kept: Kept | undefined;
  /** Monotonic. */
  readonly nextAt: number;
  /** It follows the account's orders. */
  readonly follows: boolean;
}

/**
 * A snapshot of the account from before the alert, on which sells may leave at once (R36). It is read about every half
 * minute while a session is open, and dropped as soon as anything is heard of the account's orders.
 */
export class WarmSnapshot {
  readonly #parts: WarmParts;
  #kept: Kept | undefined;
  #isReading = false;
  /** Monotonic. */
  #nextAt = -Infinity;
  /** Counts what was heard: a reading during which it changes is not kept. */
  #heard = 0;
  #follows = false;

  constructor(parts: WarmParts) {
    this.#parts = parts;
  }

  get carried(): KeptWarm {
    return { kept: this.#kept, nextAt: this.#nextAt, follows: this.#follows };
  }

  carryOn({ kept, nextAt, follows }: KeptWarm): void {
    this.#kept = kept;
    this.#nextAt = nextAt;
    if (follows) this.#follow();
  }

  /**
   * Reads again when it is time. A failure matters only when the account is needed.
   * @param market the last reading of the venue's clock: outside a session nothing is read.
   */
  async refresh(market: MarketReading | undefined): Promise<void> {
    const { broker, clock, ledger, assets, splits, stream, stopping, halted } = this.#parts;
    const now = clock.monotonic();
    if (!this.#isOn || this.#isReading || now < this.#nextAt) return;
    const left = market === undefined ? undefined : sessionLeft(market, now);
    if (left === undefined || left < MIN_SESSION_LEFT_TO_START_MS || halted() !== undefined) return;
    this.#follow();
    if (stream.state !== "listening") return;
    this.#nextAt = now + EVERY_MS;
    const wanted = this.#likely();
    if (new Set([...wanted, ...assets.held]).size > MOST_SYMBOLS) return;
    this.#isReading = true;
    const heard = this.#heard;
    const readAt = readClocks(clock);
    try {
      const read = await unlessAborted(readAccount(broker, assets, clock, wanted), stopping);
      if (heard !== this.#heard) return;
      const snapshot = withoutEnded(read, ledger);
      const doubts = await unlessAborted(splits.doubts(snapshot, { wanted, record: true }), stopping);
      if (heard === this.#heard) this.#kept = { snapshot, splits: doubts, readAt };
    } catch (error) {
      if (!stopping.aborted && !(error instanceof BrokerError)) throw error;
      this.#kept = undefined;
    } finally {
      this.#isReading = false;
    }
  }

  /** Nothing read until now counts any more: an execution begins, or something was heard. */
  drop(): void {
    this.#heard += 1;
    this.#kept = undefined;
  }

  /**
   * @param wanted the symbols of all targets.
   * @returns the reading, or in words why the account must be read first.
   */
  usable(wanted: readonly string[]): WarmReading | string {
    const { clock, ledger, limits } = this.#parts;
    if (!this.#isOn) return "WARM_SNAPSHOT is off, or EXECUTION_STYLE or AVOID_OPEN_MINUTES needs a reading";
    if (limits.maxDailyTurnover !== undefined || limits.maxDailyLoss !== undefined) return "the daily limits need the account's activities";
    if (this.#kept === undefined) return "there is no reading from before the alert";
    const { snapshot, readAt } = this.#kept;
    const { account, market, configuration, assets } = snapshot;
    const age = ageOf(readAt, clock);
    if (age > MAX_AGE_MS) return `the last reading is ${String(Math.round(age / 1_000))} s old`;
    if (ageOf(market.readAt, clock) > MARKET_READING_MAX_AGE_MS) return "the venue's clock was read too long ago";
    if ((sessionLeft(market, clock.monotonic()) ?? 0) < MIN_SESSION_LEFT_TO_START_MS) return "the session is closed or about to close";
    if (snapshot.openOrders.some(isOwnOrder)) return "an order of this program is open";
    if (account.blocks.length > 0 || configuration?.suspendTrade === true) return "the account is blocked";
    if (!ledger.hasTraded(account.number)) return "it is the first run in this account";
    if (ledger.unsettledIntents().length > 0) return "an order has not ended";
    const settledSince = Math.min(readAt.wall, clock.now() - age) - FILLS_SETTLE_WITHIN_MS;
    if (ledger.intentsChangedSince(settledSince).length > 0) return "an order has just ended";
    const unchecked = wanted.find((symbol) => {
      const asset = assets.get(symbol);
      return asset?.active !== true || !asset.tradable || purchaseBlockOf(asset, configuration) !== undefined;
    });
    return unchecked === undefined ? this.#kept : `${unchecked} has not been checked, or cannot be bought`;
  }

  /**
   * Whether these sells may leave on it: full exits, or prices of at most 5 s; and a quantity that is wrong could open no
   * short position. The venue sells no fraction short.
   * @returns in words why not; `undefined` when they may.
   */
  unfit(snapshot: AccountSnapshot, sells: readonly PlannedOrder[]): string | undefined {
    if (sells.length === 0) return "there is nothing to sell";
    const isRecent = this.#kept !== undefined && ageOf(this.#kept.readAt, this.#parts.clock) <= PRICE_MAX_AGE_MS;
    const part = sells.find(({ fullExit }) => !fullExit);
    if (part !== undefined && !isRecent)
      return `only a part of ${part.symbol} is sold, and its price is older than ${PRICE_MAX_AGE_MS / 1_000} s`;
    if (snapshot.configuration?.noShorting === true) return undefined;
    const whole = sells.find(({ quantity }) => quantity === undefined || truncate(quantity, 0).eq(quantity));
    return whole === undefined ? undefined : `a sell of whole shares of ${whole.symbol} could open a short position (no_shorting is off)`;
  }

  get #isOn(): boolean {
    const { warmSnapshot, style, avoidOpenMinutes } = this.#parts.execution;
    return warmSnapshot && style === "market" && avoidOpenMinutes === 0;
  }

  /** The symbols that the next alert will most likely name. */
  #likely(): string[] {
    return [...new Set(this.#parts.ledger.recentSignals(RECENT_SIGNALS).flatMap(({ signal }) => [...signal.targets.keys()]))];
  }

  #follow(): void {
    if (this.#follows) return;
    this.#follows = true;
    const drop = (): void => this.drop();
    this.#parts.stream.follow({ onUpdate: drop, onState: drop, onProblem: drop });
  }
}
