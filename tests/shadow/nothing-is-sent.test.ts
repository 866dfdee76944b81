import { afterEach, describe, expect, test } from "@jest/globals";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { OrderRequest, SubmitAnswer } from "../../src/domain/broker.ts";
import { createHostGuard } from "../../src/broker/host-guard.ts";
import { Transport } from "../../src/broker/transport.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { readAccountNow } from "../../src/reporting/account-reading.ts";
import { readShadow, shadowReport } from "../../src/reporting/shadow-report.ts";
import { configFor } from "../broker/scripted-venue.ts";
import { signalOf } from "../execution/virtual-desk.ts";
import { HELD, openShadowDesk, sharesOf, weightsOf, type ShadowDesk } from "./shadow-desk.ts";

const ONCE = ["buy LEU filled", "buy OKLO filled", "buy SMR filled", "sell TQQQ filled"];
const DAY = 24 * 3_600_000;
const LIVE = "https://api.alpaca.markets";
const PORTFOLIOS = [
  { SMR: "0.312", LEU: "0.395", OKLO: "0.293" },
  { UVXY: "0.75", BTAL: "0.25" },
  { TQQQ: "0.5", BTAL: "0.5" },
];

let shadow: ShadowDesk | undefined;

afterEach(async () => {
  await shadow?.desk.close();
  shadow = undefined;
});

describe("the transport in shadow mode", () => {
  function transport(sent: string[]): Transport {
    return new Transport({
      clock: new VirtualClock(0),
      guard: createHostGuard("shadow", LIVE),
      fetch: (url) => {
        sent.push(url);
        return Promise.resolve(new Response("{}"));
      },
      redact: (text) => text,
      readOnly: true,
    });
  }

  test.each(["POST", "PATCH", "PUT", "DELETE", "post", "HEAD", "OPTIONS"])("lets no %s leave, for any host", async (method) => {
    const sent: string[] = [];
    for (const url of [`${LIVE}/v2/orders`, "https://data.alpaca.markets/v2/stocks", "http://127.0.0.1:9/anything"])
      await expect(transport(sent).send(url, { method })).rejects.toMatchObject({ code: "shadow-write", exitCode: 3 });
    expect(sent).toEqual([]);
  });

  test("lets a GET leave to the configured venue, and to no other one", async () => {
    const sent: string[] = [];
    await transport(sent).send(`${LIVE}/v2/account`);
    await expect(transport(sent).send("https://elsewhere.example/v2/account")).rejects.toMatchObject({ code: "foreign-host" });
    expect(sent).toEqual([`${LIVE}/v2/account`]);
  });

  test("holds for every call of the broker that would write, and no stream is opened", async () => {
    const sent: unknown[] = [];
    const broker = createAlpacaBroker({
      name: "live",
      mode: "shadow",
      alpaca: {
        ...configFor("http://127.0.0.1:9"),
        tradingUrl: LIVE,
        dataUrl: "https://data.alpaca.markets",
        streamUrl: "wss://api.alpaca.markets/stream",
      },
      clock: new VirtualClock(0),
      fetch: (...request) => {
        sent.push(request);
        return Promise.resolve(new Response("{}"));
      },
      createSocket: (url) => {
        sent.push(url);
        throw new Error("no socket");
      },
    });
    const stopped = { code: "shadow-write" };
    const order = { clientOrderId: "at-1", symbol: "SMR", side: "buy" } as const;
    await expect(broker.submit({ ...order, notional: decimal("100") })).rejects.toMatchObject(stopped);
    await expect(broker.submit({ ...order, quantity: decimal("1"), limitPrice: decimal("1") })).rejects.toMatchObject(stopped);
    await expect(broker.cancel("an-id")).rejects.toMatchObject(stopped);
    expect(() => broker.watchOrders({ onUpdate: () => undefined, onState: () => undefined })).toThrow("opens no order stream");
    expect(sent).toEqual([]);
    await broker.close();
  });
});

