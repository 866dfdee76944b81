import type { Position } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import { formatDollars, formatShares } from "../../domain/format.ts";
import type { Plan, PlannedOrder, PlanSettings } from "../../portfolio/plan.ts";
import { isOutside, isProtected } from "../../portfolio/valuation.ts";
import { waitingTrades } from "../../portfolio/waiting-trades.ts";

export interface AdoptionFacts {
  readonly ledger: Pick<Ledger, "hasTraded" | "adoptedAt">;
  /** Account number. */
  readonly account: string;
}

/**
 * Whether all positions were bought externally and the owner has not allowed trading them (R27): the first run would
 * sell positions bought by hand.
 */
function isUnadopted({ ledger, account }: AdoptionFacts): boolean {
  return !ledger.hasTraded(account) && ledger.adoptedAt(account) === undefined;
}

export type FirstRun =
  | { readonly kind: "refused"; readonly reason: string; readonly hint: string }
  | { readonly kind: "said"; readonly text: string };

/** What a run sells now, or as soon as a cause has passed that keeps it from that: somebody's open order, for one. */
export type Sale = Pick<PlannedOrder, "symbol" | "estimatedValue"> & Partial<Pick<PlannedOrder, "quantity" | "fullExit">>;

/** All sales of a plan; the ones that wait are planned again once the run has begun. */
export function salesOf(plan: Plan, account: Parameters<typeof waitingTrades>[1]): Sale[] {
  const now = new Set(plan.sells.map(({ symbol }) => symbol));
  return [...plan.sells, ...waitingTrades(plan, account).filter(({ symbol, side }) => side === "sell" && !now.has(symbol))];
}

/** @returns what to do with a plan that would sell positions this ledger did not buy; `undefined` when it would not, or may. */
export function judgeFirstRun(
  sells: readonly Sale[],
  facts: AdoptionFacts,
  { isLive, dryRun }: { readonly isLive: boolean; readonly dryRun: boolean },
): FirstRun | undefined {
  const strangers = strangersSold(sells, facts);
  if (strangers === undefined) return undefined;
  if (isLive && !dryRun) return { kind: "refused", reason: strangers, hint: ADOPTION_HINT };
  const advice = isLive ? `Live mode refuses it. ${ADOPTION_HINT}` : "List the symbols to keep in PROTECTED_SYMBOLS. Live mode asks first.";
  return { kind: "said", text: `${strangers} ${advice}` };
}

/** A sentence listing what the first run would sell. */
function strangersSold(sells: readonly Sale[], facts: AdoptionFacts): string | undefined {
  if (sells.length === 0 || !isUnadopted(facts)) return undefined;
  const named = sells.map(
    ({ symbol, quantity, estimatedValue, fullExit }) =>
      `${fullExit === true ? "all " : ""}${quantity === undefined ? "" : `${formatShares(quantity)} of `}${symbol} (${formatDollars(estimatedValue)})`,
  );
  return `This is the first run of this ledger in account ${facts.account}, and it would sell positions that the ledger did not buy: ${named.join(", ")}.`;
}

/** Symbols held before the first run that a plan may touch. */
export function strangersHeld(
  positions: readonly Position[],
  settings: Pick<PlanSettings, "protectedSymbols" | "allowedSymbols">,
  facts: AdoptionFacts,
): string[] {
  if (!isUnadopted(facts)) return [];
  return positions
    .filter((position) => !isProtected(position.symbol, position, { settings }) && !isOutside(position.symbol, settings))
    .map(({ symbol }) => symbol);
}

export const ADOPTION_HINT =
  "List the symbols to keep in PROTECTED_SYMBOLS. To allow trading all positions, run `alpaca-trader account --adopt`. The run is then judged again while it is fresh.";
