import type { Clock } from "../domain/clock.ts";
import { messageOf, TraderError } from "../domain/errors.ts";
import type { LedgerReader, SqliteLedger } from "../ledger/sqlite-ledger.ts";
import type { FleetAccount, FleetSettings } from "./fleet-settings.ts";
import type { ShownHost, ShownLedger } from "./fleet-view.ts";
import type { AccountRow, PostgresAccounts } from "./store/accounts.ts";
import type { PostgresStore } from "./store/postgres-store.ts";
import { SILENT_AFTER_SECONDS, type WorkerSeen } from "./store/roll.ts";
import { openSavedLedger } from "./worker/journaled-ledger.ts";
import { scopesOf } from "./worker/worker-host.ts";

/** Signals of an account that its row may be about. */
const SIGNALS_KEPT = 20;
/** An open page's ledger is compared with the database's this often. */
const PAGE_AGE_MS = 1_000;

export interface SavedFleetParts {
  readonly clock: Clock;
  readonly store: Pick<PostgresStore, "ledgers" | "workers">;
  readonly accounts: Pick<PostgresAccounts, "list">;
  /** Their settings without keys. @throws TraderError that names every problem. */
  readonly settingsOf: (rows: readonly AccountRow[]) => Pick<FleetSettings, "accounts">;
}

/** What is shown of one account's ledger, as of a version of it. */
interface Digest {
  readonly version: string | undefined;
  readonly ledger: ShownLedger | undefined;
  /** Why it cannot be restored. */
  readonly problem: string | undefined;
}

/** A restored ledger for an account's own page. */
interface PageLedger {
  readonly version: string | undefined;
  readonly ledger: SqliteLedger;
  readonly reader: LedgerReader;
  checkedAt: number;
}

/**
 * A fleet as its database has it, for a page: `refresh` restores each ledger that has changed, keeps the little that is shown
 * of it, and lets it go. It needs no identity and changes nothing.
 */
export class SavedFleet {
  readonly #parts: SavedFleetParts;
  readonly #digests = new Map<string, Digest>();
  readonly #pages = new Map<string, PageLedger>();
  readonly #loading = new Map<string, Promise<void>>();
  #rows: readonly AccountRow[] = [];
  #accounts: readonly FleetAccount[] = [];
  #settings = "";
  #halts: ReadonlyMap<string, string> = new Map();
  #workers: readonly WorkerSeen[] = [];
  #hosts: readonly ShownHost[] = [];
  #trouble: string | undefined;

  constructor(parts: SavedFleetParts) {
    this.#parts = parts;
  }

  get hosts(): readonly ShownHost[] {
    return this.#hosts;
  }

  get workers(): readonly WorkerSeen[] {
    return this.#workers;
  }

  /** Why what is shown is not of now, or nothing is traded; one sentence each. */
  get problems(): readonly string[] {
    if (this.#trouble !== undefined) return [this.#trouble];
    return this.#isTraded ? [] : ["No worker is running, so nothing is traded."];
  }

  get #isTraded(): boolean {
    return this.#workers.some(({ secondsAgo }) => secondsAgo < SILENT_AFTER_SECONDS);
  }

