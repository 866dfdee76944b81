import type { TraderEvent } from "../app/events.ts";
import { openEmbeddedVenues, type EmbeddedVenues } from "../app/embedded-venue.ts";
import { Rehearsal } from "../app/rehearsal.ts";
import { secretsOf } from "../config/secrets.ts";
import type { SharedLogs } from "../app/session-logs.ts";
import { RequestCeiling } from "../broker/request-ceiling.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { modeLabel, type Environment } from "../domain/config.ts";
import type { Signal } from "../domain/signal.ts";
import { asError, TraderError } from "../domain/errors.ts";
import { capYoungSpace } from "../machine/footprint.ts";
import { AccountHost } from "./account-host.ts";
import { AlertsWatch } from "./alerts-watch.ts";
import { Canaries } from "./canaries.ts";
import { FleetHold } from "./fleet-hold.ts";
import { FleetReporter } from "./fleet-reporter.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { Places } from "./places.ts";
import { SharedMarket } from "./shared-market.ts";
import { standingOfHost, type Standing } from "./standing.ts";

/** Often enough for an account to find the fleet's halt known when it reports its own. */
const TICK_MS = 250;
const CHECK_EVERY_MS = 30_000;
/** Within this time all accounts have read a change of the alerts; what one of them has said until then, the others do not repeat. */
const ONE_LOOK_MS = 60_000;
/** Within this time every account notices that the fleet was resumed. */
const ONE_RESUME_MS = 5_000;

export interface FleetParts extends SharedLogs {
  readonly env: Environment;
  readonly clock: Clock;
  readonly settings: FleetSettings;
  readonly verbose: boolean;
  /** Called with each account's events, after its log and ledger. */
  readonly onEvent?: (account: string, event: TraderEvent) => void;
  /** Accounts of a simulator that somebody else has started; by default the fleet opens its own in simulator mode. */
  readonly venues?: EmbeddedVenues;
}

/**
 * Many accounts in one process. Each has its own ledger, limits, halts and promises, as if it ran alone; the process has one
 * watcher and one reader of each alerts file, one set of logs, and a limit to the accounts that work at the same time.
 */
export class Fleet {
  readonly #parts: FleetParts;
  readonly #stopping = new AbortController();
  readonly #places: Places;
  readonly #market: SharedMarket;
  readonly #ceiling: RequestCeiling | undefined;
  readonly #alerts: AlertsWatch;
  readonly #canaries: Canaries;
  #hosts: readonly AccountHost[] = [];
  #reporter: FleetReporter | undefined;
  /** Text → the account that logged it last, and when, monotonic. */
  readonly #said = new Map<string, { readonly account: string; readonly at: number }>();
  #timer: Timer | undefined;
  #isReadySaid = false;
  #isYoungSpaceCapped = false;
  /** Why the whole fleet is halted. */
  #halted: string | undefined;
  #resumedAt = -Infinity;
  #checkAt = 0;
  #failure: Error | undefined;

