import { assess } from "./assessment.ts";
import type { Assessment, Facts, JudgeSettings, KnownVerdict, Wait } from "./assessment.ts";
import type { Alert } from "./alert.ts";
import { carryingPlan, decisiveRun, signalIdOf } from "./decisive.ts";
import type { Run } from "./batch.ts";
import { unlessClockIsWrong } from "./clock-doubt.ts";
import { iso, staleAt } from "./freshness.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal } from "../domain/verdict.ts";
import type { Verdict, VerdictKind } from "../domain/verdict.ts";

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
  /** The lines have a verdict of their own already, which stays. */
  readonly onlySpoken?: true;
}

export interface Judgement {
  readonly decision: Decision;
  readonly verdicts: readonly LineVerdict[];
  /** When the decision changes by itself; milliseconds since the epoch. */
  readonly judgeAgainAt: number | undefined;
}

/** Decides what the decisive run asks for (R4–R7, R22); no older run is executed in its place (R6). */
export function judge(facts: Facts, settings: JudgeSettings): Judgement {
  const decisive = decisiveRun(facts, settings);
  if (decisive === undefined) return { decision: { kind: "nothing" }, verdicts: [], judgeAgainAt: undefined };
  const { run, earlier } = decisive;
  const beside = decisive.beside.map((each) => judgeBeside(each, facts, settings));
  const judged = unlessUnsettled(judgeNewest(run, earlier, facts, settings), run, beside, facts);
  const strays = facts.runs.flatMap((each) =>
    each.strays.flatMap((stray) => newVerdict([stray.hash], { kind: "malformed", reason: stray.problem }, undefined, facts)),
  );
  const older = earlier.flatMap((each, index) => judgeOlder(each, [...earlier.slice(index + 1), run], facts, settings));
  const openEnd = run.newestStamp === undefined ? endOfOpenRun(earlier.at(-1), facts, settings) : undefined;
  return {
    decision: judged.decision,
    verdicts: [
      ...strays,
      ...withoutLinesOf(run, older),
      ...beside.flatMap(({ verdicts }) => verdicts),
      ...judged.verdicts,
      ...facts.runs.flatMap(({ repeats }) => duplicates(repeats, facts)),
    ],
    judgeAgainAt: earliest([judged.judgeAgainAt, openEnd, ...beside.map(({ judgeAgainAt }) => judgeAgainAt)]),
  };
}

export function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

type Beside = Omit<Judgement, "decision"> & { readonly unsettled: Wait | undefined };

/** A run that interrupts nothing, and that nothing interrupts (R22). */
function judgeBeside(run: Run, facts: Facts, settings: JudgeSettings): Beside {
  const id = signalIdOf(settings.strategy, run);
  const assessment = assess(run, id, facts.runs.slice(0, facts.runs.indexOf(run)), facts, settings);
  switch (assessment.kind) {
    case "refuse":
      return { verdicts: newVerdict(run.hashes, assessment.verdict, id, facts), judgeAgainAt: undefined, unsettled: undefined };
    case "wait": {
      const verdicts = newVerdict(run.hashes, { kind: "waiting", reason: assessment.reason }, undefined, facts);
      return { verdicts, judgeAgainAt: assessment.until, unsettled: assessment.for === "settle" ? assessment : undefined };
    }
    case "execute":
      return { verdicts: withVerdictOfPlan(run, id, facts), judgeAgainAt: undefined, unsettled: undefined };
  }
}

/** The verdict of a plan that a SELL has become a part of is the SELL's too. */
function withVerdictOfPlan(run: Run, id: string, facts: Facts): LineVerdict[] {
  const plan = carryingPlan(run, id, facts);
  return plan === undefined ? [] : sharedVerdict(run.hashes, plan, facts);
}

/** For lines that are carried out by the plan of others: the verdict of that plan, also while it is in execution. */
function sharedVerdict(lines: readonly string[], plan: KnownVerdict, facts: Facts): LineVerdict[] {
  const hashes = lines.filter((hash) => {
    const known = facts.known.get(hash);
    if (known === undefined) return true;
    if (isFinal(known.kind) || (known.signalId !== undefined && known.signalId !== plan.signalId)) return false;
    return known.kind !== plan.kind || known.reason !== plan.reason;
  });
  return hashes.length === 0 ? [] : [{ hashes, verdict: { kind: plan.kind, reason: plan.reason }, signalId: plan.signalId }];
}

