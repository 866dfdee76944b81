import type { Ledger } from "../../src/domain/ledger.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import { isFinal } from "../../src/domain/verdict.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import { ONE } from "../../src/domain/decimal.ts";
import type { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import { sessionNear } from "../../src/simulator/sessions.ts";
import { beginCause } from "./causes.ts";
import type { Cause } from "./causes.ts";
import type { Chance } from "./chance.ts";
import { Convergence } from "./convergence.ts";
import { isInDoubt, shownPrice, sumsDisagree } from "./doubt.ts";
import { EXECUTION_DEADLINE_SECONDS, SIGNAL_MAX_AGE_SECONDS } from "./life.ts";
import type { Machine } from "./machine.ts";
import { failed, NamedReasons } from "./named-reasons.ts";
import type { FinalState, Unreached } from "./named-reasons.ts";
import type { Scenario } from "./scenario.ts";
import type { Trouble } from "./trouble.ts";
import { beginTrouble, isLifted } from "./trouble.ts";
import { namedRun } from "./strategy.ts";
import type { DrawnRun } from "./strategy.ts";
import type { Trace } from "./trace.ts";
import { pendingFactor } from "./waiting-splits.ts";

export interface FinalParts {
  readonly scenario: Scenario;
  readonly exchange: Exchange;
  readonly machine: Machine;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly monotonic: () => number;
  readonly lines: () => readonly string[];
  /** Of every line that ever stood in the file. */
  readonly stamps: () => readonly number[];
  readonly write: (run: DrawnRun) => void;
  readonly pass: (ms: number) => Promise<void>;
  readonly overnight: (until: number) => Promise<void>;
  readonly mend: (text: string) => void;
  readonly contentIsTorn: () => boolean;
  /** Cuts the process off from the venue, or connects it again. */
  readonly setOutage: (down: boolean) => void;
  /** Lets a fault of the simulator's own menu into the venue. @returns how to take it away. */
  readonly inject: (fault: string) => () => void;
  /** Somebody else has touched this symbol, or with `undefined` only the cash. */
  readonly externalTrade: (symbol: string | undefined) => void;
  /** Chance of its own for one concern. */
  readonly newChance: (concern: string) => Chance;
}

/** When nothing in the world stands in the way any more, the account is on target within this long (P5), milliseconds. */
const CONVERGES_WITHIN_MS = 60_000;
/** Limits that are priced anew, and orders that are sent in parts, take so much longer. */
const PRICED_ANEW_MS = 30_000;
const IN_PARTS_MS = 120_000;
/** The session must last so much longer than the beginning of the peace. */
const SESSION_NEEDED_MS = 1_500_000;
/** No order leaves any more so near to the close (R14). */
const BEFORE_CLOSE_MS = 30_000;
const LOOK_EVERY_MS = 2_000;
const AFTER_OPEN_MS = 60_000;
const RUN_GAP_MS = 2_500;
const PRICES_SETTLE_MS = 61_000;
const MOST_AHEAD_MS = 5_000;
/** What is stamped further ahead than this is not taken for a run that came before. */
const STAMPED_AHEAD_MS = 60_000;
/** What keeps everything from beginning is named within this long. */
const NAMED_WITHIN_MS = 60_000;
const MINUTE_OF_REQUESTS_MS = 60_000;
/** Of a run: what cannot be bought of more than this part of it may be refused as a whole (R12). */
const UNBUYABLE_SHARE = 0.2;

/** The second phase of a run: no faults any more, one last good signal, and the account has to come to it. */
export class Final {
  readonly #parts: FinalParts;
  #targets: ReadonlyMap<string, number> = new Map();
  #signalId = "";
  /** When the last signal was written, by the machine's clock and monotonic. */
  #writtenAt = 0;
  #writtenMonotonic = 0;
  /** What is still wrong, and with which symbol. */
  #trouble: { readonly kind: Trouble; readonly symbol: string; readonly end: () => void } | undefined;
  #troubledUntil = -Infinity;
  #cause: Cause | undefined;
  #convergence!: Convergence;
  #named!: NamedReasons;
  #stampsBefore: readonly number[] = [];

  constructor(parts: FinalParts) {
    this.#parts = parts;
  }

  async run(): Promise<FinalState> {
    const { pass, monotonic, chance, stamps, machine, scenario } = this.#parts;
    await this.#untilOpen();
    // Sells may leave on a reading of up to a minute ago (R36): a price that a jump's end has halved since, no rule could see.
    const settles = scenario.faults.includes("price-jump") ? PRICES_SETTLE_MS : 0;
    await pass(Math.max(settles, chance.spread(500, 45_000)) + scenario.lullMs);
    // A process that was stopped for minutes would find the signal stale, and rightly so.
    while (!machine.isUp) await pass(LOOK_EVERY_MS);
    // Lines stamped so near to each other are one run (R3).
    while (this.#isNear(stamps())) await pass(RUN_GAP_MS);
    this.#writeSignal();
    const liftAt = this.#trouble !== undefined && isLifted(this.#trouble.kind) ? monotonic() + chance.whole(8_000, 60_000) : Infinity;
    do {
      await pass(LOOK_EVERY_MS);
      if (monotonic() >= liftAt) this.#endTrouble();
      this.#convergence.look(monotonic());
    } while (!this.#isOver());
    const state = this.#judge();
    this.#endTrouble();
    this.#cause?.end();
    this.#parts.trace.say("run", () => `${state.kind}${state.kind === "on-target" ? "" : `: ${state.reason}`}`);
    return state;
  }

  async #untilOpen(): Promise<void> {
    const { exchange, overnight, pass } = this.#parts;
    const now = exchange.clock.now();
    if (exchange.hours.isOpen(now) && exchange.hours.nextClose(now) - now >= SESSION_NEEDED_MS) return;
    // The last minutes of a session are lived through, so that what is under way meets the close.
    if (exchange.hours.isOpen(now)) await pass(Math.min(120_000, exchange.hours.nextClose(now) - now + 1_000));
    const open = exchange.hours.isOpen(exchange.clock.now()) ? exchange.hours.nextClose(exchange.clock.now()) : exchange.clock.now();
    await overnight(exchange.hours.nextOpen(open) + AFTER_OPEN_MS);
  }

  #isNear(stamps: readonly number[]): boolean {
    const { now } = this.#parts.machine;
    return stamps.some((stamp) => stamp > now - RUN_GAP_MS && stamp < now + MOST_AHEAD_MS + RUN_GAP_MS);
  }

  #writeSignal(): void {
    const { scenario, machine, chance, exchange, lines, stamps, write, mend, contentIsTorn, monotonic } = this.#parts;
    if (contentIsTorn()) mend("\n");
    const allowed = scenario.universe.filter(
      (symbol) => scenario.settings.allowedSymbols?.has(symbol) !== false && !scenario.settings.protectedSymbols.has(symbol),
    );
    const legs = shares(chance.some(allowed, chance.whole(1, Math.min(4, allowed.length))), chance);
    const run = namedRun(
      legs,
      {
        now: machine.now,
        timezone: scenario.timezone,
        universe: scenario.universe,
        held: [...exchange.state.positions.keys()],
        written: lines(),
      },
      chance,
    );
    this.#targets = run.targets;
    this.#signalId = run.signalId;
    this.#writtenAt = machine.now;
    this.#writtenMonotonic = monotonic();
    this.#stampsBefore = stamps();
    this.#beginTrouble();
    this.#beginCause();
    this.#beginJudging();
    write(run);
  }

  #beginTrouble(): void {
    const { scenario, chance, monotonic } = this.#parts;
    const kind = scenario.trouble;
    if (kind === undefined) return;
    const symbol = chance.pick([...this.#targets.keys()]);
    const end = beginTrouble(kind, symbol, this.#parts);
    if (end === undefined) return;
    if (kind === "foreign-order") this.#parts.externalTrade(symbol);
    this.#trouble = { kind, symbol, end };
    if (isLifted(kind)) this.#troubledUntil = monotonic();
    this.#parts.trace.say("run", () => `still wrong: ${kind}, ${symbol}`);
  }

  #endTrouble(): void {
    if (this.#trouble === undefined) return;
    this.#trouble.end();
    if (!isLifted(this.#trouble.kind)) return;
    this.#troubledUntil = this.#parts.monotonic();
    this.#trouble = undefined;
  }

  #beginCause(): void {
    const { scenario, exchange, inject, externalTrade, monotonic, newChance, say } = {
      ...this.#parts,
      say: this.#parts.trace.say.bind(this.#parts.trace),
    };
    const { cause: kind, universe } = scenario;
    if (kind === undefined) return;
    const told = (fault: string): (() => void) => {
      say("fault", () => `still there: ${fault}`);
      return inject(fault);
    };
    say("run", () => `still there: ${kind}`);
    this.#cause = beginCause(kind, {
      exchange,
      inject: told,
      externalTrade,
      monotonic,
      universe,
      targets: this.#targets,
      chance: newChance("cause"),
    });
  }

  #beginJudging(): void {
    const { scenario, exchange, machine } = this.#parts;
    const targets = this.#targets;
    this.#named = new NamedReasons({
      ...{ scenario, exchange, machine, targets },
      signalId: this.#signalId,
      trouble: this.#trouble,
      isStampedBack: () => this.#isStampedBack(),
    });
    this.#convergence = new Convergence({
      ...{ scenario, exchange, targets },
      writtenAt: this.#writtenMonotonic,
      obstructedUntil: () => this.#obstructedUntil(),
      touches: (symbol) => this.#isTouched(symbol),
      isInDoubt: (symbol) => isInDoubt(symbol, exchange, scenario),
      sumsDisagree: () => sumsDisagree(exchange),
      shownPrice: (symbol) => shownPrice(symbol, exchange),
      cameIn: () => this.#cause?.cameIn() ?? 0,
      reserves: () => this.#cause?.reserves ?? 0,
      guards: (symbol) => this.#cause?.guards(symbol) === true,
    });
  }

  // --- what the world has in the way ----------------------------------------------------------

  /** Monotonic: of everything that passes. */
  #obstructedUntil(): number {
    const { machine, scenario, exchange, monotonic } = this.#parts;
    const now = monotonic();
    const { open } = sessionNear(exchange.clock.now(), 1);
    const avoidedUntil = now + open + scenario.execution.avoidOpenMinutes * 60_000 - exchange.clock.now();
    const isTroubled = this.#trouble !== undefined && isLifted(this.#trouble.kind);
    // Earlier orders of unknown fate are looked up first (R19, R24); what is abandoned lasts, and explains what it reserves.
    const unsettled = machine.life?.isDead === false ? machine.life.ledger.unsettledIntents() : [];
    const arrived = new Set([...exchange.state.orders.values()].map(({ clientOrderId }) => clientOrderId));
    const earlier = unsettled.some(
      ({ executionId, state, clientOrderId }) =>
        executionId !== this.#execution()?.id && (state !== "abandoned" || arrived.has(clientOrderId)),
    );
    return Math.max(
      isTroubled || earlier || !machine.isUp ? now : this.#troubledUntil,
      scenario.execution.avoidOpenMinutes > 0 ? Math.min(now, avoidedUntil) : -Infinity,
      this.#cause?.until() ?? -Infinity,
    );
  }

  /** Whether something that lasts keeps this symbol from its target, by the venue's own book and the owner's settings. */
  #isTouched(symbol: string): boolean {
    const { exchange } = this.#parts;
    const asset = exchange.state.assets.get(symbol);
    const isForeign = [...exchange.state.orders.values()].some((order) => order.symbol === symbol && isOpen(order) && !isOwnOrder(order));
    const execution = this.#execution();
    return (
      asset?.tradable !== true ||
      asset.status !== "active" ||
      (asset.attributes?.includes("ptp_no_exception") === true && exchange.state.settings.ptpNoExceptionEntry !== true) ||
      this.#named.saysSuspected(symbol) ||
      this.#named.isBound(symbol) ||
      isForeign ||
      !pendingFactor(exchange, symbol).eq(ONE) ||
      // Of what was booked today the shares before it may never have been seen, which the program has to say.
      (execution !== undefined && this.#named.suspectsSplit(symbol, execution)) ||
      (this.#trouble?.kind === "orders-stuck" && this.#trouble.symbol === symbol) ||
      this.#cause?.touches(symbol) === true ||
      this.#named.reachesOrderLimit(symbol) ||
      (execution !== undefined && this.#named.isLeftAsSet(symbol, execution))
    );
  }

  /** What the world has against a symbol that is touched. */
  #reasonOf(symbol: string): string {
    const { exchange } = this.#parts;
    const asset = exchange.state.assets.get(symbol);
    if (asset?.tradable !== true || asset.status !== "active") return "inactive";
    if (this.#wasSplit(symbol)) return "split";
    if (this.#cause?.touches(symbol) === true) return this.#cause.kind;
    if (this.#trouble?.symbol === symbol) return this.#trouble.kind;
    return this.#named.reachesOrderLimit(symbol) ? "order-limit" : "as set, or a foreign order";
  }

  #wasSplit(symbol: string): boolean {
    return this.#parts.exchange.state.splits.some((split) => split.symbol === symbol);
  }

  /** Whether what is wrong lets nothing begin at all. */
  get #isKeptOut(): boolean {
    return this.#trouble?.kind === "halted" || this.#trouble?.kind === "account-blocked";
  }

  /** Monotonic: by when the account must be on target, if nothing more comes in the way. */
  get #dueAt(): number {
    const { style, limitOrders } = this.#parts.scenario.execution;
    const anew = style === "limit" ? 2 * (limitOrders.repegs + 1) * limitOrders.repegMs + PRICED_ANEW_MS : 0;
    const inParts = style === "limit" && limitOrders.sliceShare !== undefined ? IN_PARTS_MS : 0;
    // An order that is not filled holds the buys back for so long (R21).
    const stuck = this.#trouble?.kind === "orders-stuck" ? this.#parts.scenario.orderTimeoutSeconds * 1_000 : 0;
    return this.#convergence.obstructedUntil + CONVERGES_WITHIN_MS + anew + inParts + stuck;
  }

  /** Monotonic: until when the program may go on with the run: the deadline of its execution, and the run's freshness after it. */
  get #mayTradeUntil(): number {
    const { monotonic, machine, exchange } = this.#parts;
    const sinceStart = machine.now - (this.#execution()?.startedAt ?? machine.now);
    const deadline = monotonic() - sinceStart + EXECUTION_DEADLINE_SECONDS * 1_000;
    const close = monotonic() + exchange.hours.nextClose(exchange.clock.now()) - exchange.clock.now() - BEFORE_CLOSE_MS;
    const fresh = this.#writtenMonotonic + SIGNAL_MAX_AGE_SECONDS * 1_000;
    return Math.min(close, this.#execution() === undefined ? fresh : Math.max(deadline, fresh));
  }

  #execution(): ExecutionRecord | undefined {
    const life = this.#parts.machine.life;
    return life === undefined || life.isDead ? undefined : life.ledger.executionOfSignal(this.#signalId);
  }

  // --- the end --------------------------------------------------------------------------------

  #isOver(): boolean {
    const now = this.#parts.monotonic();
    if (this.#isKeptOut) return this.#isConcluded() || now >= this.#writtenMonotonic + NAMED_WITHIN_MS + this.#olderEndsWithin;
    if (now > Math.min(this.#dueAt, this.#mayTradeUntil) + LOOK_EVERY_MS) return true;
    if (!this.#isConcluded()) return false;
    if (this.#convergence.reachedAt !== undefined) return true;
    const named = this.#judgeNamed();
    const isThere = (this.#cause?.until() ?? -Infinity) >= now;
    return !isThere && this.#trouble?.kind.endsWith("-lifted") !== true && this.#excused(named) !== undefined;
  }

  /** An execution that a halt stops may wait a minute for its requests before it learns that its orders have ended (R15). */
  get #olderEndsWithin(): number {
    const open = this.#parts.machine.life?.ledger.openExecutions() ?? [];
    return open.some(({ signalId }) => signalId !== this.#signalId) ? MINUTE_OF_REQUESTS_MS : 0;
  }

  #isConcluded(): boolean {
    const execution = this.#execution();
    const verdict = this.#parts.machine.life?.ledger.signal(this.#signalId)?.verdict;
    // What never began may be tried again under a verdict for now.
    if (execution?.finishedAt !== undefined) return verdict !== undefined && isFinal(verdict);
    return verdict !== undefined && (isFinal(verdict) || verdict === "refused");
  }

  #judge(): FinalState {
    const { machine } = this.#parts;
    if (machine.life === undefined) return failed("No process lives.");
    const { reachedAt, obstructedUntil, missing } = this.#convergence;
    const outcome = this.#execution()?.outcome;
    if (reachedAt !== undefined) return { kind: "on-target", afterMs: Math.max(0, reachedAt - obstructedUntil) };
    if (outcome === "on-target") return failed(`The ledger says on target, but ${missing}.`);
    const named = this.#judgeNamed();
    const excused = this.#excused(named);
    if (excused !== undefined) return { kind: "excused", reason: excused };
    if (
      this.#parts.scenario.split !== undefined &&
      this.#parts.scenario.faults.some((kind) => kind === "manual-trade" || kind === "bought-by-hand")
    )
      return { kind: "excused", reason: "shares traded by hand between the two steps of a split" };
    const { suspected, isFedThinly } = this.#named;
    if (suspected.length > 0 && isFedThinly) return { kind: "excused", reason: "a split suspected for want of prints" };
    if (suspected.some((symbol) => this.#wasSplit(symbol)))
      return { kind: "excused", reason: "a split whose shares from before were never seen" };
    if (this.#named.hasMovedByHand) return { kind: "excused", reason: "a trade by hand that moved the equity by more than 25 %" };
    if (this.#dueAt > this.#mayTradeUntil) return { kind: "excused", reason: "no time left after its cause" };
    const seconds = Math.round((this.#parts.monotonic() - obstructedUntil) / 1_000);
    const last = this.#cause?.kind ?? this.#parts.scenario.trouble ?? "nothing";
    return failed(`${String(seconds)} s after the last obstacle (${last}), ${missing}. The program says: ${named.reason}`);
  }

  /** Whether what the program names is true, as far as words go. */
  #judgeNamed(): Unreached {
    const { machine } = this.#parts;
    const ledger = machine.life?.ledger;
    if (ledger === undefined) return failed("No process lives.");
    const execution = this.#execution();
    const verdict = ledger.signal(this.#signalId);
    if (this.#isKeptOut && execution?.begunAt === undefined && this.#named.spoken().some((each) => each.verdict === this.#trouble?.kind))
      return { kind: "excused", reason: `${this.#trouble?.kind ?? ""}, and it is` };
    if (execution?.finishedAt === undefined || execution.outcome === "refused" || execution.outcome === "superseded")
      return this.#named.withoutExecution(verdict?.verdict, verdict?.verdictReason);
    return this.#named.excuse(execution, ledger.intentsOf(execution.id), ledger.unsettledIntents());
  }

  /** What excuses the program: a true reason for the whole run, or lasting causes that explain all that is missing. */
  #excused(named: Unreached): string | undefined {
    const ledger: Ledger | undefined = this.#parts.machine.life?.ledger;
    const execution = this.#execution();
    const hasBegun = execution?.begunAt !== undefined;
    if (named.kind === "excused" && !hasBegun) return named.reason;
    const isRefused = this.#named.spoken().some(({ verdict }) => verdict === "refused");
    if (!hasBegun && this.#convergence.touchedShare > UNBUYABLE_SHARE) {
      if (isRefused) return "cannot be bought, and is refused";
      // An older execution gives way only to a run that could begin (R22).
      if (ledger?.openExecutions().some(({ signalId }) => signalId !== this.#signalId) === true)
        return "cannot be bought, and takes no place";
    }
    if (!this.#convergence.isExplained(ledger?.unsettledIntents() ?? [])) return undefined;
    if (named.kind === "excused") return named.reason;
    // While it waits for something to pass, there is no last word of the program yet.
    const isWaiting = execution?.finishedAt === undefined;
    if (!isWaiting && this.#cause === undefined && this.#parts.scenario.habit === "usual") return undefined;
    const reasons = new Set(this.#convergence.openAndTouched().map((symbol) => this.#reasonOf(symbol)));
    return `not named, and it is: ${reasons.size === 0 ? "unknown-order" : [...reasons].sort().join(", ")}`;
  }

  /** The clock was set back, so that the last run bears an older stamp than one before it. */
  #isStampedBack(): boolean {
    const latest = Math.max(0, ...this.#stampsBefore.filter((stamp) => stamp <= this.#parts.machine.now + STAMPED_AHEAD_MS));
    return latest > this.#writtenAt;
  }
}

/** Weights in tenths of a percent that add up to a whole. */
function shares(symbols: readonly string[], chance: Chance): Map<string, number> {
  let rest = 1_000;
  return new Map(
    symbols.map((symbol, index) => {
      const left = symbols.length - index;
      const part = left === 1 ? rest : chance.whole(60, Math.floor((rest / left) * 1.4));
      rest -= part;
      return [symbol, part];
    }),
  );
}
