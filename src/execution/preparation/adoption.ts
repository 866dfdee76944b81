import type { Position } from "../../domain/broker.ts";
import type { Ledger } from "../../domain/ledger.ts";
import { formatDollars, formatShares } from "../../domain/format.ts";
import type { PlannedOrder, PlanSettings } from "../../portfolio/plan.ts";
import { isOutside, isProtected } from "../../portfolio/valuation.ts";

export interface AdoptionFacts {
  readonly ledger: Pick<Ledger, "hasTraded" | "adoptedAt">;
  /** Number of the account. */
  readonly account: string;
}

/**
 * Whether everything that the account holds was bought by somebody else, and its owner has not said that it may be
 * traded (R27): the first run would sell what was bought by hand.
 */
function isUnadopted({ ledger, account }: AdoptionFacts): boolean {
  return !ledger.hasTraded(account) && ledger.adoptedAt(account) === undefined;
}

export type FirstRun =
  { readonly kind: "refused"; readonly reason: string; readonly hint: string } | { readonly kind: "said"; readonly text: string };

/** @returns what is to come of a plan that would sell what this ledger never bought; `undefined` when it would not, or may. */
export function judgeFirstRun(
  sells: readonly PlannedOrder[],
  facts: AdoptionFacts,
  { isLive, dryRun }: { readonly isLive: boolean; readonly dryRun: boolean },
): FirstRun | undefined {
  const strangers = strangersSold(sells, facts);
  if (strangers === undefined) return undefined;
  if (isLive && !dryRun) return { kind: "refused", reason: strangers, hint: ADOPTION_HINT };
  const advice = isLive ? `Live mode refuses it. ${ADOPTION_HINT}` : "Name in PROTECTED_SYMBOLS what is to stay; live mode asks first.";
  return { kind: "said", text: `${strangers} ${advice}` };
}

/** What the first run would sell, as one sentence. */
function strangersSold(sells: readonly PlannedOrder[], facts: AdoptionFacts): string | undefined {
  if (sells.length === 0 || !isUnadopted(facts)) return undefined;
  const named = sells.map(
    ({ symbol, quantity, estimatedValue, fullExit }) =>
      `${fullExit ? "all " : ""}${quantity === undefined ? "" : `${formatShares(quantity)} of `}${symbol} (${formatDollars(estimatedValue)})`,
  );
  return `This is the first run of this ledger in account ${facts.account}, and it would sell what the ledger never bought: ${named.join(", ")}.`;
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
  "Name in PROTECTED_SYMBOLS what is to stay. If all of it may be traded, run `alpaca-trader account --adopt`; the run is then judged again while it is fresh.";
