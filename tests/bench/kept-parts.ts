import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Parts, Surroundings } from "./results.ts";
import type { Scale } from "./scale.ts";

export type Measured = Partial<Parts> & { readonly surroundings: Surroundings };

function fileOf(scale: Scale): string {
  return fileURLToPath(new URL(`../../node_modules/.cache/bench/${scale.name}.json`, import.meta.url));
}

/** Adds what has just been measured to what was measured before, so that the whole can be measured piece by piece. */
export function keepParts(scale: Scale, measured: Measured): Measured {
  const file = fileOf(scale);
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Measured) : undefined;
  const kept = { ...before, ...measured };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(kept));
  return kept;
}
