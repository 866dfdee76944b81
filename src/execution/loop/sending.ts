import { formatDollars } from "../../domain/format.ts";
import type { IntentRecord, OrderTerms } from "../../domain/ledger/orders.ts";
import { wasSent } from "../../domain/ledger/orders.ts";
import type { OrderLifecycle } from "../orders/order-lifecycle.ts";
import type { Pricer } from "../preparation/pricing.ts";
import { isOfWholeShares } from "../styles/order-terms.ts";
import type { AccountWatch } from "./account-watch.ts";
import type { FollowUp } from "./follow-up.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";

export interface SendingParts {
  readonly market: MarketWatch;
  readonly account: AccountWatch;
  readonly pricer: Pricer;
  readonly orders: OrderLifecycle;
  readonly followUpOf: (intent: IntentRecord) => FollowUp;
  /** Whether something has happened that must be decided first. */
  readonly isBlocked: () => boolean;
}

/** Longest time for which quotes that have just been read may wait for the account. */
const QUOTES_WAIT_MS = 1_500;

/** From a recorded intent to the one that is committed as `posting`: the last checks before a POST. */
export class Sending {
  readonly #execution: OpenExecution;
  readonly #parts: SendingParts;

  constructor(execution: OpenExecution, parts: SendingParts) {
    this.#execution = execution;
    this.#parts = parts;
  }

  /**
   * Checks account, market and quotes, and commits those that can be sent now as `posting`.
   * @returns their ids; each must be sent now. None when anything has to be waited for or decided first.
   */
  async commit(due: readonly string[]): Promise<readonly string[]> {
    const { clock, ledger, stopping } = this.#execution.parts;
    const { market, account, pricer, orders, followUpOf, isBlocked } = this.#parts;
    if (!(await account.lookedRecently(orders, followUpOf))) return [];
    const ids = this.#withoutOldQuotes(due);
    const intents = ids.map((id) => this.#execution.intent(id));
    const toPrice = intents.filter(isPricedNow);
    const toCheck = intents.filter((intent) => this.#goesByTheAsk(intent));
    if (toPrice.length + toCheck.length > 0) {
      if (!(await pricer.isReady([...toPrice, ...toCheck]))) return [];
      // The quotes may have been slow, and the account is old by now. Where it is slow as well, the quotes are old after it.
      const since = clock.monotonic();
      if (!(await account.lookedRecently(orders, followUpOf)) || clock.monotonic() - since > QUOTES_WAIT_MS) return [];
    }
    // The account check may have waited for the rate limit, so the clock may be old by now.
    if (!market.isFresh || isBlocked() || stopping.aborted) return [];
    const terms = this.#termsOf(toPrice);
    for (const intent of toCheck) if (this.#execution.intent(intent.clientOrderId).state === "recorded") pricer.leaveIfTooDear(intent);
    const ready = ids.filter((id) => {
      const intent = this.#execution.intent(id);
      return intent.state === "recorded" && (!isPricedNow(intent) || terms.has(id));
    });
    // One flushed commit for all of them and everything recorded since the last: each extra commit would delay the first order.
    ledger.transaction(() => {
      for (const id of ready) {
        const priced = terms.get(id);
        if (priced !== undefined) ledger.recordTerms(id, priced, clock.now());
        ledger.updateIntent(id, { state: "posting", postedAt: clock.now(), updatedAt: clock.now() });
        const intent = this.#execution.intent(id);
        const { symbol, side } = intent;
        this.#execution.emit({ kind: "post", level: "info", text: `${symbol}: ${side} ${amountText(intent)} sent.`, symbol, intent });
      }
    });
    return ready;
  }

  /** Orders that need no quote, or have a recent one, do not wait for the quotes of others: theirs would be old by then. */
  #withoutOldQuotes(due: readonly string[]): readonly string[] {
    const isOld = (intent: IntentRecord): boolean =>
      (isPricedNow(intent) || this.#goesByTheAsk(intent)) && !this.#parts.pricer.hasRecent(intent);
    const ready = due.filter((id) => !isOld(this.#execution.intent(id)));
    return ready.length === 0 ? due : ready;
  }

  /** A market order for whole shares, bought in a session. */
  #goesByTheAsk(intent: IntentRecord): boolean {
    const isMarket = intent.state === "recorded" && !isPricedNow(intent) && intent.limitPrice === undefined;
    return isMarket && this.#parts.market.isOpen === true && isOfWholeShares(intent);
  }

  #termsOf(toPrice: readonly IntentRecord[]): Map<string, OrderTerms> {
    const { pricer, followUpOf } = this.#parts;
    return new Map(
      toPrice.flatMap((intent) => {
        const terms = intent.state === "recorded" ? pricer.termsFor(intent, followUpOf(intent)) : undefined;
        return terms === undefined ? [] : [[intent.clientOrderId, terms] as const];
      }),
    );
  }
}

function amountText({ quantity, notional, limitPrice }: IntentRecord): string {
  const amount = notional === undefined ? `${quantity?.toFixed() ?? "0"} shares` : formatDollars(notional);
  return limitPrice === undefined ? amount : `${amount} at ${limitPrice.toFixed()} or better`;
}

/**
 * A limit-style order proven never to have been sent is priced or repriced. One that may have been sent
 * keeps the terms it may arrive with.
 */
function isPricedNow(intent: IntentRecord): boolean {
  return intent.goal !== undefined && !wasSent(intent);
}
