import type { AccountAlerts } from "../alerts-watch.ts";
import type { AlertsReader, News, Passage } from "../../intake/cursor.ts";
import { runSpanMs } from "../../intake/batch.ts";
import type { Clock } from "../../domain/clock.ts";
import type { FleetLines, NumberedLine, Positions } from "../store/ports.ts";

/** Maximum lines that an intake keeps. */
const KEPT_LINES = 2_000;

export interface LineFeedParts {
  readonly lines: FleetLines;
  readonly clock: Clock;
  readonly signalMaxAgeSeconds: number;
}

/**
 * The lines of the database for all accounts that a worker holds: each is read once, and each account's intake gets every one
 * that can still matter, and judges for itself.
 */
export class LineFeed {
  readonly #parts: LineFeedParts;
  readonly #strategies = new Map<string, StrategyLines>();

  constructor(parts: LineFeedParts) {
    this.#parts = parts;
  }

  /** Reads what is new, and hints at it. @throws StoreUnreachable. */
  async poll(): Promise<void> {
    const { lines } = this.#parts;
    for (const [strategy, newest] of await lines.newest()) {
      const known = this.#of(strategy);
      if (newest <= known.newest) continue;
      known.add(await lines.after(strategy, known.newest));
      known.newest = Math.max(known.newest, newest);
      known.hint();
    }
  }

  /** One account's view, from its opening on. Without `owed`, only what is new by then has to be judged. */
  forAccount(owed?: OwedLines): AccountLines {
    return new AccountLines(
      (strategy) => this.#of(strategy),
      () => this.#relevantFrom(),
      owed,
    );
  }

  /** A line that arrived earlier cannot be part of a fresh run. */
  #relevantFrom(): number {
    const { clock, signalMaxAgeSeconds } = this.#parts;
    return clock.now() - signalMaxAgeSeconds * 1_000 - runSpanMs(signalMaxAgeSeconds);
  }

  #of(strategy: string): StrategyLines {
    const known = this.#strategies.get(strategy);
    if (known !== undefined) return known;
    const lines = new StrategyLines();
    this.#strategies.set(strategy, lines);
    return lines;
  }
}

class StrategyLines {
  newest = 0;
  #kept: NumberedLine[] = [];
  readonly #readers = new Set<{ take: (lines: readonly NumberedLine[]) => void }>();
  readonly #hints = new Set<() => void>();

  add(lines: readonly NumberedLine[]): void {
    this.#kept = [...this.#kept, ...lines].slice(-KEPT_LINES);
    for (const { take } of this.#readers) take(lines);
  }

  hint(): void {
    for (const onHint of [...this.#hints]) if (this.#hints.has(onHint)) onHint();
  }

  /** @returns the lines so far, and a function that leaves. */
  join(take: (lines: readonly NumberedLine[]) => void): { readonly lines: readonly NumberedLine[]; readonly leave: () => void } {
    const reader = { take };
    this.#readers.add(reader);
    return { lines: this.#kept, leave: () => void this.#readers.delete(reader) };
  }

  watch(onHint: () => void): () => void {
    this.#hints.add(onHint);
    return () => void this.#hints.delete(onHint);
  }
}

/** What an account is owed a verdict on. */
export interface OwedLines {
  /** To where its lines had been read before it was opened. */
  readonly readBefore: () => Positions;
  /** Why a line that arrived then may not have been judged before, in one sentence. */
  readonly whyLate: (arrivedAt: number) => string;
}

/** Where one account's intakes get their lines from, and how far they have read. */
export class AccountLines implements AccountAlerts {
  readonly #of: (strategy: string) => StrategyLines;
  readonly #relevantFrom: () => number;
  readonly #owed: OwedLines | undefined;
  readonly #read = new Map<string, number>();

  constructor(of: (strategy: string) => StrategyLines, relevantFrom: () => number, owed: OwedLines | undefined) {
    this.#of = of;
    this.#relevantFrom = relevantFrom;
    this.#owed = owed;
  }

  /** What the intakes have judged and recorded. */
  get read(): Positions {
    return new Map(this.#read);
  }

  reader({ name }: { readonly name: string }): (options: unknown) => AlertsReader {
    return () => {
      const lines = this.#of(name);
      const readBefore = this.#owed?.readBefore().get(name) ?? lines.newest;
      const opening = { readBefore, relevantFrom: this.#relevantFrom(), whyLate: this.#owed?.whyLate };
      return new StrategyReader(lines, opening, (newest) => this.#read.set(name, newest));
    };
  }

  watch({ name }: { readonly name: string }): (onHint: () => void) => { close(): Promise<void> } {
    return (onHint) => {
      const leave = this.#of(name).watch(onHint);
      return {
        close: () => {
          leave();
          return Promise.resolve();
        },
      };
    };
  }
}

/** What is known of a strategy's lines when an account is opened. */
interface Opening {
  /** Lines up to this number were judged, or came before the account. */
  readonly readBefore: number;
  /** Of those, lines that arrived earlier cannot be part of a fresh run. */
  readonly relevantFrom: number;
  readonly whyLate: OwedLines["whyLate"] | undefined;
}

class StrategyReader implements AlertsReader {
  /** Lines have no rest here: an intake offers whole lines only. */
  readonly rest = undefined;
  readonly #lines: StrategyLines;
  readonly #leave: () => void;
  readonly #looked: (newest: number) => void;
  #pending: Passage[];

  constructor(lines: StrategyLines, opening: Opening, looked: (newest: number) => void) {
    this.#lines = lines;
    this.#looked = looked;
    const { readBefore, relevantFrom, whyLate } = opening;
    const toJudge = (some: readonly NumberedLine[]): Passage[] => [
      // As at the start of a daemon: old lines among them need no verdict.
      ...passagesOf(
        some.filter(({ number, arrivedAt }) => number <= readBefore && arrivedAt >= relevantFrom),
        { scanned: true },
      ),
      ...passagesOf(
        some.filter(({ number }) => number > readBefore),
        { scanned: false, whyLate },
      ),
    ];
    const joined = lines.join((more) => this.#pending.push(...toJudge(more)));
    this.#leave = joined.leave;
    this.#pending = toJudge(joined.lines);
  }

  look(): News {
    this.#looked(this.#lines.newest);
    const passages = this.#pending;
    this.#pending = [];
    return passages.length === 0 ? { kind: "unchanged" } : { kind: "read", passages };
  }

  takeRest(): Passage {
    return { generation: 1, scanned: false, bytesBefore: 0, lines: [], arrivedAt: 0 };
  }

  close(): void {
    this.#leave();
  }
}

/** Lines that arrived together are one passage. */
function passagesOf(
  lines: readonly NumberedLine[],
  { scanned, whyLate }: Pick<Passage, "scanned"> & Partial<Pick<Opening, "whyLate">>,
): Passage[] {
  const passages: { arrivedAt: number; lines: Passage["lines"][number][] }[] = [];
  for (const { raw, arrivedAt } of lines) {
    const last = passages.at(-1);
    if (last?.arrivedAt === arrivedAt) last.lines.push(raw);
    else passages.push({ arrivedAt, lines: [raw] });
  }
  return passages.map((passage) => {
    const late = whyLate?.(passage.arrivedAt);
    return { generation: 1, scanned, bytesBefore: 0, ...passage, ...(late === undefined ? {} : { late }) };
  });
}
