import { createRedaction } from "../../logging/logger.ts";
import { secretsOf } from "../../config/secrets.ts";
import type { SharedLogs } from "../../app/session-logs.ts";
import type { RequestCeiling } from "../../broker/request-ceiling.ts";
import type { TraderEvent } from "../../app/events.ts";
import type { Clock } from "../../domain/clock.ts";
import { AccountHost, type AccountHostParts, type HostState } from "../account-host.ts";
import type { Canaries } from "../canaries.ts";
import type { FleetAccount } from "../fleet-settings.ts";
import type { Places } from "../places.ts";
import type { SharedMarket } from "../shared-market.ts";
import { standingOfHost, type Standing } from "../standing.ts";
import type { Attempt, LedgerStore, Positions } from "../store/ports.ts";
import { AccountHolding } from "./account-holding.ts";
import type { Lease } from "./lease.ts";
import type { AccountLines, LineFeed } from "./line-feed.ts";
import type { HeldHost, Worker } from "./worker.ts";

export interface WorkerHostParts extends SharedLogs {
  readonly clock: Clock;
  readonly account: FleetAccount;
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly ledgers: LedgerStore;
  readonly feed: LineFeed;
  readonly places: Places;
  readonly market: SharedMarket;
  readonly ceiling: RequestCeiling;
  readonly verbose: boolean;
  readonly worker: Pick<Worker, "haltOf" | "heardHalt" | "lose" | "whyLate">;
  /** Who holds the account, for people. */
  readonly holder: string;
  /** Of the database. */
  readonly fleetId: string;
  readonly onEvent: (event: TraderEvent) => void;
  /** What canary accounts that did not reach their target keep the others from. */
  readonly canaries: Pick<Canaries, "refusal">;
}

/** Whose halts count for an account. */
export function scopesOf({ name, config }: FleetAccount): string[] {
  const { group } = config.fleet;
  return ["fleet", ...(group === undefined ? [] : [`group:${group}`]), `account:${name}`];
}

/** What the workers of one fleet, and of no other, are called in locks. */
export function workerCommandOf(fleetId: string): string {
  return `fleet worker of ${fleetId.slice(0, 8)}`;
}

/** An account as a worker holds it: the daemon of a single installation, on a ledger that the database keeps. */
export class WorkerHost implements HeldHost {
  readonly name: string;
  readonly #host: AccountHost;
  readonly #holding: AccountHolding;
  readonly #lines: AccountLines;

  constructor(parts: WorkerHostParts) {
    const { clock, account, attempt, lease, ledgers, feed, worker, holder, fleetId, canaries } = parts;
    const scopes = scopesOf(account);
    this.name = account.name;
    this.#lines = feed.forAccount({ readBefore: () => this.#holding.readBefore, whyLate: (arrivedAt) => worker.whyLate(arrivedAt) });
    this.#holding = new AccountHolding({
      clock,
      ledgers,
      account: attempt.account,
      holder,
      workerCommand: workerCommandOf(fleetId),
      scopes,
      lease,
      ledgerOptions: { redact: createRedaction(secretsOf(account.config)) },
      halted: () => worker.haltOf(scopes),
      onHalt: (reason) => worker.heardHalt(scopes, reason),
      onLost: () => worker.lose(attempt.account),
    });
    const refusal: AccountHostParts["refusal"] = (signal, isWanted) => canaries.refusal(signal, isWanted);
    this.#host = new AccountHost({
      ...parts,
      alerts: this.#lines,
      asNews: (event) => event,
      hold: this.#holding.hold,
      ...(account.config.fleet.isCanary ? {} : { refusal }),
    });
  }

  get state(): HostState {
    return this.#host.state;
  }

  /** Why it does not trade, if it failed. */
  get problem(): string | undefined {
    return this.#host.problem;
  }

  get isTooOld(): boolean {
    return this.#host.isTooOld;
  }

  get isSettled(): boolean {
    return this.#host.isSettled;
  }

  get read(): Positions {
    return this.#lines.read;
  }

  get epoch(): number | undefined {
    return this.#holding.epoch;
  }

  get isKept(): boolean {
    return this.#holding.isKept;
  }

  /** `undefined` while it is not open. */
  standing(signalId: string): Standing | undefined {
    return this.#host.session === undefined ? undefined : standingOfHost(this.#host, signalId);
  }

  get session(): AccountHost["session"] {
    return this.#host.session;
  }

  run(): Promise<void> {
    return this.#host.run();
  }

  stop(): void {
    this.#host.stop();
  }
}
