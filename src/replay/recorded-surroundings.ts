import type { Broker, OrderStreamListener } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { sleepOn } from "../domain/clock.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import type { InboxView } from "../domain/inbox.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { Recorder } from "./recorder.ts";
import type { BrokerCall } from "./tape.ts";

/** A broker whose requests and answers are noted. */
export function recordedBroker(broker: Broker, recorder: Recorder): Broker {
  const noted =
    <Args extends readonly unknown[], Answer>(
      call: BrokerCall,
      request: (...args: Args) => Promise<Answer>,
      kept: (answer: Answer) => unknown = asIs,
    ) =>
    (...args: Args): Promise<Answer> => {
      const asked = recorder.asks({ kind: "request", call, args });
      return new Promise((resolve) => {
        const answered = request(...args);
        const arrives = (what: { value: unknown } | { error: unknown }): void => {
          recorder.answered(asked);
          recorder.arrives(
            () => {
              if (!recorder.isOnTape(asked)) return undefined;
              return "error" in what
                ? { kind: "failure", request: asked.number, error: what.error }
                : { kind: "answer", request: asked.number, value: what.value };
            },
            () => {
              resolve(answered);
              recorder.handled(asked);
            },
          );
        };
        answered.then(
          (answer) => arrives({ value: kept(answer) }),
          (error: unknown) => arrives({ error }),
        );
      });
    };
  return {
    name: broker.name,
    account: noted("account", async () => {
      const account = await broker.account();
      for (const each of [account.number, account.id]) recorder.mustNotShow(each);
      return account;
    }),
    accountConfiguration: noted("accountConfiguration", () => broker.accountConfiguration()),
    positions: noted("positions", () => broker.positions()),
    openOrders: noted("openOrders", () => broker.openOrders()),
    ordersSince: noted("ordersSince", (...args: Parameters<Broker["ordersSince"]>) => broker.ordersSince(...args)),
    orderByClientId: noted("orderByClientId", (id: string) => broker.orderByClientId(id)),
    orderById: noted("orderById", (id: string) => broker.orderById(id)),
    asset: noted("asset", (symbol: string) => broker.asset(symbol)),
    marketClock: noted("marketClock", () => broker.marketClock()),
    calendar: noted("calendar", (start: string, end: string) => broker.calendar(start, end)),
    prices: noted("prices", (symbols: readonly string[]) => broker.prices(symbols)),
    dailyBars: noted("dailyBars", (...args: Parameters<Broker["dailyBars"]>) => broker.dailyBars(...args), closesOf),
    prints: noted("prints", (...args: Parameters<Broker["prints"]>) => broker.prints(...args)),
    announcedSplits: noted("announcedSplits", (...args: Parameters<Broker["announcedSplits"]>) => broker.announcedSplits(...args)),
    fillsSince: noted("fillsSince", (after: number) => broker.fillsSince(after)),
    cashFlowsSince: noted("cashFlowsSince", (after: number) => broker.cashFlowsSince(after)),
    cashBookedSince: noted("cashBookedSince", (after: number) => broker.cashBookedSince(after)),
    equityHistory: noted("equityHistory", (...args: Parameters<Broker["equityHistory"]>) => broker.equityHistory(...args)),
    submit: noted("submit", (...args: Parameters<Broker["submit"]>) => broker.submit(...args)),
    cancel: noted("cancel", (orderId: string) => broker.cancel(orderId)),
    watchOrders(listener) {
      const stream = broker.watchOrders(recordedListener(listener, recorder));
      return {
        get state() {
          return recorder.looks("stream", stream.state);
        },
        close: () => stream.close(),
      };
    },
    close: () => broker.close(),
  };
}

function asIs(answer: unknown): unknown {
  return answer;
}

/** The engine reads nothing but the closes, which are a fifth of it. */
function closesOf(bars: DailyBars): DailyBars {
  const nothing = { open: 0, high: 0, low: 0, volume: 0 };
  return new Map([...bars].map(([symbol, days]) => [symbol, days.map(({ session, close }) => ({ session, close, ...nothing }))]));
}

