import { basename } from "node:path";
import { bind } from "jest-each";
import mocha from "mocha";

export { expect } from "expect";

const importer = basename(new URL(import.meta.url).searchParams.get("for") ?? "");
const waiting: (() => void)[] = [];
let defining = !importer.endsWith(".test.ts");

/**
 * What a file of tests defines at its top goes into one suite of its own, so that its hooks are for its tests alone,
 * as with Jest. Helpers are loaded once for all files: their hooks are for every test.
 */
function inOwnSuite<Args extends unknown[]>(define: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    if (!defining && waiting.length === 0) queueMicrotask(() => mocha.describe(importer, defineAll));
    if (defining) define(...args);
    else waiting.push(() => define(...args));
  };
}

function defineAll(): void {
  defining = true;
  for (const define of waiting) define();
}

function withTables<T extends (...args: never[]) => void>(define: T): T & { each: unknown } {
  return Object.assign(define, { each: bind(define as never, false) });
}

export const afterAll = inOwnSuite(mocha.after);
export const afterEach = inOwnSuite(mocha.afterEach);
export const beforeAll = inOwnSuite(mocha.before);
export const beforeEach = inOwnSuite(mocha.beforeEach);
export const describe = withTables(inOwnSuite(mocha.describe));
export const test = withTables(inOwnSuite(mocha.it));
