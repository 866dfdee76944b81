import { RUN_GAP_MS, runOfSignal, wantedAgain } from "./joined-run.ts";
import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen, type OrderRecord, type TradeUpdate } from "../../src/simulator/orders.ts";
import type { RebalanceEvent } from "../../src/execution/events.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { decimal, max, min, sum, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import { nyseHours } from "../../src/simulator/sessions.ts";
import { isPost } from "./faults/fault.ts";
import { BoundAudit } from "./bound-audit.ts";
import { LimitAudit } from "./limit-audit.ts";
import type { Machine } from "./machine.ts";
import { ALPACA, KEY_ID, SECRET, SIGNAL_MAX_AGE_SECONDS, type Life } from "./life.ts";
import type { NetworkObserver } from "./network.ts";
import type { Scenario } from "./scenario.ts";
import { SendingAudit } from "./sending-audit.ts";
import { ShownToProcess } from "./shown.ts";
import { turnoverViolation } from "./turnover.ts";
import { splitViolation } from "./two-step-split.ts";
import { pendingFactor } from "./waiting-splits.ts";

/** The promises, as the README numbers them. */
export type Promised = "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7" | "P8" | "P9" | "P10" | "stop" | "simulation";

export interface Violation {
  readonly promise: Promised;
  readonly text: string;
}

/** What a run of the strategy has become known as. */
export interface KnownRun {
  readonly signalId: string;
  readonly mayTrade: boolean;
  /** Monotonic: when its first line came to stand in the file, and its last one so far. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Monotonic: from its first line to the last change of the file before any process saw it, for which it may have arrived only then. */
  readonly arrivedBy: number;
  /** The hashes of its lines. */
  readonly lines: readonly string[];
  /** Symbol → weight; empty for anything but a whole rebalance. */
  readonly targets: ReadonlyMap<string, number>;
  /** Symbols of a run of SELLs. */
  readonly sold: readonly string[];
  /** SELL or HOLD, which interrupts nothing (R22). */
  readonly isQuiet: boolean;
}

export interface InvariantParts {
  readonly exchange: Exchange;
  readonly scenario: Scenario;
  readonly machine: () => Machine;
  readonly now: () => number;
  /** In the order in which they were begun in the file. */
  readonly runs: readonly KnownRun[];
  /** An order has left the process. */
  readonly onOrder: () => void;
  readonly violated: (violation: Violation) => void;
  /** Whether anybody may write to the alerts file just now. */
  readonly fileIsExposed: () => boolean;
}

/** A write waits at most so long for its turn after halt, age and session were looked at. */
const PACE_MS = 1_000;
/** The venue's clock may have been read so long before its answer arrived. */
const SESSION_LEFT_MS = 30_000;
/** A foreign hand can be seen only at the next look, on lists that lag. */
/** An order whose answer is lost could have taken what somebody else took, until it is proven absent. */
const FOREIGN_HAND_HIDDEN_MS = 60_000;
const FOREIGN_HAND_MS = 40_000;
/** From a newer run's first line to the moment from which the older one may not begin any more. */
const NEWER_RUN_MS = 3_000;
/** A run whose reasons name no legs is complete only so long after its last line (R4). */
const SETTLE_MS = 1_000;
const MOST_AHEAD_MS = 5_000;
/** A file that anybody may write is noticed at the next look. */
const EXPOSURE_SEEN_MS = 3_000;
/** A line is seen at the next look. */
const SEEN_WITHIN_MS = 2_500;
/** Prices move between plan and fill, and the reserve is a part of what they make. */
const RESERVE_KEPT = decimal("0.5");
const DOLLARS = decimal("2");
const CASH_TOLERANCE = decimal("0.002");
const PREFIX = "alpaca-trader-";
const ORIGINS: readonly string[] = [new URL(ALPACA.tradingUrl).origin, new URL(ALPACA.dataUrl).origin];
const MOST_TIMERS = 150;
/** A rewritten file, a halt that was lifted and a start may each hand a run out again. */
const MOST_TAKEN_UP = 4;

