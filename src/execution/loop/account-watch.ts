import type { Order, Position } from "../../domain/broker.ts";
import { BrokerError } from "../../domain/broker.ts";
import { messageOf } from "../../domain/errors.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE, sum, ZERO } from "../../domain/decimal.ts";
import type { StopReason } from "./decide.ts";
import type { FollowUp } from "./follow-up.ts";
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
import { ageOf, readClocks, readAccount, readHoldings, withoutEnded } from "../preparation/account-snapshot.ts";
import type { ExternalFills } from "../preparation/external-fills.ts";
import { EXTERNAL_FILLS_AFTER_MS, explainedByExternalFills, withExternalFills } from "../preparation/external-fills.ts";
import type { Expected } from "../preparation/settle.ts";
import {
  changeSince,
  expectedAfter,
  FILLS_SETTLE_WITHIN_MS,
  heldBeyond,
  isMore,
  isPowerBehind,
  isUnderWay,
  missingCash,
  SETTLE_LIMIT_MS,
  SETTLE_PAUSE_MS,
  settlePause,
  unsettled,
} from "../preparation/settle.ts";
import { flowsSinceLastClose } from "../preparation/daily-limits.ts";
import {
  cashBefore,
  equityBefore,
  foreignBuysBefore,
  knownForeignOrders,
  powerBefore,
  sharesBefore,
  unsettledBefore,
} from "../outcome/summary.ts";

const HALF = decimal("0.5");
/** Missing cash up to this fraction of the equity needs no proof that it was withdrawn: it may be a fee, or a falling price. */
const SMALL_LOSS = decimal("0.03");
/** Maximum age of the account data before a POST. */
const LOOK_MAX_AGE_MS = 5_000;
/** A block of the account must be shown this long before it stops an execution. */
const BLOCKED_FOR_MS = 3_000;
/** Pause between two checks for missing cash; each costs three requests. */
const CASH_PAUSE_MS = 1_500;
/** Fills that slip in at an order's end are shown within this. */
const ENDED_MAY_FILL_WITHIN_MS = 60_000;
/** What shares were sold for may differ from their known price by this part of it. */
const PRICE_MAY_DIFFER = decimal("0.05");
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

/** Shares still shown this long after their sale were bought externally. */
const SALES_SHOWN_WITHIN_MS = 120_000;

/** The account during an execution: settled before a plan (R16), without external changes before a POST (R24). */
export class AccountWatch {
  readonly #execution: OpenExecution;
  readonly #market: MarketWatch;
  readonly #gate: OrderGate;
  #lookedAt: ClockReading | undefined;
  /** Positions as last shown; `undefined` when only the plan has read them. */
  #held: readonly Position[] | undefined;
  /** Cash shown by the check before a POST; `undefined` when a plan has read the account since, with its own check. */
  #cash: Decimal | undefined;
  #stop: StopReason | undefined;
  /** Since when every reading has shown the account as blocked, monotonic. */
  #blockedSince: number | undefined;
  /** Symbols held in excess of our orders for longer than a fill of ours could be missing. */
  readonly #external = new Set<string>();
  /** What external orders explain of the difference from our fills. */
  #externalFills: ReadonlyMap<string, ExternalFills> = new Map();
  /** Symbols whose shares were reported as gone. */
  readonly #saidGone = new Set<string>();
  /** Times of the next look-ups that could explain a difference, monotonic. */
  #lookUpAt = { earlier: -Infinity, external: -Infinity };
  /** Since when the checks before a POST have shown too little cash, monotonic. */
  #cashMissingSince: number | undefined;
  /** Number of orders when the full buying power was last awaited without success. */
  #waitedForPowerAt: number | undefined;

