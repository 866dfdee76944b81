import { updateSubAccounts } from "../../accounts/bookkeeping.ts";
import type { ExecutionParts } from "../execution-parts.ts";
import type { Position } from "../../domain/broker.ts";
import { messageOf } from "../../domain/errors.ts";
import { withCause } from "../../intake/cause.ts";
import type { Verdict } from "../../domain/verdict.ts";
import { sameLegs } from "../../intake/legs.ts";
import type { Ledger } from "../../domain/ledger.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import type { ExecutionChange, ExecutionRecord } from "../../domain/ledger/executions.ts";
import { groupedByCause } from "../../domain/listing.ts";
import type { ExecutionOutcome, OutcomeCode } from "../../domain/outcome.ts";
import { formatDollars } from "../../domain/format.ts";
import type { StopCause } from "../../domain/stop-cause.ts";
import { STOP_CAUSES } from "../../domain/stop-cause.ts";
import { isOnTargetReason, type SkipReason } from "../../portfolio/skip-reason.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { decimal, max, min, ONE, ZERO } from "../../domain/decimal.ts";
import type { PlanSettings } from "../../portfolio/plan.ts";
import { isOutside, isProtected } from "../../portfolio/valuation.ts";
import type { Action } from "../loop/decide.ts";
import type { AccountSnapshot } from "../preparation/account-snapshot.ts";
import { orUnpriced, readAccount } from "../preparation/account-snapshot.ts";
import { planAsset } from "../preparation/plan-assets.ts";
import { symbolsOf } from "../preparation/plan-input.ts";
import type { RestFacts } from "../loop/rest.ts";
import { newestPhase, reachedBy, restOf } from "../loop/rest.ts";
import { isUnderWay, SETTLE_LIMIT_MS, settlePause } from "../preparation/settle.ts";
import type { LineSummary } from "../../domain/ledger/summaries.ts";
import { lackText } from "./lack.ts";
import { cashBefore, summariseAccount } from "./summary.ts";

type ConcludeParts = Pick<ExecutionParts, "broker" | "ledger" | "clock" | "assets" | "settings" | "stopping" | "emit">;

/** How an execution ended. */
export interface Conclusion {
  readonly executionId: string;
  readonly outcome: ExecutionOutcome;
  readonly code: OutcomeCode | undefined;
  readonly reason: string;
  readonly verdict: Verdict;
  /** The account afterwards; `undefined` when it could not be read. */
  readonly after: AccountSnapshot | undefined;
  /** It has begun and missed its target for a cause that may pass: what is left is worth taking up (R33). */
  readonly mayGoOn: boolean;
  /** It ended so that another run need not wait for it. */
  readonly gaveWay: boolean;
}

/** Records the end of an execution: outcome, verdict, the account afterwards and the fills, in one transaction. */
export async function concludeExecution(
  parts: ConcludeParts,
  execution: ExecutionRecord,
  action: Extract<Action, { kind: "finish" }>,
): Promise<Conclusion> {
  const { ledger, clock } = parts;
  const intents = ledger.intentsOf(execution.id);
  const minimum = max(parts.settings.minTradeValue, ONE);
  const tries = ledger.intentsOfSignal(execution.signalId);
  const ended = endedAs(action, judgeOrders(execution, { intents, tries, minimum }));
  const never = ended.outcome === "refused" || ended.outcome === "superseded";
  const facts = { ...parts.settings, minimum, unsettled: ledger.unsettledIntents() };
  const judge = (after: AccountSnapshot): Judged => judgeDebt(judgeHoldings(ended, execution, after, facts), execution, after);
  const after = never ? undefined : await readSettled(parts, execution, (shown) => judge(shown).outcome === ended.outcome);
  const judged = after === undefined ? ended : judge(after);
  const plan = execution.plan;
  const rests = plan === undefined ? [] : restOf({ plan, intents, tries, minimum });
  const isOff = judged.outcome === "off-target" || judged.outcome === "incomplete";
  const lack = isOff && after !== undefined && plan !== undefined ? lackText(newestPhase(plan), after) : "";
  const reason = `${judged.reason}${lack}`;
  const fills = after === undefined ? [] : await readFills(parts, execution, intents);
  const confirms = judged.outcome === "on-target" && intents.length === 0 && isConfirmation(ledger, execution);
  const said: Verdict = confirms
    ? { kind: "duplicate", reason: CONFIRMED }
    : verdictOf({ ...judged, code: action.cause ?? judged.code }, reason);
  const verdict = withCause(ledger, execution.signalId, said);
  // Flushed with the note of the `finish` event. Losing it in a power cut is harmless: the next start concludes again.
  ledger.transaction(() => {
    for (const fill of fills) ledger.recordFill(fill);
    ledger.updateExecution(execution.id, {
      outcome: judged.outcome,
      outcomeReason: reason,
      outcomeCode: judged.code,
      ...(judged.outcome === "queued"
        ? {}
        : { phase: "settled", finishedAt: clock.now(), ...reachedAtEnd({ plan, intents, tries, minimum }) }),
      ...(after === undefined ? {} : { accountAfter: summariseAccount(after) }),
    });
    updateSubAccounts(ledger);
    ledger.judgeSignal(execution.signalId, verdict, clock.now());
    if (after !== undefined) {
      const { equity, lastEquity, cash } = after.account;
      ledger.recordEquity({ at: after.at, equity, lastEquity, cash, executionId: execution.id });
    }
  }, "ordered");
  // What an earlier order of ours brought, or may still bring, can be sold once it is known (R33).
  const mayGoOn = isOff && (judged.code === "not-planned" || rests.some(({ passing }) => passing));
  return {
    executionId: execution.id,
    outcome: judged.outcome,
    code: judged.code,
    reason,
    verdict,
    after,
    mayGoOn,
    gaveWay: action.gaveWay === true,
  };
}

