import { BrokerError } from "../../domain/broker.ts";
import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import type { IntentRecord } from "../../domain/ledger/orders.ts";
import { ZERO } from "../../domain/decimal.ts";
import type { SkipReason, Plan, PlanInput, PlanResult } from "../../portfolio/plan.ts";
import { provePlan } from "../../portfolio/proof.ts";
import { limitsAgainst } from "./daily-limits.ts";
import type { Inheritable, Inheritance, Reserved } from "./inherited-ids.ts";
import { inheritable, planWithHeirs } from "./inherited-ids.ts";
import { endEarlierOrders } from "./earlier-orders.ts";
import { TRIED_AGAIN } from "./opening.ts";
import { planInput, symbolsOf } from "./plan-input.ts";
import { withPayments } from "./payments.ts";
import { EXTERNAL_FILLS_AFTER_MS, explainedByExternalFills, withExternalFills } from "./external-fills.ts";
import type { AccountSnapshot } from "./account-snapshot.ts";
import { PricesUnread, readAccount, readHoldings, sessionLeft, unlessAborted, withoutEnded } from "./account-snapshot.ts";
import { planWithin, withoutFreed } from "../loop/signal-bounds.ts";
import type { Expected } from "./settle.ts";
import { expectedAfter, FILLS_SETTLE_WITHIN_MS, isMore, mayReleaseMore, SETTLE_LIMIT_MS, settlePause, unsettled } from "./settle.ts";
import { cashBefore } from "../outcome/summary.ts";
import { OutagePause } from "./outage-pause.ts";
import { sayUnreadable } from "./unreadable.ts";
import type { WarmSnapshot } from "./warm-snapshot.ts";
import type { Declined, PrepareParts, PrepareRequest } from "./declining.ts";
import {
  accountDeclined,
  adoptionDeclined,
  declined,
  equityDeclined,
  gate,
  offHoursDeclined,
  openingDeclined,
  otherSession,
  sessionDeclined,
  stillWanted,
} from "./declining.ts";

/** How long the venue may be unreachable before an execution that has not begun gives up. */
const UNREACHABLE_LIMIT_MS = 20_000;
/** How long doubtful prices are read again (R10). */
const PRICE_DOUBT_LIMIT_MS = 15_000;
/** Pauses between these readings; the last one repeats. */
const PRICE_DOUBT_PAUSES_MS = [1_000, 1_000, 2_000, 3_000, 4_000] as const;

function doubtPause(round: number): number {
  return PRICE_DOUBT_PAUSES_MS[Math.min(round, PRICE_DOUBT_PAUSES_MS.length - 1)] ?? 0;
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

/**
 * Everything between a signal and its first order: reads the account until it is settled, plans, and checks
 * the plan. Sends no order; cancels only own orders left from an earlier execution.
 */
export async function prepare(parts: PrepareParts, request: PrepareRequest): Promise<Preparation> {
  const early = parts.abandoned.aborted ? declined("superseded", "A newer run took its place.") : gate(parts, request);
  if (early !== undefined) return early;
  const warm = await preparedWarm(parts, request);
  if (warm !== undefined) {
    sayUnreadable(parts, warm.snapshot.positions);
    return warm;
  }
  const snapshot = await wholeSnapshot(parts, request);
  if ("kind" in snapshot) return snapshot;
  sayUnreadable(parts, snapshot.positions);
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
  // The rest of what has begun is not stranded by the day's limits (R28): it was judged as a whole before its first order.
  const isRest = request.bounds?.() !== undefined;
  const limited = isRest ? undefined : await limitsAgainst(parts, prepared.snapshot, { ...prepared, splits: prepared.input.splits });
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

async function wholeSnapshot(parts: PrepareParts, request: PrepareRequest): Promise<AccountSnapshot | Declined> {
  return readable(parts, request, async () => readAccount(parts.broker, parts.assets, parts.clock, symbolsOf(request.wanted)));
}

/** What our own orders change, read again (R35). */
async function holdings(parts: PrepareParts, request: PrepareRequest, before: AccountSnapshot): Promise<AccountSnapshot | Declined> {
  return readable(parts, request, async () => readHoldings(parts.broker, parts.clock, before));
}

/**
 * Reads again while the venue cannot be reached, for a limited time. After a failure a single request, for the clock, goes ahead of
 * the others: an outage must not use up the requests of the time after it (R35).
 */
async function readable(
  parts: PrepareParts,
  request: PrepareRequest,
  read: () => Promise<AccountSnapshot>,
): Promise<AccountSnapshot | Declined> {
  const start = parts.clock.monotonic();
  const outage = new OutagePause();
  let isAnswering = true;
  for (;;) {
    try {
      if (!isAnswering) await unlessAborted(parts.broker.marketClock(), parts.abandoned);
      return withoutEnded(await unlessAborted(read(), parts.abandoned), parts.ledger);
    } catch (error) {
      const unwanted = parts.abandoned.aborted ? stillWanted(parts, request) : undefined;
      if (unwanted !== undefined) return unwanted;
      if (!(error instanceof BrokerError)) throw error;
      const lasting = error.failure === "unauthorized" || error.failure === "refused";
      const pauseMs = outage.afterFailure();
      const final = lasting || parts.clock.monotonic() - start + pauseMs > UNREACHABLE_LIMIT_MS;
      if (final && !lasting && error instanceof PricesUnread) return withoutPrices(parts, error);
      if (final) return declined("broker-unreachable", error.message, error.hint);
      parts.emit({ kind: "remark", level: "info", text: `Cannot read from ${parts.broker.name} yet: ${messageOf(error)}` });
      isAnswering = false;
      await parts.clock.sleep(pauseMs, parts.abandoned);
      const stopped = stillWanted(parts, request);
      if (stopped !== undefined) return stopped;
    }
  }
}

/** Dollar buys and full exits need no price (R10): market data that is down keeps no account from its target. */
function withoutPrices(parts: PrepareParts, { message, snapshot }: PricesUnread): AccountSnapshot {
  const text = `Going on without prices, which full exits and dollar buys do not need: ${message}`;
  parts.emit({ kind: "remark", level: "warn", text });
  return withoutEnded(snapshot, parts.ledger);
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
    isKept: (intent) => isQueuedBeside(parts, request, intent),
  });
  if (!("kind" in ended) || ended.kind === "declined") return ended;
  return { ...declined("account-blocked", ended.reason, "Nothing was sent. Stop one of the two installations."), snapshot: first };
}

