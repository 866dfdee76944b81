import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");
const FOOTPRINT = join(ROOT, "src/machine/footprint.ts");

/** Runs a script in a process of its own. @returns what it printed, as JSON. */
function printedBy(script: string): unknown {
  const text = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return JSON.parse(text) as unknown;
}

describe("a small process", () => {
  test("loads zod without its table of languages, and is answered in English", () => {
    const script = (first: string): string => `
      import { loadOnlyWhatIsUsed } from ${JSON.stringify(FOOTPRINT)};
      ${first}
      const { z } = await import("zod");
      const { error } = z.string().safeParse(1);
      console.log(JSON.stringify({ languages: Object.keys(z.locales).length, message: error.issues[0].message }));`;
    expect(printedBy(script("loadOnlyWhatIsUsed();"))).toEqual({
      languages: 0,
      message: "Invalid input: expected string, received number",
    });
    expect(printedBy(script(""))).toMatchObject({ languages: expect.any(Number), message: expect.stringContaining("expected string") });
    expect(printedBy(script(""))).not.toMatchObject({ languages: 0 });
  });

  test("loads the dashboard's library for the first request, not before", () => {
    const script = `
      import { createRequire } from "node:module";
      import { systemClock } from ${JSON.stringify(join(ROOT, "src/domain/clock.ts"))};
      import { DashboardServer } from ${JSON.stringify(join(ROOT, "src/dashboard/server.ts"))};
      const { cache } = createRequire(${JSON.stringify(join(ROOT, "package.json"))});
      const isLoaded = () => Object.keys(cache).some((file) => /\\/(fastify|prom-client)\\//.test(file));
      const server = new DashboardServer({
        view: { close: () => Promise.resolve() },
        clock: systemClock,
        config: { host: "127.0.0.1", isOpen: true },
        redact: (text) => text,
      });
      const address = await server.listen(0);
      const before = isLoaded();
      const { status } = await fetch(address + "favicon.svg");
      const after = isLoaded();
      await server.close();
      console.log(JSON.stringify({ before, status, after }));`;
    expect(printedBy(script)).toEqual({ before: false, status: 200, after: true });
  });

  test("keeps the engine's space for young objects small", () => {
    const script = (first: string): string => `
      import { getHeapSpaceStatistics } from "node:v8";
      import { stayInFirstYoungSpace } from ${JSON.stringify(FOOTPRINT)};
      ${first}
      let kept = [];
      for (let count = 0; count < 6_000_000; count += 1) {
        kept.push({ count });
        if (kept.length > 200_000) kept = [];
      }
      console.log(JSON.stringify(getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size));`;
    // How large it is at first depends on the machine, so only the two are compared.
    const small = Number(printedBy(script("stayInFirstYoungSpace();")));
    expect(small).toBeGreaterThan(0);
    expect(Number(printedBy(script("")))).toBeGreaterThan(2 * small);
  });

  test("collects its garbage once there is some, and not before", () => {
    const script = `
      import { getHeapStatistics } from "node:v8";
      import { garbageCollector } from ${JSON.stringify(FOOTPRINT)};
      const collect = garbageCollector();
      const used = () => getHeapStatistics().used_heap_size / 1_048_576;
      const dead = new WeakRef({});
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      const isKept = dead.deref() !== undefined;
      let garbage = Array.from({ length: 400_000 }, (_, number) => ({ number }));
      const before = used();
      garbage = undefined;
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      console.log(JSON.stringify({ isKept, isGone: dead.deref() === undefined, hasShrunk: used() < before - 10 }));`;
    expect(printedBy(script)).toEqual({ isKept: true, isGone: true, hasShrunk: true });
  });
});
