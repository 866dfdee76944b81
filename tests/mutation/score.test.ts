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

/** What decides how much is traded; the other files of the room are measured by `npm run mutate`. */
const FILES = ["buys.ts", "sells.ts", "sizing.ts", "valuation.ts"];

/** The cells of each row, however wide the columns are. */
function rowsOf(table: string): string[] {
  return table.split("\n").map((line) => line.replaceAll(/ +/g, " ").trim());
}

test(
  "the published scores of what sizes orders are the ones that Stryker gives now",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "mutation-"));
    try {
      const mutate = FILES.map((file) => `src/portfolio/${file}`).join(",");
      await promisify(execFile)(process.execPath, [STRYKER, "run", "--reporters", "json", "--concurrency", "1", "--mutate", mutate], {
        cwd: ROOT,
        env: { ...process.env, MUTATION_ROOM: "portfolio", MUTATION_FOLDER: folder },
      });
      const report = JSON.parse(readFileSync(join(folder, "portfolio.json"), "utf8")) as MutationReport;
      const rows = rowsOf(scoreTable("portfolio", report)).filter((row) => FILES.some((file) => row.startsWith(`| \`${file}\` |`)));
      expect(rows).toHaveLength(FILES.length);
      expect(rowsOf(readFileSync(PAGE, "utf8"))).toEqual(expect.arrayContaining(rows));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
