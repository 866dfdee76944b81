import { decimal } from "../../src/domain/decimal.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { parseFault } from "../../src/simulator/faults.ts";
import { sessionNear } from "../../src/simulator/sessions.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { promisesSettled, VirtualClock } from "../../src/domain/virtual-clock.ts";
import { AlertsFile } from "./alerts-file.ts";
import type { CauseKind } from "./causes.ts";
import { Chance } from "./chance.ts";
import type { Fault } from "./faults/fault.ts";
import { RESET } from "./faults/fault.ts";
import type { FaultKind } from "./faults/kinds.ts";
import { makerOf } from "./faults/menu.ts";
import { CancelAudit } from "./cancel-audit.ts";
import { Endings } from "./endings.ts";
import { auditExecutions, auditFinality, auditLateOrders } from "./execution-audit.ts";
import { Final } from "./final.ts";
import type { FinalState } from "./named-reasons.ts";
import { Invariants } from "./invariants.ts";
import type { KnownRun, Violation } from "./invariants.ts";
import type { Life } from "./life.ts";
import { KEY_ID, SECRET } from "./life.ts";
import { Machine } from "./machine.ts";
import type { LifeEnd } from "./machine.ts";
import { Network } from "./network.ts";
import { QuoteModel } from "./quote-weather.ts";
import { drawCalm, drawScenario } from "./scenario.ts";
import type { AccountHabit, Scenario, Stage, StagedRun } from "./scenario.ts";
import { drawRun, knownOf } from "./strategy.ts";
import type { DrawnRun, FileDeed, RunKind } from "./strategy.ts";
import type { Trouble } from "./trouble.ts";
import { Trace } from "./trace.ts";
import { auditOrders } from "./order-audit.ts";
import { auditVerdicts } from "./verdict-audit.ts";
import type { LifeSpan } from "./verdict-audit.ts";
import { bookSplits } from "./waiting-splits.ts";

/** What one seed came to. */
export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** How often each kind of fault has struck. */
  readonly faults: Partial<Record<FaultKind, number>>;
  /** How the executions ended, those of the chaos and the last one alike. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly final: FinalState;
  readonly habit: AccountHabit;
  /** What was in the way of the last signal. */
  readonly obstacle: Obstacle;
  readonly orders: number;
  readonly fills: number;
  readonly lives: number;
  readonly virtualMs: number;
  readonly trace: readonly string[];
  /** The ledger in the end, if executions were recorded. */
  readonly ledger: Uint8Array | undefined;
}

/** What is in the way of a last signal, if anything. */
export type Obstacle = Trouble | CauseKind | "none";

const STOP_LIMIT_MS = 8_000;
/** Virtual time that a run may take at most; more means that it does not end. */
const LONGEST_RUN_MS = 3 * 3_600_000;
/** From a change of the file to the first hint, as long as changes are reported at all. */
const HINT_MS = [4, 55] as const;
const WATCH_TICK_MS = 1_000;
/** From a change of the file to the look at it that records what it found. */
const SEEN_WITHIN_MS = 2_500;
/** Lines of one run stand at most 2 s apart (R3). */
const EXITS_APART_MS = 3_000;
const RUNS_APART_MS = 3_000;
const MOST_VIOLATIONS = 5;

export interface SimulateOptions {
  readonly trace?: boolean;
  /** Without faults, splits and obstacles: what is left is what the strategy asks and the program does. */
  readonly calm?: boolean;
  /** Records executions, and gives the ledger that is left. */
  readonly records?: boolean;
}

