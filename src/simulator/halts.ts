/** Trading stops or goes on. */
export interface Halt {
  /** `undefined` for every symbol. */
  readonly symbol: string | undefined;
  readonly halted: boolean;
  readonly cause: "volatility" | "market-wide";
  /** Milliseconds since the epoch. */
  readonly at: number;
}