/** What a client order id of ours says. */
interface Slot {
  readonly signalId: string;
  readonly phase: string;
  readonly symbol: string;
  readonly attempt: number;
}

function slotOf(clientOrderId: string): Slot | undefined {
  const match = /^alpaca-trader-([0-9a-f]{16})-(selling|buying)-([A-Z.]+)-(\d+)$/.exec(clientOrderId);
  if (match === null) return undefined;
  const [, signalId = "", phase = "", symbol = "", attempt = ""] = match;
  return { signalId, phase, symbol, attempt: Number(attempt) };
}

/** Watches wire, order book and commits, and holds every single step against the promises P1–P4 and P6–P10. */
export class Invariants implements NetworkObserver {
  readonly #parts: InvariantParts;
  /** Intents of orders that left a process, by client order id, as its ledger had them then. */
  readonly #sent = new Map<string, IntentRecord>();
  /** The signals that they were sent for, which an id that was inherited does not name (R19). */
  readonly #signals = new Map<string, string>();
  /** All that ever left under one id, oldest first. */
  readonly #slots = new Map<string, (IntentRecord & { readonly signalId: string })[]>();
  /** When each of them last left, on the monotonic clock. */
  readonly #sentAt = new Map<string, number>();
  readonly #acceptedSignals = new Set<string>();
  readonly #shown = new ShownToProcess();
  readonly #sending = new SendingAudit();
  readonly #limits: LimitAudit;
  readonly #bounds: BoundAudit;
  /** When somebody else last touched a symbol, or (under the empty name) the cash. */
  readonly #externalTrade = new Map<string, number>();
  /** How often each process has said that it takes up a run. */
  readonly #takenUp = new Map<string, number>();
  ordersAccepted = 0;
  fills = 0;

  constructor(parts: InvariantParts) {
    this.#parts = parts;
    this.#limits = new LimitAudit(parts.scenario.execution, () => parts.exchange.clock.now());
    this.#bounds = new BoundAudit(parts.exchange, parts.scenario);
    parts.exchange.onTradeUpdate((update) => this.#onTradeUpdate(update));
  }

  /** Somebody other than the daemon has touched this symbol, or with `undefined` only the cash. */
  externalTrade(symbol: string | undefined): void {
    const now = this.#parts.now();
    this.#externalTrade.set("", now);
    if (symbol !== undefined) this.#externalTrade.set(symbol, now);
  }

  // --- leaving the process -------------------------------------------------------------------

  onSend(life: Life, url: string, { method, body }: { readonly method: string; readonly body: string }): void {
    if (!ORIGINS.includes(new URL(url).origin)) this.#violated("P8", `A request went to ${url}.`);
    if (body.includes(SECRET) || url.includes(SECRET)) this.#violated("P9", `A request carries the secret outside of its header: ${url}`);
    if (method === "POST" && new URL(url).pathname === "/v2/orders") this.#onOrderSent(life, JSON.parse(body) as Record<string, string>);
  }

  onSocket(life: Life, url: string): void {
    if (url !== ALPACA.streamUrl) this.#violated("P8", `A stream was opened to ${url}.`);
    if (life.openSockets > 0) this.#violated("P10", `A second stream was opened beside ${String(life.openSockets)}.`);
  }

  #onOrderSent(life: Life, order: Record<string, string>): void {
    const id = order.client_order_id ?? "";
    const intent = life.ledger.intent(id);
    if (intent?.state !== "posting") {
      this.#violated("P1", `${id} was sent, but the ledger has it as ${intent?.state ?? "nothing"}.`);
      return;
    }
    if (!life.isFlushed(id)) this.#violated("P1", `${id} was sent on a record that a power cut would take.`);
    const amount = order.qty === intent.quantity?.toFixed() && order.notional === intent.notional?.toFixed();
    if (!amount || order.symbol !== intent.symbol || order.side !== intent.side)
      this.#violated("P1", `${id} was sent as something else than was recorded.`);
    for (const violation of this.#limits.violationsOf(
      life,
      intent,
      order,
      [...this.#parts.exchange.state.orders.values()],
      this.#parts.now(),
    ))
      this.#parts.violated(violation);
    const signalId = life.ledger.execution(intent.executionId)?.signalId;
    if (signalId !== undefined) {
      this.#signals.set(id, signalId);
      this.#slots.set(id, [...(this.#slots.get(id) ?? []), { ...intent, signalId }]);
      this.#bounds.onSent(signalId, this.#shown.unreadablePositions(life));
    }
    this.#sent.set(id, intent);
    this.#sentAt.set(id, this.#parts.now());
    this.#checkSending(life, intent);
    this.#checkSession(life, intent);
    this.#checkPermission(life, intent);
    this.#checkSymbol(life, id, intent);
    this.#checkBeginning(life, intent);
    this.#parts.onOrder();
  }

