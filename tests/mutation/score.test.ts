import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { format, resolveConfig } from "prettier";
import type { MutationReport } from "../../scripts/mutation-score.ts";
import { scoreTable } from "../../scripts/mutation-score.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const STRYKER = join(ROOT, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
const PAGE = join(ROOT, "docs", "evidence", "mutation-score.md");
const PATIENCE_MS = 600_000;

test(
  "the published score of the planner's room is the one that Stryker gives now",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "mutation-"));
    try {
      await promisify(execFile)(process.execPath, [STRYKER, "run", "--reporters", "json", "--concurrency", "1"], {
        cwd: ROOT,
        env: { ...process.env, MUTATION_ROOM: "portfolio", MUTATION_FOLDER: folder },
      });
      const report = JSON.parse(readFileSync(join(folder, "portfolio.json"), "utf8")) as MutationReport;
      const table = await format(scoreTable("portfolio", report), { ...(await resolveConfig(PAGE)), parser: "markdown" });
      expect(readFileSync(PAGE, "utf8")).toContain(table.trimEnd());
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
