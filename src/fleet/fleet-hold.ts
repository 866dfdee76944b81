import { ledgerLockFile } from "../config/files.ts";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { acquireLock, type HeldLock } from "../ledger/lock.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";
import { createRedaction } from "../logging/logger.ts";
import { HaltSwitch } from "../machine/halt.ts";
import { prepareStateDirectory } from "../machine/directory-access.ts";

/** What a process holds while it trades a fleet: the fleet's lock, its own ledger, and its word that it has seen a halt. */
export class FleetHold {
  /** Messages and starts of the process; an account's executions are in the account's own ledger. */
  readonly ledger: SqliteLedger;
  readonly #halt: HaltSwitch;
  readonly #lock: HeldLock;
  readonly #clock: Clock;

  private constructor(lock: HeldLock, ledger: SqliteLedger, halt: HaltSwitch, clock: Clock) {
    this.#lock = lock;
    this.ledger = ledger;
    this.#halt = halt;
    this.#clock = clock;
  }

  /**
   * @param secrets that must not be stored, of all accounts.
   * @throws TraderError (3) when another process trades the fleet, or a single installation in its STATE_DIR.
   */
  static take(shared: Config, { clock, command, secrets }: { clock: Clock; command: string; secrets: readonly string[] }): FleetHold {
    const { stateDir, mode } = shared;
    prepareStateDirectory(stateDir);
    const lock = acquireLock(ledgerLockFile(shared), { pid: process.pid, command, mode, stateDir, startedAt: clock.now() });
    try {
      const ledger = openLedger(join(stateDir, `fleet-${mode}.sqlite`), { redact: createRedaction(secrets) });
      return new FleetHold(lock, ledger, new HaltSwitch(shared, process.pid), clock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Why the whole fleet is halted; `undefined` if it is not. Confirms a halt; call it often. */
  halted(): string | undefined {
    return this.#halt.reason();
  }

  /** @throws TraderError when lock or ledger were deleted or replaced from outside. */
  check(): void {
    this.ledger.check();
    this.#lock.check(this.#clock.now());
  }

  close(): void {
    this.#halt.close();
    this.ledger.close();
    this.#lock.release();
  }
}
