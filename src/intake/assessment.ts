import { formatInstant } from "../domain/time-format.ts";
import type { TradingMode } from "../domain/config.ts";
import { MAX_GAP_MS, type Run } from "./batch.ts";
import { MAX_AHEAD_SECONDS, freshnessOf, staleAt, zoneHint } from "./freshness.ts";
import type { Signal } from "../domain/signal.ts";
import type { FinalVerdict, Verdict } from "../domain/verdict.ts";

/** Why our clock cannot determine the age of a run. */
export interface ClockDoubt {
  /** How far our clock is ahead of the broker's, negative when behind; `undefined` before they were compared. */
  readonly aheadMs: number | undefined;
  /** Whether the broker's clock has been read since ours was last set. */
  readonly confirmed: boolean;
  /** One sentence for a person. */
  readonly reason: string;
}

export interface JudgeSettings {
  readonly strategy: string;
  readonly mode: TradingMode;
  readonly maxAgeSeconds: number;
  readonly settleSeconds: number;
  readonly allowedSymbols: ReadonlySet<string> | undefined;
  /** For the hint about a wrong time zone. */
  readonly timezone: string;
}

/** The verdict that a line already has. */
export interface KnownVerdict extends Verdict {
  readonly signalId: string | undefined;
}

/**
 * Who asks: a routine check after new lines or a timer (`look`), a request to judge provisional verdicts
 * again (`asked`), or a start, when no execution of an accepted signal is running (`start`).
 */
export type Occasion = "look" | "asked" | "start";

export interface Facts {
  /** In file order. */
  readonly runs: readonly Run[];
  /** By line hash. */
  readonly known: ReadonlyMap<string, KnownVerdict>;
  /** Signals whose execution is running or has sent orders: intake no longer changes their verdict. */
  readonly inExecution: ReadonlySet<string>;
  /** Those of them with an order known to be at the broker (R17). */
  readonly begun: ReadonlySet<string>;
  /** The strategy's last accepted signal, including one from an earlier process. */
  readonly lastAccepted: Pick<Signal, "id" | "generatedAt" | "kind" | "lineHashes"> | undefined;
  /** Message about bytes after the last newline of the file. */
  readonly rest?: string | undefined;
  readonly now: number;
  /** Set while our clock is not reliable. */
  readonly clockDoubt?: ClockDoubt | undefined;
  readonly occasion: Occasion;
}

