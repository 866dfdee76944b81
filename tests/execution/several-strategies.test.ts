import { afterEach, describe, expect, test } from "@jest/globals";
import type { SubAccount } from "../../src/accounts/read-sub-accounts.ts";
import { readSubAccounts } from "../../src/accounts/read-sub-accounts.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, roundHalfUp, sum, ZERO } from "../../src/domain/decimal.ts";
import { afterFirstPost, isPost, RESET, spoiledSnapshot } from "./faults.ts";
import { book, expectHoldings } from "./scenario.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const SHARES = [
  { name: "nuclear", share: decimal("0.6") },
  { name: "tecl", share: decimal("0.4") },
];

let desk: VirtualDesk;

afterEach(() => desk.close());

function open(options: DeskOptions = {}): VirtualDesk {
  desk = new VirtualDesk({ strategies: SHARES, ...options });
  return desk;
}

let runs = 0;

function run(strategy: string, weights: Record<string, string>, change: Partial<Signal> = {}): Signal {
  runs += 1;
  const signal = signalOf(desk.clock, weights, { id: runs.toString(16).padStart(16, "0"), strategy, ...change });
  desk.ledger.recordSignal(signal, desk.clock.now());
  return signal;
}

function exit(strategy: string, ...exits: string[]): Signal {
  return run(strategy, {}, { kind: "exit", exits });
}

async function onTarget(signal: Signal): Promise<void> {
  expect(await desk.run(signal)).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
}

async function books(): Promise<Map<string, SubAccount>> {
  const [account, positions] = await desk.clock.until(Promise.all([desk.broker.account(), desk.broker.positions()]));
  const all = readSubAccounts(desk.ledger, account, positions);
  expect(sum(all.map(({ cash }) => cash)).toFixed(2)).toBe(cents(account.cash));
  for (const position of positions) {
    const parts = all.flatMap((each) => each.positions.filter(({ symbol }) => symbol === position.symbol));
    expect(sum(parts.map(({ quantity }) => quantity)).toFixed()).toBe(position.quantity.toFixed());
    expect(sum(parts.map(({ marketValue }) => marketValue)).toFixed(2)).toBe(cents(position.marketValue));
  }
  const known = all.filter(({ profit }) => profit !== undefined);
  for (const { profit, unrealised, realised } of known) expect(profit?.toFixed(2)).toBe(unrealised.plus(realised ?? ZERO).toFixed(2));
  return new Map(all.map((each) => [each.name, each]));
}

function cents(amount: Decimal): string {
  return roundHalfUp(amount, 2).toFixed(2);
}

function held(of: SubAccount | undefined): string[] {
  return (of?.positions ?? []).filter(({ quantity }) => quantity.gt(ZERO)).map(({ symbol }) => symbol);
}

describe("the targets of several strategies (R31)", () => {
  test("an older run that is taken up after another strategy's finds the account on target, and not signal-bound by what that bought", async () => {
    const positions = [{ symbol: "TQQQ", quantity: decimal("100"), averagePrice: decimal("70") }];
    open({ exchange: { cash: decimal("100000"), positions } });
    const older = run("nuclear", { SMR: "1" });
    expect(await desk.run(older)).toMatchObject({ conclusion: { outcome: "off-target", reason: expect.stringContaining("unattributed") } });
    desk.ledger.releaseSymbol("TQQQ", desk.clock.now());
    await onTarget(run("tecl", { LEU: "1" }));
    const orders = desk.orders().length;
    expect(await desk.run(older, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(desk.orders()).toHaveLength(orders);
  });

  test("a strategy that never spoke holds cash; overlapping symbols add up once it has", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "0.5", LEU: "0.5" }));
    expectHoldings(desk, { SMR: "0.3", LEU: "0.3" });
    await onTarget(run("tecl", { SMR: "1" }));
    expectHoldings(desk, { SMR: "0.7", LEU: "0.3" });
    const all = await books();
    expect(held(all.get("nuclear"))).toEqual(["LEU", "SMR"]);
    expect(held(all.get("tecl"))).toEqual(["SMR"]);
    expect(held(all.get("unattributed"))).toEqual([]);
    expect(all.get("unattributed")?.cash.minus("100000").abs().lt("0.05")).toBe(true);
  });

  test("shares bought in dollars without a price (R10) are split among the sub-accounts in proportion to their targets", async () => {
    open();
    desk.venue.interceptor = spoiledSnapshot("BTAL", () => undefined);
    await onTarget(run("nuclear", { BTAL: "0.1", LEU: "0.9" }));
    await onTarget(run("tecl", { BTAL: "0.5", SMR: "0.5" }));
    expectHoldings(desk, { BTAL: "0.26", LEU: "0.54", SMR: "0.2" });
    const all = await books();
    const shares = (name: string): number =>
      Number(
        all
          .get(name)
          ?.positions.find(({ symbol }) => symbol === "BTAL")
          ?.quantity.toFixed() ?? "0",
      );
    expect(shares("unattributed")).toBe(0);
    expect(shares("tecl") / shares("nuclear")).toBeCloseTo(20 / 6, 1);
  });

  test("a run that needed no order is what its strategy said last", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "1" }));
    await onTarget(run("nuclear", { SMR: "0.999", LEU: "0.001" }));
    const again = run("nuclear", { SMR: "0.998", LEU: "0.002" });
    await onTarget(again);
    expect(desk.ledger.lastStrategyTarget("nuclear")?.signalId).toBe(again.id);
    expect(desk.ledger.lastAcceptedSignal("nuclear")?.signal.id).toBe(again.id);
  });

  test("the ledger records each strategy's target and the combined targets", async () => {
    open();
    const first = run("nuclear", { SMR: "1" });
    await onTarget(first);
    const second = run("tecl", { SMR: "0.25", LEU: "0.75" });
    await onTarget(second);
    const { id, wanted } = desk.ledger.recentExecutions(1)[0]!;
    expect(wanted).toMatchObject({ kind: "rebalance", known: new Set(["LEU", "SMR"]) });
    expect(wanted.kind === "rebalance" && [...wanted.targets].map(([symbol, weight]) => `${symbol} ${weight.toFixed()}`)).toEqual([
      "SMR 0.7",
      "LEU 0.3",
    ]);
    expect(desk.ledger.strategyTargetsOf(id)).toMatchObject([
      { strategy: "nuclear", basis: "accepted", signalId: first.id, share: decimal("0.6") },
      { strategy: "tecl", basis: "run", signalId: second.id, share: decimal("0.4") },
    ]);
  });

  test("a strategy that leaves a symbol sells its own part; what the other wants of it stays", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "0.5", LEU: "0.5" }));
    await onTarget(run("tecl", { SMR: "1" }));
    await onTarget(run("nuclear", { LEU: "1" }));
    expectHoldings(desk, { SMR: "0.4", LEU: "0.6" });
    const all = await books();
    expect(held(all.get("nuclear"))).toEqual(["LEU"]);
    expect(held(all.get("tecl"))).toEqual(["SMR"]);
  });
});

