import { systemClock } from "../../src/domain/clock.ts";
import { messageOf } from "../../src/domain/errors.ts";

const LOOK_EVERY_MS = 200;

/** Runs named checks one after the other, tells each result as it comes, and goes on after a failure. */
export class Checks {
  #passed = 0;
  #failed = 0;

  /** @returns whether it passed, for what nothing can go on without. */
  async check(name: string, run: () => Promise<unknown>): Promise<boolean> {
    const start = systemClock.monotonic();
    try {
      const detail = await run();
      this.#passed += 1;
      process.stdout.write(`✓ ${name}${typeof detail === "string" ? `: ${detail}` : ""} (${took(start)})\n`);
      return true;
    } catch (error) {
      this.#failed += 1;
      process.stdout.write(`✗ ${name} (${took(start)})\n  ${messageOf(error).replaceAll("\n", "\n  ")}\n`);
      return false;
    }
  }

  /** @returns the exit code. */
  summary(): number {
    process.stdout.write(`${String(this.#passed)} passed, ${String(this.#failed)} failed\n`);
    return this.#failed === 0 ? 0 : 1;
  }
}

/** Waits until `look` gives something. @throws with what `otherwise` tells. */
export async function eventually<T>(look: () => Promise<T | undefined>, limitMs: number, otherwise: () => string): Promise<T> {
  const end = systemClock.monotonic() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (systemClock.monotonic() > end) throw new Error(otherwise());
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

export function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

export function took(start: number): string {
  return `${((systemClock.monotonic() - start) / 1_000).toFixed(1)} s`;
}
