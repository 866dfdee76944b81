import { identityIn } from "../../../src/execution/orders/ids.ts";
import { promisesSettled, VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { Canaries } from "../../../src/fleet/canaries.ts";
import { Places } from "../../../src/fleet/places.ts";
import { SharedMarket } from "../../../src/fleet/shared-market.ts";
import { withRestarts } from "../../../src/fleet/restarts.ts";
import { SharedReader } from "../../../src/intake/shared-reader.ts";
import { openLedgerImage, type SqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import type { ManyAccounts } from "../../../src/simulator/many-accounts.ts";
import type { Venue, VenueRequest, VenueResponse } from "../../../src/simulator/venue.ts";
import { emptyLedger } from "../../ledger/new-ledger.ts";
import { drawVenues, lastVerdict, missOf } from "./accounts.ts";
import { drawRun } from "../../processes/portfolios.ts";
import { WRITERS_ZONE } from "../../scenarios/strategy.ts";
import { AlertsFile } from "../alerts-file.ts";
import { Chance } from "../chance.ts";
import { isPost, RESET } from "../faults/fault.ts";
import { ProcessClock } from "../process-clock.ts";
import { leanFetch } from "../wire.ts";
import { AccountLife, ledgerOptions, SIGNAL_MAX_AGE_SECONDS, STRATEGY, type AccountGround } from "./account-life.ts";
import { drawPlan, type FleetPlan, type Mishap } from "./plan.ts";

export interface FleetSeedResult {
  readonly seed: number;
  readonly accounts: number;
  readonly violations: readonly string[];
  readonly orders: number;
  readonly mishaps: readonly Mishap["kind"][];
  /** Runs of accounts that were judged to be beyond the reach of others' mishaps. */
  readonly isolated: number;
}

const TUESDAY_10_00 = Date.parse("2026-11-17T10:00:00-05:00");
/** A request that was under way when trading was halted may still arrive. */
const ON_THE_WAY_MS = 150;
/** An account without a mishap is on target this long after the last line of a run, and a place's time later for each that was before it. */
const UNDISTURBED_MS = 6_000;
const PLACE_MS = 2_000;
/** After all mishaps. */
const FINAL_MS = 60_000;
/** A mishap this long before a run may still delay it: an outage uses up the requests of a minute. */
const AFTERMATH_MS = 60_000;
const WATCH_TICK_MS = 1_000;
const HINT_MS = [4, 55] as const;
/** What is read takes longer than others wait for it. */
const SLOW_MS = [400, 4_000] as const;

interface Account {
  readonly index: number;
  readonly keyId: string;
  readonly secret: string;
  image: Uint8Array;
  life: AccountLife | undefined;
}

interface Process {
  readonly clock: ProcessClock;
  readonly reader: SharedReader;
  readonly market: SharedMarket;
  readonly stopping: AbortController;
  readonly hints: Set<() => void>;
  isDead: boolean;
}

/** Several accounts in one process, in virtual time: whatever befalls one of them must not reach the others. */
export async function simulateFleet(seed: number): Promise<FleetSeedResult> {
  await Promise.resolve();
  const simulation = new FleetSimulation(drawPlan(seed));
  try {
    return await simulation.run();
  } finally {
    simulation.close();
  }
}

class FleetSimulation {
  readonly #plan: FleetPlan;
  readonly #clock = new VirtualClock(TUESDAY_10_00, promisesSettled);
  readonly #venues: ManyAccounts;
  readonly #file = new AlertsFile(WRITERS_ZONE);
  readonly #network: Chance;
  readonly #accounts: readonly Account[];
  readonly #violations: string[] = [];
  readonly #setAside = new Set<number>();
  #process: Process | undefined;
  #orders = 0;
  #isolated = 0;

  constructor(plan: FleetPlan) {
    const { seed, accounts } = plan;
    this.#plan = plan;
    this.#network = new Chance(seed, "network");
    this.#venues = drawVenues(this.#clock, seed, 0.2);
    this.#accounts = Array.from({ length: accounts }, (_, index) => ({
      index,
      keyId: `PKFLEETSEED000${String(index)}`,
      secret: `fleet-secret-of-account-${String(index)}-abcdefgh`,
      image: emptyLedger(),
      life: undefined,
    }));
    for (const account of this.#accounts) this.#venueOf(account);
  }

  async run(): Promise<FleetSeedResult> {
    const { runsAt, mishaps, seed, accounts, troubleMs } = this.#plan;
    const strategy = new Chance(seed, "strategy");
    this.#start();
    for (const mishap of mishaps) this.#schedule(mishap);
    const runs = runsAt.map((at, index) => ({ at, run: drawRun(index, strategy, TUESDAY_10_00 + at) }));
    for (const { at, run } of runs) {
      this.#clock.after(at, () => this.#write(run.text));
      this.#clock.after(at + this.#undisturbedMs, () => this.#judgeUndisturbed(at, run.weights));
    }
    await this.#clock.advance(troubleMs + 5_000);
    // An account that was set aside is taken up by the next start of the process.
    if (this.#setAside.size > 0) {
      this.#kill();
      await this.#clock.advance(1_000);
      this.#start();
    }
    const last = runs.at(-1);
    await this.#clock.advance((last?.at ?? 0) + FINAL_MS - this.#clock.monotonic());
    for (const account of this.#accounts) this.#judgeTarget(account, last?.run.weights ?? new Map(), "at the end, with all mishaps over,");
    this.#judgeSecrets();
    return {
      seed,
      accounts,
      violations: this.#violations,
      orders: this.#orders,
      mishaps: mishaps.map(({ kind }) => kind),
      isolated: this.#isolated,
    };
  }

  close(): void {
    this.#kill();
    this.#venues.close();
    this.#file.remove();
  }

  // --- the process ---------------------------------------------------------------------------

  #start(): void {
    const clock = new ProcessClock(this.#clock, () => 0);
    const process: Process = {
      clock,
      reader: new SharedReader(),
      market: new SharedMarket(clock),
      stopping: new AbortController(),
      hints: new Set(),
      isDead: false,
    };
    this.#process = process;
    this.#setAside.clear();
    const places = new Places(this.#plan.places, clock);
    const canaries = new Canaries({
      clock,
      canaries: () =>
        this.#accounts
          .filter(({ index }) => index === this.#plan.canary)
          .map(({ index, life }) => ({
            account: `account ${String(index)}`,
            strategies: [STRATEGY],
            ledger: life?.ledger,
            problem: undefined,
          })),
      signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      whenFailed: this.#plan.canaryFails,
      stopping: process.stopping.signal,
      say: () => undefined,
    });
    for (const account of this.#accounts) void this.#host(account, process, places, canaries);
    const tick = (): void => {
      this.#hint(process);
      clock.after(WATCH_TICK_MS, tick);
    };
    clock.after(WATCH_TICK_MS, tick);
  }

  async #host(account: Account, process: Process, places: Places, canaries: Canaries): Promise<void> {
    const work = async (): Promise<void> => {
      const life = this.#newLife(account, process, places, canaries);
      account.life = life;
      try {
        await life.run();
      } finally {
        if (!process.isDead) {
          account.image = life.ledger.serialize();
          account.life = undefined;
        }
      }
    };
    const end = await withRestarts(work, { clock: process.clock, stopping: process.stopping.signal, failed: () => undefined });
    if (end === "set-aside" && !process.isDead) this.#setAside.add(account.index);
  }

  #newLife(account: Account, process: Process, places: Places, canaries: Canaries): AccountLife {
    const isGated = this.#plan.canary !== undefined && this.#plan.canary !== account.index;
    const ground: AccountGround = {
      clock: process.clock,
      venue: this.#venueOf(account),
      keyId: account.keyId,
      secret: account.secret,
      fetch: leanFetch((request) => this.#handle(account, process, request)),
      alertsFile: this.#file.path,
      open: (options) => process.reader.open(options),
      watch: (onHint) => {
        process.hints.add(onHint);
        return { close: () => Promise.resolve(void process.hints.delete(onHint)) };
      },
      halted: () => (this.#isStruck(account.index, ["halted", "fleet-halted"]) ? "a halt of the simulation" : undefined),
      onCommit: () => {
        if (this.#isStruck(account.index, ["disk-full"])) throw new Error("database or disk is full");
      },
      isDead: () => process.isDead,
      market: process.market,
      readsPrices: this.#plan.marketKey === account.index,
      inTurn: places.inTurnFor(`account ${String(account.index)}`),
      othersTrade: () => places.isBusy,
      refusal: isGated ? (signal, isWanted) => canaries.refusal(signal, isWanted) : undefined,
    };
    return new AccountLife(openLedgerImage(account.image, ledgerOptions(ground)), ground);
  }

  #kill(): void {
    const process = this.#process;
    if (process === undefined || process.isDead) return;
    for (const account of this.#accounts) {
      if (account.life !== undefined) account.image = account.life.ledger.serialize();
      account.life = undefined;
    }
    process.isDead = true;
    process.stopping.abort();
    process.clock.die();
  }

  /** As after a change of the file: the accounts look one after the other. */
  #hint(process: Process): void {
    for (const hint of [...process.hints]) if (!process.isDead && process.hints.has(hint)) hint();
  }

  // --- the world -----------------------------------------------------------------------------

  #write(text: string): void {
    this.#file.carryOut({ afterMs: 0, deed: "append", text }, this.#clock.now(), this.#clock.monotonic());
    const process = this.#process;
    if (process !== undefined) process.clock.after(this.#network.whole(...HINT_MS), () => this.#hint(process));
  }

  #schedule(mishap: Mishap): void {
    const { kind, account, at, forMs } = mishap;
    if (kind === "killed") {
      this.#clock.after(at, () => this.#kill());
      this.#clock.after(at + forMs, () => {
        if (this.#process?.isDead === true) this.#start();
      });
    }
    if (kind !== "blocked" || account === undefined) return;
    const exchange = this.#venues.venueOf(this.#accounts[account]?.keyId ?? "")?.exchange;
    this.#clock.after(at, () => exchange?.setFlags({ tradingBlocked: true }));
    this.#clock.after(at + forMs, () => exchange?.setFlags({ tradingBlocked: false }));
  }

  #isStruck(index: number, kinds: readonly Mishap["kind"][], sinceMs = 0): boolean {
    const now = this.#clock.monotonic();
    return this.#plan.mishaps.some(
      ({ kind, account, at, forMs }) =>
        kinds.includes(kind) && (account === undefined || account === index) && now >= at + sinceMs && now < at + forMs,
    );
  }

  async #handle(account: Account, process: Process, request: VenueRequest): Promise<VenueResponse> {
    if (process.isDead) return never();
    await this.#clock.sleep(this.#network.whole(2, 40));
    if (this.#isStruck(account.index, ["venue-down"])) return RESET;
    if (isPost(request)) this.#judgeOrder(account, request);
    if (this.#isStruck(account.index, ["venue-slow"])) await this.#clock.sleep(this.#network.whole(...SLOW_MS));
    const response = await this.#venues.handle(request);
    await this.#clock.sleep(this.#network.whole(2, 40));
    return isOver(process) ? never() : response;
  }

  #venueOf({ keyId }: Account): Venue {
    const venue = this.#venues.venueOf(keyId);
    if (venue === undefined) throw new Error("The venue has no such account.");
    return venue;
  }

  // --- the judge -----------------------------------------------------------------------------

  #judgeOrder(account: Account, { body }: VenueRequest): void {
    this.#orders += 1;
    const id = (JSON.parse(body) as { client_order_id: string }).client_order_id;
    if (this.#isStruck(account.index, ["halted", "fleet-halted"], ON_THE_WAY_MS))
      this.#violated(`${id} of account ${String(account.index)} was sent while it was halted.`);
    if (this.#withLedger(account, (ledger) => ledger.intent(id)) === undefined)
      this.#violated(`${id} is not in the ledger of account ${String(account.index)}.`);
    const { canary, canaryFails } = this.#plan;
    const first = canary === undefined ? undefined : this.#accounts[canary];
    const signalId = identityIn(id)?.signalId ?? "";
    if (first === undefined || first === account || canaryFails === "go") return;
    const isPassed = this.#withLedger(first, (ledger) => {
      if (ledger.signal(signalId)?.verdict === "duplicate") return true;
      return ledger.executionsOfSignal(signalId).some(({ outcome }) => outcome === "on-target");
    });
    if (!isPassed) this.#violated(`${id} of account ${String(account.index)} was sent before the canary had reached its target.`);
  }

  get #undisturbedMs(): number {
    const { accounts, places } = this.#plan;
    return UNDISTURBED_MS + Math.ceil(accounts / places) * PLACE_MS;
  }

  /** No mishap of another account may keep this one from its target. */
  #judgeUndisturbed(at: number, weights: ReadonlyMap<string, number>): void {
    const { canary, canaryFails } = this.#plan;
    const isGated = canary !== undefined && (canaryFails === "stop" || this.#isDisturbed(canary, at));
    if (isGated && this.#isDisturbed(canary, at)) return;
    for (const account of this.#accounts) {
      if (this.#isDisturbed(account.index, at)) continue;
      this.#isolated += 1;
      this.#judgeTarget(account, weights, `${String(this.#undisturbedMs / 1_000)} s after a run, without a mishap of its own,`);
    }
  }

  /** Something of its own, or of all, was in the way of a run written at `at`, or a newer run has come since. */
  #isDisturbed(index: number, at: number): boolean {
    const { mishaps, runsAt } = this.#plan;
    const end = at + this.#undisturbedMs;
    if (runsAt.some((other) => other > at - this.#undisturbedMs && other < end && other !== at)) return true;
    return mishaps.some(
      (mishap) =>
        (mishap.account === undefined || mishap.account === index) &&
        mishap.at < end &&
        // A full disk may have set it aside until the next start.
        (mishap.kind === "disk-full" || mishap.at + mishap.forMs > at - AFTERMATH_MS),
    );
  }

  /** The cash of an order whose fate nobody can know stays reserved until the session ends (R19). */
  #hasLostOrder(account: Account): boolean {
    return this.#withLedger(account, (ledger) => ledger.unsettledIntents().some(({ state }) => state === "abandoned"));
  }

  #judgeTarget(account: Account, weights: ReadonlyMap<string, number>, when: string): void {
    if (this.#hasLostOrder(account)) return;
    const miss = missOf(this.#venueOf(account).exchange, weights);
    if (miss === undefined) return;
    const said = this.#withLedger(account, lastVerdict);
    this.#violated(`Account ${String(account.index)} is off target ${when} ${miss}. Its ledger says ${said}`);
  }

  #judgeSecrets(): void {
    for (const account of this.#accounts) {
      const image = Buffer.from(account.life?.ledger.serialize() ?? account.image);
      for (const other of this.#accounts)
        if (image.includes(other.keyId) || image.includes(other.secret))
          this.#violated(`A key of account ${String(other.index)} is in the ledger of account ${String(account.index)}.`);
    }
  }

  #withLedger<Result>(account: Account, look: (ledger: SqliteLedger) => Result): Result {
    if (account.life !== undefined) return look(account.life.ledger);
    const ledger = openLedgerImage(account.image);
    try {
      return look(ledger);
    } finally {
      ledger.close();
    }
  }

  #violated(text: string): void {
    this.#violations.push(`${(this.#clock.monotonic() / 1_000).toFixed(1)} s: ${text}`);
  }
}

function isOver({ isDead }: Process): boolean {
  return isDead;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
