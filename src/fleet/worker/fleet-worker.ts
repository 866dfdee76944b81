import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import type { TraderEvent } from "../../app/events.ts";
import { secretsOf } from "../../config/secrets.ts";
import type { SharedLogs } from "../../app/session-logs.ts";
import { RequestCeiling } from "../../broker/request-ceiling.ts";
import type { Clock, Timer } from "../../domain/clock.ts";
import { modeLabel, type Config, type Environment } from "../../domain/config.ts";
import type { Signal } from "../../domain/signal.ts";
import { asError, EXIT, TraderError } from "../../domain/errors.ts";
import { trustedOwners } from "../../intake/trust.ts";
import { watchFile } from "../../intake/watcher.ts";
import { counted } from "../../reporting/figures.ts";
import { Canaries } from "../canaries.ts";
import { FleetHold } from "../fleet-hold.ts";
import { FleetReporter } from "../fleet-reporter.ts";
import { loadAccount, workerConfig, type FleetAccount } from "../fleet-settings.ts";
import { LinesIntake } from "../intake/lines-intake.ts";
import { Places } from "../places.ts";
import { SharedMarket } from "../shared-market.ts";
import type { Standing } from "../standing.ts";
import type { PostgresAccounts } from "../store/accounts.ts";
import type { PostgresStore } from "../store/postgres-store.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Attempt } from "../store/ports.ts";
import { CanaryLedgers } from "./canary-ledgers.ts";
import type { Lease } from "./lease.ts";
import { LineFeed } from "./line-feed.ts";
import { WorkerHost } from "./worker-host.ts";
import { Worker, type HeldHost } from "./worker.ts";

const TICK_MS = 250;
const CHECK_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** Signals whose results are remembered for the message about them. */
const MOST_SIGNALS = 20;
/** What Alpaca allows one address is not published. */
const REQUESTS_PER_SECOND = 50;

export interface FleetWorkerParts extends SharedLogs {
  readonly env: Environment;
  readonly clock: Clock;
  readonly shared: Config;
  readonly store: PostgresStore;
  readonly accounts: PostgresAccounts;
  /** `undefined`: it only offers lines. */
  readonly sealing: Sealing | undefined;
  /** It reads the alerts files. */
  readonly isIntake: boolean;
  /** What must be shown nowhere; the keys of each account are added when it is opened. */
  readonly secrets: string[];
  readonly verbose: boolean;
}

/**
 * One process of a fleet on several machines: an intake, a worker, or both. It locks its STATE_DIR, reports to
 * systemd and the heartbeat, and sends one message for each signal about the accounts that it traded.
 */
export class FleetWorker {
  readonly #parts: FleetWorkerParts;
  readonly #stopping = new AbortController();
  readonly #hosts = new Map<string, WorkerHost>();
  readonly #standings = new Map<string, { signal: Signal; readonly accounts: Map<string, Standing> }>();
  readonly #worker: Worker | undefined;
  readonly #canaries: CanaryLedgers;
  readonly #ceiling: RequestCeiling;
  readonly #intakes: readonly LinesIntake[];
  readonly #name: string;
  #reporter: FleetReporter | undefined;
  #timer: Timer | undefined;
  #halted: string | undefined;
  #checkAt = 0;
  #failure: Error | undefined;
  #end: () => void = () => undefined;

  constructor(parts: FleetWorkerParts) {
    const { clock, shared, store, sealing, isIntake, log } = parts;
    this.#parts = parts;
    this.#name = `${hostname()} ${String(process.pid)} ${randomUUID().slice(0, 8)}`;
    this.#intakes = isIntake ? this.#newIntakes() : [];
    const perSecond = shared.fleet.requestsPerSecond ?? REQUESTS_PER_SECOND;
    this.#ceiling = new RequestCeiling({ clock, perSecond, onNews: (text) => log.warn(text) });
    this.#canaries = new CanaryLedgers({ store, clock, onProblem: (text) => log.warn(`The canary accounts cannot be read: ${text}`) });
    if (sealing === undefined) return;
    const feed = new LineFeed({ lines: store.lines, clock, signalMaxAgeSeconds: shared.signalMaxAgeSeconds });
    const [places, market] = [new Places(shared.fleet.places, clock), new SharedMarket(clock)];
    const canaries = this.#newCanaries();
    const ceiling = this.#ceiling;
    const worker: Worker = new Worker({
      clock,
      log,
      store,
      feed,
      name: this.#name,
      machine: hostname(),
      pid: process.pid,
      places: shared.fleet.places,
      ceiling,
      newHost: (attempt, lease) => this.#newHost({ attempt, lease, feed, places, market, sealing, worker, canaries, ceiling }),
    });
    this.#worker = worker;
  }