/** What the last orders brought to target is not traded again when the rest is taken up (R33). */
function reachedAtEnd({ plan, ...facts }: Omit<RestFacts, "plan"> & Pick<ExecutionRecord, "plan">): ExecutionChange {
  if (plan === undefined) return {};
  const reached = new Set([...(plan.reached ?? []), ...reachedBy({ ...facts, plan })]);
  return { plan: { ...plan, reached: [...reached].sort() } };
}

/** What stopped it comes first; then what its orders had left by then. */
function endedAs({ outcome, reason, cause }: Extract<Action, { kind: "finish" }>, orders: Judged): Judged {
  if (outcome === undefined) return reason === "" ? orders : { ...orders, reason: `${reason} ${orders.reason}` };
  const isTold = outcome === "incomplete" && orders.outcome !== "on-target" && orders.reason !== "";
  // It ran out of time before it began, because the venue refused its orders.
  const isLate = outcome === "refused" && (cause === "deadline" || cause === "stale");
  if (isLate && orders.code === "order-refused") return { outcome, code: orders.code, reason: `${reason} ${orders.reason}` };
  return { outcome, code: cause, reason: isTold ? `${reason} ${orders.reason}` : reason };
}

const CONFIRMED = "It asks for the same weights as the run before, and the account is on target for them: nothing to do.";

/** A strategy that says its weights again with new stamps (R3): its run is as young as that, and trades nothing. */
function isConfirmation(ledger: Ledger, { signalId }: ExecutionRecord): boolean {
  const signal = ledger.signal(signalId)?.signal;
  const before = signal === undefined ? undefined : ledger.lastAcceptedSignal(signal.strategy)?.signal;
  if (signal?.kind !== "rebalance" || before?.kind !== "rebalance" || before.id === signal.id) return false;
  return sameLegs(signal.targets, before.targets);
}

/** On target = every symbol traded to plan, or left alone for a reason that counts as on target (R12). */
function judgeOrders(execution: Pick<ExecutionRecord, "plan">, facts: Omit<RestFacts, "plan">): Judged {
  const plan = execution.plan;
  const rests = plan === undefined ? [] : restOf({ ...facts, plan });
  const unfinished = rests.filter(({ intent }) => intent !== undefined && intent.state !== "refused");
  if (unfinished.length > 0) {
    const described = unfinished.flatMap(({ intent }) => (intent === undefined ? [] : [describe(intent, facts.intents)]));
    return { outcome: "incomplete", code: "not-filled", reason: `Not filled to plan: ${described.join("; ")}.` };
  }
  const refused = rests.flatMap(({ intent }) => (intent === undefined ? [] : [describe(intent, facts.intents)]));
  if (refused.length > 0) return { outcome: "off-target", code: "order-refused", reason: `Refused by the venue: ${refused.join("; ")}.` };
  const last = plan === undefined ? undefined : newestPhase(plan);
  if (rests.length === 0 && (last === undefined || last.reachesTarget)) {
    const sent = facts.intents.filter((intent) => intent.state === "done").length;
    return {
      outcome: "on-target",
      code: "on-target",
      reason:
        sent === 0
          ? "The account is on target already; nothing to do."
          : `The account is on target after ${String(sent)} order${sent === 1 ? "" : "s"}.`,
    };
  }
  const lines = (last?.lines ?? []).filter((line) => line.leftAlone !== undefined);
  const missed = lines.filter(({ leftAlone }) => !isOnTargetReason(leftAlone as SkipReason));
  const left = groupedByCause((missed.length === 0 ? lines : missed).map((line) => [line.symbol, line.leftAlone ?? ""]));
  const reasons = [
    ...(left.length === 0 ? [] : [`Left alone: ${left.map(([symbols, cause]) => `${symbols} (${cause})`).join("; ")}.`]),
    ...(last?.pledge === undefined ? [] : [last.pledge]),
    ...(last?.missing === undefined ? [] : [`Bought on an account that did not contain all our fills: ${last.missing}.`]),
  ];
  return { outcome: "off-target", code: "left-alone", reason: reasons.join(" ") };
}

