import type { Decimal } from "../domain/decimal.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { PriceObservations } from "./price.ts";
import type { SplitDoubt } from "./split.ts";

/** The planner's view of the account: one settled snapshot. */
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
  /** `us_equity`; anything else counts as protected (R9). */
  readonly assetClass: string;
  /** Which part cannot be read; the position then counts as protected, and its value may be unknown (R34). */
  readonly problem?: string;
}

export interface PlanAsset {
  readonly active: boolean;
  /** False for an active asset: it cannot be bought, but a position may be sold completely (R12). */
  readonly tradable: boolean;
  /** The asset is fractionable, and fractional trading is not off for the account (R11). */
  readonly fractionable: boolean;
  /** Whether it is fractionable is unknown: whole shares are traded, and the rest is not final (R33). */
  readonly fractionsUnknown?: boolean;
  /** Why this account may not buy it although it is tradable. */
  readonly purchaseBlock?: string;
}

/** An order that is already open (from another execution of ours, or external). */
export interface WorkingOrder {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  /** Whether this program sent it. */
  readonly own: boolean;
  /** Maximum cash a buy can still use, in dollars; zero for sells. */
  readonly worstCaseCost: Decimal;
}

export interface PlanSettings {
  /** Fraction of the base kept in cash: 0.01 for 1 %. */
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
  /** Maximum fraction of a run in legs that cannot be bought; above it {@link unbuyableAction} applies (R12). */
  readonly maxUnbuyable: Decimal;
  /** `refuse`: nothing is traded. `exit`: the rest is traded, and their share stays in cash. */
  readonly unbuyableAction: "refuse" | "exit";
}

export interface PlanInput {
  /** `selling`: the whole plan, sells and the buys expected after them. `buying`: the sells are done; buys only. */
  readonly phase: "selling" | "buying";
  readonly wanted: RebalanceTarget;
  readonly account: PlanAccount;
  readonly holdings: readonly Holding[];
  /** Every symbol of targets and positions; `undefined` or missing: unknown to the venue. */
  readonly assets: ReadonlyMap<string, PlanAsset | undefined>;
  /** Targets whose ticker is gone → the ticker under which the same asset is held. */
  readonly renamed?: ReadonlyMap<string, string>;
  readonly observations: ReadonlyMap<string, PriceObservations>;
  /** Symbols with an unbooked or suspected split (R10). A missing symbol was checked and has none. */
  readonly splits: ReadonlyMap<string, SplitDoubt>;
  readonly workingOrders: readonly WorkingOrder[];
  /** Symbols that this execution must no longer trade (refused, timed out, unknown), with the reason to report. */
  readonly excluded: ReadonlyMap<string, SkipReason>;
  readonly settings: PlanSettings;
  /** Orders of the signal were accepted before: legs that cannot be bought are left out and no longer refuse the plan (R12). */
  readonly begun?: boolean;
  /** Dollars that the signal may still buy of a symbol (R33): a larger buy is cut to them. A missing symbol has no such bound. */
  readonly mayBuy?: ReadonlyMap<string, Decimal>;
  /** Milliseconds since the epoch; ages of prices are measured against it. */
  readonly now: number;
  /** Prices with an earlier stamp are from an earlier session and confirm nothing. Milliseconds since the epoch. */
  readonly sessionStart: number;
  /**
   * Whether no session is open. Prices are then as old as the last print, and not stale: otherwise every
   * position would be in doubt each evening, and dry runs and off-hours plans would be impossible.
   */
  readonly marketClosed?: boolean;
}
