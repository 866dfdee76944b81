import type { Order, Position } from "../../domain/broker.ts";
import { messageOf } from "../../domain/errors.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { wasSent } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, min, ONE, ZERO } from "../../domain/decimal.ts";
import { AccountExpectation } from "./account-expectation.ts";
import type { StopReason } from "./decide.ts";
import type { FollowUp } from "./follow-up.ts";
import { blocksText, SUSPENDED } from "../preparation/declining.ts";
import type { Inheritable } from "../preparation/inherited-ids.ts";
import { inheritable } from "../preparation/inherited-ids.ts";
import { otherInstance } from "../preparation/earlier-orders.ts";
import { isOwnOrder } from "../orders/ids.ts";
import { lateIntents, settleEnded, settleLateOrder, settleLateOrders } from "../orders/late-orders.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";
import type { OrderGate } from "./order-gate.ts";
import type { OrderLifecycle } from "../orders/order-lifecycle.ts";
import { symbolsOf } from "../preparation/plan-input.ts";
import type { ClockReading, AccountSnapshot } from "../preparation/account-snapshot.ts";
import { ageOf, orUnpriced, readClocks, readAccount, readHoldings, withoutEnded } from "../preparation/account-snapshot.ts";
import { EXTERNAL_FILLS_AFTER_MS } from "../preparation/external-fills.ts";
import { OutagePause } from "../preparation/outage-pause.ts";
import type { Expected } from "../preparation/settle.ts";
import { isMore, isPowerBehind, SETTLE_LIMIT_MS, settlePause, unsettled } from "../preparation/settle.ts";
import { knownForeignOrders, powerBefore } from "../outcome/summary.ts";

const HALF = decimal("0.5");
/** Maximum age of the account data before a POST. */
const LOOK_MAX_AGE_MS = 5_000;
/** A block of the account must be shown this long before it stops an execution. */
const BLOCKED_FOR_MS = 3_000;
/** Pause between readings where the whole time to settle has passed once since the last order (R35). */
const AWAITED_PAUSE_MS = 5_000;
/** Pause between two checks for missing cash; each costs three requests. */
const CASH_PAUSE_MS = 1_500;
/** Fills that slip in at an order's end are shown within this. */
const ENDED_MAY_FILL_WITHIN_MS = 60_000;
/** Pause between two look-ups of the earlier orders that could explain a difference. */
const EARLIER_ORDERS_EVERY_MS = 3_000;

/** An account snapshot that contains all own fills, or one that never did. */
export interface SettledSnapshot {
  readonly snapshot: AccountSnapshot;
  /** Replaces the shown cash when that cannot be trusted. */
  readonly cash: Decimal | undefined;
  /** Which of our fills are not shown, in words: a plan made on this cannot claim to reach the target. */
  readonly missing?: string;
  /** Symbols bought externally in the meantime: this signal does not trade those shares. */
  readonly external: ReadonlySet<string>;
}

interface Waiting {
  readonly lastChance: boolean;
  /** Milliseconds that the account has been awaited. */
  readonly waited: number;
}

interface Watched {
  readonly market: MarketWatch;
  readonly gate: OrderGate;
}

/** The account during an execution: settled before a plan (R16), without external changes before a POST (R24). */
export class AccountWatch {
  readonly #execution: OpenExecution;
  readonly #market: MarketWatch;
  readonly #gate: OrderGate;
  readonly #outage = new OutagePause();
  #lookedAt: ClockReading | undefined;
  /** Positions as last shown; `undefined` when only the plan has read them. */
  #held: readonly Position[] | undefined;
  /** Cash shown by the check before a POST; `undefined` when a plan has read the account since, with its own check. */
  #cash: Decimal | undefined;
  #stop: StopReason | undefined;
  /** Since when every reading has shown the account as blocked, monotonic. */
  #blockedSince: number | undefined;
  readonly #expectation: AccountExpectation;
  /** When earlier orders may be looked up again, monotonic. */
  #lookUpAt = -Infinity;
  /** Since when the checks before a POST have shown too little cash, monotonic. */
  #cashMissingSince: number | undefined;
  /** Number of orders when the account was last awaited for the whole time. */
  #awaitedAt: number | undefined;
  /** Number of orders when the full buying power was last awaited without success. */
  #waitedForPowerAt: number | undefined;

