import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");

/** What a text says → what to write instead. A space matches any white space, so a phrase is found across lines. */
type Dictionary = readonly (readonly [RegExp, string])[];

/** Coined words and foreign idiom that no source may contain. SQL keeps the names of its tables. */
const REPLACED: Dictionary = [
  [/\b(is|are|be) told\b|\btold of\b/i, "is logged, is reported"],
  [/\bso many\b/i, "at most N, that many"],
  [/\bso long as\b/i, "while, as long as"],
  [/\b(is|are) spoken\b|\bto speak\b/i, "a verdict is recorded"],
  [/\bcomes? to nothing\b/i, "fails, has no effect"],
  [/\bis minded\b|\bit minds\b/i, "is rejected"],
  [/\breckon/i, "calculate"],
  [/\bmend(s|ed|ing)?\b/i, "fix, repair"],
  [/ailments?\b/i, "problem"],
  [/(couriers?|parcels?)\b/i, "sender, queued message"],
  [/(announcer|upkeep)\b/i, "status reporter, maintenance"],
  [/\blife[ -]?signs?\b|\bsigns? of life\b/i, "liveness file"],
  [/\bforeign hands?\b/i, "external order"],
  [/\btorn reading\b/i, "inconsistent snapshot"],
  [/\bfault table\b/i, "fault catalogue"],
  [/\bdesks?\b/i, "trading session"],
  [/\b(wish|wished)\b/i, "attribution delta, should"],
  [/\bmistreat|\bdwell/i, "misuse, stay"],
  [/\bmoments?\b/i, "time, instant"],
  [/looking[ -]?broker|\bhabits?\b/i, "on-demand broker, settings"],
  [/\bacted upon\b/i, "executed"],
  [/\b(begun|filled|judged|made|priced|starts?) anew\b/i, "repriced, restarted, again"],
  [/\basked for\b/i, "requested"],
  [/\bat (the )?(least|most)[.;,](?!\d)/i, "at most N, before the noun"],
  [/\b(becomes|became|came) of (it|a|an|the|this|each|that)\b/i, "happens to, the result of"],
  [/\bbeside\b/i, "next to, besides"],
  [/\bby which\b/i, "so that"],
  [/\bfor ever\b/i, "forever"],
  [/\b(gives?|gave|giving) way\b/i, "is replaced, is dropped"],
  [/\bin mid-\w+/i, "during"],
  [/\b(is|are|not) believed\b/i, "is accepted, is rejected"],
  [/\bis there again\b/i, "is back"],
  [/\blies? (above|at|below|between|far|in|on|within)\b/i, "is"],
  [/\b(are|be|been|is|not|was) looked at\b|\blooks? at\b/i, "checks"],
  [/\bof (her|his|its|our) own(?! side)\b/i, "its own"],
  [/\bshall\b/i, "must, will"],
  [/\bspeaks? of\b|\bverdicts spoken\b/i, "is reported"],
  [/\bstands? (as|at|between|in|on|there)\b/i, "is"],
  [/\btold (about|by|once)\b|\btells? of\b/i, "is reported, is called with"],
  [/\bwhoever\b/i, "anyone who"],
];

interface Source {
  readonly file: string;
  readonly text: string;
}

/** A name behind `test(`, `describe(` or the table of an `each`. */
const NAME = /(?:(?<![.\w])(?:test|describe)|\))\(\s*(["'`])((?:\\.|(?!\1)[^])*)\1/g;

const SOURCES = filesOf("src/**/*.{ts,js}");
const TESTS = filesOf("tests/**/*.ts");
const PAGES = filesOf("{docs/**/*,README,ARCHITECTURE,CONTRIBUTING,CHANGELOG}.md");

/** Code, quotations such as the names of tests, and figures that a program measured. */
const NOT_PROSE = /^```[^]*?^```|`[^`\n]*`|“[^”]*”|<!-- results\b[^]*?<!-- end of results -->/gm;

describe("the source uses the field's words, in plain English", () => {
  test("in every room", () => {
    expect(SOURCES.flatMap((source) => findings(source, REPLACED))).toEqual([]);
  });

  test("also in identifiers, and across the lines of a comment", () => {
    const text = ["/**", " * Who is", " * told.", " */", "const courier = 1;"].join("\n");
    expect(findings({ file: "x.ts", text }, REPLACED)).toEqual([
      "x.ts:2 is told → is logged, is reported",
      "x.ts:5 courier → sender, queued message",
    ]);
  });
});

describe("the names of the tests are in plain English, too", () => {
  test("in every file", () => {
    const names = TESTS.map(({ file, text }) => ({ file, text: namesIn(text) }));
    expect(names.flatMap((source) => findings(source, REPLACED))).toEqual([]);
  });

  test("also behind the table of an each, and nowhere but in names", () => {
    const text = ["// The owner is told.", "describe(", '  "a desk",', '  test.each([["is told"]])(', '    "%s by which",'].join("\n");
    expect(findings({ file: "x.ts", text: namesIn(text) }, REPLACED)).toEqual([
      "x.ts:3 desk → trading session",
      "x.ts:5 by which → so that",
    ]);
  });
});

describe("the pages are in plain English, too", () => {
  test("in every file", () => {
    expect(PAGES.map(({ file }) => file)).toEqual(expect.arrayContaining(["README.md", "docs/rules.md", "docs/evidence/promises.md"]));
    expect(PAGES.flatMap(({ file, text }) => findings({ file, text: proseIn(text) }, REPLACED))).toEqual([]);
  });

  test("outside code, quotations and measured results", () => {
    const text = [
      "# A desk",
      "",
      "```sh",
      "asked for",
      "```",
      "See `desk.ts` “the desk”.",
      "<!-- results: of a run -->",
      "in mid-run",
      "<!-- end of results -->",
      "Who is",
      "told.",
    ].join("\n");
    expect(findings({ file: "x.md", text: proseIn(text) }, REPLACED)).toEqual([
      "x.md:10 is told → is logged, is reported",
      "x.md:1 desk → trading session",
    ]);
  });
});

function filesOf(pattern: string): Source[] {
  return globSync(pattern, { cwd: ROOT }).map((file) => ({ file, text: readFileSync(join(ROOT, file), "utf8") }));
}

/** The text with everything but the names of its tests blotted out, so that each name keeps its line. */
function namesIn(text: string): string {
  let names = "";
  for (const { 0: call, 2: name = "", index } of text.matchAll(NAME)) {
    const start = index + call.length - 1 - name.length;
    names += blotted(text.slice(names.length, start)) + name;
  }
  return names;
}

function proseIn(page: string): string {
  return page.replaceAll(NOT_PROSE, blotted);
}

function blotted(text: string): string {
  return text.replaceAll(/[^\n]/g, "·");
}

/** The first finding of each kind in a file. */
function findings({ file, text }: Source, dictionary: Dictionary): string[] {
  // Blanks of the same length keep the line numbers.
  const prose = text.replace(/\n *(\*|\/\/)(?= )/g, (start) => " ".repeat(start.length));
  return dictionary.flatMap(([{ source, flags }, instead]) => {
    const found = new RegExp(source.replaceAll(" ", String.raw`\s+`), flags).exec(prose);
    if (found === null) return [];
    return [`${file}:${String(text.slice(0, found.index).split("\n").length)} ${found[0].replaceAll(/\s+/g, " ")} → ${instead}`];
  });
}
