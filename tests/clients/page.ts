import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFormatted } from "../../scripts/formatted.ts";
import { CAPABILITIES, CAPABILITY_NAMES } from "./capabilities.ts";
import { CLIENTS } from "./clients.ts";
import { cellOf, type ClientResult } from "./results.ts";

export const PAGE = join(import.meta.dirname, "../../docs/simulator.md");
export const BEGIN = "<!-- clients: written by `npm run test:clients -- --write` -->";
export const END = "<!-- end of clients -->";

/** The table client × capability, and the words behind every cell that is not right. */
export function clientsMarkdown(results: readonly ClientResult[]): string[] {
  const named = results.map(({ client }) => `${client} ${releaseOf(client)}`);
  const rows = CAPABILITY_NAMES.map((name) => [
    CAPABILITIES[name],
    ...results.map(({ checks }) => cellOf(checks.filter(({ capability }) => capability === name))),
  ]);
  const all = results.flatMap(({ checks }) => checks);
  const count = (verdict: string): string => String(all.filter((check) => check.verdict === verdict).length);
  return [
    `${String(all.length)} checks with ${String(results.length)} clients: ${count("right")} right, ${count("refused")} refused, ${count("absent")} absent, ${count("wrong")} wrong.`,
    "",
    row(["capability", ...named]),
    row(["---", ...named.map(() => "---")]),
    ...rows.map(row),
    "",
    row(["client", "pointed at the simulator by"]),
    row(["---", "---"]),
    ...CLIENTS.map(({ name, pointedBy }) => row([name, pointedBy])),
    "",
    "What is not right:",
    "",
    ...notRight(results),
    "",
    ...results.flatMap(suiteLines),
  ];
}

/** Puts the block where the page keeps it, formatted as every page is. @throws when the page has no such place. */
export function writeClients(file: string, results: readonly ClientResult[]): void {
  const page = readFileSync(file, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table between "${BEGIN}" and "${END}".`);
  writeFormatted(file, `${page.slice(0, begin)}${BEGIN}\n\n${clientsMarkdown(results).join("\n")}\n\n${page.slice(end)}`);
}

/** Each sentence of the venue once, with the clients that got it. */
function notRight(results: readonly ClientResult[]): string[] {
  const said = new Map<string, Set<string>>();
  for (const { client, checks } of results)
    for (const { capability, check, verdict, words } of checks) {
      if (verdict === "right") continue;
      const line = `${CAPABILITIES[capability]}, ${check}: ${verdict}${verdict === "absent" ? "" : `, \`${words.replaceAll("`", "'")}\``}`;
      said.set(line, (said.get(line) ?? new Set()).add(client));
    }
  return [...said].map(([line, clients]) => `- ${line} (${[...clients].join(", ")})`).sort();
}

function suiteLines({ client, suite }: ClientResult): string[] {
  if (suite === undefined) return [];
  const failed = suite.failed.length === 0 ? "." : `; not ${suite.failed.map((test) => `\`${test}\``).join(", ")}.`;
  const all = suite.passed + suite.failed.length;
  return [
    `Of the ${String(all)} tests of the trading API inside the package ${client} itself, ${String(suite.passed)} pass${failed} Left out are those that ask Alpaca's own hosts in any case, and two that the package itself calls broken.`,
  ];
}

function releaseOf(client: string): string {
  return CLIENTS.find(({ name }) => name === client)?.release ?? "";
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
