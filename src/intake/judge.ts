import { assess } from "./assessment.ts";
import type { Assessment, Facts, JudgeSettings, KnownVerdict, Wait } from "./assessment.ts";
import { hashOf } from "./alert.ts";
import type { Run } from "./batch.ts";
import { unlessClockIsWrong } from "./clock-doubt.ts";
import { iso, staleAt } from "./freshness.ts";
import type { Signal } from "./signal.ts";
import { isFinal } from "./verdict.ts";
import type { Verdict, VerdictKind } from "./verdict.ts";

/** What the newest run asks for. */
export type Decision =
  | { readonly kind: "execute"; readonly signal: Signal }
  | Wait
  /** `isNew`: spoken now, not before. */
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly signalId: string | undefined; readonly isNew: boolean }
  | { readonly kind: "nothing" };

/** A verdict to be recorded for some lines. */
export interface LineVerdict {
  readonly hashes: readonly string[];
  readonly verdict: Verdict;
  /** Set when the lines make up a whole signal. */
  readonly signalId: string | undefined;
}

export interface Judgement {
  readonly decision: Decision;
  readonly verdicts: readonly LineVerdict[];
  /** When the decision changes by itself; milliseconds since the epoch. */
  readonly judgeAgainAt: number | undefined;
}

/** 16 hexadecimal digits: the same lines of the same strategy give the same id, wherever they stand. */
export function signalIdOf(strategy: string, run: Run): string {
  const buys = run.alerts.filter(({ action }) => action === "BUY");
  // A SELL beside BUYs asks for nothing that the targets do not: one that comes late must not make a second signal.
  const deciding = buys.length > 0 ? buys : run.alerts;
  return hashOf([strategy, ...deciding.map(({ hash }) => hash)].join("\n")).slice(0, 16);
}

/**
 * Decides what the newest run asks for (R4–R7). A run that repeats an earlier one word for word is set
 * aside; of the others the last in file order decides, and no older run is executed in its place (R6).
 */
export function judge(facts: Facts, settings: JudgeSettings): Judgement {
  const repeats = facts.runs.filter(({ repeated }) => repeated);
  const runs = facts.runs.filter(({ repeated }) => !repeated);
  const newest = runs.at(-1);
  if (newest === undefined) return { decision: { kind: "nothing" }, verdicts: [], judgeAgainAt: undefined };
  const judged = judgeNewest(newest, runs.slice(0, -1), facts, settings);
  const strays = runs.flatMap((run) =>
    run.strays.flatMap((stray) => newVerdict([stray.hash], { kind: "malformed", reason: stray.problem }, undefined, facts)),
  );
  const older = runs.slice(0, -1).flatMap((run, index) => judgeOlder(run, runs.slice(index + 1), facts, settings));
  return {
    decision: judged.decision,
    verdicts: [...strays, ...withoutLinesOf(newest, older), ...judged.verdicts, ...repeats.map(duplicate)],
    judgeAgainAt: judged.judgeAgainAt ?? (newest.newestStamp === undefined ? endOfOpenRun(runs.at(-2), facts, settings) : undefined),
  };
}

/** A run that was begun again from its first line must not be spoilt by what is said of the attempt before. */
function withoutLinesOf(newest: Run, verdicts: readonly LineVerdict[]): LineVerdict[] {
  const standing = new Set(newest.hashes);
  return verdicts
    .map((verdict) => ({ ...verdict, hashes: verdict.hashes.filter((hash) => !standing.has(hash)) }))
    .filter(({ hashes }) => hashes.length > 0);
}

/** Until then the run before an unreadable last line may go on. */
function endOfOpenRun(run: Run | undefined, facts: Facts, settings: JudgeSettings): number | undefined {
  return run === undefined ? undefined : endOfFreshness(run, facts, settings);
}

function duplicate(run: Run): LineVerdict {
  return {
    hashes: run.hashes,
    verdict: { kind: "duplicate", reason: "The same lines stand in the file already; a repeat asks for nothing." },
    signalId: undefined,
  };
}

function judgeNewest(run: Run, earlier: readonly Run[], facts: Facts, settings: JudgeSettings): Judgement {
  const id = signalIdOf(settings.strategy, run);
  const said = run.hashes.map((hash) => facts.known.get(hash)).filter((known) => known !== undefined);
  const settled = said.find((known) => isFinal(known.kind));
  const own = said.find((known) => known.signalId === id && known.kind !== "waiting");
  const assessment = unlessClockIsWrong(assess(run, id, earlier, facts, settings), run, facts, settings);
  if (settled !== undefined) return standing(run, settled, assessment, facts);
  if (own !== undefined && stands(own, id, assessment, facts))
    return { ...standing(run, own, assessment, facts), judgeAgainAt: endOfFreshness(run, facts, settings) };
  const judgement = spoken(run, id, assessment, facts);
  return assessment.kind === "execute" ? { ...judgement, judgeAgainAt: endOfFreshness(run, facts, settings) } : judgement;
}