  /** Accounts at work in this process. */
  get held(): number {
    return this.#worker?.held.length ?? 0;
  }

  /** Why this process does not do its part; `undefined` while all is well. */
  get problem(): string | undefined {
    return this.#problem();
  }

  /** Runs until `stop`. @throws what concerns the process: a lock, its own ledger, a changed directory. */
  async run(): Promise<void> {
    const { clock, shared, secrets, env, log } = this.#parts;
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    const hold = FleetHold.take(shared, { clock, command: this.#worker === undefined ? "fleet intake" : "fleet worker", secrets });
    const reporter = new FleetReporter({
      env,
      clock,
      log,
      shared,
      hold,
      secrets,
      standings: (id) => this.#standingsOf(id),
      signalOf: (id) => this.#signalOf(id),
      state: () => this.#stateText(),
      problem: () => this.#problem(),
    });
    this.#reporter = reporter;
    const watches = this.#watchFiles();
    let failure: unknown;
    try {
      reporter.begin();
      this.#tick(hold);
      log.info(`Ready: ${this.#stateText()}.`);
      await Promise.all([ended, this.#worker?.run()]);
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#timer?.cancel();
      await Promise.all(watches.map((watch) => watch.close()));
      await Promise.all(this.#intakes.map((intake) => intake.close()));
      await reporter.end(failure);
      this.#canaries.close();
      this.#ceiling.close();
      hold.close();
    }
  }

  /** `run` returns within 8 s. */
  stop(): void {
    this.#stopping.abort();
    this.#reporter?.stopping();
    this.#worker?.stop();
    this.#end();
  }

  // --- accounts ----------------------------------------------------------------------------------

  #newCanaries(): Canaries {
    const { clock, shared, log } = this.#parts;
    return new Canaries({
      clock,
      canaries: () => this.#canaries.known(),
      signalMaxAgeSeconds: shared.signalMaxAgeSeconds,
      whenFailed: shared.fleet.canaryFails,
      stopping: this.#stopping.signal,
      say: (text, signalId) => log.child({ signal: signalId }).warn(text),
    });
  }

  async #newHost({ attempt, sealing, ...own }: NewHost): Promise<HeldHost | undefined> {
    const { accounts, env, clock, log, tradeLog, verbose, store, secrets, shared } = this.#parts;
    this.#canaries.look();
    const row = await accounts.byId(attempt.account);
    if (row === undefined) return undefined;
    const stored = await accounts.unsealed(row, sealing);
    const account = loadAccount(env, stored);
    assertMayTrade(account, shared);
    for (const secret of secretsOf(account.config)) if (!secrets.includes(secret)) secrets.push(secret);
    const host = new WorkerHost({
      ...own,
      attempt,
      clock,
      log,
      tradeLog,
      verbose,
      ledgers: store.ledgers,
      account: { ...account, config: workerConfig(account.config) },
      holder: this.#name,
      fleetId: store.fleetId,
      onEvent: (event) => this.#onEvent(account.name, event),
    });
    this.#hosts.set(account.name, host);
    return host;
  }

  #onEvent(account: string, event: TraderEvent): void {
    this.#remember(account);
    this.#reporter?.onEvent(event);
  }

  /** Its ledger is closed soon after the last event. */
  #remember(account: string): void {
    const host = this.#hosts.get(account);
    for (const { signal } of host?.session?.ledger.recentSignals(2) ?? []) {
      const known = this.#standings.get(signal.id) ?? { signal, accounts: new Map<string, Standing>() };
      const standing = host?.standing(signal.id);
      if (standing !== undefined) known.accounts.set(account, standing);
      this.#standings.set(signal.id, known);
    }
    for (const id of [...this.#standings.keys()].slice(0, -MOST_SIGNALS)) this.#standings.delete(id);
  }

  #standingsOf(signalId: string): Standing[] {
    for (const name of this.#hosts.keys()) this.#remember(name);
    return [...(this.#standings.get(signalId)?.accounts.values() ?? [])];
  }

  #signalOf(signalId: string): Signal | undefined {
    return this.#standings.get(signalId)?.signal;
  }

  // --- alerts files ------------------------------------------------------------------------------

  #newIntakes(): LinesIntake[] {
    const { clock, log, shared, store } = this.#parts;
    const owners = trustedOwners(shared.alertsOwner);
    return shared.strategies.map((strategy) => new LinesIntake({ strategy, config: shared, owners, clock, log, lines: store.lines }));
  }

  #watchFiles(): { close(): Promise<void> }[] {
    const { clock, log, shared } = this.#parts;
    return this.#intakes.map((intake, index) =>
      watchFile(shared.strategies[index]?.alertsFile ?? "", {
        clock,
        usePolling: shared.alertsPolling,
        tickMs: LOOK_EVERY_MS,
        onHint: () => this.#guard(() => intake.look()),
        onProblem: (problem) => log.warn(problem.message, { hint: problem.hint }),
      }),
    );
  }

  // --- the process -------------------------------------------------------------------------------

  #tick(hold: FleetHold): void {
    this.#timer = this.#parts.clock.after(TICK_MS, () => {
      this.#guard(() => {
        this.#watchHalt(hold.halted());
        const now = this.#parts.clock.monotonic();
        // That the database answers is the heartbeat's to say; a restart would not help.
        this.#reporter?.looked("this process");
        if (now >= this.#checkAt) {
          this.#checkAt = now + CHECK_EVERY_MS;
          hold.check();
          this.#reporter?.sayState();
        }
      });
      if (!this.#stopping.signal.aborted) this.#tick(hold);
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure ??= asError(error);
      this.stop();
    }
  }

  #watchHalt(halted: string | undefined): void {
    if (halted === this.#halted) return;
    this.#halted = halted;
    const { log } = this.#parts;
    if (halted === undefined) log.warn("The halt of this machine is over.");
    else log.error(`This machine is halted: ${halted}. Nothing is sent from here until \`alpaca-trader resume\`.`);
    this.#reporter?.haltChanged();
  }

  #stateText(): string {
    const mode = modeLabel(this.#parts.shared.mode);
    if (this.#halted !== undefined) return `${mode}: HALTED (${this.#halted})`;
    const files = this.#intakes.length === 0 ? [] : [`offers the lines of ${counted(this.#intakes.length, "alerts file")}`];
    const held =
      this.#worker === undefined ? [] : [`${counted(this.held, "account")} at work, ${String(this.#parts.shared.fleet.places)} places`];
    return `${mode}: ${[...files, ...held].join("; ")}`;
  }

  #problem(): string | undefined {
    const aside = [...this.#hosts.values()]
      .filter(({ state }) => state === "set-aside")
      .map(({ name, problem }) => `${name}: ${problem ?? ""}`);
    const problems = [this.#worker?.trouble, ...this.#intakes.map(({ problem }) => problem), ...aside].filter((text) => text !== undefined);
    return problems.length === 0 ? undefined : problems.join(" ");
  }
}

interface NewHost {
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly feed: LineFeed;
  readonly places: Places;
  readonly market: SharedMarket;
  readonly sealing: Sealing;
  readonly worker: Worker;
  readonly canaries: Canaries;
  readonly ceiling: RequestCeiling;
}

/** A worker of one mode never trades an account of another (P8). */
function assertMayTrade({ name, config }: FleetAccount, shared: Config): void {
  if (config.mode !== shared.mode)
    throw refused(
      `${name} is set up for ${config.mode} mode, and this worker trades in ${shared.mode} mode.`,
      "Correct the account's settings.",
    );
}

function refused(text: string, hint: string): TraderError {
  return new TraderError(text, { code: "fleet-account", hint, exitCode: EXIT.configuration });
}
