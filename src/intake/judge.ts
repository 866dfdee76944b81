import { formatInstant } from "../domain/time-format.ts";
import { assess, type Assessment, type Facts, type JudgeSettings, type KnownVerdict, type Wait } from "./assessment.ts";
import type { Alert } from "./alert.ts";
import { carryingPlan, decisiveRun, signalIdOf } from "./decisive.ts";
import type { Run } from "./batch.ts";
import { unlessClockIsWrong } from "./clock-doubt.ts";
import { staleAt } from "./freshness.ts";
import type { Signal } from "../domain/signal.ts";
import { isFinal, type Verdict, type VerdictKind } from "../domain/verdict.ts";

/** What to do about the newest run. */
export type Decision =
  | { readonly kind: "execute"; readonly signal: Signal }
  | Wait
  /** `isNew`: the verdict is new. `missed`: the signal of a run that was stale before anybody could judge it. */
  | {
      readonly kind: "verdict";
      readonly verdict: Verdict;
      readonly signalId: string | undefined;
      readonly isNew: boolean;
      readonly missed?: Signal;
    }
  | { readonly kind: "nothing" };

/** A verdict to record for some lines. */
export interface LineVerdict {
  readonly hashes: readonly string[];
  readonly verdict: Verdict;
  /** Set when the lines form a complete signal. */
  readonly signalId: string | undefined;
  /** The lines already have their own verdict, which stays. */
  readonly onlySpoken?: true;
}

export interface Judgement {
  readonly decision: Decision;
  readonly verdicts: readonly LineVerdict[];
  /** When the decision changes without new lines; milliseconds since the epoch. */
  readonly judgeAgainAt: number | undefined;
}

/** Judges the decisive run (R4–R7, R22); no older run is executed in its place (R6). */
export function judge(facts: Facts, settings: JudgeSettings): Judgement {
  const decisive = decisiveRun(facts, settings);
  if (decisive === undefined) return { decision: { kind: "nothing" }, verdicts: [], judgeAgainAt: undefined };
  const { run, earlier } = decisive;
  const sides = decisive.sideRuns.map((each) => judgeSideRun(each, facts, settings));
  const judged = unlessUnsettled(judgeNewest(run, earlier, facts, settings), run, sides, facts);
  const strays = facts.runs.flatMap((each) =>
    each.strays.flatMap((stray) => newVerdict([stray.hash], { kind: "malformed", reason: stray.problem }, undefined, facts)),
  );
  const older = withSuccessors(earlier, run).flatMap(([each, successor]) => judgeOlder(each, successor, facts, settings));
  const openEnd = run.newestStamp === undefined ? endOfOpenRun(earlier.at(-1), facts, settings) : undefined;
  return {
    decision: judged.decision,
    verdicts: [
      ...strays,
      ...withoutLinesOf(run, older),
      ...sides.flatMap(({ verdicts }) => verdicts),
      ...judged.verdicts,
      ...duplicates(facts),
    ],
    judgeAgainAt: earliest([judged.judgeAgainAt, openEnd, ...sides.map(({ judgeAgainAt }) => judgeAgainAt)]),
  };
}

export function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

type SideJudgement = Omit<Judgement, "decision"> & { readonly unsettled: Wait | undefined };

