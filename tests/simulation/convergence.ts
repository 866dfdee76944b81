import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen, reservedValue } from "../../src/simulator/orders.ts";
import { baseOf, isMet, legsOf, RESERVE, textOf } from "./distance.ts";
import type { Leg } from "./distance.ts";
import type { Scenario } from "./scenario.ts";

export interface ConvergenceParts {
  readonly exchange: Exchange;
  readonly scenario: Scenario;
  readonly targets: ReadonlyMap<string, number>;
  /** Monotonic: when the last signal was written. */
  readonly writtenAt: number;
  /** Until when anything in the world has stood in the way so far, monotonic. */
  readonly obstructedUntil: () => number;
  /** Whether something that lasts keeps this symbol from its target. */
  readonly touches: (symbol: string) => boolean;
  /** Whether the symbol has just now no price by which a quantity could be decided. */
  readonly isInDoubt: (symbol: string) => boolean;
  /** Whether the prices shown of the holdings contradict the equity just now. */
  readonly sumsDisagree: () => boolean;
  /** The price that a thin feed shows; `undefined` where it shows the true one. */
  readonly shownPrice: (symbol: string) => number | undefined;
  /** Dollars that were paid in since the signal, which its target may or may not count. */
  readonly cameIn: () => number;
  /** Dollars that an order keeps which is not in the venue's book. */
  readonly reserves: () => number;
  /** Whether a symbol counts as protected. */
  readonly guards: (symbol: string) => boolean;
}

const PRICE_MOVES = 0.03;
const WHOLE_SHARE = 1.05;
/** A holding that stays, and is worth more than this part of the base, decides about every target (R9). */
const LARGE_HOLDING = 0.2;
/** Cash that comes in is shown within this long. */
const SHOWN_WITHIN_MS = 30_000;

/**
 * Follows the account, look by look, from the last signal to its target, by the venue's own book and by
 * nothing that the program says (P5). A symbol that has come to its target once is not traded again (R33),
 * so that it may drift away from it afterwards.
 */
export class Convergence {
  readonly #parts: ConvergenceParts;
  readonly #reached = new Set<string>();
  #reachedAt: number | undefined;
  #obstructedUntil: number;

  constructor(parts: ConvergenceParts) {
    this.#parts = parts;
    this.#obstructedUntil = parts.writtenAt;
  }

