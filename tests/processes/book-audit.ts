import type { Ledger } from "../../src/domain/ledger.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { LineRecord } from "../../src/domain/ledger/alert-lines.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { Installation } from "./installation.ts";
import type { WrittenRun } from "./portfolios.ts";

/** `alpaca-trader-<signal>-<phase>-<symbol>-<attempt>` without its attempt: what may be filled once. */
const SLOT = /^(alpaca-trader-([0-9a-f]+)-(?:selling|buying)-[A-Z.]+)-\d+$/;

/** Rounding of a notional order to the ninth decimal of a share, in dollars. */
const ROUNDING = decimal("0.01");

/** Weights in the account may lie this far from the target's after the reserve. */
const TOLERANCE = 0.0101;
const INVESTED = 0.99;

/** Watches the venue's order book from the first order on, and compares it with the ledger at the end. */
export class BookAudit {
  readonly violations: string[] = [];
  readonly #installation: Installation;

  constructor(installation: Installation) {
    this.#installation = installation;
    installation.simulator.exchange.onTradeUpdate(() => this.#look());
  }

  /** What may not be at any moment. */
  #look(): void {
    const { cash, positions } = this.#installation.simulator.exchange.state;
    if (cash.lt(ZERO)) this.#violated(`Cash is ${cash.toFixed()}.`);
    for (const { symbol, quantity } of positions.values())
      if (quantity.lt(ZERO)) this.#violated(`${symbol} is short: ${quantity.toFixed()}.`);
    const open = this.#installation.orders.filter(isOpen);
    for (const { symbol, clientOrderId } of open) {
      const rival = open.find((other) => other.symbol === symbol && other.clientOrderId !== clientOrderId);
      if (rival !== undefined) this.#violated(`${clientOrderId} and ${rival.clientOrderId} were open together.`);
    }
  }

  /** What may not be once all is at rest. */
  conclude(ledger: Ledger, strategy: string, runs: readonly WrittenRun[]): void {
    const orders = this.#installation.orders;
    this.#auditSlots(orders, ledger);
    this.#auditOrderOfSignals(orders, ledger);
    for (const order of orders) this.#auditIntent(order, ledger.intent(order.clientOrderId));
    for (const { id } of ledger.recentExecutions(1_000_000)) for (const intent of ledger.intentsOf(id)) this.#auditOrderOf(intent, orders);
    for (const execution of ledger.openExecutions()) this.#violated(`Execution ${execution.id} is still open in phase ${execution.phase}.`);
    this.#auditLines(ledger, strategy, runs);
    const locked = ledger.unsettledIntents().filter(({ state }) => state === "abandoned");
    if (locked.length === 0) this.#auditTarget(runs.at(-1));
    else this.#auditRefusal(ledger, locked, [...ledger.lines(strategy, runs.at(-1)?.hashes ?? []).values()]);
  }