function recordedListener(listener: OrderStreamListener, recorder: Recorder): OrderStreamListener {
  return {
    onUpdate: (update) =>
      recorder.arrives(
        () => ({ kind: "update", update }),
        () => listener.onUpdate(update),
      ),
    onState: (state, detail) =>
      recorder.arrives(
        () => ({ kind: "stream-state", state, detail }),
        () => listener.onState(state, detail),
      ),
    onProblem: (detail) =>
      recorder.arrives(
        () => ({ kind: "stream-problem", detail }),
        () => listener.onProblem?.(detail),
      ),
  };
}

/** A clock of whole milliseconds whose readings and timers are noted. */
export function recordedClock(clock: Clock, recorder: Recorder): Clock {
  const recorded: Clock = {
    now: () => recorder.looks("now", clock.now()),
    monotonic: () => recorder.looks("monotonic", Math.floor(clock.monotonic())),
    after(delayMs, run) {
      const asked = recorder.asks({ kind: "timer", delayMs });
      let isCancelled = false;
      const timer = clock.after(delayMs, () =>
        recorder.arrives(
          () => (isCancelled || !recorder.isOnTape(asked) ? undefined : { kind: "timer", timer: asked.number }),
          () => {
            if (!isCancelled) run();
          },
        ),
      );
      return {
        cancel() {
          isCancelled = true;
          timer.cancel();
        },
      };
    },
    sleep: (delayMs, signal) => sleepOn(recorded, delayMs, signal),
  };
  return recorded;
}

/** A signal that is aborted with the given one, in its turn. */
export function recordedStop(stopping: AbortSignal, recorder: Recorder): AbortSignal {
  const own = new AbortController();
  const abort = (): void =>
    recorder.arrives(
      () => ({ kind: "stopping" }),
      () => own.abort(),
    );
  if (stopping.aborted) own.abort();
  else stopping.addEventListener("abort", abort, { once: true });
  return own.signal;
}

/** The inbox, and which of its runs the engine saw. */
export function recordedInbox(inbox: InboxView, recorder: Recorder): InboxView {
  const shown = new WeakMap<AbortSignal, { readonly number: number; readonly own: AbortController }>();
  let count = 0;
  const shownFor = (signal: AbortSignal): { readonly number: number; readonly own: AbortController } => {
    const known = shown.get(signal);
    if (known !== undefined) return known;
    const [number, own] = [count++, new AbortController()];
    if (signal.aborted) own.abort();
    const abort = (): void =>
      recorder.arrives(
        () => ({ kind: "overtaken", signal: number }),
        () => own.abort(),
      );
    signal.addEventListener("abort", abort, { once: true });
    shown.set(signal, { number, own });
    return { number, own };
  };
  return {
    get waiting() {
      return recorder.looks("waiting", inbox.waiting);
    },
    get newer() {
      return recorder.looks("newer", inbox.newer);
    },
    get overtaken() {
      const { number, own } = shownFor(inbox.overtaken);
      recorder.looks(
        "overtaken",
        { number, isAborted: own.signal.aborted },
        (one, other) => one.number === other.number && one.isAborted === other.isAborted,
      );
      return own.signal;
    },
  };
}

/** The ledger. What it holds when an execution begins is recorded apart; only later SELL runs are written by others meanwhile. */
export function recordedLedger(ledger: Ledger, recorder: Recorder): Ledger {
  return {
    ...ledger,
    createExecution(execution) {
      ledger.createExecution(execution);
      recorder.opened(execution.id);
    },
    exitsAfter: (id) => recorder.looks(`exits:${id}`, ledger.exitsAfter(id), haveSame),
  };
}

function haveSame(one: readonly SignalRecord[], other: readonly SignalRecord[]): boolean {
  return one.length === other.length && one.every(({ signal }, index) => signal.id === other[index]?.signal.id);
}
