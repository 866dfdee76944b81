import { updateSubAccounts } from "../../src/accounts/bookkeeping.ts";
import type { AccountPosition, SubAccount } from "../../src/accounts/read-sub-accounts.ts";
import { readSubAccounts } from "../../src/accounts/read-sub-accounts.ts";
import { attributionDeltasFor } from "../../src/accounts/attribution-deltas.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import type { StrategyTarget } from "../../src/domain/strategy-target.ts";
import { combinedTargets } from "../../src/domain/strategy-target.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, max, min, roundHalfUp, SHARE_DECIMALS, sum, truncate, ZERO } from "../../src/domain/decimal.ts";
import type { PlanLine, PlannedOrder } from "../../src/portfolio/plan.ts";
import { execution, intent, NOW, signal } from "../ledger/ledger-examples.ts";
import { newLedger } from "../ledger/new-ledger.ts";

export interface RunOfStrategies {
  /** Strategy → symbol → weight; each has half of the account. */
  readonly targets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The part of every order that is filled before the end, and (late) after it; percent. */
  readonly filled: number;
  readonly late: number;
}

/** An account as a broker keeps it, and the real ledger and books beside it. */
export class AccountModel {
  ledger: SqliteLedger = newLedger();
  cash = decimal("100000");
  readonly #positions = new Map<string, { quantity: Decimal; cost: Decimal }>();
  readonly #prices = new Map<string, Decimal>();
  #number = 0;

  constructor(prices: Readonly<Record<string, string>>) {
    for (const [symbol, price] of Object.entries(prices)) this.#prices.set(symbol, decimal(price));
  }

