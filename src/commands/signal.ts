import { TradingSession } from "../app/trading-session.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { ONE } from "../domain/decimal.ts";
import { appendAlerts } from "../signals/alerts-writer.ts";
import { assertSome, generateAll, ownStrategies, type OwnStrategy, type SignalResult } from "../signals/signal-run.ts";
import type { CommandContext } from "./context.ts";
import { errorLines } from "../reporting/error-view.ts";
import { NoSignal, type GeneratedSignal } from "../signals/generate.ts";
import { allocationText } from "../strategies/allocations.ts";
import { TRACE_LEGEND, traceLines, type TraceStep } from "../strategies/strategy.ts";

export interface SignalOptions {
  readonly dryRun?: boolean;
  readonly explain?: boolean;
  readonly strategy?: string;
}

/** Runs the strategies and appends their alerts, each to its own file. Returns 1 when one of them could not decide or write. */
export async function signal(context: CommandContext, options: SignalOptions): Promise<ExitCode> {
  const session = await TradingSession.open({
    ...context,
    command: "signal",
    console: undefined,
    onEvent: (event) => {
      if (event.kind === "remark" && event.important === true) context.err.line(event.text);
    },
  });
  try {
    const own = await chosen(session, options);
    const { mode, modeReason } = session.config;
    if (mode === "simulator") context.out.line(`SIMULATOR: ${modeReason}; the bars are invented.`);
    const results = await generateAll(own, session);
    const succeeded = results.map((result) => handOn(context, session, result, options));
    return succeeded.every((each) => each) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    session.logFailure(error);
    throw error;
  } finally {
    await session.close();
  }
}

/** Shows a strategy's signal and appends it to its alerts file. @returns whether there is a signal and it was written. */
function handOn(context: CommandContext, session: TradingSession, result: SignalResult, options: SignalOptions): boolean {
  const explain = options.explain === true;
  if (result.kind === "failed") return failSignal(context, session, result.error, explain);
  showDecision(context, result.signal, explain);
  if (options.dryRun === true) {
    showUnwritten(context, result.signal);
    return true;
  }
  return appendSignal(context, session, result);
}

/** @returns whether the alerts are in their file. */
export function appendSignal(
  context: CommandContext,
  session: TradingSession,
  { own, signal: generated }: Extract<SignalResult, { kind: "signal" }>,
): boolean {
  const { alertsFile, name } = own.config;
  try {
    appendAlerts(alertsFile, generated.text);
  } catch (error) {
    return failSignal(context, session, error, false);
  }
  const count = generated.allocation.legs.length;
  const written = `${count} ${count === 1 ? "alert" : "alerts"} appended to ${alertsFile}`;
  context.out.line(`  ${written}`);
  session.log.info(`Signal of ${name}: ${generated.allocation.reason}. ${written}.`);
  return true;
}

/** Prints to the terminal and to the log. */
export function failSignal(context: CommandContext, session: TradingSession, error: unknown, explain: boolean): false {
  showFailure(context, error, explain);
  session.logFailure(error);
  return false;
}

/** A strategy missing from STRATEGIES has no alerts file, but its decision can still be shown. */
async function chosen({ config }: TradingSession, { strategy: name, dryRun }: SignalOptions): Promise<readonly OwnStrategy[]> {
  const own = await ownStrategies(config.strategies);
  if (name === undefined) {
    assertSome(own, config.strategies);
    return own;
  }
  const found = own.filter(({ strategy }) => strategy.name === name);
  if (found.length > 0) return found;
  const unnamed = await ownStrategies([{ name, share: ONE, alertsFile: "" }]);
  if (unnamed.length > 0 && dryRun === true) return unnamed;
  throw unnamed.length > 0 ? notNamed(name) : notBuiltIn(name);
}

function notNamed(name: string): TraderError {
  return new TraderError(`${name} is not listed in STRATEGIES, so it has no alerts file.`, {
    code: "usage",
    hint: "Add it to STRATEGIES, or show its decision with --dry-run.",
  });
}

function notBuiltIn(name: string): TraderError {
  return new TraderError(`There is no built-in strategy ${JSON.stringify(name)}.`, {
    code: "usage",
    hint: "The built-in strategies are nuclear and tecl; others write their own alerts.",
  });
}

/** A strategy's decision, and with `explain` every condition that led to it. */
export function showDecision({ out }: CommandContext, { strategy, allocation, trace }: GeneratedSignal, explain: boolean): void {
  out.line(out.style.paint("strong", `${strategy}: ${allocationText(allocation)}`));
  out.line(`  ${allocation.reason}`);
  if (explain) showTrace({ out }, trace);
}

/** Why there is no signal, on standard error; with `explain` the conditions up to the failure. */
export function showFailure({ out, err, verbose }: CommandContext, error: unknown, explain: boolean): void {
  if (explain && error instanceof NoSignal && error.trace.length > 0) showTrace({ out }, error.trace);
  for (const line of errorLines(error, { verbose }, err.style)) err.line(line);
}

export function showUnwritten({ out }: CommandContext, { text }: GeneratedSignal): void {
  out.line("  Dry run: nothing is written. These alerts would be appended:");
  for (const line of text.trimEnd().split("\n")) out.line(`  ${line}`);
}

function showTrace({ out }: Pick<CommandContext, "out">, trace: readonly TraceStep[]): void {
  out.line(`  ${out.style.paint("quiet", TRACE_LEGEND)}`);
  for (const line of traceLines(trace)) out.line(`  ${line}`);
}
