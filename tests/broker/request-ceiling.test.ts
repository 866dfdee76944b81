import { beforeEach, describe, expect, test } from "@jest/globals";
import { RequestCeiling } from "../../src/broker/request-ceiling.ts";
import { PaceExceeded } from "../../src/broker/waiting-line.ts";
import type { Broker } from "../../src/domain/broker.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { brokerFor } from "./scripted-venue.ts";

let clock: VirtualClock;
let ceiling: RequestCeiling;
let news: string[];
let left: string[];

beforeEach(() => {
  clock = new VirtualClock(0);
  [news, left] = [[], []];
  ceiling = new RequestCeiling({ clock, perSecond: 10, onNews: (text) => news.push(text) });
});

function enter(account: string, kind: "cancel" | "order" | "read" = "read", times = 1): void {
  for (let index = 0; index < times; index += 1)
    void ceiling
      .of(account)
      .enter(kind, 60_000)
      .then(() => left.push(`${kind} of ${account}`));
}

function refused(...accounts: string[]): void {
  for (const account of accounts) ceiling.of(account).observe(429);
}

describe("the requests of all accounts together", () => {
  test("are at most N in any second, those of one account and another counted together", async () => {
    enter("anna", "read", 8);
    enter("ben", "read", 8);
    await clock.advance(1);
    expect(left).toHaveLength(10);
    await clock.advance(998);
    expect(left).toHaveLength(10);
    await clock.advance(1);
    expect(left).toHaveLength(16);
    expect(ceiling.isFull).toBe(false);
  });

  test("leave in the order of their urgency, for any account", async () => {
    enter("anna", "read", 20);
    enter("ben", "order", 2);
    enter("carl", "cancel");
    await clock.advance(1);
    expect(ceiling.isFull).toBe(true);
    await clock.advance(999);
    expect(left.slice(10, 13)).toEqual(["cancel of carl", "order of ben", "order of ben"]);
  });

  test("do not leave later than they may", async () => {
    enter("anna", "read", 30);
    const order = ceiling.of("ben").enter("order", 300);
    await expect(clock.until(order)).rejects.toThrow(PaceExceeded);
    expect(clock.monotonic()).toBe(300);
    await clock.advance(3_000);
    expect(left).toHaveLength(30);
  });

  test("are shared with the other processes of the address", async () => {
    ceiling.shareWith(3);
    expect(ceiling.perSecond).toBe(3);
    enter("anna", "read", 6);
    await clock.advance(1);
    expect(left).toHaveLength(3);
    ceiling.shareWith(1);
    await clock.advance(1);
    expect(left).toHaveLength(6);
  });

  test("pause for 5 s and are halved when three accounts are refused within a second, but cancels leave", async () => {
    refused("anna", "anna", "ben");
    await clock.advance(500);
    expect(news).toEqual([]);
    refused("carl");
    expect(news).toEqual(["Several accounts reached a rate limit at once. Nothing is requested for 5 s, then at most 5 times a second."]);
    enter("anna", "order", 8);
    enter("ben", "cancel");
    await clock.advance(4_999);
    expect(left).toEqual(["cancel of ben"]);
    await clock.advance(1);
    expect(left).toHaveLength(6);
    await clock.advance(60_000);
    enter("anna", "read", 12);
    await clock.advance(1);
    expect(ceiling.perSecond).toBe(10);
    expect(news.at(-1)).toBe("The venue answers all accounts again: at most 10 requests leave in a second.");
  });

  test("are not held up by refusals of one account, or of several one after the other", async () => {
    for (const account of ["anna", "ben", "anna", "carl", "dora"]) {
      refused(account);
      await clock.advance(600);
    }
    expect(news).toEqual([]);
    expect(ceiling.perSecond).toBe(10);
  });

  test("are refused when the process ends", async () => {
    enter("anna", "read", 10);
    await clock.advance(1);
    const last = ceiling.of("anna").enter("read", 60_000);
    ceiling.close();
    await expect(last).rejects.toThrow("the connection was closed");
  });
});

describe("brokers of several accounts in one process", () => {
  function brokers(answer: (index: number) => Response): { all: Broker[]; sentAt: number[] } {
    const sentAt: number[] = [];
    const fetch = (): Promise<Response> => {
      sentAt.push(clock.monotonic());
      return Promise.resolve(answer(sentAt.length - 1));
    };
    const all = ["anna", "ben", "carl"].map((account) => brokerFor("http://127.0.0.1:9", clock, { fetch, ceiling: ceiling.of(account) }));
    return { all, sentAt };
  }

  test("send no more than all may together, and an order that would have to wait is not sent", async () => {
    const { all, sentAt } = brokers(() => Response.json({ message: "internal" }, { status: 404 }));
    for (const broker of all) for (let index = 0; index < 9; index += 1) void broker.account().catch(() => undefined);
    await clock.advance(10);
    expect(sentAt).toHaveLength(10);
    ceiling.shareWith(10);
    const orders = [1, 2].map((attempt) =>
      all[0]!.submit({
        symbol: "SMR",
        side: "buy",
        quantity: decimal("1"),
        clientOrderId: `alpaca-trader-x-buying-SMR-${String(attempt)}`,
      }),
    );
    const [first, second] = await clock.until(Promise.all(orders));
    expect(first).toMatchObject({ kind: "unknown", message: expect.stringContaining("404") });
    expect(second).toMatchObject({ kind: "not-sent", message: expect.stringContaining("of all accounts are used up") });
    await clock.advance(30_000);
    for (const at of sentAt) expect(sentAt.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(10);
    for (const broker of all) await broker.close();
  });

  test("halve what they send when the venue refuses each of them", async () => {
    const { all } = brokers(() => Response.json({ message: "too many requests" }, { status: 429 }));
    for (const broker of all) void broker.account().catch(() => undefined);
    await clock.advance(10);
    expect(ceiling.perSecond).toBe(5);
    for (const broker of all) await broker.close();
  });
});
