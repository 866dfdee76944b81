import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { appendFileSync, utimesSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { hashOf, readAlert } from "../../src/intake/alert.ts";
import { jsonFault } from "../../src/intake/json-fault.ts";
import { T0, line, nuclearRun } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

const GOOD = line({});

function problem(text: string | Uint8Array): string {
  const read = readAlert(text, "UTC");
  if (read.kind === "alert") throw new Error(`read as an alert for ${read.symbol}`);
  return read.problem;
}

describe("a line that is not JSON", () => {
  test.each([
    [
      "says where it goes wrong, what stands there and what to write",
      GOOD.replace('"BUY"', "None"),
      'The line is not JSON: column 65 reads "…\\"symbol\\":\\"SMR\\",\\"action\\":None,\\"price\\":37.47999954223633,\\"rea…". Write null instead.',
    ],
    [
      "in single quotes",
      `{'symbol': 'SMR'}`,
      `The line is not JSON: column 2 reads "{'symbol': 'SMR'}". Put strings and keys in double quotes.`,
    ],
    ["of Python's True", '{"a": True}', 'The line is not JSON: column 7 reads "{\\"a\\": True}". Write true.'],
  ])("%s", (_, text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  test.each([
    ['{"a": "he said "no""}', 17, "Write a comma between two members."],
    ['{"a": "two\nlines"}', 7, 'End the string with a double quote; inside it, write a line break as \\n and a quote as \\".'],
    ['{"a" 1}', 6, "Write a colon after the key."],
    ['{"a": 1 "b": 2}', 9, "Write a comma between two members."],
    ["{a: 1}", 2, "Write a key in double quotes."],
    ['{"a": 01}', 7, "Write a string in double quotes, a number, true, false or null."],
    ['{"a": 1', 8, "The object has no end: write each object completely, on its own line."],
    ['"timestamp": "now",', 12, "Write each object on its own line, with nothing after it."],
    ["{", 2, "The object has no end: write each object completely, on its own line."],
    ["buy SMR", 1, 'Write each alert as one JSON object on one line, such as {"timestamp": …}.'],
    [`${GOOD}${GOOD}`, GOOD.length + 1, "Write each object on its own line, with nothing after it."],
  ])("%j: column %d, %s", (text, column, advice) => {
    expect(problem(text)).toContain(`not JSON: column ${String(column)} reads "`);
    expect(problem(text).endsWith(`". ${advice}`)).toBe(true);
  });

  test("is distinguished from one that is, whatever it holds", () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const tokens = fc.array(
      fc.constantFrom("{", "}", "[", "]", ",", ":", '"a"', '"\\u00e9"', "1", "-0.5e3", "01", "null", "nul", " ", "'", '"'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          tokens.map((parts) => parts.join("")),
        ),
        (text) => {
          expect(jsonFault(text) === undefined).toBe(isJson(text));
        },
      ),
      { seed: 20250714, numRuns: 3_000 },
    );
  });
});

describe("what does no harm is read past", () => {
  test.each([
    ["a comma behind the object", `${GOOD},`],
    ["a comma behind the last member", GOOD.replace(/}$/, ",}")],
    ["NaN as a price", GOOD.replace("37.47999954223633", "NaN")],
    ["Infinity in a field that nobody needs", GOOD.replace("{", '{"rsi": [-Infinity, NaN], ')],
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(GOOD)])],
    ["the line end of Windows", `${GOOD}\r`],
  ])("%s", (_, text) => {
    expect(readAlert(text, "UTC")).toMatchObject({ kind: "alert", symbol: "SMR", stamp: T0 });
  });

  test("but a size that is NaN is not taken for none", () => {
    expect(problem(GOOD.replace("{", '{"weight": NaN, '))).toContain('gives a size as "weight": NaN');
    expect(problem(GOOD.replace("{", '{"weight": [NaN], '))).toContain("gives a size");
  });

  test("a price of NaN is none", () => {
    const read = readAlert(GOOD.replace("37.47999954223633", "NaN"), "UTC");
    expect(read.kind === "alert" && read.price).toBeUndefined();
  });
});

describe("bytes that are no UTF-8", () => {
  test("are named with their column and what to write instead", () => {
    const text = problem(Buffer.from(line({ reason: "Prüfung" }), "latin1"));
    expect(text).toMatch(/^The line is not valid UTF-8 text: column \d+ has the byte 0xfc, in ".*Pr�fung.*"\. Write the file as UTF-8/);
    expect(text).toContain(`column ${String(line({ reason: "Prüfung" }).indexOf("ü") + 1)} `);
  });

  test("are reported as UTF-16, with or without a byte order mark, in either byte order", () => {
    const little = Buffer.from(GOOD, "utf16le");
    for (const bytes of [little, Buffer.concat([Buffer.from([0xff, 0xfe]), little]), Buffer.from(little).swap16()])
      expect(problem(bytes)).toBe(
        'The line is UTF-16 text. Write the file as UTF-8: encoding="utf-8" in Python, -Encoding utf8 in PowerShell.',
      );
  });

  test("leave a replacement character that is meant as it is", () => {
    expect(readAlert(line({ reason: "a \uFFFD in it" }), "UTC").kind).toBe("alert");
    expect(problem(Buffer.concat([Buffer.from("\uFFFD"), Buffer.from([0xe9])]))).toContain("column 2 has the byte 0xe9");
  });
});

