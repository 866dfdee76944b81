import { renameSync, rmSync, truncateSync, writeFileSync, appendFileSync, chmodSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hashOf } from "../../src/intake/alert.ts";
import { freshness } from "../../src/intake/freshness.ts";
import type { IntakeReport } from "../../src/intake/intake.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { T0, bearRun, fileText, line, nuclearRun, plain } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

let desk: AlertsDesk;
beforeEach(() => {
  desk = new AlertsDesk();
});
afterEach(() => {
  desk.close();
});

function use(settings: ConstructorParameters<typeof AlertsDesk>[0], startMs?: number): void {
  desk.close();
  desk = new AlertsDesk(settings, startMs);
}

function executed({ decision }: IntakeReport): Signal {
  if (decision.kind !== "execute") throw new Error(JSON.stringify(decision));
  return decision.signal;
}

function verdict({ decision }: IntakeReport): string {
  return decision.kind === "verdict" ? decision.verdict.kind : decision.kind;
}

function reason({ decision }: IntakeReport): string {
  return decision.kind === "verdict" ? decision.verdict.reason : decision.kind === "wait" ? decision.reason : decision.kind;
}

const verdicts = (lines: readonly string[]): (string | undefined)[] => desk.verdictsOf(lines.map((each) => hashOf(each)));
const [SMR, LEU, OKLO] = nuclearRun();
const NUCLEAR_RUN = [SMR, LEU, OKLO];

