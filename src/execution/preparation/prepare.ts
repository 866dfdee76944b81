import { accountRefusal } from "../../accounts/account-guard.ts";
import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import type { Signal } from "../../domain/signal.ts";
import { freshness } from "../../intake/freshness.ts";
import type { Verdict, VerdictKind } from "../../domain/verdict.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { marketDate, marketTime } from "../../domain/market-day.ts";
import { max, min, sum, ZERO } from "../../domain/decimal.ts";
import type { SkipReason, Plan, PlanInput, PlanResult } from "../../portfolio/plan.ts";
import type { RebalanceTarget } from "../../domain/rebalance-target.ts";
import { isMeasured } from "../../portfolio/targets.ts";
import { provePlan } from "../../portfolio/proof.ts";
import { formatDollars } from "../../domain/format.ts";
import { judgeFirstRun } from "./adoption.ts";
import { limitsAgainst } from "./daily-limits.ts";
import { unexplainedJump } from "./equity-jump.ts";
import type { Inheritable, Inheritance, Reserved } from "./inherited-ids.ts";
import { inheritable, planWithHeirs } from "./inherited-ids.ts";
import { endEarlierOrders } from "./earlier-orders.ts";
import { notForTheOpen, tooSoonAfterOpen, TRIED_AGAIN } from "./opening.ts";
import { planInput, symbolsOf } from "./plan-input.ts";
import type { ExecutionParts } from "../execution-parts.ts";
import { EXTERNAL_FILLS_AFTER_MS, explainedByExternalFills, withExternalFills } from "./external-fills.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { MIN_SESSION_LEFT_TO_START_MS, readAccount, readHoldings, sessionLeft, unlessAborted, withoutEnded } from "./account-snapshot.ts";
import type { SignalBounds } from "../loop/signal-bounds.ts";
import { planWithin } from "../loop/signal-bounds.ts";
import type { Expected } from "./settle.ts";
import { expectedAfter, FILLS_SETTLE_WITHIN_MS, isMore, mayReleaseMore, SETTLE_LIMIT_MS, settlePause, unsettled } from "./settle.ts";
import { cashBefore } from "../outcome/summary.ts";
import type { WarmSnapshot } from "./warm-snapshot.ts";

/** How long the venue may be unreachable before an execution that has not begun gives up. */
const UNREACHABLE_LIMIT_MS = 20_000;
const UNREACHABLE_PAUSE_MS = 1_000;
/** How long doubtful prices are read again (R10). */
const PRICE_DOUBT_LIMIT_MS = 15_000;
/** Pauses between these readings; the last one repeats. */
const PRICE_DOUBT_PAUSES_MS = [1_000, 1_000, 2_000, 3_000, 4_000] as const;
const JUMP_HINT = `Nothing was sent. ${TRIED_AGAIN} Compare with the account's page at the broker. A symbol whose price stays unconfirmed can be added to PROTECTED_SYMBOLS.`;
const EMPTY_HINT = `Nothing was sent. ${TRIED_AGAIN} Compare with the account's page at the broker.`;

function doubtPause(round: number): number {
  return PRICE_DOUBT_PAUSES_MS[Math.min(round, PRICE_DOUBT_PAUSES_MS.length - 1)] ?? 0;
}

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
  readonly bounds?: SignalBounds | undefined;
  /** Symbols that have had their orders and are not traded again. */
  readonly excluded?: ReadonlyMap<string, SkipReason>;
  /** The owner continues a signal, whatever its age, in the session in which it was first executed. */
  readonly finishOf?: number | undefined;
  /** Where sells may leave on what was read before the alert (R36). */
  readonly warm?: WarmSnapshot | undefined;
}

export type Preparation =
  | ({
      readonly kind: "ready";
      readonly plan: Plan;
      readonly input: PlanInput;
      readonly snapshot: AccountSnapshot;
      readonly offHours: boolean;
      /** Its sells may leave before the account is read (R36). */
      readonly isWarm?: true;
    } & Inheritance)
  | Declined;

type Ready = Extract<Preparation, { kind: "ready" }>;