describe("a run that only sells", () => {
  test("takes the symbol out of its strategy's targets, and touches nothing else", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "0.5", LEU: "0.5" }));
    await onTarget(run("tecl", { SMR: "1" }));
    await onTarget(exit("nuclear", "SMR"));
    expectHoldings(desk, { SMR: "0.4", LEU: "0.3" });
    await onTarget(run("tecl", { OKLO: "1" }));
    expectHoldings(desk, { LEU: "0.3", OKLO: "0.4" });
    expect(
      (await books())
        .get("nuclear")
        ?.positions.find(({ symbol }) => symbol === "SMR")
        ?.quantity.toFixed(),
    ).toBe("0");
  });

  test("sells the whole position where nobody else wants it, and nothing of what is only the other's", async () => {
    open();
    await onTarget(run("nuclear", { LEU: "1" }));
    await onTarget(run("tecl", { SMR: "1" }));
    await onTarget(exit("nuclear", "SMR"));
    expectHoldings(desk, { LEU: "0.6", SMR: "0.4" });
    await onTarget(exit("nuclear", "LEU"));
    expectHoldings(desk, { SMR: "0.4" });
    const { realised, positions } = (await books()).get("nuclear")!;
    expect(held((await books()).get("nuclear"))).toEqual([]);
    expect(realised?.toFixed(2)).toBe(sum(positions.map((position) => position.realised ?? ZERO)).toFixed(2));
  });
});

describe("what no strategy is known to want", () => {
  const FOREIGN = { exchange: { positions: [{ symbol: "TQQQ", quantity: decimal("100"), averagePrice: decimal("80") }] } };

  test("is left alone as unattributed and keeps the account off target, until the owner releases it", async () => {
    open(FOREIGN);
    const result = await desk.run(run("nuclear", { SMR: "1" }));
    expect(result).toMatchObject({ conclusion: { outcome: "off-target", reason: expect.stringContaining("TQQQ (unattributed)") } });
    expect(Object.keys(desk.weights()).sort()).toEqual(["SMR", "TQQQ"]);
    expect(held((await books()).get("unattributed"))).toEqual(["TQQQ"]);
    desk.ledger.releaseSymbol("TQQQ", desk.clock.now());
    await onTarget(run("tecl", { LEU: "1" }));
    expectHoldings(desk, { SMR: "0.6", LEU: "0.4" });
    expect(desk.ledger.releasedSymbols()).toEqual([]);
    expect(held((await books()).get("unattributed"))).toEqual([]);
  });

  test("becomes a strategy's own once it names it, and is sold when it leaves it", async () => {
    open(FOREIGN);
    await onTarget(run("tecl", { TQQQ: "0.5", SMR: "0.5" }));
    expect(held((await books()).get("tecl"))).toEqual(["SMR", "TQQQ"]);
    await onTarget(run("tecl", { SMR: "1" }));
    expectHoldings(desk, { SMR: "0.4" });
  });

  test("with one strategy everything held is its own", async () => {
    open({ ...FOREIGN, strategies: [{ name: "nuclear", share: decimal("1") }] });
    await onTarget(run("nuclear", { SMR: "1" }));
    expectHoldings(desk, { SMR: "1" });
  });
});

