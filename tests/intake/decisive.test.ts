import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hashOf } from "../../src/intake/alert.ts";
import type { IntakeReport } from "../../src/intake/intake.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";
import { T0, line, nuclearRun, plain } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

let desk: AlertsDesk;
beforeEach(() => {
  desk = new AlertsDesk();
  desk.look();
});
afterEach(() => {
  desk.close();
});

const RUN = nuclearRun();
const sell = (symbol: string, at = T0 + 2_700): string => line({ at, symbol, action: "SELL", reason: "exit" });
const hold = (at = T0 + 2_700): string => line({ at, symbol: "SPY", action: "HOLD", reason: "No clear signal" });

function executed({ decision }: IntakeReport): Signal {
  if (decision.kind !== "execute") throw new Error(JSON.stringify(decision));
  return decision.signal;
}

const told = ({ decision }: IntakeReport): string =>
  decision.kind === "verdict" ? decision.verdict.kind : decision.kind === "wait" ? `wait for ${decision.for}` : decision.kind;
const verdicts = (...lines: readonly string[]): (string | undefined)[] => desk.verdictsOf(lines.map((each) => hashOf(each)));
const judge = (id: string, kind: VerdictKind): void => desk.ledger.judgeSignal(id, { kind, reason: "because" }, desk.clock.now());

/** Appends the lines and lets them settle. */
async function arrive(...lines: readonly string[]): Promise<IntakeReport> {
  desk.append(...lines);
  const first = desk.look();
  if (first.decision.kind === "execute") return first;
  await desk.clock.advance(1_000);
  return desk.look();
}

/** As the broker's answer to a first order does. */
function begin(signal: Signal, finished = false): void {
  const id = `e-${signal.id}`;
  desk.ledger.createExecution({
    id,
    signalId: signal.id,
    accountNumber: "PA1",
    mode: "paper",
    wanted: { kind: "rebalance", targets: signal.targets },
    startedAt: desk.clock.now(),
    deadline: desk.clock.now() + 600_000,
    offHours: false,
  });
  const now = desk.clock.now();
  desk.ledger.updateExecution(id, { begunAt: now, ...(finished ? { outcome: "on-target", phase: "settled", finishedAt: now } : {}) });
}

