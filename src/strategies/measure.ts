/** What a rule measures of one symbol. */
export interface Measure {
  readonly kind: "price" | "rsi" | "average" | "cumulative-return" | "mean-return" | "volatility";
  readonly symbol: string;
  /** Days it looks back. */
  readonly days: number;
}

/** The newest close, in dollars. */
export const priceOf = (symbol: string): Measure => ({ kind: "price", symbol, days: 1 });

/** Relative strength index, 0 to 100. */
export const rsiOf = (symbol: string, days: number): Measure => ({ kind: "rsi", symbol, days });

/** Mean of the last closes, in dollars. */
export const averageOf = (symbol: string, days: number): Measure => ({ kind: "average", symbol, days });

/** Change over the given days, in percent. */
export const cumulativeReturnOf = (symbol: string, days: number): Measure => ({ kind: "cumulative-return", symbol, days });

/** Mean daily return, in percent. */
export const meanReturnOf = (symbol: string, days: number): Measure => ({ kind: "mean-return", symbol, days });

/** Yearly volatility, as a fraction. */
export const volatilityOf = (symbol: string, days: number): Measure => ({ kind: "volatility", symbol, days });

/** `RSI(10) of SPY`. */
export function measureName({ kind, symbol, days }: Measure): string {
  switch (kind) {
    case "price":
      return `price of ${symbol}`;
    case "rsi":
      return `RSI(${days}) of ${symbol}`;
    case "average":
      return `SMA(${days}) of ${symbol}`;
    case "cumulative-return":
      return `${days}-day return of ${symbol}`;
    case "mean-return":
      return `mean daily return of ${symbol} over ${days} days`;
    case "volatility":
      return `yearly volatility of ${symbol} over ${days} days`;
  }
}