/** A run that neither interrupts nor is interrupted (R22). */
function judgeSideRun(run: Run, facts: Facts, settings: JudgeSettings): SideJudgement {
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

/** A SELL that became part of a plan shares the plan's verdict. */
function withVerdictOfPlan(run: Run, id: string, facts: Facts): LineVerdict[] {
  const plan = carryingPlan(run, id, facts);
  return plan === undefined ? [] : sharedVerdict(run.hashes, plan, facts);
}

/** For lines executed as part of another plan: that plan's verdict, also while it executes. */
function sharedVerdict(lines: readonly string[], plan: KnownVerdict, facts: Facts): LineVerdict[] {
  const hashes = lines.filter((hash) => {
    const known = facts.known.get(hash);
    if (known === undefined) return true;
    if (isFinal(known.kind) || (known.signalId !== undefined && known.signalId !== plan.signalId)) return false;
    return known.kind !== plan.kind || known.reason !== plan.reason;
  });
  return hashes.length === 0 ? [] : [{ hashes, verdict: { kind: plan.kind, reason: plan.reason }, signalId: plan.signalId }];
}

/** A new SELL may still become part of the plan; a plan that already has a verdict does not wait for it. */
function unlessUnsettled(judged: Judgement, run: Run, sides: readonly SideJudgement[], facts: Facts): Judgement {
  const unsettled = sides.find((each) => each.unsettled !== undefined)?.unsettled;
  const isKnown = run.decidedBy.some((hash) => (facts.known.get(hash)?.kind ?? "waiting") !== "waiting");
  if (judged.decision.kind !== "execute" || unsettled === undefined || isKnown) return judged;
  return { decision: unsettled, verdicts: [], judgeAgainAt: unsettled.until };
}

/** A run written again from its first line must not be affected by the verdict on the previous attempt. */
function withoutLinesOf(newest: Run, verdicts: readonly LineVerdict[]): LineVerdict[] {
  const standing = new Set(newest.hashes);
  return verdicts
    .map((verdict) => ({ ...verdict, hashes: verdict.hashes.filter((hash) => !standing.has(hash)) }))
    .filter(({ hashes }) => hashes.length > 0);
}

/** Until then the run before an unreadable last line may continue. */
function endOfOpenRun(run: Run | undefined, facts: Facts, settings: JudgeSettings): number | undefined {
  return run === undefined ? undefined : endOfFreshness(run, facts, settings);
}

const REPEAT: Verdict = { kind: "duplicate", reason: "The line repeats an earlier one, so nothing is done." };

/** A line that appears twice in the file has one verdict, from its first position; the repeat is only logged. */
function duplicates(facts: Facts): LineVerdict[] {
  const own = new Set(facts.runs.flatMap(({ hashes }) => hashes));
  return facts.runs.flatMap(({ repeats }) => duplicatesOf(repeats, own, facts));
}

function duplicatesOf(repeats: readonly Alert[], own: ReadonlySet<string>, facts: Facts): LineVerdict[] {
  const again = repeats.map(({ hash }) => hash).filter((hash) => own.has(hash));
  const other = repeats.map(({ hash }) => hash).filter((hash) => !own.has(hash));
  const repeated: LineVerdict[] = again.length === 0 ? [] : [{ hashes: again, verdict: REPEAT, signalId: undefined, onlySpoken: true }];
  return [...repeated, ...newVerdict(other, REPEAT, undefined, facts)];
}

function judgeNewest(run: Run, earlier: readonly Run[], facts: Facts, settings: JudgeSettings): Judgement {
  const id = signalIdOf(settings.strategy, run);
  const said = run.decidedBy.map((hash) => facts.known.get(hash)).filter((known) => known !== undefined);
  // A line that came after the decision, and contradicts it, is the newest word of the strategy (R6).
  const settled = said.findLast(({ kind }) => CONTRADICTIONS.has(kind)) ?? said.find((known) => isFinal(known.kind));
  const own = said.find((known) => known.signalId === id && known.kind !== "waiting");
  const plan = carryingPlan(run, id, facts);
  const assessment = unlessClockIsWrong(assess(run, id, earlier, facts, settings), run, facts, settings);
  if (settled !== undefined) return withRunEnded(standing(run, settled, assessment, facts), run, id, assessment, facts);
  if (plan !== undefined) return { ...standing(run, plan, assessment, facts), verdicts: sharedVerdict(run.hashes, plan, facts) };
  if (own !== undefined && stands(own, id, assessment, facts) && (own.kind === "accepted" || !hasNewPart(run, facts)))
    return { ...standing(run, own, assessment, facts), judgeAgainAt: endOfFreshness(run, facts, settings) };
  const judgement = spoken(run, id, assessment, facts);
  return assessment.kind === "execute" ? { ...judgement, judgeAgainAt: endOfFreshness(run, facts, settings) } : judgement;
}

/** A SELL that has just become part of the plan. */
function hasNewPart(run: Run, facts: Facts): boolean {
  return run.hashes.some((hash) => !run.decidedBy.includes(hash) && (facts.known.get(hash)?.kind ?? "waiting") === "waiting");
}

/** When a provisional verdict must become final if nothing has happened by then. */
function endOfFreshness(run: Run, facts: Facts, settings: JudgeSettings): number | undefined {
  if (run.oldestStamp === undefined) return undefined;
  const end = staleAt({ oldestStamp: run.oldestStamp, arrivedAt: run.arrivedAt }, settings.maxAgeSeconds);
  return end > facts.now ? end : undefined;
}

/** Whether a provisional verdict still holds: until someone asks, it expires, or execution releases the signal (R7). */
function stands(own: KnownVerdict, id: string, assessment: Assessment, facts: Facts): boolean {
  if (facts.inExecution.has(id)) return true;
  if (own.kind === "accepted") return facts.occasion !== "start";
  return facts.occasion === "look" && assessment.kind !== "refuse";
}

/** Verdicts on what a run says, whatever the time. */
const CONTRADICTIONS: ReadonlySet<VerdictKind> = new Set(["malformed", "over-allocated"]);

function standing(run: Run, known: KnownVerdict, assessment: Assessment, facts: Facts): Judgement {
  const deciding = new Set(run.decidedBy);
  const late = run.hashes.filter((hash) => deciding.has(hash) && (facts.known.get(hash)?.kind ?? "waiting") === "waiting");
  const contradiction = assessment.kind === "refuse" && CONTRADICTIONS.has(assessment.verdict.kind) ? assessment : undefined;
  const decision: Decision =
    contradiction !== undefined && late.length > 0 && isFinal(known.kind)
      ? { kind: "verdict", verdict: contradiction.verdict, signalId: undefined, isNew: true }
      : { kind: "verdict", verdict: { kind: known.kind, reason: known.reason }, signalId: known.signalId, isNew: false };
  const verdict: Verdict =
    assessment.kind === "refuse"
      ? assessment.verdict
      : {
          kind: "superseded",
          reason: `The line came after its run was decided (${known.kind}), and lines cannot be added to a decided run.`,
        };
  // The BUY plan also executes the SELLs next to it, so they share its verdict.
  const sold = run.hashes.filter((hash) => !deciding.has(hash));
  const shared = assessment.kind === "refuse" && !isFinal(known.kind) ? { ...assessment.verdict, signalId: undefined } : known;
  return {
    decision,
    verdicts: [...(late.length === 0 ? [] : [{ hashes: late, verdict, signalId: undefined }]), ...sharedVerdict(sold, shared, facts)],
    judgeAgainAt: undefined,
  };
}

/** A line that contradicts its run ends it, also where the run was only declined for now. */
function withRunEnded(judged: Judgement, run: Run, id: string, assessment: Assessment, facts: Facts): Judgement {
  if (assessment.kind !== "refuse" || !CONTRADICTIONS.has(assessment.verdict.kind)) return judged;
  const told = new Set(judged.verdicts.flatMap(({ hashes }) => hashes));
  const declined = run.hashes.filter((hash) => facts.known.has(hash) && !told.has(hash));
  return { ...judged, verdicts: [...judged.verdicts, ...newVerdict(declined, assessment.verdict, id, facts)] };
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
      const { verdict, missed } = assessment;
      const verdicts = newVerdict(run.hashes, verdict, id, facts);
      return {
        decision: { kind: "verdict", verdict, signalId: id, isNew: verdicts.length > 0, ...(missed === undefined ? {} : { missed }) },
        verdicts,
        judgeAgainAt: undefined,
      };
    }
  }
}

