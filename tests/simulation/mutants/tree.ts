import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutant.ts";
import { patched } from "./mutant.ts";

/** What simulation and tests need besides the installed packages. */
const COPIED = ["src", "tests", "scripts", "package.json", "tsconfig.json", "jest.config.js"] as const;

/** A private copy of the tree, into which one bug at a time is planted. */
export class MutantTree {
  readonly directory: string;

  constructor(root: string) {
    this.directory = mkdtempSync(join(tmpdir(), "alpaca-trader-mutants-"));
    for (const name of COPIED) cpSync(join(root, name), join(this.directory, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.directory, "node_modules"));
  }

  /** @returns how to take the bug out again. @throws Error when it does not fit the source any more. */
  plant(mutant: Mutant): () => void {
    const sources = mutantSources(this.directory, mutant);
    const sound = [...sources.keys()].map((file) => [file, readFileSync(join(this.directory, file))] as const);
    for (const [file, text] of sources) writeFileSync(join(this.directory, file), text);
    return () => {
      for (const [file, text] of sound) writeFileSync(join(this.directory, file), text);
    };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * The files that a bug changes, with the bug in them.
 * @throws Error when it does not fit the source any more.
 */
export function mutantSources(root: string, { patches }: Mutant): Map<string, string> {
  const sources = new Map<string, string>();
  for (const patch of patches)
    sources.set(patch.file, patched(sources.get(patch.file) ?? readFileSync(join(root, patch.file), "utf8"), patch));
  return sources;
}