interface Judged {
  readonly outcome: ExecutionOutcome;
  readonly code: OutcomeCode | undefined;
  readonly reason: string;
}

/**
 * What came into the account after the plans were made, or may still come by an earlier buy whose end is not known:
 * nobody has decided about it. That may also be a symbol that was sold, and came back by a trade bust, a transfer or a
 * buy by hand. Its target is nothing, and an account that holds it must not be called on target. What is protected or
 * outside ALLOWED_SYMBOLS is none of ours (R9, R12).
 */
function judgeHoldings(
  judged: Judged,
  { id, wanted, plan }: Pick<ExecutionRecord, "id" | "wanted" | "plan">,
  after: AccountSnapshot,
  { unsettled, minimum, ...settings }: HoldingsFacts,
): Judged {
  const plans = plan;
  if (judged.outcome !== "on-target" || wanted.kind === "exit" || plans === undefined) return judged;
  const lines = new Map([plans.selling, plans.buying].flatMap((phase) => phase?.lines.map((line) => [line.symbol, line] as const) ?? []));
  const isLeftOut = (symbol: string, holding?: Position): boolean =>
    !isDecided(lines.get(symbol), holding, after) && !isProtected(symbol, holding, { settings }) && !isOutside(symbol, settings);
  const leftOut = after.positions.filter((position) => isLeftOut(position.symbol, position) && position.marketValue.gte(minimum));
  const textOf = (positions: readonly Position[]): string =>
    positions.map(({ symbol, marketValue }) => `${symbol} (${formatDollars(marketValue)})`).join(", ");
  const unread = leftOut.filter(({ symbol }) => plans.unread?.includes(symbol) === true);
  const came = leftOut.filter((position) => !unread.includes(position));
  const mayCome = unsettled
    .filter((intent) => intent.executionId !== id && intent.side === "buy" && isUnderWay(intent) && isLeftOut(intent.symbol))
    .map(({ symbol, worstCaseCost }) => `${symbol} (up to ${formatDollars(worstCaseCost)})`);
  const reasons = [
    ...(unread.length === 0 ? [] : [`Could not be read when it was planned for, and was left alone: ${textOf(unread)}.`]),
    ...(came.length === 0 ? [] : [`Came into the account after it was planned for, and was left alone: ${textOf(came)}.`]),
    ...(mayCome.length === 0 ? [] : [`May still come by an earlier order whose end is not known: ${mayCome.join(", ")}.`]),
  ];
  return reasons.length === 0 ? judged : { outcome: "off-target", code: "not-planned", reason: reasons.join(" ") };
}

/** More was bought than the account could pay for: however it ended, the owner must know. */
function judgeDebt(judged: Judged, execution: ExecutionRecord, { account }: AccountSnapshot): Judged {
  const before = min(ZERO, cashBefore(execution) ?? ZERO);
  if (judged.outcome === "queued" || account.cash.gte(before.minus(SMALL_DEBT))) return judged;
  const said = `The account owes ${formatDollars(account.cash.neg())}: more was bought than its cash could pay for. Sell by hand, or let the next run reduce it.`;
  if (judged.outcome !== "on-target") return { ...judged, reason: `${judged.reason} ${said}` };
  return { outcome: "off-target", code: "in-debt", reason: said };
}

/** Dollars of fees. */
const SMALL_DEBT = decimal("5");

/** A plan has decided about it: it has a target, or is less than one share of what trades whole, which cannot be sold (R11). */
function isDecided(line: LineSummary | undefined, holding: Position | undefined, { assets, configuration }: AccountSnapshot): boolean {
  if (line === undefined) return false;
  if (decimal(line.targetWeight).gt(ZERO)) return true;
  const asset = planAsset(assets.get(line.symbol), configuration);
  return holding?.quantity.lt(ONE) === true && asset?.fractionable !== true;
}

