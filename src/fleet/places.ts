import { createHash } from "node:crypto";
import PQueue from "p-queue";
import type { InTurn } from "../app/account-engine.ts";
import type { Clock } from "../domain/clock.ts";

/**
 * An account that waits for its venue, a price or a pause needs no processor: after this long the next one begins.
 * Otherwise ten accounts in trouble would keep all others from trading.
 */
const HELD_MS = 2_000;
/** Everything else comes before trading: it is short, and what an earlier process left open is older. */
const OTHER_PRIORITY = 1;

/** How many accounts work at the same time, and whose turn it is. */
export class Places {
  readonly #queue: PQueue;
  readonly #clock: Clock;
  #calmTurn: Promise<void> = Promise.resolve();

  constructor(places: number, clock: Clock) {
    this.#queue = new PQueue({ concurrency: places });
    this.#clock = clock;
  }

  /** Resolves when no account works or waits: each caller in its own turn of the event loop, because what follows takes time. */
  async calm(): Promise<void> {
    await this.#queue.onIdle();
    this.#calmTurn = this.#calmTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#calmTurn;
  }

  /** An account works or waits. One that waits for its venue, and has given its place back, does not count. */
  get isBusy(): boolean {
    return this.#queue.size + this.#queue.pending > 0;
  }

  /** The turns of one account. Their order changes with the signal, so that no account is always last. */
  inTurnFor(account: string): InTurn {
    return (work, signal) =>
      new Promise((resolve, reject) => {
        const priority = signal === undefined ? OTHER_PRIORITY : rankOf(account, signal.id);
        const turn = async (): Promise<void> => {
          const over = new AbortController();
          const done = work().finally(() => over.abort());
          done.then(resolve, reject);
          await Promise.race([done.then(ignore, ignore), this.#clock.sleep(HELD_MS, over.signal)]);
        };
        this.#queue.add(turn, { priority }).catch(reject);
      });
  }
}

function ignore(): void {
  // The result goes to the caller.
}

/** From 0 to 1, the same whenever and wherever it is computed. */
export function rankOf(account: string, signalId: string): number {
  const hash = createHash("sha256").update(`${signalId} ${account}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32;
}
