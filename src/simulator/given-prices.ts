import { decimal, parseDecimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { readCsv } from "./csv.ts";
import { malformed } from "./refusals.ts";
import { millisOf } from "./timestamps.ts";

const COLUMNS = { required: ["symbol", "time", "price"], optional: [] };
const SECONDS_AFTER_START = /^\+(\d+(?:\.\d{1,3})?)$/;

interface GivenPrice {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly price: Decimal;
}

/** Loaded prices, which replace the moving ones: each holds until the next one, the first also before it. */
export class GivenPrices {
  readonly #series: ReadonlyMap<string, readonly GivenPrice[]>;

  constructor(series: ReadonlyMap<string, readonly GivenPrice[]>) {
    this.#series = series;
  }

  get symbols(): string[] {
    return [...this.#series.keys()];
  }

  /** `undefined` for a symbol without loaded prices. */
  readonly priceAt = (symbol: string, at: number): Decimal | undefined => {
    const series = this.#series.get(symbol);
    if (series === undefined) return undefined;
    let low = 0;
    let high = series.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((series[middle]?.at ?? Infinity) <= at) low = middle;
      else high = middle - 1;
    }
    return series[low]?.price;
  };
}

/**
 * Reads prices from comma-separated values: `symbol`, `time` and `price` in dollars. A time is RFC 3339 with its
 * zone, or `+90` for 90 seconds after `start`.
 * @throws Refusal naming the line and what is wrong with it.
 */
export function readGivenPrices(text: string, start: number): GivenPrices {
  const series = new Map<string, GivenPrice[]>();
  for (const { place, values } of readCsv(text, COLUMNS)) {
    const { symbol = "", time = "", price = "" } = values;
    const at = timeOf(time, start);
    if (at === undefined)
      throw malformed(
        `${place}: time is "${time}"; expected a time with its zone, such as 2025-07-14T09:30:00-04:00, or +90 for seconds after the start`,
      );
    if (parseDecimal(price)?.gt(ZERO) !== true) throw malformed(`${place}: price is "${price}"; expected a number above 0`);
    const own = series.get(symbol) ?? [];
    if (at <= (own.at(-1)?.at ?? -Infinity)) throw malformed(`${place}: ${time} does not come after the price before it of ${symbol}`);
    own.push({ at, price: decimal(price) });
    series.set(symbol, own);
  }
  if (series.size === 0) throw malformed("no price is listed");
  return new GivenPrices(series);
}

function timeOf(text: string, start: number): number | undefined {
  const [, seconds] = SECONDS_AFTER_START.exec(text) ?? [];
  if (seconds !== undefined) return start + Math.round(Number(seconds) * 1_000);
  return text.includes("T") ? millisOf(text) : undefined;
}
