import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import { OUTCOMES } from "../domain/outcome.ts";
import { formatDuration } from "../domain/time-format.ts";
import { isFinal, type VerdictKind } from "../domain/verdict.ts";

/** How one account stands to a signal, as its ledger says. */
export interface Standing {
  readonly account: string;
  readonly kind: StandingKind;
  /** The verdict or outcome, with its reason; empty when there is nothing to say. */
  readonly reason: string;
  readonly execution: ExecutionRecord | undefined;
}

/** From what needs a person most to what needs nobody. */
export const STANDING_KINDS = [
  "set-aside",
  "refused",
  "off-target",
  "under-way",
  "waiting",
  "missing",
  "replaced",
  "queued",
  "on-target",
] as const;
export type StandingKind = (typeof STANDING_KINDS)[number];

export const STANDING_WORDS: Readonly<Record<StandingKind, string>> = {
  "set-aside": "set aside",
  refused: "refused",
  "off-target": "off target",
  "under-way": "under way",
  waiting: "waiting",
  missing: "not seen",
  replaced: "replaced",
  queued: "queued",
  "on-target": "on target",
};

/** Something is still going to happen by itself. */
export function isOpen(kind: StandingKind): boolean {
  return kind === "under-way" || kind === "waiting";
}

/** A person may have to do something. */
export function isTrouble(kind: StandingKind): boolean {
  return kind === "set-aside" || kind === "refused" || kind === "off-target";
}

export type StandingLedger = Pick<Ledger, "signal" | "executionOfSignal" | "recentSignals">;

/** @param ledger `undefined` when the account has none yet, or it cannot be read. */
export function standingOf(account: string, ledger: StandingLedger | undefined, signalId: string): Standing {
  const record = ledger?.signal(signalId);
  const execution = ledger?.executionOfSignal(signalId);
  return { account, execution, ...judged(record, execution) };
}

/** One account of a running fleet. */
interface StandingHost {
  readonly name: string;
  readonly state: string;
  readonly problem: string | undefined;
  readonly session: { readonly ledger: StandingLedger } | undefined;
}

/** An account that is set aside has no ledger, and needs a person first of all. */
export function standingOfHost({ name, state, problem, session }: StandingHost, signalId: string): Standing {
  const standing = standingOf(name, session?.ledger, signalId);
  return state === "set-aside" ? { ...standing, kind: "set-aside", reason: problem ?? "" } : standing;
}

function judged(record: SignalRecord | undefined, execution: ExecutionRecord | undefined): Pick<Standing, "kind" | "reason"> {
  if (record === undefined) return { kind: "missing", reason: "" };
  if (execution !== undefined && execution.outcome !== "refused" && execution.outcome !== "superseded") return ofExecution(execution);
  const { verdict, verdictReason } = record;
  const kind = ofVerdict(verdict);
  return { kind, reason: verdict === undefined || verdict === kind ? (verdictReason ?? "") : `${verdict}: ${verdictReason ?? ""}` };
}

function ofExecution({ finishedAt, outcome, outcomeReason, phase }: ExecutionRecord): Pick<Standing, "kind" | "reason"> {
  if (outcome === "queued") return { kind: "queued", reason: outcomeReason ?? "" };
  if (finishedAt === undefined || outcome === undefined) return { kind: "under-way", reason: phase };
  if (outcome === "on-target") return { kind: "on-target", reason: "" };
  return { kind: "off-target", reason: `${OUTCOMES[outcome].words} ${outcomeReason ?? ""}` };
}

function ofVerdict(verdict: VerdictKind | undefined): StandingKind {
  if (verdict === undefined || verdict === "accepted" || verdict === "waiting") return "waiting";
  if (verdict === "duplicate" || verdict === "held") return "on-target";
  if (verdict === "superseded") return "replaced";
  if (verdict === "executed") return "under-way";
  return isFinal(verdict) || verdict === "refused" ? "refused" : "waiting";
}

/** The newest signal of any account, by the time that its strategy gave it. */
export function newestSignal(ledgers: readonly (StandingLedger | undefined)[]): SignalRecord | undefined {
  const newest = ledgers.flatMap((ledger) => ledger?.recentSignals(1) ?? []);
  return newest.toSorted((one, other) => other.signal.generatedAt - one.signal.generatedAt)[0];
}

/** Those in trouble first, and then by name. */
export function byTrouble(one: Standing, other: Standing): number {
  const difference = STANDING_KINDS.indexOf(one.kind) - STANDING_KINDS.indexOf(other.kind);
  return difference === 0 ? (one.account < other.account ? -1 : 1) : difference;
}

/** `on target 48 · off target 1 · refused 1`, the best first; kinds that nobody has are left out. */
export function countsText(standings: readonly Pick<Standing, "kind">[]): string {
  return STANDING_KINDS.toReversed()
    .map((kind) => [STANDING_WORDS[kind], standings.filter((standing) => standing.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([words, count]) => `${words} ${String(count)}`)
    .join(" · ");
}

/** The pace of the last ten seconds counts: at first code is compiled, and at the end only the slow ones are left. */
const PACE_WINDOW_MS = 10_000;

/** `4.1 accounts/s, done in about 12 s`; `undefined` when nothing is under way, or nothing has ended lately. */
export function paceText(standings: readonly Pick<Standing, "kind" | "execution">[], now: number): string | undefined {
  const open = standings.filter(({ kind }) => isOpen(kind)).length;
  const executions = standings.flatMap(({ execution }) => execution ?? []);
  const begunAt = Math.min(...executions.map(({ startedAt }) => startedAt));
  const windowMs = Math.min(PACE_WINDOW_MS, now - begunAt);
  const ended = executions.filter(({ finishedAt }) => finishedAt !== undefined && finishedAt > now - windowMs).length;
  if (open === 0 || ended === 0 || windowMs <= 0) return undefined;
  const perSecond = ended / (windowMs / 1_000);
  return `${perSecond.toFixed(1)} accounts/s, done in about ${formatDuration(Math.ceil(open / perSecond) * 1_000)}`;
}
