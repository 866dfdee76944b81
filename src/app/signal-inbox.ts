import type { InboxView } from "../domain/inbox.ts";
import type { Signal } from "../domain/signal.ts";

/** State of one strategy's runs. */
interface StrategyRecord {
  /** Complete, fresh, and not started. */
  waiting: Signal | undefined;
  /** The newest run in its file, once judged; no id for a run that makes no signal. */
  newest: { readonly signalId: string | undefined } | undefined;
  /** A newer run is not complete yet: what it decides is not known. */
  isArriving: boolean;
  /** When a run that could not be executed is judged again; monotonic milliseconds. */
  retryAt: number | undefined;
  /** Last log text by subject. */
  readonly said: Map<string, string>;
}

/** The run being executed. */
interface Current {
  readonly strategy: string;
  readonly signalId: string;
  readonly overtaken: AbortController;
}

const NEVER_ABORTED = new AbortController().signal;

/**
 * The runs of one account's strategies, between intake and execution. It has no clock and starts nothing.
 *
 * ```
 *            offer                take                 done
 *   (none) ────────► waiting ───────────► under way ─────────► (none)
 *              ▲        │ supersede            │ supersede
 *              └────────┤                      ▼
 *      a newer offer    └──► superseded   overtaken is aborted: it stops unless it has started
 * ```
 *
 * At most one run of a strategy waits: the newest decides (R6), and replaces one that has not started (R22).
 */
export class SignalInbox implements InboxView {
  readonly #strategies = new Map<string, StrategyRecord>();
  #order: Signal[] = [];
  #current: Current | undefined;

  get waiting(): readonly Signal[] {
    return this.#order;
  }

  get newer(): Signal | undefined {
    return this.#current === undefined ? undefined : this.#strategies.get(this.#current.strategy)?.waiting;
  }

  get overtaken(): AbortSignal {
    return this.#current?.overtaken.signal ?? NEVER_ABORTED;
  }

  /** Whether a run of this strategy is waiting. @param id this one; if missing, any. */
  isWaiting(strategy: string, id?: string): boolean {
    const waiting = this.#strategies.get(strategy)?.waiting;
    return waiting !== undefined && (id === undefined || waiting.id === id);
  }

  /** No run waits, or is judged again later. */
  get isEmpty(): boolean {
    return this.#order.length === 0 && [...this.#strategies.values()].every(({ retryAt }) => retryAt === undefined);
  }

  /** Appends a complete fresh run, replacing the waiting run of its strategy. */
  offer(signal: Signal): void {
    this.#leave(signal.strategy);
    this.#of(signal.strategy).waiting = signal;
    this.#order = [...this.#order, signal];
  }

  /**
   * Something newer of the strategy decides: drops the waiting run, and aborts `overtaken` of the running one.
   * @param except the signal that decides; it does not supersede itself.
   * @returns the run that was dropped.
   */
  supersede(strategy: string, except: string | undefined): Signal | undefined {
    const record = this.#of(strategy);
    record.retryAt = undefined;
    if (this.#current?.strategy === strategy && this.#current.signalId !== except) this.#current.overtaken.abort();
    const { waiting } = record;
    if (waiting === undefined || waiting.id === except) return undefined;
    this.#leave(strategy);
    return waiting;
  }

  /** Starts a waiting run. @returns false when it is no longer waiting. */
  take(signal: Signal): boolean {
    if (this.#strategies.get(signal.strategy)?.waiting?.id !== signal.id) return false;
    this.#leave(signal.strategy);
    this.begin(signal);
    return true;
  }

  /** Starts a run that is not waiting: one of an earlier process, or an unfinished execution. */
  begin({ strategy, id }: Pick<Signal, "strategy" | "id">): void {
    this.#current = { strategy, signalId: id, overtaken: new AbortController() };
  }

  /** As {@link begin}, but also stops for a newer run that came while no process was running (R6). */
  beginAgain(signal: Pick<Signal, "strategy" | "id">): void {
    this.begin(signal);
    const newest = this.newestOf(signal.strategy);
    if (this.isArriving(signal.strategy) || (newest !== undefined && newest.signalId !== signal.id)) this.#current?.overtaken.abort();
  }

  /** The running execution has ended. */
  done(): void {
    this.#current = undefined;
  }

  /** The newest run of a strategy's file has been judged. */
  judged(strategy: string, signalId: string | undefined): void {
    this.#of(strategy).newest = { signalId };
    this.#of(strategy).isArriving = false;
  }

  /** The newest run of a strategy's file is not complete, or is again none that decides (a HOLD, R22). */
  arriving(strategy: string, isArriving: boolean): void {
    this.#of(strategy).isArriving = isArriving;
  }

  isArriving(strategy: string): boolean {
    return this.#strategies.get(strategy)?.isArriving === true;
  }

  newestOf(strategy: string): { readonly signalId: string | undefined } | undefined {
    return this.#strategies.get(strategy)?.newest;
  }

  /** @param at monotonic milliseconds. */
  retry(strategy: string, at: number): void {
    this.#of(strategy).retryAt = at;
  }

  /** Strategies whose newest run is due to be judged again, each once. @param now monotonic milliseconds. */
  due(now: number): string[] {
    const due = [...this.#strategies].filter(([, { retryAt }]) => retryAt !== undefined && now >= retryAt);
    for (const [, record] of due) record.retryAt = undefined;
    return due.map(([strategy]) => strategy);
  }

  /** Whether the text differs from the last one about the subject, so that repeats are logged once. */
  isNews(strategy: string, subject: "offered" | "not-executed", text: string): boolean {
    const { said } = this.#of(strategy);
    if (said.get(subject) === text) return false;
    said.set(subject, text);
    return true;
  }

  #of(strategy: string): StrategyRecord {
    const known = this.#strategies.get(strategy);
    if (known !== undefined) return known;
    const record: StrategyRecord = { waiting: undefined, newest: undefined, isArriving: false, retryAt: undefined, said: new Map() };
    this.#strategies.set(strategy, record);
    return record;
  }

  #leave(strategy: string): void {
    const record = this.#of(strategy);
    if (record.waiting === undefined) return;
    const { id } = record.waiting;
    record.waiting = undefined;
    this.#order = this.#order.filter((signal) => signal.strategy !== strategy || signal.id !== id);
  }
}