  /** @param host `undefined`: of the whole fleet. */
  haltOf(host: ShownHost | undefined): string | undefined {
    const account = this.#accounts.find(({ name }) => name === host?.name);
    const scopes = account === undefined ? ["fleet"] : scopesOf(account).filter((scope) => scope !== "fleet");
    return scopes.map((scope) => this.#halts.get(scope)).find((reason) => reason !== undefined);
  }

  account(name: string): FleetAccount | undefined {
    return this.#accounts.find((account) => account.name === name);
  }

  holderOf(name: string): string | undefined {
    return this.#rows.find((row) => row.name === name)?.holder;
  }

  /** What cannot be read stays as it was, and `problems` says so. */
  async refresh(): Promise<void> {
    const { store, accounts } = this.#parts;
    try {
      this.#take(await accounts.list());
      this.#halts = await store.workers.halts();
      this.#workers = await store.workers.list();
      const versions = await store.ledgers.versions();
      for (const row of this.#rows) await this.#digest(row, versions.get(row.id));
      for (const name of this.#digests.keys()) if (!this.#rows.some((row) => row.name === name)) this.#digests.delete(name);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = messageOf(error);
    }
    this.#hosts = this.#accounts.map((account) => this.#hostOf(account));
  }

  /** Settings are checked again only when one has changed. */
  #take(rows: readonly AccountRow[]): void {
    this.#rows = rows;
    const settings = JSON.stringify(rows.map(({ id, name, settings: own }) => [id, name, own]));
    if (settings === this.#settings) return;
    this.#accounts = this.#parts.settingsOf(rows).accounts;
    this.#settings = settings;
  }

  async #digest({ id, name }: AccountRow, version: string | undefined): Promise<void> {
    const known = this.#digests.get(name);
    if (known !== undefined && known.version === version && known.problem === undefined) return;
    const saved = await this.#parts.store.ledgers.read(id).catch((error: unknown) => unreadable(error));
    this.#digests.set(name, digestOf(saved, name, version));
  }

  #hostOf(account: FleetAccount): ShownHost {
    const { name } = account;
    const digest = this.#digests.get(name);
    const problem = digest?.problem;
    return {
      name,
      account,
      state: problem !== undefined ? "failed" : this.#isTraded ? "ready" : "stopped",
      problem,
      session: digest?.ledger === undefined ? undefined : { ledger: digest.ledger },
      daemonState: undefined,
    };
  }

  // --- one account's page ------------------------------------------------------------------------

  /** Restores an account's ledger for its page, or the changes since. @throws TraderError when there is none. */
  async preparePage(name: string): Promise<void> {
    const page = this.#pages.get(name);
    if (page !== undefined && this.#parts.clock.monotonic() - page.checkedAt < PAGE_AGE_MS) return;
    const loading = this.#loading.get(name) ?? this.#loadPage(name).finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    await loading;
  }

  /** As of the last look; a newer one is fetched meanwhile. @throws TraderError before the first. */
  pageLedger(name: string): LedgerReader {
    const page = this.#pages.get(name);
    if (page === undefined)
      throw new TraderError(`The ledger of ${name} has not been read.`, { code: "ledger-missing", hint: "Load the page again." });
    // What keeps it from being read is shown by the fleet's page.
    this.preparePage(name).catch(() => undefined);
    return page.reader;
  }

  closePage(name: string): void {
    this.#pages.get(name)?.ledger.close();
    this.#pages.delete(name);
  }

  close(): void {
    for (const name of [...this.#pages.keys()]) this.closePage(name);
  }

  async #loadPage(name: string): Promise<void> {
    const { store, clock } = this.#parts;
    const id = this.#rows.find((row) => row.name === name)?.id;
    if (id === undefined) throw new TraderError(`The fleet has no account ${name}.`, { code: "fleet-account" });
    const version = (await store.ledgers.versions()).get(id);
    const before = this.#pages.get(name);
    if (before !== undefined && before.version === version) {
      before.checkedAt = clock.monotonic();
      return;
    }
    const ledger = openSavedLedger(await store.ledgers.read(id), name);
    const changes = (before?.reader.version() ?? 0) + 1;
    this.#pages.set(name, { version, ledger, reader: { ...ledger, version: () => changes }, checkedAt: clock.monotonic() });
    before?.ledger.close();
  }
}

/** A ledger that cannot be restored is its account's trouble; a database that does not answer is everybody's. */
function unreadable(error: unknown): TraderError {
  if (error instanceof TraderError && error.code === "ledger-damaged") return error;
  throw error;
}

function digestOf(
  saved: Awaited<ReturnType<PostgresStore["ledgers"]["read"]>> | TraderError,
  name: string,
  version: string | undefined,
): Digest {
  if (saved instanceof TraderError) return { version, ledger: undefined, problem: saved.message };
  try {
    const ledger = openSavedLedger(saved, name);
    try {
      return { version, ledger: shownOf(ledger), problem: undefined };
    } finally {
      ledger.close();
    }
  } catch (error) {
    return { version, ledger: undefined, problem: messageOf(error) };
  }
}

/** Copies what a row is made of, so that the ledger can be closed. */
function shownOf(ledger: SqliteLedger): ShownLedger {
  const signals = ledger.recentSignals(SIGNALS_KEPT);
  const executions = new Map(signals.map(({ signal }) => [signal.id, ledger.executionOfSignal(signal.id)]));
  const recent = ledger.recentExecutions(1);
  const open = ledger.openExecutions();
  const pinned = ledger.pinnedAccount();
  return {
    signal: (id) => signals.find(({ signal }) => signal.id === id),
    executionOfSignal: (id) => executions.get(id),
    recentSignals: (limit) => signals.slice(0, limit),
    recentExecutions: (limit) => recent.slice(0, limit),
    openExecutions: () => open,
    pinnedAccount: () => pinned,
  };
}
