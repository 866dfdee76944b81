import type { Broker, OrderRequest, OrderStream, OrderStreamListener, StreamState } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { sleepOn } from "../domain/clock.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { Signal } from "../domain/signal.ts";
import type { AssumedCourse } from "./assumed-course.ts";
import type { TapeReader } from "./tape-reader.ts";
import type { Arrival, BrokerCall } from "./tape.ts";

interface Pending {
  readonly call: BrokerCall;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** An order as it was sent. */
export interface SentOrder {
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
  readonly request: OrderRequest;
}

interface PendingTimer {
  /** Monotonic. */
  readonly due: number;
  readonly run: () => void;
}

/**
 * Everything outside the engine, as a tape shows it. When the engine asks for something else than the tape has, nothing is
 * answered any more; with a course that is assumed, that answers from there on.
 */
export class ReplayingSurroundings {
  readonly clock: Clock;
  readonly broker: Broker;
  readonly inbox: InboxView;
  readonly stopping = new AbortController();
  /** The orders that the engine has sent, up to where it leaves the tape or, with an assumed course, beyond. */
  readonly sent: SentOrder[] = [];
  readonly #reader: TapeReader;
  readonly #course: AssumedCourse | undefined;
  readonly #requests = new Map<number, Pending>();
  readonly #timers = new Map<number, PendingTimer>();
  readonly #listeners = new Set<OrderStreamListener>();
  readonly #overtaken = new Map<number, AbortController>();
  #requestCount = 0;
  #timerCount = 0;

  constructor(reader: TapeReader, course: AssumedCourse | undefined) {
    this.#reader = reader;
    this.#course = course;
    this.clock = this.#newClock();
    this.broker = this.#newBroker(reader.tape.start.brokerName);
    this.inbox = this.#newInbox();
  }

  halted(): string | undefined {
    return this.#look("halted") as string | undefined;
  }

  /** The ledger with what others wrote into it meanwhile. */
  around(ledger: Ledger): Ledger {
    return { ...ledger, exitsAfter: (id) => (this.#look(`exits:${id}`) as SignalRecord[] | undefined) ?? [] };
  }

  /** Lets what came reach the engine. Not for a call of the engine. */
  deliver(arrival: Exclude<Arrival, { kind: "root" | "market" }>): void {
    switch (arrival.kind) {
      case "answer":
        this.#take(arrival.request)?.resolve(arrival.value);
        return;
      case "failure":
        this.#take(arrival.request)?.reject(arrival.error);
        return;
      case "timer":
        this.#fire(arrival.timer);
        return;
      case "update":
        for (const listener of this.#listeners) listener.onUpdate(arrival.update);
        return;
      case "stream-state":
        for (const listener of this.#listeners) listener.onState(arrival.state, arrival.detail);
        return;
      case "stream-problem":
        for (const listener of this.#listeners) listener.onProblem?.(arrival.detail);
        return;
      case "stopping":
        this.stopping.abort();
        return;
      case "overtaken":
        this.#overtakenBy(arrival.signal).abort();
        return;
    }
  }

  /** From here on the course that is assumed answers, also what is still open. */
  leaveTape(): void {
    const course = this.#course;
    if (course === undefined || course.hasBegun) return;
    course.begin(Number(this.#reader.last("monotonic")), Number(this.#reader.last("now")));
    for (const { due, run } of this.#timers.values()) course.schedule(due, run);
    for (const each of this.#requests.values()) course.answer(each.call, each.args).then(each.resolve, each.reject);
    this.#timers.clear();
    this.#requests.clear();
  }

  #take(number: number): Pending | undefined {
    const pending = this.#requests.get(number);
    this.#requests.delete(number);
    if (pending === undefined) this.#reader.part(`an answer to request ${String(number)}`, "no such request");
    return pending;
  }

  #fire(number: number): void {
    const timer = this.#timers.get(number);
    this.#timers.delete(number);
    if (timer === undefined) this.#reader.part(`the end of pause ${String(number)}`, "no such pause");
    timer?.run();
  }

  #look(sight: Parameters<TapeReader["look"]>[0]): unknown {
    return this.#course?.hasBegun === true ? this.#reader.last(sight) : this.#reader.look(sight);
  }

  #newClock(): Clock {
    const course = this.#course;
    const clock: Clock = {
      now: () => (course?.hasBegun === true ? course.now : Number(this.#reader.look("now"))),
      monotonic: () => (course?.hasBegun === true ? course.monotonic : Number(this.#reader.look("monotonic"))),
      after: (delayMs, run) => {
        this.#newTimer(delayMs, run);
        const number = this.#timerCount - 1;
        return {
          cancel: () => {
            this.#timers.delete(number);
            course?.cancel(run);
          },
        };
      },
      sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    };
    return clock;
  }

  #newTimer(delayMs: number, run: () => void): void {
    const course = this.#course;
    const number = this.#timerCount++;
    if (course?.hasBegun === true) {
      course.schedule(course.monotonic + delayMs, run);
      return;
    }
    this.#timers.set(number, { due: Number(this.#reader.last("monotonic")) + delayMs, run });
    if (!this.#reader.asks({ kind: "timer", delayMs })) this.leaveTape();
  }

  #request(call: BrokerCall, args: readonly unknown[]): Promise<unknown> {
    const course = this.#course;
    if (course?.hasBegun === true) {
      if (call === "submit") this.sent.push({ at: course.now, request: args[0] as OrderRequest });
      return course.answer(call, args);
    }
    const isOnTape = this.#reader.asks({ kind: "request", call, args });
    if (call === "submit" && (isOnTape || course !== undefined))
      this.sent.push({ at: Number(this.#reader.last("now")), request: args[0] as OrderRequest });
    const answer = new Promise<unknown>((resolve, reject) => this.#requests.set(this.#requestCount++, { call, args, resolve, reject }));
    if (!isOnTape) this.leaveTape();
    return answer;
  }

  #newBroker(name: string): Broker {
    const state = (): StreamState => this.#look("stream") as StreamState;
    const watchOrders = (listener: OrderStreamListener): OrderStream => {
      this.#listeners.add(listener);
      return {
        get state() {
          return state();
        },
        close: () => void this.#listeners.delete(listener),
      };
    };
    const others: Pick<Broker, "name" | "watchOrders" | "close"> = { name, watchOrders, close: () => Promise.resolve() };
    return new Proxy(others as Broker, {
      get: (own, property: string): unknown => {
        if (property in others) return Reflect.get(own, property);
        return (...args: readonly unknown[]) => this.#request(property as BrokerCall, args);
      },
    });
  }

  #newInbox(): InboxView {
    const waiting = (): readonly Signal[] => (this.#look("waiting") as readonly Signal[] | undefined) ?? [];
    const newer = (): Signal | undefined => this.#look("newer") as Signal | undefined;
    const overtaken = (): AbortSignal => {
      const seen = this.#look("overtaken") as { readonly number: number; readonly isAborted: boolean } | undefined;
      const own = this.#overtakenBy(seen?.number ?? 0);
      if (seen?.isAborted === true) own.abort();
      return own.signal;
    };
    return {
      get waiting() {
        return waiting();
      },
      get newer() {
        return newer();
      },
      get overtaken() {
        return overtaken();
      },
    };
  }

  #overtakenBy(number: number): AbortController {
    const own = this.#overtaken.get(number) ?? new AbortController();
    this.#overtaken.set(number, own);
    return own;
  }
}