interface HoldingsFacts extends Pick<PlanSettings, "protectedSymbols" | "allowedSymbols"> {
  /** Orders of any execution whose end is not known. */
  readonly unsettled: readonly IntentRecord[];
  /** Dollars; less is dust. */
  readonly minimum: Decimal;
}

function describe(intent: IntentRecord, all: readonly IntentRecord[]): string {
  const state =
    intent.state === "done"
      ? `${intent.status ?? "ended"} with ${intent.filledQuantity.toFixed()} shares`
      : intent.state === "dropped"
        ? `never sent${whyBefore(intent, all)}`
        : (intent.message ?? intent.state);
  return `${intent.side} ${intent.symbol}: ${state}`;
}

/** What kept the attempts before it from being sent: whatever ends an execution drops the last one for that. */
function whyBefore({ clientOrderId, symbol, side }: IntentRecord, all: readonly IntentRecord[]): string {
  const before = all.findLast((other) => other.symbol === symbol && other.side === side && other.clientOrderId !== clientOrderId);
  return before?.state === "dropped" && before.message !== undefined ? ` (${before.message})` : "";
}

/**
 * R7: a begun execution is `executed` whatever its result; one that never began keeps the reason that
 * stopped it.
 */
function verdictOf({ outcome, code }: Judged, reason: string): Verdict {
  switch (outcome) {
    case "on-target":
      return { kind: "executed", reason };
    case "off-target":
    case "incomplete":
    case "queued":
      return { kind: "executed", reason: `${outcome.replace("-", " ")}: ${reason}` };
    case "superseded":
    case "refused":
      return { kind: code !== undefined && code in STOP_CAUSES ? STOP_CAUSES[code as StopCause].verdict : outcome, reason };
  }
}

/** Sold shares may still be shown for a while: what does not agree with the end is read again as long as that may be (R16). */
async function readSettled(
  parts: ConcludeParts,
  execution: ExecutionRecord,
  agrees: (after: AccountSnapshot) => boolean,
): Promise<AccountSnapshot | undefined> {
  const { clock, stopping } = parts;
  const until = clock.monotonic() + SETTLE_LIMIT_MS;
  let after = await readAfter(parts, execution);
  for (let round = 0; after !== undefined && !agrees(after) && clock.monotonic() < until && !stopping.aborted; round += 1) {
    await clock.sleep(settlePause(round), stopping);
    after = (await readAfter(parts, execution)) ?? after;
  }
  return after;
}

async function readAfter(parts: ConcludeParts, execution: ExecutionRecord): Promise<AccountSnapshot | undefined> {
  try {
    return await readAccount(parts.broker, parts.assets, parts.clock, symbolsOf(execution.wanted)).catch(orUnpriced);
  } catch (error) {
    emitDoubt(parts, execution, `The account could not be read afterwards: ${messageOf(error)}`);
    return undefined;
  }
}

/** Fills from the account's activities: the authoritative record (`FILL`), matched to our orders by their id. */
async function readFills(
  parts: ConcludeParts,
  execution: ExecutionRecord,
  intents: readonly IntentRecord[],
): Promise<Parameters<Ledger["recordFill"]>[0][]> {
  const ours = new Map(
    intents.flatMap((intent) =>
      intent.orderId === undefined || intent.filledQuantity.toFixed() === "0" ? [] : [[intent.orderId, intent] as const],
    ),
  );
  if (ours.size === 0) return [];
  try {
    const fills = await parts.broker.fillsSince(execution.startedAt - FILL_SLACK_MS);
    return fills.flatMap((fill) => {
      const intent = ours.get(fill.orderId);
      if (intent === undefined) return [];
      const { id, symbol, side, quantity, price, at } = fill;
      return [{ id, executionId: execution.id, clientOrderId: intent.clientOrderId, symbol, side, quantity, price, at }];
    });
  } catch (error) {
    emitDoubt(parts, execution, `The fills could not be read from the activities: ${messageOf(error)}`);
    return [];
  }
}

/** The venue's clock may run behind ours. */
const FILL_SLACK_MS = 60_000;

function emitDoubt(parts: ConcludeParts, execution: ExecutionRecord, text: string): void {
  parts.emit({ kind: "doubt", level: "warn", executionId: execution.id, signalId: execution.signalId, text });
}