describe("a fresh run", () => {
  test("that names its legs is handed out at once, and only once", () => {
    desk.look();
    desk.append(...NUCLEAR_RUN);
    const signal = executed(desk.look());
    expect(signal).toMatchObject({
      strategy: "nuclear",
      kind: "rebalance",
      exits: [],
      generatedAt: T0 + 200,
      oldestStamp: T0,
      arrivedAt: T0,
      lastLineAt: T0,
    });
    expect(signal.id).toMatch(/^[0-9a-f]{16}$/);
    expect(plain(signal.targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
    expect(signal.alertPrices.get("SMR")).toBe("37.47999954223633");
    expect(verdict(desk.look())).toBe("nothing");
    expect(verdicts(NUCLEAR_RUN)).toEqual(["accepted", "accepted", "accepted"]);
  });

  test("waits for its missing leg, and is handed out when that comes", async () => {
    desk.append(SMR, LEU);
    const waiting = desk.look();
    expect(waiting.decision).toMatchObject({ kind: "wait", for: "legs", reason: expect.stringContaining("OKLO is missing") });
    expect(verdicts([SMR, LEU])).toEqual(["waiting", "waiting"]);
    await desk.clock.advance(60_000);
    desk.append(OKLO);
    expect(executed(desk.look())).toMatchObject({ arrivedAt: expect.any(Number), lastLineAt: T0 + 60_000 });
  });

  test("ends as incomplete when the missing leg never comes", async () => {
    use({}, T0 + 1_000);
    desk.look();
    desk.append(SMR, LEU);
    const { lookAgainAt } = desk.look();
    expect(lookAgainAt).toBe(T0 + 300_001);
    await desk.clock.advance(lookAgainAt! - desk.clock.now());
    const ended = desk.look();
    expect(verdict(ended)).toBe("incomplete");
    expect(reason(ended)).toContain("OKLO is missing");
    expect(ended.verdicts).toMatchObject([{ lines: 2, verdict: { kind: "incomplete" } }]);
  });

  test("whose reasons name no legs is handed out a second after its last line", async () => {
    desk.append(...bearRun());
    const waiting = desk.look();
    expect(waiting).toMatchObject({ decision: { kind: "wait", for: "settle" }, lookAgainAt: expect.any(Number) });
    await desk.clock.advance(999);
    expect(verdict(desk.look())).toBe("nothing");
    await desk.clock.advance(1);
    expect(plain(executed(desk.look()).targets)).toEqual({ SQQQ: "0.623", TQQQ: "0.377" });
  });

  test("of SELL lines exits, and of HOLD changes nothing", async () => {
    desk.append(line({ symbol: "UVXY", action: "SELL", reason: "exit" }));
    desk.look();
    await desk.clock.advance(1_000);
    expect(executed(desk.look())).toMatchObject({ kind: "exit", exits: ["UVXY"], targets: new Map() });
    desk.append(line({ at: T0 + 10_000, symbol: "SPY", action: "HOLD", reason: "Missing SPY data" }));
    await desk.clock.advance(10_000);
    desk.look();
    await desk.clock.advance(1_000);
    expect(verdict(desk.look())).toBe("accepted");
    expect(verdicts([line({ at: T0 + 10_000, symbol: "SPY", action: "HOLD", reason: "Missing SPY data" })])).toEqual(["held"]);
  });

  test("of HOLD alone is held", async () => {
    desk.append(line({ symbol: "SPY", action: "HOLD", reason: "Missing SPY data" }));
    desk.look();
    await desk.clock.advance(1_000);
    expect(verdict(desk.look())).toBe("held");
  });

  test("of another strategy's file has another id, and a rewritten file the same", () => {
    desk.append(...NUCLEAR_RUN);
    const { id } = executed(desk.look());
    rmSync(desk.file);
    desk.write(NUCLEAR_RUN);
    expect(desk.look().decision).toMatchObject({ kind: "verdict", verdict: { kind: "accepted" }, signalId: id, isNew: false });
    use({ strategy: "tecl" });
    desk.append(...NUCLEAR_RUN);
    expect(executed(desk.look()).id).not.toBe(id);
  });
});

describe("age", () => {
  test.each([
    [300_000, "execute"],
    [300_001, "stale"],
    [-5_000, "execute"],
    [-5_201, "future"],
  ])("of %d ms by its stamp: %s", (age, expected) => {
    use({}, T0 + age + (age < 0 ? 200 : 0));
    desk.look();
    desk.append(...NUCLEAR_RUN);
    expect(verdict(desk.look())).toBe(expected);
  });

  test("counts from the file's modification time for lines present at the start", () => {
    use({}, T0 + 4_000);
    desk.write(NUCLEAR_RUN, T0 + 1_000);
    expect(executed(desk.look()).arrivedAt).toBe(T0 + 1_000);
    use({ maxAgeSeconds: 300 }, T0);
    desk.write(nuclearRun(T0 - 1_000), T0 - 301_000);
    expect(reason(desk.look())).toContain("The run arrived 30");
  });

  test("is not renewed by a rewritten file", async () => {
    use({}, T0);
    desk.append(...nuclearRun(T0 + 4_000));
    executed(desk.look());
    desk.ledger.judgeSignal(desk.ledger.recentSignals(1)[0]!.signal.id, { kind: "market-closed", reason: "closed" }, T0);
    await desk.clock.advance(303_000);
    rmSync(desk.file);
    desk.write(nuclearRun(T0 + 4_000));
    expect(reason(desk.look())).toContain("The run arrived 30");
  });

  test("of the newest run is reported even if it was stale at the start", () => {
    use({}, T0 + 86_400_000);
    desk.write(NUCLEAR_RUN, T0);
    const first = desk.look();
    expect(verdict(first)).toBe("stale");
    expect(first.verdicts).toMatchObject([
      { verdict: { kind: "stale" }, lines: 3, subject: "3 lines stamped 2025-07-14 16:00:00 GMT+1 (SMR, LEU, OKLO)" },
    ]);
  });

  test("gives a hint at the zone when a line that has just arrived is whole quarter-hours off", () => {
    use({ timezone: "UTC" });
    desk.look();
    desk.append(...nuclearRun().map((text) => text.replaceAll('Z"', '"').replace("T15:", "T16:")));
    const early = desk.look();
    expect(verdict(early)).toBe("future");
    expect(reason(early)).toMatch(/60 min ahead: it was read as UTC \(UTC\+00:00\), but UTC\+01:00 would fit. Set ALERTS_TIMEZONE/);
    use({ timezone: "Asia/Kolkata" });
    desk.look();
    desk.append(...nuclearRun().map((text) => text.replaceAll('Z"', '"')));
    expect(reason(desk.look())).toContain("UTC+00:00 would fit");
  });

  test("is asked again of the signal itself", () => {
    const signal = { oldestStamp: T0, generatedAt: T0 + 200, arrivedAt: T0 } as Signal;
    expect(freshness(signal, T0 + 300_000, 300).kind).toBe("fresh");
    expect(freshness(signal, T0 + 300_001, 300).kind).toBe("stale");
    expect(freshness({ ...signal, arrivedAt: T0 - 1 }, T0 + 300_000, 300)).toMatchObject({
      kind: "stale",
      reason: expect.stringContaining("arrived"),
    });
    expect(freshness(signal, T0 - 4_801, 300).kind).toBe("future");
  });
});

describe("the newest run decides", () => {
  test.each([
    ["incomplete", [nuclearRun(T0 + 9_000)[0]]],
    ["malformed", ["garbage"]],
    ["over-allocated", [line({ at: T0 + 9_000, reason: "allocation: 150%" })]],
    ["future", [line({ at: T0 + 90_000 })]],
  ])("also when it is %s: the one before is not executed", (_, newer) => {
    use({}, T0 + 10_000);
    desk.look();
    desk.append(...NUCLEAR_RUN, ...newer);
    expect(verdict(desk.look())).not.toBe("execute");
    expect(verdict(desk.intake.rejudge("asked"))).not.toBe("execute");
    expect(desk.ledger.recentSignals(5)).toEqual([]);
  });

  test("and the ones before it are superseded", () => {
    use({}, T0 + 10_000);
    desk.append(...NUCLEAR_RUN, ...nuclearRun(T0 + 9_000));
    executed(desk.look());
    expect(verdicts([...NUCLEAR_RUN, ...nuclearRun(T0 + 9_000)])).toEqual([
      ...Array<string>(3).fill("superseded"),
      ...Array<string>(3).fill("accepted"),
    ]);
  });

  test("but not when its stamp is older than that of a run before it", () => {
    use({}, T0 + 10_000);
    desk.append(...nuclearRun(T0 + 9_000));
    executed(desk.look());
    desk.append(...bearRun(T0));
    const late = desk.look();
    expect(verdict(late)).toBe("superseded");
    expect(reason(late)).toContain("before a run that came earlier");
  });

  test("and a run stamped in the far future does not hold back the ones after it", () => {
    desk.look();
    desk.append(...nuclearRun(T0 + 1e9));
    expect(verdict(desk.look())).toBe("future");
    desk.append(...NUCLEAR_RUN);
    expect(verdict(desk.look())).toBe("execute");
  });

  test("nor does one stamped in the near future, refused, when its time has come", async () => {
    desk.look();
    desk.append(...nuclearRun(T0 + 60_000));
    expect(verdict(desk.look())).toBe("future");
    desk.append(...bearRun(T0));
    desk.look();
    await desk.clock.advance(70_000);
    expect(verdict(desk.intake.rejudge("asked"))).not.toBe("superseded");
  });

  test("while a repeat of an earlier run asks for nothing and takes nothing away", () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    desk.append(...NUCLEAR_RUN);
    const again = desk.look();
    expect(again.verdicts.map((each) => each.verdict.kind)).toEqual(["duplicate"]);
    expect(verdicts(NUCLEAR_RUN)).toEqual(["accepted", "accepted", "accepted"]);
    expect(desk.look().verdicts).toEqual([]);
  });

  describe("and a repeat of a run that is too old takes nothing away from it", () => {
    const hedge = (at: number): string => line({ at, symbol: "UVXY_BTAL_PORTFOLIO", reason: "Market overbought" });
    const decline = (id: string): void => desk.ledger.judgeSignal(id, { kind: "market-closed", reason: "closed" }, desk.clock.now());

    /** Both runs, one after the other; the id of the newer one, which cannot be executed for now. */
    async function pending(secondsLater: number): Promise<string> {
      desk.append(...NUCLEAR_RUN);
      desk.look();
      await desk.clock.advance(secondsLater * 1_000);
      desk.append(hedge(desk.clock.now()));
      const { id } = executed(desk.look());
      decline(id);
      return id;
    }

    test("when it is written", async () => {
      const id = await pending(400);
      desk.append(...NUCLEAR_RUN);
      expect(verdict(desk.look())).toBe("market-closed");
      expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
    });

    test("when the run becomes too old afterwards", async () => {
      const id = await pending(200);
      desk.append(...NUCLEAR_RUN);
      desk.look();
      await desk.clock.advance(200_000);
      expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
      expect(executed(desk.intake.rejudge("start")).id).toBe(id);
    });

    test("when a start finds both, and when the file is then rewritten without the run", async () => {
      desk.append(...NUCLEAR_RUN, hedge(T0 + 400_000), ...NUCLEAR_RUN);
      await desk.clock.advance(401_000);
      const { id } = executed(desk.restart());
      expect(verdicts(NUCLEAR_RUN)).toEqual(["duplicate", "duplicate", "duplicate"]);
      decline(id);
      desk.write([hedge(T0 + 400_000)]);
      expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
    });
  });

  test("and two runs inside five minutes are never united", () => {
    use({}, T0 + 100_000);
    desk.append(...NUCLEAR_RUN, line({ at: T0 + 90_000, symbol: "UVXY_BTAL_PORTFOLIO", reason: "Market overbought" }));
    expect(plain(executed(desk.look()).targets)).toEqual({ UVXY: "0.75", BTAL: "0.25" });
  });
});

describe("a line without a stamp", () => {
  test("at the end holds everything back until the run goes on after it", () => {
    desk.append(SMR, LEU, "garbage");
    expect(verdict(desk.look())).toBe("malformed");
    expect(verdicts([SMR, LEU, "garbage"])).toEqual(["waiting", "waiting", "malformed"]);
    desk.append(OKLO);
    expect(executed(desk.look()).lineHashes).toEqual(NUCLEAR_RUN.map((each) => hashOf(each)));
  });

  test("ends a run for good once that is too old to go on", async () => {
    desk.append(SMR, LEU, "garbage");
    const { lookAgainAt } = desk.look();
    await desk.clock.advance(lookAgainAt! - T0);
    expect(verdict(desk.look())).toBe("malformed");
    expect(verdicts([SMR, LEU])).toEqual(["superseded", "superseded"]);
  });
});

test("a run that its writer restarted from the first line is handed out, and can be requested again", async () => {
  desk.append(SMR, LEU);
  desk.look();
  desk.append(...NUCLEAR_RUN);
  const { id } = executed(desk.look());
  desk.ledger.judgeSignal(id, { kind: "market-closed", reason: "closed" }, T0);
  await desk.clock.advance(1_000);
  expect(executed(desk.intake.rejudge("asked")).id).toBe(id);
});

describe("what comes late to a decided run", () => {
  test("a SELL among its BUYs makes no second signal", () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    const sell = line({ at: T0 + 400, symbol: "UVXY", action: "SELL", reason: "exit" });
    desk.append(sell);
    expect(desk.look().decision).toMatchObject({ kind: "verdict", isNew: false });
    expect(verdicts([sell])).toEqual(["accepted"]);
  });

  test("a second single symbol is over-allocated and is not executed", async () => {
    desk.append(line({ symbol: "TQQQ" }));
    desk.look();
    await desk.clock.advance(1_000);
    executed(desk.look());
    const second = line({ at: T0 + 1_500, symbol: "UVXY" });
    desk.append(second);
    expect(verdict(desk.look())).toBe("over-allocated");
    expect(verdicts([line({ symbol: "TQQQ" }), second])).toEqual(["accepted", "over-allocated"]);
  });

  test("a line that spoils a run which cannot be executed for now ends that run for good", () => {
    desk.append(...NUCLEAR_RUN);
    const { id } = executed(desk.look());
    const spoilt = line({ at: T0 + 500, symbol: "leu" });
    desk.append(spoilt);
    expect(verdict(desk.look())).toBe("accepted");
    desk.ledger.judgeSignal(id, { kind: "market-closed", reason: "closed" }, T0);
    expect(verdict(desk.intake.rejudge("asked"))).toBe("malformed");
    expect(verdicts([...NUCLEAR_RUN, spoilt])).toEqual(Array<string>(4).fill("malformed"));
    expect(desk.ledger.signal(id)?.verdict).toBe("malformed");
  });
});