/** The lines without this verdict; those of a signal in execution are left to the execution. */
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

/** Each run with the next one behind it that has a stamp. */
function withSuccessors(earlier: readonly Run[], newest: Run): (readonly [Run, Run | undefined])[] {
  let successor = newest.newestStamp === undefined ? undefined : newest;
  const pairs = earlier.toReversed().map((run) => {
    const pair = [run, successor] as const;
    if (run.newestStamp !== undefined) successor = run;
    return pair;
  });
  return pairs.toReversed();
}

/**
 * Verdicts for a run that is not the newest. The run is not final while only lines without a stamp
 * follow, because its missing legs may still come.
 */
function judgeOlder(run: Run, successor: Run | undefined, facts: Facts, settings: JudgeSettings): LineVerdict[] {
  if (run.allocation.kind === "malformed")
    return newVerdict(run.hashes, { kind: "malformed", reason: run.allocation.reason }, undefined, facts);
  if (successor?.newestStamp !== undefined) {
    const detail = run.allocation.kind === "incomplete" ? ` This run was incomplete: ${run.allocation.reason}` : "";
    return newVerdict(
      run.hashes,
      {
        kind: "superseded",
        reason: `A newer run follows in the file, stamped ${formatInstant(successor.newestStamp, settings.timezone)}.${detail}`,
      },
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
          reason: "An unreadable line follows and may be a newer run. Nothing is done unless this run continues.",
        }
      : { kind: "superseded", reason: "An unreadable line follows and may be a newer run." };
  return newVerdict(run.hashes, verdict, undefined, facts);
}
