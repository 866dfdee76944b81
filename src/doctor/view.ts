import { counted } from "../reporting/figures.ts";
import type { Style, Tint } from "../reporting/style.ts";
import type { Check, CheckStatus } from "./check.ts";

const PAGE = "docs/troubleshooting.md";

const SIGNS: Record<CheckStatus, { readonly sign: string; readonly tint: Tint }> = {
  ok: { sign: "✓", tint: "good" },
  failed: { sign: "✗", tint: "bad" },
  warning: { sign: "!", tint: "warn" },
  skipped: { sign: "-", tint: "quiet" },
};

export function checkLines({ title, status, text, hint }: Check, style: Style): string[] {
  const { sign, tint } = SIGNS[status];
  const line = `${style.paint(tint, sign)} ${style.paint("strong", title)}: ${text}`;
  return hint === undefined ? [line] : [line, `  ${style.paint("accent", "Hint:")} ${hint}`];
}

/** Where to read more, and last the number of lines of each kind. */
export function summaryLines(checks: readonly Check[], style: Style): string[] {
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  const failures = count("failed");
  const total = `${String(failures)} failed, ${counted(count("warning"), "warning")}, ${String(count("ok"))} passed, ${String(count("skipped"))} skipped`;
  const wanting = checks.filter(({ status }) => status === "failed" || status === "warning").map(({ id }) => id);
  return [
    "",
    ...(wanting.length === 0 ? [] : [`${PAGE} has a section for each: ${[...new Set(wanting)].join(", ")}.`]),
    style.paint(failures === 0 ? "good" : "bad", total),
  ];
}