describe("a provisional verdict", () => {
  const told = (kind: "market-closed" | "executed"): void =>
    desk.ledger.judgeSignal(desk.ledger.recentSignals(1)[0]!.signal.id, { kind, reason: "because" }, desk.clock.now());

  test("stands until someone asks, and then the run is handed out again while it is fresh", async () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    told("market-closed");
    await desk.clock.advance(100_000);
    expect(verdict(desk.look())).toBe("nothing");
    expect(verdict(desk.intake.rejudge("asked"))).toBe("execute");
  });

  test("ends as stale by itself when its time is up", async () => {
    desk.append(...NUCLEAR_RUN);
    const { lookAgainAt } = desk.look();
    told("market-closed");
    await desk.clock.advance(lookAgainAt! - T0);
    expect(verdict(desk.look())).toBe("stale");
    expect(desk.look()).toMatchObject({ decision: { kind: "nothing" }, lookAgainAt: undefined });
  });

  test("is named by the stale verdict that ends it, also after the run was taken up again", async () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    told("market-closed");
    executed(desk.intake.rejudge("asked"));
    await desk.clock.advance(301_000);
    const restarted = desk.restart();
    expect(verdict(restarted)).toBe("stale");
    expect(reason(restarted)).toMatch(/at most 300 s are allowed\. It was not executed in time \(market-closed\): because$/);
    expect(desk.ledger.recentSignals(1)[0]?.verdictReason).toBe(reason(restarted));
  });

  test("ends as stale when nobody asks in time", async () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    told("market-closed");
    expect(desk.restart().decision.kind).toBe("execute");
    told("market-closed");
    await desk.clock.advance(301_000);
    expect(verdict(desk.intake.rejudge("asked"))).toBe("stale");
    expect(verdicts(NUCLEAR_RUN)).toEqual(["stale", "stale", "stale"]);
  });

  test("of acceptance belongs to the executor: only a start hands the signal out again", () => {
    desk.append(...NUCLEAR_RUN);
    const { id } = executed(desk.look());
    expect(desk.intake.rejudge("asked").decision).toMatchObject({ kind: "verdict", verdict: { kind: "accepted" } });
    expect(executed(desk.restart()).id).toBe(id);
  });

  test("is left alone while an execution of the signal is under way, also after a restart", async () => {
    desk.append(...NUCLEAR_RUN);
    const { id } = executed(desk.look());
    desk.ledger.createExecution({
      id: "e1",
      signalId: id,
      accountNumber: "PA1",
      mode: "paper",
      wanted: { kind: "rebalance", targets: new Map([["SMR", decimal("1")]]) } as never,
      startedAt: T0,
      deadline: T0 + 600_000,
      offHours: false,
    });
    await desk.clock.advance(400_000);
    expect(desk.restart().decision).toMatchObject({ kind: "verdict", verdict: { kind: "accepted" }, signalId: id });
  });

  test("that became final is never judged again", () => {
    desk.append(...NUCLEAR_RUN);
    executed(desk.look());
    told("executed");
    expect(desk.restart().decision).toMatchObject({ kind: "verdict", verdict: { kind: "executed" }, isNew: false });
  });
});