  /** @param lookedAt start of the snapshot that the plan was made from, if this process made it. */
  constructor(execution: OpenExecution, { market, gate }: Watched, lookedAt: ClockReading | undefined) {
    this.#execution = execution;
    this.#market = market;
    this.#gate = gate;
    this.#lookedAt = lookedAt;
    this.#expectation = new AccountExpectation(execution);
  }

  /** Why nothing more may be sent: an external order, or a blocked account. */
  get stopReason(): StopReason | undefined {
    return this.#stop;
  }

  /** The last reading showed the account as blocked: until the next one nothing is sent, and no newer run takes over. */
  get maySoonStop(): boolean {
    return this.#blockedSince !== undefined;
  }

  /** Also uses account data read by others: no order may contradict what was shown last. */
  saw({ account, positions, openOrders }: Pick<AccountSnapshot, "account" | "positions" | "openOrders">): void {
    this.#touched({ account, openOrders }, this.#execution.record());
    this.sawPositions(positions);
  }

  /** The account as the first sells left, planned on a reading from before the alert (R36). */
  sawBeside({ account }: Pick<AccountSnapshot, "account">, before: AccountSnapshot): void {
    this.#expectation.cameBefore(account.cash.minus(before.account.cash));
  }

  /**
   * A plan is made on this reading, which contains all own fills (R36).
   * @returns `undefined` when it shows that nothing may be planned.
   */
  settledBy(snapshot: AccountSnapshot, readAt: ClockReading): SettledSnapshot | undefined {
    if (this.#touched(snapshot, this.#execution.record()) || this.maySoonStop) return undefined;
    this.#lookedAt = readAt;
    this.#held = snapshot.positions;
    this.#cash = undefined;
    this.#expectation.planned(snapshot.account.cash);
    return {
      snapshot: { ...snapshot, positions: this.#gate.withSellable(snapshot.positions) },
      cash: undefined,
      external: this.#expectation.external,
    };
  }

  sawPositions(positions: readonly Position[]): void {
    this.#held = positions;
  }

  /**
   * Between plan and POST there may have been a restart, a rate limit or a proof of absence. External orders
   * and quantities are then checked again, because selling missing shares could open a short position.
   */
  async lookedRecently(orders: OrderLifecycle, followUpOf: (intent: IntentRecord) => FollowUp): Promise<boolean> {
    const { broker, clock, stopping } = this.#execution.parts;
    try {
      if (this.#blockedSince === undefined && this.#lookedAt !== undefined && ageOf(this.#lookedAt, clock) <= LOOK_MAX_AGE_MS) {
        await this.#refuseUncovered(orders, followUpOf);
        const { monotonic } = this.#lookedAt;
        if (this.#cash === undefined || !this.#expectation.lackedCash(this.#cash, monotonic, followUpOf)) return true;
      }
      const reads = Promise.all([broker.account(), broker.positions(), broker.openOrders()]);
      const [account, positions, openOrders] = await this.#execution.unlessStopping(reads);
      this.#outage.end();
      if (this.#touched({ account, openOrders }, this.#execution.record())) return false;
      if (this.#blockedSince !== undefined) {
        await clock.sleep(BLOCKED_FOR_MS, stopping);
        return false;
      }
      this.#held = positions;
      this.#cash = account.cash;
      await this.#refuseUncovered(orders, followUpOf);
      if (await this.#lacksCash(account, orders)) return false;
      this.#lookedAt = readClocks(clock);
      return true;
    } catch (error) {
      this.#warnOfFailure(`Nothing is sent because the account cannot be read: ${messageOf(error)}`);
      await clock.sleep(this.#outage.afterFailure(), stopping);
      return false;
    }
  }

  /** All unsent sells, including those recorded after the check. */
  async #refuseUncovered(orders: OrderLifecycle, followUpOf: (intent: IntentRecord) => FollowUp): Promise<void> {
    if (this.#held === undefined) return;
    for (const { clientOrderId } of this.#execution.intents()) {
      const intent = this.#execution.intent(clientOrderId);
      await orders.refuseUncovered(intent, this.#held, followUpOf(intent));
    }
  }

  /**
   * Planned cash may have been withdrawn since (R24), or may not be shown yet. It is awaited for as long as an
   * account may lag; nothing is sent in the meantime. Where the activities prove a withdrawal, what remains is planned again.
   */
  async #lacksCash(account: AccountSnapshot["account"], orders: OrderLifecycle): Promise<boolean> {
    const { clock, stopping } = this.#execution.parts;
    const missing = this.#expectation.missingCash(account.cash);
    const market = this.#market.reading;
    if (missing !== undefined && market !== undefined && (await this.#expectation.learnOfPayments({ account, market }))) {
      this.#cashMissingSince = undefined;
      this.#dropBuys(orders);
      return true;
    }
    if (missing === undefined) {
      this.#cashMissingSince = undefined;
      if (!this.#expectation.mayOverspend(account.cash)) return false;
      this.#execution.warn("Nothing is bought yet: the account may not show our last buys, and others have changed its cash.");
      await clock.sleep(CASH_PAUSE_MS, stopping);
      return true;
    }
    this.#cashMissingSince ??= clock.monotonic();
    if (clock.monotonic() - this.#cashMissingSince < SETTLE_LIMIT_MS) {
      this.#execution.warn(`Nothing is bought yet: ${missing}.`);
      await clock.sleep(CASH_PAUSE_MS, stopping);
    } else this.#stop = { cause: "foreign-hand", reason: `Cash left the account during the execution: ${missing}.` };
    return true;
  }

  /** They were planned on cash that was paid out since: what remains is planned anew (R33). */
  #dropBuys(orders: OrderLifecycle): void {
    for (const intent of this.#execution.intents())
      if (intent.side === "buy" && !wasSent(intent)) orders.drop(intent, "Planned again, because money was paid out of the account.");
  }

  /** Changes not explained by our fills may come from an abandoned order. */
  async #learnOfEarlierOrders(lastChance: boolean): Promise<void> {
    const { broker, ledger, clock } = this.#execution.parts;
    if (!lastChance && clock.monotonic() < this.#lookUpAt) return;
    this.#lookUpAt = clock.monotonic() + EARLIER_ORDERS_EVERY_MS;
    const say = (_level: string, text: string): void => this.#execution.warn(text);
    await this.#execution.unlessStopping(settleLateOrders({ broker, ledger, clock, say }));
  }

  /**
   * Looked up again before the next plan: orders abandoned as unknown, here or by an earlier execution, and those that
   * have just ended unfilled.
   * @returns whether one of them has filled more than was known.
   */
  async learnOfUnknown(own: readonly IntentRecord[]): Promise<boolean> {
    const { broker, ledger, clock } = this.#execution.parts;
    const say = (_level: string, text: string): void => this.#execution.warn(text);
    const unknown = own.filter(({ state }) => state === "abandoned");
    const ended = own.filter((intent) => intent.state === "done" && intent.status !== "filled" && this.#isRecent(intent));
    const doubtful = [...unknown, ...lateIntents(ledger), ...ended];
    for (const intent of doubtful) {
      const settle = ended.includes(intent) ? settleEnded : settleLateOrder;
      const learned = this.#execution.unlessStopping(settle({ broker, ledger, clock, say }, intent));
      await learned.catch((error: unknown) => {
        if (!this.#execution.parts.stopping.aborted) throw error;
      });
    }
    return doubtful.some(({ clientOrderId, filledQuantity }) => ledger.intent(clientOrderId)?.filledQuantity.gt(filledQuantity) === true);
  }

  #isRecent({ updatedAt }: IntentRecord): boolean {
    return Math.abs(this.#execution.parts.clock.now() - updatedAt) <= ENDED_MAY_FILL_WITHIN_MS;
  }

  /** As {@link inheritable}. */
  async inheritable(): Promise<Inheritable> {
    const { broker, ledger, clock } = this.#execution.parts;
    return inheritable({ broker, ledger, clock, say: (_level, text) => this.#execution.warn(text) });
  }

  /**
   * Reads until the account contains all own fills of this execution (R16). On timeout the smaller of shown
   * and calculated cash is used.
   * @param blocked whether something must be decided first.
   * @returns `undefined` when the loop has to decide again first.
   */
  async settled(blocked: () => boolean): Promise<SettledSnapshot | undefined> {
    const { clock, stopping } = this.#execution.parts;
    const start = clock.monotonic();
    let before: AccountSnapshot | undefined;
    for (let round = 0; ;) {
      const orders = this.#execution.intents().length;
      let pauseMs = this.#awaitedAt === orders ? AWAITED_PAUSE_MS : settlePause(round);
      const isLast = clock.monotonic() - start >= SETTLE_LIMIT_MS;
      if (isLast) this.#awaitedAt = orders;
      try {
        const snapshot = await this.#read(isLast ? undefined : before, isLast);
        this.#outage.end();
        const found = await this.#judged(snapshot, { lastChance: isLast, waited: clock.monotonic() - start });
        if (found === "touched") return undefined;
        const isWhole = before === undefined || isLast;
        if (found !== "unsettled" && isWhole) return found;
        before = found === "unsettled" ? snapshot : undefined;
        if (found !== "unsettled") continue;
      } catch (error) {
        this.#warnOfFailure(`Cannot read the account: ${messageOf(error)}`);
        pauseMs = this.#outage.afterFailure();
      }
      if (this.maySoonStop) await clock.sleep(BLOCKED_FOR_MS, stopping);
      if (blocked() || stopping.aborted) return undefined;
      await clock.sleep(pauseMs, stopping);
      round += 1;
    }
  }

  /** @param before an earlier snapshot, to read only what our own orders change (R35). */
  async #read(before: AccountSnapshot | undefined, pricesMayFail = false): Promise<AccountSnapshot> {
    const { broker, assets, clock, ledger } = this.#execution.parts;
    const readAt = readClocks(clock);
    const reads =
      before === undefined
        ? readAccount(broker, assets, clock, symbolsOf(this.#execution.record().wanted))
        : readHoldings(broker, clock, before);
    const read = await this.#execution.unlessStopping(pricesMayFail ? reads.catch(orUnpriced) : reads);
    const snapshot = withoutEnded(read, ledger);
    if (before === undefined) this.#market.saw(snapshot.market);
    this.#sawSwitch(snapshot);
    this.#lookedAt = readAt;
    this.#held = snapshot.positions;
    this.#cash = undefined;
    return { ...snapshot, positions: this.#gate.withSellable(snapshot.positions) };
  }

  async #judged(snapshot: AccountSnapshot, { lastChance, waited }: Waiting): Promise<SettledSnapshot | "touched" | "unsettled"> {
    const record = this.#execution.record();
    if (this.#touched(snapshot, record)) return "touched";
    if (this.#blockedSince !== undefined) return "unsettled";
    const known = this.#expectation.of(record);
    if (unsettled(snapshot, known) !== undefined || isMore(snapshot.account.cash, known)) await this.#learnOfEarlierOrders(lastChance);
    if (waited >= EXTERNAL_FILLS_AFTER_MS && unsettled(snapshot, this.#expectation.of(record)) !== undefined) {
      await this.#expectation.learnOfExternalFills(snapshot);
      if (unsettled(snapshot, this.#expectation.of(record)) !== undefined) await this.#expectation.learnOfPayments(snapshot);
    }
    const expected = this.#expectation.of(record);
    const missing = unsettled(snapshot, expected);
    const more = this.#expectation.withoutDeposit(record, snapshot, expected);
    const external = this.#expectation.external;
    const isBehind = this.#isPowerBehind(snapshot, expected, record);
    if (missing === undefined && lastChance && isBehind) this.#waitedForPowerAt = this.#execution.intents().length;
    if (missing === undefined && (lastChance || !isBehind)) {
      const certain = this.#expectation.certainCash(snapshot.account.cash, more, expected);
      if (certain === undefined) return { snapshot, cash: more, external };
      return lastChance ? { snapshot, cash: certain, external, missing: "cash may not show our last buys yet" } : "unsettled";
    }
    if (missing === undefined || !lastChance) return "unsettled";
    if (!this.#expectation.hasFilledRecently() && this.#expectation.learnOfExternal(snapshot, expected)) return "unsettled";
    const limit = String(SETTLE_LIMIT_MS / 1_000);
    const text = `After ${limit} s the account still does not show all our fills (${missing}). The lower cash amount is used.`;
    this.#execution.emit({ kind: "doubt", level: "warn", text });
    const cash = expected.cash === undefined ? undefined : min(expected.cash, snapshot.account.cash);
    // Withdrawn cash is rightly not counted, and the target applies to what remains. Soon after a fill of ours the cash
    // may also be on its way: then these buys are not the last ones.
    const isLess =
      !this.#expectation.hasFilledRecently() &&
      cash?.eq(snapshot.account.cash) === true &&
      unsettled(snapshot, { ...expected, cash: undefined }) === undefined &&
      (await this.#expectation.isWithdrawn(expected.cash?.minus(cash) ?? ZERO, snapshot));
    return { snapshot, cash, external, ...(isLess ? {} : { missing }) };
  }

  /**
   * After each order the full buying power is awaited once; from then on half of it is worth an attempt (R20). Without
   * the wait after an attempt, the rest would be bought in ever smaller halves.
   */
  #isPowerBehind(snapshot: AccountSnapshot, expected: Expected, record: ExecutionRecord): boolean {
    return isPowerBehind(snapshot, expected, powerBefore(record), this.#waitedForPowerAt === this.#execution.intents().length ? HALF : ONE);
  }

  /** R24: an external order for a symbol or the cash of this plan, or a blocked account, stops the execution. */
  #touched(reading: Pick<AccountSnapshot, "account" | "openOrders">, record: ExecutionRecord): boolean {
    const symbols = new Set(symbolsOf(record.wanted));
    for (const intent of this.#execution.intents()) symbols.add(intent.symbol);
    const known = knownForeignOrders(record);
    // A row that cannot be read whole reserves no cash, as in a plan (R34).
    const isTouching = ({ symbol, side, problem }: Order): boolean => symbols.has(symbol) || (side === "buy" && problem === undefined);
    const foreign = reading.openOrders.find((order) => !isOwnOrder(order) && !known.has(order.id) && isTouching(order));
    if (foreign !== undefined) {
      const reason = `An external ${foreign.side} order for ${foreign.symbol} (${foreign.id}) appeared during the execution.`;
      this.#stop = { cause: "foreign-hand", reason };
    }
    const market = this.#market.reading;
    const other = market && otherInstance(this.#execution.parts, { openOrders: reading.openOrders, market });
    if (other !== undefined) this.#stop = { cause: "foreign-hand", reason: other.reason };
    this.#sawBlocks(reading.account);
    return this.#stop !== undefined;
  }

  /** Where the account's configuration confirms what a refusal said of its switch, every other order would be refused too. */
  #sawSwitch({ configuration }: AccountSnapshot): void {
    const isSuspended =
      configuration?.suspendTrade === true && this.#execution.intents().some(({ status }) => status === "trade-suspended");
    if (isSuspended) this.#stop ??= { cause: "account-blocked", reason: `${SUSPENDED} Switch it off on the account's page there.` };
  }

  /** One reading may show a passing state of the account: only a later one that says the same stops, and nothing is sent before it. */
  #sawBlocks(account: AccountSnapshot["account"]): void {
    const now = this.#execution.parts.clock.monotonic();
    if (account.blocks.length === 0) this.#blockedSince = undefined;
    else if (this.#blockedSince === undefined) {
      this.#blockedSince = now;
      this.#execution.warn(`The account may not trade: ${blocksText(account)}. Nothing is sent until it is read again.`);
    } else if (now - this.#blockedSince >= BLOCKED_FOR_MS)
      this.#stop = { cause: "account-blocked", reason: `The account may no longer trade: ${blocksText(account)}.` };
  }

  #warnOfFailure(text: string): void {
    this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
  }
}
