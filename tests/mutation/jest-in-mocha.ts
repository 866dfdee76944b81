import { registerHooks } from "node:module";

/**
 * Preloaded by Stryker's Mocha runner: each file that imports `@jest/globals` gets its own `globals.ts`, which hands
 * its tests on to Mocha. Mocha loads them once and runs them for one mutant after the other.
 */
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier !== "@jest/globals") return next(specifier, context);
    const globals = new URL("globals.ts", import.meta.url);
    globals.searchParams.set("for", context.parentURL ?? "");
    return next(globals.href, context);
  },
});