describe("a run is refused", () => {
  test("when it names a symbol that ALLOWED_SYMBOLS does not list", () => {
    use({ allowedSymbols: new Set(["SMR", "LEU"]) });
    desk.append(...NUCLEAR_RUN);
    const refused = desk.look();
    expect(verdict(refused)).toBe("malformed");
    expect(reason(refused)).toContain("OKLO, which is not in ALLOWED_SYMBOLS");
  });

  test.each(["paper", "live"] as const)("in %s mode when it was written from simulator data", (mode) => {
    use({ mode });
    desk.append(...nuclearRun(T0, { origin: "simulator" }));
    expect(verdict(desk.look())).toBe("untrusted");
  });

  test("but not in simulator mode", () => {
    use({ mode: "simulator" });
    desk.append(...nuclearRun(T0, { origin: "simulator" }));
    expect(verdict(desk.look())).toBe("execute");
  });

  test("while others can write to the file; once that is fixed, its lines are as old as the file", () => {
    desk.write(NUCLEAR_RUN, T0 - 1_000);
    chmodSync(desk.file, 0o666);
    const first = desk.look();
    expect(verdict(first)).toBe("untrusted");
    expect(reason(first)).toContain("chmod 644");
    expect(first.verdicts).toHaveLength(1);
    expect(desk.look().verdicts).toEqual([]);
    chmodSync(desk.file, 0o644);
    expect(executed(desk.look()).arrivedAt).toBe(T0 - 1_000);
  });
});