describe("thirty days next to a live account that only allows reading", () => {
  test("send nothing but reads, and end on target each day while the live account stays as it is", async () => {
    shadow = openShadowDesk({ ...HELD, startAt: Date.parse("2026-11-02T10:00:00-05:00") });
    const { desk, methods, broker } = shadow;
    const live = JSON.stringify([desk.exchange.state.cash, ...desk.exchange.state.positions.values()]);
    const outcomes: string[] = [];
    const errors: number[] = [];
    for (let day = 0; day < 30; day += 1) {
      const { isOpen } = await desk.clock.until(broker().marketClock());
      const weights: Record<string, string> = PORTFOLIOS[day % PORTFOLIOS.length] ?? {};
      if (day === 20) desk.exchange.setPrice("TQQQ", "93.5");
      if (isOpen) {
        const result = await desk.run(signalOf(desk.clock, weights, { id: day.toString(16).padStart(16, "0") }));
        outcomes.push(result.kind === "concluded" ? result.conclusion.outcome : result.kind);
        const held = Object.entries(await weightsOf(shadow));
        errors.push(...held.map(([symbol, weight]) => Math.abs(weight - Number(weights[symbol] ?? "0") * 0.99)));
      }
      await desk.clock.advance(DAY);
    }
    expect(new Set(outcomes)).toEqual(new Set(["on-target"]));
    expect(outcomes.length).toBeGreaterThanOrEqual(20);
    expect(Math.max(...errors)).toBeLessThan(0.01);
    expect(methods.length).toBeGreaterThan(500);
    expect(methods.filter((method) => method !== "GET")).toEqual([]);
    expect(desk.orders()).toEqual([]);
    expect(JSON.stringify([desk.exchange.state.cash, ...desk.exchange.state.positions.values()])).toBe(live);
    expect(await desk.clock.until(broker().equityHistory(0))).toHaveLength(outcomes.length + 1);
    const [facts, reading] = await desk.clock.until(Promise.all([readShadow(broker().shadow, desk.clock.now()), readAccountNow(broker())]));
    expect(facts && shadowReport(facts, reading)).toMatchObject({
      shadow: { value: reading.account.equity.toFixed(), value_then: "100000" },
      live: { value: "108500", value_then: "100000", return: "0.085" },
    });
  });
});

describe("a process that is killed", () => {
  test.each([1, 2, 3, 4])("after its order %i was stored and before it knows of it, neither loses nor doubles the order", async (nth) => {
    shadow = openShadowDesk(HELD);
    const { desk, broker, kill } = shadow;
    const submit = broker().submit.bind(broker());
    let count = 0;
    Object.assign(broker(), {
      submit: async (request: OrderRequest): Promise<SubmitAnswer> => {
        const answer = await submit(request);
        count += 1;
        if (count === nth) kill();
        return count >= nth ? new Promise(() => undefined) : answer;
      },
    });
    void desk.start(signalOf(desk.clock, PORTFOLIOS[0] ?? {})).catch(() => undefined);
    await desk.clock.advance(1_000);
    await desk.restart();
    expect(await desk.recover()).toMatchObject([{ kind: "concluded", conclusion: { outcome: "on-target" } }]);
    const orders = await desk.clock.until(broker().ordersSince(0));
    expect(orders.map(({ side, symbol, status }) => `${side} ${symbol} ${status}`).sort()).toEqual(ONCE);
  });

  test("after the paper fill was stored and before its answer neither loses nor doubles the order", async () => {
    shadow = openShadowDesk(HELD);
    const { desk, broker } = shadow;
    const request = { clientOrderId: "at-1", symbol: "TQQQ", side: "sell", quantity: decimal("400") } as const;
    const answer = broker().submit(request);
    await desk.clock.until(answer);
    await desk.restart();
    expect(await desk.clock.until(broker().submit(request))).toMatchObject({ kind: "exists" });
    expect(await desk.clock.until(broker().orderByClientId("at-1"))).toMatchObject({ status: "filled" });
    expect(sharesOf(await desk.clock.until(broker().positions()))).toEqual({ TQQQ: "600" });
  });

  test.each([1, 8, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40])("at request %i of a run ends on target, with each order once", async (nth) => {
    shadow = openShadowDesk(HELD, nth);
    const { desk, broker } = shadow;
    const signal = signalOf(desk.clock, PORTFOLIOS[0] ?? {});
    void desk.start(signal).catch(() => undefined);
    await desk.clock.advance(1_000);
    shadow.kill();
    await desk.restart();
    const recovered = await desk.recover();
    const [result = await desk.run(signal)] = recovered;
    expect([result.kind, result.kind === "concluded" && result.conclusion.outcome].join(" ")).toMatch(/^concluded on-target$|^declined/);
    const orders = await desk.clock.until(broker().ordersSince(0));
    expect(orders.map(({ side, symbol, status }) => `${side} ${symbol} ${status}`).sort()).toEqual(ONCE);
  });
});

test("what was paid in on the first day before the copy is not taken from the return of the live account", async () => {
  shadow = openShadowDesk(HELD);
  const { desk, broker } = shadow;
  await desk.clock.advance(DAY);
  desk.exchange.transfer("5000");
  await desk.clock.advance(60_000);
  await desk.clock.until(broker().submit({ clientOrderId: "at-1", symbol: "TQQQ", side: "sell", quantity: decimal("400") }));
  await desk.clock.advance(60_000);
  desk.exchange.transfer("1000");
  await desk.clock.advance(3 * DAY);
  const facts = await desk.clock.until(readShadow(broker().shadow, desk.clock.now()));
  expect([facts?.beginning.liveEquity.toFixed(), facts?.live.account.equity.toFixed(), facts?.liveReturn?.toFixed()]).toEqual([
    "105000",
    "106000",
    "0",
  ]);
});