  constructor(parts: FleetParts) {
    const { clock, settings, log } = parts;
    this.#parts = parts;
    this.#places = new Places(settings.shared.fleet.places, clock);
    this.#market = new SharedMarket(clock);
    const { requestsPerSecond: perSecond } = settings.shared.fleet;
    this.#ceiling = perSecond === undefined ? undefined : new RequestCeiling({ clock, perSecond, onNews: (text) => log.warn(text) });
    this.#alerts = new AlertsWatch({
      clock,
      log,
      usePolling: settings.shared.alertsPolling,
      looked: (file) => this.#reporter?.looked(file),
      left: (file) => this.#reporter?.left(file),
    });
    this.#canaries = new Canaries({
      clock,
      canaries: () =>
        this.#hosts
          .filter(({ account }) => account.config.fleet.isCanary)
          .map(({ name, account, session, state, problem }) => ({
            account: name,
            problem: state === "failed" || state === "set-aside" ? (problem ?? "") : undefined,
            strategies: account.config.strategies.map((strategy) => strategy.name),
            ledger: session?.ledger,
          })),
      signalMaxAgeSeconds: settings.shared.signalMaxAgeSeconds,
      whenFailed: settings.shared.fleet.canaryFails,
      stopping: this.#stopping.signal,
      say: (text, signalId) => log.child({ signal: signalId }).warn(text),
    });
  }

  get hosts(): readonly AccountHost[] {
    return this.#hosts;
  }

  /** Of the accounts that trade the signal's strategy. */
  standings(signalId: string): Standing[] {
    const strategy = this.#signalOf(signalId)?.strategy;
    const asked = this.#hosts.filter(
      ({ account }) => strategy === undefined || account.config.strategies.some(({ name }) => name === strategy),
    );
    return asked.map((host) => standingOfHost(host, signalId));
  }

  #signalOf(signalId: string): Signal | undefined {
    for (const { session } of this.#hosts) {
      const record = session?.ledger.signal(signalId);
      if (record !== undefined) return record.signal;
    }
    return undefined;
  }

  /** Whether the alerts files are being checked. */
  get isWatching(): boolean {
    return this.#reporter?.isWatching ?? false;
  }

  /** Runs until `stop`. @throws what concerns the process and not one account: a lock, the fleet's own ledger. */
  async run(): Promise<void> {
    const { clock, settings } = this.#parts;
    const { shared } = settings;
    const secrets = settings.accounts.flatMap(({ config }) => secretsOf(config));
    const hold = FleetHold.take(shared, { clock, command: "run", secrets });
    try {
      const venues = await this.#openVenues();
      try {
        await this.#trade(hold, venues, secrets);
      } finally {
        if (this.#parts.venues === undefined) await venues?.close();
      }
    } finally {
      hold.close();
    }
  }

  async #trade(hold: FleetHold, venues: EmbeddedVenues | undefined, secrets: readonly string[]): Promise<void> {
    const { clock, settings } = this.#parts;
    const rehearsal = new Rehearsal(clock);
    this.#hosts = settings.accounts.map((account, index) => this.#newHost(account, venues, index === 0 ? rehearsal : undefined));
    const reporter = new FleetReporter({
      ...this.#parts,
      shared: settings.shared,
      hold,
      secrets,
      standings: (id) => this.standings(id),
      signalOf: (id) => this.#signalOf(id),
      state: () => this.#stateText(this.#halted),
      problem: () => this.#problem(),
    });
    this.#reporter = reporter;
    let failure: unknown;
    try {
      reporter.begin();
      this.#tick(hold);
      await Promise.all(await this.#begin());
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#stopping.signal.aborted) throw allSetAside();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#timer?.cancel();
      this.#ceiling?.close();
      await reporter.end(failure);
    }
  }

  /** `run` returns within 8 s. */
  stop(): void {
    this.#stopping.abort();
    this.#reporter?.stopping();
    for (const host of this.#hosts) host.stop();
  }

  /** Opening a ledger takes a while, and what runs already goes on between two of them. @returns the accounts' ends. */
  async #begin(): Promise<Promise<void>[]> {
    const ends: Promise<void>[] = [];
    for (const host of this.#hosts) {
      ends.push(this.#host(host));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return ends;
  }

  async #host(host: AccountHost): Promise<void> {
    await host.run();
    if (host.state !== "set-aside") return;
    this.#reporter?.setAside(host.name, host.problem ?? "");
    this.#sayReady();
  }

  #openVenues(): Promise<EmbeddedVenues | undefined> {
    const { settings, clock, venues } = this.#parts;
    if (venues !== undefined || settings.shared.mode !== "simulator") return Promise.resolve(venues);
    return openEmbeddedVenues(
      settings.accounts.map(({ config }) => config.stateDir),
      clock,
      "run",
    );
  }

  #newHost(account: FleetSettings["accounts"][number], venues: EmbeddedVenues | undefined, rehearsal: Rehearsal | undefined): AccountHost {
    const { onEvent } = this.#parts;
    const { isCanary } = account.config.fleet;
    const hasCanary = this.#parts.settings.accounts.some(({ config }) => config.fleet.isCanary);
    return new AccountHost({
      ...this.#parts,
      account,
      alerts: this.#alerts,
      places: this.#places,
      market: this.#market,
      ceiling: this.#ceiling,
      onEvent: (event) => {
        this.#reporter?.onEvent(event);
        if (event.kind === "ready") this.#sayReady();
        onEvent?.(account.name, event);
      },
      asNews: (event) => this.#asNews(event, account.name),
      ...(hasCanary && !isCanary ? { refusal: (signal, isWanted) => this.#canaries.refusal(signal, isWanted) } : {}),
      ...(venues === undefined
        ? {}
        : {
            openVenue: () => ({
              name: "the built-in simulator",
              alpaca: venues.alpacaOf(account.config.stateDir),
              close: () => Promise.resolve(),
            }),
          }),
      ...(rehearsal === undefined || !this.#parts.settings.shared.execution.warmSnapshot ? {} : { rehearsal }),
    });
  }

  /** What is said of the alerts, of an outage, or of a halt of the fleet, is the same in nearly all accounts, and is logged once. */
  #asNews(event: TraderEvent, account: string): TraderEvent | undefined {
    if (event.kind === "halt-changed") return this.#halted === undefined && !this.#isJustResumed() ? event : undefined;
    // An outage is the same for all; what an execution meets in it is its own.
    if (event.kind === "remark" && event.recurs === true && event.executionId === undefined)
      return this.#isSaid(event.text, account) ? undefined : event;
    if (event.kind === "offered") return this.#isSaid(event.signal.id, account) ? { ...event, again: true } : event;
    if (event.kind !== "verdict") return event;
    return this.#isSaid(`${event.subject} ${event.verdict.kind} ${event.verdict.reason}`, account) ? undefined : event;
  }

  #isJustResumed(): boolean {
    return this.#parts.clock.monotonic() - this.#resumedAt < ONE_RESUME_MS;
  }

  #watchHalt(halted: string | undefined): void {
    if (halted === this.#halted) return;
    if (halted === undefined) this.#resumedAt = this.#parts.clock.monotonic();
    this.#halted = halted;
    const { log } = this.#parts;
    if (halted === undefined) log.warn("The halt of the fleet is over; trading goes on.");
    else log.error(`The fleet is halted: ${halted}. No account sends orders until \`alpaca-trader resume\`.`);
    this.#reporter?.haltChanged();
  }

  /** Whether another account has just said the same. What comes again later is logged again. */
  #isSaid(text: string, account: string): boolean {
    const now = this.#parts.clock.monotonic();
    const said = this.#said.get(text);
    if (said !== undefined && said.account !== account && now - said.at < ONE_LOOK_MS) return true;
    if (this.#said.size > 1_000) this.#said.clear();
    this.#said.set(text, { account, at: now });
    return false;
  }

  #tick(hold: FleetHold): void {
    this.#timer = this.#parts.clock.after(TICK_MS, () => {
      try {
        this.#watchHalt(hold.halted());
        if (!this.#isYoungSpaceCapped) this.#isYoungSpaceCapped = capYoungSpace();
        this.#checkHold(hold);
        this.#tick(hold);
      } catch (error) {
        this.#failure ??= asError(error);
        this.stop();
      }
    });
  }

  /** @throws when the process has lost its lock or its ledger. */
  #checkHold(hold: FleetHold): void {
    const now = this.#parts.clock.monotonic();
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_EVERY_MS;
    hold.check();
  }

  /** Says once that all accounts have been read, or which have not. */
  #sayReady(): void {
    const starting = this.#hosts.filter(({ state }) => state === "starting").length;
    if (this.#isReadySaid || starting > 0) return;
    this.#isReadySaid = true;
    this.#parts.log.info(`Ready: ${this.#stateText(undefined)}.`);
  }

  #stateText(halted: string | undefined): string {
    const { shared, accounts } = this.#parts.settings;
    const ready = this.#hosts.filter(({ state }) => state === "ready").length;
    const aside = this.#hosts.filter(({ state }) => state === "set-aside").map(({ name }) => name);
    const trouble = aside.length === 0 ? "" : `; set aside: ${aside.join(", ")}`;
    if (halted !== undefined) return `${modeLabel(shared.mode)}: HALTED (${halted})`;
    return `${modeLabel(shared.mode)}: ${String(ready)} of ${String(accounts.length)} accounts watch for alerts${trouble}`;
  }

  #problem(): string | undefined {
    const failing = this.#hosts.filter(({ state }) => state === "set-aside" || state === "failed");
    if (failing.length === 0) return undefined;
    return failing.map(({ name, problem }) => `${name}: ${problem ?? ""}`).join(" ");
  }
}

function allSetAside(): TraderError {
  return new TraderError("Every account is set aside, so there is nothing left to trade.", {
    code: "all-set-aside",
    hint: "The log says what is wrong with each of them.",
  });
}
