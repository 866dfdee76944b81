import type { InboxView } from "../domain/inbox.ts";
import type { Signal } from "../domain/signal.ts";

/** What is known of one strategy's runs. */
interface StrategyRecord {
  /** Complete, fresh, and not begun. */
  waiting: Signal | undefined;
  /** What the newest run in its file stands for, once it has been judged; no id for a run that makes no signal. */
  newest: { readonly signalId: string | undefined } | undefined;
  /** When a run that could not be executed for now is judged again; monotonic milliseconds. */
  retryAt: number | undefined;
  /** What was last logged, by subject. */
  readonly said: Map<string, string>;
}

/** The run that is executed now. */
interface Current {
  readonly strategy: string;
  readonly signalId: string;
  readonly overtaken: AbortController;
}

const NEVER_ABORTED = new AbortController().signal;

/**
 * The runs of one account's strategies, between intake and execution. It holds no clock and starts nothing.
 *
 * ```
 *            offer                take                 done
 *   (none) ────────► waiting ───────────► under way ─────────► (none)
 *              ▲        │ supersede            │ supersede
 *              └────────┤                      ▼
 *      a newer offer    └──► superseded   overtaken is aborted: it gives way unless it has begun
 * ```
 *
 * At most one run of a strategy waits: the newest decides (R6), and takes the place of one that has not begun (R22).
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

  /** Whether a run of this strategy waits. */
  isWaiting(strategy: string): boolean {
    return this.#strategies.get(strategy)?.waiting !== undefined;
  }

  /** Puts a complete fresh run at the end, in place of the one of its strategy that waits. */
  offer(signal: Signal): void {
    this.#leave(signal.strategy);
    this.#of(signal.strategy).waiting = signal;
    this.#order = [...this.#order, signal];
  }

  /**
   * Something newer of the strategy decides: what waits is dropped, and what is under way is told.
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

  /** Begins with a run that waits. @returns false when it waits no more. */
  take(signal: Signal): boolean {
    if (this.#strategies.get(signal.strategy)?.waiting?.id !== signal.id) return false;
    this.#leave(signal.strategy);
    this.begin(signal);
    return true;
  }

  /** Begins with a run that does not wait: one of an earlier process, or what an execution has left. */
  begin({ strategy, id }: Pick<Signal, "strategy" | "id">): void {
    this.#current = { strategy, signalId: id, overtaken: new AbortController() };
  }

  /** As {@link begin}; it gives way also to a newer run that came while no process lived (R6). */
  beginAgain(signal: Pick<Signal, "strategy" | "id">): void {
    this.begin(signal);
    const newest = this.newestOf(signal.strategy);
    if (newest !== undefined && newest.signalId !== signal.id) this.#current?.overtaken.abort();
  }

  /** Nothing is under way any more. */
  done(): void {
    this.#current = undefined;
  }

  /** The newest run of a strategy's file has been judged. */
  judged(strategy: string, signalId: string | undefined): void {
    this.#of(strategy).newest = { signalId };
  }

  newestOf(strategy: string): { readonly signalId: string | undefined } | undefined {
    return this.#strategies.get(strategy)?.newest;
  }

  /** @param at monotonic milliseconds. */
  retry(strategy: string, at: number): void {
    this.#of(strategy).retryAt = at;
  }

  /** Strategies whose newest run is to be judged again, each once. @param now monotonic milliseconds. */
  due(now: number): string[] {
    const due = [...this.#strategies].filter(([, { retryAt }]) => retryAt !== undefined && now >= retryAt);
    for (const [, record] of due) record.retryAt = undefined;
    return due.map(([strategy]) => strategy);
  }

  /** Whether this was not the last thing said about the subject; what comes again with every try is logged once. */
  isNews(strategy: string, subject: "offered" | "not-executed", text: string): boolean {
    const { said } = this.#of(strategy);
    if (said.get(subject) === text) return false;
    said.set(subject, text);
    return true;
  }

  #of(strategy: string): StrategyRecord {
    const known = this.#strategies.get(strategy);
    if (known !== undefined) return known;
    const record: StrategyRecord = { waiting: undefined, newest: undefined, retryAt: undefined, said: new Map() };
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
