import { mkdtempSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Daemon } from "../../src/app/daemon.ts";
import type { RebalanceResult } from "../../src/execution/rebalancer.ts";
import { Intake } from "../../src/intake/intake.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { changeAsset } from "../../src/simulator/admin-routes.ts";
import { HEDGE as HEDGE_LEGS, runOf, type Leg } from "../scenarios/strategy.ts";
import { arrivals, both, isPost, postedOrder, reply, spoiledSnapshot } from "./faults.ts";
import { limitStyle } from "./limit-style.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const ZONE = "Asia/Kolkata";

let desk: VirtualDesk;

afterEach(() => desk.close());

const reasonOf = (result: RebalanceResult): string =>
  result.kind === "concluded" ? result.conclusion.reason : "reason" in result ? result.reason : "";

/** UVXY finds no seller until it is let go. */
function hold(symbol: string): () => void {
  let isHeld = true;
  desk.exchange.gate = { mayFill: (order) => order.symbol !== symbol || !isHeld, mayCancel: () => true };
  return () => (isHeld = false);
}

describe("what an execution has left is taken up (R33)", () => {
  test("while the run is fresh: the rest is bought, and nothing that is on target is touched", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 100 });
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    const first = await desk.run(signal);
    expect(first).toMatchObject({ conclusion: { outcome: "incomplete", mayGoOn: true } });
    expect(reasonOf(first)).toMatch(/deadline.*UVXY.*Missing: UVXY \$71,/);
    letGo();
    desk.exchange.scalePrice("BTAL", decimal("1.05"));
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual([
      "buy BTAL filled",
      "buy UVXY filled",
      "sell SMR filled",
      "sell TQQQ filled",
    ]);
    expect(desk.ledger.signal(signal.id)).toMatchObject({ verdict: "executed", verdictReason: expect.stringMatching(/on target/) });
    expectUnharmed(desk);
  });

  test("not when it is stale, but then at the owner's word, in the same session alone", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 400 });
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    expect(await desk.run(signal)).toMatchObject({ conclusion: { outcome: "incomplete" } });
    letGo();
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ kind: "declined", verdict: "stale" });
    expect(desk.ledger.signal(signal.id)).toMatchObject({ verdict: "executed" });
    const before = desk.ledger.serialize();
    await desk.clock.advance(3_600_000);
    expect(await desk.run(signal, { takeUp: "finish" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
    await desk.clock.advance(23 * 3_600_000);
    await desk.restart(before);
    expect(await desk.run(signal, { takeUp: "finish" })).toMatchObject({
      kind: "declined",
      verdict: "refused",
      reason: expect.stringContaining("only be finished in the same session"),
    });
  });

  test("without what the last orders had brought to target, wherever its price has gone", async () => {
    desk = new VirtualDesk(INVESTED);
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    const running = desk.start(signal);
    await desk.clock.advance(10_000);
    const [order] = [...desk.exchange.state.orders.values()].filter(({ symbol }) => symbol === "UVXY");
    desk.exchange.cancel(order!.id);
    await desk.clock.until(running);
    letGo();
    desk.exchange.setPrice("BTAL", "17.8");
    expect(await desk.run(signal, { takeUp: "finish" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.startsWith("buy BTAL"))).toEqual(["buy BTAL filled"]);
    expectUnharmed(desk);
  });

  test("not what somebody else has cancelled, unless the owner asks for it", async () => {
    desk = new VirtualDesk(INVESTED);
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    const running = desk.start(signal);
    await desk.clock.advance(10_000);
    const [order] = [...desk.exchange.state.orders.values()].filter(({ symbol }) => symbol === "UVXY");
    desk.exchange.cancel(order!.id);
    const result = await desk.clock.until(running);
    expect(result).toMatchObject({ conclusion: { outcome: "incomplete", mayGoOn: false } });
    letGo();
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({
      kind: "still-off",
      mayPass: false,
      reason: expect.stringMatching(/UVXY \(order-cancelled\)/),
    });
    expect(await desk.run(signal, { takeUp: "finish" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, HEDGE);
  });

  test("after eight refusals for lack of buying power no ninth order is sent for it", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
    const { list, interceptor } = arrivals(desk);
    desk.venue.interceptor = both(interceptor, {
      before: (request) => {
        const isRefused = isPost(request) && postedOrder(request).symbol === "UVXY";
        const body = { code: 40310000, message: "insufficient buying power" };
        return Promise.resolve(isRefused ? reply(403, body) : undefined);
      },
    });
    const signal = signalOf(desk.clock, HEDGE);
    await desk.run(signal);
    for (const takeUp of ["fresh", "fresh", "fresh"] as const) await desk.run(signal, { takeUp });
    expect(list.filter(({ symbol }) => symbol === "UVXY").length).toBeLessThanOrEqual(8);
    expectUnharmed(desk);
  });

  test("within what the run set out to trade, whatever has come into the account since", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    await desk.run(signal);
    letGo();
    desk.exchange.transfer("100000");
    const result = await desk.run(signal, { takeUp: "fresh" });
    expect(reasonOf(result)).toMatch(/UVXY \(signal-bound\)|on target/);
    expectUnharmed(desk);
  });

  test("never a symbol that a later SELL of the strategy names", async () => {
    desk = new VirtualDesk({ ...INVESTED, executionDeadlineSeconds: 60 });
    const letGo = hold("UVXY");
    const signal = signalOf(desk.clock, HEDGE);
    await desk.run(signal);
    letGo();
    await desk.run(signalOf(desk.clock, {}, { id: "00000000000000bb", kind: "exit", exits: ["UVXY"] }));
    await desk.run(signal, { takeUp: "fresh" });
    expect(book(desk).filter((line) => line.includes("UVXY") && line.endsWith("filled"))).toEqual([]);
  });
});

