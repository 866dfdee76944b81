import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { writeDocument } from "../../src/reporting/document-file.ts";

const KIND = { name: "report", mark: "<!-- report -->\n" };
const TEXT = `${KIND.mark}new`;

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "document-"));
  file = join(directory, "report.html");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function failure(path = file): TraderError {
  try {
    writeDocument(path, TEXT, KIND);
  } catch (error) {
    if (error instanceof TraderError) return error;
    throw error;
  }
  throw new Error("It was written.");
}

describe("a document", () => {
  test("is written whole, for our group to read and nobody else, and leaves no draft behind", () => {
    writeDocument(file, TEXT, KIND);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(["report.html"]);
  });

  test("replaces an earlier one by a new file: who reads the old one reads it to its end", () => {
    writeFileSync(file, `${KIND.mark}old`);
    linkSync(file, join(directory, "still-open"));
    writeDocument(file, TEXT, KIND);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
    expect(readFileSync(join(directory, "still-open"), "utf8")).toBe(`${KIND.mark}old`);
  });

  test("may take the place of an empty file, and makes its directory", () => {
    writeFileSync(file, "");
    writeDocument(file, TEXT, KIND);
    writeDocument(join(directory, "a", "b", "report.html"), TEXT, KIND);
    expect(readdirSync(join(directory, "a", "b"))).toEqual(["report.html"]);
  });

  test("never replaces what is not an earlier one", () => {
    writeFileSync(file, "my notes");
    expect(failure()).toMatchObject({
      code: "document-foreign",
      message: `${file} is not a report of this program, so it was not replaced.`,
    });
    expect(readFileSync(file, "utf8")).toBe("my notes");
    writeFileSync(file, "<!-");
    expect(failure().code).toBe("document-foreign");
  });

  test("never follows or replaces a link, wherever it leads", () => {
    const elsewhere = join(directory, "elsewhere");
    writeFileSync(elsewhere, `${KIND.mark}old`);
    for (const target of [elsewhere, join(directory, "nowhere")]) {
      rmSync(file, { force: true });
      symlinkSync(target, file);
      expect(failure().message).toContain("is a symbolic link");
    }
    expect(readFileSync(elsewhere, "utf8")).toBe(`${KIND.mark}old`);
    expect(existsSync(join(directory, "nowhere"))).toBe(false);
  });

  test("does not take the place of a directory", () => {
    mkdirSync(file);
    expect(failure().message).toContain("is not a plain file");
  });

  test("that cannot be written is a sentence with a hint, and no draft is left", () => {
    writeFileSync(join(directory, "plain"), "");
    const error = failure(join(directory, "plain", "report.html"));
    expect(error.message).toContain("report.html");
    expect(error.hint).toBeDefined();
    expect(readdirSync(directory)).toEqual(["plain"]);
  });

  test("without a mark replaces any plain file of ours", () => {
    writeFileSync(file, "half of an old o");
    chmodSync(file, 0o600);
    writeDocument(file, "{}", { name: "record", mark: "" });
    expect(readFileSync(file, "utf8")).toBe("{}");
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });
});
