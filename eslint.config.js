import { builtinModules } from "node:module";
import js from "@eslint/js";
import prettier from "eslint-config-prettier/flat";
import jest from "eslint-plugin-jest";
import globals from "globals";
import tseslint from "typescript-eslint";

/**
 * Rooms that only think: no time, chance, files, network, environment or output. What they need to
 * know is handed to them, so every decision can be replayed.
 */
const PURE = [
  "src/portfolio/**/*.ts",
  "src/performance/**/*.ts",
  "src/strategies/**/*.ts",
  "src/domain/**/!(clock|virtual-clock).ts",
  "src/accounts/**/*.ts",
  "src/intake/{alert,allocation,batch,freshness,json-line,assessment,judge,line-splitter,matches,stamp,weights,window}.ts",
  "src/execution/loop/decide.ts",
  "src/execution/orders/{attempts,ids,intents}.ts",
  "src/execution/outcome/summary.ts",
  "src/execution/preparation/settle.ts",
  "src/execution/styles/{order-terms,sane-quote,tick}.ts",
  "src/signals/{alert-lines,bar-check}.ts",
];
const MESSAGE = "This file only decides: it may not know the time, chance, files, the network or the environment.";

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Erasable TypeScript has no enums, and this rule takes a tenth of the time of all of them.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-globals": [
        "error",
        {
          checkGlobalObject: true,
          globals: [
            { name: "setTimeout", message: "Use a Clock." },
            { name: "setInterval", message: "Use a Clock." },
          ],
        },
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Use a Clock." },
        { object: "performance", property: "now", message: "Use a Clock." },
        { object: "AbortSignal", property: "timeout", message: "It does not follow a Clock." },
        { object: "Math", property: "random", message: "Pass a source of randomness in." },
      ],
    },
  },
  {
    files: ["src/domain/clock.ts", "src/dashboard/page/browser-clock.js"],
    rules: { "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
  {
    files: PURE,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: builtinModules.map((name) => ({ name, message: MESSAGE })),
          patterns: [
            { regex: "^node:(?!crypto$)", message: MESSAGE },
            { group: ["winston", "chokidar", "p-queue", "dotenv", "@alpacahq/*"], message: MESSAGE },
          ],
        },
      ],
      "no-restricted-globals": [
        "error",
        {
          checkGlobalObject: true,
          globals: [
            "process",
            "performance",
            "fetch",
            "crypto",
            "console",
            "setTimeout",
            "setInterval",
            "setImmediate",
            "queueMicrotask",
            "WebSocket",
          ].map((name) => ({
            name,
            message: MESSAGE,
          })),
        },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression", message: MESSAGE },
        { selector: "MetaProperty", message: MESSAGE },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: MESSAGE },
      ],
    },
  },
  {
    files: ["tests/**/*.ts"],
    extends: [jest.configs["flat/recommended"]],
    rules: {
      "jest/expect-expect": ["error", { assertFunctionNames: ["expect*", "**.assert", "fc.*"] }],
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  { files: ["src/dashboard/page/*.js"], languageOptions: { globals: globals.browser } },
  prettier,
);