/** The run may become complete: when its missing legs arrive, or when no more lines come. */
export interface Wait {
  readonly kind: "wait";
  readonly for: "legs" | "settle" | "clock";
  /** When to judge again if no new lines come; milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string;
}

/** The verdict of a run that has none yet. */
export type Assessment =
  | { readonly kind: "execute"; readonly signal: Signal }
  | Wait
  /** `missed`: the signal of a run that was stale before anybody could judge it. */
  | { readonly kind: "refuse"; readonly verdict: Verdict; readonly missed?: Signal };

/**
 * Checks the newest run against R2, R4, R5 and R8, as if it had no verdict yet.
 * @param id of the signal that it would make.
 * @param earlier the remembered runs before it, in file order.
 */
export function assess(run: Run, id: string, earlier: readonly Run[], facts: Facts, settings: JudgeSettings): Assessment {
  const { allocation, oldestStamp, newestStamp } = run;
  const { now } = facts;
  if (allocation.kind === "malformed" || oldestStamp === undefined || newestStamp === undefined)
    return refuse("malformed", faultOf(run, facts));
  const untrusted = settings.mode === "simulator" ? undefined : run.alerts.find(({ origin }) => origin === "simulator");
  if (untrusted !== undefined)
    return refuse(
      "untrusted",
      `The line for ${untrusted.symbol} was written from simulator data, which ${settings.mode} mode does not trade on.`,
    );
  const times = { oldestStamp, newestStamp, arrivedAt: run.arrivedAt };
  const age = freshnessOf(times, now, settings.maxAgeSeconds);
  const signal = signalOf(run, id, oldestStamp, newestStamp, settings);
  if (age.kind !== "fresh") {
    const wasFresh = freshnessOf(times, run.lastLineAt, settings.maxAgeSeconds).kind === "fresh";
    return (wasFresh ? missedRun(run, signal, age, facts) : undefined) ?? tooOldOrEarly(run, age, facts, settings);
  }
  const overtaken = overtaking(newestStamp, id, earlier, facts);
  if (overtaken !== undefined)
    return refuse(
      "superseded",
      `The run is stamped ${formatInstant(newestStamp, settings.timezone)}, before a run that came earlier (${formatInstant(overtaken, settings.timezone)}). An older run is not executed after a newer one.`,
    );
  return assessAllocation(run, signal, staleAt(times, settings.maxAgeSeconds), facts, settings);
}

function refuse(kind: FinalVerdict, reason: string): Assessment {
  return { kind: "refuse", verdict: { kind, reason } };
}

/** A run that came in time, and was stale before anybody could judge it, keeps the reason, and is recorded, so that people see it (R7). */
function missedRun(run: Run, signal: Signal, age: { kind: "stale" | "future"; reason: string }, { known }: Facts): Assessment | undefined {
  const { entries, hashes, allocation } = run;
  const late = entries.find((entry) => entry.late !== undefined)?.late;
  if (age.kind !== "stale" || late === undefined || hashes.some((hash) => known.has(hash))) return undefined;
  const refused = { kind: "refuse", verdict: { kind: "stale", reason: `${age.reason} ${late}` } } as const;
  return allocation.kind === "rebalance" || allocation.kind === "exit" ? { ...refused, missed: signal } : refused;
}

/** Of lines without a stamp, which gather until a run follows, only the newest say what is wrong now. */
function faultOf({ entries, allocation, oldestStamp }: Run, { known }: Facts): string {
  const problems = entries.flatMap(({ line }) => (line.kind === "malformed" && !known.has(line.hash) ? [line.problem] : []));
  if (oldestStamp === undefined && problems[0] !== undefined) return problems[0];
  return allocation.kind === "malformed" ? allocation.reason : "No line of the run has a readable timestamp.";
}

/** A run whose legs never came ends as incomplete. The time zone is suspected only when the line has just arrived. */
function tooOldOrEarly(run: Run, age: { kind: "stale" | "future"; reason: string }, facts: Facts, settings: JudgeSettings): Assessment {
  const waited = run.hashes.some((hash) => facts.known.get(hash)?.kind === "waiting");
  if (age.kind === "stale" && waited && run.allocation.kind === "incomplete") {
    return refuse(
      "incomplete",
      `${run.allocation.reason}${besideMissing(run, facts)} The missing legs did not arrive within ${settings.maxAgeSeconds} s.`,
    );
  }
  const last = run.alerts.at(-1);
  return refuse(age.kind, age.reason + (last === undefined ? "" : zoneHint(last, run.lastLineAt, settings.timezone)));
}

/**
 * The stamp of an acceptable run earlier in the file but with a newer stamp: written out of order, or replayed.
 * A run that was refused for a stamp in the future does not count, even once that time has come.
 */
function overtaking(newestStamp: number, id: string, earlier: readonly Run[], facts: Facts): number | undefined {
  const acceptable = earlier
    .filter(({ allocation: { kind } }) => kind === "rebalance" || kind === "exit" || kind === "hold")
    .filter(({ hashes }) => hashes.every((hash) => facts.known.get(hash)?.kind !== "future"))
    .map((run) => run.newestStamp);
  return [...acceptable, acceptedBefore(id, earlier, facts)].find(
    (stamp) => stamp !== undefined && stamp > newestStamp + MAX_GAP_MS && stamp <= facts.now + MAX_AHEAD_SECONDS * 1_000,
  );
}

/** The stamp of the last accepted signal, unless it is a SELL behind the run, which interrupts nothing (R22). */
function acceptedBefore(id: string, earlier: readonly Run[], { lastAccepted, runs }: Facts): number | undefined {
  if (lastAccepted === undefined || lastAccepted.id === id) return undefined;
  const { kind, lineHashes, generatedAt } = lastAccepted;
  const isBehind = ({ hashes }: Run): boolean => hashes.some((hash) => lineHashes.includes(hash));
  return kind === "exit" && runs.slice(earlier.length).some(isBehind) ? undefined : generatedAt;
}

function assessAllocation(run: Run, signal: Signal, until: number, facts: Facts, settings: JudgeSettings): Assessment {
  const { allocation } = run;
  const { now } = facts;
  const settledAt = run.lastLineAt + settings.settleSeconds * 1_000;
  switch (allocation.kind) {
    case "malformed":
    case "over-allocated":
      return refuse(allocation.kind, allocation.reason);
    case "incomplete":
      if (!allocation.canGrow) return refuse("incomplete", allocation.reason);
      return {
        kind: "wait",
        for: "legs",
        until,
        reason: `${allocation.reason}${besideMissing(run, facts)} Waiting until ${formatInstant(until, settings.timezone)}.`,
      };
    case "rebalance":
    case "exit":
    case "hold": {
      const foreign = [...signal.targets.keys(), ...signal.exits].find((symbol) => settings.allowedSymbols?.has(symbol) === false);
      if (foreign !== undefined) return refuse("malformed", `The run names ${foreign}, which is not in ALLOWED_SYMBOLS.`);
      const named = allocation.kind === "rebalance" && allocation.named;
      if (!named && now < settledAt)
        return {
          kind: "wait",
          for: "settle",
          until: settledAt,
          reason: `No legs are named, so the run counts as complete ${settings.settleSeconds} s after its last line.`,
        };
      return allocation.kind === "hold" ? refuse("held", "The strategy says HOLD: nothing changes.") : { kind: "execute", signal };
    }
  }
}

/** What may have replaced the missing legs: an unreadable line, or an unfinished one. */
function besideMissing({ strays }: Run, { rest }: Facts): string {
  const stray = strays[0] === undefined ? "" : ` One of the lines cannot be read: ${strays[0].problem}`;
  return stray + (rest === undefined ? "" : ` ${rest}`);
}

function signalOf(run: Run, id: string, oldestStamp: number, generatedAt: number, settings: JudgeSettings): Signal {
  const { allocation, alerts } = run;
  return {
    id,
    strategy: settings.strategy,
    kind: allocation.kind === "exit" || allocation.kind === "hold" ? allocation.kind : "rebalance",
    targets: allocation.kind === "rebalance" ? allocation.targets : new Map(),
    exits: [...new Set(alerts.filter(({ action }) => action === "SELL").map(({ symbol }) => symbol))],
    generatedAt,
    oldestStamp,
    arrivedAt: run.arrivedAt,
    lastLineAt: run.lastLineAt,
    reason: (alerts.find(({ action }) => action === "BUY") ?? alerts[0])?.reason ?? "",
    alertPrices: new Map(alerts.flatMap(({ symbol, price }) => (price === undefined ? [] : [[symbol, price] as const]))),
    lineHashes: run.hashes,
  };
}