  look(now: number): void {
    const legs = this.#legs();
    for (const leg of [...legs, ...this.#legsBefore()]) if (isMet(leg) || this.#isMetAsShown(leg)) this.#reached.add(leg.symbol);
    const isObstructed =
      this.#hasOldOrders() || this.#parts.sumsDisagree() || legs.some((leg) => !this.#reached.has(leg.symbol) && this.#lacksPrice(leg));
    this.#obstructedUntil = Math.max(this.#obstructedUntil, this.#parts.obstructedUntil(), isObstructed ? now : -Infinity);
    if (legs.some(({ symbol }) => !this.#reached.has(symbol))) this.#reachedAt = undefined;
    else this.#reachedAt ??= now;
  }

  /** When every symbol had come to its target, monotonic. */
  get reachedAt(): number | undefined {
    return this.#reachedAt;
  }

  /** When the last obstacle of the world had gone, or now while there is one. */
  get obstructedUntil(): number {
    return this.#obstructedUntil;
  }

  /** What is not there yet, for a person. */
  get missing(): string {
    return this.#open().map(textOf).join("; ");
  }

  /**
   * Whether what lasts in the world explains all that is missing: nothing is held too much of that it does not touch,
   * and no more cash is idle than what it touches would take.
   * @param unsettled orders of ours whose end the program does not know.
   */
  isExplained(unsettled: readonly IntentRecord[]): boolean {
    const { exchange, touches } = this.#parts;
    const unknown = this.#unknownOf(unsettled);
    const isTouched = (symbol: string): boolean => touches(symbol) || unknown.some((intent) => intent.symbol === symbol);
    const legs = this.#legs();
    const untouched = this.#open().filter(({ symbol }) => !isTouched(symbol));
    if (untouched.some(({ value, target }) => value > target)) return false;
    if (untouched.length === 0) return true;
    const unknownBuys = unknown.filter(({ side }) => side === "buy");
    const reservedFor = (symbol: string): number =>
      unknownBuys.reduce((total, intent) => (intent.symbol === symbol ? total + Number(intent.worstCaseCost.toFixed()) : total), 0);
    const touched = new Set([...legs.map(({ symbol }) => symbol), ...unknownBuys.map(({ symbol }) => symbol)].filter(isTouched));
    const wanting = [...touched].map((symbol) => {
      const leg = legs.find((each) => each.symbol === symbol);
      return Math.max(leg === undefined ? 0 : leg.target - leg.value, reservedFor(symbol), 0);
    });
    const orders = [...exchange.state.orders.values()].filter(isOpen).map((order) => Number(reservedValue(order).toFixed()));
    const rests = legs.filter(({ isWhole }) => isWhole).map(({ symbol }) => Number(exchange.valueOf(symbol).toFixed()) * WHOLE_SHARE);
    const base = baseOf(exchange, this.#isGuarded);
    // What the cash would buy of each may be too little for an order.
    const tooSmall = untouched.map(() => Number(this.#parts.scenario.settings.minTradeValue.toFixed()));
    const bound = [...wanting, ...orders, ...rests, ...tooSmall].reduce(
      (total, each) => total + each,
      base * (RESERVE + PRICE_MOVES) + this.#parts.reserves() + this.#cameIn(),
    );
    return Number(exchange.state.cash.toFixed()) <= bound;
  }

  /** The symbols that are not at their target, for which something in the world is the reason. */
  openAndTouched(): string[] {
    return this.#open()
      .map(({ symbol }) => symbol)
      .filter(this.#parts.touches);
  }

  /** The part of the run, from 0 to 1, whose symbols something keeps from being bought: all of it where the base is a debt. */
  get touchedShare(): number {
    if (baseOf(this.#parts.exchange, this.#isGuarded) < 0) return 1;
    return [...this.#parts.targets].reduce((total, [symbol, weight]) => (this.#parts.touches(symbol) ? total + weight : total), 0);
  }

  /** Of those whose end the program does not know, those that never came to the venue: nobody does. */
  #unknownOf(unsettled: readonly IntentRecord[]): IntentRecord[] {
    const arrived = new Set([...this.#parts.exchange.state.orders.values()].map(({ clientOrderId }) => clientOrderId));
    return unsettled.filter(({ clientOrderId }) => !arrived.has(clientOrderId));
  }

  /** A full exit and a buy in dollars need none (R10); a limit order always does. */
  #lacksPrice({ symbol, value, target, isWhole }: Leg): boolean {
    const { isInDoubt, scenario } = this.#parts;
    const isLarge = target > 0 && value > LARGE_HOLDING * baseOf(this.#parts.exchange, this.#isGuarded);
    const decides = isLarge || isWhole || (target > 0 && value > target) || scenario.execution.style === "limit";
    return decides && isInDoubt(symbol);
  }

  /** The program knows no better price than the one that the feed shows. */
  #isMetAsShown(leg: Leg): boolean {
    const { shownPrice, exchange } = this.#parts;
    const shown = shownPrice(leg.symbol);
    return shown !== undefined && isMet({ ...leg, value: (leg.value * shown) / Number(exchange.valueOf(leg.symbol).toFixed()) });
  }

  #open(): Leg[] {
    return this.#legs().filter(({ symbol }) => !this.#reached.has(symbol));
  }

  #legs(): Leg[] {
    const { targets, exchange, scenario, guards } = this.#parts;
    const legs = legsOf(targets, exchange, scenario, guards);
    const cameIn = this.#cameIn();
    return legs.map((leg) => ({ ...leg, allowed: leg.allowed + (targets.get(leg.symbol) ?? 0) * cameIn }));
  }

  /** As the program saw them on a reading from before the alert (R36), when all rows of the account could be read. */
  #legsBefore(): Leg[] {
    const { targets, exchange, scenario, guards } = this.#parts;
    if (!scenario.execution.warmSnapshot) return [];
    return legsOf(targets, exchange, scenario).filter(({ symbol }) => !guards(symbol));
  }

  readonly #isGuarded = (symbol: string): boolean => {
    const { protectedSymbols, allowedSymbols } = this.#parts.scenario.settings;
    return protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false || this.#parts.guards(symbol);
  };

  /** Dollars that were paid in since the signal, or that the owner's sale of what is protected brought: a deposit to the plan (R16). */
  #cameIn(): number {
    const { exchange, cameIn } = this.#parts;
    const sold = [...exchange.state.orders.values()].filter(
      (order) =>
        order.side === "sell" &&
        !isOwnOrder(order) &&
        this.#isGuarded(order.symbol) &&
        this.#sinceSignal(order.updatedAt) > -SHOWN_WITHIN_MS,
    );
    return sold.reduce((total, { filledValue }) => total + Number(filledValue.toFixed()), cameIn());
  }

  #hasOldOrders(): boolean {
    return [...this.#parts.exchange.state.orders.values()].some(
      (order) => isOpen(order) && isOwnOrder(order) && this.#sinceSignal(order.submittedAt) < 0,
    );
  }

  /** Milliseconds from the signal to a stamp of the venue; negative for what was before it. */
  #sinceSignal(stamp: string): number {
    const { exchange, writtenAt } = this.#parts;
    return exchange.clock.monotonic() - writtenAt - (exchange.clock.now() - Date.parse(stamp));
  }
}
