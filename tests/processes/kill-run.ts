import { existsSync } from "node:fs";
import { systemClock } from "../../src/domain/clock.ts";
import type { IntentRecord, IntentState } from "../../src/domain/ledger/orders.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import type { SimulatorOptions } from "../../src/simulator/server.ts";
import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { TraderProcess } from "../scenarios/trader-process.ts";
import { Chance } from "../simulation/chance.ts";
import { BookAudit } from "./book-audit.ts";
import { Installation } from "./installation.ts";
import type { WrittenRun } from "./portfolios.ts";
import { drawRun } from "./portfolios.ts";

export interface KillReport {
  readonly kills: number;
  readonly violations: readonly string[];
  readonly runs: number;
  readonly orders: number;
  /** Kills by the moment at which they struck. */
  readonly moments: Readonly<Record<string, number>>;
  /** Executions by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Accounts on which an order was given up whose fate is not known, so that its symbol stays locked until the session ends (R19). */
  readonly locked: number;
}

/** When the process of one life dies. */
type Moment =
  | { readonly kind: "any time"; readonly afterMs: number }
  /** At its n-th request (or order), before the venue has it, or after; `lost`: the venue never sees it. */
  | {
      readonly kind: "at a request" | "at an order";
      readonly number: number;
      readonly point: "before" | "lost" | "after";
      readonly delayMs: number;
    };

const STRATEGY = "nuclear";
const RUN_EVERY_MS = [700, 1_300] as const;
/** Nobody waits longer than this for a moment that does not come. */
const LONGEST_LIFE_MS = 5_000;
const LONGEST_PAUSE_MS = 120;
const REST_PAUSE_MS = 400;
const REST_LIMIT_MS = 90_000;
const GONE: VenueResponse = { status: 200, headers: {}, body: "", cut: "connection" };

type Say = (kill: number, orders: number, violations: number) => void;

/**
 * Lets the daemon trade a new run every second or so and kills it, again and again, then leaves it in
 * peace and compares venue, ledger and alerts. When an order is given up whose fate nobody can know, its
 * symbol is rightly left alone for the rest of the session; the kills that are left then go on with a new account.
 * @param say is told of the progress after every kill.
 */
export async function killAgainAndAgain(times: number, seed: number, say: Say): Promise<KillReport> {
  let total: KillReport = { kills: 0, violations: [], runs: 0, orders: 0, moments: {}, outcomes: {}, locked: 0 };
  while (total.kills < times) {
    const before = total;
    const installation = await Installation.open({ ...VENUE, seed: seed + before.kills });
    try {
      const sayOn: Say = (kill, orders, violations) =>
        say(before.kills + kill, before.orders + orders, before.violations.length + violations);
      total = together(before, await new KillRun(installation, seed + before.kills).run(times - before.kills, sayOn));
    } finally {
      await installation.close();
    }
  }
  return total;
}

const VENUE: SimulatorOptions = {
  cash: decimal("100000"),
  ackLatencyMs: 15,
  fillLatencyMs: 40,
  partialFillProbability: 0.3,
  partialFillIntervalMs: 60,
};

function together(one: KillReport, other: KillReport): KillReport {
  return {
    kills: one.kills + other.kills,
    violations: [...one.violations, ...other.violations],
    runs: one.runs + other.runs,
    orders: one.orders + other.orders,
    moments: added(one.moments, other.moments),
    outcomes: added(one.outcomes, other.outcomes),
    locked: one.locked + other.locked,
  };
}

