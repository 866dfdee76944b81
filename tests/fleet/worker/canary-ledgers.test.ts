import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { StoreUnreachable, type FleetStore } from "../../../src/fleet/store/ports.ts";
import { CanaryLedgers } from "../../../src/fleet/worker/canary-ledgers.ts";
import { JournaledLedger } from "../../../src/fleet/worker/journaled-ledger.ts";
import type { SqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { MemoryDatabase } from "../store/memory-store.ts";

let clock: VirtualClock;
let database: MemoryDatabase;
let store: FleetStore;
let asked: string[];
let isDown: boolean;
let problems: string[];
let canaries: CanaryLedgers;

beforeEach(() => {
  clock = new VirtualClock(0);
  database = new MemoryDatabase(clock);
  database.addAccount("growth", ["nuclear"]);
  database.addAccount("first", ["nuclear", "tecl"], true);
  [asked, problems, isDown] = [[], [], false];
  store = database.store(async (call, work) => {
    asked.push(call);
    await clock.sleep(5);
    if (isDown) throw new StoreUnreachable("The database does not answer.");
    return work();
  });
  canaries = new CanaryLedgers({ store, clock, onProblem: (text) => problems.push(text) });
});

afterEach(() => canaries.close());

/** As another machine records it. */
async function recorded(reason: string): Promise<void> {
  const { ledgers } = database.store();
  const claim = await ledgers.claim("first", "another machine");
  const journaled = await JournaledLedger.open({ store: ledgers, holding: { account: "first", epoch: claim.epoch, scopes: [] }, claim });
  journaled.ledger.recordHistory("nuclear", reason, 1);
  await journaled.settled();
  journaled.ledger.close();
}

/** Histories are the only thing that these ledgers hold. */
function reasons(): string[] | undefined {
  const ledger = canaries.known()?.[0]?.ledger as SqliteLedger | undefined;
  return ledger?.recentVerdicts(9).map(({ reason }) => reason);
}

describe("the canary accounts of all machines", () => {
  test("are unknown until they have been read, and then shown as the database has them", async () => {
    await recorded("it was seen");
    expect(canaries.known()).toBeUndefined();
    await clock.advance(100);
    expect(canaries.known()).toMatchObject([{ account: "first", strategies: ["nuclear", "tecl"], problem: undefined }]);
    expect(reasons()).toEqual(["it was seen"]);
  });

  test("are read again while somebody asks, a ledger only when it has changed", async () => {
    await recorded("one");
    canaries.look();
    await clock.advance(600);
    canaries.known();
    await clock.advance(100);
    expect(asked.filter((call) => call === "read")).toHaveLength(1);
    await recorded("two");
    await clock.advance(600);
    canaries.known();
    await clock.advance(100);
    expect(reasons()?.toSorted()).toEqual(["one", "two"]);
    const before = asked.length;
    await clock.advance(60_000);
    expect(asked).toHaveLength(before);
  });

  test("are unknown again when the database does not answer for long, which is said once", async () => {
    canaries.look();
    await clock.advance(100);
    isDown = true;
    for (let seconds = 0; seconds < 5; seconds += 1) {
      canaries.known();
      await clock.advance(1_000);
    }
    expect(canaries.known()).toBeUndefined();
    expect(problems).toEqual(["The database does not answer."]);
    isDown = false;
    await clock.advance(100);
    canaries.known();
    await clock.advance(100);
    expect(canaries.known()).toHaveLength(1);
  });

  test("none that is damaged counts as one that works", async () => {
    const { ledgers } = database.store();
    const { epoch } = await ledgers.claim("first", "another machine");
    await ledgers.snapshot({ account: "first", epoch, scopes: [] }, 1, Buffer.from("no ledger"));
    canaries.look();
    await clock.advance(100);
    expect(canaries.known()).toMatchObject([{ account: "first", ledger: undefined, problem: expect.stringMatching(/\S/) }]);
  });
});
