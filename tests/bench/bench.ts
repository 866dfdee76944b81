import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildProduct } from "./built-product.ts";
import { keepParts } from "./kept-parts.ts";
import { measureParts, partsNamed, resultsOf } from "./results.ts";
import { resultsMarkdown, writeResults } from "./results-page.ts";
import { FULL, QUICK } from "./scale.ts";

const PAGE = fileURLToPath(new URL("../../docs/evidence/performance.md", import.meta.url));

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    profile: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const scale = values.quick ? QUICK : FULL;
const parts = partsNamed(values.only);
const compileCache = mkdtempSync(join(tmpdir(), "bench-cache-"));
try {
  await buildProduct();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const measured = await measureParts(scale, { compileCache, profiles: values.profile && resolve(values.profile) }, parts, say);
  const kept = keepParts(scale, measured);
  if (values.only !== undefined && !values.write) process.stdout.write(`${JSON.stringify(measured)}\n`);
  else {
    const results = resultsOf(kept);
    if (values.write) writeResults(PAGE, results);
    process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : `${resultsMarkdown(results).join("\n")}\n`);
  }
} finally {
  rmSync(compileCache, { recursive: true, force: true });
}
