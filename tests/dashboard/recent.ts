import type { Signal } from "../../src/domain/signal.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { signal as example } from "../reporting/examples.ts";

/** A signal that was generated, and arrived, at an instant (milliseconds since the epoch). */
export function signal(id: string, at: number): Signal {
  return example(id, { generatedAt: at, oldestStamp: at, arrivedAt: at + 100, lastLineAt: at + 150, lineHashes: [] });
}

/** As if the daemon had read it while trading was halted. */
export function readRecent(ledger: SqliteLedger, recent: Signal): void {
  ledger.recordSignal(recent, recent.arrivedAt);
  ledger.judgeSignal(recent.id, { kind: "halted", reason: "Trading is halted." }, recent.arrivedAt);
}
