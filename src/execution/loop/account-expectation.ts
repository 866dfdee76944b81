import { BrokerError } from "../../domain/broker.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, sum, ZERO } from "../../domain/decimal.ts";
import { formatDollars } from "../../domain/format.ts";
import type { ExecutionRecord } from "../../domain/ledger/executions.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { cashBefore, equityBefore, foreignBuysBefore, sharesBefore, unsettledBefore } from "../outcome/summary.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";
import { flowsSinceLastClose } from "../preparation/daily-limits.ts";
import type { ExternalFills } from "../preparation/external-fills.ts";
import { EXTERNAL_FILLS_AFTER_MS, explainedByExternalFills, withExternalFills } from "../preparation/external-fills.ts";
import { paidSince } from "../preparation/payments.ts";
import type { Expected } from "../preparation/settle.ts";
import {
  changeSince,
  expectedAfter,
  FILLS_SETTLE_WITHIN_MS,
  heldBeyond,
  isExplainedBy,
  isMore,
  isUnderWay,
  mayBeUsed,
  missingCash,
  unshownBuys,
  waitingCost,
} from "../preparation/settle.ts";
import type { FollowUp } from "./follow-up.ts";
import type { OpenExecution } from "./open-execution.ts";

/** Missing cash up to this fraction of the equity needs no proof that it was withdrawn: it may be a fee, or a falling price. */
const SMALL_LOSS = decimal("0.03");
/** What shares were sold for may differ from their known price by this part of it. */
const PRICE_MAY_DIFFER = decimal("0.05");
/** Shares still shown this long after their sale were bought externally. */
const SALES_SHOWN_WITHIN_MS = 120_000;

/** What the account must show by now: our own fills, late fills of earlier orders, and what others are known to have done (R16, R24). */
export class AccountExpectation {
  readonly #execution: OpenExecution;
  /** Symbols held in excess of our orders for longer than a fill of ours could be missing. */
  readonly #external = new Set<string>();
  /** What external orders explain of the difference from our fills. */
  #externalFills: ReadonlyMap<string, ExternalFills> = new Map();
  /** Symbols whose shares were reported as gone. */
  readonly #saidGone = new Set<string>();
  /** Dollars more than in the reading that the sells were planned on, as the one sent with them shows. */
  #came = ZERO;
  /** Cash at the last plan, which contained all fills of the orders until then. */
  #planned: { readonly cash: Decimal; readonly own: readonly IntentRecord[]; readonly paid: Decimal } | undefined;
  /** When external orders may be looked up again, monotonic. */
  #lookUpAt = -Infinity;
  /** Dollars that were paid out since the plan, less what was paid in, as the account's activities prove; never positive. */
  #paid = ZERO;
  /** When the activities may be read again, monotonic. */
  #readPaidAt = -Infinity;

  constructor(execution: OpenExecution) {
    this.#execution = execution;
  }

  /** Symbols bought externally in the meantime. */
  get external(): ReadonlySet<string> {
    return this.#external;
  }

  /** @param dollars more than in the reading that the sells were planned on; it may also be what the first of them brought. */
  cameBefore(dollars: Decimal): void {
    this.#came = max(ZERO, dollars);
  }

  /** @param cash as shown, in dollars, in a reading that contains all our fills. */
  planned(cash: Decimal): void {
    this.#planned = { cash, own: this.#execution.intents(), paid: this.#paid };
  }

  /**
   * Remembers cash that contains all our fills.
   * @param shown in dollars.
   * @param counted what would be planned with instead of it.
   * @returns what is there for certain, if that is less: our latest buys may not be shown yet, and others have changed the cash (R16, R24).
   */
  certainCash(shown: Decimal, counted: Decimal | undefined, expected: Expected): Decimal | undefined {
    const unshown = this.#unshownBuys(shown);
    if (unshown.eq(ZERO)) this.planned(shown);
    const certain = max(ZERO, shown.minus(unshown));
    return isMore(counted ?? shown, { ...expected, cash: certain }) ? certain : undefined;
  }

