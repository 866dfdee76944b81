import { describe, expect, test } from "@jest/globals";
import { hashOf } from "../../src/intake/alert.ts";
import type { Facts, JudgeSettings, KnownVerdict } from "../../src/intake/assessment.ts";
import { runsOf } from "../../src/intake/batch.ts";
import { signalIdOf } from "../../src/intake/decisive.ts";
import { judge } from "../../src/intake/judge.ts";
import type { Judgement } from "../../src/intake/judge.ts";
import { LONDON, T0, bearRun, entries, line, nuclearRun, plain } from "./alerts.ts";

const SETTINGS: JudgeSettings = {
  strategy: "nuclear",
  mode: "paper",
  maxAgeSeconds: 300,
  settleSeconds: 1,
  allowedSymbols: undefined,
  timezone: LONDON,
};
const NO_STAMP = '{"timestamp":"soon","symbol":"SMR","action":"BUY","reason":"31.2%"}';

interface Given extends Partial<Omit<Facts, "runs" | "known">> {
  readonly known?: Readonly<Record<string, Pick<KnownVerdict, "kind"> & Partial<KnownVerdict>>>;
  readonly settings?: Partial<JudgeSettings>;
  /** Of the last line; the others arrived at T0. */
  readonly lastAt?: number;
  /** Why nobody has judged the lines before. */
  readonly late?: string;
}

function judged(lines: readonly string[], { known = {}, settings, lastAt = T0, late, ...facts }: Given = {}): Judgement {
  const all = [...entries(lines.slice(0, -1)), ...entries(lines.slice(-1), lastAt)].map((entry) => ({ ...entry, late }));
  const verdicts = Object.entries(known).map(([text, said]): [string, KnownVerdict] => [
    hashOf(text),
    { reason: "said before", signalId: undefined, ...said },
  ]);
  return judge(
    {
      runs: runsOf(all),
      known: new Map(verdicts),
      inExecution: new Set(),
      begun: new Set(),
      lastAccepted: undefined,
      now: T0 + 2_000,
      occasion: "look",
      ...facts,
    },
    { ...SETTINGS, ...settings },
  );
}

/** What is to be recorded: for each line its verdict, in the order of recording. */
function recorded(lines: readonly string[], { verdicts }: Judgement): string[] {
  const place = new Map(lines.map((text, index) => [hashOf(text), index]));
  return verdicts.flatMap(({ hashes, verdict }) => hashes.map((hash) => `${String(place.get(hash))} ${verdict.kind}`));
}

const told = ({ decision }: Judgement): string =>
  decision.kind === "verdict" ? decision.verdict.kind : decision.kind === "wait" ? `wait for ${decision.for}` : decision.kind;

const RUN = nuclearRun();
const [SMR, LEU, OKLO] = RUN;
const BEAR = bearRun();
const STALE_AT = T0 + 300_001;
const idOf = (lines: readonly string[]): string => signalIdOf("nuclear", runsOf(entries(lines)).at(-1)!);

