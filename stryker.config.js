import { join } from "node:path";
import process from "node:process";

/** Rooms whose mutants are worth their time, each judged by its own tests alone: those of other rooms would take hours. */
const ROOMS = ["portfolio", "intake", "execution"];

const room = process.env.MUTATION_ROOM ?? "portfolio";
if (!ROOMS.includes(room)) throw new Error(`MUTATION_ROOM is ${room}; expected one of ${ROOMS.join(", ")}.`);

export default {
  testRunner: "by-file",
  plugins: ["@stryker-mutator/jest-runner", join(import.meta.dirname, "tests", "mutation", "runner.ts")],
  testRunnerNodeArgs: ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
  jest: {
    configFile: "jest.config.js",
    config: {
      testMatch: [`<rootDir>/tests/${room}/**/*.test.ts`],
      // Hundreds of cases to a test, run again for each mutant; the score counts what the examples catch alone.
      testPathIgnorePatterns: ["/properties\\.test\\.ts$", "/crash-points.*\\.test\\.ts$"],
      randomize: false,
    },
    enableFindRelatedTests: false,
  },
  coverageAnalysis: "perTest",
  // What runs only while a module is loaded would need every test of the room for each mutant.
  ignoreStatic: true,
  // Sentences are for people, and a kind or reason that is misspelt does not compile.
  mutator: { excludedMutations: ["StringLiteral"] },
  mutate: [`src/${room}/**/*.ts`],
  concurrency: 2,
  timeoutMS: 10_000,
  ignorePatterns: ["dist", "docs"],
  tempDirName: "coverage/mutation/sandbox",
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false },
  jsonReporter: { fileName: `coverage/mutation/${room}.json` },
};
