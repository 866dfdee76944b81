/** What the ledger keeps of a reading of the account; amounts as plain decimal text. */
export interface AccountSummary {
  readonly number: string;
  readonly status: string;
  readonly equity: string;
  readonly lastEquity: string;
  readonly cash: string;
  readonly buyingPower: string;
  readonly at: number;
  readonly positions: readonly {
    readonly symbol: string;
    readonly quantity: string;
    readonly marketValue: string;
    readonly price: string | undefined;
    /** What a share cost on average. */
    readonly averagePrice?: string | undefined;
  }[];
  /** Every observed price, with its time. */
  readonly prices?: readonly PriceSummary[];
  /** Ids of open orders that are not ours. */
  readonly foreignOrders: readonly string[];
  /** Dollars that those of them that buy could still take. */
  readonly foreignBuys?: string;
  /** Client order ids of earlier orders of ours whose end was not known then. */
  readonly unsettled?: readonly string[];
}

/** One observed price; a quote is its middle and names both its sides. */
export interface PriceSummary {
  readonly symbol: string;
  readonly source: "trade" | "quote" | "minute-bar" | "previous-close";
  readonly price: string;
  readonly bid?: string;
  readonly ask?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface OrderSummary {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string | undefined;
  readonly notional: string | undefined;
  readonly estimatedValue: string;
}

export interface LineSummary {
  readonly symbol: string;
  readonly targetWeight: string;
  readonly targetValue: string;
  readonly actualValue: string;
  readonly price: string | undefined;
  readonly action: "sell" | "buy" | "none";
  readonly leftAlone: string | undefined;
  readonly detail: string;
}

export interface PhaseSummary {
  readonly base: string;
  readonly spendable: string;
  readonly reachesTarget: boolean;
  /** What the account did not show of our fills when this was planned, in words. */
  readonly missing?: string | undefined;
  /** Whether buying power, and not cash, bounded the buys. */
  readonly powerIsShort?: boolean;
  /** What explains all of the buying power that is short and will not come by waiting, as a sentence. */
  readonly pledge?: string;
  /** Whether open buys, of whomever, kept some of the cash. */
  readonly isReserved?: boolean;
  /** Dollars that the base may come to when what may have been split is known; missing where it is known. */
  readonly highestBase?: string;
  readonly sells: readonly OrderSummary[];
  readonly buys: readonly OrderSummary[];
  readonly lines: readonly LineSummary[];
}

/** What the first plan of a signal set out to do with one symbol (R33). */
export interface GoalSummary {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** Maximum dollars that the signal may trade of it. */
  readonly most: string;
  /** Dollars a share at that plan; 0 where nothing was held. */
  readonly price: string;
}

/** What the ledger keeps of the plans of one execution: the newest of each phase. */
export interface PlanSummary {
  readonly selling: PhaseSummary;
  /** Missing until the buys have been planned. */
  readonly buying?: PhaseSummary;
  /** Its first sells have left on a reading from before the alert, and may only close positions (R36). */
  readonly isWarm?: true;
  /** From the first plan of the signal; missing in a ledger of an earlier version. */
  readonly goals?: readonly GoalSummary[];
  /** Symbols that have reached their target for this signal. */
  readonly reached?: readonly string[];
  /** Positions that could not be read at the first plan of the signal, which counts them as protected (R34). */
  readonly unread?: readonly string[];
}
