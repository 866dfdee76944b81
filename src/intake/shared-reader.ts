import { AlertsCursor, type AlertsReader, type CursorOptions, type News, type Passage } from "./cursor.ts";
import type { Sight } from "./file-loss.ts";

/**
 * One reader of an alerts file for the intakes of many accounts: the file is read once, and each intake gets every line, with
 * the time at which it arrived first. What is done about a line depends on what its account has traded, so each intake judges
 * for itself.
 */
export class SharedReader {
  #cursor: AlertsCursor | undefined;
  /** What is at the path, as of the last check. */
  #sight: Sight | undefined;
  /** Passages of the file as it is now, for an intake that joins later. */
  #sofar: Passage[] = [];
  readonly #readers = new Set<Subscription>();

  /** Bytes read from disk so far. */
  get bytesRead(): number {
    return this.#cursor?.bytesRead ?? 0;
  }

  /** Adds an intake; see `IntakeOptions.open`. File, owners and ages must be the same for all. */
  open(options: CursorOptions): AlertsReader {
    this.#cursor ??= new AlertsCursor({ ...options, onSight: (sight) => (this.#sight = sight) });
    const cursor = this.#cursor;
    const reader: Subscription = new Subscription(cursor, this.#sofar, {
      look: (news) => {
        if (this.#sight !== undefined) options.onSight?.(this.#sight);
        if (news.kind === "read" || news.kind === "missing") this.#deliver(news.passages);
      },
      took: (passage) => this.#deliver([passage], reader),
      closed: () => {
        this.#readers.delete(reader);
        if (this.#readers.size > 0) return;
        cursor.close();
        this.#cursor = undefined;
        this.#sofar = [];
      },
    });
    this.#readers.add(reader);
    return reader;
  }

  #deliver(passages: readonly Passage[], except?: Subscription): void {
    if (passages.length === 0) return;
    this.#sofar = keptOf([...this.#sofar, ...passages]);
    for (const reader of this.#readers) if (reader !== except) reader.pending.push(...passages);
  }
}

/** An intake keeps at most 2,000 lines, so one that joins later needs no more. */
const KEPT_LINES = 2_000;

function keptOf(passages: readonly Passage[]): Passage[] {
  let lines = 0;
  const first = passages.findLastIndex((passage) => (lines += passage.lines.length) >= KEPT_LINES);
  return passages.slice(Math.max(0, first));
}

interface Listeners {
  readonly look: (news: News) => void;
  readonly took: (passage: Passage) => void;
  readonly closed: () => void;
}

class Subscription implements AlertsReader {
  /** Read for another intake, and not yet seen by this one. */
  readonly pending: Passage[];
  readonly #cursor: AlertsCursor;
  readonly #listeners: Listeners;

  constructor(cursor: AlertsCursor, sofar: readonly Passage[], listeners: Listeners) {
    this.#cursor = cursor;
    this.#listeners = listeners;
    this.pending = [...sofar];
  }

  get rest(): AlertsReader["rest"] {
    return this.#cursor.rest;
  }

  look(now: number, freshFrom: number): News {
    const news = this.#cursor.look(now, freshFrom);
    this.#listeners.look(news);
    if (this.pending.length === 0) return news.kind === "read" ? { kind: "unchanged" } : news;
    // A file that is not trusted is reported again by the next check; what was read before comes first.
    return { kind: news.kind === "missing" ? "missing" : "read", passages: this.pending.splice(0) };
  }

  takeRest(): Passage {
    const passage = this.#cursor.takeRest();
    this.#listeners.took(passage);
    return passage;
  }

  close(): void {
    this.#listeners.closed();
  }
}
