import { hashOf } from "./alert.ts";
import { assess, type Facts, type JudgeSettings, type KnownVerdict } from "./assessment.ts";
import type { Run } from "./batch.ts";
import { isFinal } from "../domain/verdict.ts";

/** The deciding run and its relation to the others. */
export interface Decisive {
  /** Several runs when they form one plan (R22). */
  readonly run: Run;
  /** Runs around it that neither interrupt nor are interrupted: each is judged on its own. */
  readonly sideRuns: readonly Run[];
  /** Runs that it replaces, and those decided before. */
  readonly earlier: readonly Run[];
}

/** 16 hexadecimal digits: the same lines of the same strategy give the same id, wherever they are in the file. */
export function signalIdOf(strategy: string, run: Run): string {
  // A SELL next to BUYs adds nothing to the targets: a late one must not make a second signal.
  return hashOf([strategy, ...run.key].join("\n")).slice(0, 16);
}

/**
 * Finds the run that decides (R6, R22): the newest in file order, except that SELL and HOLD never interrupt.
 *
 * A run with BUYs that has not started keeps deciding while only SELL and HOLD runs follow it. The SELLs form one
 * plan with it, in which the sold symbols have no target. SELL runs that have not started form one plan too.
 * The SELLs do not wait for missing legs of the BUYs.
 */
export function decisiveRun(facts: Facts, settings: JudgeSettings): Decisive | undefined {
  const { runs } = facts;
  const newest = runs.at(-1);
  if (newest === undefined) return undefined;
  const at = runs.findLastIndex((run) => !isQuiet(run));
  const before = runs.slice(0, Math.max(at, 0));
  const [head, quiet] = [runs[at], runs.slice(at + 1)];
  if (quiet.length === 0) return { run: newest, sideRuns: [], earlier: before };
  const pending = new PendingRuns(facts, settings, quiet);
  const exits = quiet.filter((run) => run.allocation.kind === "exit" && pending.stateOf(run) === "execute");
  const waitingHead = head === undefined || pending.stateOf(head) === undefined ? undefined : head;
  const joined = waitingHead === undefined ? undefined : joinExits(waitingHead, exits);
  if (joined !== undefined) return { run: joined, sideRuns: without(quiet, exits), earlier: before };
  const heads = head === undefined ? [] : [head];
  const exit = mergedExits(exits);
  // A BUY run that the SELLs cancel completely is not part of the plan.
  if (exit !== undefined && waitingHead?.allocation.kind === "rebalance")
    return { run: exit, sideRuns: without(quiet, exits), earlier: runs.slice(0, at + 1) };
  if (exit !== undefined) return { run: exit, sideRuns: [...heads, ...without(quiet, exits)], earlier: before };
  const run = waitingHead ?? newest;
  return { run, sideRuns: without([...heads, ...quiet], [run]), earlier: before };
}

function without(runs: readonly Run[], others: readonly Run[]): Run[] {
  return runs.filter((run) => !others.includes(run));
}

/** A run that interrupts nothing. */
function isQuiet({ allocation }: Run): boolean {
  return allocation.kind === "exit" || allocation.kind === "hold";
}

/** Verdict of the BUY plan that executes a SELL run, once the plan has started or ended. */
export function carryingPlan(run: Run, id: string, { known, begun }: Facts): KnownVerdict | undefined {
  if (run.allocation.kind !== "exit") return undefined;
  const planId = run.decidedBy.map((hash) => known.get(hash)?.signalId).find((each) => each !== undefined && each !== id);
  const said = [...known.values()].filter(({ signalId }) => planId !== undefined && signalId === planId);
  const ended = said.find(({ kind }) => kind === "executed" || kind === "duplicate");
  return ended ?? (planId !== undefined && begun.has(planId) ? said[0] : undefined);
}

/** The runs that may still be executed. */
class PendingRuns {
  readonly #facts: Facts;
  readonly #settings: JudgeSettings;
  /** A plan of several runs already has a verdict, so one part may have been superseded by the whole. */
  readonly #wasJoined: boolean;

  constructor(facts: Facts, settings: JudgeSettings, quiet: readonly Run[]) {
    this.#facts = facts;
    this.#settings = settings;
    this.#wasJoined = quiet.some((run) => {
      const own = signalIdOf(settings.strategy, run);
      return this.#said(run).some(({ kind, signalId }) => !isFinal(kind) && signalId !== undefined && signalId !== own);
    });
  }

  /** The run's targets; `undefined` when it is decided, has started, or is not acceptable. */
  stateOf(run: Run): "execute" | "wait" | undefined {
    const isOpen = this.#said(run).every(({ kind, signalId }) => {
      if (signalId !== undefined && this.#facts.begun.has(signalId)) return false;
      return !isFinal(kind) || (kind === "superseded" && this.#wasJoined);
    });
    const id = signalIdOf(this.#settings.strategy, run);
    if (!isOpen || carryingPlan(run, id, this.#facts) !== undefined) return undefined;
    const { runs } = this.#facts;
    const { kind } = assess(run, id, runs.slice(0, runs.indexOf(run)), this.#facts, this.#settings);
    return kind === "refuse" ? undefined : kind;
  }

  #said(run: Run): KnownVerdict[] {
    return run.decidedBy.map((hash) => this.#facts.known.get(hash)).filter((known) => known !== undefined);
  }
}

/** @returns `undefined` when the SELLs leave nothing to buy: then they decide alone. */
function joinExits(head: Run, exits: readonly Run[]): Run | undefined {
  if (head.allocation.kind !== "rebalance") return undefined;
  const sold = new Set(exits.flatMap(({ alerts }) => alerts.map(({ symbol }) => symbol)));
  const targets = new Map([...head.allocation.targets].filter(([symbol]) => !sold.has(symbol)));
  if (targets.size === 0) return undefined;
  const { targets: before } = head.allocation;
  const changing = exits.flatMap(({ alerts }) => alerts.filter(({ symbol }) => before.has(symbol)).map(({ hash }) => hash));
  const run = together([head, ...exits]);
  return {
    ...run,
    allocation: { ...head.allocation, targets },
    key: [...head.key, ...changing],
    decidedBy: changing.length > 0 ? changing : head.decidedBy,
  };
}

function mergedExits(exits: readonly Run[]): Run | undefined {
  const last = exits.at(-1);
  if (last === undefined || exits.length === 1) return last;
  const symbols = exits.flatMap(({ alerts }) => alerts.map(({ symbol }) => symbol));
  return { ...together(exits), allocation: { kind: "exit", exits: [...new Set(symbols)] }, decidedBy: last.decidedBy };
}

function together(runs: readonly Run[]): Omit<Run, "allocation" | "decidedBy"> {
  const stamps = (of: "oldestStamp" | "newestStamp"): number[] => runs.flatMap((run) => run[of] ?? []);
  return {
    entries: runs.flatMap(({ entries }) => entries),
    alerts: runs.flatMap(({ alerts }) => alerts),
    hashes: runs.flatMap(({ hashes }) => hashes),
    strays: runs.flatMap(({ strays }) => strays),
    repeats: runs.flatMap(({ repeats }) => repeats),
    key: runs.flatMap(({ key }) => key),
    oldestStamp: Math.min(...stamps("oldestStamp")),
    newestStamp: Math.max(...stamps("newestStamp")),
    arrivedAt: Math.min(...runs.map(({ arrivedAt }) => arrivedAt)),
    lastLineAt: Math.max(...runs.map(({ lastLineAt }) => lastLineAt)),
  };
}
