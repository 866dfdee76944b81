import main from "../../jest.config.js";

/** Needs a browser on the machine, and takes its time: `npm run test:browser`. */
export default {
  ...main,
  rootDir: "../..",
  testMatch: ["<rootDir>/tests/browser/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 120_000,
  maxWorkers: 1,
};
