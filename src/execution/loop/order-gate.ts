import type { SubmitAnswer } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { min, ZERO, type Decimal } from "../../domain/decimal.ts";

type Refusal = Extract<SubmitAnswer, { kind: "refused" }>;

/**
 * The order gate's last statement about the money for buys (R20). The gate can lag behind the account, so its
 * newest refusal sizes the next buys until a later buy is accepted.
 */
export class OrderGate {
  readonly #clock: Clock;
  #refusal: { readonly refusal: Refusal; readonly amount: Decimal } | undefined;
  #since: number | undefined;
  #newestAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Since when buys have been refused for lack of buying power, monotonic; `undefined` while they are not. */
  get refusedSince(): number | undefined {
    return this.#since;
  }

  refused(intent: IntentRecord, refusal: Refusal): void {
    if (intent.side !== "buy" || refusal.reason !== "insufficient-buying-power") return;
    this.#newestAt = this.#clock.monotonic();
    this.#since ??= this.#newestAt;
    this.#refusal = { refusal, amount: intent.notional ?? intent.worstCaseCost };
  }

  /** @param postedAt monotonic. */
  accepted({ side }: IntentRecord, postedAt: number | undefined): void {
    if (side !== "buy" || postedAt === undefined || postedAt <= this.#newestAt) return;
    this.#refusal = undefined;
    this.#since = undefined;
  }

  /**
   * Total dollars for the next buys: the refusal's buying power, less what the venue adds to an order's amount.
   * @returns `undefined` without a current refusal, or when it gave no figures.
   */
  get spendable(): Decimal | undefined {
    if (this.#refusal === undefined) return undefined;
    const { refusal, amount } = this.#refusal;
    if (refusal.buyingPower === undefined) return undefined;
    const { buyingPower, costBasis } = refusal;
    const counted = costBasis === undefined || costBasis.lte(ZERO) ? buyingPower : buyingPower.times(amount).div(costBasis);
    return min(counted, buyingPower);
  }
}
