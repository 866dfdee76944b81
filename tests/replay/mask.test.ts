import { expect, test } from "@jest/globals";
import { accountMark, clientOrderId } from "../../src/execution/orders/ids.ts";
import { accountMask } from "../../src/replay/mask.ts";

const ID = "2d1f8a52-0000-4000-8000-000000000001";

test.each([
  ["PA3TEST00001", "ACCOUNT-1"],
  ["The keys belong to account PA3TEST00001.", "The keys belong to account ACCOUNT-1."],
  [`{"number":"PA3TEST00001","id":"${ID}"}`, '{"number":"ACCOUNT-1","id":"ACCOUNT-2"}'],
  ["PA3TEST000012 is another one", "PA3TEST000012 is another one"],
  ["XPA3TEST00001", "XPA3TEST00001"],
])("%s becomes %s", (text, masked) => {
  expect(accountMask(new Set(["PA3TEST00001", ID]))(text)).toBe(masked);
});

test("a number of digits alone is not found within an amount", () => {
  const mask = accountMask(new Set(["12345"]));
  expect(mask("12345")).toBe("ACCOUNT-1");
  expect(mask("0.12345 and 12345.5 and 9123456")).toBe("0.12345 and 12345.5 and 9123456");
});

test("a number that becomes known later is masked from then on, and the others keep their names", () => {
  const numbers = new Set(["PA1"]);
  const mask = accountMask(numbers);
  expect(mask("PA1 PA2")).toBe("ACCOUNT-1 PA2");
  numbers.add("PA2");
  expect(mask("PA1 PA2")).toBe("ACCOUNT-1 ACCOUNT-2");
});

test("what ids of orders name an account by is masked too, and stays a mark", () => {
  const mask = accountMask(new Set(["PA3TEST00001", "PA3TEST00002"]));
  const id = (number: string): string =>
    clientOrderId({ signalId: "00000000000000aa", mark: accountMark(number), phase: "buying", symbol: "SMR", attempt: 1 });
  expect(mask(`${id("PA3TEST00001")} ${id("PA3TEST00002")} ACCOUNT PA3TEST00002`)).toBe(
    "alpaca-trader-00000000000000aa-00000001-buying-SMR-1 alpaca-trader-00000000000000aa-00000002-buying-SMR-1 ACCOUNT ACCOUNT-2",
  );
});
