import { describe, expect, test } from "@jest/globals";
import { normaliseEndpoint, streamUrlOf } from "../../src/config/endpoints.ts";

describe("an endpoint", () => {
  test.each([
    "https://paper-api.alpaca.markets",
    "https://paper-api.alpaca.markets/",
    "https://paper-api.alpaca.markets/v2",
    "https://paper-api.alpaca.markets/v2/",
    " https://PAPER-API.alpaca.markets//v2// ",
  ])("may be written as %s", (text) => {
    expect(normaliseEndpoint(text)).toBe("https://paper-api.alpaca.markets");
    expect(streamUrlOf(text)).toBe("wss://paper-api.alpaca.markets/stream");
  });

  test("keeps port and path of a gateway", () => {
    expect(normaliseEndpoint("http://127.0.0.1:8080/alpaca/v2/")).toBe("http://127.0.0.1:8080/alpaca");
    expect(streamUrlOf("http://127.0.0.1:8080")).toBe("ws://127.0.0.1:8080/stream");
  });

  test.each(["", "paper-api.alpaca.markets", "ftp://x", "wss://x/stream", "https://key:secret@paper-api.alpaca.markets"])(
    "is refused without being quoted when it is %j",
    (text) => {
      expect(() => normaliseEndpoint(text)).toThrow(
        expect.objectContaining({
          code: "bad-endpoint",
          exitCode: 78,
          message: expect.not.stringContaining("secret") as unknown as string,
        }),
      );
    },
  );
});
