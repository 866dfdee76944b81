import type { Account } from "../../domain/broker.ts";
import { accountRefusal } from "../../accounts/account-guard.ts";
import { max, min, sum, ZERO } from "../../domain/decimal.ts";
import { formatDollars } from "../../domain/format.ts";
import { marketDate, marketTime } from "../../domain/market-day.ts";
import type { RebalanceTarget } from "../../domain/rebalance-target.ts";
import type { Signal } from "../../domain/signal.ts";
import type { Verdict, VerdictKind } from "../../domain/verdict.ts";
import { freshness } from "../../intake/freshness.ts";
import type { Plan, PlanInput, SkipReason } from "../../portfolio/plan.ts";
import { isMeasured } from "../../portfolio/targets.ts";
import type { ExecutionParts } from "../execution-parts.ts";
import type { SignalBounds } from "../loop/signal-bounds.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { MIN_SESSION_LEFT_TO_START_MS, sessionLeft } from "./account-snapshot.ts";
import { judgeFirstRun, salesOf } from "./adoption.ts";
import { unexplainedJump } from "./equity-jump.ts";
import { notForTheOpen, tooSoonAfterOpen, TRIED_AGAIN } from "./opening.ts";
import type { WarmSnapshot } from "./warm-snapshot.ts";

const JUMP_HINT = `Nothing was sent. ${TRIED_AGAIN} Compare with the account's page at the broker. A symbol whose price stays unconfirmed can be added to PROTECTED_SYMBOLS.`;
const EMPTY_HINT = `Nothing was sent. ${TRIED_AGAIN} Compare with the account's page at the broker.`;

export interface PrepareParts extends ExecutionParts {
  /** Aborted when the process must stop or a newer run has replaced this one. */
  readonly abandoned: AbortSignal;
}

export interface PrepareRequest {
  readonly signal: Signal;
  readonly wanted: RebalanceTarget;
  readonly dryRun: boolean;
  readonly ignoreMarketHours: boolean;
  /** What the signal may still trade, after earlier executions of it (R33). */
  readonly bounds?: () => SignalBounds | undefined;
  /** Symbols that have had their orders and are not traded again. */
  readonly excluded?: ReadonlyMap<string, SkipReason>;
  /** The owner continues a signal, whatever its age, in the session in which it was first executed. */
  readonly finishOf?: number | undefined;
  /** Where sells may leave on what was read before the alert (R36). */
  readonly warm?: WarmSnapshot | undefined;
}

/** Why nothing was started. */
export interface Declined {
  readonly kind: "declined";
  readonly verdict: VerdictKind;
  readonly reason: string;
  readonly causes?: Verdict["causes"];
  readonly hint?: string;
  readonly snapshot?: AccountSnapshot;
}

export function declined(verdict: VerdictKind, reason: string, hint?: string): Declined {
  return hint === undefined ? { kind: "declined", verdict, reason } : { kind: "declined", verdict, reason, hint };
}

/** Halted or stale: checked before reading anything, and again by the loop right before the first order. */
export function gate(parts: PrepareParts, request: PrepareRequest): Declined | undefined {
  if (request.dryRun) return undefined;
  const halted = parts.halted();
  if (halted !== undefined) return declined("halted", `Trading is halted (${halted}).`, "Run `alpaca-trader resume` to resume trading.");
  const age = freshness(request.signal, parts.clock.now(), parts.signalMaxAgeSeconds);
  return age.kind === "fresh" || request.finishOf !== undefined ? undefined : declined(age.kind, age.reason);
}

export function stillWanted(parts: PrepareParts, request: PrepareRequest): Declined | undefined {
  return parts.abandoned.aborted ? declined("superseded", "A newer run took its place, or the daemon is stopping.") : gate(parts, request);
}

/** The refusal and the account's configuration say the same. */
export const SUSPENDED = "The account's own switch `suspend_trade` is on, so Alpaca refuses every order.";

/** What blocks the account, in the venue's words; one of them is a switch of its owner's. */
export function blocksText({ blocks }: Pick<Account, "blocks">): string {
  return blocks
    .map((block) => (block === "trade_suspended_by_user" ? `${block} (its own switch \`suspend_trade\` is on)` : block))
    .join(", ");
}

export function accountDeclined(parts: PrepareParts, snapshot: AccountSnapshot): Declined | undefined {
  const refusal = accountRefusal(parts.account, parts.ledger, snapshot.account);
  if (refusal !== undefined) return { ...declined("account-blocked", refusal.reason, refusal.hint), snapshot };
  if (snapshot.configuration?.suspendTrade === true) {
    return { ...declined("account-blocked", SUSPENDED, "Nothing was sent. Switch it off on the account's page at Alpaca."), snapshot };
  }
  if (snapshot.account.blocks.length === 0) return undefined;
  const reason = `The account may not trade: ${blocksText(snapshot.account)}.`;
  return {
    ...declined("account-blocked", reason, "Nothing was sent. Check the account's page at the broker, or contact its support."),
    snapshot,
  };
}

