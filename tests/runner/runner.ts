import { createRequire, enableCompileCache, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { COMPILE_CACHE } from "../compile-cache.ts";

type FileRunner = (
  globalConfig: unknown,
  config: object,
  environment: unknown,
  runtime: unknown,
  path: string,
  report: unknown,
) => Promise<unknown>;

/** Where Jest's runner keeps who is told of each test, for the whole process. */
const LISTENERS = Symbol.for("EVENT_HANDLERS");
/** Under this name the file that is loaded finds `describe`, `expect` and so on. */
const GLOBALS = Symbol.for("alpaca-trader.test-globals");
const NAMES = ["afterAll", "afterEach", "beforeAll", "beforeEach", "describe", "expect", "test"];

const TESTS = new URL("../", import.meta.url).href;
const require = createRequire(import.meta.url);
const { default: runFile } = require("jest-circus/runner") as { readonly default: FileRunner };
const shared = globalThis as Record<symbol, unknown>;
let files = 0;

enableCompileCache(COMPILE_CACHE);

/**
 * A test file has its own copies of the modules below `tests/`, with their hooks and what they remember. They are told
 * apart by the number of the file at the end of their addresses.
 */
registerHooks({
  resolve: (specifier, context, next) => {
    const own = /\?file=\d+$/.exec(context.parentURL ?? "")?.[0];
    if (own === undefined) return next(specifier, context);
    if (specifier === "@jest/globals") return { url: `test-globals:${own}`, format: "module", shortCircuit: true };
    const resolved = next(specifier, context);
    return resolved.url.startsWith(TESTS) ? { ...resolved, url: resolved.url + own } : resolved;
  },
  load: (url, context, next) => {
    if (!url.startsWith("test-globals:")) return next(url, context);
    const source = `export const { ${NAMES.join(", ")} } = globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(GLOBALS))})];`;
    return { format: "module", source, shortCircuit: true };
  },
});

/**
 * Jest's own runner, with Node's modules in place of Jest's: the product and its packages are loaded once for all test
 * files of a process, as Node itself loads them. Jest would load them for each file, which takes longer than the tests.
 */
const run: FileRunner = (globalConfig, config, environment, _runtime, path, report) => {
  files += 1;
  const url = `${pathToFileURL(path).href}?file=${String(files)}`;
  const runtime = {
    // Its state is the module's: suites and hooks of the file before must be gone.
    requireInternalModule: (module: string): unknown => {
      Reflect.deleteProperty(require.cache, module);
      Reflect.deleteProperty(globalThis, LISTENERS);
      return require(module);
    },
    requireModule: require,
    setGlobalsForRuntime: (globals: unknown) => {
      shared[GLOBALS] = globals;
    },
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: () => import(url),
    enterTestCode: () => undefined,
    leaveTestCode: () => undefined,
  };
  return runFile(globalConfig, { ...config, injectGlobals: false }, environment, runtime, path, report);
};

export default run;