describe("a SELL that follows BUYs which have not begun", () => {
  test("becomes one plan with them, where a start finds both", async () => {
    await desk.clock.advance(4_000);
    const signal = executed(await arrive(...RUN, sell("UVXY"), sell("BTAL", T0 + 2_760)));
    expect(signal).toMatchObject({ kind: "rebalance", exits: ["UVXY", "BTAL"], oldestStamp: T0 });
    expect(plain(signal.targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(verdicts(...RUN, sell("UVXY"))).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  });

  test("leaves an accepted run as it is, and gets its verdict", async () => {
    const signal = executed(await arrive(...RUN));
    await desk.clock.advance(2_700);
    expect(told(await arrive(sell("UVXY")))).toBe("accepted");
    expect(verdicts(sell("UVXY"))).toEqual(["accepted"]);
    begin(signal, true);
    judge(signal.id, "executed");
    expect(told(desk.intake.rejudge("asked"))).toBe("executed");
    expect(verdicts(...RUN, sell("UVXY"))).toEqual(["executed", "executed", "executed", "executed"]);
    expect(told(desk.restart())).toBe("executed");
  });

  test("takes the target of its symbol out of the run, under a new id that a restart finds again", async () => {
    const before = executed(await arrive(...RUN));
    await desk.clock.advance(2_700);
    const signal = executed(await arrive(sell("SMR")));
    expect(signal.id).not.toBe(before.id);
    expect(plain(signal.targets)).toEqual({ LEU: "0.395", OKLO: "0.293" });
    judge(before.id, "superseded");
    expect(told(desk.intake.rejudge("asked"))).toBe("accepted");
    expect(executed(desk.restart()).id).toBe(signal.id);
    begin(signal, true);
    judge(signal.id, "executed");
    expect(told(desk.restart())).toBe("executed");
    expect(verdicts(sell("SMR"))).toEqual(["executed"]);
  });

  test("decides alone where it takes back all that was to be bought", async () => {
    const before = executed(await arrive(line({ symbol: "TQQQ" })));
    await desk.clock.advance(2_000);
    expect(executed(await arrive(sell("TQQQ", T0 + 3_100)))).toMatchObject({ kind: "exit", exits: ["TQQQ"] });
    expect(before.kind).toBe("rebalance");
  });

  test("hands out again a run that could not be executed for now", async () => {
    const { id } = executed(await arrive(...RUN));
    judge(id, "market-closed");
    await desk.clock.advance(2_700);
    expect(executed(await arrive(sell("UVXY"))).id).toBe(id);
  });

  test("is judged by itself when the run has become stale", async () => {
    const { id } = executed(await arrive(...RUN));
    judge(id, "market-closed");
    await desk.clock.advance(299_000);
    executed(await arrive(sell("UVXY", T0 + 299_000)));
    judge(id, "market-closed");
    await desk.clock.advance(2_000);
    expect(executed(desk.intake.rejudge("asked"))).toMatchObject({ kind: "exit", exits: ["UVXY"] });
    expect(verdicts(...RUN)).toEqual(["stale", "stale", "stale"]);
  });

  test("does not wait for legs that are still to come, and does not end the run", async () => {
    const [smr, leu, oklo] = RUN;
    desk.append(smr, leu);
    expect(told(desk.look())).toBe("wait for legs");
    const exit = executed(await arrive(sell("UVXY")));
    expect(exit).toMatchObject({ kind: "exit", exits: ["UVXY"] });
    expect(verdicts(smr, leu)).toEqual(["waiting", "waiting"]);
    begin(exit, true);
    judge(exit.id, "executed");
    expect(plain(executed(await arrive(oklo)).targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(verdicts(sell("UVXY"))).toEqual(["executed"]);
  });

  test("in the middle of a slow run is executed, and so is the run", async () => {
    const slow = RUN.map((text, index) => text.replace(/2025[^"]*/, new Date(T0 + index * 3_000).toISOString()));
    await arrive(slow[0]!);
    const exit = executed(await arrive(sell("UVXY", T0 + 2_500)));
    begin(exit, true);
    judge(exit.id, "executed");
    await desk.clock.advance(4_000);
    desk.append(...slow.slice(1));
    expect(executed(desk.look())).toMatchObject({ kind: "rebalance", oldestStamp: T0 });
    expect(verdicts(sell("UVXY", T0 + 2_500))).toEqual(["executed"]);
  });

  test("decides where the run before it is not acceptable", async () => {
    await desk.clock.advance(4_000);
    expect(executed(await arrive(...nuclearRun(T0, { origin: "simulator" }), sell("UVXY")))).toMatchObject({ kind: "exit" });
    expect(verdicts(...nuclearRun(T0, { origin: "simulator" }))).toEqual(["untrusted", "untrusted", "untrusted"]);
  });
});

describe("SELLs between the legs of BUYs that come slowly", () => {
  const [smr, leu] = RUN;
  const oklo = nuclearRun(T0 + 12_000)[2];

  test.each([1, 2])("are executed at once, and the legs are waited for (%i SELLs)", async (count) => {
    desk.append(smr, leu);
    desk.look();
    for (const symbol of ["UVXY", "BTAL"].slice(0, count)) {
      await desk.clock.advance(3_000);
      const exit = executed(await arrive(sell(symbol, desk.clock.now())));
      expect(exit).toMatchObject({ kind: "exit", exits: [symbol] });
      begin(exit, true);
      judge(exit.id, "executed");
      desk.intake.rejudge("asked");
    }
    expect(verdicts(smr, leu)).toEqual(["waiting", "waiting"]);
    await desk.clock.advance(T0 + 12_200 - desk.clock.now());
    expect(plain(executed(await arrive(oklo)).targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(verdicts(smr, leu, oklo)).toEqual(["accepted", "accepted", "accepted"]);
  });
});

describe("a SELL that follows BUYs which have begun", () => {
  test("gets a separate plan", async () => {
    const signal = executed(await arrive(...RUN));
    begin(signal);
    await desk.clock.advance(2_700);
    expect(executed(await arrive(sell("SMR")))).toMatchObject({ kind: "exit", exits: ["SMR"] });
    expect(verdicts(...RUN)).toEqual(["accepted", "accepted", "accepted"]);
  });

  test("gets none if it arrived before they began", async () => {
    const signal = executed(await arrive(...RUN));
    await desk.clock.advance(2_700);
    await arrive(sell("UVXY"));
    begin(signal);
    expect(told(desk.intake.rejudge("asked"))).toBe("accepted");
  });
});

describe("a SELL that follows another within two seconds, but after that has been handed out", () => {
  /** The first one has been handed out; the other one follows, and settles. */
  async function another(begins: boolean): Promise<{ first: Signal; next: IntakeReport }> {
    const first = executed(await arrive(sell("UVXY", T0)));
    if (begins) begin(first);
    await desk.clock.advance(200);
    desk.append(sell("BTAL", T0 + 1_200));
    expect(told(desk.look())).toBe(begins ? "wait for settle" : "accepted");
    await desk.clock.advance(1_000);
    return { first, next: desk.look() };
  }

  test("forms one plan with it where it has not begun", async () => {
    const { first, next } = await another(false);
    const { id } = executed(next);
    expect(next.decision).toMatchObject({ signal: { kind: "exit", exits: ["UVXY", "BTAL"] } });
    judge(first.id, "superseded");
    judge(id, "market-closed");
    expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
    expect(executed(desk.restart()).id).toBe(id);
  });

  test("gets its own plan where it has begun, and is not called executed before that", async () => {
    const { first, next } = await another(true);
    expect(executed(next)).toMatchObject({ kind: "exit", exits: ["BTAL"] });
    judge(first.id, "executed");
    expect(verdicts(sell("UVXY", T0), sell("BTAL", T0 + 1_200))).toEqual(["executed", "accepted"]);
  });

  test("leaves BUYs alone that the first one is part of", async () => {
    judge(executed(await arrive(...RUN)).id, "market-closed");
    await desk.clock.advance(2_700);
    const { id } = executed(await arrive(sell("SMR")));
    await desk.clock.advance(500);
    desk.append(sell("UVXY", T0 + 4_200));
    expect(told(desk.look())).toBe("accepted");
    judge(id, "market-closed");
    await desk.clock.advance(1_000);
    expect(executed(desk.look())).toMatchObject({ id, exits: ["SMR", "UVXY"] });
  });
});

describe("a newer run", () => {
  test("of HOLD does not interrupt BUYs that have not begun", async () => {
    const { id } = executed(await arrive(...RUN));
    await desk.clock.advance(2_700);
    expect(told(await arrive(hold()))).toBe("accepted");
    expect(verdicts(hold())).toEqual(["held"]);
    judge(id, "market-closed");
    expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
  });

  test("of HOLD or SELL that has not settled is waited for at a start, so that one plan comes of both", async () => {
    await desk.clock.advance(3_000);
    desk.append(...RUN, sell("UVXY"));
    const report = desk.intake.rejudge("start");
    expect(told(report)).toBe("wait for settle");
    await desk.clock.advance(report.lookAgainAt! - desk.clock.now());
    expect(executed(desk.look())).toMatchObject({ kind: "rebalance", exits: ["UVXY"] });
  });

  test("of SELL does not take the place of an older one", async () => {
    const first = executed(await arrive(sell("UVXY", T0)));
    await desk.clock.advance(2_500);
    const both = executed(await arrive(sell("BTAL", T0 + 3_000)));
    expect(both).toMatchObject({ kind: "exit", exits: ["UVXY", "BTAL"] });
    judge(first.id, "superseded");
    expect(executed(desk.restart()).id).toBe(both.id);
  });

  test("of BUYs takes the place of a SELL that has not begun, and of BUYs", async () => {
    await arrive(sell("UVXY", T0));
    await desk.clock.advance(5_000);
    expect(executed(await arrive(...nuclearRun(T0 + 6_000)))).toMatchObject({ kind: "rebalance" });
    expect(verdicts(sell("UVXY", T0))).toEqual(["accepted"]);
    await desk.clock.advance(5_000);
    expect(executed(await arrive(line({ at: T0 + 12_000, symbol: "TQQQ" })))).toMatchObject({ kind: "rebalance" });
  });

  test("that cannot be read holds BUYs back as before, and a SELL behind it decides", async () => {
    executed(await arrive(...RUN));
    await desk.clock.advance(10_000);
    desk.append(line({ at: T0 + 10_000, symbol: "?" }));
    expect(told(desk.look())).toBe("malformed");
    expect(executed(await arrive(sell("UVXY", T0 + 13_000)))).toMatchObject({ kind: "exit" });
  });
});

test("a strategy that confirms its run with new stamps renews it", async () => {
  const first = executed(await arrive(...RUN));
  judge(first.id, "market-closed");
  await desk.clock.advance(200_000);
  const second = executed(await arrive(...nuclearRun(T0 + 200_000)));
  expect(second.id).not.toBe(first.id);
  expect(second.oldestStamp).toBe(T0 + 200_000);
});

test("lines that say the same again have a verdict, and ask for nothing", () => {
  const again = nuclearRun(T0 + 30);
  desk.append(RUN[0], again[0], RUN[1], again[1], RUN[2]);
  const { id } = executed(desk.look());
  desk.append(again[2], RUN[0]);
  const report = desk.look();
  expect(told(report)).toBe("accepted");
  expect(verdicts(...RUN, ...again)).toEqual(["accepted", "accepted", "accepted", "duplicate", "duplicate", "duplicate"]);
  judge(id, "executed");
  expect(told(desk.restart())).toBe("executed");
});
