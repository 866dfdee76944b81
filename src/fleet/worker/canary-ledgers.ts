import type { Clock } from "../../domain/clock.ts";
import { messageOf } from "../../domain/errors.ts";
import type { SqliteLedger } from "../../ledger/sqlite-ledger.ts";
import type { Canary } from "../canaries.ts";
import type { CanaryAccount, FleetStore } from "../store/ports.ts";
import { openSavedLedger } from "./journaled-ledger.ts";

/** A holder keeps what it has recorded every second. */
const READ_AGAIN_AFTER_MS = 500;
/** Of an older reading nothing is said. */
const KNOWN_FOR_MS = 3_000;

interface Read {
  readonly canary: Canary;
  readonly seq: number;
  readonly ledger: SqliteLedger | undefined;
}

export interface CanaryLedgersParts {
  readonly store: Pick<FleetStore, "canaries" | "ledgers">;
  readonly clock: Clock;
  /** They cannot be read; the others wait. */
  readonly onProblem: (text: string) => void;
}

/** The canary accounts of all machines, by their ledgers in the database; read only while somebody asks. */
export class CanaryLedgers {
  readonly #parts: CanaryLedgersParts;
  #read = new Map<string, Read>();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #problem: string | undefined;
  #isClosed = false;

  constructor(parts: CanaryLedgersParts) {
    this.#parts = parts;
  }

  /** As they were just now; `undefined`: that is not known, and is being read. Ledgers are valid until the next turn. */
  known(): readonly Canary[] | undefined {
    const age = this.#parts.clock.monotonic() - this.#readAt;
    if (age >= READ_AGAIN_AFTER_MS) this.look();
    return age < KNOWN_FOR_MS ? [...this.#read.values()].map(({ canary }) => canary) : undefined;
  }

  /** Reads them, so that the next to ask need not wait. */
  look(): void {
    if (this.#isClosed) return;
    this.#reading ??= this.#readAll()
      .then(
        () => (this.#problem = undefined),
        (error: unknown) => this.#failed(messageOf(error)),
      )
      .finally(() => (this.#reading = undefined));
  }

  close(): void {
    this.#isClosed = true;
    const end = (): void => {
      for (const { ledger } of this.#read.values()) ledger?.close();
    };
    if (this.#reading === undefined) end();
    else void this.#reading.finally(end);
  }

  /** The next look tries again; until then the reading grows old. */
  #failed(text: string): void {
    if (text !== this.#problem) this.#parts.onProblem(text);
    this.#problem = text;
  }

  async #readAll(): Promise<void> {
    const at = this.#parts.clock.monotonic();
    const read = new Map<string, Read>();
    for (const account of await this.#parts.store.canaries()) read.set(account.id, await this.#readOne(account));
    for (const [id, { ledger }] of this.#read) if (read.get(id)?.ledger !== ledger) ledger?.close();
    this.#read = read;
    this.#readAt = at;
  }

  async #readOne({ id, name, strategies }: CanaryAccount): Promise<Read> {
    const { ledgers } = this.#parts.store;
    const before = this.#read.get(id);
    const seq = await ledgers.seq(id);
    if (before?.ledger !== undefined && before.seq === seq) return { ...before, canary: { ...before.canary, account: name, strategies } };
    const saved = await ledgers.read(id);
    try {
      const ledger = openSavedLedger(saved, name);
      return { canary: { account: name, strategies, ledger, problem: undefined }, seq: saved.seq, ledger };
    } catch (error) {
      return { canary: { account: name, strategies, ledger: undefined, problem: messageOf(error) }, seq, ledger: undefined };
    }
  }
}