export function otherSession({ finishOf }: PrepareRequest, snapshot: AccountSnapshot): Declined | undefined {
  if (finishOf === undefined || marketDate(finishOf) === marketDate(snapshot.market.clock.timestamp)) return undefined;
  const reason = `The run was executed on ${marketDate(finishOf)}; it can only be finished in the same session.`;
  return { ...declined("refused", reason, "Let the strategy write a new run."), snapshot };
}

export function sessionDeclined(parts: PrepareParts, request: PrepareRequest, snapshot: AccountSnapshot): Declined | undefined {
  const left = sessionLeft(snapshot.market, parts.clock.monotonic());
  if (left !== undefined && left >= MIN_SESSION_LEFT_TO_START_MS) return undefined;
  if (left === undefined && request.ignoreMarketHours) return undefined;
  const reason =
    left === undefined
      ? `The market is closed; it opens at ${marketTime(snapshot.market.clock.nextOpen)}.`
      : `Only ${String(Math.floor(left / 1_000))} s of the session are left; an execution starts with at least ${String(MIN_SESSION_LEFT_TO_START_MS / 1_000)} s.`;
  return {
    ...declined(
      "market-closed",
      reason,
      "Run `execute` again while the market is open, or with --ignore-market-hours to queue orders for the open.",
    ),
    snapshot,
  };
}

/** Not at this time of the session, or not for the open (AVOID_OPEN_MINUTES, limit style). */
export async function openingDeclined(parts: PrepareParts, snapshot: AccountSnapshot): Promise<Declined | undefined> {
  const { broker, execution, clock } = parts;
  const closed = sessionLeft(snapshot.market, clock.monotonic()) === undefined;
  const notYet = closed ? notForTheOpen(execution) : await tooSoonAfterOpen(broker, snapshot, execution);
  return notYet === undefined ? undefined : { ...declined("market-closed", notYet.reason, notYet.hint), snapshot };
}

/** A plan and what it was made on. */
interface Planned {
  readonly plan: Plan;
  readonly input: PlanInput;
  readonly snapshot: AccountSnapshot;
}

/** R27: in live mode the first run sells nothing that this ledger did not buy until the owner allows it; other modes only warn. */
export function adoptionDeclined(
  parts: PrepareParts,
  { dryRun }: PrepareRequest,
  { plan, snapshot }: Pick<Planned, "plan" | "snapshot">,
): Declined | undefined {
  const facts = { ledger: parts.ledger, account: snapshot.account.number };
  const sales = salesOf(plan, { cash: snapshot.account.cash, driftBand: parts.settings.driftBand });
  const judged = judgeFirstRun(sales, facts, { isLive: parts.account.mode === "live", dryRun });
  if (judged?.kind === "refused") return { ...declined("refused", judged.reason, judged.hint), snapshot };
  if (judged?.kind === "said") parts.emit({ kind: "remark", level: "warn", important: true, text: judged.text });
  return undefined;
}

/** An account that is shown wrong must not size a target, nor seem to be on target (R9). What is sold in full needs no equity. */
export async function equityDeclined(parts: PrepareParts, { plan, input, snapshot }: Planned): Promise<Declined | undefined> {
  if (!isMeasured(input.wanted) && plan.sells.length > 0) return undefined;
  if (snapshot.account.equity.lte(ZERO)) {
    const reason = `The account shows an equity of ${formatDollars(snapshot.account.equity)}, so there is nothing to trade with.`;
    return { ...declined("account-unsettled", reason, EMPTY_HINT), snapshot };
  }
  const jump = await unexplainedJump(parts, snapshot, input);
  return jump === undefined ? undefined : { ...declined("price-doubt", jump, JUMP_HINT), snapshot };
}

/** Off hours a plan is queued only if all of it can wait side by side (R23). */
export function offHoursDeclined(plan: Plan, input: PlanInput): Declined | undefined {
  if (plan.sells.length === 0 || plan.buys.length === 0) return undefined;
  const needed = sum(plan.buys.map((order) => order.worstCaseCost));
  const reserved = sum(input.workingOrders.map((order) => order.worstCaseCost));
  const available = max(ZERO, min(input.account.cash.minus(reserved), input.account.buyingPower));
  if (needed.lte(available)) return undefined;
  return declined(
    "market-closed",
    `The market is closed and the buys need ${formatDollars(needed)}, but only ${formatDollars(available)} is available before the sells are filled, so they cannot be queued together.`,
    "Run it again while the market is open.",
  );
}
