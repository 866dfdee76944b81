/** @type {import("jest").Config} */
export default {
  testEnvironment: "./tests/environment.ts",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": "./tests/strip-types.js" },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/tests/browser/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/coverage/"],
  collectCoverageFrom: ["src/**/*.ts"],
  randomize: true,
  // Only ends what hangs: how long a test takes says something of the machine, not of the product.
  testTimeout: 120_000,
  // On two cores: half of what a test of processes takes is waiting.
  maxWorkers: 3,
};
