import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRedaction } from "../../src/logging/redaction.ts";

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 8,
  maxLength: 48,
});

describe("redaction", () => {
  test("knows a key that is added to the list later, as when a worker opens an account", () => {
    const secrets = ["first-secret"];
    const redact = createRedaction(secrets);
    expect(redact("first-secret second-secret")).toBe("[redacted] second-secret");
    secrets.push("second-secret");
    expect(redact("first-secret second-secret")).toBe("[redacted] [redacted]");
  });

  test("a configured key is found anywhere, in plain text, URL-encoded, and inside JSON", () => {
    fc.assert(
      fc.property(printable, fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!"[redacted]".includes(secret));
        const redact = createRedaction([secret]);
        for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
          expect(redact(`${before} ${form} ${after}`)).toContain("[redacted]");
          expect(redact(` ${form} `)).not.toContain(secret);
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test("two keys, one containing the other, are both removed completely", () => {
    expect(createRedaction(["abcdef", "abcdefghij"])("x abcdefghij y abcdef")).toBe("x [redacted] y [redacted]");
  });

  test.each([
    ["key id PKTESTKEYID012345678 was refused", "key id [redacted] was refused"],
    ["AKABCDEFGHIJKLMNOPQR", "[redacted]"],
    ["APCA-API-KEY-ID: whatever-it-is, other: x", "APCA-API-KEY-ID: [redacted], other: x"],
    [`{"apca-api-secret-key":"s/e+c=r","qty":"1"}`, `{"apca-api-secret-key":"[redacted]","qty":"1"}`],
    ["Authorization: Bearer abc.def", "Authorization: [redacted]"],
    [`{"data":{"oauth_token":"abc-def"}}`, `{"data":{"oauth_token":"[redacted]"}}`],
    ["secret aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7k used", "secret [redacted] used"],
  ])("text that looks like a key is removed without being configured: %p", (text, clean) => {
    expect(createRedaction([])(text)).toBe(clean);
  });

  test.each([
    "rebalance of SMR, LEU and PKX",
    "order 61e69015-8549-4bfd-b9c3-01e75843f47d",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "at-0123456789abcdef-selling-SMR-1",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  ])("text that only resembles one stays: %p", (text) => expect(createRedaction([""])(text)).toBe(text));
});
