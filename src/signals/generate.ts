import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { TraderError } from "../domain/errors.ts";
import { marketDate } from "../domain/market-day.ts";
import type { DailyBars } from "../domain/daily-bar.ts";
import type { Allocation, Strategy, TraceStep } from "../strategies/strategy.ts";
import { alertLines } from "./alert-lines.ts";
import { barBasis, basisText, type BarBasis, type BarMode } from "../domain/bar-basis.ts";
import { checkBars, type BarDoubt } from "./bar-check.ts";

export interface GenerationParts {
  readonly broker: Pick<Broker, "calendar" | "dailyBars">;
  readonly clock: Clock;
  readonly barMode: BarMode;
  /** IANA zone of the stamps. */
  readonly zone: string;
  /** Whether the broker is the built-in simulator. */
  readonly simulated: boolean;
}

/** A decision, ready to be appended to the strategy's alerts file. */
export interface GeneratedSignal {
  readonly strategy: string;
  readonly allocation: Allocation;
  readonly trace: readonly TraceStep[];
  /** The alert lines, each with its newline. */
  readonly text: string;
}

/** The strategy cannot decide on these bars. There is no default: nothing is written. */
export class NoSignal extends TraderError {
  override readonly name = "NoSignal";
  /** One or more sentences that name the symbol; the message without the strategy. */
  readonly reason: string;
  /** The evaluation so far. */
  readonly trace: readonly TraceStep[];

  constructor(strategy: string, reason: string, hint: string, trace: readonly TraceStep[] = []) {
    super(`No signal from ${strategy}: ${reason}`, { code: "no-signal", hint, retryable: true });
    this.reason = reason;
    this.trace = trace;
  }
}

/** Calendar days that contain this many sessions: 252 per year, and a week for holidays close together. */
const DAYS_PER_SESSION = 365.25 / 252;
const SPARE_DAYS = 7;
const DAY_MS = 86_400_000;
/** Doubts described in full; of the rest only the symbols are named. */
const MAX_LISTED_DOUBTS = 3;

/**
 * Bars → checks → decision → alert lines. Writes nothing.
 * @throws NoSignal with symbol and reason, and BrokerError when bars or calendar cannot be read.
 */
export async function generateSignal(strategy: Strategy, parts: GenerationParts): Promise<GeneratedSignal> {
  const { bars, basis } = await soundBars(strategy, parts);
  const decision = strategy.decide(bars);
  const trace = [{ rule: "Session", text: basisText(basis, parts.barMode), held: undefined, below: [] }, ...decision.trace];
  if (decision.kind === "undecided")
    throw new NoSignal(strategy.name, decision.reason, "The rules need that figure, so nothing was written.", trace);
  const { allocation } = decision;
  return { strategy: strategy.name, allocation, trace, text: linesFor(allocation, bars, parts) };
}

async function soundBars(strategy: Strategy, { broker, clock, barMode }: GenerationParts): Promise<{ bars: DailyBars; basis: BarBasis }> {
  const now = clock.now();
  const today = marketDate(now);
  const start = marketDate(now - (Math.ceil(strategy.history * DAYS_PER_SESSION) + SPARE_DAYS) * DAY_MS);
  const [calendar, bars] = await Promise.all([broker.calendar(start, today), broker.dailyBars(strategy.symbols, start, today)]);
  const basis = barBasis(calendar, barMode, now);
  if (basis === undefined)
    throw new NoSignal(strategy.name, `the broker's calendar shows no session from ${start} to ${today}.`, "Check the machine's clock.");
  const checked = checkBars(strategy.symbols, bars, basis);
  if (checked.kind === "doubtful") throw doubtful(strategy.name, checked.doubts);
  return { bars: checked.bars, basis };
}

function doubtful(strategy: string, doubts: readonly BarDoubt[]): NoSignal {
  const spelt = doubts.slice(0, MAX_LISTED_DOUBTS).map(({ reason }) => reason);
  const rest = doubts.slice(MAX_LISTED_DOUBTS).map(({ symbol }) => symbol);
  const more = rest.length === 0 ? [] : [`Also doubtful: ${rest.join(", ")}.`];
  return new NoSignal(strategy, [...spelt, ...more].join(" "), doubts[0]?.hint ?? "");
}

/** Stamped at the end, so that slow reading does not age a signal. */
function linesFor(allocation: Allocation, bars: DailyBars, { clock, zone, simulated }: GenerationParts): string {
  const prices = new Map(allocation.legs.map(({ symbol }) => [symbol, bars.get(symbol)?.at(-1)?.close]));
  const known = new Map([...prices].filter((entry): entry is [string, number] => entry[1] !== undefined));
  return alertLines(allocation, { stampedAt: clock.now(), zone, prices: known, simulated });
}