describe("the daemon takes up the rest by itself", () => {
  let directory: string;
  let daemon: Daemon;
  let over: Promise<void>;
  const concluded: string[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "take-up-"));
    concluded.length = 0;
  });

  afterEach(async () => {
    daemon.stop();
    await desk.clock.until(over);
    rmSync(directory, { recursive: true, force: true });
  });

  /** A daemon on this desk, in virtual time, ready for alerts. */
  async function started(options: ConstructorParameters<typeof VirtualDesk>[0] = {}): Promise<void> {
    desk = new VirtualDesk({ ...INVESTED, ...options });
    const intake = new Intake({
      strategy: "nuclear",
      alertsFile: join(directory, "alerts.json"),
      timezone: ZONE,
      mode: "paper",
      maxAgeSeconds: 300,
      settleSeconds: 1,
      allowedSymbols: undefined,
      owners: new Set([0, process.getuid?.() ?? 0]),
      clock: desk.clock,
      ledger: desk.ledger,
    });
    writeFileSync(join(directory, "alerts.json"), "", { mode: 0o644 });
    daemon = new Daemon({
      clock: desk.clock,
      ledger: desk.ledger,
      broker: desk.broker,
      sources: [{ intake, watch: (onHint) => watching(onHint) }],
      rebalancer: (inbox, stopping) => desk.rebalancerFor(inbox, stopping),
      halted: () => desk.halted,
      signalMaxAgeSeconds: 300,
      connect: () => Promise.resolve(),
      selfCheck: () => undefined,
      emit: (event) => {
        if (event.kind === "concluded") concluded.push(event.conclusion.outcome);
      },
    });
    over = daemon.run();
    await desk.clock.advance(2_000);
  }

  function watching(onHint: () => void): { close(): Promise<void> } {
    let isOpen = true;
    const look = (): void => {
      if (!isOpen) return;
      onHint();
      desk.clock.after(1_000, look);
    };
    desk.clock.after(1_000, look);
    return {
      close: () => {
        isOpen = false;
        return Promise.resolve();
      },
    };
  }

  const alert = (legs: readonly Leg[]): void => appendFileSync(join(directory, "alerts.json"), runOf(legs, desk.clock.now(), ZONE));

  test("when a halt is over while the run is fresh", async () => {
    await started();
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(20_000);
    expect(concluded).toEqual(["incomplete"]);
    letGo();
    await desk.clock.advance(30_000);
    expect(concluded).toEqual(["incomplete"]);
    desk.halted = undefined;
    await desk.clock.advance(25_000);
    expect(concluded).toEqual(["incomplete", "on-target"]);
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("when the price of a target is sound again ten seconds after the end", async () => {
    await started({ executionDeadlineSeconds: 60 });
    changeAsset(desk.exchange, { symbol: "BTAL", fractionable: false });
    let inDoubt = true;
    desk.venue.interceptor = spoiledSnapshot(
      "BTAL",
      () => undefined,
      () => inDoubt,
    );
    alert(HEDGE_LEGS);
    await desk.clock.advance(70_000);
    expect(concluded).toEqual([]);
    desk.clock.after(30_000, () => (inDoubt = false));
    await desk.clock.advance(120_000);
    expect(concluded.at(-1)).toBe("on-target");
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });

  test("and is settled as soon as nothing is left, so that a worker lets the account go", async () => {
    await started();
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    expect(daemon.isSettled).toBe(false);
    letGo();
    await desk.clock.advance(20_000);
    expect([concluded, daemon.isSettled]).toEqual([["on-target"], true]);
  });

  test("not when it is stale", async () => {
    await started();
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(300_000);
    letGo();
    desk.halted = undefined;
    await desk.clock.advance(60_000);
    expect(concluded).toEqual(["incomplete"]);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY canceled"]);
  });

  test("not after a newer BUY run, and its end is the last", async () => {
    await started();
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(20_000);
    letGo();
    alert([{ symbol: "BTAL", reason: "Bear market, BTAL 100% of it" }]);
    await desk.clock.advance(5_000);
    desk.halted = undefined;
    await desk.clock.advance(60_000);
    expect(concluded).toEqual(["incomplete", "on-target"]);
    expectHoldings(desk, { BTAL: "1" });
    expectUnharmed(desk);
  });

  test("after a SELL, without what the SELL names", async () => {
    await started();
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(20_000);
    letGo();
    alert([{ symbol: "UVXY", action: "SELL", reason: "Volatility hedge over" }]);
    await desk.clock.advance(5_000);
    desk.halted = undefined;
    await desk.clock.advance(60_000);
    expect(book(desk).filter((line) => line.includes("UVXY"))).toEqual(["buy UVXY canceled"]);
    expectUnharmed(desk);
  });

  test("of a SELL too, when a halt that cut it short is over, whatever BUY run came before it", async () => {
    await started();
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    expect(concluded).toEqual(["on-target"]);
    const letGo = hold("UVXY");
    alert([{ symbol: "UVXY", action: "SELL", reason: "Volatility hedge over" }]);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(20_000);
    expect(concluded).toEqual(["on-target", "incomplete"]);
    letGo();
    desk.halted = undefined;
    await desk.clock.advance(25_000);
    expect(concluded).toEqual(["on-target", "incomplete", "on-target"]);
    expect(Object.keys(desk.weights())).toEqual(["BTAL"]);
    expectUnharmed(desk);
  });

  test("again, where no order of it could be sent for want of a quote", async () => {
    await started({ execution: limitStyle() });
    const letGo = hold("UVXY");
    alert(HEDGE_LEGS);
    await desk.clock.advance(10_000);
    desk.halted = "by hand";
    await desk.clock.advance(10_000);
    expect(concluded).toEqual(["incomplete"]);
    letGo();
    desk.exchange.setQuote("UVXY", "0", "0");
    desk.halted = undefined;
    await desk.clock.advance(70_000);
    expect(concluded).toEqual(["incomplete", "refused", "refused"]);
    desk.exchange.setPrice("UVXY", "20");
    await desk.clock.advance(60_000);
    expect(concluded.at(-1)).toBe("on-target");
    expectHoldings(desk, HEDGE);
    expectUnharmed(desk);
  });
});