  /** Against what the process was shown, and against what became of orders before. */
  #checkSending(life: Life, intent: IntentRecord): void {
    const { exchange, violated, scenario } = this.#parts;
    const book = [...exchange.state.orders.values()];
    const violations = [
      ...this.#shown.violationsOf(life, intent, this.#leftAt(life, intent)),
      ...this.#sending.onSent(intent, exchange.clock.now(), book, {
        steady: this.#isSteady,
        isUnknown: (id) => life.ledger.intent(id)?.state === "abandoned",
        signalOf: (id) => this.#signals.get(id),
      }),
      ...[splitViolation(intent, exchange)].filter((violation) => violation !== undefined),
    ];
    for (const violation of violations) violated(violation);
    if (this.externalTradeWithin("", Infinity) || scenario.faults.includes("price-jump") || scenario.split !== undefined) return;
    const turnover = turnoverViolation(life.ledger, intent, exchange, scenario);
    if (turnover !== undefined) violated(turnover);
  }

  /** When it was recorded as leaving, on the monotonic clock; it may have waited for its turn since. */
  #leftAt(life: Life, { postedAt = 0 }: IntentRecord): number {
    return this.#parts.now() - (life.clock.now() - postedAt);
  }

  /** Whether the machine's wall clock runs as evenly as the venue's and the monotonic one. */
  get #isSteady(): boolean {
    const { faults } = this.#parts.scenario;
    return !faults.includes("clock-stepped") && !faults.includes("suspended");
  }

  /** By the calendar; that trading is interrupted shows to a process only when it asks. */
  #checkSession(life: Life, { clientOrderId: id, executionId }: IntentRecord): void {
    const now = this.#parts.exchange.clock.now();
    const execution = life.ledger.execution(executionId);
    if (execution?.offHours === true) return;
    if (!nyseHours.isOpen(now)) this.#violated("P7", `${id} was sent while the market was closed.`);
    else if (nyseHours.nextClose(now) - now < SESSION_LEFT_MS - PACE_MS)
      this.#violated("P7", `${id} was sent ${String(nyseHours.nextClose(now) - now)} ms before the close.`);
    const late = life.clock.now() - (execution?.deadline ?? Infinity);
    if (this.#isSteady && late > PACE_MS) this.#violated("P7", `${id} was sent ${String(late)} ms after the deadline of its execution.`);
  }

  #checkPermission(life: Life, intent: IntentRecord): void {
    const { machine } = this.#parts;
    const id = intent.clientOrderId;
    const halted = machine().haltedSince;
    // Recorded as leaving, it may still wait for its turn; from a halt on nothing is recorded so.
    const leftAt = this.#leftAt(life, intent);
    if (halted !== undefined && leftAt > halted) this.#violated("P7", `${id} left ${String(leftAt - halted)} ms after the halt.`);
  }

  #checkSymbol(life: Life, id: string, intent: IntentRecord): void {
    const { scenario, exchange, now } = this.#parts;
    const { protectedSymbols, allowedSymbols, maxOrderValue } = scenario.settings;
    if (protectedSymbols.has(intent.symbol)) this.#violated("P4", `${id} is for a protected symbol.`);
    if (allowedSymbols?.has(intent.symbol) === false) this.#violated("P4", `${id} is for a symbol that is not allowed.`);
    if (maxOrderValue !== undefined && intent.estimatedValue.gt(maxOrderValue))
      this.#violated("P4", `${id} is larger than MAX_ORDER_VALUE.`);
    const foreign = [...exchange.state.orders.values()].find(
      (order) => isOpen(order) && order.symbol === intent.symbol && !order.clientOrderId.startsWith(PREFIX),
    );
    if (foreign === undefined || this.#shown.hides(life, foreign.id, now() - (exchange.clock.now() - Date.parse(foreign.submittedAt))))
      return;
    const standsFor = exchange.clock.now() - Date.parse(foreign.submittedAt);
    if (standsFor > FOREIGN_HAND_MS && now() > FOREIGN_HAND_MS)
      this.#violated("P4", `${id} was sent beside a foreign order for ${intent.symbol} that stands since ${String(standsFor)} ms.`);
  }

  /** The first order of an execution needs a fresh signal that is the newest of its file (P3, P6). */
  #checkBeginning(life: Life, intent: IntentRecord): void {
    const execution = life.ledger.execution(intent.executionId);
    const signal = execution === undefined ? undefined : life.ledger.signal(execution.signalId)?.signal;
    const run = signal === undefined ? undefined : runOfSignal(this.#parts.runs, signal);
    if (signal === undefined || run?.mayTrade !== true) {
      this.#violated("P6", `${intent.clientOrderId} was sent without a run that asks for it.`);
      return;
    }
    if (this.#acceptedSignals.has(signal.id) || execution?.begunAt !== undefined) return;
    this.#checkOrigin(intent, run);
    const wall = life.clock.now();
    const oldest = Math.min(signal.oldestStamp, signal.arrivedAt);
    if (wall - oldest > SIGNAL_MAX_AGE_SECONDS * 1_000 + PACE_MS)
      this.#violated("P3", `${intent.clientOrderId} began an execution on a signal that was ${String(wall - oldest)} ms old.`);
    if (signal.generatedAt - wall > MOST_AHEAD_MS + PACE_MS)
      this.#violated("P3", `${intent.clientOrderId} began an execution on a signal of the future.`);
    const now = this.#parts.now();
    const again = wantedAgain(this.#parts.runs, run, signal, {
      seenBefore: now - NEWER_RUN_MS - SETTLE_MS,
      allowed: this.#parts.scenario.settings.allowedSymbols,
    });
    const isWanted = execution?.wanted.kind === "rebalance" && again !== undefined && execution.wanted.targets.has(again);
    if (isWanted && life.startedAt < now - NEWER_RUN_MS - SETTLE_MS)
      this.#violated("P6", `${intent.clientOrderId} began an execution that wants ${again}, which a SELL has taken out of it.`);
    const newer = this.#parts.runs.findLast(({ firstAt, isQuiet }) => firstAt < now - NEWER_RUN_MS && !isQuiet);
    if (
      newer !== undefined &&
      newer.firstAt > run.lastAt + RUN_GAP_MS &&
      newer.signalId !== run.signalId &&
      life.startedAt < now - NEWER_RUN_MS
    )
      this.#violated(
        "P6",
        `${intent.clientOrderId} began an execution ${String(now - newer.firstAt)} ms after a newer run ${newer.signalId}.`,
      );
  }

  /** What the program takes for a run's arrival is held against the file itself. */
  #checkOrigin({ clientOrderId }: IntentRecord, { firstAt, arrivedBy }: KnownRun): void {
    const { now, machine, fileIsExposed, scenario } = this.#parts;
    const age = now() - arrivedBy;
    // What lay in a file that was not trusted counts as arriving when it is trusted again.
    if (this.#isSteady && !scenario.faults.includes("file-untrusted") && age > SIGNAL_MAX_AGE_SECONDS * 1_000 + PACE_MS + SEEN_WITHIN_MS)
      this.#violated("P3", `${clientOrderId} began an execution on a run that came ${String(age)} ms before.`);
    const exposed = machine().exposedSince;
    if (exposed !== undefined && fileIsExposed() && firstAt > exposed && now() - exposed > EXPOSURE_SEEN_MS)
      this.#violated("P7", `${clientOrderId} began an execution on lines that anybody could have written.`);
  }

  // --- at the venue --------------------------------------------------------------------------

  onArrival(request: VenueRequest): void {
    if (!isPost(request)) return;
    const { exchange } = this.#parts;
    const order = JSON.parse(request.body) as Record<string, string>;
    const known = [...exchange.state.orders.values()].some(({ clientOrderId }) => clientOrderId === order.client_order_id);
    const onTheWayMs = this.#parts.now() - (this.#sentAt.get(order.client_order_id ?? "") ?? 0);
    if (known || this.externalTradeWithin(order.symbol ?? "", FOREIGN_HAND_MS + onTheWayMs)) return;
    if (order.side === "sell") this.#checkCovered(order);
  }

  /** At the real venue a sell of shares that are not held may open a short position. */
  #checkCovered(order: Readonly<Record<string, string>>): void {
    const { state } = this.#parts.exchange;
    const held = state.positions.get(order.symbol ?? "")?.quantity ?? ZERO;
    const promised = [...state.orders.values()].filter((other) => isOpen(other) && other.side === "sell" && other.symbol === order.symbol);
    const free = held.minus(sum(promised.map((other) => (other.quantity ?? ZERO).minus(other.filledQuantity))));
    if (decimal(order.qty ?? "0").gt(free))
      this.#violated("P4", `${order.client_order_id ?? ""} sells ${order.qty ?? ""} shares, but ${free.toFixed()} are free.`);
  }

  onDelivered(life: Life, request: VenueRequest, response: VenueResponse): void {
    this.#shown.onDelivered(life, request, response, this.#parts.now());
    this.#limits.onDelivered(life, request, response, this.#parts.now());
    this.#sending.onDelivered(request, response, this.#parts.exchange.clock.now());
  }

  onVenueFailure(error: unknown): void {
    this.#violated("P4", `The venue broke: ${String(error)}`);
  }

  #onTradeUpdate({ event, order: view }: TradeUpdate): void {
    const { exchange } = this.#parts;
    const order = exchange.state.orders.get(view.id);
    if (order?.clientOrderId.startsWith(PREFIX) !== true) {
      if (event === "fill" || event === "partial_fill") this.externalTrade(order?.symbol);
      return;
    }
    if (event === "pending_new" || event === "accepted") this.#onAccepted(order);
    if (event === "fill" || event === "partial_fill") this.#onFill(order);
  }

  #onAccepted(order: OrderRecord): void {
    this.ordersAccepted += 1;
    const { exchange } = this.#parts;
    const slot = this.#slotOf(order);
    const intent = this.#sent.get(order.clientOrderId);
    if (slot === undefined || intent === undefined) {
      this.#violated("P1", `The venue holds ${order.clientOrderId}, which no ledger had recorded.`);
      return;
    }
    this.#acceptedSignals.add(slot.signalId);
    const rival = [...exchange.state.orders.values()].find(
      (other) => other !== order && isOpen(other) && sameSlot(this.#slotOf(other), slot),
    );
    if (rival !== undefined) this.#violated("P1", `${order.clientOrderId} was accepted while ${rival.clientOrderId} was ${rival.status}.`);
    if (order.side === "buy") this.#checkMoney(`${order.clientOrderId} was accepted`, order.clientOrderId);
  }

  #onFill(order: OrderRecord): void {
    this.fills += 1;
    const slot = this.#slotOf(order);
    if (slot !== undefined) this.#checkTotal(slot);
    if (order.side === "buy") this.#checkMoney(`${order.clientOrderId} was filled`, order.clientOrderId);
  }

  /** Of what was sent last under its id like this, or, if nothing was, what the id says. */
  #slotOf({ clientOrderId, symbol, side, quantity, notional }: OrderRecord): Slot | undefined {
    const sent = this.#slots.get(clientOrderId)?.findLast((intent) => {
      if (intent.symbol !== symbol || intent.side !== side) return false;
      return intent.notional === undefined ? quantity?.eq(intent.quantity ?? ZERO) === true : notional?.eq(intent.notional) === true;
    });
    return sent ?? slotOf(clientOrderId);
  }

  /** However many attempts and executions there were, together they trade no more than the signal asks for (R33). */
  #checkTotal({ signalId, symbol }: Slot): void {
    const { exchange, scenario, runs, machine, violated } = this.#parts;
    // What cannot be read belongs to no target while it cannot.
    const isOdd = scenario.cause?.startsWith("row-") === true;
    if (isOdd || this.externalTradeWithin("", Infinity) || scenario.faults.includes("price-jump") || scenario.split !== undefined) return;
    const orders = [...exchange.state.orders.values()].filter((order) => {
      const slot = this.#slotOf(order);
      return slot?.signalId === signalId && slot.symbol === symbol;
    });
    const signal = machine().life?.ledger.signal(signalId)?.signal;
    if (signal === undefined || runOfSignal(runs, signal) === undefined) return;
    // A later SELL takes its symbol out of what the signal wants (R22).
    const wanted = machine().life?.ledger.executionOfSignal(signalId)?.wanted;
    const left = wanted?.kind === "rebalance" && !wanted.targets.has(symbol);
    const target = left ? 0 : Number((signal.targets.get(symbol) ?? ZERO).toFixed());
    for (const violation of this.#bounds.violationsOf(signalId, { symbol, target }, orders)) violated(violation);
  }

  /** Cash, after all open buys at their worst, stays above zero: so gross stays within 100 % of equity. */
  #checkMoney(occasion: string, clientOrderId: string): void {
    const { exchange, scenario } = this.#parts;
    const { state } = exchange;
    if (scenario.multiplier === "1" && state.cash.lt(ZERO) && !this.externalTradeWithin("", Infinity))
      this.#violated("P4", `Cash is ${state.cash.toFixed()} after ${occasion}.`);
    // Whoever takes cash after an order has left takes what that was sent on; before, orders of unknown fate may hide it for a while.
    const leftMsAgo = this.#parts.now() - (this.#sentAt.get(clientOrderId) ?? 0);
    if (this.externalTradeWithin("", FOREIGN_HAND_HIDDEN_MS + leftMsAgo) || scenario.faults.includes("price-jump")) return;
    const open = [...state.orders.values()].filter((order) => isOpen(order) && order.side === "buy");
    const reserved = sum(open.map((order) => this.#worstOf(order)));
    const equity = state.cash.plus(
      sum(
        [...state.positions.values()].map(({ symbol, quantity }) =>
          quantity.times(exchange.valueOf(symbol)).times(pendingFactor(exchange, symbol)),
        ),
      ),
    );
    const left = state.cash.minus(reserved).plus(sum([...state.orders.values()].map((order) => this.#overpaid(order))));
    if (left.lt(max(ZERO, equity).times(CASH_TOLERANCE).plus(DOLLARS).neg()))
      this.#violated("P4", `${occasion}, but cash of ${state.cash.toFixed()} does not cover open buys of ${reserved.toFixed()}.`);
    this.#checkReserve(occasion, left, equity);
  }

  /** Buys in dollars leave the reserve alone; whole shares may reach into it with what they cost more than expected. */
  #checkReserve(occasion: string, left: Decimal, equity: Decimal): void {
    const { exchange, scenario } = this.#parts;
    // What stands in an odd row is in no base either.
    if (scenario.faults.includes("row-odd") || scenario.cause?.startsWith("row-") === true) return;
    const whole = [...this.#sent.values()].some(
      ({ symbol, side }) => side === "buy" && exchange.state.assets.get(symbol)?.fractionable === false,
    );
    // What may have been split is in no base, so nothing of it is in reserve either.
    const isSplit = (symbol: string): boolean => exchange.state.splits.some((split) => split.symbol === symbol);
    const { protectedSymbols, allowedSymbols } = scenario.settings;
    const isApart = (symbol: string): boolean => protectedSymbols.has(symbol) || allowedSymbols?.has(symbol) === false;
    const worth = sum(
      [...exchange.state.positions.values()]
        .filter(({ symbol }) => isApart(symbol) || isSplit(symbol))
        .map(({ symbol, quantity }) => quantity.times(exchange.valueOf(symbol)).times(pendingFactor(exchange, symbol))),
    );
    const reserve = equity.minus(worth).times(scenario.settings.cashReserve);
    if (!whole && left.lt(reserve.times(RESERVE_KEPT).minus(DOLLARS)))
      this.#violated("P4", `${occasion}, and of a reserve of ${reserve.toFixed(2)} only ${left.toFixed(2)} are left.`);
  }

  /** What an absurd ask took for whole shares beyond their worst case: the price of a market order, which nobody promises. */
  #overpaid(order: OrderRecord): Decimal {
    const intent = this.#sent.get(order.clientOrderId);
    if (order.side !== "buy" || order.quantity === undefined || intent === undefined) return ZERO;
    return max(ZERO, order.filledValue.minus(intent.worstCaseCost.times(order.filledQuantity).div(order.quantity)));
  }

  #worstOf(order: OrderRecord): Decimal {
    if (order.notional !== undefined) return max(ZERO, order.notional.minus(order.filledValue));
    const intent = this.#sent.get(order.clientOrderId);
    const whole = order.quantity ?? ZERO;
    const rest = whole.minus(order.filledQuantity);
    const atReference = rest.times(order.limitPrice ?? order.referencePrice);
    if (intent === undefined || whole.eq(ZERO)) return atReference;
    return min(atReference, intent.worstCaseCost.times(rest).div(whole));
  }

  /** Whether somebody other than the daemon has touched a symbol, or (under the empty name) the account, so lately. */
  externalTradeWithin(symbol: string, ms: number): boolean {
    const at = this.#externalTrade.get(symbol);
    return at !== undefined && this.#parts.now() - at <= ms;
  }

  onEvent(event: RebalanceEvent): void {
    this.#limits.onEvent(event);
  }

  // --- inside the machine --------------------------------------------------------------------

  onCommitted(life: Life): void {
    if (life.clock.pending > MOST_TIMERS) this.#violated("P10", `${String(life.clock.pending)} timers are pending.`);
  }

  /** A log that is followed by a person says of one run that it is taken up once, however often it is tried. */
  onSaid(life: Life, text: string): void {
    const signal = /^Signal ([0-9a-f]{16}) of /.exec(text)?.[1];
    if (signal === undefined) return;
    const key = `${String(life.number)} ${signal}`;
    const times = (this.#takenUp.get(key) ?? 0) + 1;
    this.#takenUp.set(key, times);
    if (times > MOST_TAKEN_UP) this.#violated("P10", `Signal ${signal} is said to be taken up ${String(times)} times.`);
  }

  /** Log lines and events, before anything is taken out of them. */
  onText(text: string): void {
    if (text.includes(SECRET) || text.includes(KEY_ID)) this.#violated("P9", `A key stands in: ${text}`);
  }

  onImage(image: Uint8Array): void {
    const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
    if (bytes.includes(SECRET) || bytes.includes(KEY_ID)) this.#violated("P9", "A key stands in the ledger.");
    if (bytes.length > MOST_LEDGER_BYTES) this.#violated("P10", `The ledger has ${String(bytes.length)} bytes.`);
  }

  #violated(promise: Promised, text: string): void {
    this.#parts.violated({ promise, text });
  }
}

/** A run of minutes with a few dozen orders. */
const MOST_LEDGER_BYTES = 6_000_000;

function sameSlot(one: Slot | undefined, other: Slot): boolean {
  return one?.signalId === other.signalId && one.phase === other.phase && one.symbol === other.symbol;
}
