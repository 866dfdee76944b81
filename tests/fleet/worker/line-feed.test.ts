import { describe, expect, test } from "@jest/globals";
import { VirtualClock } from "../../../src/domain/virtual-clock.ts";
import { LineFeed } from "../../../src/fleet/worker/line-feed.ts";
import type { News } from "../../../src/intake/cursor.ts";
import { Intake } from "../../../src/intake/intake.ts";
import { openLedger } from "../../../src/ledger/sqlite-ledger.ts";
import { nuclearRun } from "../../intake/alerts.ts";
import { MemoryDatabase } from "../store/memory-store.ts";

const NUCLEAR = { name: "nuclear", alertsFile: "/tmp/alerts.json" };

function ground() {
  const clock = new VirtualClock(Date.UTC(2026, 10, 30, 15));
  const { lines } = new MemoryDatabase(clock).store();
  const feed = new LineFeed({ lines, clock, signalMaxAgeSeconds: 300 });
  const offer = async (...texts: string[]): Promise<void> => {
    await lines.offer(
      "nuclear",
      texts.map((text) => ({ raw: { kind: "line", bytes: Buffer.from(text), number: undefined }, arrivedAt: clock.now() })),
    );
    await feed.poll();
  };
  return { clock, feed, offer };
}

function textsIn(news: News): string[] {
  if (news.kind !== "read") return [];
  return news.passages.flatMap(({ lines }) =>
    lines.map((line) => (line.kind === "line" ? Buffer.from(line.bytes).toString() : "overlong")),
  );
}

describe("the feed of lines", () => {
  test("gives every account each line once, and says how far it has read", async () => {
    const { feed, offer } = ground();
    const [growth, ira] = [feed.forAccount(), feed.forAccount()];
    const [one, other] = [growth.reader(NUCLEAR)(undefined), ira.reader(NUCLEAR)(undefined)];
    await offer("first", "second");
    expect(growth.read.get("nuclear")).toBeUndefined();
    expect(textsIn(one.look(0, 0))).toEqual(["first", "second"]);
    expect([growth.read.get("nuclear"), ira.read.get("nuclear")]).toEqual([2, undefined]);
    await offer("third");
    expect(textsIn(one.look(0, 0))).toEqual(["third"]);
    expect(textsIn(other.look(0, 0))).toEqual(["first", "second", "third"]);
    expect(one.look(0, 0).kind).toBe("unchanged");
  });

  test("gives an account that is opened later what can still be fresh, as at a start", async () => {
    const { feed, offer, clock } = ground();
    await offer("long ago");
    await clock.advance(3_600_000);
    await offer("now");
    const news = feed.forAccount().reader(NUCLEAR)(undefined).look(0, 0);
    expect(textsIn(news)).toEqual(["now"]);
    expect(news).toMatchObject({ passages: [{ scanned: true, arrivedAt: clock.now() }] });
  });

  test("tells the time at which each line arrived", async () => {
    const { feed, offer, clock } = ground();
    const reader = feed.forAccount().reader(NUCLEAR)(undefined);
    reader.look(0, 0);
    const first = clock.now();
    await offer("first");
    await clock.advance(700);
    await offer("second");
    expect(reader.look(0, 0)).toMatchObject({ passages: [{ arrivedAt: first }, { arrivedAt: first + 700 }] });
  });

  test("hints at new lines until the account is closed", async () => {
    const { feed, offer } = ground();
    let hints = 0;
    const watching = feed.forAccount().watch(NUCLEAR)(() => (hints += 1));
    await offer("first");
    await feed.poll();
    await watching.close();
    await offer("second");
    expect(hints).toBe(1);
  });
});

describe("a line that nobody has judged in time", () => {
  const RUN = '{"time":"2026-11-30T15:00:00Z"}';

  function owed(feed: LineFeed, readBefore: number) {
    const reader = feed.forAccount({
      readBefore: () => new Map([["nuclear", readBefore]]),
      whyLate: (arrivedAt) => `Not judged since ${String(arrivedAt)}.`,
    });
    return reader.reader(NUCLEAR)(undefined);
  }

  test("is given to an account that has not read it, however old it is, with the reason", async () => {
    const { feed, offer, clock } = ground();
    await offer("read before");
    const arrivedAt = clock.now();
    await clock.advance(1_000);
    await offer(RUN);
    await clock.advance(3_600_000);
    expect(owed(feed, 1).look(0, 0)).toMatchObject({
      passages: [{ scanned: false, arrivedAt: arrivedAt + 1_000, late: `Not judged since ${String(arrivedAt + 1_000)}.` }],
    });
    expect(owed(feed, 2).look(0, 0).kind).toBe("unchanged");
  });

  test("is judged stale for that reason, in a record of its signal, and not a second time", async () => {
    const { feed, offer, clock } = ground();
    await offer(...nuclearRun(clock.now()));
    await clock.advance(3_600_000);
    const ledger = openLedger(":memory:");
    const intake = () =>
      new Intake({
        ...{ strategy: "nuclear", alertsFile: NUCLEAR.alertsFile, timezone: "UTC", mode: "paper", maxAgeSeconds: 300, settleSeconds: 1 },
        ...{ allowedSymbols: undefined, owners: new Set(), clock, ledger, open: () => owed(feed, 0) },
      });
    expect(intake().rejudge("start").decision).toMatchObject({ verdict: { kind: "stale" }, isNew: true });
    expect(ledger.recentSignals(9)).toMatchObject([
      { verdict: "stale", verdictReason: expect.stringContaining("Not judged since"), signal: { kind: "rebalance" } },
    ]);
    expect(intake().rejudge("start")).toMatchObject({ decision: { isNew: false }, verdicts: [] });
    ledger.close();
  });

  test("is given also when the worker reads the database only after it has opened the account", async () => {
    const { clock } = ground();
    const { lines } = new MemoryDatabase(clock).store();
    const raw = (text: string) => ({ raw: { kind: "line", bytes: Buffer.from(text), number: undefined } as const, arrivedAt: clock.now() });
    await lines.offer("nuclear", [raw("read before"), raw(RUN)]);
    await clock.advance(3_600_000);
    const feed = new LineFeed({ lines, clock, signalMaxAgeSeconds: 300 });
    const reader = owed(feed, 1);
    await feed.poll();
    expect(textsIn(reader.look(0, 0))).toEqual([RUN]);
  });
});