  /** An order whose fate is not known keeps its symbol locked; then the account may be off target, if it says so. */
  #auditRefusal(ledger: Ledger, locked: readonly IntentRecord[], lines: readonly LineRecord[]): void {
    const [last] = ledger.recentExecutions(1);
    const isTold = lines.length > 0 && lines.every(({ reason }) => reason?.includes("own-order-working"));
    if (!isTold && last?.outcome !== "on-target" && last?.outcome !== "off-target")
      this.#violated(`The last execution ended ${last?.outcome ?? "not at all"}.`);
    for (const { symbol, clientOrderId, recordedAt } of locked) {
      const later = this.#installation.orders.find((order) => order.symbol === symbol && Date.parse(order.createdAt) > recordedAt);
      if (later !== undefined) this.#violated(`${later.clientOrderId} was sent although the fate of ${clientOrderId} was not known.`);
    }
  }

  /** A second order of a slot is for what the first left: together they trade no more than the signal set out to (R33). */
  #auditSlots(orders: readonly OrderRecord[], ledger: Ledger): void {
    const filled = new Map<string, OrderRecord>();
    for (const order of orders) {
      const slot = SLOT.exec(order.clientOrderId)?.[1];
      if (slot === undefined) this.#violated(`The venue holds ${order.clientOrderId}, which is none of our ids.`);
      else if (order.filledQuantity.gt(ZERO)) {
        const other = filled.get(slot);
        const goals = ledger.execution(ledger.intent(order.clientOrderId)?.executionId ?? "")?.plan?.goals ?? [];
        const most = decimal(goals.find(({ symbol }) => symbol === order.symbol)?.most ?? "0");
        const traded = order.filledValue.plus(other?.filledValue ?? ZERO);
        if (other !== undefined && traded.gt(most))
          this.#violated(
            `${other.clientOrderId} and ${order.clientOrderId} were both filled: $${traded.toFixed(2)} of at most $${most.toFixed(2)}.`,
          );
        filled.set(slot, order);
      }
    }
  }

  /** No execution begins on a run older than one that has begun already. */
  #auditOrderOfSignals(orders: readonly OrderRecord[], ledger: Ledger): void {
    let newest = 0;
    // An order may have inherited the id of one of an older run (R19).
    const signals = orders.map(({ clientOrderId }) => {
      const execution = ledger.execution(ledger.intent(clientOrderId)?.executionId ?? "");
      return execution?.signalId ?? SLOT.exec(clientOrderId)?.[2] ?? "";
    });
    for (const id of new Set(signals)) {
      const generatedAt = ledger.signal(id)?.signal.generatedAt;
      if (generatedAt === undefined) this.#violated(`The ledger does not know signal ${id}, for which there are orders.`);
      else if (generatedAt < newest) this.#violated(`Signal ${id} was begun after a newer one.`);
      else newest = generatedAt;
    }
  }

  #auditIntent(order: OrderRecord, intent: IntentRecord | undefined): void {
    const id = order.clientOrderId;
    if (intent === undefined) {
      this.#violated(`The venue holds ${id}, which the ledger never recorded.`);
      return;
    }
    const asked =
      intent.symbol === order.symbol &&
      intent.side === order.side &&
      same(intent.quantity, order.quantity) &&
      same(intent.notional, order.notional);
    if (!asked) this.#violated(`${id} is another order at the venue than in the ledger.`);
    if (!intent.filledQuantity.eq(order.filledQuantity))
      this.#violated(
        `${id} was filled with ${order.filledQuantity.toFixed()}, but the ledger says ${intent.filledQuantity.toFixed()} (${intent.state}).`,
      );
    if (order.notional !== undefined && order.filledValue.gt(order.notional.plus(ROUNDING)))
      this.#violated(`${id} cost ${order.filledValue.toFixed()}, more than its ${order.notional.toFixed()}.`);
  }

  #auditOrderOf(intent: IntentRecord, orders: readonly OrderRecord[]): void {
    const known = orders.some(({ clientOrderId }) => clientOrderId === intent.clientOrderId);
    if (intent.state === "done" && !known) this.#violated(`The ledger has ${intent.clientOrderId} as done, but the venue never held it.`);
    if (["open", "posting", "unknown"].includes(intent.state))
      this.#violated(`The ledger still has ${intent.clientOrderId} as ${intent.state}.`);
  }

  #auditLines(ledger: Ledger, strategy: string, runs: readonly WrittenRun[]): void {
    const hashes = runs.flatMap((run) => run.hashes);
    const known = ledger.lines(strategy, hashes);
    for (const hash of hashes) {
      const verdict = known.get(hash)?.verdict;
      if (verdict === undefined || verdict === "accepted" || verdict === "waiting")
        this.#violated(`The line ${hash.slice(0, 12)} has ${verdict === undefined ? "no verdict" : `only the verdict ${verdict}`}.`);
    }
  }

  #auditTarget(last: WrittenRun | undefined): void {
    const { weights } = this.#installation;
    for (const [symbol, weight] of last?.weights ?? []) {
      const held = weights.get(symbol) ?? 0;
      if (Math.abs(held - weight * INVESTED) > TOLERANCE)
        this.#violated(`At the end ${symbol} makes up ${held.toFixed(4)} of the account, not ${weight.toFixed(3)}.`);
    }
    for (const symbol of weights.keys()) if (last?.weights.has(symbol) !== true) this.#violated(`At the end ${symbol} is still held.`);
  }

  #violated(text: string): void {
    if (!this.violations.includes(text)) this.violations.push(text);
  }
}

function same(one: { toFixed(): string } | undefined, other: { toFixed(): string } | undefined): boolean {
  return one?.toFixed() === other?.toFixed();
}
