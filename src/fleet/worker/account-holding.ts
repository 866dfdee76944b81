import type { AccountHold } from "../account-host.ts";
import type { Clock } from "../../domain/clock.ts";
import type { LedgerOptions } from "../../ledger/sqlite-ledger.ts";
import type { AccountId, LedgerStore, Positions } from "../store/ports.ts";
import { fenced } from "./fenced-broker.ts";
import { JournaledLedger } from "./journaled-ledger.ts";
import type { Lease } from "./lease.ts";

export interface AccountHoldingParts {
  readonly clock: Clock;
  readonly ledgers: LedgerStore;
  readonly account: AccountId;
  /** Who holds it, for people. */
  readonly holder: string;
  /** What workers of this fleet, and of no other, are called in locks. */
  readonly workerCommand: string;
  /** Whose halts count for it: `fleet`, `group:NAME`, `account:NAME`. */
  readonly scopes: readonly string[];
  readonly lease: Lease;
  readonly ledgerOptions?: LedgerOptions;
  readonly halted: () => string | undefined;
  /** A barrier has answered with a halt. */
  readonly onHalt: (reason: string) => void;
  /** Somebody else has claimed the account: nothing may leave any more, and its host must end. */
  readonly onLost: () => void;
}

/** How often what has been recorded is kept, besides right before each order. */
const KEEP_EVERY_MS = 1_000;

/** One account as this worker holds it: each start of its host claims a new epoch and restores the ledger. */
export class AccountHolding {
  readonly #parts: AccountHoldingParts;
  #epoch: number | undefined;
  #readBefore: Positions = new Map();
  #isKept = true;

  constructor(parts: AccountHoldingParts) {
    this.#parts = parts;
  }

  /** Of the newest claim. */
  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** To where the account's lines had been read before the newest claim. */
  get readBefore(): Positions {
    return this.#readBefore;
  }

  /** Everything that the ledger recorded is in the database, if it has been closed. */
  get isKept(): boolean {
    return this.#isKept;
  }

  readonly hold = async (): Promise<AccountHold> => {
    const { clock, ledgers, account, holder, workerCommand, scopes, lease, ledgerOptions, halted, onHalt, onLost } = this.#parts;
    const claim = await ledgers.claim(account, holder);
    this.#epoch = claim.epoch;
    this.#readBefore = claim.read;
    const journaled = await JournaledLedger.open({
      store: ledgers,
      holding: { account, epoch: claim.epoch, scopes },
      claim,
      ...(ledgerOptions === undefined ? {} : { options: ledgerOptions }),
      onHalt: (reason) => {
        if (reason !== undefined) onHalt(reason);
      },
      onLost,
    });
    this.#isKept = false;
    const ended = new AbortController();
    const keeping = this.#keep(journaled, ended.signal);
    return {
      command: workerCommand,
      ledger: journaled.ledger,
      fence: (broker) => fenced(broker, { settled: () => journaled.settled(), mayLeave: lease.mayLeave }, clock),
      mayLeave: lease.mayLeave,
      halted,
      isWorker: ({ command }) => command === workerCommand,
      finish: async () => {
        ended.abort();
        await keeping;
        await journaled.finish();
        this.#isKept = true;
      },
    };
  };

  /** So that a successor begins with what happened, and not with the last order. What fails is tried again. */
  async #keep(journaled: JournaledLedger, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.#parts.clock.sleep(KEEP_EVERY_MS, ended);
      if (!isAborted(ended) && !this.#parts.lease.isLost && journaled.hasChanges) await journaled.settled().catch(() => undefined);
    }
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