  get positions(): AccountPosition[] {
    return [...this.#positions].map(([symbol, { quantity, cost }]) => ({
      symbol,
      quantity,
      marketValue: quantity.times(this.#price(symbol)),
      averageEntryPrice: cost.div(quantity),
    }));
  }

  subAccounts(): SubAccount[] {
    return readSubAccounts(this.ledger, { cash: this.cash }, this.positions);
  }

  /** Everything held, in whole cents. */
  get equity(): Decimal {
    return this.cash.plus(sum(this.positions.map(({ marketValue }) => marketValue)));
  }

  deposit(dollars: string): void {
    this.cash = this.cash.plus(dollars);
  }

  moves(symbol: string, percent: number): void {
    this.#prices.set(
      symbol,
      roundHalfUp(
        this.#price(symbol)
          .times(String(100 + percent))
          .div("100"),
        4,
      ),
    );
  }

  /** Trades that no strategy has asked for: positive shares are bought. */
  byHand(symbol: string, shares: string): void {
    const quantity = max(decimal(shares), this.#held(symbol).neg());
    this.#trade(symbol, quantity, this.#price(symbol));
  }

  split(symbol: string, ratio: string): void {
    const position = this.#positions.get(symbol);
    if (position === undefined) return;
    this.#positions.set(symbol, { ...position, quantity: truncate(position.quantity.times(ratio), SHARE_DECIMALS) });
    this.#prices.set(symbol, this.#price(symbol).div(ratio));
  }

  /** An execution from its plan to its end, with fills that come in time and fills that come late. */
  run({ targets, filled, late }: RunOfStrategies): void {
    this.#number += 1;
    const id = `run-${String(this.#number)}`;
    const strategyTargets = Object.entries(targets).map(([strategy, weights]): StrategyTarget => {
      const weighted = new Map(Object.entries(weights).map(([symbol, weight]) => [symbol, decimal(weight)]));
      return { strategy, share: decimal("0.5"), basis: "run", signalId: id, generatedAt: NOW, targets: weighted };
    });
    const plan = this.#plan(strategyTargets);
    this.ledger.transaction(() => {
      this.ledger.recordSignal(signal(id, { strategy: Object.keys(targets)[0] ?? "nuclear" }), NOW);
      this.ledger.createExecution(execution(id, id));
      this.ledger.recordStrategyTargets(id, strategyTargets);
      updateSubAccounts(this.ledger);
      this.ledger.recordAttributionDeltas(id, attributionDeltasFor(plan, strategyTargets, this.ledger.bookHoldings(), this.positions));
    });
    const orders = [...plan.sells, ...plan.buys];
    this.ledger.recordIntents(orders.map((order) => this.#intent(id, order)));
    for (const order of orders) this.#fill(id, order, filled);
    this.ledger.transaction(() => {
      this.ledger.updateExecution(id, { begunAt: NOW, finishedAt: NOW + this.#number, phase: "settled", outcome: "incomplete" });
      updateSubAccounts(this.ledger);
    });
    for (const order of orders) this.#fill(id, order, Math.min(100, filled + late));
  }

  restart(): void {
    const image = this.ledger.serialize();
    this.ledger.close();
    this.ledger = openLedgerImage(image);
    updateSubAccounts(this.ledger);
    updateSubAccounts(this.ledger);
  }

  #plan(strategyTargets: readonly StrategyTarget[]): { base: Decimal; lines: PlanLine[]; sells: PlannedOrder[]; buys: PlannedOrder[] } {
    const base = max(ZERO, this.equity).times("0.99");
    const weights = combinedTargets(strategyTargets);
    const symbols = [...new Set([...weights.keys(), ...this.#positions.keys()])].sort();
    const orders = symbols.flatMap((symbol) => {
      const target = truncate((weights.get(symbol) ?? ZERO).times(base).div(this.#price(symbol)), SHARE_DECIMALS);
      const need = target.minus(this.#held(symbol));
      return need.eq(ZERO) ? [] : [orderFor(symbol, need)];
    });
    const lines = symbols.map((symbol) => lineFor(symbol, this.#price(symbol)));
    return { base, lines, sells: orders.filter(({ side }) => side === "sell"), buys: orders.filter(({ side }) => side === "buy") };
  }

  #intent(id: string, { symbol, side, quantity = ZERO }: PlannedOrder): Parameters<SqliteLedger["recordIntents"]>[0][number] {
    return intent(orderId(id, symbol), id, { symbol, side, quantity, heldBefore: this.#held(symbol), fullExit: false });
  }

  /** Up to a part of the order, in percent; the average price moves with the second part. */
  #fill(id: string, { symbol, side, quantity = ZERO }: PlannedOrder, percent: number): void {
    const before = this.ledger.intent(orderId(id, symbol))!;
    const wanted = truncate(quantity.times(String(percent)).div("100"), SHARE_DECIMALS);
    // Somebody may have sold the shares by hand in between; the venue fills no more than there are.
    const more = side === "buy" ? wanted.minus(before.filledQuantity) : min(wanted.minus(before.filledQuantity), this.#held(symbol));
    if (more.lte(ZERO)) return;
    const price = roundHalfUp(this.#price(symbol).times(percent > 50 ? "1.0013" : "0.9991"), 6);
    this.#trade(symbol, side === "buy" ? more : more.neg(), price);
    const filled = before.filledQuantity.plus(more);
    const worth = before.filledQuantity.times(before.filledAveragePrice ?? ZERO).plus(more.times(price));
    const average = roundHalfUp(worth.div(filled), 9);
    this.ledger.updateIntent(before.clientOrderId, { state: "done", filledQuantity: filled, filledAveragePrice: average, updatedAt: NOW });
  }

  #trade(symbol: string, quantity: Decimal, price: Decimal): void {
    if (quantity.eq(ZERO)) return;
    const before = this.#positions.get(symbol) ?? { quantity: ZERO, cost: ZERO };
    const after = before.quantity.plus(quantity);
    const cost = quantity.gt(ZERO) ? before.cost.plus(quantity.times(price)) : before.cost.times(after).div(before.quantity);
    this.cash = this.cash.minus(quantity.times(price));
    if (after.eq(ZERO)) this.#positions.delete(symbol);
    else this.#positions.set(symbol, { quantity: after, cost });
  }

  #held(symbol: string): Decimal {
    return this.#positions.get(symbol)?.quantity ?? ZERO;
  }

  #price(symbol: string): Decimal {
    return this.#prices.get(symbol) ?? decimal("10");
  }
}

function orderId(id: string, symbol: string): string {
  return `${id}-${symbol}`;
}

function orderFor(symbol: string, need: Decimal): PlannedOrder {
  const side = need.gt(ZERO) ? "buy" : "sell";
  return { symbol, side, quantity: need.abs(), estimatedValue: ZERO, worstCaseCost: ZERO, fullExit: false };
}

function lineFor(symbol: string, checkedPrice: Decimal): PlanLine {
  return { symbol, targetWeight: ZERO, targetValue: ZERO, actualValue: ZERO, checkedPrice, action: "none", detail: "" };
}
