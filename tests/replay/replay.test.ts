import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { changedSettings } from "../../src/replay/changed-settings.ts";
import { playTape } from "../../src/replay/player.ts";
import { replay, replayWith } from "../../src/replay/replay.ts";
import { tapesIn } from "../../src/replay/recording-file.ts";
import type { SentOrder } from "../../src/replay/replaying-surroundings.ts";
import type { Tape } from "../../src/replay/tape.ts";
import { limitStyle } from "../execution/limit-style.ts";
import { HEDGE, heldEach, INVESTED, passUntil, THIRTY } from "../execution/scenario.ts";
import type { DeskOptions } from "../execution/virtual-desk.ts";
import { signalOf, VirtualDesk } from "../execution/virtual-desk.ts";
import { ordersOf, recordingOf, replayOf, sizeOf, tapesOf } from "./desk-recordings.ts";

const ID = "00000000000000aa";
/** The contract is 64 KiB. */
const ROOM_BYTES = 65_536;

let desk: VirtualDesk;

afterEach(() => desk.close());

function open(options: DeskOptions = {}): void {
  desk = new VirtualDesk({ ...INVESTED, records: true, ...options });
}

describe.each([
  ["market", {}],
  ["limit", { execution: limitStyle() }],
] as const)("an execution in %s style", (_style, options) => {
  test("is replayed to the same orders and the same end", async () => {
    open(options);
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    const again = await replayOf(desk, ID);
    expect(again.isSame).toBe(true);
    expect(ordersOf(again)).toEqual(["sell SMR", "sell TQQQ", "buy BTAL", "buy UVXY"]);
    expect(again.played[0]?.result).toMatchObject({
      kind: "concluded",
      outcome: result.kind === "concluded" ? result.conclusion.outcome : "",
    });
  });

  test("that a crash divides is replayed in two parts that join", async () => {
    open({ ...options, exchange: { ...INVESTED.exchange, fillLatencyMs: 600 } });
    const left = desk.start(signalOf(desk.clock, HEDGE));
    left.catch(() => undefined);
    await passUntil(desk, () => desk.ledger.intentsOf(ID).some(({ side, state }) => side === "buy" && state === "open"));
    await desk.restart();
    await desk.recover();
    const again = await replayOf(desk, ID);
    expect(again).toMatchObject({ isSame: true, tapes: 2, joins: [{ lost: [] }] });
    expect(again.played.at(-1)?.result).toMatchObject({ outcome: "on-target" });
  });
});

describe("in a daemon that keeps a reading of the account", () => {
  const NEXT = "00000000000000cc";

  /** It has traded, knows BTAL, and holds what it is going to sell. */
  async function traded(): Promise<void> {
    open({ exchange: {} });
    await desk.run(signalOf(desk.clock, { BTAL: "0.3", TQQQ: "0.3", UVXY: "0.39" }));
    await desk.run(signalOf(desk.clock, { TQQQ: "0.6", UVXY: "0.39" }, { id: "00000000000000bb" }));
    await desk.clock.advance(60_000);
  }

  test("sells that leave on it are replayed on it", async () => {
    await traded();
    await desk.keepWarm();
    await desk.run(signalOf(desk.clock, { BTAL: "1" }, { id: NEXT }));
    expect(desk.ledger.execution(NEXT)?.plan?.isWarm).toBe(true);
    expect(await replayOf(desk, NEXT)).toMatchObject({ isSame: true });
  });

  test("an alert that comes while it is being read is replayed with that reading", async () => {
    await traded();
    desk.venue.interceptor = { before: () => desk.clock.sleep(40).then(() => undefined) };
    let work: ReturnType<VirtualDesk["start"]> | undefined;
    // The venue's clock is read first, and then the account.
    desk.clock.after(60, () => {
      work = desk.start(signalOf(desk.clock, { BTAL: "1" }, { id: NEXT }));
    });
    await desk.keepWarm();
    await desk.clock.until<unknown>(work ?? Promise.resolve());
    expect(await replayOf(desk, NEXT)).toMatchObject({ isSame: true });
    expect(tapesOf(desk, NEXT)[0]?.events[0]?.arrival).toMatchObject({ root: { call: "keep-warm" } });
  });
});

describe("the replay parts from the recording", () => {
  /** A recording whose every text `from` says `to`. */
  function changed(from: string, to: string): Tape[] {
    const file = JSON.parse(JSON.stringify(recordingOf(desk, ID)).replaceAll(from, to)) as ReturnType<typeof recordingOf>;
    return tapesIn(file, "the recording");
  }

  test("where another position leads to another order", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const again = await replay(changed('"quantity":"=300.5"', '"quantity":"=299.5"'));
    expect(again.isSame).toBe(false);
    expect(again.played[0]?.parting).toMatchObject({ at: expect.any(Number) as unknown });
  });

  test("where the engine has another rule", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const [tape] = tapesOf(desk, ID);
    const settings = { ...tape!.start.settings, settings: { ...tape!.start.settings.settings, cashReserve: decimal("0.5") } };
    const { parting } = await playTape(tape!, { settings });
    expect(parting?.recorded).toContain("submit(");
    expect(parting?.replayed).toContain("submit(");
    expect(parting?.recorded).not.toBe(parting?.replayed);
  });

  test("where an order is missing on the tape", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const [tape] = tapesOf(desk, ID);
    const events = tape!.events.map((event) => ({
      ...event,
      asks: event.asks.filter((ask) => ask.kind !== "request" || ask.call !== "submit" || !JSON.stringify(ask.args).includes("UVXY")),
    }));
    const again = await replay([{ ...tape!, events }]);
    expect(again.isSame).toBe(false);
    expect(again.played[0]?.parting?.replayed).toContain("UVXY");
  });
});

