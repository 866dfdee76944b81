import type { Mutant } from "./mutant.ts";

/** Bugs that take a part for the whole when an alert is read (R2). */
export const SIZES: readonly Mutant[] = [
  {
    name: "half-sized-bought-whole",
    bug: "A half before a hyphen, as in `half-sized`, is not read as a size.",
    patches: [
      {
        file: "src/intake/size-words.ts",
        find: "half\\b(?!-(?:hour|day|week|month|year|time|life|point)(?:s|ly)?\\b|",
        replace: "half\\b(?!-|",
      },
    ],
    test: "tests/intake/size.test.ts",
  },
  {
    name: "held-weight-bought",
    bug: "The weight that is held, as in `current_weight`, is taken for the weight to buy.",
    patches: [
      {
        file: "src/intake/size-field.ts",
        find: 'if (isSize) return bare === letters ? "size" : "aside";',
        replace: 'if (isSize) return "size";',
      },
    ],
    test: "tests/intake/size.test.ts",
  },
  {
    name: "part-in-words-sold-whole",
    bug: "A SELL of a part that is given only in words, such as `lighten`, sells everything.",
    patches: [
      {
        file: "src/intake/size-words.ts",
        find: "PARTLY.exec(rest)?.[0] ??",
        replace: "",
      },
    ],
    test: "tests/intake/size.test.ts",
  },
  {
    name: "range-read-as-its-end",
    bug: "The upper end of a range written with an en dash, such as `20–60%`, is taken for the weight.",
    patches: [{ file: "src/intake/weights.ts", find: "([+\\\\-\\u2010-\\u2015−]?)", replace: "([+\\\\-−]?)" }],
    test: "tests/intake/alert.test.ts",
  },
];
