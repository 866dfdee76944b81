import { globSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Rooms whose mutants are worth their time, each judged by its own tests alone. */
const ROOMS = ["portfolio", "intake", "execution"];

const room = process.env.MUTATION_ROOM ?? "portfolio";
if (!ROOMS.includes(room)) throw new Error(`MUTATION_ROOM is ${room}; expected one of ${ROOMS.join(", ")}.`);

/** Where reports and, while it runs, a copy of the project lie. */
const folder = process.env.MUTATION_FOLDER ?? "coverage/mutation";

/** Hundreds of cases to a test, run again for each mutant; the score counts what the examples catch alone. */
const MANY_CASES = /(?:properties|crash-points.*)\.test\.ts$/;

export default {
  testRunner: "kept-mocha",
  plugins: ["@stryker-mutator/mocha-runner", join(import.meta.dirname, "tests", "mutation", "runner.ts")],
  testRunnerNodeArgs: ["--disable-warning=ExperimentalWarning"],
  mochaOptions: {
    require: ["./tests/mutation/jest-in-mocha.ts"],
    spec: globSync(`tests/${room}/**/*.test.ts`).filter((file) => !MANY_CASES.test(file)),
  },
  coverageAnalysis: "perTest",
  // What runs only while a module is loaded would need every test of the room for each mutant.
  ignoreStatic: true,
  // Sentences are for people, and a kind or reason that is misspelt does not compile.
  mutator: { excludedMutations: ["StringLiteral"] },
  mutate: [`src/${room}/**/*.ts`],
  concurrency: 2,
  // Beside one and a half times what the tests take without a mutant; a loop that does not end is not waited for longer.
  timeoutMS: 3_000,
  ignorePatterns: ["dist", "docs"],
  tempDirName: join(folder, "sandbox"),
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false },
  jsonReporter: { fileName: join(folder, `${room}.json`) },
};