/** Runs one seed: chaos, stage by stage, and then peace, in which the account must come to its target. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<SeedResult> {
  // Wherever it is called from, it runs as a promise's job: right after a callback, ticks come before promises.
  await Promise.resolve();
  const simulation = new Simulation(options.calm === true ? drawCalm(seed) : drawScenario(seed), options);
  try {
    return await simulation.run();
  } finally {
    simulation.close();
  }
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #clock: VirtualClock;
  readonly #exchange: Exchange;
  readonly #venue: Venue;
  readonly #file: AlertsFile;
  readonly #trace: Trace;
  readonly #network: Network;
  readonly #machine: Machine;
  readonly #invariants: Invariants;
  readonly #endings: Endings;
  readonly #cancels: CancelAudit;
  readonly #strategy: Chance;
  readonly #violations: Violation[] = [];
  readonly #runs: { run: DrawnRun; known: KnownRun & { firstAt: number; lastAt: number; arrivedBy: number; standing: number } }[] = [];
  readonly #spans: LifeSpan[] = [];
  readonly #struck: Partial<Record<FaultKind, number>> = {};
  readonly #quoteModel: QuoteModel | undefined;
  readonly #records: boolean;
  readonly #hints = new Map<Life, () => void>();
  #faults: { kind: FaultKind; fault: Fault }[] = [];
  #afterOrders: { left: number; readonly delayMs: number; readonly run: () => void; readonly era: number }[] = [];
  #era = 0;
  /** When the last exits were written, monotonic. */
  #exitAt = -Infinity;
  #writtenAt = -Infinity;

  constructor(scenario: Scenario, { trace: traced = false, records = false }: SimulateOptions) {
    const { seed } = scenario;
    this.#scenario = scenario;
    this.#records = records;
    this.#cancels = new CancelAudit();
    // What is recorded reaches the engine in turns of its own, so that promises alone do not settle it.
    this.#clock = new VirtualClock(scenario.stages[0]?.at ?? 0, ...(records ? [] : [promisesSettled]));
    this.#file = new AlertsFile(scenario.timezone);
    this.#trace = new Trace(
      traced,
      () => this.#clock.monotonic(),
      (text) => text.replaceAll(this.#file.path, "alerts.json"),
    );
    this.#strategy = new Chance(seed, "strategy");
    this.#exchange = new Exchange({
      clock: this.#clock,
      seed,
      cash: decimal(scenario.cash),
      positions: scenario.positions,
      multiplier: scenario.multiplier,
    });
    if (scenario.stillPrices) this.#exchange.freeze(scenario.universe);
    this.#quoteModel = this.#newQuoteModel();
    this.#venue = new Venue({ exchange: this.#exchange, credentials: { keyId: KEY_ID, secret: SECRET } });
    const runs: KnownRun[] = [];
    this.#invariants = new Invariants({
      exchange: this.#exchange,
      scenario,
      machine: () => this.#machine,
      now: () => this.#clock.monotonic(),
      runs,
      onOrder: () => this.#onOrder(),
      violated: (violation) => this.#violated(violation),
      fileIsExposed: () => this.#file.isExposed,
    });
    this.#endings = new Endings({
      exchange: this.#exchange,
      scenario,
      externalTradeWithin: (ms) => this.#invariants.externalTradeWithin("", ms),
      violated: (violation) => this.#violated(violation),
    });
    this.#network = new Network({
      clock: this.#clock,
      venue: this.#venue,
      chance: new Chance(seed, "network"),
      trace: this.#trace,
      observer: this.#invariants,
      faults: () => this.#faults.map(({ fault }) => fault),
    });
    this.#machine = this.#newMachine();
    this.#network.attach(this.#machine);
    this.#knownRuns = runs;
    this.#makeHabit();
  }

  #makeHabit(): void {
    const { habit, seed, universe } = this.#scenario;
    switch (habit) {
      case "thin-feed":
        this.#inject(`free-feed:prints=${String(new Chance(seed, "prints").spread(20, 400))}`);
        return;
      case "escrow":
        this.#inject("worthless-share");
        return;
      case "no-fractions":
        this.#exchange.setSettings({ fractionalTrading: false });
        return;
      case "full-margin":
        for (const symbol of new Chance(seed, "paid in full").some(universe, 3))
          this.#exchange.setAsset(symbol, { marginRequirement: 100 });
        return;
      case "usual":
      case "own-holdings":
        return;
    }
  }

  readonly #knownRuns: KnownRun[];

  /** Only in limit style: by market orders it would only cost money. */
  #newQuoteModel(): QuoteModel | undefined {
    const { seed, universe, execution, stillPrices } = this.#scenario;
    if (execution.style === "market") return undefined;
    return new QuoteModel({
      exchange: this.#exchange,
      chance: new Chance(seed, "quotes"),
      universe,
      still: stillPrices,
      later: (delayMs, run) => this.#later(delayMs, run),
      say: (text) => this.#trace.say("market", text),
    });
  }

  async run(): Promise<SeedResult> {
    const { stages, seed, faults } = this.#scenario;
    this.#traceBeginning();
    for (const [index, stage] of stages.entries()) {
      if (index > 0) await this.#overnight(stage.at, index === stages.length - 1);
      await this.#chaos(stage, index);
    }
    this.#trace.say("run", () => "all faults end");
    const final = new Final({
      scenario: this.#scenario,
      exchange: this.#exchange,
      machine: this.#machine,
      chance: new Chance(seed, "final"),
      trace: this.#trace,
      monotonic: () => this.#clock.monotonic(),
      lines: () => this.#file.content,
      stamps: () => this.#file.lines.flatMap(({ stamp }) => stamp ?? []),
      write: (run) => this.#write(run, "peace"),
      pass: (ms) => this.#pass(ms),
      overnight: (until) => this.#overnight(until),
      mend: (text) => this.#carryOut({ afterMs: 0, deed: "append", text }),
      contentIsTorn: () => this.#file.isTorn,
      setOutage: (down) => this.#setOutage(down),
      inject: (text) => this.#inject(text),
      externalTrade: (symbol) => this.#invariants.externalTrade(symbol),
      newChance: (concern) => new Chance(seed, `final ${concern}`),
    });
    const state = await final.run();
    if (state.kind === "failed") this.#violated({ promise: "P5", text: state.reason });
    const outcomes = await this.#end(faults);
    return {
      seed,
      violations: this.#violations,
      faults: this.#struck,
      outcomes,
      final: state,
      habit: this.#scenario.habit,
      obstacle: this.#scenario.trouble ?? this.#scenario.cause ?? "none",
      orders: this.#invariants.ordersAccepted,
      fills: this.#invariants.fills,
      lives: this.#machine.lives,
      virtualMs: this.#clock.monotonic(),
      trace: this.#trace.lines,
      ledger: this.#records ? this.#machine.image : undefined,
    };
  }

  close(): void {
    this.#machine.life?.die();
    this.#venue.close();
    this.#file.remove();
  }

  // --- phases --------------------------------------------------------------------------------

  async #chaos(stage: Stage, index: number): Promise<void> {
    this.#machine.powerOn();
    this.#beginFaults(index, stage.forMs);
    this.#quoteModel?.begin();
    for (const run of stage.runs) this.#later(run.afterMs, () => this.#writeDrawn(run));
    for (const { afterMs, forMs } of stage.absences) this.#later(afterMs, () => this.#machine.stop(forMs));
    await this.#pass(stage.forMs);
    this.#endFaults();
  }

  #beginFaults(stage: number, forMs: number): void {
    const { seed, faults } = this.#scenario;
    this.#era += 1;
    this.#faults = faults.map((kind) => {
      const chance = new Chance(seed, `${kind} ${String(stage)}`);
      return {
        kind,
        fault: makerOf(kind)({
          exchange: this.#exchange,
          machine: this.#machine,
          scenario: this.#scenario,
          chance,
          now: () => this.#clock.monotonic(),
          later: (delayMs, run) => this.#later(delayMs, run),
          sometime: (stageMs, run) => this.#sometime(stageMs, chance, run),
          struck: (detail) => {
            this.#struck[kind] = (this.#struck[kind] ?? 0) + 1;
            this.#trace.say("fault", () => `${kind}: ${detail}`);
          },
          externalTrade: (symbol) => this.#invariants.externalTrade(symbol),
          dropStreams: () => this.#network.dropStreams(),
          inject: (text) => this.#inject(text),
          suspend: (ms) => this.#advanceWall(ms),
        }),
      };
    });
    for (const { fault } of this.#faults) fault.begin?.(forMs);
  }

  #endFaults(): void {
    this.#era += 1;
    for (const { fault } of this.#faults) fault.end?.();
    this.#quoteModel?.end();
    bookSplits(this.#exchange);
    this.#faults = [];
    this.#machine.startNow();
  }

  /** @returns how to take it away. */
  #inject(fault: string): () => void {
    const { id } = this.#venue.faults.add(parseFault(fault));
    return () => void this.#venue.faults.remove(String(id));
  }

  /** Nothing reaches the venue any more, or does again. */
  #setOutage(down: boolean): void {
    this.#faults = down
      ? [{ kind: "outage", fault: { onRequest: () => ({ kind: "answered", response: RESET }), refusesStream: () => true } }]
      : [];
    if (down) this.#network.dropStreams();
  }

  /** The machine is switched off, and on again at another time of the world. */
  async #overnight(until: number, isLast = false): Promise<void> {
    this.#trace.say("run", () => `the machine is off until ${new Date(until).toISOString()}`);
    this.#machine.powerOff();
    await this.#pass(STOP_LIMIT_MS + 1_000);
    this.#network.loseWhatIsOnTheWay();
    if (isLast) this.#split(until);
    this.#advanceWall(Math.max(0, until - this.#clock.now()));
    await this.#pass(1);
    this.#machine.powerOn();
  }

  /** The price changes with the open, the quantity later, as at Alpaca. */
  #split(until: number): void {
    const { split } = this.#scenario;
    if (split === undefined) return;
    const { open } = sessionNear(until, 1);
    this.#advanceWall(Math.max(0, open - this.#clock.now()));
    this.#exchange.split(split.symbol, split.ratio, { bookAfter: split.bookAfterMs });
    this.#trace.say("fault", () => `${split.symbol} is split ${split.ratio}, and booked ${String(split.bookAfterMs)} ms after the open`);
  }

  /** The wall clocks of venue and machine go on, and no timer does. */
  #advanceWall(ms: number): void {
    this.#clock.step(ms);
    // The venue's clockwork sleeps on the monotonic clock; a new price wakes it up.
    this.#exchange.releasePrice("UUP");
  }

  async #end(faults: readonly FaultKind[]): Promise<Record<string, number>> {
    const image = this.#machine.image;
    const life = this.#machine.life;
    const outcomes: Record<string, number> = {};
    if (life === undefined) this.#violated({ promise: "simulation", text: "No process lives at the end." });
    else {
      this.#invariants.onImage(image);
      for (const { outcome } of life.ledger.recentExecutions(1_000)) outcomes[outcome ?? "open"] = (outcomes[outcome ?? "open"] ?? 0) + 1;
      const canTell = !faults.some((kind) => kind === "clock-stepped" || kind === "suspended" || kind === "file-untrusted");
      for (const violation of auditVerdicts(life.ledger, this.#file.lines, [...this.#spans, this.#spanOf(life)], canTell))
        this.#violated(violation);
      const orders = [...this.#exchange.state.orders.values()];
      const livesSince = this.#clock.now() - (this.#clock.monotonic() - life.startedAt);
      const audits = [
        auditOrders(life.ledger, orders),
        auditExecutions(life.ledger, orders, life.clock.now(), faults.includes("suspended")),
        auditLateOrders(life.ledger, orders, livesSince, this.#clock.now()),
        auditFinality(life.ledger),
      ];
      for (const violation of audits.flat()) this.#violated(violation);
    }
    this.#machine.powerOff();
    await this.#pass(STOP_LIMIT_MS + 1_000);
    if (this.#machine.life !== undefined) this.#violated({ promise: "stop", text: "The process did not end within 8 s." });
    if (faults.length < 5 && !this.#scenario.isCalm) this.#violated({ promise: "simulation", text: "Fewer than five kinds of fault." });
    return outcomes;
  }

  // --- the strategy --------------------------------------------------------------------------

  #writeDrawn(staged: StagedRun): void {
    const { kind, aheadMs } = staged;
    const { timezone, universe } = this.#scenario;
    const written = this.#file.content;
    if (kind === "doubled" && written.length === 0) return;
    // One writer finishes its line before it begins another.
    if (this.#file.isTorn || this.#wouldJoin(kind)) {
      this.#later(1_000, () => this.#writeDrawn(staged));
      return;
    }
    if (kind === "sell") this.#exitAt = this.#clock.monotonic();
    this.#writtenAt = this.#clock.monotonic();
    const held = [...this.#exchange.state.positions.keys()];
    const lastTargets = this.#runs.findLast(({ run }) => run.targets.size > 1)?.run.targets;
    const view = { now: this.#machine.now, timezone, universe, held, aheadMs, written, lastTargets };
    this.#write(drawRun(kind, view, this.#strategy), kind);
  }

  /** Of one moment, exits are one run, and so are lines that name no legs with those before them (R3): a run that nobody has drawn. */
  #wouldJoin(kind: RunKind): boolean {
    const now = this.#clock.monotonic();
    if (kind === "sell") return now - this.#exitAt < EXITS_APART_MS;
    if (kind !== "weighted" && kind !== "single") return false;
    // Of another moment, but stamped for this one, as what is ahead of the clock can be.
    const isStamped = this.#file.lines.some(({ stamp }) => stamp !== undefined && Math.abs(stamp - this.#machine.now) < RUNS_APART_MS);
    return isStamped || now - this.#writtenAt < RUNS_APART_MS;
  }

  #write(run: DrawnRun, why: string): void {
    this.#trace.say("strategy", () => `${why}: ${run.lines.length} lines, signal ${run.signalId}`);
    if (run.kind !== "doubled")
      this.#runs.push({
        run,
        known: { ...knownOf(run), firstAt: Infinity, lastAt: Infinity, arrivedBy: Infinity, standing: 0 },
      });
    for (const deed of run.deeds) {
      if (deed.afterMs === 0) this.#carryOut(deed);
      else this.#later(deed.afterMs, () => this.#carryOut(deed));
    }
  }

  #carryOut(deed: FileDeed): void {
    const now = this.#clock.monotonic();
    this.#file.carryOut(deed, this.#machine.now, now);
    this.#trace.say("file", () => `${deed.deed} ${JSON.stringify(deed.text)}`);
    for (const { known } of this.#runs) if (known.standing > 0 && !this.#hasBeenSeen(known.arrivedBy)) known.arrivedBy = now;
    for (const { run, known } of this.#runs) {
      const standing = run.lines.filter((line) => this.#file.content.includes(line)).length;
      if (standing <= known.standing) continue;
      if (known.standing === 0) this.#knownRuns.push(known);
      if (known.standing === 0) known.firstAt = now;
      if (known.standing === 0) known.arrivedBy = now;
      known.lastAt = now;
      known.standing = standing;
    }
    if (this.#machine.isDeaf) return;
    for (const delay of HINT_MS) this.#clock.after(delay, () => this.#hint());
  }

  /** Whether a process has lived long enough since then to have looked at the file. */
  #hasBeenSeen(since: number): boolean {
    const life = this.#machine.life;
    const spans = life === undefined ? this.#spans : [...this.#spans, this.#spanOf(life)];
    return spans.some(({ from, until }) => until - Math.max(from, since) > SEEN_WITHIN_MS);
  }

  #hint(): void {
    const life = this.#machine.life;
    if (life !== undefined && !life.isDead) this.#hints.get(life)?.();
  }

  // --- surroundings --------------------------------------------------------------------------

  #newMachine(): Machine {
    return new Machine({
      clock: this.#clock,
      trace: this.#trace,
      file: this.#file,
      surroundings: () => ({
        venueClock: this.#clock,
        scenario: this.#scenario,
        alertsFile: this.#file.path,
        records: this.#records,
        watch: (life, onHint) => this.#watch(life, onHint),
        fetch: (life) => this.#network.fetchOf(life),
        createSocket: (life) => this.#network.socketOf(life, "wss://paper-api.alpaca.markets/stream"),
        onLog: (life, level, text) => {
          this.#invariants.onText(text);
          if (level !== "debug") this.#invariants.onSaid(life, text);
          if (level !== "debug") this.#trace.say(level, () => text);
        },
        onEvent: (life, event) => {
          this.#invariants.onText(`${event.text} ${JSON.stringify(event.facts ?? {})}`);
          this.#endings.onEvent(life, event);
          this.#invariants.onEvent(event);
          for (const violation of this.#cancels.onEvent(life, event)) this.#violated(violation);
        },
      }),
      onStart: () => undefined,
      onEnd: (life, end) => this.#buried(life, end),
      onCommitted: (life) => this.#invariants.onCommitted(life),
    });
  }

  #watch(life: Life, onHint: () => void): { close(): Promise<void> } {
    let closed = false;
    this.#hints.set(life, () => !closed && onHint());
    const tick = (): void => {
      if (closed) return;
      life.clock.after(WATCH_TICK_MS, tick);
      onHint();
    };
    life.clock.after(WATCH_TICK_MS, tick);
    return {
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  #buried(life: Life, { how, failure, tookMs, image }: LifeEnd): void {
    this.#network.hangUp(life);
    this.#hints.delete(life);
    this.#spans.push(this.#spanOf(life));
    this.#invariants.onImage(image);
    if (how === "stopped" && tookMs > STOP_LIMIT_MS)
      this.#violated({ promise: "stop", text: `The process took ${String(tookMs)} ms to stop.` });
    if (how === "failed" && !String(failure).includes("disk is full"))
      this.#violated({
        promise: "simulation",
        text: `The daemon failed: ${String(failure)}\n${failure instanceof Error ? (failure.stack ?? "") : ""}`,
      });
  }

  /** As long as it could write down what it saw. */
  #spanOf(life: Life): LifeSpan {
    return {
      from: life.startedAt,
      until: Math.min(life.endedAt, life.stopAskedAt, this.#clock.monotonic(), this.#machine.fullSince ?? Infinity),
      clock: this.#clock.now() - this.#clock.monotonic(),
    };
  }

  #sometime(forMs: number, chance: Chance, run: () => void): void {
    if (chance.happens(0.4)) this.#later(chance.whole(0, forMs), run);
    else this.#afterOrders.push({ left: chance.whole(1, 8), delayMs: chance.spread(1, 4_000), run, era: this.#era });
  }

  /** An order has left the process. */
  #onOrder(): void {
    for (const waiting of this.#afterOrders) waiting.left -= 1;
    for (const { delayMs, run } of this.#afterOrders.filter(({ left, era }) => left === 0 && era === this.#era)) this.#later(delayMs, run);
    this.#afterOrders = this.#afterOrders.filter(({ left }) => left > 0);
  }

  /** Runs once, unless the stage of the run has ended by then. */
  #later(delayMs: number, run: () => void): void {
    const era = this.#era;
    this.#clock.after(delayMs, () => {
      if (era === this.#era) run();
    });
  }

  async #pass(ms: number): Promise<void> {
    if (this.#clock.monotonic() > LONGEST_RUN_MS) throw new Error("The run does not end.");
    await this.#clock.advance(ms);
  }

  #violated(violation: Violation): void {
    // One cause breaks a promise again at every step; the first few tell enough.
    if (this.#violations.length >= MOST_VIOLATIONS || this.#violations.some(({ text }) => text === violation.text)) return;
    this.#violations.push(violation);
    this.#trace.say("VIOLATED", () => `${violation.promise}: ${violation.text}`);
  }

  #traceBeginning(): void {
    const {
      seed,
      day,
      stages,
      cash,
      positions,
      multiplier,
      faults,
      universe,
      settings,
      timezone,
      pressure,
      trouble,
      cause,
      habit,
      execution,
    } = this.#scenario;
    this.#trace.say(
      "run",
      () => `seed ${String(seed)}, ${day}, from ${new Date(stages[0]?.at ?? 0).toISOString()}, strategy in ${timezone}`,
    );
    this.#trace.say(
      "run",
      () =>
        `account: $${cash}, ${positions.map(({ symbol, quantity }) => `${quantity.toFixed()} ${symbol}`).join(", ")}; multiplier ${multiplier}, ${habit}`,
    );
    this.#trace.say(
      "run",
      () =>
        `universe: ${universe.join(" ")}; protected: ${[...settings.protectedSymbols].join(" ")}; allowed: ${[...(settings.allowedSymbols ?? ["all"])].join(" ")}; largest order: ${settings.maxOrderValue?.toFixed() ?? "any"}`,
    );
    this.#trace.say(
      "run",
      () => `faults: ${faults.join(", ")}; pressure: ${pressure ?? "none"}; still wrong at the end: ${trouble ?? cause ?? "nothing"}`,
    );
    if (execution.style === "limit") this.#trace.say("run", () => `limit style: ${JSON.stringify(execution)}`);
  }
}