describe("opposite wishes", () => {
  test("change hands at the plan's price without any order", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "0.5", LEU: "0.5" }));
    await onTarget(run("tecl", { LEU: "0.75", SMR: "0.25" }));
    const sent = desk.orders().length;
    const was = (await books()).get("nuclear")!;
    const turned = run("tecl", { SMR: "1" });
    desk.waiting = [turned];
    // Together they want what is held, 40 % SMR and 60 % LEU, but each other parts of it.
    await onTarget(run("nuclear", { LEU: "1" }));
    expect(desk.orders()).toHaveLength(sent);
    const is = (await books()).get("nuclear")!;
    expect(held(is)).toEqual(["LEU"]);
    expect(held(was)).toEqual(["LEU", "SMR"]);
    expect(held((await books()).get("tecl"))).toEqual(["SMR"]);
    const transfers = desk.ledger.bookings().filter(({ kind }) => kind === "transfer");
    expect(new Set(transfers.map(({ symbol }) => symbol))).toEqual(new Set(["LEU", "SMR"]));
    expect(sum(transfers.map(({ quantity }) => quantity)).toFixed()).toBe("0");
    expect(sum(transfers.map(({ amount }) => amount)).toFixed()).toBe("0");
  });
});

describe("a run of another strategy (R22)", () => {
  test("that waits before anything was sent is planned together with the first", async () => {
    open();
    const tecl = run("tecl", { LEU: "1" });
    desk.waiting = [tecl];
    await onTarget(run("nuclear", { SMR: "1" }));
    expectHoldings(desk, { SMR: "0.6", LEU: "0.4" });
    desk.waiting = [];
    const orders = desk.orders().length;
    await onTarget(tecl);
    expect(desk.orders()).toHaveLength(orders);
    expect(desk.ledger.signal(tecl.id)).toMatchObject({ verdict: "executed" });
  });

  test("that comes after the plan and before the first order makes it plan again; neither is superseded", async () => {
    open();
    const nuclear = run("nuclear", { SMR: "1" });
    let tecl: Signal | undefined;
    const result = await desk.run(nuclear, {
      onReady: () => {
        tecl ??= run("tecl", { LEU: "1" });
        desk.waiting = [tecl];
      },
    });
    expect(result).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, { SMR: "0.6", LEU: "0.4" });
    const outcomes = desk.ledger.recentExecutions(5).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["on-target", "superseded"]);
    expect(desk.ledger.signal(nuclear.id)).toMatchObject({ verdict: "executed" });
    expect(desk.ledger.signal(tecl!.id)?.verdict).toBeUndefined();
  });

  test("that comes once the first has begun waits until it is finished", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "1" }));
    let tecl: Signal | undefined;
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      tecl = run("tecl", { OKLO: "1" });
      desk.waiting = [tecl];
      return response;
    });
    await onTarget(run("nuclear", { LEU: "1" }));
    expectHoldings(desk, { LEU: "0.6" });
    desk.waiting = [];
    await onTarget(tecl!);
    expectHoldings(desk, { LEU: "0.6", OKLO: "0.4" });
  });

  test("that has become stale does not count", async () => {
    open();
    const made = desk.clock.now() - 400_000;
    desk.waiting = [run("tecl", { LEU: "1" }, { oldestStamp: made, generatedAt: made, arrivedAt: made })];
    await onTarget(run("nuclear", { SMR: "1" }));
    expectHoldings(desk, { SMR: "0.6" });
  });
});

describe("a restart", () => {
  test("in the middle goes on with the combined targets of the ledger and books every fill once", async () => {
    open();
    await onTarget(run("nuclear", { SMR: "1" }));
    await onTarget(run("tecl", { LEU: "1" }));
    let image: Uint8Array | undefined;
    desk.venue.interceptor = afterFirstPost("SMR", (response) => {
      image = desk.ledger.serialize();
      return response;
    });
    await onTarget(run("nuclear", { OKLO: "0.5", LEU: "0.5" }));
    const settled = desk.orders().length;
    await desk.restart(image, { strategies: [{ name: "nuclear", share: decimal("1") }] });
    const [result] = await desk.recover();
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(desk.orders()).toHaveLength(settled);
    expectHoldings(desk, { OKLO: "0.3", LEU: "0.7" });
    const bookings = desk.ledger.bookings().length;
    await books();
    await desk.restart();
    await desk.recover();
    await books();
    expect(desk.ledger.bookings()).toHaveLength(bookings);
  });

  test("of an execution that was planned with a run that no longer waits ends it unsent, to be planned again", async () => {
    open();
    desk.venue.interceptor = { before: (request) => Promise.resolve(isPost(request) ? RESET : undefined) };
    desk.waiting = [run("tecl", { LEU: "1" })];
    const nuclear = run("nuclear", { SMR: "1" });
    desk.start(nuclear).catch(() => undefined);
    await desk.clock.advance(20);
    const image = desk.ledger.serialize();
    await desk.restart(image);
    desk.waiting = [];
    desk.venue.interceptor = {};
    await desk.recover();
    expect(book(desk)).toEqual([]);
    expect(desk.ledger.openExecutions()).toEqual([]);
  });
});
