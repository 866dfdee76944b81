/** @type {import("jest").Config} */
export default {
  testEnvironment: "./tests/runner/environment.ts",
  testRunner: "./tests/runner/runner.ts",
  transform: {},
  roots: ["<rootDir>/tests"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["<rootDir>/tests/browser/"],
  randomize: true,
  // Only ends what hangs: how long a test takes says something of the machine, not of the product.
  testTimeout: 120_000,
  // On two cores: half of what a test of processes takes is waiting.
  maxWorkers: 3,
};