describe("with other settings", () => {
  test("the engine gets recorded answers as long as it asks for the same, and assumed ones from there on", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const what = await replayWith(tapesOf(desk, ID), (settings) => changedSettings(settings, { CASH_RESERVE_PERCENT: decimal("0.2") }));
    const [played] = what.played;
    expect(played?.assumedFrom).toBeGreaterThan(0);
    expect(ordersOf(what)).toEqual(["sell SMR", "sell TQQQ", "buy BTAL", "buy UVXY"]);
    const spent = (orders: readonly SentOrder[]): number =>
      orders.reduce((sum, { request }) => sum + Number(request.notional?.toFixed() ?? "0"), 0);
    const share = spent(played!.replayed) / spent(played!.recorded);
    expect(share).toBeGreaterThan(0.79);
    expect(share).toBeLessThan(0.83);
    expect(played?.result).toMatchObject({ outcome: "on-target" });
  });

  test("a protected symbol is not sold, and its value buys nothing", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const what = await replayWith(tapesOf(desk, ID), (settings) => changedSettings(settings, { PROTECTED_SYMBOLS: new Set(["TQQQ"]) }));
    expect(ordersOf(what)).toEqual(["sell SMR", "buy BTAL", "buy UVXY"]);
  });

  test("that decide nothing here, it is the same to the end", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const what = await replayWith(tapesOf(desk, ID), (settings) =>
      changedSettings(settings, { ALLOWED_SYMBOLS: undefined, MAX_ORDER_VALUE: decimal("1000000") }),
    );
    expect(what).toMatchObject({ isSame: true });
  });

  test("an execution in the other style runs to its end on assumed answers", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE));
    const what = await replayWith(tapesOf(desk, ID), (settings) => changedSettings(settings, { EXECUTION_STYLE: "limit" }));
    expect(what.played[0]?.replayed.every(({ request }) => request.limitPrice !== undefined)).toBe(true);
    expect(what.played[0]?.result).toMatchObject({ outcome: "on-target" });
  });
});

describe("a recording", () => {
  test("of a switch of thirty positions takes less than 64 KiB", async () => {
    const half = THIRTY.length / 2;
    open({ exchange: { cash: decimal("12"), positions: heldEach(THIRTY.slice(0, half)) } });
    const weights = Object.fromEntries(THIRTY.slice(half).map((symbol) => [symbol, "0.066"]));
    await desk.run(signalOf(desk.clock, weights));
    expect(await replayOf(desk, ID)).toMatchObject({ isSame: true });
    expect(sizeOf(desk, ID)).toBeLessThan(ROOM_BYTES);
  });

  test("of an execution that cannot end, in an outage of minutes, stays below 64 KiB, and is replayed as far as it goes", async () => {
    open({ exchange: { cash: decimal("12"), positions: heldEach(THIRTY) } });
    for (const symbol of THIRTY) desk.exchange.pauseSymbol(symbol);
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(sizeOf(desk, ID)).toBeLessThan(ROOM_BYTES);
    expect(await replayOf(desk, ID)).toMatchObject({ isSame: true });
  });

  test("on a day with too many orders is full at once, and the execution is traded all the same", async () => {
    open();
    Object.assign(desk.ledger.recordings, { hold: () => ({ surroundings: () => undefined, close: () => undefined }) });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(recordingOf(desk, ID).tapes).toHaveLength(1);
    expect(() => tapesOf(desk, ID)).toThrow(expect.objectContaining({ code: "recording-full" }));
  });

  test("is not written before the first order has left, and not in the transaction that says so", async () => {
    open();
    const written: string[] = [];
    const { recordings } = desk.ledger;
    expect(recordings.bytesOf(ID)).toBe(0);
    desk.venue.interceptor = {
      before: (request) => {
        if (request.method === "POST") written.push(`${request.method} ${String(recordings.bytesOf(ID))}`);
        return Promise.resolve(undefined);
      },
    };
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(written.slice(0, 2)).toEqual(["POST 0", "POST 0"]);
    expect(recordings.bytesOf(ID)).toBeGreaterThan(0);
  });

  test("that cannot be written stops no execution, and it is logged", async () => {
    open();
    const full = (): never => {
      throw new Error("database or disk is full");
    };
    Object.assign(desk.ledger.recordings, { append: full });
    const result = await desk.run(signalOf(desk.clock, HEDGE));
    expect(result).toMatchObject({ kind: "concluded", conclusion: { outcome: "on-target" } });
    expect(desk.remarks).toContain("The execution is not recorded for a replay: database or disk is full");
  });

  test("is not made of a dry run, nor of a run that is declined", async () => {
    open();
    await desk.run(signalOf(desk.clock, HEDGE), { dryRun: true });
    desk.halted = "by hand";
    await desk.run(signalOf(desk.clock, HEDGE));
    expect(desk.ledger.recordings.of(ID)).toEqual([]);
  });
});
