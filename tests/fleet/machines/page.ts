import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Shown } from "./ground.ts";

const PAGE = join(import.meta.dirname, "..", "..", "..", "docs", "evidence", "machines.md");

/** Replaces the row of one check, and leaves the others. */
export function writeRow(check: string, { done, result, violations }: Shown, date: string): void {
  const row = `| ${check} | ${done} | ${result} | ${String(violations.length)} | ${date}, ${String(cpus().length)} cores |`;
  const lines = readFileSync(PAGE, "utf8").split("\n");
  const index = lines.findIndex((line) => line.startsWith(`| ${check} |`));
  const last = lines.findLastIndex((line) => line.startsWith("| "));
  if (index >= 0) lines[index] = row;
  else lines.splice(last + 1, 0, row);
  writeFileSync(PAGE, lines.join("\n"));
}