/** When a verdict for now must become a final one, if nobody has acted by then. */
function endOfFreshness(run: Run, facts: Facts, settings: JudgeSettings): number | undefined {
  if (run.oldestStamp === undefined) return undefined;
  const end = staleAt({ oldestStamp: run.oldestStamp, arrivedAt: run.arrivedAt }, settings.maxAgeSeconds);
  return end > facts.now ? end : undefined;
}

/** Whether a provisional verdict holds for now: until someone asks, its time is up, or execution lets go of the signal (R7). */
function stands(own: KnownVerdict, id: string, assessment: Assessment, facts: Facts): boolean {
  if (facts.inExecution.has(id)) return true;
  if (own.kind === "accepted") return facts.occasion !== "start";
  return facts.occasion === "look" && assessment.kind !== "refuse";
}

function standing(run: Run, known: KnownVerdict, assessment: Assessment, facts: Facts): Judgement {
  const late = run.hashes.filter((hash) => !facts.known.has(hash) || facts.known.get(hash)?.kind === "waiting");
  const verdict: Verdict =
    assessment.kind === "refuse"
      ? assessment.verdict
      : { kind: "superseded", reason: `It came after its run had been decided (${known.kind}), and a decided run is not added to.` };
  return {
    decision: { kind: "verdict", verdict: { kind: known.kind, reason: known.reason }, signalId: known.signalId, isNew: false },
    verdicts: late.length === 0 ? [] : [{ hashes: late, verdict, signalId: undefined }],
    judgeAgainAt: undefined,
  };
}

function spoken(run: Run, id: string, assessment: Assessment, facts: Facts): Judgement {
  switch (assessment.kind) {
    case "execute":
      return { decision: assessment, verdicts: [], judgeAgainAt: undefined };
    case "wait":
      return {
        decision: assessment,
        verdicts: newVerdict(run.hashes, { kind: "waiting", reason: assessment.reason }, undefined, facts),
        judgeAgainAt: assessment.until,
      };
    case "refuse": {
      const verdicts = newVerdict(run.hashes, assessment.verdict, id, facts);
      return {
        decision: { kind: "verdict", verdict: assessment.verdict, signalId: id, isNew: verdicts.length > 0 },
        verdicts,
        judgeAgainAt: undefined,
      };
    }
  }
}

/** The lines that do not carry this verdict yet; those of a signal in execution are left to it. */
function newVerdict(lines: readonly string[], verdict: Verdict, signalId: string | undefined, facts: Facts): LineVerdict[] {
  const hashes = lines.filter((hash) => {
    const known = facts.known.get(hash);
    if (known === undefined) return true;
    if (isFinal(known.kind) || leftToExecution(known, facts)) return false;
    return known.kind !== verdict.kind || known.reason !== verdict.reason;
  });
  return hashes.length === 0 ? [] : [{ hashes, verdict, signalId }];
}

function leftToExecution(known: KnownVerdict, facts: Facts): boolean {
  if (known.signalId !== undefined && facts.inExecution.has(known.signalId)) return true;
  return known.kind === "accepted" && facts.occasion !== "start";
}

/**
 * Verdicts for a run that is not the newest. One thing is left open: while only lines without a stamp
 * follow, its missing legs may still come and join it, so it is not ended for good.
 */
function judgeOlder(run: Run, later: readonly Run[], facts: Facts, settings: JudgeSettings): LineVerdict[] {
  if (run.allocation.kind === "malformed")
    return newVerdict(run.hashes, { kind: "malformed", reason: run.allocation.reason }, undefined, facts);
  const successor = later.find(({ newestStamp }) => newestStamp !== undefined);
  if (successor?.newestStamp !== undefined) {
    const detail = run.allocation.kind === "incomplete" ? ` It was incomplete: ${run.allocation.reason}` : "";
    return newVerdict(
      run.hashes,
      { kind: "superseded", reason: `A newer run follows it in the file, stamped ${iso(successor.newestStamp)}.${detail}` },
      signalIdOf(settings.strategy, run),
      facts,
    );
  }
  const end =
    run.oldestStamp === undefined ? facts.now : staleAt({ oldestStamp: run.oldestStamp, arrivedAt: run.arrivedAt }, settings.maxAgeSeconds);
  const verdict: { kind: VerdictKind; reason: string } =
    facts.now < end
      ? {
          kind: "waiting",
          reason: "A line that cannot be read follows it, and may have been a newer run; nothing is done unless the run goes on.",
        }
      : { kind: "superseded", reason: "A line that cannot be read follows it, and may have been a newer run." };
  return newVerdict(run.hashes, verdict, undefined, facts);
}
