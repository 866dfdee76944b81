import { describe, expect, test } from "@jest/globals";
import { BrokerError } from "../../src/domain/broker.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { errorLines } from "../../src/reporting/error-view.ts";
import { plainStyle } from "../../src/reporting/style.ts";

const quiet = (error: unknown): string[] => errorLines(error, { verbose: false }, plainStyle);

describe("an error that a person sees", () => {
  test("is a sentence and a hint", () => {
    expect(quiet(new TraderError("The ledger is locked.", { code: "locked", hint: "Stop the daemon first." }))).toEqual([
      "Error: The ledger is locked.",
      "Hint: Stop the daemon first.",
    ]);
  });

  test("names the request when the broker failed", () => {
    const error = new BrokerError("unauthorized", "Alpaca paper does not accept the keys.", {
      hint: "Check ALPACA_PAPER_KEY.",
      requestId: "req-7",
    });
    expect(quiet(error)).toEqual(["Error: Alpaca paper does not accept the keys. (request id req-7)", "Hint: Check ALPACA_PAPER_KEY."]);
  });

  test("keeps every line of an error that names several problems", () => {
    expect(quiet(new TraderError("2 settings are wrong:\n  A is missing\n  B is bad", { code: "config" }))).toEqual([
      "Error: 2 settings are wrong:",
      "  A is missing",
      "  B is bad",
    ]);
  });

  test.each([[new Error("boom\n  at somewhere")], ["boom"]])("is called unexpected when it was not made for a person", (thrown) => {
    expect(quiet(thrown)).toEqual([
      "Unexpected error: boom",
      "Hint: This is a bug in the program. Run it again with --verbose and report the output.",
    ]);
  });

  test("shows no stack, and with --verbose its own and that of its cause", () => {
    const error = new TraderError("The account cannot be read.", { code: "x", cause: new Error("socket hang up") });
    expect(quiet(error).join("\n")).not.toContain("    at ");
    const verbose = errorLines(error, { verbose: true }, plainStyle);
    expect(verbose).toContain("Caused by: Error: socket hang up");
    expect(verbose.some((line) => line.startsWith("    at "))).toBe(true);
  });

  test("ends although an error names itself as its cause", () => {
    const error = new Error("round");
    error.cause = error;
    expect(errorLines(error, { verbose: true }, plainStyle).filter((line) => line === "Error: round")).toHaveLength(1);
  });
});
