import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { readAlert } from "../intake/alert.ts";
import { assess } from "../intake/assessment.ts";
import { runsOf } from "../intake/batch.ts";
import { signalIdOf } from "../intake/decisive.ts";
import type { Signal } from "../domain/signal.ts";
import { MARKET_ZONE } from "../domain/market-day.ts";
import type { BarMode } from "../domain/bar-basis.ts";
import { generateSignal, NoSignal } from "../signals/generate.ts";
import type { Allocation, Strategy, TraceStep } from "../strategies/strategy.ts";

export type StrategyDecision =
  | {
      readonly kind: "decided";
      readonly strategy: string;
      /** What `execute` would have read from the alerts file. */
      readonly signal: Signal;
      /** The deciding rule, and what it holds: `N1.2 UVXY+BTAL`. */
      readonly branch: string;
    }
  | {
      readonly kind: "undecided";
      readonly strategy: string;
      /** One sentence that names the symbol. */
      readonly reason: string;
    };

export interface DecisionParts {
  /** The market up to the last bar that counts. */
  readonly market: Pick<Broker, "calendar" | "dailyBars">;
  /** Set to the decision time. */
  readonly clock: Clock;
  readonly barMode: BarMode;
  readonly allowedSymbols: ReadonlySet<string> | undefined;
}

/**
 * Bars → decision → alert lines → the signal read back from them, each step by the live code: rounding in the
 * lines also rounds a back-test.
 */
export async function decideOn(strategy: Strategy, parts: DecisionParts): Promise<StrategyDecision> {
  const { market: broker, clock, barMode } = parts;
  try {
    const generated = await generateSignal(strategy, { broker, clock, barMode, zone: MARKET_ZONE, simulated: false });
    const read = readBack(strategy.name, generated.text, clock.now(), parts.allowedSymbols);
    if (typeof read === "string") return { kind: "undecided", strategy: strategy.name, reason: read };
    return { kind: "decided", strategy: strategy.name, signal: read, branch: branchOf(generated.trace, generated.allocation) };
  } catch (error) {
    if (!(error instanceof NoSignal)) throw error;
    return { kind: "undecided", strategy: strategy.name, reason: error.reason };
  }
}

function readBack(strategy: string, text: string, now: number, allowedSymbols: ReadonlySet<string> | undefined): Signal | string {
  const lines = text.trimEnd().split("\n");
  const [run, ...others] = runsOf(lines.map((line) => ({ line: readAlert(line, MARKET_ZONE), arrivedAt: now })));
  if (run === undefined || others.length > 0) throw new Error(`The alerts of ${strategy} are not one run.`);
  const judging = { mode: "paper", maxAgeSeconds: MAX_AGE_SECONDS, settleSeconds: 0, timezone: MARKET_ZONE } as const;
  const facts = {
    runs: [run],
    known: new Map(),
    inExecution: new Set<string>(),
    begun: new Set<string>(),
    lastAccepted: undefined,
    now,
    occasion: "look",
  } as const;
  const assessment = assess(run, signalIdOf(strategy, run), [], facts, { ...judging, strategy, allowedSymbols });
  switch (assessment.kind) {
    case "execute":
      return assessment.signal;
    case "refuse":
      return assessment.verdict.reason;
    case "wait":
      throw new Error(`The alerts of ${strategy} are incomplete: ${assessment.reason}`);
  }
}

/** The run is read at the time it was written. */
const MAX_AGE_SECONDS = 1;

/** The last step is the conclusion. A ranking's choice changes from day to day and is reported by symbol instead. */
function branchOf(trace: readonly TraceStep[], { form, legs }: Allocation): string {
  const { rule } = lastStep(trace);
  return form === "nuclear" ? rule : `${rule} ${legs.map(({ symbol }) => symbol).join("+")}`;
}

function lastStep(trace: readonly TraceStep[]): TraceStep {
  const last = trace.at(-1);
  if (last === undefined) throw new Error("A decision has a trace.");
  return last.below.length === 0 ? last : lastStep(last.below);
}
