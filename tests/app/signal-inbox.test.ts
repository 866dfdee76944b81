import { describe, expect, test } from "@jest/globals";
import { SignalInbox } from "../../src/app/signal-inbox.ts";
import type { Signal } from "../../src/domain/signal.ts";

function signal(id: string, strategy = "nuclear"): Signal {
  return {
    id,
    strategy,
    kind: "rebalance",
    targets: new Map(),
    exits: [],
    generatedAt: 0,
    oldestStamp: 0,
    arrivedAt: 0,
    lastLineAt: 0,
    reason: "",
    alertPrices: new Map(),
    lineHashes: [],
  };
}

const idsOf = (inbox: SignalInbox): string[] => inbox.waiting.map(({ id }) => id);

describe("runs that wait", () => {
  test("keep the order in which they came, one of each strategy", () => {
    const inbox = new SignalInbox();
    inbox.offer(signal("a"));
    inbox.offer(signal("b", "tecl"));
    inbox.offer(signal("c"));
    expect(idsOf(inbox)).toEqual(["b", "c"]);
  });

  test("are taken once; a run that was replaced meanwhile is not taken", () => {
    const inbox = new SignalInbox();
    inbox.offer(signal("a"));
    inbox.offer(signal("b"));
    expect(inbox.take(signal("a"))).toBe(false);
    expect(inbox.take(signal("b"))).toBe(true);
    expect(inbox.take(signal("b"))).toBe(false);
    expect(idsOf(inbox)).toEqual([]);
  });

  test("are dropped by whatever is newer of their strategy, and by nothing else", () => {
    const inbox = new SignalInbox();
    inbox.offer(signal("a"));
    inbox.offer(signal("b", "tecl"));
    expect(inbox.supersede("nuclear", "a")).toBeUndefined();
    expect(inbox.supersede("nuclear", "c")?.id).toBe("a");
    expect(inbox.supersede("nuclear", undefined)).toBeUndefined();
    expect(idsOf(inbox)).toEqual(["b"]);
  });
});

describe("the run under way", () => {
  test("sees the newer run of its strategy, and all that wait", () => {
    const inbox = new SignalInbox();
    expect(inbox.newer).toBeUndefined();
    inbox.begin(signal("a"));
    inbox.offer(signal("b", "tecl"));
    expect(inbox.newer).toBeUndefined();
    inbox.offer(signal("c"));
    expect([inbox.newer?.id, idsOf(inbox)]).toEqual(["c", ["b", "c"]]);
    inbox.done();
    expect(inbox.newer).toBeUndefined();
  });

  test("is overtaken by something newer of its strategy; not by itself, another strategy, or once it is done", () => {
    const inbox = new SignalInbox();
    inbox.begin(signal("a"));
    const { overtaken } = inbox;
    inbox.supersede("nuclear", "a");
    inbox.supersede("tecl", "b");
    expect(overtaken.aborted).toBe(false);
    inbox.supersede("nuclear", undefined);
    expect(overtaken.aborted).toBe(true);
    inbox.done();
    expect(inbox.overtaken.aborted).toBe(false);
  });

  test("that an earlier process left is overtaken at once where its file holds a newer run", () => {
    const inbox = new SignalInbox();
    inbox.beginAgain(signal("a"));
    expect(inbox.overtaken.aborted).toBe(false);
    inbox.judged("nuclear", "a");
    inbox.beginAgain(signal("a"));
    expect(inbox.overtaken.aborted).toBe(false);
    inbox.judged("nuclear", undefined);
    inbox.beginAgain(signal("a"));
    expect(inbox.overtaken.aborted).toBe(true);
  });
});

describe("what could not be executed for now", () => {
  test("is due once, at its time, and no more once something newer decides", () => {
    const inbox = new SignalInbox();
    inbox.retry("nuclear", 5_000);
    inbox.retry("tecl", 6_000);
    expect(inbox.due(4_999)).toEqual([]);
    expect(inbox.due(5_000)).toEqual(["nuclear"]);
    expect(inbox.due(5_000)).toEqual([]);
    inbox.supersede("tecl", undefined);
    expect(inbox.due(10_000)).toEqual([]);
  });

  test("is news once for each thing said about it", () => {
    const inbox = new SignalInbox();
    expect(inbox.isNews("nuclear", "not-executed", "a halted")).toBe(true);
    expect(inbox.isNews("nuclear", "not-executed", "a halted")).toBe(false);
    expect(inbox.isNews("tecl", "not-executed", "a halted")).toBe(true);
    expect(inbox.isNews("nuclear", "not-executed", "a refused")).toBe(true);
    expect(inbox.isNews("nuclear", "not-executed", "a halted")).toBe(true);
  });
});
