import type { Broker, MarketPrices } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { decimalFromNumber, type Decimal } from "../domain/decimal.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import { marketDate } from "../domain/market-day.ts";
import { judgeSplit, pairCloses, type ExpectedPosition, type UnbookedSplit } from "../portfolio/split.ts";
import type { Book, Holding } from "./book.ts";
import { markOf } from "./fill-price.ts";
import type { EntryOf } from "./entry.ts";

/** Bars of a new split may come late on its day; until then the trading path leaves the symbol alone (R10). */
const ASK_AGAIN_MS = 600_000;
/** Calendar days of bars before the day on which a quantity was counted. */
const SPARE_DAYS = 20;
const DAY_MS = 86_400_000;

/** Finds the splits that the shadow account's quantities do not contain yet, from raw and split-adjusted daily bars. */
export class SplitBooking {
  readonly #live: Pick<Broker, "dailyBars">;
  readonly #clock: Clock;
  /** New York date up to which a quantity is known to contain every split. */
  readonly #provenOn = new Map<string, string>();
  #askedAt = -Infinity;

  constructor(live: Pick<Broker, "dailyBars">, clock: Clock) {
    this.#live = live;
    this.#clock = clock;
  }

  get isDue(): boolean {
    return this.#clock.monotonic() - this.#askedAt >= ASK_AGAIN_MS;
  }

  /** @param book with at least one holding. @param now by the venue's clock. @throws BrokerError */
  async found(book: Book, prices: ReadonlyMap<string, MarketPrices>, now: number): Promise<EntryOf<"split">[]> {
    const today = marketDate(now);
    const holdings = [...book.holdings.values()];
    const bars = await this.#bars(holdings, today);
    this.#askedAt = this.#clock.monotonic();
    return holdings.flatMap((holding) => this.#judged(holding, bars, { prices: prices.get(holding.symbol), today, now }));
  }

  #judged(
    holding: Holding,
    { raw, adjusted }: { readonly raw: DailyBars; readonly adjusted: DailyBars },
    { prices, today, now }: { readonly prices: MarketPrices | undefined; readonly today: string; readonly now: number },
  ): EntryOf<"split">[] {
    const { symbol, quantity } = holding;
    const known = this.#knownOf(holding);
    const mark = prices === undefined ? undefined : markOf(prices);
    const evidence = {
      today,
      held: quantity,
      known,
      previousClose: prices?.previousClose?.price,
      latest: mark === undefined ? [] : [mark],
      recorded: new Map<string, Decimal>(),
    };
    const finding = judgeSplit(evidence, pairCloses(closesIn(raw, symbol), closesIn(adjusted, symbol), today));
    if (finding.kind === "none") this.#provenOn.set(symbol, today);
    return finding.kind === "split-unbooked" ? [entryOf(symbol, finding, now)] : [];
  }

  /** On the day of a proof a split of that day may still be found: its bars may have come after it. */
  #knownOf({ symbol, quantity, countedOn }: Holding): ExpectedPosition {
    const proven = this.#provenOn.get(symbol) ?? "";
    return proven > countedOn ? { session: proven, quantity } : { session: countedOn, quantity, isFilled: true };
  }

  async #bars(holdings: readonly Holding[], today: string): Promise<{ raw: DailyBars; adjusted: DailyBars }> {
    const symbols = holdings.map(({ symbol }) => symbol);
    const oldest = Math.min(...holdings.map((holding) => Date.parse(this.#knownOf(holding).session)));
    const start = new Date(oldest - SPARE_DAYS * DAY_MS).toISOString().slice(0, 10);
    const [raw, adjusted] = await Promise.all([
      this.#live.dailyBars(symbols, start, today, "raw"),
      this.#live.dailyBars(symbols, start, today, "split"),
    ]);
    return { raw, adjusted };
  }
}

function entryOf(symbol: string, { ratio, session }: UnbookedSplit, at: number): EntryOf<"split"> {
  return { kind: "split", at, symbol, ratio, session };
}

function closesIn(bars: DailyBars, symbol: string): Map<string, Decimal> {
  return new Map((bars.get(symbol) ?? []).map(({ session, close }) => [session, decimalFromNumber(close)]));
}
