/** An exact text of one source file, and what stands there instead. It occurs once. */
export interface Patch {
  /** From the root of the tree. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug that somebody could well write. The simulation, or the test that is named, has to notice it. */
export interface Mutant {
  readonly name: string;
  /** One sentence: what the program does wrong. */
  readonly bug: string;
  readonly patches: readonly Patch[];
  /** For what happens outside of the simulated process, or too rarely in it: the test file that notices it instead. */
  readonly test?: string;
}

/** @throws Error when the text does not stand in the source exactly once. */
export function patched(source: string, { file, find, replace }: Patch): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) {
    const problem = pieces.length === 1 ? "does not hold" : `holds ${String(pieces.length - 1)} times`;
    throw new Error(`${file} ${problem} what the bug is planted into:\n${find}`);
  }
  return pieces.join(replace);
}
