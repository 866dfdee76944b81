import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildProduct } from "./built-product.ts";
import { measureAll } from "./results.ts";
import { resultsMarkdown, writeResults } from "./results-page.ts";
import { FULL, QUICK } from "./scale.ts";

const PAGE = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    profile: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const compileCache = mkdtempSync(join(tmpdir(), "bench-cache-"));
try {
  buildProduct();
  const results = await measureAll(
    values.quick ? QUICK : FULL,
    { compileCache, profiles: values.profile && resolve(values.profile) },
    (text) => void process.stderr.write(`${text}\n`),
  );
  if (values.write) await writeResults(PAGE, results);
  process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : `${resultsMarkdown(results).join("\n")}\n`);
} finally {
  rmSync(compileCache, { recursive: true, force: true });
}
