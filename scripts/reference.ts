import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REFUSAL_MEANINGS } from "../src/domain/broker.ts";
import { exitOfOutcome, exitOfVerdict } from "../src/app/outcome-exit.ts";
import { environmentExample } from "../src/config/example.ts";
import type { Setting } from "../src/config/settings.ts";
import { SETTINGS } from "../src/config/settings.ts";
import { EXIT } from "../src/domain/errors.ts";
import { BLOCKAGE_MEANINGS } from "../src/execution/loop/decide.ts";
import type { VerdictKind } from "../src/domain/verdict.ts";
import { isFinal, VERDICT_MEANINGS } from "../src/domain/verdict.ts";
import type { ExecutionOutcome } from "../src/domain/ledger.ts";
import { OUTCOME_MEANINGS } from "../src/domain/ledger.ts";
import type { SkipReason } from "../src/portfolio/skip-reason.ts";
import { isOnTargetReason, LEFT_ALONE_MEANINGS } from "../src/portfolio/skip-reason.ts";
import { DAILY_LIMITS } from "../src/portfolio/limits.ts";
import { PLAN_REFUSAL_MEANINGS } from "../src/portfolio/plan-result.ts";

/** Every word with which the program explains itself, and every setting, made from the code that uses them. */
export function referenceText(): string {
  return `${[
    "# Reference",
    "Made from the code by `npm run reference`; a test fails when it is out of date.",
    ...section(
      "Verdicts",
      "Every complete alert line has one current verdict. A final one never changes; one for now is judged again while the run is fresh, when someone asks or when its cause ends. The exit code is that of `execute` and `trade` when the newest run ends so and no execution began.",
      ["verdict", "holds", "exit code", "meaning"],
      entries(VERDICT_MEANINGS).map(([kind, meaning]) => [code(kind), holds(kind), String(exitOfVerdict(kind)), meaning]),
    ),
    ...section(
      "Outcomes",
      "How an execution ended.",
      ["outcome", "exit code", "meaning"],
      entries(OUTCOME_MEANINGS).map(([outcome, meaning]) => [code(outcome), outcomeExit(outcome), meaning]),
    ),
    ...section(
      "Why a symbol is left alone",
      "Every symbol that is held or wanted and not traded to plan carries one of these. An execution is on target when only reasons of the first kind are left.",
      ["reason", "still on target", "meaning"],
      entries(LEFT_ALONE_MEANINGS).map(([reason, meaning]) => [code(reason), onTarget(reason), meaning]),
    ),
    ...section("Why a plan is refused", "Nothing is sent then.", ["refusal", "meaning"], plain(PLAN_REFUSAL_MEANINGS)),
    ...section(
      "Daily limits",
      "Judged on the whole plan before its first order, with what was traded on the same New York day before. An execution that has begun is not stopped by them.",
      ["limit", "meaning"],
      plain(DAILY_LIMITS),
    ),
    ...section(
      "Why an execution sends nothing more",
      "What is open is then cancelled and its end awaited.",
      ["cause", "meaning"],
      plain(BLOCKAGE_MEANINGS),
    ),
    ...section(
      "Why the venue refuses an order",
      "Told from the venue's words, for one code can mean several things.",
      ["refusal", "meaning"],
      plain(REFUSAL_MEANINGS),
    ),
    "## Exit codes",
    exitCodes(),
    "## Settings",
    settings(),
  ].join("\n\n")}\n`;
}

function exitCodes(): string {
  const rows = Object.values(EXIT).map((exit) => [String(exit), EXIT_MEANINGS[exit]]);
  return ["Of every command.", table(["code", "meaning"], rows)].join("\n\n");
}

function settings(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => [
    code(name),
    defaultOf(setting),
    setting.expected,
    setting.doc,
  ]);
  return [
    "From the environment, and below it from `.env`. Empty counts as unset. A wrong, impossible or misspelt one stops the start with exit code 78, all of them named at once.",
    table(["setting", "default", "expected", "meaning"], rows),
  ].join("\n\n");
}

const EXIT_MEANINGS: Record<(typeof EXIT)[keyof typeof EXIT], string> = {
  0: "Done, or nothing to do.",
  1: "Failed or off target, or the broker could not be reached.",
  3: "Refused: halted, closed, a limit, a lock, the account, or a run that may not be traded.",
  78: "A person must act: the configuration is wrong (every problem is named), or a directory, the ledger or a lock cannot be used (another owner, a newer version, damage).",
};

function entries<Key extends string>(meanings: Record<Key, string>): [Key, string][] {
  return Object.entries(meanings) as [Key, string][];
}

function plain(meanings: Record<string, string>): string[][] {
  return entries(meanings).map(([word, meaning]) => [code(word), meaning]);
}

function holds(kind: VerdictKind): string {
  return isFinal(kind) || kind === "history" ? "for good" : "for now";
}

function outcomeExit(outcome: ExecutionOutcome): string {
  const exit = exitOfOutcome(outcome);
  return exit === undefined ? "of its verdict" : String(exit);
}

function onTarget(reason: SkipReason): string {
  return isOnTargetReason(reason) ? "yes" : "no";
}

function defaultOf(setting: Setting<unknown>): string {
  return setting.unset ?? (setting.default === undefined ? "none" : code(setting.default));
}

function code(word: string): string {
  return `\`${word}\``;
}

function section(title: string, introduction: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [`## ${title}`, introduction, table(head, rows)];
}

/** A line as long as the formatter allows; wider tables are not padded. */
const MAX_WIDTH = 140;

/** As the formatter writes it, so that the page can be checked like every other file. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`;
  const aligned = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const isWide = line(aligned.map((width) => "-".repeat(width))).length > MAX_WIDTH;
  const widths = isWide ? head.map(() => 0) : aligned;
  const [first = [], ...others] = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [line(first), line(widths.map((width) => "-".repeat(Math.max(3, width)))), ...others.map(line)].join("\n");
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  mkdirSync(join(root, "docs"), { recursive: true });
  writeFileSync(join(root, "docs", "reference.md"), referenceText());
  writeFileSync(join(root, ".env.example"), environmentExample());
}