/** Why nothing was started. */
export interface Declined {
  readonly kind: "declined";
  readonly verdict: VerdictKind;
  readonly reason: string;
  readonly causes?: Verdict["causes"];
  readonly hint?: string;
  readonly snapshot?: AccountSnapshot;
}

/**
 * Everything between a signal and its first order: reads the account until it is settled, plans, and checks
 * the plan. Sends no order; cancels only own orders left from an earlier execution.
 */
export async function prepare(parts: PrepareParts, request: PrepareRequest): Promise<Preparation> {
  const early = parts.abandoned.aborted ? declined("superseded", "A newer run took its place.") : gate(parts, request);
  if (early !== undefined) return early;
  const warm = await preparedWarm(parts, request);
  if (warm !== undefined) return warm;
  const snapshot = await wholeSnapshot(parts, request);
  if ("kind" in snapshot) return snapshot;
  sayUnreadableConfiguration(parts);
  const refusal =
    accountDeclined(parts, snapshot) ??
    otherSession(request, snapshot) ??
    (request.dryRun ? undefined : sessionDeclined(parts, request, snapshot));
  if (refusal !== undefined) return refusal;
  const opening = request.dryRun ? undefined : await openingDeclined(parts, snapshot);
  if (opening !== undefined) return opening;
  const clean = request.dryRun ? snapshot : await withoutEarlierOrders(parts, request, snapshot);
  if ("kind" in clean) return clean;
  const prepared = await settledPlan(parts, request, { snapshot: clean, isWhole: clean === snapshot });
  if (prepared.kind === "declined") return prepared;
  const doubtful = await equityDeclined(parts, prepared);
  if (doubtful !== undefined) return doubtful;
  const unadopted = adoptionDeclined(parts, request, prepared);
  if (unadopted !== undefined) return unadopted;
  const limited = await limitsAgainst(parts, prepared.snapshot, { ...prepared, splits: prepared.input.splits });
  if (limited !== undefined)
    return { ...declined("refused", limited.reason, limited.hint), causes: limited.causes, snapshot: prepared.snapshot };
  if (request.dryRun) return prepared;
  // All of this may have taken most of a minute.
  return accountDeclined(parts, prepared.snapshot) ?? sessionDeclined(parts, request, prepared.snapshot) ?? prepared;
}

/**
 * The plan on what was read before the alert, if its sells may leave on that (R36). It never declines: whatever stands
 * against it is judged on a new reading.
 */
async function preparedWarm(parts: PrepareParts, request: PrepareRequest): Promise<Ready | undefined> {
  if (request.warm === undefined) return undefined;
  const prepared = await plannedWarm(parts, request, request.warm);
  if (typeof prepared !== "string") return prepared;
  const text = `The account is read before the first sell: ${prepared}.`;
  parts.emit({ kind: "remark", level: "debug", text, signalId: request.signal.id });
  return undefined;
}

/** @returns in words why the account must be read first, or the plan. */
async function plannedWarm(parts: PrepareParts, request: PrepareRequest, warm: WarmSnapshot): Promise<Ready | string> {
  const reading = warm.usable(symbolsOf(request.wanted));
  if (typeof reading === "string") return reading;
  const { snapshot, splits } = reading;
  if (accountDeclined(parts, snapshot) !== undefined) return "the account may not be the right one";
  if (splits.size > 0) return "a split is suspected";
  const planned = plannedOn(parts, request, snapshot, { splits, given: [] });
  const prepared = isDoubtful(planned.result) ? undefined : judged(parts, request, planned);
  if (prepared?.kind !== "ready") return "nothing can be planned on the last reading";
  const unfit = warm.unfit(snapshot, prepared.plan.sells);
  if (unfit !== undefined) return unfit;
  if ((await equityDeclined(parts, prepared)) !== undefined) return "the last reading shows an equity that is not explained";
  return stillWanted(parts, request) === undefined ? { ...prepared, isWarm: true } : "something has happened meanwhile";
}

/** Halted or stale: checked before reading anything, and again by the loop right before the first order. */
function gate(parts: PrepareParts, request: PrepareRequest): Declined | undefined {
  if (request.dryRun) return undefined;
  const halted = parts.halted();
  if (halted !== undefined) return declined("halted", `Trading is halted (${halted}).`, "Run `alpaca-trader resume` to resume trading.");
  const age = freshness(request.signal, parts.clock.now(), parts.signalMaxAgeSeconds);
  return age.kind === "fresh" || request.finishOf !== undefined ? undefined : declined(age.kind, age.reason);
}

