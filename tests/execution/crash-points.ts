import type { Signal } from "../../src/domain/signal.ts";
import { isFinal } from "../../src/domain/verdict.ts";
import type { ExecutionRecord } from "../../src/domain/ledger/executions.ts";
import { sum, ZERO } from "../../src/domain/decimal.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { Interceptor } from "../../src/simulator/venue.ts";
import type { Moment } from "./mortal-process.ts";
import { MortalProcess } from "./mortal-process.ts";
import { book, overtraded } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

/** One situation that a process may die in, at any moment. */
export interface Situation {
  readonly options: DeskOptions;
  readonly signal: { readonly weights: Record<string, string>; readonly change?: Partial<Signal> };
  readonly ignoreMarketHours?: boolean;
  /** What goes wrong at the venue; it outlives the process. */
  readonly fault?: (world: MortalDesk) => Interceptor;
  /** Whether another end than the unharmed one is right too. Default: it is not. */
  readonly mayEnd?: (end: End) => boolean;
}

/** What there is when everything has come to rest. */
export interface End {
  /** Every order at the venue. */
  readonly book: readonly string[];
  /** Symbol and shares, whole ones. */
  readonly holdings: readonly string[];
  /** Outcome of the last execution. */
  readonly outcome: string | undefined;
  readonly reason: string | undefined;
}

/** A process is started again so long after its death. */
const RESTART_AFTER_MS = 250;
const AFTER_OPEN_MS = 5_000;

/** A desk whose process may die, and whatever starts it again. */
export class MortalDesk {
  readonly desk: VirtualDesk;
  /** A newer run that has come in. */
  newer: Signal | undefined;
  readonly #situation: Situation;
  readonly #signal: Signal;
  readonly #problems: string[] = [];
  #process!: MortalProcess;
  #changes = 0;
  #writes = 0;

  /** @param diesAt how many moments the first process lives through. */
  constructor(situation: Situation, diesAt = Infinity) {
    this.#situation = situation;
    const { options } = situation;
    let lives = 0;
    this.desk = new VirtualDesk({
      ...options,
      exchange: { ...options.exchange, onChange: () => (this.#changes += 1) },
      process: (desk) => (this.#process = new MortalProcess(desk, (lives += 1) === 1 ? diesAt : Infinity, () => this.#worldState())),
    });
    const fault = situation.fault?.(this) ?? {};
    this.desk.venue.interceptor = {
      ...fault,
      before: (request) => {
        if (request.method !== "GET") this.#writes += 1;
        return fault.before?.(request) ?? Promise.resolve(undefined);
      },
    };
    this.desk.exchange.onTradeUpdate(() => this.#watch());
    this.#signal = signalOf(this.desk.clock, situation.signal.weights, situation.signal.change);
  }

  get moments(): readonly Moment[] {
    return this.#process.moments;
  }

  get isDead(): boolean {
    return this.#process.isDead;
  }

  /** As the daemon does: finishes what is open, executes the newest run, and looks after what waits for the open. */
  async live(): Promise<void> {
    const process = this.#process;
    process.begin();
    const life = this.#liveOn(process).catch((error: unknown) => {
      if (!process.isDead) throw error;
    });
    await this.desk.clock.until(Promise.race([life, process.death]), 30 * 3_600_000);
  }

  kill(): void {
    this.#process.die();
  }

  /** The next process, from what the dead one left. */
  async rise(afterMs = RESTART_AFTER_MS): Promise<void> {
    await this.desk.restart();
    await this.desk.clock.advance(afterMs);
    await this.live();
  }

  end(): End {
    const { state } = this.desk.exchange;
    const last = this.desk.ledger.recentExecutions(1)[0];
    return {
      book: book(this.desk),
      holdings: [...state.positions.values()].map(({ symbol, quantity }) => `${symbol} ${quantity.toFixed(0)}`).sort(),
      outcome: last?.outcome,
      reason: last?.outcomeReason,
    };
  }

  /** What may never be, however it ended. */
  problems(): string[] {
    const { exchange, ledger } = this.desk;
    const orders = [...exchange.state.orders.values()];
    const found = [...this.#problems];
    for (const { clientOrderId, side, symbol } of orders) {
      const intent = ledger.intent(clientOrderId);
      if (intent === undefined) found.push(`the ledger does not know the ${side} ${symbol}`);
      const twins = orders.filter((other) => slotOf(other.clientOrderId) === slotOf(clientOrderId) && !other.filledQuantity.eq(ZERO));
      // In limit style there may be several, one after the other: together they fill no more than was planned.
      const planned = ledger.intent(`${slotOf(clientOrderId)}-1`)?.goal?.quantity;
      const filled = sum(twins.map(({ filledQuantity }) => filledQuantity));
      if (planned !== undefined && filled.gt(planned)) found.push(`${filled.toFixed()} shares were filled for the ${side} ${symbol}`);
    }
    found.push(...overtraded(this.desk).map((what) => `too much was filled of the ${what}`));
    for (const order of orders.filter(isOpen)) found.push(`the ${order.side} ${order.symbol} is still open`);
    for (const { id } of ledger.openExecutions()) found.push(`execution ${id} is still open`);
    for (const { clientOrderId, state, message } of ledger.unsettledIntents())
      if (state !== "abandoned" || message === undefined) found.push(`the intent ${clientOrderId} is still ${state}`);
    return [...new Set(found)];
  }

  close(): Promise<void> {
    return this.desk.close();
  }

  async #liveOn(process: MortalProcess): Promise<void> {
    for (const execution of this.desk.ledger.openExecutions()) if (execution.outcome !== "queued") await this.#finish(execution);
    for (let signal = this.#newest(); !this.#isFinal(signal); signal = this.#newest()) {
      if (signal === this.newer) this.desk.newer = undefined;
      const result = await this.desk.start(signal, { ignoreMarketHours: this.#situation.ignoreMarketHours ?? false });
      if (result.kind === "declined" && signal === this.#newest()) break;
    }
    const queued = this.desk.ledger.openExecutions();
    if (queued.length === 0) return;
    const { clock, exchange } = this.desk;
    if (!exchange.hours.isOpen(clock.now())) await process.clock.sleep(exchange.hours.nextOpen(clock.now()) + AFTER_OPEN_MS - clock.now());
    for (const execution of queued) await this.desk.resume(execution);
  }

  async #finish(execution: ExecutionRecord): Promise<void> {
    const superseded = this.#newest().id === execution.signalId ? undefined : AbortSignal.abort();
    await this.desk.resume(execution, superseded);
  }

  #newest(): Signal {
    return this.newer ?? this.#signal;
  }

  #isFinal(signal: Signal): boolean {
    const verdict = this.desk.ledger.signal(signal.id)?.verdict;
    return verdict !== undefined && isFinal(verdict);
  }

  #watch(): void {
    const { state } = this.desk.exchange;
    if (state.cash.lt(ZERO)) this.#problems.push(`cash was ${state.cash.toFixed(2)}`);
    for (const { symbol, quantity } of state.positions.values())
      if (quantity.lt(ZERO)) this.#problems.push(`${symbol} was ${quantity.toFixed()} shares`);
  }

  #worldState(): string {
    return `${String(this.#changes)} changes, ${String(this.#writes)} writes, ${this.newer?.id ?? ""} ${this.desk.halted ?? ""}`;
  }
}

