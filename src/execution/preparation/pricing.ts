import type { IntentCode, IntentRecord, OrderTerms } from "../../domain/ledger/orders.ts";
import { wasSent } from "../../domain/ledger/orders.ts";
import type { SkipReason } from "../../portfolio/skip-reason.ts";
import { max, ONE } from "../../domain/decimal.ts";
import { cutShort, filledParts } from "../orders/attempts.ts";
import type { FollowUp } from "../loop/follow-up.ts";
import type { OpenExecution } from "../loop/open-execution.ts";
import type { PricingFacts } from "../styles/order-terms.ts";
import { askTooDear, priceOrder, termsProblem } from "../styles/order-terms.ts";
import type { QuoteBook } from "../styles/quote-book.ts";
import { summariseLeft } from "../outcome/summary.ts";

/** Pause before a symbol without a sane quote is checked again. */
const LOOK_AGAIN_MS = 1_000;

/** Log level for an unsent order; passing causes are planned again. */
const LEVELS: Partial<Record<SkipReason, "info" | "warn">> = { "below-minimum": "info", "price-doubt": "warn" };

/** Prices limit-style orders right before they are sent. */
export class Pricer {
  readonly #execution: OpenExecution;
  readonly #quotes: QuoteBook;

  constructor(execution: OpenExecution, quotes: QuoteBook) {
    this.#execution = execution;
    this.#quotes = quotes;
  }

  /** Whether all data needed to price these orders is available, after at most one request to the venue. */
  isReady(intents: readonly IntentRecord[]): Promise<boolean> {
    return this.#quotes.isRecent(intents.map(({ symbol }) => symbol));
  }

  /** Whether that is known without asking the venue. */
  hasRecent({ symbol }: IntentRecord): boolean {
    return !this.#quotes.isOld(symbol);
  }

  /** Market style: does not send the order yet if the ask has moved away from its planned price (R11). */
  leaveIfTooDear(intent: IntentRecord): void {
    const dear = askTooDear(intent, this.#quotes.of(intent.symbol));
    if (dear !== undefined) this.#leave(intent, "price-doubt", dear);
  }

  /**
   * How an order is sent. Without a sane quote it is checked again later, and after too long it is left alone,
   * with the reason in the plan. Only leaving it alone is recorded here.
   * @returns `undefined` when it is not sent now.
   */
  termsFor(intent: IntentRecord, followUp: FollowUp): OrderTerms | undefined {
    const facts = this.#factsOf(intent, followUp);
    const pricing = priceOrder(facts);
    switch (pricing.kind) {
      case "priced":
        followUp.quoteAwaitedSince = undefined;
        return this.#proven(pricing.terms, facts);
      case "wait":
        this.#await(intent, followUp, pricing.reason);
        return undefined;
      case "leave":
        this.#leave(intent, pricing.leftAlone, pricing.reason);
        return undefined;
    }
  }

  #factsOf(intent: IntentRecord, { quoteAwaitedSince }: FollowUp): PricingFacts {
    const { clock, settings, execution } = this.#execution.parts;
    const all = this.#execution.intents();
    return {
      intent,
      prices: this.#quotes.of(intent.symbol),
      now: this.#quotes.time(),
      settings: execution.limitOrders,
      cutShort: cutShort(intent, all),
      filledParts: filledParts(intent, all),
      waitedMs: quoteAwaitedSince === undefined ? 0 : clock.monotonic() - quoteAwaitedSince,
      minimum: max(settings.minTradeValue, ONE),
    };
  }

  /** Terms that break a rule are a bug in this program and must never reach the broker. */
  #proven(terms: OrderTerms, facts: PricingFacts): OrderTerms {
    const problem = termsProblem(terms, facts);
    if (problem === undefined) return terms;
    throw new Error(`The order ${facts.intent.clientOrderId} breaks a rule and was not sent: ${problem}.`);
  }

  #await(intent: IntentRecord, followUp: FollowUp, reason: string): void {
    const { clock } = this.#execution.parts;
    const first = followUp.quoteAwaitedSince === undefined;
    followUp.quoteAwaitedSince ??= clock.monotonic();
    followUp.notBefore = clock.monotonic() + LOOK_AGAIN_MS;
    const level = first ? "warn" : "debug";
    this.#execution.emit({
      kind: "waiting",
      level,
      symbol: intent.symbol,
      text: `${intent.symbol}: ${reason}; checking again.`,
      intent,
    });
  }

  #leave(intent: IntentRecord, leftAlone: SkipReason & IntentCode, reason: string): void {
    const { ledger, clock } = this.#execution.parts;
    const { symbol, clientOrderId } = intent;
    // One that was sent before may still arrive (R19).
    const end = wasSent(intent) ? ({ state: "abandoned" } as const) : ({ state: "dropped", code: leftAlone } as const);
    ledger.transaction(() => {
      ledger.updateIntent(clientOrderId, { ...end, message: reason, updatedAt: clock.now() });
      const plan = summariseLeft(this.#execution.record(), intent, leftAlone, reason);
      ledger.updateExecution(this.#execution.id, { plan });
    });
    const level = LEVELS[leftAlone] ?? "error";
    this.#execution.emit({ kind: "doubt", level, symbol, text: `${symbol}: the ${intent.side} is not sent: ${reason}.` });
  }
}
