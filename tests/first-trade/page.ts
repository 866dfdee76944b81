import { join } from "node:path";
import { ROOT } from "../../scripts/built.js";
import type { Typed } from "./session.ts";

export const PAGE = join(ROOT, "docs/first-trade.md");

const INTRODUCTION = `# From nothing to the first paper trade

A session on a terminal, as it was recorded (\`npm run first-trade\`) but for one line about settings of the recording, in an empty folder with the program [installed globally](operations.md#global-installation). Where it is installed in a project's folder, type \`npx alpaca-trader\` instead. Alpaca's paper venue is played by the built-in simulator, so its address stands where yours says \`Alpaca paper\` alone. A test records the session again and compares it with this page: only figures, times and ids may differ.`;

/** What a reader should know before a command. */
const BEFORE: Readonly<Record<string, string>> = {
  "alpaca-trader init":
    "## Set up\n\n`init` asks, tests the keys while it asks, and writes `.env` only after you have seen the changes. The first two questions and the last one were answered with Enter; keys are pasted and never shown.",
  "alpaca-trader doctor | tail -n 1":
    "`doctor` checks everything else, one line for each check; this is its last line. Each warning comes with a hint.",
  "cat alerts.json": "## The strategy speaks\n\nA strategy appends one run to the alerts file, a line for each symbol:",
  "alpaca-trader execute --dry-run":
    "## Look first\n\nThe account already holds TQQQ, which the run does not name. A dry run says what would be sold and bought:",
  "alpaca-trader execute":
    "## Trade\n\n`execute` acts once on what is fresh. The daemon, `alpaca-trader run`, does the same by itself as soon as alerts arrive.",
  "alpaca-trader status": "## Look again",
  "alpaca-trader logs -n 12": "The log, which `alpaca-trader logs -f` follows:",
};

/** The page of a recorded session. @throws Error where a command has no introduction. */
export function pageOf(session: readonly Typed[]): string {
  const steps = session.map(({ command, shown }) => {
    const before = BEFORE[command];
    if (before === undefined) throw new Error(`The page says nothing about \`${command}\`.`);
    return `${before}\n\n\`\`\`text\n$ ${command}\n${shown}\n\`\`\``;
  });
  return `${[INTRODUCTION, ...steps].join("\n\n")}\n`;
}

/** The words of a page, without what is different each time: figures, signs, ids, the width of columns, and the order of orders. */
export function wordsOf(page: string): string[] {
  const words = page
    .split("\n")
    .map((line) => line.replaceAll(/(?<=\[|signal |nuclear +)[0-9a-f]{8}(?:[0-9a-f]{8})?\b/g, "ID").replaceAll(/[-+]?\$?\d[\d.,:]*/g, "0"))
    .map((line) =>
      line
        .replaceAll(/\b0 (?:d|h|min|s)\b(?: 0 (?:d|h|min|s)\b)*/g, "0 s")
        .replaceAll(/\s+/g, " ")
        .trim(),
    )
    .map((line) => line.replaceAll(/(E[DS]T|[A-Z][a-z]+day)\b/g, "").replaceAll(/, the rest left alone: within drift/g, ""));
  return words.toSorted();
}