async function wholeSnapshot(parts: PrepareParts, request: PrepareRequest): Promise<AccountSnapshot | Declined> {
  return readable(parts, request, async () => readAccount(parts.broker, parts.assets, parts.clock, symbolsOf(request.wanted)));
}

/** What our own orders change, read again (R35). */
async function holdings(parts: PrepareParts, request: PrepareRequest, before: AccountSnapshot): Promise<AccountSnapshot | Declined> {
  return readable(parts, request, async () => readHoldings(parts.broker, parts.clock, before));
}

/** Reads again while the venue cannot be reached, for a limited time. */
async function readable(
  parts: PrepareParts,
  request: PrepareRequest,
  read: () => Promise<AccountSnapshot>,
): Promise<AccountSnapshot | Declined> {
  const start = parts.clock.monotonic();
  for (;;) {
    try {
      return withoutEnded(await unlessAborted(read(), parts.abandoned), parts.ledger);
    } catch (error) {
      const unwanted = parts.abandoned.aborted ? stillWanted(parts, request) : undefined;
      if (unwanted !== undefined) return unwanted;
      if (!(error instanceof BrokerError)) throw error;
      const lasting = error.failure === "unauthorized" || error.failure === "refused";
      const final = lasting || parts.clock.monotonic() - start + UNREACHABLE_PAUSE_MS > UNREACHABLE_LIMIT_MS;
      if (final) return declined("broker-unreachable", error.message, error.hint);
      parts.emit({ kind: "remark", level: "info", text: `Cannot read from ${parts.broker.name} yet: ${messageOf(error)}` });
      await parts.clock.sleep(UNREACHABLE_PAUSE_MS, parts.abandoned);
      const stopped = stillWanted(parts, request);
      if (stopped !== undefined) return stopped;
    }
  }
}

function stillWanted(parts: PrepareParts, request: PrepareRequest): Declined | undefined {
  return parts.abandoned.aborted ? declined("superseded", "A newer run took its place, or the daemon is stopping.") : gate(parts, request);
}

function sayUnreadableConfiguration(parts: PrepareParts): void {
  const trouble = parts.assets.configuration.takeTrouble();
  if (trouble === undefined) return;
  const text = `Cannot read the account's configuration: ${trouble} It is not known whether it may buy fractions and partnerships, so the venue decides.`;
  parts.emit({ kind: "remark", level: "warn", important: true, text });
}

/** R27: in live mode the first run sells nothing that this ledger did not buy until the owner allows it; other modes only warn. */
function adoptionDeclined(parts: PrepareParts, { dryRun }: PrepareRequest, { plan, snapshot }: Ready): Declined | undefined {
  const facts = { ledger: parts.ledger, account: snapshot.account.number };
  const judged = judgeFirstRun(plan.sells, facts, { isLive: parts.account.mode === "live", dryRun });
  if (judged?.kind === "refused") return { ...declined("refused", judged.reason, judged.hint), snapshot };
  if (judged?.kind === "said") parts.emit({ kind: "remark", level: "warn", important: true, text: judged.text });
  return undefined;
}

function accountDeclined(parts: PrepareParts, snapshot: AccountSnapshot): Declined | undefined {
  const refusal = accountRefusal(parts.account, parts.ledger, snapshot.account);
  if (refusal !== undefined) return { ...declined("account-blocked", refusal.reason, refusal.hint), snapshot };
  if (snapshot.configuration?.suspendTrade === true) {
    const suspended = "The account's own switch `suspend_trade` is on, so Alpaca refuses every order.";
    return { ...declined("account-blocked", suspended, "Nothing was sent. Switch it off on the account's page at Alpaca."), snapshot };
  }
  if (snapshot.account.blocks.length === 0) return undefined;
  const reason = `The account may not trade: ${snapshot.account.blocks.join(", ")}.`;
  return {
    ...declined("account-blocked", reason, "Nothing was sent. Check the account's page at the broker, or contact its support."),
    snapshot,
  };
}