/** A client order id without its attempt. */
function slotOf(clientOrderId: string): string {
  return clientOrderId.replace(/-\d+$/, "");
}

export interface Survey {
  readonly unharmed: End;
  /** At how many moments it may die. */
  readonly moments: number;
  /** How many deaths it died. */
  readonly deaths: number;
  /** A sentence for each death that was not survived. */
  readonly failures: readonly string[];
}

/**
 * Lives through a situation once unharmed, then once for every moment at which the process may die: it dies
 * there, the next process starts from the ledger, and all must end as if nothing had been. Moments that leave
 * the very same state are one death.
 * @param step 1 dies every death, 2 every other one.
 */
export async function dieEverywhere(situation: Situation, step = 1): Promise<Survey> {
  const unharmed = new MortalDesk(situation);
  await unharmed.live();
  const { moments } = unharmed;
  const end = unharmed.end();
  const failures = unharmed.problems().map((problem) => `Unharmed: ${problem}.`);
  await unharmed.close();
  const states = new Set<string>();
  let deaths = 0;
  for (const [index, moment] of moments.entries()) {
    if (states.has(moment.state)) continue;
    states.add(moment.state);
    if (states.size % step !== 0) continue;
    deaths += 1;
    failures.push(...(await dieAt(situation, index, moment, end)));
  }
  return { unharmed: end, moments: moments.length, deaths, failures };
}

async function dieAt(situation: Situation, index: number, moment: Moment, unharmed: End): Promise<string[]> {
  const mortal = new MortalDesk(situation, index);
  const where = `Killed at moment ${String(index + 1)}, ${moment.name} (${moment.state})`;
  try {
    await mortal.live();
    if (!mortal.isDead || mortal.moments.at(-1)?.state !== moment.state) return [`${where}: this run never came there.`];
    await mortal.rise();
    const end = mortal.end();
    const problems = mortal.problems();
    if (!isSame(end, unharmed) && situation.mayEnd?.(end) !== true) problems.push(`it ended as ${JSON.stringify(end)}`);
    return problems.map((problem) => `${where}: ${problem}.`);
  } catch (error) {
    return [`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  } finally {
    await mortal.close();
  }
}

function isSame(one: End, other: End): boolean {
  return one.outcome === other.outcome && one.book.join() === other.book.join() && one.holdings.join() === other.holdings.join();
}