function added(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

class KillRun {
  readonly #installation: Installation;
  readonly #audit: BookAudit;
  readonly #strategy: Chance;
  readonly #killer: Chance;
  readonly #runs: WrittenRun[] = [];
  readonly #moments: Record<string, number> = {};
  #writing = new AbortController();

  constructor(installation: Installation, seed: number) {
    this.#installation = installation;
    this.#audit = new BookAudit(installation);
    this.#strategy = new Chance(seed, "strategy");
    this.#killer = new Chance(seed, "killer");
  }

  async run(times: number, say: Say): Promise<KillReport> {
    const writing = this.#writeOnAndOn();
    let kills = 0;
    try {
      while (kills < times && this.#lostOrders("abandoned").length === 0) {
        await this.#liveAndDie();
        kills += 1;
        say(kills, this.#installation.orders.length, this.#audit.violations.length);
      }
    } finally {
      this.#writing.abort();
      await writing;
    }
    const outcomes = await this.#rest();
    return {
      kills,
      violations: this.#audit.violations,
      runs: this.#runs.length,
      orders: this.#installation.orders.length,
      moments: this.#moments,
      outcomes,
      locked: this.#lostOrders("abandoned").length > 0 ? 1 : 0,
    };
  }

  // --- the strategy --------------------------------------------------------------------------

  async #writeOnAndOn(): Promise<void> {
    while (!this.#writing.signal.aborted) {
      // A newer run would take the place of one whose order may be on its way, which is then never settled.
      if (this.#lostOrders("posting", "unknown").length === 0) this.#write();
      await systemClock.sleep(this.#strategy.whole(...RUN_EVERY_MS), this.#writing.signal);
    }
  }

  #write(): void {
    const run = drawRun(this.#runs.length, this.#strategy, systemClock.now());
    this.#runs.push(run);
    this.#installation.alert(run.text);
  }

  /** Orders that the ledger has in one of these states and the venue has not. */
  #lostOrders(...states: readonly IntentState[]): IntentRecord[] {
    if (!existsSync(this.#installation.ledgerFile)) return [];
    const unsettled = this.#installation.withLedger((ledger) => ledger.unsettledIntents());
    const held = new Set(this.#installation.orders.map(({ clientOrderId }) => clientOrderId));
    return unsettled.filter(({ state, clientOrderId }) => states.includes(state) && !held.has(clientOrderId));
  }

  // --- the killer ----------------------------------------------------------------------------

  async #liveAndDie(): Promise<void> {
    const moment = this.#drawMoment();
    const struck = new AbortController();
    const daemon = this.#installation.start();
    const strike = (): void => {
      daemon.kill("SIGKILL");
      struck.abort();
    };
    this.#layTrap(moment, strike);
    await systemClock.sleep(moment.kind === "any time" ? moment.afterMs : LONGEST_LIFE_MS, AbortSignal.any([struck.signal, endOf(daemon)]));
    if (daemon.isOver && !struck.signal.aborted) this.#audit.violations.push(`The daemon ended by itself:\n${daemon.output}`);
    const name = moment.kind === "any time" || !struck.signal.aborted ? "any time" : `${moment.kind}, ${moment.point}`;
    this.#moments[name] = (this.#moments[name] ?? 0) + 1;
    strike();
    await daemon.ended;
    this.#installation.simulator.venue.interceptor = {};
    await systemClock.sleep(this.#killer.whole(0, LONGEST_PAUSE_MS));
  }

  #drawMoment(): Moment {
    const kind = this.#killer.weighted([
      ["any time", 2],
      ["at a request", 1],
      ["at an order", 3],
    ] as const);
    if (kind === "any time") return { kind, afterMs: this.#killer.whole(100, 3_000) };
    const number = kind === "at an order" ? this.#killer.whole(1, 5) : this.#killer.whole(1, 30);
    return { kind, number, point: this.#killer.pick(["before", "lost", "after"]), delayMs: this.#killer.pick([0, 0, 2, 10, 30]) };
  }

  #layTrap(moment: Moment, strike: () => void): void {
    if (moment.kind === "any time") return;
    let left: number = moment.number;
    const isDue = ({ method }: VenueRequest): boolean => (moment.kind === "at a request" || method === "POST") && --left === 0;
    const kill = async (): Promise<void> => {
      await systemClock.sleep(moment.delayMs);
      strike();
    };
    this.#installation.simulator.venue.interceptor =
      moment.point === "after"
        ? {
            after: async (request, response) => {
              if (isDue(request)) await kill();
              return response;
            },
          }
        : {
            before: async (request) => {
              if (!isDue(request)) return undefined;
              await kill();
              return moment.point === "lost" ? GONE : undefined;
            },
          };
  }

  // --- peace ---------------------------------------------------------------------------------

  /** One last run, a daemon that nobody kills, and a stop once nothing is left to do. */
  async #rest(): Promise<Record<string, number>> {
    this.#write();
    const daemon = this.#installation.start();
    await daemon.says(/Ready: watching for alerts/);
    const end = systemClock.monotonic() + REST_LIMIT_MS;
    while (!this.#isAtRest()) {
      if (daemon.isOver || systemClock.monotonic() > end)
        throw new Error(`It did not come to rest:\n${this.#installation.book.join("\n")}\n${daemon.output}`);
      await systemClock.sleep(REST_PAUSE_MS);
    }
    const { code, output } = await daemon.stop();
    if (code !== 0) this.#audit.violations.push(`The daemon ended with ${String(code)} when it was asked to stop:\n${output}`);
    return this.#installation.withLedger((ledger) => {
      this.#audit.conclude(ledger, STRATEGY, this.#runs);
      const outcomes: Record<string, number> = {};
      for (const { outcome = "open" } of ledger.recentExecutions(1_000_000)) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      return outcomes;
    });
  }

  #isAtRest(): boolean {
    if (this.#installation.orders.some(isOpen)) return false;
    const last = this.#runs.at(-1)?.hashes ?? [];
    const ids = this.#installation.orders.map(({ clientOrderId }) => clientOrderId);
    return this.#installation.withLedger((ledger) => {
      const lines = [...ledger.lines(STRATEGY, last).values()];
      // Orders that never showed up keep their symbols until the session ends (R19): what then can be traded may be nothing.
      const isLocked = (reason: string): boolean => reason.includes("own-order-working") && this.#lostOrders("abandoned").length > 0;
      const isExecuted =
        lines.length === last.length &&
        lines.every(({ verdict, reason = "" }) => verdict === "executed" || (verdict === "account-unsettled" && isLocked(reason)));
      const isSettled = ledger.unsettledIntents().every(({ clientOrderId }) => ids.every((id) => id !== clientOrderId));
      return isExecuted && isSettled && ledger.openExecutions().length === 0;
    });
  }
}

/** Aborted when the process has ended. */
function endOf(daemon: TraderProcess): AbortSignal {
  const ended = new AbortController();
  void daemon.ended.then(() => ended.abort());
  return ended.signal;
}
