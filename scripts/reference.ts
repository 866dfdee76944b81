import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REFUSAL_MEANINGS } from "../src/domain/broker.ts";
import { environmentExample } from "../src/config/example.ts";
import type { Setting } from "../src/config/settings.ts";
import { SETTINGS } from "../src/config/settings.ts";
import { EXIT } from "../src/domain/errors.ts";
import type { VerdictKind } from "../src/domain/verdict.ts";
import { STOP_CAUSES } from "../src/domain/stop-cause.ts";
import { isFinal, VERDICT_KINDS, VERDICTS } from "../src/domain/verdict.ts";
import type { ExecutionOutcome } from "../src/domain/outcome.ts";
import { EXECUTION_OUTCOMES, OUTCOMES } from "../src/domain/outcome.ts";
import type { SkipReason } from "../src/portfolio/skip-reason.ts";
import { isOnTargetReason, SKIP_REASONS } from "../src/portfolio/skip-reason.ts";
import { DAILY_LIMITS } from "../src/portfolio/limits.ts";
import { COMMON_MEANINGS, COMMON_PARAMETERS, FAULT_MENU } from "../src/simulator/faults.ts";
import type { FaultKind } from "../src/simulator/faults/kind.ts";
import { PLAN_REFUSAL_MEANINGS } from "../src/portfolio/plan-result.ts";

/** Every fault of the simulator, with the request that adds it. */
export function faultsText(): string {
  return `${[
    "# Faults of the simulator",
    "Generated from the code by `npm run reference`; a test sends every request on this page.",
    "A fault is added when the simulator starts (`--fault slow-answer:ms=3000,share=0.2`, repeatable) or while it runs:",
    ["```sh", ...FAULT_REQUESTS, "```"].join("\n"),
    ...section(
      "Faults",
      "Each is modelled on something that a venue has done. The request is the body of `POST /simulator/faults`, with the defaults of all parameters written out; leave out those that you do not change.",
      ["what goes wrong", "request"],
      FAULT_MENU.map((kind) => [kind.description, code(faultBody(kind))]),
    ),
    ...section(
      "For every fault",
      "These parameters can be added to each.",
      ["parameter", "default", "meaning"],
      COMMON_PARAMETERS.map(({ name, byDefault }) => [code(name), code(byDefault), COMMON_MEANINGS[name] ?? ""]),
    ),
    ...section(
      "Values",
      "A number must fit its parameter; anything else is refused with the nearest correct name. These parameters take one of a few words.",
      ["fault", "parameter", "words"],
      FAULT_MENU.flatMap(({ name, parameters }) =>
        parameters.flatMap((parameter) =>
          typeof parameter.form === "string" ? [] : [[code(name), code(parameter.name), parameter.form.map(code).join(", ")]],
        ),
      ),
    ),
  ].join("\n\n")}\n`;
}

const FAULT_REQUESTS = [
  `curl -X POST http://127.0.0.1:8788/simulator/faults -d '{"fault":"timeout-after-accept:on=orders,nth=1"}'`,
  "curl http://127.0.0.1:8788/simulator/faults                          # the menu, the active ones, how often each applied",
  "curl -X DELETE http://127.0.0.1:8788/simulator/faults/slow-answer    # one of them; without a name all",
];

/** What `POST /simulator/faults` takes to add the fault as it is by default. */
export function faultBody({ name, parameters }: Pick<FaultKind, "name" | "parameters">): string {
  const given = parameters.map((parameter) => `${parameter.name}=${parameter.byDefault}`).join(",");
  return JSON.stringify({ fault: given === "" ? name : `${name}:${given}` });
}

/** Every word the program uses to explain itself, and every setting, generated from the code that uses them. */
export function referenceText(): string {
  return `${[
    "# Reference",
    "Generated from the code by `npm run reference`; a test fails when it is out of date.",
    ...section(
      "Verdicts",
      "Every complete alert line has one current verdict. A final verdict never changes. A verdict for now is judged again while the run is fresh, on request or when its cause ends. The exit code is that of `execute` and `trade` when the newest run has this verdict and no execution began.",
      ["verdict", "holds", "exit code", "meaning"],
      VERDICT_KINDS.map((kind) => [code(kind), holds(kind), String(VERDICTS[kind].exit), VERDICTS[kind].meaning]),
    ),
    ...section(
      "Outcomes",
      "How an execution ended.",
      ["outcome", "exit code", "meaning"],
      EXECUTION_OUTCOMES.map((outcome) => [code(outcome), outcomeExit(outcome), OUTCOMES[outcome].meaning]),
    ),
    ...section(
      "Why a symbol is left alone",
      "Every held or targeted symbol that is not traded to plan has one of these reasons. An execution is on target if all remaining reasons have a yes in the second column.",
      ["reason", "still on target", "meaning"],
      entries(SKIP_REASONS).map(([reason, { meaning }]) => [code(reason), onTarget(reason), meaning]),
    ),
    ...section("Why a plan is refused", "Nothing is sent in these cases.", ["refusal", "meaning"], plain(PLAN_REFUSAL_MEANINGS)),
    ...section(
      "Daily limits",
      "Checked on the whole plan before its first order, including what was traded earlier on the same New York day. They do not stop an execution that has begun.",
      ["limit", "meaning"],
      plain(DAILY_LIMITS),
    ),
    ...section(
      "Why an execution sends nothing more",
      "Open orders are then cancelled, and their end is awaited.",
      ["cause", "meaning"],
      entries(STOP_CAUSES).map(([cause, { meaning }]) => [code(cause), meaning]),
    ),
    ...section(
      "Why the venue refuses an order",
      "Recognised by the venue's text, because one code can mean several things.",
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
  return ["They apply to every command.", table(["code", "meaning"], rows)].join("\n\n");
}

function settings(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => [
    code(name),
    defaultOf(setting),
    setting.expected,
    setting.doc,
  ]);
  return [
    "Settings come from the environment, then from `.env`. Empty counts as unset. If any setting is invalid, impossible or misspelled, the program exits with 78 and names all of them at once. A name that begins with `ALPACA_` or is close to a setting counts as misspelled; `.env` is checked more strictly than the environment, which holds the variables of other programs. Other unknown names in `.env` are a note in `doctor`.",
    table(["setting", "default", "expected", "meaning"], rows),
  ].join("\n\n");
}

const EXIT_MEANINGS: Record<(typeof EXIT)[keyof typeof EXIT], string> = {
  0: "Done, or nothing to do.",
  1: "Failed or off target, or the broker could not be reached.",
  3: "Refused: halted, market closed, a limit, a lock, the account, or a run that may not be traded.",
  78: "A person must act: the configuration is invalid (every problem is named), or a directory, the ledger or a lock cannot be used (another owner, a newer version, damage).",
};

function entries<Key extends string, Row>(table: Record<Key, Row>): [Key, Row][] {
  return Object.entries(table) as [Key, Row][];
}

function plain(meanings: Record<string, string>): string[][] {
  return entries(meanings).map(([word, meaning]) => [code(word), meaning]);
}

function holds(kind: VerdictKind): string {
  return isFinal(kind) || kind === "history" ? "for good" : "for now";
}

function outcomeExit(outcome: ExecutionOutcome): string {
  const exit = OUTCOMES[outcome].exit;
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
  writeFileSync(join(root, "docs", "simulator-faults.md"), faultsText());
  writeFileSync(join(root, ".env.example"), environmentExample());
}
