import { errorLines } from "../reporting/error-view.ts";
import { NoSignal, type GeneratedSignal } from "../signals/generate.ts";
import { allocationText } from "../strategies/percentages.ts";
import type { TraceStep } from "../strategies/strategy.ts";
import { TRACE_LEGEND, traceLines } from "../strategies/trace-text.ts";
import type { CommandContext } from "./context.ts";

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

/** The alert lines as they would be written to the file. */
export function showUnwritten({ out }: CommandContext, { text }: GeneratedSignal): void {
  out.line("  Dry run: nothing is written. These alerts would be appended:");
  for (const line of text.trimEnd().split("\n")) out.line(`  ${line}`);
}

function showTrace({ out }: Pick<CommandContext, "out">, trace: readonly TraceStep[]): void {
  out.line(`  ${out.style.paint("quiet", TRACE_LEGEND)}`);
  for (const line of traceLines(trace)) out.line(`  ${line}`);
}
