import type { Clock, Timer } from "../../domain/clock.ts";
import { type Decimal, min } from "../../domain/decimal.ts";
import type { Exchange } from "../exchange.ts";
import type { StreamErrorCode } from "../market-stream/stream-error.ts";
import type { OrderGate } from "../order-book.ts";
import type { OrderRecord, TradeUpdate } from "../orders.ts";
import { hashText, Random } from "../random.ts";
import type { VenueRequest, VenueResponse } from "../wire.ts";
import type { FaultContext, FaultHooks, FaultSettings } from "./kind.ts";
import type { FaultSpec } from "./parse.ts";

export interface StreamOutlet {
  broadcast(frames: readonly string[]): void;
  dropStreams(): void;
  /** Tells every client of market data why, and drops it. */
  failDataStreams(code: StreamErrorCode): void;
}

/** A fault as `GET /simulator/faults` shows it. */
export interface FaultReport {
  readonly id: number;
  readonly name: string;
  readonly phase: Phase;
  readonly parameters: Readonly<Record<string, string>>;
  /** Matching occasions, and how many of them the fault hit. */
  readonly seen: number;
  readonly struck: number;
}

type Phase = "waiting" | "on" | "over";

/** One active fault: it waits for `after`, stays on for `for` seconds or without end, and is then over. */
class ActiveFault {
  readonly id: number;
  readonly hooks: FaultHooks;
  phase: Phase = "waiting";
  readonly #spec: FaultSpec;
  readonly #clock: Clock;
  readonly #occasions: Occasions;
  readonly #timers = new Set<Timer>();
  readonly #over = new AbortController();

  constructor(id: number, spec: FaultSpec, exchange: Exchange, outlet: StreamOutlet) {
    const random = new Random(hashText(`${String(exchange.seed)} fault ${String(id)} ${spec.kind.name}`));
    this.id = id;
    this.#spec = spec;
    this.#clock = exchange.clock;
    this.#occasions = new Occasions(spec.settings, random);
    this.hooks = spec.kind.inject(this.#context(exchange, random, outlet));
  }

  /** Starts the delay, or the fault itself if there is none. */
  start(): void {
    const waitMs = this.#spec.settings.number("after") * 1_000;
    if (waitMs === 0) this.#begin();
    else this.#later(waitMs, () => this.#begin());
  }

  stop(): void {
    if (this.phase === "over") return;
    const wasOn = this.phase === "on";
    this.phase = "over";
    for (const timer of this.#timers) timer.cancel();
    this.#over.abort();
    if (wasOn) this.hooks.end?.();
  }

  report(): FaultReport {
    const { kind, settings } = this.#spec;
    const { seen, struck } = this.#occasions;
    return { id: this.id, name: kind.name, phase: this.phase, parameters: settings.toJSON(), seen, struck };
  }

  #begin(): void {
    this.phase = "on";
    const lastsMs = this.#spec.settings.number("for") * 1_000;
    if (lastsMs > 0) this.#later(lastsMs, () => this.stop());
    this.hooks.begin?.();
  }

  #later(milliseconds: number, run: () => void): void {
    const timer = this.#clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #context(exchange: Exchange, random: Random, outlet: StreamOutlet): FaultContext {
    return {
      exchange,
      random,
      id: this.id,
      settings: this.#spec.settings,
      strikes: () => this.#occasions.strike(),
      sleep: (milliseconds) => this.#clock.sleep(milliseconds, this.#over.signal),
      later: (milliseconds, run) => this.#later(milliseconds, run),
      broadcast: (frames) => outlet.broadcast(frames),
      dropStreams: () => outlet.dropStreams(),
      failDataStreams: (code) => outlet.failDataStreams(code),
    };
  }
}

/** The venue's active faults; several combine, in the order in which they were added. */
export class FaultInjector implements OrderGate {
  readonly #exchange: Exchange;
  readonly #outlet: StreamOutlet;
  #faults: readonly ActiveFault[] = [];
  #ids = 0;

  constructor(exchange: Exchange, outlet: StreamOutlet) {
    this.#exchange = exchange;
    this.#outlet = outlet;
  }

  get isIdle(): boolean {
    return this.#faults.length === 0;
  }

  add(spec: FaultSpec): FaultReport {
    const fault = new ActiveFault(++this.#ids, spec, this.#exchange, this.#outlet);
    this.#faults = [...this.#faults, fault];
    fault.start();
    return fault.report();
  }

  /** Ends the fault with this id, or all faults of this name. @returns the number ended. */
  remove(idOrName: string): number {
    const fits = (fault: ActiveFault): boolean => String(fault.id) === idOrName || fault.report().name === idOrName;
    return this.#drop(fits);
  }

  clear(): void {
    this.#drop(() => true);
  }

  reports(): FaultReport[] {
    return this.#faults.map((fault) => fault.report());
  }

  async before(request: VenueRequest): Promise<VenueResponse | undefined> {
    for (const hooks of this.#on()) {
      const answer = await hooks.before?.(request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  async after(request: VenueRequest, response: VenueResponse): Promise<VenueResponse> {
    let answer = response;
    for (const hooks of this.#on()) answer = (await hooks.after?.(request, answer)) ?? answer;
    return answer;
  }

  frames(frame: string): readonly string[] {
    return this.#on().reduce<readonly string[]>((frames, hooks) => frames.flatMap((each) => hooks.update?.(each) ?? [each]), [frame]);
  }

  happened(update: TradeUpdate): void {
    for (const hooks of this.#on()) hooks.happened?.(update);
  }

  answersHandshake(): boolean {
    return this.#on().every((hooks) => hooks.answersHandshake?.() ?? true);
  }

  admitsStream(): boolean {
    return this.#on().every((hooks) => hooks.admitsStream?.() ?? true);
  }

  sendsData(): boolean {
    return this.#on().every((hooks) => hooks.sendsData?.() ?? true);
  }

  mayFill(order: OrderRecord): boolean {
    return this.#on().every((hooks) => hooks.mayFill?.(order) ?? true);
  }

  mayCancel(order: OrderRecord): boolean {
    return this.#on().every((hooks) => hooks.mayCancel?.(order) ?? true);
  }

  knownPower(): Decimal | undefined {
    const known = this.#on().flatMap((hooks) => hooks.knownPower?.() ?? []);
    return known.length === 0 ? undefined : known.reduce((least, each) => min(least, each));
  }

  #on(): FaultHooks[] {
    return this.#faults.length === 0 ? [] : this.#faults.filter(({ phase }) => phase === "on").map(({ hooks }) => hooks);
  }

  #drop(fits: (fault: ActiveFault) => boolean): number {
    const gone = this.#faults.filter(fits);
    this.#faults = this.#faults.filter((fault) => !gone.includes(fault));
    for (const fault of gone) fault.stop();
    return gone.length;
  }
}

/** Decides which of the matching occasions a fault hits: a share of them, or the nth, up to a maximum. */
class Occasions {
  seen = 0;
  struck = 0;
  readonly #share: number;
  readonly #nth: number;
  readonly #times: number;
  readonly #random: Random;

  constructor(settings: FaultSettings, random: Random) {
    this.#share = settings.number("share");
    this.#nth = settings.number("nth");
    this.#times = settings.number("times");
    this.#random = random;
  }

  strike(): boolean {
    this.seen++;
    const usedUp = this.#times > 0 && this.struck >= this.#times;
    const strikes = !usedUp && (this.#nth > 0 ? this.seen === this.#nth : this.#share >= 1 || this.#random.next() < this.#share);
    if (strikes) this.struck++;
    return strikes;
  }
}
