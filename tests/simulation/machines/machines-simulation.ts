import { identityIn } from "../../../src/execution/orders/ids.ts";
import { promisesSettled, VirtualClock } from "../../../src/domain/virtual-clock.ts";
import type { AccountHold, HostState } from "../../../src/fleet/account-host.ts";
import { Canaries } from "../../../src/fleet/canaries.ts";
import { LinesIntake } from "../../../src/fleet/intake/lines-intake.ts";
import { Places } from "../../../src/fleet/places.ts";
import { withRestarts } from "../../../src/fleet/restarts.ts";
import { SharedMarket } from "../../../src/fleet/shared-market.ts";
import { StoreUnreachable, type Attempt, type FleetStore, type SavedLedger } from "../../../src/fleet/store/ports.ts";
import { AccountHolding } from "../../../src/fleet/worker/account-holding.ts";
import { CanaryLedgers } from "../../../src/fleet/worker/canary-ledgers.ts";
import { openSavedLedger } from "../../../src/fleet/worker/journaled-ledger.ts";
import type { Lease } from "../../../src/fleet/worker/lease.ts";
import { LineFeed, type AccountLines } from "../../../src/fleet/worker/line-feed.ts";
import { MOST_SKEW_MS, Worker, type HeldHost } from "../../../src/fleet/worker/worker.ts";
import type { SqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import type { ManyAccounts } from "../../../src/simulator/many-accounts.ts";
import type { Venue, VenueRequest, VenueResponse } from "../../../src/simulator/venue.ts";
import { MemoryDatabase, type Way } from "../../fleet/store/memory-store.ts";
import { drawVenues, lastVerdict, missOf } from "../fleet/accounts.ts";
import { drawRun } from "../../processes/portfolios.ts";
import { WRITERS_ZONE } from "../../scenarios/strategy.ts";
import { AlertsFile } from "../alerts-file.ts";
import { Chance } from "../chance.ts";
import { isPost, RESET } from "../faults/fault.ts";
import { AccountLife, ledgerOptions, SIGNAL_MAX_AGE_SECONDS, STRATEGY, type AccountGround } from "../fleet/account-life.ts";
import { leanFetch } from "../wire.ts";
import { Machine } from "./machine.ts";
import { drawPlan, type MachinesPlan, type Mishap } from "./plan.ts";
import { SILENT } from "../../silent-log.ts";

export interface MachinesSeedResult {
  readonly seed: number;
  readonly accounts: number;
  readonly violations: readonly string[];
  readonly orders: number;
  readonly takeovers: number;
  readonly lost: number;
  readonly refusedTwice: number;
  readonly mishaps: readonly Mishap["kind"][];
}

const TUESDAY_10_00 = Date.parse("2026-11-17T10:00:00-05:00");
const FINAL_MS = 40_000;
/** A halt is heard within a second, and a request may be on its way. */
const HALT_HEARD_MS = 1_400;

interface Account {
  readonly name: string;
  readonly keyId: string;
  readonly secret: string;
}

interface Running {
  readonly machine: Machine;
  readonly store: FleetStore;
  readonly worker: Worker;
}

/** Several machines with workers, one database, and intakes of the same file, in virtual time. */
export async function simulateMachines(seed: number): Promise<MachinesSeedResult> {
  await Promise.resolve();
  const simulation = new MachinesSimulation(drawPlan(seed));
  try {
    return await simulation.run();
  } finally {
    simulation.close();
  }
}

class MachinesSimulation {
  readonly #plan: MachinesPlan;
  readonly #clock = new VirtualClock(TUESDAY_10_00, promisesSettled);
  readonly #database = new MemoryDatabase(this.#clock);
  /** By account: its ledger as the database had it at the last look. */
  readonly #restored = new Map<string, { readonly saved: SavedLedger; readonly ledger: SqliteLedger }>();
  readonly #venues: ManyAccounts;
  readonly #file = new AlertsFile(WRITERS_ZONE);
  readonly #network: Chance;
  readonly #accounts: readonly Account[];
  readonly #violations: string[] = [];
  readonly #running: Running[] = [];
  /** Mishaps that wait for their moment in a request. */
  readonly #armed = new Set<Mishap>();
  #haltedAt: number | undefined;
  #machines = 0;
  #orders = 0;
  #refusedTwice = 0;

  constructor(plan: MachinesPlan) {
    const { seed, accounts } = plan;
    this.#plan = plan;
    this.#network = new Chance(seed, "network");
    this.#venues = drawVenues(this.#clock, seed, 0.1);
    this.#accounts = Array.from({ length: accounts }, (_, index) => ({
      name: `account-${String(index)}`,
      keyId: `PKMACHINESEED0${String(index)}`,
      secret: `machine-secret-of-account-${String(index)}-abcdefgh`,
    }));
    for (const account of this.#accounts) {
      this.#venueOf(account);
      this.#database.addAccount(account.name, [STRATEGY], this.#isCanary(account));
    }
  }

  async run(): Promise<MachinesSeedResult> {
    const { runsAt, mishaps, seed, accounts, troubleMs, workers, intakes } = this.#plan;
    const strategy = new Chance(seed, "strategy");
    for (let index = 0; index < workers; index += 1) this.#start(index);
    for (let index = 0; index < intakes; index += 1) this.#startIntake();
    for (const mishap of mishaps) this.#clock.after(mishap.at, () => this.#befall(mishap));
    const runs = runsAt.map((at, index) => ({ at, run: drawRun(index, strategy, TUESDAY_10_00 + at) }));
    for (const { at, run } of runs)
      this.#clock.after(at, () =>
        this.#file.carryOut({ afterMs: 0, deed: "append", text: run.text }, this.#clock.now(), this.#clock.monotonic()),
      );
    await this.#clock.advance(troubleMs);
    this.#armed.clear();
    const last = runs.at(-1);
    await this.#clock.advance((last?.at ?? 0) + FINAL_MS - this.#clock.monotonic());
    // No worker takes an account while its clock differs too much from the database's.
    if (this.#plan.skews.every((skew) => Math.abs(skew) > MOST_SKEW_MS)) {
      if (this.#orders > 0) this.#violated(`${String(this.#orders)} orders were sent by workers with wrong clocks.`);
    } else for (const account of this.#accounts) this.#judgeAccount(account, last?.run.weights ?? new Map());
    const counts = this.#running.map(({ worker }) => worker.counts);
    const swept = counts.reduce((sum, count) => sum + count.swept, 0);
    if (swept > 0) this.#violated(`${String(swept)} accounts had to be swept.`);
    return {
      seed,
      accounts,
      violations: this.#violations,
      orders: this.#orders,
      takeovers: counts.reduce((sum, count) => sum + count.takeovers, 0),
      lost: counts.reduce((sum, count) => sum + count.lost, 0),
      refusedTwice: this.#refusedTwice,
      mishaps: mishaps.map(({ kind }) => kind),
    };
  }

  close(): void {
    for (const { ledger } of this.#restored.values()) ledger.close();
    for (const { machine } of this.#running) machine.die();
    this.#venues.close();
    this.#file.remove();
  }

  // --- machines --------------------------------------------------------------------------------

  #start(index: number): void {
    this.#machines += 1;
    const machine = new Machine(`worker ${String(index)}`, this.#clock, this.#plan.skews[index] ?? 0);
    const way = this.#way(machine, index);
    const store = this.#database.store(way, machine);
    const feed = new LineFeed({ lines: store.lines, clock: machine, signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS });
    const market = new SharedMarket(machine);
    const places = new Places(this.#plan.places, machine);
    const canaries = this.#newCanaries(machine, store);
    const worker: Worker = new Worker({
      clock: machine,
      log: SILENT,
      store,
      feed,
      name: `${machine.name} ${String(this.#machines)}`,
      machine: machine.name,
      pid: this.#machines,
      places: this.#plan.places,
      newHost: async (attempt, lease) => {
        const account = await way("account", () => this.#accounts.find(({ name }) => name === attempt.account));
        if (account === undefined) throw new Error(`There is no account ${attempt.account}.`);
        return new SimulatedHost({
          machine,
          store,
          worker,
          attempt,
          lease,
          feed,
          ground: (own) => this.#ground(account, machine, index, { market, places, canaries, ...own }),
        });
      },
    });
    this.#running[index] = { machine, store, worker };
    void worker.run();
  }

  #ground(account: Account, machine: Machine, index: number, own: OwnGround & MachineGround): AccountGround {
    const { lines, worker, market, places, canaries, held } = own;
    return {
      clock: machine,
      venue: this.#venueOf(account),
      keyId: account.keyId,
      secret: account.secret,
      fetch: leanFetch((request) => this.#handle(account, machine, index, request)),
      alertsFile: this.#file.path,
      open: lines.reader({ name: STRATEGY }),
      watch: lines.watch({ name: STRATEGY }),
      halted: () => worker.haltOf(SCOPES),
      onCommit: () => undefined,
      isDead: () => machine.isDead,
      market,
      inTurn: places.inTurnFor(account.name),
      othersTrade: () => places.isBusy,
      readsPrices: false,
      refusal: this.#isCanary(account) ? undefined : (signal, isWanted) => canaries.refusal(signal, isWanted),
      held,
    };
  }

  #isCanary(account: Account): boolean {
    return this.#plan.hasCanary && account.name === "account-0";
  }

  #newCanaries(machine: Machine, store: FleetStore): Canaries {
    const ledgers = new CanaryLedgers({ store, clock: machine, onProblem: () => undefined });
    return new Canaries({
      clock: machine,
      canaries: () => ledgers.known(),
      signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      whenFailed: "stop",
      stopping: new AbortController().signal,
      say: () => undefined,
    });
  }

  #startIntake(): void {
    const machine = new Machine("intake", this.#clock, 0);
    const intake = new LinesIntake({
      strategy: { name: STRATEGY, alertsFile: this.#file.path },
      config: { alertsTimezone: WRITERS_ZONE, signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS, batchSettleSeconds: 1 },
      owners: new Set([0, process.getuid?.() ?? 0]),
      clock: machine,
      log: SILENT,
      lines: this.#database.store(this.#way(machine, undefined), machine).lines,
    });
    const look = (): void => {
      intake.look();
      machine.after(this.#network.whole(100, 900), look);
    };
    look();
  }

  #befall(mishap: Mishap): void {
    const { kind, machine: index, forMs } = mishap;
    const running = this.#running[index ?? -1];
    if (kind === "killed" && running !== undefined && index !== undefined) {
      running.machine.die();
      this.#clock.after(forMs, () => {
        if (this.#running[index] === running) this.#start(index);
      });
    } else if (kind === "paused") running?.machine.pause(forMs);
    else if (kind === "halted") {
      this.#database.halts.set("fleet", "a halt of the simulation");
      this.#haltedAt = this.#clock.monotonic();
      this.#clock.after(forMs, () => {
        this.#database.halts.clear();
        this.#haltedAt = undefined;
      });
    } else if (kind.startsWith("pause-")) this.#armed.add(mishap);
  }

  /** An armed mishap happens to the next request of its kind, once. */
  #struckNow(kind: Mishap["kind"], index: number | undefined): number {
    const mishap = [...this.#armed].find((each) => each.kind === kind && each.machine === index);
    if (mishap === undefined) return 0;
    this.#armed.delete(mishap);
    return Math.max(12_000, mishap.forMs);
  }

  #isStruck(kind: Mishap["kind"], index: number | undefined): boolean {
    const now = this.#clock.monotonic();
    return this.#plan.mishaps.some(
      (mishap) =>
        mishap.kind === kind &&
        (mishap.machine === undefined || mishap.machine === index) &&
        now >= mishap.at &&
        now < mishap.at + mishap.forMs,
    );
  }

  // --- ways ------------------------------------------------------------------------------------

  #way(machine: Machine, index: number | undefined): Way {
    return async (call, work) => {
      await this.#clock.sleep(this.#network.whole(1, 10));
      await machine.awake();
      if (call === "append") machine.pause(this.#struckNow("pause-before-barrier", index));
      await machine.awake();
      const isTroubled = this.#clock.monotonic() < this.#plan.troubleMs;
      const isLost = isTroubled && (this.#isStruck("no-database", index) || this.#network.happens(this.#plan.lossRate));
      // Some commits happen although nobody hears of them.
      if (isLost && this.#network.happens(0.5)) work();
      if (isLost) {
        await this.#clock.sleep(this.#network.whole(50, 2_000));
        await machine.awake();
        throw new StoreUnreachable("The database does not answer.");
      }
      const answer = work();
      await this.#clock.sleep(this.#network.whole(1, 10));
      await machine.awake();
      return answer;
    };
  }

  async #handle(account: Account, machine: Machine, index: number, request: VenueRequest): Promise<VenueResponse> {
    await machine.awake();
    await this.#clock.sleep(this.#network.whole(2, 40));
    if (machine.isDead) return never();
    if (this.#isStruck("no-venue", index)) return RESET;
    if (isPost(request)) {
      // The machine stopped right before the packet left, and behind every check; or the packet was long on its way.
      const delayMs = this.#struckNow("pause-after-barrier", index);
      machine.pause(delayMs);
      if (delayMs > 0) await this.#clock.sleep(delayMs);
      this.#judgeOrder(account, request, delayMs > 0);
    }
    const response = await this.#venues.handle(request);
    if (isPost(request)) {
      if (response.status === 422 && response.body.includes("must be unique")) this.#refusedTwice += 1;
      machine.pause(this.#struckNow("pause-after-post", index));
    }
    await this.#clock.sleep(this.#network.whole(2, 40));
    await machine.awake();
    return response;
  }

  #venueOf({ keyId }: Account): Venue {
    const venue = this.#venues.venueOf(keyId);
    if (venue === undefined) throw new Error("The venue has no such account.");
    return venue;
  }

  // --- the judge -------------------------------------------------------------------------------

  #judgeOrder(account: Account, { body }: VenueRequest, isDelayed: boolean): void {
    this.#orders += 1;
    const id = (JSON.parse(body) as { client_order_id: string }).client_order_id;
    if (this.#withLedger(account, (ledger) => ledger.intent(id)) === undefined)
      this.#violated(`${id} of ${account.name} was sent before its intent was in the database.`);
    if (!this.#hasPassed(account, identityIn(id)?.signalId ?? ""))
      this.#violated(`${id} of ${account.name} was sent before the canary had reached its target.`);
    const haltedFor = this.#haltedAt === undefined ? 0 : this.#clock.monotonic() - this.#haltedAt;
    if (haltedFor > HALT_HEARD_MS && !isDelayed)
      this.#violated(`${id} of ${account.name} was sent ${String(haltedFor)} ms after the halt.`);
  }

  /** Whether the canary lets this account trade the signal, as the database has it. */
  #hasPassed(account: Account, signalId: string): boolean {
    const [canary] = this.#accounts;
    if (!this.#plan.hasCanary || canary === undefined || canary === account) return true;
    return (
      this.#withLedger(canary, (ledger) => {
        if (ledger.signal(signalId)?.verdict === "duplicate") return true;
        return ledger.executionsOfSignal(signalId).some(({ outcome }) => outcome === "on-target");
      }) === true
    );
  }

  #judgeAccount(account: Account, weights: ReadonlyMap<string, number>): void {
    this.#judgeOnce(account);
    // What the canary did not reach, the others do not try.
    if (!this.#hasPassed(account, this.#withLedger(account, (ledger) => ledger.recentSignals(1)[0]?.signal.id) ?? "")) return;
    if (this.#withLedger(account, (ledger) => ledger.unsettledIntents().some(({ state }) => state === "abandoned"))) return;
    const miss = missOf(this.#venueOf(account).exchange, weights);
    if (miss !== undefined) this.#violated(`${account.name}: ${miss}. Its ledger says ${this.#withLedger(account, lastVerdict)}`);
  }

  /** Of one intent nothing is filled twice: prices stand still, so no part of a run is traded more than once. */
  #judgeOnce(account: Account): void {
    const traded = new Map<string, number[]>();
    for (const order of this.#venueOf(account).exchange.state.orders.values()) {
      const identity = identityIn(order.clientOrderId);
      if (identity === undefined) this.#violated(`${order.clientOrderId} of ${account.name} has no identity of ours.`);
      const value = Number(order.filledValue.toFixed(2));
      const key = `${identity?.signalId ?? ""} ${identity?.phase ?? ""} ${order.symbol}`;
      if (value > 0) traded.set(key, [...(traded.get(key) ?? []), value]);
    }
    const equity = Number(this.#venueOf(account).exchange.accountView().equity);
    for (const [key, values] of traded) {
      const [largest = 0, ...rest] = values.toSorted((one, other) => other - one);
      const more = rest.reduce((sum, value) => sum + value, 0);
      if (more > 0.5 * largest && largest + more > equity * 0.5)
        this.#violated(`${account.name}: ${key} was traded ${String(values.length)} times.`);
    }
  }

  #withLedger<Result>(account: Account, look: (ledger: SqliteLedger) => Result): Result | undefined {
    const saved = this.#database.saved(account.name);
    if (saved.image === undefined) return undefined;
    const known = this.#restored.get(account.name);
    if (known !== undefined && isSame(known.saved, saved)) return look(known.ledger);
    known?.ledger.close();
    this.#restored.delete(account.name);
    const ledger = openSavedLedger(saved, account.name);
    this.#restored.set(account.name, { saved, ledger });
    return look(ledger);
  }

  #violated(text: string): void {
    this.#violations.push(`${(this.#clock.monotonic() / 1_000).toFixed(1)} s: ${text}`);
  }
}

