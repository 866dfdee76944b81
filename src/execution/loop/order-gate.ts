import type { Position, SubmitAnswer } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { min, ZERO, type Decimal } from "../../domain/decimal.ts";

type Refusal = Extract<SubmitAnswer, { kind: "refused" }>;

/** A refusal of a sell sizes the sells after it for this long; whether more may be sold then shows only by trying. */
const SELLABLE_FOR_MS = 60_000;

/**
 * The order gate's last statement about the money for buys and the shares to sell (R20). The gate can lag behind the
 * account, so its newest refusal sizes the next orders until a later one is accepted.
 */
export class OrderGate {
  readonly #clock: Clock;
  #refusal: { readonly refusal: Refusal; readonly amount: Decimal } | undefined;
  #since: number | undefined;
  #newestAt = -Infinity;
  /** By symbol: shares that may be sold, as the newest refusal of a sell said. */
  readonly #sellable = new Map<string, { readonly available: Decimal; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Since when buys have been refused for lack of buying power, monotonic; `undefined` while they are not. */
  get refusedSince(): number | undefined {
    return this.#since;
  }

  refused(intent: IntentRecord, refusal: Refusal): void {
    if (intent.side === "sell") this.#refusedSell(intent.symbol, refusal);
    if (intent.side !== "buy" || refusal.reason !== "insufficient-buying-power") return;
    this.#newestAt = this.#clock.monotonic();
    this.#since ??= this.#newestAt;
    this.#refusal = { refusal, amount: intent.notional ?? intent.worstCaseCost };
  }

  /** If nothing at all is available, nothing would show when that ends: all of it is tried, as often as R20 allows. */
  #refusedSell(symbol: string, { reason, available }: Refusal): void {
    if (reason === "insufficient-quantity" && available?.gt(ZERO) === true)
      this.#sellable.set(symbol, { available, at: this.#clock.monotonic() });
    else this.#sellable.delete(symbol);
  }

  /** @param postedAt monotonic. */
  accepted({ side, symbol }: IntentRecord, postedAt: number | undefined): void {
    if (side === "sell") this.#sellable.delete(symbol);
    if (side !== "buy" || postedAt === undefined || postedAt <= this.#newestAt) return;
    this.#refusal = undefined;
    this.#since = undefined;
  }

  /** These positions, with no more available than the newest refusals of their sells said. */
  withSellable(positions: readonly Position[]): readonly Position[] {
    return positions.map((position) => {
      const said = this.#sellable.get(position.symbol);
      if (said === undefined || this.#clock.monotonic() - said.at > SELLABLE_FOR_MS) return position;
      return { ...position, available: min(position.available, said.available) };
    });
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