/** A SELL that has just come may yet become a part of the plan; a plan that has been spoken of before does not wait for it. */
function unlessUnsettled(judged: Judgement, run: Run, beside: readonly Beside[], facts: Facts): Judgement {
  const unsettled = beside.find((each) => each.unsettled !== undefined)?.unsettled;
  const isKnown = run.decidedBy.some((hash) => (facts.known.get(hash)?.kind ?? "waiting") !== "waiting");
  if (judged.decision.kind !== "execute" || unsettled === undefined || isKnown) return judged;
  return { decision: unsettled, verdicts: [], judgeAgainAt: unsettled.until };
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

const REPEAT: Verdict = { kind: "duplicate", reason: "The same was said before; a repeat asks for nothing." };

/** A line that stands in the file twice has one verdict, that of its first place; it is only said that it is repeated. */
function duplicates(repeats: readonly Alert[], facts: Facts): LineVerdict[] {
  const own = new Set(facts.runs.flatMap(({ hashes }) => hashes));
  const again = repeats.map(({ hash }) => hash).filter((hash) => own.has(hash));
  const other = repeats.map(({ hash }) => hash).filter((hash) => !own.has(hash));
  const repeated: LineVerdict[] = again.length === 0 ? [] : [{ hashes: again, verdict: REPEAT, signalId: undefined, onlySpoken: true }];
  return [...repeated, ...newVerdict(other, REPEAT, undefined, facts)];
}

function judgeNewest(run: Run, earlier: readonly Run[], facts: Facts, settings: JudgeSettings): Judgement {
  const id = signalIdOf(settings.strategy, run);
  const said = run.decidedBy.map((hash) => facts.known.get(hash)).filter((known) => known !== undefined);
  const settled = said.find((known) => isFinal(known.kind));
  const own = said.find((known) => known.signalId === id && known.kind !== "waiting");
  const plan = carryingPlan(run, id, facts);
  const assessment = unlessClockIsWrong(assess(run, id, earlier, facts, settings), run, facts, settings);
  if (settled !== undefined) return standing(run, settled, assessment, facts);
  if (plan !== undefined) return { ...standing(run, plan, assessment, facts), verdicts: sharedVerdict(run.hashes, plan, facts) };
  if (own !== undefined && stands(own, id, assessment, facts) && (own.kind === "accepted" || !hasNewPart(run, facts)))
    return { ...standing(run, own, assessment, facts), judgeAgainAt: endOfFreshness(run, facts, settings) };
  const judgement = spoken(run, id, assessment, facts);
  return assessment.kind === "execute" ? { ...judgement, judgeAgainAt: endOfFreshness(run, facts, settings) } : judgement;
}

/** A SELL that has just become a part of the plan. */
function hasNewPart(run: Run, facts: Facts): boolean {
  return run.hashes.some((hash) => !run.decidedBy.includes(hash) && (facts.known.get(hash)?.kind ?? "waiting") === "waiting");
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
  const decision: Decision = {
    kind: "verdict",
    verdict: { kind: known.kind, reason: known.reason },
    signalId: known.signalId,
    isNew: false,
  };
  const deciding = new Set(run.decidedBy);
  const late = run.hashes.filter((hash) => deciding.has(hash) && (facts.known.get(hash)?.kind ?? "waiting") === "waiting");
  const verdict: Verdict =
    assessment.kind === "refuse"
      ? assessment.verdict
      : { kind: "superseded", reason: `It came after its run had been decided (${known.kind}), and a decided run is not added to.` };
  // The plan of the BUYs sells what the SELLs beside them name: what is said of it is said of them.
  const sold = run.hashes.filter((hash) => !deciding.has(hash));
  const beside = assessment.kind === "refuse" && !isFinal(known.kind) ? { ...assessment.verdict, signalId: undefined } : known;
  return {
    decision,
    verdicts: [...(late.length === 0 ? [] : [{ hashes: late, verdict, signalId: undefined }]), ...sharedVerdict(sold, beside, facts)],
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
