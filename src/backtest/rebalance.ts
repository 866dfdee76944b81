import { planInput, symbolsOf } from "../execution/preparation/plan-input.ts";
import type { AccountSnapshot } from "../execution/preparation/account-snapshot.ts";
import { judgeLimits, type LimitSettings } from "../portfolio/limits.ts";
import { ONE, sum, ZERO, type Decimal } from "../domain/decimal.ts";
import {
  isOnTargetReason,
  makePlan,
  type SkipReason,
  type Plan,
  type PlanInput,
  type PlannedOrder,
  type PlanResult,
  type PlanSettings,
} from "../portfolio/plan.ts";
import type { RebalanceTarget } from "../domain/rebalance-target.ts";
import type { BacktestAccount, FilledTrade, SentOrders } from "./account.ts";

export interface RebalanceParts {
  readonly account: BacktestAccount;
  readonly settings: PlanSettings;
  readonly limits: LimitSettings;
}

export interface RebalanceRequest {
  readonly signalId: string;
  readonly wanted: RebalanceTarget;
  /** Of the session before. */
  readonly previousCloses: ReadonlyMap<string, Decimal>;
  readonly lastEquity: Decimal;
}

export interface LeftOff {
  readonly symbol: string;
  readonly reason: SkipReason;
}

export type Rebalanced =
  | { readonly kind: "traded"; readonly trades: readonly FilledTrade[]; readonly leftOff: readonly LeftOff[] }
  /** One sentence; nothing was traded. */
  | { readonly kind: "refused"; readonly reason: string };

/** One rebalance as on the trading path: plan, limits, sells, a new plan on the proceeds, buys. */
export async function rebalance(parts: RebalanceParts, request: RebalanceRequest): Promise<Rebalanced> {
  const { account, limits } = parts;
  const first = planFor(parts, request, "selling", new Map());
  if (first.kind === "refused") return { kind: "refused", reason: first.reason };
  const limited = limitedBy(first.plan, account.equity, request.lastEquity, limits);
  if (limited !== undefined) return { kind: "refused", reason: limited };
  const sold = await account.send(first.plan.sells, request.signalId, "selling");
  const second = planFor(parts, request, "buying", excludedBy(first.plan.sells, sold));
  // The sells are done; if the buys cannot be planned, the money stays in cash, as it does live.
  if (second.kind === "refused") return { kind: "traded", trades: sold.trades, leftOff: leftOffBy(first.plan) };
  const bought = await account.send(second.plan.buys, request.signalId, "buying");
  return { kind: "traded", trades: [...sold.trades, ...bought.trades], leftOff: leftOffBy(second.plan) };
}

/** History is adjusted for splits. */
const NO_SPLITS: PlanInput["splits"] = new Map();

function planFor(
  { account, settings }: RebalanceParts,
  { wanted, previousCloses, lastEquity }: RebalanceRequest,
  phase: "selling" | "buying",
  barred: ReadonlyMap<string, SkipReason>,
): PlanResult {
  const snapshot = account.reading(symbolsOf(wanted), previousCloses, lastEquity);
  const excluded = new Map([...barred, ...withoutPrice(snapshot)]);
  return makePlan(planInput(snapshot, { phase, wanted, settings, unsettled: [], splits: NO_SPLITS, excluded: excluded }));
}

/** Live, the market fills symbols without a known price. History has no price to fill them at. */
function withoutPrice({ assets, prices }: AccountSnapshot): [string, SkipReason][] {
  return [...assets.keys()].filter((symbol) => !prices.has(symbol)).map((symbol) => [symbol, "price-doubt"]);
}

/** R28. The plan is the whole turnover of its day: there is one rebalance per session and no deposit or withdrawal. */
function limitedBy(plan: Plan, equity: Decimal, lastEquity: Decimal, limits: LimitSettings): string | undefined {
  const orders = [...plan.sells, ...plan.buys];
  if (orders.length === 0) return undefined;
  const planned = sum(orders.map(({ estimatedValue }) => estimatedValue));
  const breaches = judgeLimits({ equity, lastEquity, flows: ZERO, tradedToday: ZERO, planned }, limits);
  return breaches.length === 0 ? undefined : breaches.map(({ reason }) => reason).join(" ");
}

function excludedBy(sells: readonly PlannedOrder[], { refused }: SentOrders): Map<string, SkipReason> {
  const barred = sells.filter(({ symbol }) => refused.has(symbol));
  return new Map(
    barred.map(({ symbol, fullExit, estimatedValue }) => [
      symbol,
      fullExit && estimatedValue.lt(ONE) ? "dust-cannot-close" : "order-refused",
    ]),
  );
}

function leftOffBy({ lines }: Plan): LeftOff[] {
  return lines.flatMap(({ symbol, leftAlone }) =>
    leftAlone === undefined || isOnTargetReason(leftAlone) ? [] : [{ symbol, reason: leftAlone }],
  );
}