/** An account that is shown wrong must not size a target, nor seem to be on target (R9). What is sold in full needs no equity. */
async function equityDeclined(parts: PrepareParts, { plan, input, snapshot }: Ready): Promise<Declined | undefined> {
  if (!isMeasured(input.wanted) && plan.sells.length > 0) return undefined;
  if (snapshot.account.equity.lte(ZERO)) {
    const reason = `The account shows an equity of ${formatDollars(snapshot.account.equity)}, so there is nothing to trade with.`;
    return { ...declined("account-unsettled", reason, EMPTY_HINT), snapshot };
  }
  const jump = await unexplainedJump(parts, snapshot, input);
  return jump === undefined ? undefined : { ...declined("price-doubt", jump, JUMP_HINT), snapshot };
}

function otherSession({ finishOf }: PrepareRequest, snapshot: AccountSnapshot): Declined | undefined {
  if (finishOf === undefined || marketDate(finishOf) === marketDate(snapshot.market.clock.timestamp)) return undefined;
  const reason = `The run was executed on ${marketDate(finishOf)}; it can only be finished in the same session.`;
  return { ...declined("refused", reason, "Let the strategy write a new run."), snapshot };
}

function sessionDeclined(parts: PrepareParts, request: PrepareRequest, snapshot: AccountSnapshot): Declined | undefined {
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
async function openingDeclined(parts: PrepareParts, snapshot: AccountSnapshot): Promise<Declined | undefined> {
  const { broker, execution, clock } = parts;
  const closed = sessionLeft(snapshot.market, clock.monotonic()) === undefined;
  const notYet = closed ? notForTheOpen(execution) : await tooSoonAfterOpen(broker, snapshot, execution);
  return notYet === undefined ? undefined : { ...declined("market-closed", notYet.reason, notYet.hint), snapshot };
}

/** Waits for earlier orders to end; another installation on the account stops everything (R24). */
async function withoutEarlierOrders(
  parts: PrepareParts,
  request: PrepareRequest,
  first: AccountSnapshot,
): Promise<AccountSnapshot | Declined> {
  const ended = await endEarlierOrders<Declined>(parts, first, {
    read: () => holdings(parts, request, first),
    pause: async (ms) => {
      await parts.clock.sleep(ms, parts.abandoned);
      return stillWanted(parts, request);
    },
  });
  if (!("kind" in ended) || ended.kind === "declined") return ended;
  return { ...declined("account-blocked", ended.reason, "Nothing was sent. Stop one of the two installations."), snapshot: first };
}

/** The plan on a settled account. What is learned of an earlier order while planning must show in the account, too. */
async function settledPlan(parts: PrepareParts, request: PrepareRequest, first: Reading): Promise<Preparation> {
  let reading = first;
  for (;;) {
    const settled = request.dryRun ? reading.snapshot : await settle(parts, request, reading);
    if ("kind" in settled) return settled;
    const planned = await planWithoutDoubt(parts, request, settled);
    if (planned !== "learned") return planned;
    const next = await wholeSnapshot(parts, request);
    if ("kind" in next) return next;
    reading = { snapshot: next, isWhole: true };
  }
}

interface Reading {
  readonly snapshot: AccountSnapshot;
  /** Whether it was read at one time, prices included. */
  readonly isWhole: boolean;
}

/** Waits until the account contains the fills of the execution before this one (R16). */
async function settle(parts: PrepareParts, request: PrepareRequest, first: Reading): Promise<AccountSnapshot | Declined> {
  let { snapshot, isWhole } = first;
  const fromOurs = expectedNow(parts, snapshot);
  let expected = fromOurs;
  const start = parts.clock.monotonic();
  let listAt = start + EXTERNAL_FILLS_AFTER_MS;
  for (let round = 0; ;) {
    const waited = parts.clock.monotonic() - start;
    const isLate = waited > SETTLE_LIMIT_MS;
    if (parts.clock.monotonic() >= listAt && unsettled(snapshot, expected) !== undefined) {
      expected = withExternalFills(fromOurs, await explainedByExternalFills(parts.broker, snapshot, fromOurs));
      listAt = parts.clock.monotonic() + EXTERNAL_FILLS_AFTER_MS;
    }
    const missing = unsettled(snapshot, expected);
    // A deposit is not a missing fill; but while our last buys may not be in the cash yet, it may belong to them.
    const mayBeSpent = isMore(snapshot.account.cash, expected) && waited <= FILLS_SETTLE_WITHIN_MS;
    const isSettled = missing === undefined && !mayBeSpent && (isLate || !mayReleaseMore(snapshot, parts));
    if (isSettled && isWhole) return snapshot;
    if (missing !== undefined && isLate) {
      return {
        ...declined("account-unsettled", `The account does not show our last fills yet: ${missing}.`, TRIED_AGAIN),
        snapshot,
      };
    }
    if (!isSettled) {
      await parts.clock.sleep(settlePause(round), parts.abandoned);
      round += 1;
      const stopped = stillWanted(parts, request);
      if (stopped !== undefined) return stopped;
    }
    const next = isSettled ? await wholeSnapshot(parts, request) : await holdings(parts, request, snapshot);
    if ("kind" in next) return next;
    isWhole = isSettled;
    snapshot = next;
  }
}

/**
 * The position after our newest order of each symbol, and the cash after the last execution that traded, as
 * long as the venue may not show them yet.
 */
function expectedNow(parts: PrepareParts, snapshot: AccountSnapshot): Expected {
  const isRecent = (intent: IntentRecord): boolean => mayNotBeShownYet(intent, snapshot, parts.clock);
  const newest = new Map<string, IntentRecord>();
  let money: Pick<Expected, "cash" | "traded"> = { cash: undefined, traded: ZERO };
  for (const execution of parts.ledger.recentExecutions(5).toReversed()) {
    const filled = parts.ledger.intentsOf(execution.id).filter((intent) => intent.filledQuantity.gt(ZERO));
    // A late fill of an earlier execution is not in this one's initial cash, so the cash cannot be calculated.
    const late = [...newest.values()].some((intent) => filledSince(intent, execution.startedAt));
    if (filled.some(isRecent)) money = expectedAfter(filled, late ? undefined : cashBefore(execution));
    // It changed the cash after a late fill of an earlier one.
    else if (filled.length > 0) money = { cash: undefined, traded: ZERO };
    for (const intent of filled) newest.set(intent.symbol, intent);
  }
  const recent = [...newest.values()].filter(isRecent);
  const { quantities, bought, after } = expectedAfter(recent, undefined);
  return { ...money, quantities, bought, after };
}

/**
 * Fills have the venue's stamps, their records ours. The two clocks may differ, and ours may have been set
 * since, so recent by either clock counts as recent.
 */
function mayNotBeShownYet({ filledAt, updatedAt }: IntentRecord, { market }: AccountSnapshot, clock: Clock): boolean {
  const venueNow = market.clock.timestamp + (clock.monotonic() - market.readAt.monotonic);
  const age = clock.now() - updatedAt;
  // A record from the future only says that our clock has been set back.
  const isRecent = age >= 0 && age <= FILLS_SETTLE_WITHIN_MS;
  return isRecent || Math.abs(venueNow - (filledAt ?? updatedAt)) <= FILLS_SETTLE_WITHIN_MS;
}

function filledSince(intent: IntentRecord, since: number): boolean {
  return (intent.filledAt ?? intent.updatedAt) >= since;
}

async function planWithoutDoubt(parts: PrepareParts, request: PrepareRequest, first: AccountSnapshot): Promise<Preparation | "learned"> {
  const start = parts.clock.monotonic();
  let snapshot = first;
  let isWhole = true;
  for (let round = 0; ; round += 1) {
    const splits = await splitsIn(parts, request, snapshot);
    if ("kind" in splits) return splits;
    const { given, hasLearned } = await heirsOf(parts, request, snapshot);
    if (hasLearned) return "learned";
    const planned = plannedOn(parts, request, snapshot, { splits, given });
    const goesOn = isDoubtful(planned.result) && parts.clock.monotonic() - start < PRICE_DOUBT_LIMIT_MS;
    if (!goesOn && isWhole) return judged(parts, request, planned);
    if (goesOn) await parts.clock.sleep(doubtPause(round), parts.abandoned);
    const stopped = stillWanted(parts, request);
    if (stopped !== undefined) return stopped;
    const next = goesOn ? await repriced(parts, snapshot) : await wholeSnapshot(parts, request);
    if ("kind" in next) return next;
    isWhole = !goesOn;
    snapshot = next;
  }
}

/** An order waiting for the open is not sent now and cannot reuse an id. */
async function heirsOf(parts: PrepareParts, { dryRun }: PrepareRequest, { market }: AccountSnapshot): Promise<Inheritable> {
  if (!market.clock.isOpen) return { given: [], hasLearned: false };
  return inheritable({ ...parts, say: (level, text) => parts.emit({ kind: "remark", level, text }) }, { dryRun });
}

function plannedOn(
  parts: PrepareParts,
  request: PrepareRequest,
  snapshot: AccountSnapshot,
  { splits, given }: { readonly splits: PlanInput["splits"]; readonly given: readonly IntentRecord[] },
): Planned {
  const plan = (reserved: Reserved): Omit<Planned, "inherited"> => {
    const input = planInput(snapshot, {
      phase: "selling",
      wanted: request.wanted,
      settings: parts.settings,
      splits,
      excluded: request.excluded ?? new Map<string, SkipReason>(),
      ...reserved,
    });
    return { snapshot, ...planWithin(input, request.bounds) };
  };
  return planWithHeirs(plan, parts.ledger.unsettledIntents(), given);
}

function isDoubtful(result: PlanResult): boolean {
  if (result.kind === "refused") return result.refusal === "price-doubt";
  return result.plan.lines.some(({ leftAlone }) => leftAlone === "price-doubt" || leftAlone === "split-suspected");
}

/** Reads only doubtful prices again (R35); before planning on them, the account is read too. */
async function repriced(parts: PrepareParts, snapshot: AccountSnapshot): Promise<AccountSnapshot> {
  try {
    const prices = await unlessAborted(parts.broker.prices([...snapshot.prices.keys()]), parts.abandoned);
    return { ...snapshot, prices, at: parts.clock.now() };
  } catch (error) {
    if (!parts.abandoned.aborted && !(error instanceof BrokerError)) throw error;
    return snapshot;
  }
}

async function splitsIn(parts: PrepareParts, request: PrepareRequest, snapshot: AccountSnapshot): Promise<PlanInput["splits"] | Declined> {
  const question = { wanted: symbolsOf(request.wanted), record: !request.dryRun };
  try {
    return await unlessAborted(parts.splits.doubts(snapshot, question), parts.abandoned);
  } catch (error) {
    const stopped = parts.abandoned.aborted ? stillWanted(parts, request) : undefined;
    if (stopped === undefined) throw error;
    return stopped;
  }
}

interface Planned extends Inheritance {
  readonly snapshot: AccountSnapshot;
  readonly input: PlanInput;
  readonly result: PlanResult;
}

function judged(parts: PrepareParts, request: PrepareRequest, { snapshot, input, result, inherited }: Planned): Preparation {
  if (result.kind === "refused") {
    const verdict = result.refusal === "price-doubt" ? "price-doubt" : "refused";
    return { ...declined(verdict, result.reason, result.hint), causes: [{ code: result.refusal }], snapshot };
  }
  const failures = provePlan(result.plan, input);
  if (failures.length > 0) {
    const reason = `The plan failed its proof: ${failures.map((failure) => failure.message).join(" ")}`;
    return { ...declined("refused", reason, "Nothing was sent. This is a bug in the program; please report it with the log."), snapshot };
  }
  const offHours = !request.dryRun && sessionLeft(snapshot.market, parts.clock.monotonic()) === undefined;
  const phases = offHours ? offHoursDeclined(result.plan, input) : undefined;
  if (phases !== undefined) return { ...phases, snapshot };
  return { kind: "ready", plan: result.plan, input, snapshot, offHours, inherited };
}

/** Off hours a plan is queued only if all of it can wait side by side (R23). */
function offHoursDeclined(plan: Plan, input: PlanInput): Declined | undefined {
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

export function declined(verdict: VerdictKind, reason: string, hint?: string): Declined {
  return hint === undefined ? { kind: "declined", verdict, reason } : { kind: "declined", verdict, reason, hint };
}
