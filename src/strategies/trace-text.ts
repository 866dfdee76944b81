import type { TraceStep } from "./strategy.ts";

/** Legend for the marks of {@link traceLines}. */
export const TRACE_LEGEND = "✓ holds   ✗ does not hold   · measured or concluded";

/** The trace as a tree, one line per step, for a reader who follows the decision without reading code. */
export function traceLines(trace: readonly TraceStep[]): readonly string[] {
  return trace.flatMap((step) => [lineOf(step), ...branchLines(step.below)]);
}

function branchLines(steps: readonly TraceStep[]): readonly string[] {
  return steps.flatMap((step, index) => {
    const last = index === steps.length - 1;
    const below = branchLines(step.below).map((line) => `${last ? "  " : "│ "}${line}`);
    return [`${last ? "└ " : "├ "}${lineOf(step)}`, ...below];
  });
}

function lineOf({ rule, text, held }: TraceStep): string {
  return `${markOf(held)} ${rule}: ${text}`;
}

function markOf(held: boolean | undefined): string {
  if (held === undefined) return "·";
  return held ? "✓" : "✗";
}