/** What waits for the open is left to a SELL of other symbols, which interrupts nothing (R22, R23). */
function isQueuedBeside({ ledger }: PrepareParts, { wanted }: PrepareRequest, { symbol, executionId }: IntentRecord): boolean {
  if (wanted.kind !== "exit" || wanted.symbols.includes(symbol)) return false;
  return ledger.execution(executionId)?.outcome === "queued";
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
  let expected: Expected = fromOurs;
  const start = parts.clock.monotonic();
  let listAt = start + EXTERNAL_FILLS_AFTER_MS;
  for (let round = 0; ;) {
    const waited = parts.clock.monotonic() - start;
    const isLate = waited > SETTLE_LIMIT_MS;
    if (parts.clock.monotonic() >= listAt && (unsettled(snapshot, expected) !== undefined || isMore(snapshot.account.cash, expected))) {
      expected = await explainedFrom(parts, snapshot, fromOurs);
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

/** With the orders and payments of others that explain exactly what our own fills do not. */
async function explainedFrom({ broker }: PrepareParts, snapshot: AccountSnapshot, fromOurs: ExpectedNow): Promise<Expected> {
  const expected = withExternalFills(fromOurs, await explainedByExternalFills(broker, snapshot, fromOurs));
  return fromOurs.since === undefined ? expected : withPayments(broker, snapshot, expected, fromOurs.since);
}

interface ExpectedNow extends Expected {
  /** When the account was read that the cash starts from, by our wall clock. */
  readonly since: number | undefined;
}

/**
 * The position after our newest order of each symbol, and the cash after the last execution that traded, as
 * long as the venue may not show them yet.
 */
function expectedNow(parts: PrepareParts, snapshot: AccountSnapshot): ExpectedNow {
  const isRecent = (intent: IntentRecord): boolean => mayNotBeShownYet(intent, snapshot, parts.clock);
  const newest = new Map<string, IntentRecord>();
  let money: Pick<ExpectedNow, "cash" | "traded" | "since"> = { cash: undefined, traded: ZERO, since: undefined };
  for (const execution of parts.ledger.recentExecutions(5).toReversed()) {
    const filled = parts.ledger.intentsOf(execution.id).filter((intent) => intent.filledQuantity.gt(ZERO));
    // A late fill of an earlier execution is not in this one's initial cash, so the cash cannot be calculated.
    const late = [...newest.values()].some((intent) => filledSince(intent, execution.startedAt));
    if (filled.some(isRecent))
      money = { ...expectedAfter(filled, late ? undefined : cashBefore(execution)), since: execution.accountBefore?.at };
    // It changed the cash after a late fill of an earlier one.
    else if (filled.length > 0) money = { cash: undefined, traded: ZERO, since: undefined };
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
    const isInDoubt = isDoubtful(planned.result);
    const goesOn = (isInDoubt || isWithheld(planned.result)) && parts.clock.monotonic() - start < PRICE_DOUBT_LIMIT_MS;
    if (!goesOn && isWhole) return judged(parts, request, planned);
    if (goesOn) await parts.clock.sleep(doubtPause(round), parts.abandoned);
    const stopped = stillWanted(parts, request);
    if (stopped !== undefined) return stopped;
    const onlyPrices = goesOn && isInDoubt;
    const next = onlyPrices ? await repriced(parts, snapshot) : await wholeSnapshot(parts, request);
    if ("kind" in next) return next;
    isWhole = !onlyPrices;
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
    return { snapshot, ...planWithin(input, withoutFreed(request.bounds?.(), given, reserved)) };
  };
  return planWithHeirs(plan, parts.ledger.unsettledIntents(), given);
}

function isDoubtful(result: PlanResult): boolean {
  if (result.kind === "refused") return result.refusal === "price-doubt";
  return result.plan.lines.some(({ leftAlone }) => leftAlone === "price-doubt" || leftAlone === "split-suspected");
}

/** Shares of a cancelled order are shown as held for seconds after its end (R16): while nothing else can be traded, they are awaited. */
function isWithheld(result: PlanResult): boolean {
  if (result.kind === "refused" || result.plan.sells.length + result.plan.buys.length > 0) return false;
  return result.plan.lines.some(({ leftAlone }) => leftAlone === "not-available");
}

/** Reads only doubtful prices again (R35); before planning on them, the account is read too. */
async function repriced(parts: PrepareParts, snapshot: AccountSnapshot): Promise<AccountSnapshot> {
  try {
    const prices = await unlessAborted(parts.broker.prices([...snapshot.prices.keys()]), parts.abandoned);
    return { ...snapshot, prices, pricesUnread: undefined, at: parts.clock.now() };
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
    const { pricesUnread: unread } = snapshot;
    if (result.refusal === "price-doubt" && unread !== undefined)
      return { ...declined("broker-unreachable", `${unread.message} ${result.reason}`, unread.hint), snapshot };
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