describe("the newest run", () => {
  test("is executed when it is whole, and stale by itself if nobody does so", () => {
    const judgement = judged(RUN);
    expect(judgement).toMatchObject({ decision: { kind: "execute" }, verdicts: [], judgeAgainAt: STALE_AT });
  });

  test("asks for nothing when there is none", () => {
    expect(judged([])).toEqual({ decision: { kind: "nothing" }, verdicts: [], judgeAgainAt: undefined });
    expect(judged(BEAR, { now: T0 + 500 }).decision.kind).toBe("wait");
  });

  test("waits for its legs until it is stale, and says so once", () => {
    const lines = [SMR, LEU];
    const first = judged(lines);
    expect(told(first)).toBe("wait for legs");
    expect(recorded(lines, first)).toEqual(["0 waiting", "1 waiting"]);
    expect(first.judgeAgainAt).toBe(STALE_AT);
    const { reason = "" } = first.verdicts[0]?.verdict ?? {};
    const said = { kind: "waiting" as const, reason };
    expect(recorded(lines, judged(lines, { known: { [SMR]: said, [LEU]: said } }))).toEqual([]);
    expect(recorded(lines, judged(lines, { known: { [SMR]: { kind: "waiting" } } }))).toEqual(["0 waiting", "1 waiting"]);
  });

  test("that names no legs waits until a second after its last line", () => {
    expect(told(judged(BEAR, { lastAt: T0 + 1_001 }))).toBe("wait for settle");
    expect(judged(BEAR, { lastAt: T0 + 1_001 }).judgeAgainAt).toBe(T0 + 2_001);
    expect(told(judged(BEAR, { lastAt: T0 + 1_000 }))).toBe("execute");
  });

  test("of HOLD holds, once nothing more comes", () => {
    const hold = [line({ action: "HOLD" })];
    expect(told(judged(hold, { now: T0 + 999 }))).toBe("wait for settle");
    expect(told(judged(hold, { now: T0 + 1_000 }))).toBe("held");
  });

  test("may name only what ALLOWED_SYMBOLS lists, also where it sells", () => {
    const allowedSymbols = new Set(["SMR", "LEU"]);
    expect(told(judged(RUN, { settings: { allowedSymbols } }))).toBe("malformed");
    expect(told(judged([line({ symbol: "OKLO", action: "SELL" })], { settings: { allowedSymbols } }))).toBe("malformed");
    expect(told(judged([line({ symbol: "LEU", action: "SELL" })], { settings: { allowedSymbols } }))).toBe("execute");
  });

  test("is refused with a verdict that is new only once", () => {
    const now = T0 + 400_000;
    const first = judged(RUN, { now });
    expect(first.decision).toMatchObject({ kind: "verdict", verdict: { kind: "stale" }, signalId: idOf(RUN), isNew: true });
    expect(recorded(RUN, first)).toEqual(["0 stale", "1 stale", "2 stale"]);
    const known = Object.fromEntries(RUN.map((text) => [text, { kind: "stale" as const, signalId: idOf(RUN) }]));
    expect(judged(RUN, { now, known })).toMatchObject({ decision: { isNew: false }, verdicts: [] });
  });

  test("that nobody judged in time is stale for that reason, and its signal is kept", () => {
    const [now, late] = [T0 + 400_000, "Nobody was there."];
    const missed = judged(RUN, { now, late });
    expect(missed.decision).toMatchObject({
      verdict: { kind: "stale", reason: expect.stringMatching(/^The run is .* old by its stamp.* Nobody was there\.$/) as unknown },
      missed: { id: idOf(RUN), kind: "rebalance" },
      isNew: true,
    });
    // Fresh, judged before, stale when it came, or never whole: that nobody was there does not matter, or makes no signal.
    expect(judged(RUN, { late }).decision).not.toHaveProperty("missed");
    const known = { [SMR]: { kind: "waiting" as const } };
    const others = [
      judged(RUN, { now, late, known }),
      judged(nuclearRun(T0 - 301_000), { now, late }),
      judged([SMR, LEU], { now, late }),
      judged(RUN, { now }),
    ];
    for (const { decision } of others) {
      expect(decision).toMatchObject({ verdict: { kind: "stale" } });
      expect(decision).not.toHaveProperty("missed");
    }
  });

  test("that waited for legs in vain is incomplete, and one that did not, or was whole, is stale", () => {
    const now = T0 + 400_000;
    const waiting = { kind: "waiting" as const };
    const judgement = judged([SMR, LEU], { now, known: { [LEU]: waiting } });
    expect(told(judgement)).toBe("incomplete");
    expect(judgement.decision).toMatchObject({
      verdict: { reason: expect.stringContaining("The missing legs did not arrive within 300 s.") as unknown },
    });
    expect(told(judged([SMR, LEU], { now }))).toBe("stale");
    expect(told(judged(BEAR, { now, known: { [BEAR[0]]: waiting } }))).toBe("stale");
    expect(told(judged([SMR, LEU], { now: T0 - 10_000, known: { [LEU]: waiting } }))).toBe("future");
  });

  test("gets the hint at a zone by its last line, which has just come", () => {
    const lines = nuclearRun(T0 + 3_600_000);
    expect(judged(lines, { lastAt: T0 }).decision).toMatchObject({
      verdict: { kind: "future", reason: expect.stringContaining("the UTC offset in the stamp looks wrong") as unknown },
    });
  });

  test("carries the reason of its first BUY, and the prices that are there", () => {
    const sell = line({ symbol: "TQQQ", action: "SELL", reason: "Take profit", more: { price: undefined } });
    const { decision } = judged([sell, ...RUN]);
    if (decision.kind !== "execute") throw new Error(decision.kind);
    expect(decision.signal).toMatchObject({
      kind: "rebalance",
      exits: ["TQQQ"],
      reason: expect.stringMatching(/^Nuclear portfolio/) as unknown,
    });
    expect([...decision.signal.alertPrices.keys()]).toEqual(["SMR", "LEU", "OKLO"]);
    expect(plain(decision.signal.targets)).toEqual({ SMR: "0.312", LEU: "0.395", OKLO: "0.293" });
  });

  test("of SELL alone exits, for the reason that it gives", () => {
    const { decision } = judged([line({ action: "SELL", reason: "Take profit" })]);
    expect(decision).toMatchObject({ signal: { kind: "exit", exits: ["SMR"], reason: "Take profit" } });
  });
});

