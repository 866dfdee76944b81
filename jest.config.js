/** @type {import("jest").Config} */
export default {
  testEnvironment: "./tests/environment.ts",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["ts-jest", { useESM: true }] },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  collectCoverageFrom: ["src/**/*.ts"],
  randomize: true,
  maxWorkers: 2,
};
