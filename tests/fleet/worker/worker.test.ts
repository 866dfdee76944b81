import { beforeEach, describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { AccountHolding } from "../../../src/fleet/worker/account-holding.ts";
import type { Lease } from "../../../src/fleet/worker/lease.ts";
import { LineFeed } from "../../../src/fleet/worker/line-feed.ts";
import { Worker, type HeldHost, type WorkerParts } from "../../../src/fleet/worker/worker.ts";
import { TraderError } from "../../../src/domain/errors.ts";
import type { Log } from "../../../src/logging/logger.ts";
import { StoreUnreachable, type FleetStore } from "../../../src/fleet/store/ports.ts";
import { SILENT } from "../../silent-log.ts";
import { MemoryDatabase } from "../store/memory-store.ts";

let clock: VirtualClock;
let database: MemoryDatabase;

beforeEach(() => {
  clock = new VirtualClock(0);
  database = new MemoryDatabase(clock);
  for (const name of ["anna", "ben", "carl"]) database.addAccount(name, ["nuclear"]);
});

/** Works until it is stopped, or lost. */
function host(change: Partial<HeldHost> = {}): HeldHost {
  const ended = Promise.withResolvers<undefined>();
  return {
    run: () => ended.promise,
    stop: () => ended.resolve(undefined),
    isSettled: false,
    state: "ready",
    read: new Map(),
    epoch: undefined,
    isKept: true,
    isTooOld: false,
    ...change,
  };
}

/** Records something all the time, as an account at work does. */
function holdingHost(account: string, lease: Lease, worker: () => Worker, claimed: () => void): HeldHost {
  const stopping = new AbortController();
  const holding = new AccountHolding({
    ...{ clock, ledgers: database.store().ledgers, account, lease, scopes: [] },
    ...{ holder: "one", workerCommand: "fleet worker", halted: () => undefined, onHalt: () => undefined },
    onLost: () => worker().lose(account),
  });
  const run = async (): Promise<void> => {
    const held = await holding.hold();
    claimed();
    while (!stopping.signal.aborted) {
      held.ledger.recordHistory("nuclear", `something at ${String(clock.now())}`, clock.now());
      await clock.sleep(200, stopping.signal);
    }
    await held.finish().catch(() => undefined);
    held.ledger.close();
  };
  return host({ run, stop: () => stopping.abort(), isKept: false });
}

function worker(name: string, change: Partial<WorkerParts> = {}): Worker {
  const store = database.store();
  return new Worker({
    ...{ clock, log: SILENT, store, name, machine: "alpha", pid: 7, places: 10 },
    feed: new LineFeed({ lines: store.lines, clock, signalMaxAgeSeconds: 300 }),
    newHost: () => Promise.resolve(host()),
    ...change,
  });
}

async function offered(): Promise<void> {
  await database.store().lines.offer("nuclear", [{ raw: { kind: "line", bytes: Buffer.from("line"), number: 1 }, arrivedAt: 0 }]);
}

describe("a worker", () => {
  test("takes no account while more requests wait than may leave", async () => {
    const ceiling = { isFull: true, shareWith: () => undefined };
    const one = worker("one", { ceiling });
    void one.run();
    await offered();
    await clock.advance(5_000);
    expect(one.held).toEqual([]);
    ceiling.isFull = false;
    await clock.advance(1_000);
    expect(one.held).toHaveLength(3);
    one.stop();
  });

  test("takes no more accounts than may work at once, in a minute, while its heartbeats are slow", async () => {
    const { queue, ...store } = database.store();
    let delayMs = 1_500;
    const slow: FleetStore["queue"] = {
      ...queue,
      beat: async (attempts) => {
        await clock.sleep(delayMs);
        return queue.beat(attempts);
      },
    };
    const one = worker("one", { store: { ...store, queue: slow }, places: 1 });
    void one.run();
    await clock.advance(2_000);
    await offered();
    await clock.advance(50_000);
    expect(one.held).toHaveLength(1);
    // What waits for something else, for hours perhaps, keeps nobody out.
    await clock.advance(20_000);
    expect(one.held).toHaveLength(2);
    delayMs = 10;
    await clock.advance(20_000);
    expect(one.held).toHaveLength(3);
    one.stop();
  });

  test("that is too old for a ledger leaves it to another one, takes nothing any more, and finishes what it holds", async () => {
    const asked: string[] = [];
    const tooOld: WorkerParts["newHost"] = ({ account }) => {
      asked.push(account);
      return Promise.resolve(account === "ben" ? host({ isTooOld: true, state: "set-aside", run: () => Promise.resolve() }) : host());
    };
    const old = worker("old", { newHost: tooOld });
    void old.run();
    await offered();
    await clock.advance(5_000);
    expect(old.held.toSorted()).toEqual(["anna", "carl"]);
    expect(asked.filter((account) => account === "ben")).toHaveLength(1);
    expect(old.trouble).toContain("Install that version.");
    const newer = worker("newer");
    void newer.run();
    await clock.advance(1_000);
    expect(newer.held).toEqual(["ben"]);
    database.addAccount("dora", ["nuclear"]);
    await database.store().queue.wake("dora");
    await clock.advance(30_000);
    expect([old.held.toSorted(), newer.held.toSorted()]).toEqual([
      ["anna", "carl"],
      ["ben", "dora"],
    ]);
    old.stop();
    newer.stop();
  });

  test("warns of accounts that have lines to read and no job, and takes them", async () => {
    await offered();
    for (const attempt of await database.store().queue.take(3)) await database.store().queue.drop(attempt);
    const warnings: string[] = [];
    const one = worker("one", { log: { ...SILENT, warn: (text) => warnings.push(text) } });
    void one.run();
    await clock.advance(4_000);
    expect(one.held).toHaveLength(3);
    expect(warnings).toEqual(["3 accounts had lines to read and no job; they have one now."]);
    one.stop();
  });

  test("that finds out at a barrier that its hold was ended stops the account, and takes it again when its job comes back", async () => {
    let claims = 0;
    const one: Worker = worker("one", {
      newHost: ({ account }, lease) =>
        Promise.resolve(
          account === "anna"
            ? holdingHost(
                account,
                lease,
                () => one,
                () => (claims += 1),
              )
            : host(),
        ),
    });
    void one.run();
    await offered();
    await clock.advance(3_000);
    expect([one.held.includes("anna"), claims]).toEqual([true, 1]);
    // As `fleet take` does: the job stays where it is.
    await database.store().ledgers.claim("anna", undefined);
    await clock.advance(2_000);
    expect([one.held.includes("anna"), one.counts.lost]).toEqual([false, 1]);
    await clock.advance(15_000);
    expect([one.held.includes("anna"), claims]).toEqual([true, 2]);
    one.stop();
  });

  test("opens an account again when the database answers again, and leaves one alone whose keys are wrong", async () => {
    const asked: string[] = [];
    const one = worker("one", {
      newHost: ({ account }) => {
        asked.push(account);
        if (account === "carl") return Promise.reject(new Error("The keys cannot be unsealed."));
        return clock.monotonic() < 4_000 ? Promise.reject(new StoreUnreachable("gone")) : Promise.resolve(host());
      },
    });
    void one.run();
    await offered();
    await clock.advance(30_000);
    const times = (account: string): number => asked.filter((each) => each === account).length;
    expect(times("anna")).toBeGreaterThan(2);
    expect(times("anna")).toBeLessThan(8);
    expect(times("carl")).toBe(1);
    // At work, and not only held: what settles would be let go.
    expect(one.held.toSorted()).toEqual(["anna", "ben", "carl"]);
    one.stop();
  });

  describe("says that the database fails when that begins, every ten minutes while it lasts, and when it ended:", () => {
    const MINUTE = 60_000;

    async function told(
      isFailing: (call: string) => boolean,
      error: () => Error,
    ): Promise<{ said: string[]; one: Worker; end: () => void }> {
      let isOver = false;
      const said: string[] = [];
      const say = (text: string): void => void said.push(text);
      const log: Log = { ...SILENT, error: say, warn: say, info: say };
      const store = database.store((call, work) => (!isOver && isFailing(call) ? Promise.reject(error()) : Promise.resolve(work())));
      const one = worker("one", { store, log });
      void one.run();
      await clock.advance(21 * MINUTE);
      return { said, one, end: () => (isOver = true) };
    }

    test("one that does not answer, whatever the words", async () => {
      let failures = 0;
      const { said, one, end } = await told(
        () => true,
        () => new StoreUnreachable(`The fleet's database does not answer: ${(failures += 1) % 2 === 0 ? "ECONNREFUSED" : "timeout"}.`),
      );
      expect(one.trouble).toContain("does not answer");
      end();
      await clock.advance(11_000);
      expect(one.trouble).toBeUndefined();
      await clock.advance(MINUTE);
      expect(said).toEqual([
        expect.stringMatching(/^The fleet's database does not answer/),
        expect.stringMatching(/^Still failing after 10 min \(\d+ failures\): The fleet's database does not answer/),
        expect.stringMatching(/^Still failing after 20 min \(\d+ failures\): The fleet's database does not answer/),
        expect.stringMatching(/^The fleet's database answers again: .*accounts are taken\. It lasted 2[01] min/),
      ]);
      one.stop();
    });

    test("one that answers everything else but refuses one statement every two seconds", async () => {
      const { said, one, end } = await told(
        (call) => call === "sweep",
        () =>
          new TraderError("The fleet's database refused a statement: permission denied.", {
            code: "fleet-database",
            hint: "Give the role.",
          }),
      );
      expect(said).toHaveLength(3);
      expect(one.trouble).toContain("permission denied");
      end();
      await clock.advance(MINUTE);
      expect(said).toHaveLength(4);
      expect(one.trouble).toBeUndefined();
      one.stop();
    });
  });

  test("knows whether a run came too late because of the database", async () => {
    let isDown = false;
    const store = database.store((_call, work) => (isDown ? Promise.reject(new StoreUnreachable("gone")) : Promise.resolve(work())));
    const one = worker("one", { store });
    void one.run();
    await clock.advance(10_000);
    isDown = true;
    await clock.advance(20_000);
    isDown = false;
    await clock.advance(5_000);
    expect(one.whyLate(29_000)).toBe("It was not executed in time: the fleet's database did not answer.");
    expect(one.whyLate(31_000)).toBe("It was not executed in time: no worker had the account and these lines.");
    one.stop();
  });

  test("shares the requests of its address with the workers that live there", async () => {
    const shares: number[] = [];
    const ceiling = { isFull: false, shareWith: (count: number) => void shares.push(count) };
    const [one, other] = [worker("one", { ceiling }), worker("other")];
    void one.run();
    await clock.advance(2_000);
    void other.run();
    await clock.advance(3_000);
    other.stop();
    await clock.advance(3_000);
    one.stop();
    expect([shares[0], Math.max(...shares), shares.at(-1)]).toEqual([1, 2, 1]);
  });
});
