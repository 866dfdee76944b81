import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BrokerError } from "../../src/domain/broker.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { Decoder, Encoder, lineOf, UnreadableValue, type Json } from "../../src/replay/codec.ts";

function backAgain(value: unknown): unknown {
  const encoder = new Encoder();
  const encoded = JSON.parse(JSON.stringify(encoder.encode(value))) as Json;
  const decoder = new Decoder();
  decoder.addValues(JSON.parse(JSON.stringify(encoder.takeValues())) as Json[]);
  return decoder.decode(encoded);
}

test.each([
  ["a decimal", decimal("-0.000000001")],
  ["nothing", undefined],
  ["null", null],
  ["infinities", [Infinity, -Infinity, Number.NaN, 0.1]],
  ["texts that look like something else", ["=5", "~u", "~~", "", "=", "plain"]],
  [
    "a map with its order",
    new Map([
      ["b", decimal("1")],
      ["a", undefined],
    ]),
  ],
  ["a set", new Set(["SMR", "LEU"])],
  [
    "a field that is there and says nothing",
    { a: undefined, b: { c: [new Map([["k", { d: "a text that is long enough to be shared" }]])] } },
  ],
])("%s comes back as it was", (_name, value) => {
  expect(backAgain(value)).toStrictEqual(value);
});

test("any JSON value comes back as it was", () => {
  // JSON itself has no -0.
  const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  fc.assert(
    fc.property(values, (value) => expect(backAgain(value)).toEqual(value)),
    { seed: 20_251_201 },
  );
});

test("an error of the broker comes back with all that it says", () => {
  const error = new BrokerError("refused", "no such symbol", { hint: "Look.", status: 404, requestId: "r1" });
  const back = backAgain(error);
  expect(back).toBeInstanceOf(BrokerError);
  expect(back).toMatchObject({ failure: "refused", message: "no such symbol", hint: "Look.", status: 404, requestId: "r1" });
  expect(backAgain(new Error("anything else"))).toEqual(new Error("anything else"));
});

test("what is equal is written once, also in a later chunk", () => {
  const encoder = new Encoder();
  const order = (): object => ({ id: "an order whose text is long enough", quantity: decimal("5") });
  expect(encoder.encode([order(), order()])).toEqual([{ "~r": 0 }, { "~r": 0 }]);
  expect(encoder.takeValues()).toHaveLength(1);
  expect(encoder.encode(order())).toEqual({ "~r": 0 });
  expect(encoder.takeValues()).toEqual([]);
});

test("two values have the same line only if they are the same", () => {
  expect(lineOf({ quantity: decimal("5") })).toBe(lineOf({ quantity: decimal("5.0") }));
  expect(lineOf({ quantity: decimal("5") })).not.toBe(lineOf({ quantity: "5" }));
  expect(lineOf({ notional: decimal("5") })).not.toBe(lineOf({ notional: decimal("5.01") }));
});

test.each(["=five", "~?", { "~r": 7 }])("%j, which no recorder has written, is refused", (value) => {
  expect(() => new Decoder().decode(value)).toThrow(UnreadableValue);
});
