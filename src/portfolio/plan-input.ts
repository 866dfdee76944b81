import type { Decimal } from "../domain/decimal.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { PriceObservations } from "./price.ts";
import type { SplitDoubt } from "./split.ts";

/** The account as the planner needs it: one settled reading. */
export interface PlanAccount {
  readonly equity: Decimal;
  /** May be negative. */
  readonly cash: Decimal;
  readonly buyingPower: Decimal;
}

export interface Holding {
  readonly symbol: string;
  /** Negative for a short position. */
  readonly quantity: Decimal;
  /** Not held by open orders. */
  readonly available: Decimal;
  readonly marketValue: Decimal;
  /** `us_equity`, or something that counts as protected (R9). */
  readonly assetClass: string;
  /** What cannot be read of it; it then counts as protected, and its value may be unknown (R34). */
  readonly problem?: string;
}

export interface PlanAsset {
  readonly active: boolean;
  /** False for an active asset: no purchase, but what is held may be sold whole (R12). */
  readonly tradable: boolean;
  /** Of the asset, and fractional trading is not off for the account (R11). */
  readonly fractionable: boolean;
  /** Whether it is fractionable has not been told: whole shares are traded, and what they leave is not final (R33). */
  readonly fractionsUnknown?: boolean;
  /** Why this account may not buy it though it is tradable. */
  readonly purchaseBlock?: string;
}

/** An order that is already working (ours of another execution, or foreign). */
export interface WorkingOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** Whether this program sent it. */
  readonly own: boolean;
  /** The most cash it can still take (buys), in dollars; zero for sells. */
  readonly worstCaseCost: Decimal;
}

export interface PlanSettings {
  /** Fraction of the base that stays cash: 0.01 for 1 %. */
  readonly cashReserve: Decimal;
  /** Dollars. */
  readonly minTradeValue: Decimal;
  /** Fraction of the base: 0.01 for one percentage point. */
  readonly driftBand: Decimal;
  readonly protectedSymbols: ReadonlySet<string>;
  /** `undefined`: every symbol is allowed. */
  readonly allowedSymbols: ReadonlySet<string> | undefined;
  /** Dollars; `undefined`: no limit. */
  readonly maxOrderValue: Decimal | undefined;
  /** Fraction of a run that may be legs that cannot be bought before {@link unbuyableAction} decides (R12). */
  readonly maxUnbuyable: Decimal;
  /** `refuse`: nothing is traded. `exit`: the rest is traded, and their share stays cash. */
  readonly unbuyableAction: "refuse" | "exit";
}

export interface PlanInput {
  /** `selling`: the whole plan, sells and the buys expected after them. `buying`: the sells are over; buys only. */
  readonly phase: "selling" | "buying";
  readonly wanted: RebalanceTarget;
  readonly account: PlanAccount;
  readonly holdings: readonly Holding[];
  /** Every symbol of targets and holdings; `undefined` value or missing: the venue does not know it. */
  readonly assets: ReadonlyMap<string, PlanAsset | undefined>;
  /** Targets whose ticker is gone → the ticker under which the same asset is held. */
  readonly renamed?: ReadonlyMap<string, string>;
  readonly observations: ReadonlyMap<string, PriceObservations>;
  /** Symbols with a split that is not booked, or may be (R10). A missing symbol has been looked into and has none. */
  readonly splits: ReadonlyMap<string, SplitDoubt>;
  readonly workingOrders: readonly WorkingOrder[];
  /** Symbols that this execution may no longer touch (refused, timed out, unknown), with the reason to report. */
  readonly excluded: ReadonlyMap<string, SkipReason>;
  readonly settings: PlanSettings;
  /** Orders of the signal were taken before: what cannot be bought is left out now, and refuses the rest no more (R12). */
  readonly begun?: boolean;
  /** Milliseconds since the epoch; ages of prices are measured against it. */
  readonly now: number;
  /** Prices stamped before it are of an earlier session and confirm nothing. Milliseconds since the epoch. */
  readonly sessionStart: number;
  /**
   * Whether no session is open. Then prices are as old as the last print, not stale: without this
   * every holding would be in doubt each evening, and no dry run or off-hours plan could be made.
   */
  readonly marketClosed?: boolean;
}