describe("a run stamped before one that came earlier", () => {
  const older = nuclearRun(T0 - 10_000);

  test.each<[string, readonly string[]]>([
    ["a whole one", BEAR],
    ["an exit", [line({ symbol: "TQQQ", action: "SELL" })]],
    ["a HOLD", [line({ symbol: "TQQQ", action: "HOLD" })]],
  ])("is superseded by %s", (_, earlier) => {
    const judgement = judged([...earlier, ...older]);
    expect(told(judgement)).toBe("superseded");
    expect(judgement.decision).toMatchObject({ verdict: { reason: expect.stringContaining("before a run that came earlier") as unknown } });
  });

  test.each<[string, readonly string[]]>([
    ["that was incomplete", [SMR, LEU]],
    ["that was malformed", [line({ symbol: "TQQQ", action: "SWAP" })]],
    ["that lies in the future", nuclearRun(T0 + 60_000)],
  ])("is not, by one %s", (_, earlier) => {
    expect(told(judged([...earlier, ...older]))).toBe("execute");
  });

  test("is not, by one that was refused because it lay ahead, even for one of its lines", () => {
    expect(told(judged([...BEAR, ...older], { known: { [BEAR[1]]: { kind: "future" } } }))).toBe("execute");
  });

  test("is superseded only if it is more than two seconds older", () => {
    const near = (gap: number): readonly string[] => [line({ at: T0 + gap, symbol: "TQQQ", action: "SELL" }), ...nuclearRun(T0 - 200)];
    expect(told(judged(near(2_001)))).toBe("superseded");
    expect(told(judged(near(2_000)))).toBe("execute");
  });

  test("is superseded by what an earlier process accepted, unless that is the run itself or has a future stamp", () => {
    const by = (id: string, generatedAt: number): string =>
      told(judged(RUN, { lastAccepted: { id, generatedAt, kind: "exit", lineHashes: ["gone"] } }));
    expect(by("other", T0 + 5_000)).toBe("superseded");
    expect(by(idOf(RUN), T0 + 5_000)).toBe("execute");
    expect(by("other", T0 + 2_000)).toBe("execute");
    expect(by("other", T0 + 7_000)).toBe("superseded");
    expect(by("other", T0 + 7_001)).toBe("execute");
  });
});

describe("a run that has been decided", () => {
  test("is not decided again, and the verdict of a late line says so", () => {
    const known = { [SMR]: { kind: "executed" as const, signalId: "s" }, [LEU]: { kind: "executed" as const, signalId: "s" } };
    const judgement = judged(RUN, { known });
    expect(judgement.decision).toEqual({
      kind: "verdict",
      verdict: { kind: "executed", reason: "said before" },
      signalId: "s",
      isNew: false,
    });
    expect(recorded(RUN, judgement)).toEqual(["2 superseded"]);
    expect(judgement.verdicts[0]?.verdict.reason).toContain("was decided (executed)");
    const waiting = judged(RUN, { known: { ...known, [OKLO]: { kind: "waiting" } } });
    expect(recorded(RUN, waiting)).toEqual(["2 superseded"]);
  });

  test("tells a late line what would be said of the run, where that is no good", () => {
    const known = { [SMR]: { kind: "executed" as const }, [LEU]: { kind: "executed" as const } };
    expect(recorded(RUN, judged(RUN, { known, now: T0 + 400_000 }))).toEqual(["2 stale"]);
  });

  test("is contradicted by a SELL of what it bought, which is refused and not called executed", () => {
    const lines = [...RUN, line({ symbol: "SMR", action: "SELL", reason: "Take profit", at: T0 + 1_500 })];
    const known = Object.fromEntries(RUN.map((text) => [text, { kind: "executed" as const, signalId: "s" }]));
    const judgement = judged(lines, { known });
    expect(judgement.decision).toMatchObject({ kind: "verdict", verdict: { kind: "malformed" }, isNew: true });
    expect(recorded(lines, judgement)).toEqual([`${String(RUN.length)} malformed`]);
    const again = judged(lines, { known: { ...known, [lines.at(-1)!]: { kind: "malformed" as const } } });
    expect(again.decision).toMatchObject({ kind: "verdict", verdict: { kind: "malformed" } });
  });

  const accepted = Object.fromEntries(RUN.map((text) => [text, { kind: "accepted" as const, signalId: idOf(RUN) }]));

  test("as accepted belongs to its executor, but not after a start", () => {
    expect(told(judged(RUN, { known: accepted }))).toBe("accepted");
    expect(judged(RUN, { known: accepted }).judgeAgainAt).toBe(STALE_AT);
    expect(told(judged(RUN, { known: accepted, occasion: "asked" }))).toBe("accepted");
    expect(told(judged(RUN, { known: accepted, occasion: "start" }))).toBe("execute");
    expect(told(judged(RUN, { known: accepted, occasion: "start", inExecution: new Set([idOf(RUN)]) }))).toBe("accepted");
    expect(judged(RUN, { known: accepted, now: T0 + 300_001 }).judgeAgainAt).toBeUndefined();
  });

  test("for now is decided again when somebody asks, or when its time is up", () => {
    const halted = Object.fromEntries(RUN.map((text) => [text, { kind: "halted" as const, signalId: idOf(RUN) }]));
    expect(told(judged(RUN, { known: halted }))).toBe("halted");
    expect(told(judged(RUN, { known: halted, occasion: "asked" }))).toBe("execute");
    expect(told(judged(RUN, { known: halted, now: T0 + 400_000 }))).toBe("stale");
    const running = { known: halted, inExecution: new Set([idOf(RUN)]), now: T0 + 400_000 };
    expect(told(judged(RUN, running))).toBe("halted");
    expect(recorded(RUN, judged(RUN, running))).toEqual([]);
  });
});

