import { expect, test } from "@jest/globals";
import { accountMark, clientOrderId, identityIn, isOwnOrder, type OrderIdentity } from "../../../src/execution/orders/ids.ts";

const PLAIN: OrderIdentity = { signalId: "00000000000000aa", phase: "selling", symbol: "BRK.B", attempt: 12 };
const MARK = accountMark("PA3TEST00001");

test.each([
  ["without an account", PLAIN, "alpaca-trader-00000000000000aa-selling-BRK.B-12"],
  ["with an account", { ...PLAIN, mark: MARK }, `alpaca-trader-00000000000000aa-${MARK}-selling-BRK.B-12`],
])("an id %s says what it was made from", (_, identity, id) => {
  expect(clientOrderId(identity)).toBe(id);
  expect(identityIn(id)).toEqual(identity);
  expect(isOwnOrder({ clientOrderId: id })).toBe(true);
});

test("a mark has 8 digits, is another one for another account, and does not show the number", () => {
  expect(MARK).toMatch(/^[0-9a-f]{8}$/);
  expect(accountMark("PA3TEST00002")).not.toBe(MARK);
  expect(accountMark("PA3TEST00001")).toBe(MARK);
});

test.each(["alpaca-trader-x-holding-SMR-1", "alpaca-trader-x-buying-SMR-0", "other-x-buying-SMR-1"])("%s is no id of ours", (id) => {
  expect(identityIn(id)).toBeUndefined();
});

test("the longest id with a mark is within the venue's limit", () => {
  expect(clientOrderId({ ...PLAIN, mark: MARK, symbol: "ABCDEFGHIJ.WS", attempt: 120 }).length).toBeLessThanOrEqual(128);
});