  /** @param lookedAt start of the snapshot that the plan was made from, if this process made it. */
  constructor(execution: OpenExecution, { market, gate }: Watched, lookedAt: ClockReading | undefined) {
    this.#execution = execution;
    this.#market = market;
    this.#gate = gate;
    this.#lookedAt = lookedAt;
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

  /**
   * A plan is made on this reading, which contains all own fills (R36).
   * @returns `undefined` when it shows that nothing may be planned.
   */
  settledBy(snapshot: AccountSnapshot, readAt: ClockReading): SettledSnapshot | undefined {
    if (this.#touched(snapshot, this.#execution.record()) || this.maySoonStop) return undefined;
    this.#lookedAt = readAt;
    this.#held = snapshot.positions;
    this.#cash = undefined;
    return { snapshot: { ...snapshot, positions: this.#gate.withSellable(snapshot.positions) }, cash: undefined, external: this.#external };
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
        if (!this.#lackedCash(followUpOf)) return true;
      }
      const reads = Promise.all([broker.account(), broker.positions(), broker.openOrders()]);
      const [account, positions, openOrders] = await this.#execution.unlessStopping(reads);
      if (this.#touched({ account, openOrders }, this.#execution.record())) return false;
      if (this.#blockedSince !== undefined) {
        await clock.sleep(BLOCKED_FOR_MS, stopping);
        return false;
      }
      this.#held = positions;
      this.#cash = account.cash;
      await this.#refuseUncovered(orders, followUpOf);
      if (await this.#lacksCash(account.cash)) return false;
      this.#lookedAt = readClocks(clock);
      return true;
    } catch (error) {
      this.#warnOfFailure(`Nothing is sent because the account cannot be read: ${messageOf(error)}`);
      await clock.sleep(SETTLE_PAUSE_MS, stopping);
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
   * account may lag; nothing is sent in the meantime.
   */
  async #lacksCash(shown: Decimal): Promise<boolean> {
    const { clock, stopping } = this.#execution.parts;
    const missing = this.#missingCash(shown);
    if (missing === undefined) {
      this.#cashMissingSince = undefined;
      return false;
    }
    this.#cashMissingSince ??= clock.monotonic();
    if (clock.monotonic() - this.#cashMissingSince < SETTLE_LIMIT_MS) {
      this.#warn(`Nothing is bought yet: ${missing}.`);
      await clock.sleep(CASH_PAUSE_MS, stopping);
    } else this.#stop = { cause: "foreign-hand", reason: `Cash left the account during the execution: ${missing}.` };
    return true;
  }

  /**
   * Whether the last check showed too little cash, given what is known now: an order that could have used it may
   * since be proven never to have arrived. Orders sent since then had not used any cash yet.
   */
  #lackedCash(followUpOf: (intent: IntentRecord) => FollowUp): boolean {
    const lookedAt = this.#lookedAt?.monotonic;
    if (this.#cash === undefined || lookedAt === undefined) return false;
    const own = this.#execution.intents().map((intent): IntentRecord => {
      const { postedAt } = followUpOf(intent);
      const isSince = (isUnderWay(intent) || intent.state === "done") && postedAt !== undefined && postedAt >= lookedAt;
      return isSince ? { ...intent, state: "recorded", filledQuantity: ZERO } : intent;
    });
    return this.#missingCash(this.#cash, own) !== undefined;
  }

  #missingCash(shown: Decimal, own = this.#execution.intents()): string | undefined {
    const record = this.#execution.record();
    const others = { earlierBuys: this.#earlierBuys(), lateFills: this.#lateFills(record), foreignBuys: foreignBuysBefore(record) };
    return missingCash(shown, { own, ...others }, cashBefore(record));
  }

  #expected(record: ExecutionRecord): Expected {
    const expected = withExternalFills(this.#expectedFromOurs(record), this.#externalFills);
    const quantities = new Map([...expected.quantities].filter(([symbol]) => !this.#external.has(symbol)));
    return { ...expected, quantities };
  }

  #expectedFromOurs(record: ExecutionRecord): Expected {
    return expectedAfter([...this.#lateFills(record), ...this.#execution.intents()], cashBefore(record));
  }

  /** Changes not explained by our fills may come from an abandoned order. */
  async #learnOfEarlierOrders(lastChance: boolean): Promise<void> {
    const { broker, ledger, clock } = this.#execution.parts;
    if (!lastChance && clock.monotonic() < this.#lookUpAt.earlier) return;
    this.#lookUpAt.earlier = clock.monotonic() + EARLIER_ORDERS_EVERY_MS;
    const say = (_level: string, text: string): void => this.#warn(text);
    await this.#execution.unlessStopping(settleLateOrders({ broker, ledger, clock, say }));
  }

  /** Changes that stay may come from orders placed by hand after ours. */
  async #learnOfExternalFills(snapshot: AccountSnapshot, expected: Expected): Promise<void> {
    const { broker, clock } = this.#execution.parts;
    if (clock.monotonic() < this.#lookUpAt.external) return;
    this.#lookUpAt.external = clock.monotonic() + EXTERNAL_FILLS_AFTER_MS;
    this.#externalFills = await this.#execution.unlessStopping(explainedByExternalFills(broker, snapshot, expected));
  }

  /**
   * Dollars that shares were worth which the plan counted and which have gone without a fill of ours: sold by hand, or by an
   * order of ours that the venue shows wrongly. What they brought is no deposit.
   */
  #worthOfGone(record: ExecutionRecord, { positions, prices }: AccountSnapshot): Decimal {
    const { ledger } = this.#execution.parts;
    const lines = record.plan?.selling.lines ?? [];
    // What is protected is not in the base, and a split takes shares away without any cash.
    const counted = new Set(lines.filter(({ leftAlone }) => leftAlone !== "protected").map(({ symbol }) => symbol));
    const held = (record.accountBefore?.positions ?? []).filter(
      ({ symbol }) => counted.has(symbol) && ledger.splitsOf(symbol).length === 0,
    );
    const worth = held.map(({ symbol, price }) => {
      const shown = positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
      const gone = max(ZERO, sharesBefore(record, symbol).plus(this.#ownChange(symbol)).minus(shown));
      if (gone.gt(ZERO) && !this.#saidGone.has(symbol)) {
        this.#saidGone.add(symbol);
        this.#warn(`${symbol}: ${gone.toFixed()} shares are gone without an order of ours. What they brought is used.`);
      }
      return gone.times(max(prices.get(symbol)?.trade?.price ?? ZERO, decimal(price ?? "0")));
    });
    return sum(worth);
  }

  /** Shares that orders of this execution have bought of a symbol, less what they sold. */
  #ownChange(symbol: string): Decimal {
    const own = this.#execution.intents().filter((intent) => intent.symbol === symbol);
    return sum(own.map(({ side, filledQuantity }) => (side === "buy" ? filledQuantity : filledQuantity.neg())));
  }

  /**
   * Looked up again before the next plan: orders abandoned as unknown, here or by an earlier execution, and those that
   * have just ended unfilled.
   * @returns whether one of them has filled more than was known.
   */
  async learnOfUnknown(own: readonly IntentRecord[]): Promise<boolean> {
    const { broker, ledger, clock } = this.#execution.parts;
    const say = (_level: string, text: string): void => this.#warn(text);
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
    return inheritable({ broker, ledger, clock, say: (_level, text) => this.#warn(text) });
  }

  /** Buys of earlier executions that may still use cash. */
  #earlierBuys(): IntentRecord[] {
    return this.#execution.parts.ledger.unsettledIntents().filter((intent) => this.#isEarlier(intent) && intent.side === "buy");
  }

  /** Changes by orders of unknown state since the plan: visible in the shares, whatever the clocks say. */
  #lateFills(record: ExecutionRecord): IntentRecord[] {
    const orders = unsettledBefore(record).flatMap((id) => this.#execution.parts.ledger.intent(id) ?? []);
    // An order of this execution may have inherited the id (R19).
    const earlier = orders.filter((intent) => this.#isEarlier(intent));
    return earlier.flatMap((intent) => changeSince(intent, sharesBefore(record, intent.symbol)) ?? []);
  }

  #isEarlier({ executionId }: IntentRecord): boolean {
    return executionId !== this.#execution.id;
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
      const isLast = clock.monotonic() - start >= SETTLE_LIMIT_MS;
      try {
        const snapshot = await this.#read(isLast ? undefined : before, isLast);
        const found = await this.#judged(snapshot, { lastChance: isLast, waited: clock.monotonic() - start });
        if (found === "touched") return undefined;
        const isWhole = before === undefined || isLast;
        if (found !== "unsettled" && isWhole) return found;
        before = found === "unsettled" ? snapshot : undefined;
        if (found !== "unsettled") continue;
      } catch (error) {
        this.#warnOfFailure(`Cannot read the account: ${messageOf(error)}`);
      }
      if (this.maySoonStop) await clock.sleep(BLOCKED_FOR_MS, stopping);
      if (blocked() || stopping.aborted) return undefined;
      await clock.sleep(settlePause(round), stopping);
      round += 1;
    }
  }

  /** @param before an earlier snapshot, to read only what our own orders change (R35). */
  async #read(before: AccountSnapshot | undefined, pricesMayFail = false): Promise<AccountSnapshot> {
    const { broker, assets, clock, ledger } = this.#execution.parts;
    const readAt = readClocks(clock);
    const reads =
      before === undefined
        ? readAccount(broker, assets, clock, symbolsOf(this.#execution.record().wanted), pricesMayFail)
        : readHoldings(broker, clock, before);
    const snapshot = withoutEnded(await this.#execution.unlessStopping(reads), ledger);
    if (before === undefined) this.#market.saw(snapshot.market);
    this.#lookedAt = readAt;
    this.#held = snapshot.positions;
    this.#cash = undefined;
    return { ...snapshot, positions: this.#gate.withSellable(snapshot.positions) };
  }

  async #judged(snapshot: AccountSnapshot, { lastChance, waited }: Waiting): Promise<SettledSnapshot | "touched" | "unsettled"> {
    const record = this.#execution.record();
    if (this.#touched(snapshot, record)) return "touched";
    if (this.#blockedSince !== undefined) return "unsettled";
    const known = this.#expected(record);
    if (unsettled(snapshot, known) !== undefined || isMore(snapshot.account.cash, known)) await this.#learnOfEarlierOrders(lastChance);
    if (waited >= EXTERNAL_FILLS_AFTER_MS && unsettled(snapshot, this.#expected(record)) !== undefined)
      await this.#learnOfExternalFills(snapshot, this.#expectedFromOurs(record));
    const expected = this.#expected(record);
    const missing = unsettled(snapshot, expected);
    const more = this.#withoutDeposit(record, snapshot, expected);
    const external = this.#external;
    const isBehind = this.#isPowerBehind(snapshot, expected, record);
    if (missing === undefined && lastChance && isBehind) this.#waitedForPowerAt = this.#execution.intents().length;
    if (missing === undefined && (lastChance || !isBehind)) return { snapshot, cash: more, external };
    if (missing === undefined || !lastChance) return "unsettled";
    if (!this.#hasFilledRecently() && this.#learnOfExternal(snapshot, expected)) return "unsettled";
    const limit = String(SETTLE_LIMIT_MS / 1_000);
    const text = `After ${limit} s the account still does not show all our fills (${missing}). The lower cash amount is used.`;
    this.#execution.emit({ kind: "doubt", level: "warn", text });
    const cash = expected.cash === undefined ? undefined : min(expected.cash, snapshot.account.cash);
    // Withdrawn cash is rightly not counted, and the target applies to what remains. Soon after a fill of ours the cash
    // may also be on its way: then these buys are not the last ones.
    const isLess =
      !this.#hasFilledRecently() &&
      cash?.eq(snapshot.account.cash) === true &&
      unsettled(snapshot, { ...expected, cash: undefined }) === undefined &&
      (await this.#isWithdrawn(expected.cash?.minus(cash) ?? ZERO, snapshot));
    return { snapshot, cash, external, ...(isLess ? {} : { missing }) };
  }

  /** Much missing cash counts as withdrawn only if the account's activities say so: accounts have been shown empty for minutes. */
  async #isWithdrawn(dollars: Decimal, { account, market }: AccountSnapshot): Promise<boolean> {
    const { broker, stopping } = this.#execution.parts;
    const before = equityBefore(this.#execution.record());
    // What somebody else has bought for it is in the equity.
    const unproven = min(dollars, before.minus(account.equity)).minus(before.times(SMALL_LOSS));
    if (unproven.lte(ZERO)) return true;
    try {
      const flows = await this.#execution.unlessStopping(flowsSinceLastClose(broker, account, market.clock.timestamp));
      return flows.lte(unproven.neg());
    } catch (error) {
      if (stopping.aborted || error instanceof BrokerError) return false;
      throw error;
    }
  }

  /** Cash beyond our fills is a deposit, which is not spent before the next signal (R16). @returns the cash to use instead, if any. */
  #withoutDeposit(record: ExecutionRecord, snapshot: AccountSnapshot, expected: Expected): Decimal | undefined {
    const shown = snapshot.account.cash;
    if (expected.cash === undefined || !isMore(shown, expected)) return undefined;
    const gone = this.#worthOfGone(record, snapshot);
    const cash = expected.cash.plus(gone);
    return isMore(shown, { ...expected, cash: cash.plus(gone.times(PRICE_MAY_DIFFER)) }) ? cash : undefined;
  }

  /**
   * After each order the full buying power is awaited once; from then on half of it is worth an attempt (R20). Without
   * the wait after an attempt, the rest would be bought in ever smaller halves.
   */
  #isPowerBehind(snapshot: AccountSnapshot, expected: Expected, record: ExecutionRecord): boolean {
    return isPowerBehind(snapshot, expected, powerBefore(record), this.#waitedForPowerAt === this.#execution.intents().length ? HALF : ONE);
  }

  /** Our fills are shown within half a minute; any excess after that was bought externally. */
  #learnOfExternal(snapshot: AccountSnapshot, expected: Expected): boolean {
    const beyond = heldBeyond(snapshot, expected).filter((symbol) => !this.#maySeemUnsold(symbol, snapshot));
    for (const symbol of beyond) {
      this.#external.add(symbol);
      this.#warn(`${symbol}: the account holds more shares than our orders explain. They were bought externally and are kept.`);
    }
    return beyond.length > 0;
  }

  /** If the quantity is the same as before our sell, the sale is probably not shown yet, rather than bought back externally. */
  #maySeemUnsold(symbol: string, { positions }: AccountSnapshot): boolean {
    const shown = positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
    const now = this.#execution.parts.clock.now();
    return this.#execution
      .intents()
      .filter((intent) => intent.symbol === symbol && intent.side === "sell" && intent.filledQuantity.gt(ZERO))
      .some(({ heldBefore, updatedAt }) => shown.lte(heldBefore) && Math.abs(now - updatedAt) <= SALES_SHOWN_WITHIN_MS);
  }

  #hasFilledRecently(): boolean {
    const now = this.#execution.parts.clock.now();
    const filled = this.#execution.intents().filter(({ filledQuantity }) => filledQuantity.gt(ZERO));
    return filled.some(({ updatedAt }) => Math.abs(now - updatedAt) <= FILLS_SETTLE_WITHIN_MS);
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
    this.#sawBlocks(reading.account.blocks);
    return this.#stop !== undefined;
  }

  /** One reading may show a passing state of the account: only a later one that says the same stops, and nothing is sent before it. */
  #sawBlocks(blocks: readonly string[]): void {
    const now = this.#execution.parts.clock.monotonic();
    if (blocks.length === 0) this.#blockedSince = undefined;
    else if (this.#blockedSince === undefined) {
      this.#blockedSince = now;
      this.#warn(`The account may not trade: ${blocks.join(", ")}. Nothing is sent until it is read again.`);
    } else if (now - this.#blockedSince >= BLOCKED_FOR_MS)
      this.#stop = { cause: "account-blocked", reason: `The account may no longer trade: ${blocks.join(", ")}.` };
  }

  #warn(text: string): void {
    this.#execution.emit({ kind: "waiting", level: "warn", text });
  }

  #warnOfFailure(text: string): void {
    this.#execution.emit({ kind: "waiting", level: "warn", recurs: true, text });
  }
}