describe("a run that another follows", () => {
  const later = bearRun(T0 + 10_000);

  test("is superseded, and the reason says what it lacked", () => {
    const lines = [SMR, LEU, ...later];
    const judgement = judged(lines, { now: T0 + 15_000 });
    expect(recorded(lines, judgement)).toEqual(["0 superseded", "1 superseded"]);
    expect(judgement.verdicts[0]).toMatchObject({
      signalId: idOf([SMR, LEU]),
      verdict: {
        reason: expect.stringMatching(
          /^A newer run follows in the file, stamped 2025-07-14 16:00:10 GMT\+1\. This run was incomplete: /,
        ) as unknown,
      },
    });
    const whole = judged([...RUN, ...later], { now: T0 + 15_000 }).verdicts[0];
    expect(whole?.verdict.reason).toBe("A newer run follows in the file, stamped 2025-07-14 16:00:10 GMT+1.");
  });

  test("is left alone where it is in execution, and not where it was only accepted before a start", () => {
    const accepted = Object.fromEntries(RUN.map((text) => [text, { kind: "accepted" as const, signalId: idOf(RUN) }]));
    const given = { now: T0 + 15_000, known: accepted };
    expect(recorded([...RUN, ...later], judged([...RUN, ...later], given))).toEqual([]);
    expect(recorded([...RUN, ...later], judged([...RUN, ...later], { ...given, occasion: "start" }))).toHaveLength(3);
    const running = { ...given, occasion: "start" as const, inExecution: new Set([idOf(RUN)]) };
    expect(recorded([...RUN, ...later], judged([...RUN, ...later], running))).toEqual([]);
  });

  test("that was malformed stays so", () => {
    const lines = [line({ action: "SWAP" }), ...later];
    expect(recorded(lines, judged(lines, { now: T0 + 15_000 }))).toEqual(["0 malformed"]);
  });

  test("by a line that cannot be read only, may yet go on until it is stale, and is then ended", () => {
    const lines = [SMR, LEU, NO_STAMP];
    const open = judged(lines);
    expect(told(open)).toBe("malformed");
    expect(recorded(lines, open)).toEqual(["0 waiting", "1 waiting", "2 malformed"]);
    expect(open.judgeAgainAt).toBe(STALE_AT);
    expect(recorded(lines, judged(lines, { now: STALE_AT - 1 }))).toContain("0 waiting");
    expect(recorded(lines, judged(lines, { now: STALE_AT }))).toContain("0 superseded");
    expect(judged(lines, { now: STALE_AT }).judgeAgainAt).toBeUndefined();
  });
});

test("a line without a stamp inside a run that names its legs is malformed, and the run is executed", () => {
  const lines = [SMR, NO_STAMP, LEU, OKLO];
  const judgement = judged(lines);
  expect(told(judgement)).toBe("execute");
  expect(recorded(lines, judgement)).toEqual(["1 malformed"]);
});

test("a repeat of a run is a duplicate, and does not take the place of what came between", () => {
  const lines = [...RUN, ...bearRun(T0 + 10_000), ...RUN];
  const judgement = judged(lines, { now: T0 + 15_000 });
  expect(judgement.decision).toMatchObject({ kind: "execute", signal: { id: idOf(bearRun(T0 + 10_000)) } });
  expect(judgement.verdicts.map(({ verdict }) => verdict.kind)).toEqual(["superseded", "duplicate"]);
});

test("a SELL among BUYs does not change the signal, and one alone does", () => {
  const sell = line({ symbol: "TQQQ", action: "SELL" });
  expect(idOf([...RUN, sell])).toBe(idOf(RUN));
  expect(idOf([sell])).not.toBe(idOf([line({ symbol: "SMR", action: "SELL" })]));
});
