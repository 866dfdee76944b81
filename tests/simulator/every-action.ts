import type { ActionType } from "../../src/simulator/announcements.ts";

const MERGED = { acquirer_symbol: "LEU", acquirer_rate: 0.895, acquiree_symbol: "SMR", acquiree_rate: 1 };

/** A corporate action of each type, with no more than it needs. */
export const EVERY_ACTION: readonly (Readonly<Record<string, unknown>> & { readonly type: ActionType })[] = [
  { type: "reverse_split", symbol: "SMR", new_rate: 1, old_rate: 50 },
  { type: "forward_split", symbol: "SMR", new_rate: 3, old_rate: 1 },
  { type: "unit_split", old_symbol: "SMR", old_rate: 1, new_symbol: "LEU", new_rate: 1, alternate_symbol: "SPY", alternate_rate: 0.3333 },
  { type: "cash_dividend", symbol: "SMR", rate: 0.125, special: true },
  { type: "stock_dividend", symbol: "SMR", rate: 0.05 },
  { type: "spin_off", source_symbol: "SMR", source_rate: 19.35, new_symbol: "LEU", new_rate: 1 },
  { type: "cash_merger", acquiree_symbol: "SMR", rate: 5.37 },
  { type: "stock_merger", ...MERGED },
  { type: "stock_and_cash_merger", ...MERGED, cash_rate: 7.8 },
  { type: "redemption", symbol: "SMR", rate: 0.141134 },
  { type: "name_change", old_symbol: "SMR", new_symbol: "NUSC" },
  { type: "worthless_removal", symbol: "SMR" },
  { type: "rights_distribution", source_symbol: "SMR", new_symbol: "SMR.RT", rate: 1, expiration_date: "2025-08-01" },
  { type: "partial_call", symbol: "SMR", price: 25, lottery_type: "original" },
  { type: "reorganization", symbol: "SMR", cash_rate: 3 },
];
