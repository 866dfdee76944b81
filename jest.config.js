/** @type {import("jest").Config} */
export default {
  testEnvironment: "./tests/environment.ts",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["ts-jest", { useESM: true }] },
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/tests/browser/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/coverage/"],
  collectCoverageFrom: ["src/**/*.ts"],
  randomize: true,
  maxWorkers: 2,
};
