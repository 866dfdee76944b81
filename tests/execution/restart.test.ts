import { afterEach, describe, expect, test } from "@jest/globals";
import type { Interceptor } from "../../src/simulator/venue.ts";
import { afterFirstPost, beforePosts, both, isPost, RESET, TIMED_OUT } from "./faults.ts";
import { book, expectSwitchedBook, expectUnharmed, HEDGE, INVESTED, SWITCH } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const KILLED = new Error("The process was killed.");

/** Where the process dies: before or after its n-th commit, or with the n-th POST accepted and unanswered. */
interface Kill {
  readonly at: "before-commit" | "after-commit" | "accepted-post";
  readonly number: number;
}

/** A process that is killed once. Whatever its remains still do reaches neither the venue nor the ledger. */
class MortalDesk {
  readonly desk: VirtualDesk;
  commits = 0;
  posts = 0;
  dead = false;
  #image: Uint8Array | undefined;
  #born = false;
  readonly #death = Promise.withResolvers<undefined>();

  constructor(kill: Kill | undefined, options: DeskOptions, fault: Interceptor) {
    this.desk = new VirtualDesk({ ...options, onCommit: (stage) => this.#onCommit(stage, kill) });
    this.#image = this.desk.ledger.serialize();
    this.#born = true;
    this.desk.venue.interceptor = {
      before: (request) => (this.dead ? Promise.resolve(RESET) : (fault.before?.(request) ?? Promise.resolve(undefined))),
      after: (request, response) => {
        if (this.dead) return Promise.resolve(RESET);
        if (isPost(request)) this.posts += 1;
        if (!isPost(request) || kill?.at !== "accepted-post" || kill.number !== this.posts)
          return fault.after?.(request, response) ?? Promise.resolve(response);
        this.#die(this.desk.ledger.serialize());
        return Promise.resolve(RESET);
      },
    };
  }

  /** Runs until its end or its death. */
  async live(signal: ReturnType<typeof signalOf>): Promise<void> {
    const run = this.desk.start(signal).then(
      () => undefined,
      (error: unknown) => {
        if (!this.dead) throw error;
      },
    );
    await this.desk.clock.until(Promise.race([run, this.#death.promise]));
  }

  /** The next process: recovers, and is given the signal again. */
  async rise(signal: ReturnType<typeof signalOf>, afterMs = 0): Promise<void> {
    const image = this.#image;
    if (image !== undefined) await this.desk.restart(image);
    await this.desk.clock.advance(afterMs);
    this.dead = false;
    await this.desk.recover();
    await this.desk.run(signal);
  }

  #onCommit(stage: "before" | "after", kill: Kill | undefined): void {
    if (this.dead) throw KILLED;
    if (!this.#born) return;
    if (stage === "before") {
      this.commits += 1;
      if (kill?.at !== "before-commit" || kill.number !== this.commits) return;
      this.#die(this.#image);
      throw KILLED;
    }
    const isNext = kill?.at === "before-commit" && kill.number === this.commits + 1;
    const isThis = kill?.at === "after-commit" && kill.number === this.commits;
    if (isNext || isThis) this.#image = this.desk.ledger.serialize();
    if (!isThis) return;
    this.#die(this.#image);
    throw KILLED;
  }

  #die(image: Uint8Array | undefined): void {
    this.dead = true;
    this.#image = image;
    this.#death.resolve(undefined);
  }
}

let mortal: MortalDesk;

afterEach(() => mortal.desk.close());

type Fault = (at: () => VirtualDesk) => Interceptor;

const NO_FAULT: Fault = () => ({});

function begin(
  kill: Kill | undefined,
  options: DeskOptions = INVESTED,
  fault: Fault = NO_FAULT,
): { mortal: MortalDesk; signal: ReturnType<typeof signalOf> } {
  mortal = new MortalDesk(
    kill,
    options,
    fault(() => mortal.desk),
  );
  return { mortal, signal: signalOf(mortal.desk.clock, HEDGE) };
}

/** How many commits and POSTs an undisturbed rebalance takes. */
async function undisturbed(options: DeskOptions = INVESTED, fault: Fault = NO_FAULT): Promise<{ commits: number; posts: number }> {
  const { mortal, signal } = begin(undefined, options, fault);
  await mortal.live(signal);
  const { commits, posts } = mortal;
  await mortal.desk.close();
  return { commits, posts };
}

const PARTIAL: DeskOptions = {
  exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 3, partialFillIntervalMs: 400 },
};

const SCENARIOS: [string, DeskOptions][] = [
  ["orders filled at once", INVESTED],
  ["orders filled in pieces", PARTIAL],
];

describe.each(SCENARIOS)("a two-phase rebalance with %s", (_, options) => {
  test.each(["before-commit", "after-commit"] as const)(
    "killed %s, at every one of them: the next start brings it to target with one order for each intent",
    async (at) => {
      const { commits } = await undisturbed(options);
      expect(commits).toBeGreaterThan(12);
      for (let number = 1; number <= commits; number += 1) {
        const { mortal, signal } = begin({ at, number }, options);
        await mortal.live(signal);
        expect({ number, dead: mortal.dead }).toEqual({ number, dead: true });
        await mortal.rise(signal);
        expect({ number, book: book(mortal.desk) }).toEqual({ number, book: SWITCH });
        expectSwitchedBook(mortal.desk);
        expect(mortal.desk.ledger.openExecutions()).toEqual([]);
        if (number < commits) await mortal.desk.close();
      }
    },
    120_000,
  );

  test.each([1, 2, 3, 4])("killed when POST %i was accepted and its answer on the way: the order is found and adopted", async (number) => {
    const { mortal, signal } = begin({ at: "accepted-post", number }, options);
    await mortal.live(signal);
    expect(mortal.dead).toBe(true);
    await mortal.rise(signal);
    expectSwitchedBook(mortal.desk);
  });

  test.each([1, 2, 3, 4])("killed when POST %i was accepted, started again four minutes later: the same", async (number) => {
    const { mortal, signal } = begin({ at: "accepted-post", number }, options);
    await mortal.live(signal);
    await mortal.rise(signal, 240_000);
    expectSwitchedBook(mortal.desk);
  });
});

/** What an answer to the first POST of each symbol comes to. */
const onFirstPosts = (spoil: (symbol: string) => Interceptor): Interceptor => both(...["SMR", "TQQQ", "BTAL", "UVXY"].map(spoil));

const FAULTY: [string, DeskOptions, Fault, string[]][] = [
  ["the first answer for each symbol lost", INVESTED, () => onFirstPosts((symbol) => afterFirstPost(symbol, () => TIMED_OUT)), SWITCH],
  ["the first POST of each symbol lost", INVESTED, () => onFirstPosts((symbol) => beforePosts(symbol, 1, () => RESET)), SWITCH],
  [
    "a sell that is cancelled after its time-out",
    { ...INVESTED, orderTimeoutSeconds: 5 },
    (at) =>
      afterFirstPost("TQQQ", (response) => {
        at().exchange.setQuote("TQQQ", "0", "0");
        return response;
      }),
    ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ canceled"],
  ],
];

test.each(FAULTY)(
  "killed after every commit, with %s: the next start ends it as if nothing had been",
  async (_, options, fault, expected) => {
    const { commits } = await undisturbed(options, fault);
    for (let number = 1; number <= commits; number += 1) {
      const { mortal, signal } = begin({ at: "after-commit", number }, options, fault);
      await mortal.live(signal);
      await mortal.rise(signal);
      expect({ number, book: book(mortal.desk) }).toEqual({ number, book: expected });
      expectUnharmed(mortal.desk);
      expect(mortal.desk.ledger.openExecutions()).toEqual([]);
      if (number < commits) await mortal.desk.close();
    }
  },
  120_000,
);

test("killed twice: at an accepted POST and again during the recovery", async () => {
  const { mortal, signal } = begin({ at: "accepted-post", number: 1 });
  await mortal.live(signal);
  await mortal.desk.restart(mortal.desk.ledger.serialize());
  mortal.dead = false;
  mortal.desk.recover().catch(() => undefined);
  await mortal.desk.clock.advance(20);
  await mortal.desk.restart();
  await mortal.desk.recover();
  await mortal.desk.run(signal);
  expectSwitchedBook(mortal.desk);
});

test("the same seed gives the same run, so a kill at one commit is a kill at that moment", async () => {
  const first = begin(undefined, PARTIAL);
  await first.mortal.live(first.signal);
  const trace = first.mortal.desk.events.map(({ kind, text }) => `${kind} ${text}`);
  await first.mortal.desk.close();
  const second = begin(undefined, PARTIAL);
  await second.mortal.live(second.signal);
  expect(second.mortal.desk.events.map(({ kind, text }) => `${kind} ${text}`)).toEqual(trace);
});

test("killed before anything was sent and started again when the signal is stale: nothing is sent", async () => {
  const { mortal, signal } = begin({ at: "after-commit", number: 1 });
  await mortal.live(signal);
  await mortal.rise(signal, 400_000);
  expect(book(mortal.desk)).toEqual([]);
  expect(mortal.desk.ledger.signal(signal.id)).toMatchObject({ verdict: "stale" });
  expect(mortal.desk.ledger.openExecutions()).toEqual([]);
});

test("killed with an accepted sell and started again after the deadline: the sell is looked up, and nothing is bought", async () => {
  const { mortal, signal } = begin({ at: "accepted-post", number: 1 });
  await mortal.live(signal);
  await mortal.rise(signal, 700_000);
  expect(book(mortal.desk).filter((line) => line.startsWith("buy"))).toEqual([]);
  expect(mortal.desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "incomplete", phase: "settled" }]);
  expectUnharmed(mortal.desk);
});
