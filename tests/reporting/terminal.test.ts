import { describe, expect, test } from "@jest/globals";
import { oneLine, plainStyle } from "../../src/reporting/style.ts";
import { terminalOn } from "../../src/reporting/terminal.ts";
import { pipe, RecordingStream, screen } from "./recording-stream.ts";

const CLEAR = "\r\u001b[2K";
const DIM = (text: string): string => `\u001b[2m${text}\u001b[22m`;

function styleFor(isTTY: boolean, env: Record<string, string>): boolean {
  return terminalOn(new RecordingStream({ isTTY }), env).style.rich;
}

describe("what a terminal shows", () => {
  test("a screen gets colours and a pipe does not", () => {
    expect(styleFor(true, {})).toBe(true);
    expect(styleFor(false, {})).toBe(false);
  });

  test("NO_COLOR makes a screen plain, also against FORCE_COLOR, and an empty one counts as unset", () => {
    expect(styleFor(true, { NO_COLOR: "1" })).toBe(false);
    expect(styleFor(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
    expect(styleFor(true, { NO_COLOR: "" })).toBe(true);
  });

  test("FORCE_COLOR colours a pipe, and 0 takes the colours from a screen", () => {
    expect(styleFor(false, { FORCE_COLOR: "1" })).toBe(true);
    expect(styleFor(true, { FORCE_COLOR: "0" })).toBe(false);
  });

  test("a dumb terminal stays plain", () => {
    expect(styleFor(true, { TERM: "dumb" })).toBe(false);
  });

  test("a pipe gets no progress lines at all, even with forced colours", () => {
    for (const env of [{}, { FORCE_COLOR: "1" }]) {
      const stream = new RecordingStream({ isTTY: false });
      const terminal = terminalOn(stream, env);
      terminal.progress("buying: 1 of 3 filled");
      terminal.clearProgress();
      expect(stream.text).toBe("");
    }
  });

  test("NO_COLOR also ends the rewritten progress line", () => {
    const stream = new RecordingStream({ isTTY: true });
    const terminal = terminalOn(stream, { NO_COLOR: "1" });
    terminal.progress("working");
    expect(stream.text).toBe("");
  });

  test("a screen rewrites its progress line in place and clears it", () => {
    const { stream, terminal } = screen();
    terminal.progress("one");
    terminal.progress("two");
    terminal.clearProgress();
    expect(stream.text).toBe(`${CLEAR}${DIM("one")}${CLEAR}${DIM("two")}${CLEAR}`);
  });

  test("a line printed while a progress line is shown goes above it", () => {
    const { stream, terminal } = screen();
    terminal.progress("working");
    terminal.line("SMR filled");
    expect(stream.text).toBe(`${CLEAR}${DIM("working")}${CLEAR}SMR filled\n${DIM("working")}`);
  });

  test("a progress line is cut so that it never wraps", () => {
    const { stream, terminal } = screen(10);
    terminal.progress("0123456789abcdef");
    expect(stream.text).toBe(`${CLEAR}${DIM("01234567…")}`);
  });

  test("a stream that does not tell its width counts as 80 columns wide", () => {
    expect(pipe().terminal.columns).toBe(80);
    expect(screen(132).terminal.columns).toBe(132);
  });

  test("a line sent to a pipe loses escape codes that somebody else put into it", () => {
    const { stream, terminal } = pipe();
    terminal.line("a\u001b[31mb\u001b[0m\rc");
    expect(stream.text).toBe("abc\n");
  });
});

describe("text from outside", () => {
  test("cannot start a new line or carry control characters", () => {
    expect(oneLine(" Bull market\r\n\t• SMR\u001b[2J\u202Etext\u2028end ")).toBe("Bull market • SMR [2J text end");
  });
});

describe("plain style", () => {
  test("uses nothing outside ASCII", () => {
    const text = [plainStyle.paint("bad", "x"), plainStyle.mark("good"), plainStyle.bar(0.5, 4), plainStyle.arrow].join("|");
    expect(text).toBe("x||##..|->");
  });
});
