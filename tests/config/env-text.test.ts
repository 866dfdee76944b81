import { expect, test } from "@jest/globals";
import { readEnvFile } from "../../src/config/env-file.ts";
import { withSettings } from "../../src/config/env-text.ts";

test.each([
  ["a new name goes to the end", "A=1\n", { B: "2" }, "A=1\nB=2\n"],
  ["also after a last line without its end", "A=1", { B: "2" }, "A=1\nB=2\n"],
  ["a value changes in its place", "# first\nA=1\n\nB=2\n", { A: "3" }, "# first\nA=3\n\nB=2\n"],
  ["a remark and the spaces around a value stay", "export A = 1  # why\n", { A: "2" }, "export A = 2  # why\n"],
  ["an empty value is filled before its remark", "A= # none\nB=\n", { A: "1", B: "2" }, "A=1 # none\nB=2\n"],
  ["quotes are replaced with the value", "A=\"x y\" # q\nB='z'\n", { A: "1" }, "A=1 # q\nB='z'\n"],
  ["a value over several lines is replaced as a whole", 'A="x\ny"\nB=1\n', { A: "z" }, "A=z\nB=1\n"],
  ["of a name that is there twice, the last one counts and changes", "A=1\nB=2\nA=3\n", { A: "4" }, "A=1\nB=2\nA=4\n"],
  ["a name in a remark is no entry", "#A=1\n", { A: "2" }, "#A=1\nA=2\n"],
  ["a name is no part of another", "XA=1\nA_B=2\n", { A: "3" }, "XA=1\nA_B=2\nA=3\n"],
  ["an empty value removes a setting", "A=1 # why\n", { A: "" }, "A= # why\n"],
  ["a value with # or spaces is quoted", "", { A: "x #y", B: "it's" }, "A='x #y'\nB=\"it's\"\n"],
  ["line ends of Windows stay", "A=1\r\nB=2\r\n", { A: "3", C: "4" }, "A=3\r\nB=2\r\nC=4\r\n"],
])("%s", (_name, text, settings, expected) => {
  const merged = withSettings(text, settings);
  expect(merged).toBe(expected);
  expect(readEnvFile(Buffer.from(merged)).values).toMatchObject(settings);
});

test.each(["two\nlines", "'\"`", "back slash\\"])("%j fits in no line, and is refused without being shown", (value) => {
  const write = (): string => withSettings("", { A: value });
  expect(write).toThrow("The value of A cannot be written to a settings file.");
});