describe("a file", () => {
  let desk: AlertsDesk;
  beforeEach(() => {
    desk = new AlertsDesk();
    desk.look();
  });
  afterEach(() => {
    desk.close();
  });
  const write = (text: string): void => appendFileSync(desk.file, text, { mode: 0o644 });
  const told = (): string => {
    const { decision } = desk.look();
    return decision.kind === "verdict" ? decision.verdict.reason : decision.kind === "wait" ? decision.reason : decision.kind;
  };
  const RUN = nuclearRun();

  test("that is a list with one object on each line is read", () => {
    write(`[\n${RUN.join(",\n")}\n]\n`);
    expect(told()).toBe("execute");
  });

  test("that is a list on one line says what to write instead", () => {
    write(`[${RUN.join(", ")}]\n`);
    expect(told()).toBe("Line 1: The line holds an array. Write each object on its own line, without brackets around them.");
  });

  test("that is printed prettily says what to write instead", () => {
    write(`${JSON.stringify(JSON.parse(RUN[0]), null, 2)}\n`);
    expect(told()).toContain(
      'Line 1: The line is not JSON: column 2 reads "{". The object has no end: write each object completely, on its own line',
    );
  });

  test("names the newest fault, not one that is gone or was named before", () => {
    write("hello\n");
    expect(told()).toContain('Line 1: The line is not JSON: column 1 reads "hello"');
    writeFileSync(desk.file, "[1]\n");
    expect(told()).toContain("Line 1: The line holds an array.");
    write("bye\n");
    expect(told()).toContain('Line 2: The line is not JSON: column 1 reads "bye"');
  });

  test("names the line of a fault, and of one that stands among the legs of a run that lacks one", () => {
    write(`${RUN[0]}\n\n{"symbol": LEU}\n${RUN[2]}\n`);
    expect(told()).toMatch(
      /LEU is missing \(2 of 3 legs\)\. One of the lines cannot be read: Line 3: The line is not JSON: column 12 reads .* Waiting/,
    );
  });

  describe("whose last line has no end", () => {
    test("is read whole after BATCH_SETTLE_SECONDS, and its newline changes nothing when it comes", async () => {
      write(RUN.join("\n"));
      const report = desk.look();
      expect(report).toMatchObject({ decision: { kind: "wait" }, lookAgainAt: T0 + 1_000, lastLineAt: T0 + 1_000 });
      await desk.clock.advance(1_000);
      expect(told()).toBe("execute");
      write("\n");
      expect(told()).toBe("nothing");
      write(`${nuclearRun(T0 + 9_000).join("\n")}\n`);
      await desk.clock.advance(9_000);
      expect(desk.look().verdicts.map(({ verdict }) => verdict.kind)).not.toContain("malformed");
    });

    test("does not change the number of a later line when its newline comes", async () => {
      for (const text of RUN) {
        write(text);
        await desk.clock.advance(1_000);
        desk.look();
        write("\n");
        desk.look();
      }
      write("hello\n");
      expect(told()).toContain('Line 4: The line is not JSON: column 1 reads "hello"');
    });

    test("goes on from a next object without a newline between", async () => {
      write(RUN[0]);
      desk.look();
      await desk.clock.advance(1_000);
      desk.look();
      write(`${RUN[1]}\n${RUN[2]}\n`);
      expect(told()).toBe("execute");
    });

    test("is read at once at a start long after", async () => {
      desk.write([]);
      write(RUN.join("\n"));
      utimesSync(desk.file, T0 / 1_000, T0 / 1_000);
      await desk.clock.advance(20_000);
      expect(desk.restart().decision.kind).toBe("execute");
    });

    test("is named once after 3 s where it is no whole object, and in the verdict of the run that lacks it", async () => {
      write(`${RUN[0]}\n${RUN[1]}\n${RUN[2].slice(0, 60)}`);
      expect(desk.look().lookAgainAt).toBe(T0 + 3_000);
      await desk.clock.advance(2_999);
      expect(desk.look().verdicts).toEqual([]);
      await desk.clock.advance(1);
      const report = desk.look();
      expect(report.verdicts[0]).toMatchObject({ subject: "the end of the alerts file", verdict: { kind: "incomplete" } });
      expect(report.decision).toMatchObject({
        kind: "wait",
        reason: expect.stringContaining("60 bytes follow the last newline of the file") as unknown,
      });
      await desk.clock.advance(1_000);
      expect(desk.look().verdicts).toEqual([]);
      await desk.clock.advance(300_000);
      expect(told()).toMatch(/OKLO is missing .* 60 bytes follow the last newline of the file.* did not arrive within 300 s/);
      expect(desk.verdictsOf([hashOf(RUN[0])])).toEqual(["incomplete"]);
    });

    test("is named again when it happens again, and once each time", async () => {
      const named = (): unknown[] => desk.look().verdicts.filter(({ subject }) => subject === "the end of the alerts file");
      const tear = async (run: readonly string[]): Promise<unknown[]> => {
        write(`${run[0]!}\n${run[1]!}\n${run[2]!.slice(0, 60)}`);
        const atFirst = named();
        await desk.clock.advance(3_000);
        return [...atFirst, ...named(), ...named()];
      };
      expect(await tear(RUN)).toHaveLength(1);
      write(`${RUN[2].slice(60)}\n`);
      expect(named()).toEqual([]);
      await desk.clock.advance(10_000);
      expect(await tear(nuclearRun(T0 + 13_000))).toHaveLength(1);
    });

    test("is waited for and read when it comes", async () => {
      write(`${RUN[0]}\n${RUN[1]}\n${RUN[2].slice(0, 60)}`);
      desk.look();
      await desk.clock.advance(5_000);
      desk.look();
      write(`${RUN[2].slice(60)}\n`);
      expect(told()).toBe("execute");
    });
  });
});