  #unshownBuys(cash: Decimal, own = this.#execution.intents()): Decimal {
    const before = this.#planned ?? { cash: cashBefore(this.#execution.record()), own: [], paid: ZERO };
    const [now, then] = [expectedAfter(own, before.cash), expectedAfter(before.own, ZERO)];
    const expected = { ...now, cash: then.cash && now.cash?.minus(then.cash).plus(this.#paid).minus(before.paid) };
    return unshownBuys(cash, own, expected, this.#execution.parts.clock.now());
  }

  /** Whether the buys that wait would spend cash which may be spent already. */
  mayOverspend(cash: Decimal, own = this.#execution.intents()): boolean {
    const toBuy = waitingCost(own);
    return toBuy.gt(ZERO) && cash.minus(this.#unshownBuys(cash, own)).lt(toBuy);
  }

  /** Quantities and cash after our fills, and after what is known of external ones and of money paid out. */
  of(record: ExecutionRecord): Expected {
    const expected = this.#afterFills(record);
    const quantities = new Map([...expected.quantities].filter(([symbol]) => !this.#external.has(symbol)));
    return { ...expected, quantities, cash: expected.cash?.plus(this.#paid) };
  }

  #afterFills(record: ExecutionRecord): Expected {
    return withExternalFills(this.#afterOwnFills(record), this.#externalFills);
  }

  #afterOwnFills(record: ExecutionRecord): Expected {
    return expectedAfter([...this.#lateFills(record), ...this.#execution.intents()], cashBefore(record));
  }

  /** Which cash the plan counted and the account does not show, in words; `undefined` when there is none. */
  missingCash(shown: Decimal, own = this.#execution.intents()): string | undefined {
    const record = this.#execution.record();
    const others = { earlierBuys: this.#earlierBuys(), lateFills: this.#lateFills(record), foreignBuys: foreignBuysBefore(record) };
    return missingCash(shown, { own, ...others }, cashBefore(record)?.plus(this.#paid));
  }

  /**
   * Whether the last check showed too little cash, given what is known now: an order that could have used it may
   * since be proven never to have arrived. Orders sent since then had not used any cash yet.
   * @param cash what it showed.
   * @param lookedAt when, monotonic.
   */
  lackedCash(cash: Decimal, lookedAt: number, followUpOf: (intent: IntentRecord) => FollowUp): boolean {
    const own = this.#execution.intents().map((intent): IntentRecord => {
      const { postedAt } = followUpOf(intent);
      const isSince = (isUnderWay(intent) || intent.state === "done") && postedAt !== undefined && postedAt >= lookedAt;
      return isSince ? { ...intent, state: "recorded", filledQuantity: ZERO } : intent;
    });
    return this.missingCash(cash, own) !== undefined || this.mayOverspend(cash, own);
  }

  /** Cash beyond our fills is a deposit, which is not spent before the next signal (R16). @returns the cash to use instead, if any. */
  withoutDeposit(record: ExecutionRecord, snapshot: AccountSnapshot, expected: Expected): Decimal | undefined {
    const shown = snapshot.account.cash;
    if (expected.cash === undefined || !isMore(shown, expected)) return undefined;
    const gone = this.#worthOfGone(record, snapshot);
    const cash = expected.cash.plus(gone).plus(this.#cameBeforeSells(shown.minus(expected.cash), expected));
    return isMore(shown, { ...expected, cash: cash.plus(gone.times(PRICE_MAY_DIFFER)) }) ? cash : undefined;
  }

  /**
   * Cash that is missing was paid out, where the account's activities show payments since the plan that explain it to the
   * dollar: a withdrawal, or a fee. From then on it is not expected any more.
   * @returns whether more of it is known than before.
   */
  async learnOfPayments({ account, market }: Pick<AccountSnapshot, "account" | "market">): Promise<boolean> {
    const { broker, clock } = this.#execution.parts;
    const record = this.#execution.record();
    const at = record.accountBefore?.at;
    if (at === undefined || clock.monotonic() < this.#readPaidAt) return false;
    this.#readPaidAt = clock.monotonic() + EXTERNAL_FILLS_AFTER_MS;
    const paid = await this.#execution.unlessStopping(paidSince(broker, at, market));
    const used = mayBeUsed({ own: this.#execution.intents(), earlierBuys: this.#earlierBuys(), foreignBuys: foreignBuysBefore(record) });
    if (!paid.lt(this.#paid) || !isExplainedBy(paid, account.cash, this.#afterFills(record), used)) return false;
    const text = `${formatDollars(paid.neg())} was paid out of the account since it was planned for. The targets apply to what remains.`;
    this.#execution.emit({ kind: "doubt", level: "warn", text });
    this.#paid = paid;
    return true;
  }

  /** Much missing cash counts as withdrawn only if the account's activities say so: accounts have been shown empty for minutes. */
  async isWithdrawn(dollars: Decimal, { account, market }: AccountSnapshot): Promise<boolean> {
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

  /** Changes that stay may come from orders placed by hand after ours. */
  async learnOfExternalFills(snapshot: AccountSnapshot): Promise<void> {
    const { broker, clock } = this.#execution.parts;
    if (clock.monotonic() < this.#lookUpAt) return;
    this.#lookUpAt = clock.monotonic() + EXTERNAL_FILLS_AFTER_MS;
    const expected = this.#afterOwnFills(this.#execution.record());
    this.#externalFills = await this.#execution.unlessStopping(explainedByExternalFills(broker, snapshot, expected));
  }

  /** Our fills are shown within half a minute; any excess after that was bought externally. */
  learnOfExternal(snapshot: AccountSnapshot, expected: Expected): boolean {
    const beyond = heldBeyond(snapshot, expected).filter((symbol) => !this.#maySeemUnsold(symbol, snapshot));
    for (const symbol of beyond) {
      this.#external.add(symbol);
      this.#execution.warn(`${symbol}: the account holds more shares than our orders explain. They were bought externally and are kept.`);
    }
    return beyond.length > 0;
  }

  hasFilledRecently(): boolean {
    const now = this.#execution.parts.clock.now();
    const filled = this.#execution.intents().filter(({ filledQuantity }) => filledQuantity.gt(ZERO));
    return filled.some(({ updatedAt }) => Math.abs(now - updatedAt) <= FILLS_SETTLE_WITHIN_MS);
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
   * What of a deposit was there as the first sells left. The reading that was sent with them shows that, and what the first few
   * of them had brought by then.
   */
  #cameBeforeSells(deposit: Decimal, expected: Expected): Decimal {
    const isAll = (came: Decimal): boolean => !isMore(came.minus(deposit).abs(), { ...expected, cash: ZERO });
    let came = this.#came;
    for (const brought of this.#proceeds()) {
      if (isAll(came)) return came;
      came = came.minus(brought);
    }
    if (isAll(came)) return came;
    return isMore(this.#came, { ...expected, cash: deposit }) ? ZERO : this.#came;
  }

  /** Dollars that each of our sells has brought, in the order in which they were filled. */
  #proceeds(): Decimal[] {
    const filled = this.#execution.intents().filter(({ side, filledQuantity }) => side === "sell" && filledQuantity.gt(ZERO));
    const inOrder = filled.toSorted((one, other) => (one.filledAt ?? one.updatedAt) - (other.filledAt ?? other.updatedAt));
    return inOrder.map(({ filledQuantity, filledAveragePrice }) => filledQuantity.times(filledAveragePrice ?? ZERO));
  }

  /**
   * Dollars that shares were worth which the plan counted and which have gone without a fill of ours: sold by hand, or by an
   * order of ours that the venue shows wrongly. What they brought is no deposit.
   */
  #worthOfGone(record: ExecutionRecord, { positions, prices }: AccountSnapshot): Decimal {
    const { ledger } = this.#execution.parts;
    const lines = record.plan?.selling.lines ?? [];
    // What is protected is not in the base, and a split that is booked meanwhile takes shares away without any cash.
    const isSplit = (symbol: string): boolean =>
      ledger.splitsOf(symbol).some(({ bookedAt }) => bookedAt === undefined || bookedAt > record.startedAt);
    const counted = new Set(lines.filter(({ leftAlone }) => leftAlone !== "protected").map(({ symbol }) => symbol));
    const held = (record.accountBefore?.positions ?? []).filter(({ symbol }) => counted.has(symbol) && !isSplit(symbol));
    const worth = held.map(({ symbol, price }) => {
      const shown = positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
      const gone = max(ZERO, sharesBefore(record, symbol).plus(this.#ownChange(symbol)).minus(shown));
      if (gone.gt(ZERO) && !this.#saidGone.has(symbol)) {
        this.#saidGone.add(symbol);
        this.#execution.warn(`${symbol}: ${gone.toFixed()} shares are gone without an order of ours. What they brought is used.`);
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

  /** If the quantity is the same as before our sell, the sale is probably not shown yet, rather than bought back externally. */
  #maySeemUnsold(symbol: string, { positions }: AccountSnapshot): boolean {
    const shown = positions.find((position) => position.symbol === symbol)?.quantity ?? ZERO;
    const now = this.#execution.parts.clock.now();
    return this.#execution
      .intents()
      .filter((intent) => intent.symbol === symbol && intent.side === "sell" && intent.filledQuantity.gt(ZERO))
      .some(({ heldBefore, updatedAt }) => shown.lte(heldBefore) && Math.abs(now - updatedAt) <= SALES_SHOWN_WITHIN_MS);
  }
}
