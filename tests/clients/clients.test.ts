import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CAPABILITIES, CAPABILITY_NAMES, type Capability } from "./capabilities.ts";
import { CLIENTS } from "./clients.ts";
import { BEGIN, END, PAGE, writeClients } from "./page.ts";
import { cellOf, type CheckResult, type ClientResult, readChecks, type Verdict } from "./results.ts";

const CELL = /^(–|right|refused|absent|\d+ right, \d+ refused|\d+ (right|refused), \d+ absent|\d+ right, \d+ refused, \d+ absent)$/;

function check(capability: Capability, verdict: Verdict, words = ""): CheckResult {
  return { capability, check: "a check", verdict, words };
}

function outputOf(checks: readonly CheckResult[]): string {
  return [...checks, { done: true }].map((line) => JSON.stringify(line)).join("\n");
}

describe("the page of the simulator", () => {
  test("says of each capability and each client how it ended, and nothing is wrong", () => {
    const page = readFileSync(PAGE, "utf8");
    const block = page.slice(page.indexOf(BEGIN), page.indexOf(END));
    const [header = [], , ...rows] = tableIn(block.slice(0, block.indexOf("| client ")));
    expect(header).toEqual(["capability", ...CLIENTS.map(({ name, release }) => `${name} ${release}`)]);
    expect(rows.map(([capability]) => capability)).toEqual(Object.values(CAPABILITIES));
    for (const [index, [, ...cells]] of rows.entries())
      for (const [column, cell] of cells.entries()) {
        expect(cell).toMatch(CELL);
        expect([cell === "–", CLIENTS[column]?.name]).toEqual([
          CLIENTS[column]?.lacks.includes(CAPABILITY_NAMES[index]!),
          CLIENTS[column]?.name,
        ]);
      }
    expect(block).toMatch(/\d+ checks with \d+ clients: \d+ right, \d+ refused, \d+ absent, 0 wrong\./);
  });
});

describe("the table", () => {
  let directory: string;
  let page: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "clients-"));
    page = join(directory, "page.md");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const results: readonly ClientResult[] = [
    {
      client: "alpaca-py",
      checks: [check("account", "right"), check("bars", "right"), check("bars", "refused", "422 no such bars"), check("news", "absent")],
      suite: { passed: 1, failed: ["orders::list"] },
    },
  ];

  test("is put in its place, again and again, and changes nothing else", () => {
    writeFileSync(page, `# Page\n\n${BEGIN}\n\n${END}\n\nEnd.\n`);
    writeClients(page, results);
    const once = readFileSync(page, "utf8");
    writeClients(page, results);
    expect(readFileSync(page, "utf8")).toBe(once);
    expect(once).toMatch(/^# Page\n[^]*\nEnd\.\n$/);
    expect(once).toContain("4 checks with 1 clients: 2 right, 1 refused, 1 absent, 0 wrong.");
    expect(once).toMatch(/\| bars of minutes to months +\| 1 right, 1 refused +\|/);
    expect(once).toContain("- bars of minutes to months, a check: refused, `422 no such bars` (alpaca-py)");
    expect(once).toContain("Of the 2 tests of the trading API inside the package alpaca-py itself, 1 pass; not `orders::list`.");
  });

  test("needs a page with a place for it", () => {
    writeFileSync(page, "# Page\n");
    expect(() => writeClients(page, results)).toThrow(/has no place for the table/);
  });

  test("names the verdict of all checks, or how many ended in which way, the wrong ones first", () => {
    const cell = (...verdicts: Verdict[]): string => cellOf(verdicts.map((verdict) => ({ verdict })));
    expect([cell(), cell("right", "right"), cell("absent")]).toEqual(["–", "right", "absent"]);
    expect(cell("absent", "right", "right", "wrong")).toBe("1 wrong, 2 right, 1 absent");
  });
});

describe("what a client's script prints", () => {
  const whole = CAPABILITY_NAMES.map((name) => check(name, "right"));

  test("is read when every capability is there or counts as lacking", () => {
    expect(readChecks(outputOf(whole), [])).toEqual(whole);
    expect(readChecks(outputOf(whole.slice(1)), ["account"])).toHaveLength(whole.length - 1);
  });

  test("is not taken for whole when it ended early, left something out, has too much, or is no result", () => {
    expect(() => readChecks(JSON.stringify(whole[0]), [])).toThrow("The script ended before its last check.");
    expect(() => readChecks(outputOf(whole.slice(1)), [])).toThrow("account has no check");
    expect(() => readChecks(outputOf(whole), ["account"])).toThrow("account has a check, but counts as lacking");
    expect(() => readChecks("Traceback", [])).toThrow();
    expect(() => readChecks(outputOf([{ ...whole[0]!, capability: "tea" as Capability }]), [])).toThrow();
  });
});

function tableIn(text: string): string[][] {
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