function isSame(one: SavedLedger, other: SavedLedger): boolean {
  const isEqual = (change: Uint8Array, index: number): boolean => change === other.changes[index];
  return one.image === other.image && one.changes.length === other.changes.length && one.changes.every(isEqual);
}

const SCOPES = ["fleet"];

/** What the accounts of a machine share. */
interface MachineGround {
  readonly market: SharedMarket;
  readonly places: Places;
  readonly canaries: Canaries;
}

interface OwnGround {
  readonly lines: AccountLines;
  readonly worker: Worker;
  readonly held: AccountHold;
}

interface SimulatedHostParts {
  readonly machine: Machine;
  readonly store: FleetStore;
  readonly worker: Worker;
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly feed: LineFeed;
  readonly ground: (own: OwnGround) => AccountGround;
}

/** As `AccountHost` and `WorkerHosts` put the parts together. */
class SimulatedHost implements HeldHost {
  readonly isTooOld = false;
  state: HostState = "starting";
  readonly #parts: SimulatedHostParts;
  readonly #holding: AccountHolding;
  readonly #lines: AccountLines;
  readonly #stopping = new AbortController();
  #life: AccountLife | undefined;

  constructor(parts: SimulatedHostParts) {
    const { machine, store, worker, attempt, lease, feed } = parts;
    this.#parts = parts;
    this.#lines = feed.forAccount({ readBefore: () => this.#holding.readBefore, whyLate: (arrivedAt) => worker.whyLate(arrivedAt) });
    this.#holding = new AccountHolding({
      clock: machine,
      ledgers: store.ledgers,
      account: attempt.account,
      holder: machine.name,
      workerCommand: "fleet worker",
      scopes: SCOPES,
      lease,
      ledgerOptions: ledgerOptions({ isDead: () => machine.isDead, onCommit: () => undefined }),
      halted: () => worker.haltOf(SCOPES),
      onHalt: (reason) => worker.heardHalt(SCOPES, reason),
      onLost: () => worker.lose(attempt.account),
    });
  }

  get isSettled(): boolean {
    return this.#life?.isSettled === true;
  }

  get read(): AccountLines["read"] {
    return this.#lines.read;
  }

  get epoch(): number | undefined {
    return this.#holding.epoch;
  }

  get isKept(): boolean {
    return this.#holding.isKept;
  }

  async run(): Promise<void> {
    const { machine, worker, ground } = this.#parts;
    const work = async (): Promise<void> => {
      const held = await this.#holding.hold();
      if (this.#stopping.signal.aborted) return;
      const life = new AccountLife(held.ledger, ground({ lines: this.#lines, worker, held }));
      this.#life = life;
      try {
        await life.run();
      } finally {
        this.#life = undefined;
        try {
          await held.finish();
        } finally {
          held.ledger.close();
        }
      }
    };
    this.state = await withRestarts(work, { clock: machine, stopping: this.#stopping.signal, failed: () => undefined });
  }

  stop(): void {
    this.#stopping.abort();
    this.#life?.stop();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
