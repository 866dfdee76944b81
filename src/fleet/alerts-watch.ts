import type { Clock } from "../domain/clock.ts";
import { SharedReader } from "../intake/shared-reader.ts";
import { watchFile } from "../intake/watcher.ts";
import type { AlertSource } from "../app/daemon.ts";
import type { IntakeOptions } from "../intake/intake.ts";
import type { StrategyConfig } from "../domain/config.ts";
import type { Log } from "../logging/logger.ts";
import { rankOf } from "./places.ts";

/** Where the accounts of a fleet get their alerts from. */
export interface AccountAlerts {
  /** How an account's intake reads the lines of a strategy. */
  reader(strategy: StrategyFile): NonNullable<IntakeOptions["open"]>;
  /** What calls an account's daemon when there may be new lines. */
  watch(strategy: StrategyFile, account: string, isCanary: boolean): AlertSource["watch"];
}

type StrategyFile = Pick<StrategyConfig, "name" | "alertsFile">;

export interface AlertsWatchParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly usePolling: boolean;
  /** Called whenever all accounts have looked at the file. */
  readonly looked: (file: string) => void;
  /** Called when no account reads the file any more. */
  readonly left: (file: string) => void;
}

interface Watcher {
  readonly account: string;
  readonly isCanary: boolean;
  readonly onHint: () => void;
}

/**
 * Watches and reads each alerts file once for all accounts. After a hint the accounts look one after the other, each in its own
 * task, so that the first orders leave before the last account has looked. Canary accounts look first, and then in an
 * order that changes with each change of the file.
 */
export class AlertsWatch implements AccountAlerts {
  readonly #parts: AlertsWatchParts;
  readonly #files = new Map<string, WatchedFile>();

  constructor(parts: AlertsWatchParts) {
    this.#parts = parts;
  }

  reader({ alertsFile: file }: StrategyFile): NonNullable<IntakeOptions["open"]> {
    return (options) => this.#of(file).reader.open(options);
  }

  watch({ alertsFile: file }: StrategyFile, account: string, isCanary: boolean): AlertSource["watch"] {
    return (onHint) => {
      const watched = this.#of(file);
      const leave = watched.join({ account, isCanary, onHint });
      return {
        close: async () => {
          if (leave()) return;
          this.#files.delete(file);
          this.#parts.left(file);
          await watched.close();
        },
      };
    };
  }

  #of(file: string): WatchedFile {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const watched = new WatchedFile(file, this.#parts);
    this.#files.set(file, watched);
    return watched;
  }
}

class WatchedFile {
  readonly reader = new SharedReader();
  readonly #watchers = new Set<Watcher>();
  readonly #file: string;
  readonly #parts: AlertsWatchParts;
  readonly #watch: ReturnType<typeof watchFile>;
  /** Accounts that have not looked since the last hint. */
  #round: Watcher[] = [];
  #askedAgain = false;
  #bytesSeen = -1;

  constructor(file: string, parts: AlertsWatchParts) {
    const { clock, log, usePolling } = parts;
    this.#file = file;
    this.#parts = parts;
    this.#watch = watchFile(file, {
      clock,
      usePolling,
      onHint: () => this.#hint(),
      onProblem: (problem) => log.warn(problem.message, { hint: problem.hint }),
    });
  }

  /** @returns a function that leaves; it says whether others are left. */
  join(watcher: Watcher): () => boolean {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
      return this.#watchers.size > 0;
    };
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  #hint(): void {
    if (this.#round.length > 0) {
      this.#askedAgain = true;
      return;
    }
    this.#askedAgain = false;
    this.#round = this.#inOrder();
    this.#next();
  }

  #next(): void {
    const watcher = this.#round.shift();
    if (watcher !== undefined && this.#watchers.has(watcher)) watcher.onHint();
    if (this.#round.length > 0) {
      setImmediate(() => this.#next());
      return;
    }
    this.#parts.looked(this.#file);
    if (this.#askedAgain) setImmediate(() => this.#hint());
  }

  /** The order lasts as long as the file stays as it is. */
  #inOrder(): Watcher[] {
    this.#bytesSeen = this.reader.bytesRead;
    const rank = ({ account, isCanary }: Watcher): number => (isCanary ? 0 : 1) + rankOf(account, String(this.#bytesSeen));
    return [...this.#watchers].toSorted((one, other) => rank(one) - rank(other));
  }
}
