import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

/** Coined words and foreign idiom that were replaced, and what to write instead. SQL keeps the names of its tables. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/\b(is|are|be) told\b|\btold of\b/i, "is logged, is reported"],
  [/\bso many\b/i, "at most N, that many"],
  [/\bso long as\b/i, "while, as long as"],
  [/\b(is|are) spoken\b|\bto speak\b/i, "a verdict is recorded"],
  [/\bcomes? to nothing\b/i, "fails, has no effect"],
  [/\bis minded\b/i, "is rejected"],
  [/\breckoned\b/i, "calculated"],
  [/\bmended\b/i, "fixed, repaired"],
  [/\bailments?\b/i, "problem"],
  [/\b(couriers?|parcels?)\b/i, "sender, queued message"],
  [/\b(announcer|upkeep)\b/i, "status reporter, maintenance"],
  [/\blife signs?\b/i, "liveness file"],
  [/\bforeign hands?\b/i, "external order"],
  [/\btorn reading\b/i, "inconsistent snapshot"],
  [/\bfault table\b/i, "fault catalogue"],
  [/\bdesks?\b/i, "trading session"],
  [/\b(wish|wished)\b/i, "attribution delta, should"],
];

const FILES = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

describe("the source uses the field's words, in plain English", () => {
  test.each(REPLACED.map(([word, instead]) => [word.source, instead, word] as const))("%s → %s", (_, __, word) => {
    const found = FILES.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, index) => (word.test(line) ? [`${relative(ROOT, file)}:${String(index + 1)} ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
