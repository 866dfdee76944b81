import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import type { MutationReport } from "../../scripts/mutation-score.ts";
import { scoreTable } from "../../scripts/mutation-score.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const STRYKER = join(ROOT, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
const PAGE = join(ROOT, "docs", "evidence", "mutation-score.md");
const PATIENCE_MS = 600_000;

/** Sizes buys. One file shows that the page is what Stryker gives; `npm run mutate` measures them all. */
const FILE = "buys.ts";

/** The cells of the file's row, however wide the columns are. */
function rowOf(table: string): string | undefined {
  return table
    .split("\n")
    .find((line) => line.startsWith(`| \`${FILE}\` `))
    ?.replaceAll(/ +/g, " ")
    .trim();
}

test(
  "the published score of what sizes buys is the one that Stryker gives now",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "mutation-"));
    try {
      await promisify(execFile)(
        process.execPath,
        [STRYKER, "run", "--reporters", "json", "--concurrency", "1", "--mutate", `src/portfolio/${FILE}`],
        {
          cwd: ROOT,
          env: { ...process.env, MUTATION_ROOM: "portfolio", MUTATION_FOLDER: folder },
        },
      );
      const report = JSON.parse(readFileSync(join(folder, "portfolio.json"), "utf8")) as MutationReport;
      const row = rowOf(scoreTable("portfolio", report));
      expect(row).toMatch(/^\| `buys\.ts` \| [1-9]/);
      expect(rowOf(readFileSync(PAGE, "utf8"))).toBe(row);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