describe("nothing is lost", () => {
  test("when the process dies between two legs", async () => {
    desk.append(SMR, LEU);
    desk.look();
    await desk.clock.advance(30_000);
    expect(desk.restart().decision).toMatchObject({ kind: "wait", for: "legs" });
    desk.append(OKLO);
    expect(executed(desk.look()).arrivedAt).toBe(T0);
  });

  test("when the file is renamed over, cut or deleted between two legs", () => {
    desk.append(SMR);
    desk.look();
    writeFileSync(`${desk.file}.new`, "", { mode: 0o644 });
    appendFileSync(desk.file, fileText([LEU]));
    renameSync(`${desk.file}.new`, desk.file);
    desk.append(OKLO);
    expect(executed(desk.look()).lineHashes).toHaveLength(3);
    const next = nuclearRun(T0 + 3_000);
    desk.append(next[0]);
    desk.look();
    truncateSync(desk.file, 0);
    desk.append(next[1]);
    desk.look();
    rmSync(desk.file);
    expect(desk.look().fileMissing).toBe(true);
    desk.append(next[2]);
    expect(executed(desk.look()).generatedAt).toBe(T0 + 3_200);
  });

  test("when the ledger fails while a run is recorded: the next look judges it again", () => {
    desk.append(...NUCLEAR_RUN);
    const working = desk.ledger.transaction.bind(desk.ledger);
    desk.ledger.transaction = () => {
      throw new Error("disk full");
    };
    expect(() => desk.look()).toThrow("disk full");
    desk.ledger.transaction = working;
    expect(verdict(desk.look())).toBe("execute");
  });
});

test("a run that a rewritten file no longer holds does not bring back the one before it", () => {
  use({}, T0 + 10_000);
  desk.append(...NUCLEAR_RUN, ...nuclearRun(T0 + 9_000));
  executed(desk.look());
  desk.write(NUCLEAR_RUN);
  expect(desk.look().decision).toMatchObject({ kind: "verdict", verdict: { kind: "superseded" }, isNew: false });
});

test("what stood in the file before the first line that can still be fresh is one verdict, and no lines are recorded for it", () => {
  const old = Array.from({ length: 50 }, (_, index) => nuclearRun(T0 - 86_400_000 + index * 60_000)).flat();
  desk.write([...old, ...NUCLEAR_RUN]);
  const first = desk.look();
  expect(executed(first).generatedAt).toBe(T0 + 200);
  expect(first.verdicts.filter((each) => each.verdict.kind === "history")).toMatchObject([{ lines: 150 }]);
  expect(verdicts(old).every((each) => each === undefined)).toBe(true);
});

test("a file that is not there asks for nothing", () => {
  expect(desk.look()).toEqual({ decision: { kind: "nothing" }, verdicts: [], lookAgainAt: undefined, fileMissing: true });
});
