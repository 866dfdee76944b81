import type { Account, Position } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { AccountSnapshot, ClockReading } from "../preparation/account-snapshot.ts";
import { ageOf, PricesUnread, readAccount, readClocks, withoutEnded } from "../preparation/account-snapshot.ts";
import { symbolsOf } from "../preparation/plan-input.ts";
import { PRICE_MAX_AGE_MS } from "../preparation/warm-snapshot.ts";
import type { OpenExecution } from "./open-execution.ts";

/**
 * The reading of the account that is sent together with sells based on an earlier one (R36). If it shows that nothing had changed,
 * the buys are planned on it with our own fills, as soon as the last sell is filled; otherwise the account is read
 * again first (R16).
 */
export class FreshReading {
  readonly #execution: OpenExecution;
  /** What the sells were planned on. */
  readonly before: AccountSnapshot;
  #reading: Promise<AccountSnapshot | undefined> | undefined;
  #readAt: ClockReading | undefined;
  #hasLeft = false;

  constructor(execution: OpenExecution, before: AccountSnapshot) {
    this.#execution = execution;
    this.before = before;
  }

  /** It has been answered, or has failed. */
  get hasCome(): boolean {
    return this.#readAt !== undefined;
  }

  /** Called right after the sells have left; once. @param saw called with its result. */
  async leave(saw: (snapshot: AccountSnapshot) => void): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { broker, assets, clock } = this.#execution.parts;
    const readAt = readClocks(clock);
    const read = readAccount(broker, assets, clock, symbolsOf(this.#execution.record().wanted));
    this.#reading = this.#execution.unlessStopping(read).then(
      (snapshot) => {
        this.#readAt = readAt;
        saw(snapshot);
        return snapshot;
      },
      (error: unknown) => {
        this.#readAt = readAt;
        // No buy is planned on it, but it can stop what follows.
        if (error instanceof PricesUnread) saw(error.snapshot);
        if (!(error instanceof BrokerError) && !this.#execution.parts.stopping.aborted) throw error;
        return undefined;
      },
    );
    await this.#reading;
  }

  /**
   * @returns the account with all of our sells, and when it was read; `undefined` when it must be read again. For one plan:
   * the next one needs a new reading.
   */
  async withSells(): Promise<{ readonly snapshot: AccountSnapshot; readonly readAt: ClockReading } | undefined> {
    const reading = this.#reading;
    if (reading === undefined) return undefined;
    const fresh = await reading;
    const readAt = this.#readAt;
    this.#reading = undefined;
    if (fresh === undefined || readAt === undefined || ageOf(readAt, this.#execution.parts.clock) > PRICE_MAX_AGE_MS) return undefined;
    if (!isUnchanged(fresh, this.before)) return undefined;
    const snapshot = withFills(withoutEnded(fresh, this.#execution.parts.ledger), this.#execution.intents());
    return snapshot === undefined ? undefined : { snapshot, readAt };
  }
}

/** Whether no order of ours, and nothing else, has changed cash or shares between the two readings. */
export function isUnchanged(fresh: AccountSnapshot, before: AccountSnapshot): boolean {
  if (fresh.account.number !== before.account.number || fresh.account.blocks.length > 0) return false;
  if (fresh.account.cash.minus(before.account.cash).abs().gt(ONE)) return false;
  return fresh.configuration?.suspendTrade !== true && isSameHoldings(fresh.positions, before.positions);
}

/** Whether both list the same quantities, all of them readable. */
function isSameHoldings(now: readonly Position[], before: readonly Position[]): boolean {
  if (now.length !== before.length) return false;
  return now.every(({ symbol, quantity, problem }) => {
    const held = before.find((position) => position.symbol === symbol);
    return problem === undefined && held?.problem === undefined && held?.quantity.eq(quantity) === true;
  });
}

/**
 * A snapshot from before all of these sells as it is after them.
 * @returns `undefined` unless all of them are filled in full, at known prices.
 */
export function withFills(snapshot: AccountSnapshot, intents: readonly IntentRecord[]): AccountSnapshot | undefined {
  let { positions } = snapshot;
  const gains: { cash: Decimal; value: Decimal }[] = [];
  for (const { side, symbol, state, quantity, filledQuantity, filledAveragePrice } of intents) {
    const held = positions.find((position) => position.symbol === symbol);
    const isFilled = side === "sell" && state === "done" && quantity?.eq(filledQuantity) === true;
    if (!isFilled || filledAveragePrice === undefined || held?.currentPrice === undefined || held.quantity.lt(filledQuantity))
      return undefined;
    gains.push({ cash: filledQuantity.times(filledAveragePrice), value: filledQuantity.times(held.currentPrice) });
    positions = positions.flatMap((position) => (position === held ? less(held, filledQuantity) : [position]));
  }
  return { ...snapshot, positions, account: credited(snapshot.account, gains) };
}

function less(position: Position, sold: Decimal): Position[] {
  const quantity = position.quantity.minus(sold);
  if (quantity.eq(ZERO)) return [];
  const left = (all: Decimal): Decimal => all.times(quantity).div(position.quantity);
  const { marketValue, costBasis } = position;
  return [
    { ...position, quantity, available: quantity, marketValue: left(marketValue), costBasis: left(costBasis), unrealizedProfit: undefined },
  ];
}

/** The equity changes by what the shares brought more or less than they were valued at. */
function credited(account: Account, gains: readonly { readonly cash: Decimal; readonly value: Decimal }[]): Account {
  const cash = sum(gains.map((each) => each.cash));
  const equity = account.equity.plus(cash).minus(sum(gains.map((each) => each.value)));
  return { ...account, equity, cash: account.cash.plus(cash), buyingPower: account.buyingPower.plus(cash) };
}
