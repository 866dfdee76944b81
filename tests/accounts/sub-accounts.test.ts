import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { updateSubAccounts } from "../../src/accounts/bookkeeping.ts";
import type { SubAccount } from "../../src/accounts/read-sub-accounts.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import { decimal, roundHalfUp, sum, ZERO } from "../../src/domain/decimal.ts";
import { AccountModel } from "./account-model.ts";

const PRICES = { SMR: "38.517", LEU: "207.3301", OKLO: "56.0001", TQQQ: "0.3333" };
const SYMBOLS = Object.keys(PRICES);

function bookOf(subAccounts: readonly SubAccount[], name: string): SubAccount {
  const book = subAccounts.find((each) => each.name === name);
  if (book === undefined) throw new Error(`There is no book ${name}.`);
  return book;
}

function quantityIn(subAccounts: readonly SubAccount[], name: string, symbol: string): string {
  const position = subAccounts.find((book) => book.name === name)?.positions.find((each) => each.symbol === symbol);
  return position?.quantity.toFixed() ?? "0";
}

function cents(amount: Decimal): string {
  return roundHalfUp(amount, 2).toFixed(2);
}

/** R32: the books of one account add up to it, and each of them in itself. */
function expectSums(model: AccountModel): void {
  const subAccounts = model.subAccounts();
  expect(sum(subAccounts.map(({ cash }) => cash)).toFixed(2)).toBe(cents(model.cash));
  const all = subAccounts.flatMap(({ positions }) => positions);
  const symbols = new Set([...model.positions, ...all].map(({ symbol }) => symbol));
  for (const symbol of symbols) {
    const shown = model.positions.find((position) => position.symbol === symbol);
    const parts = all.filter((position) => position.symbol === symbol);
    expect(sum(parts.map(({ quantity }) => quantity)).toFixed()).toBe(shown?.quantity.toFixed() ?? "0");
    expect(sum(parts.map(({ marketValue }) => marketValue)).toFixed(2)).toBe(cents(shown?.marketValue ?? ZERO));
  }
  for (const { name, cash, marketValue, unrealised, realised, profit, positions } of subAccounts) {
    if (name === "unattributed") continue;
    expect(profit?.toFixed(2)).toBe(unrealised.plus(realised ?? ZERO).toFixed(2));
    expect(profit?.toFixed(2)).toBe(cash.plus(marketValue).toFixed(2));
    for (const { quantity, cost } of positions) {
      expect(quantity.gte(ZERO)).toBe(true);
      expect(quantity.eq(ZERO) ? cost.toFixed() : "0").toBe("0");
    }
  }
  const bookings = model.ledger.bookings();
  for (const booking of bookings) expect(booking.amount.toFixed()).toBe(roundHalfUp(booking.amount, 2).toFixed());
  const transfers = bookings.filter(({ kind }) => kind === "transfer");
  expect(sum(transfers.map(({ quantity }) => quantity)).toFixed()).toBe("0");
  expect(sum(transfers.map(({ amount }) => amount)).toFixed()).toBe("0");
}

/** Every fill that is booked is booked whole, once, whoever it belongs to. */
function expectEachFillOnce(model: AccountModel): void {
  const bookings = model.ledger.bookings().filter(({ kind }) => kind === "fill");
  const orders = new Set(bookings.map(({ clientOrderId }) => clientOrderId));
  for (const id of orders) {
    const intent = model.ledger.intent(id ?? "")!;
    const shares = intent.side === "buy" ? intent.filledQuantity : intent.filledQuantity.neg();
    const worth = shares.neg().times(intent.filledAveragePrice ?? ZERO);
    const own = bookings.filter(({ clientOrderId }) => clientOrderId === id);
    expect(sum(own.map(({ quantity }) => quantity)).toFixed()).toBe(shares.toFixed());
    expect(sum(own.map(({ amount }) => amount)).toFixed(2)).toBe(cents(worth));
  }
}

describe("the sub-accounts of several strategies", () => {
  test("shares bought for two are divided by what each requested, to the ninth decimal and the cent", () => {
    const model = new AccountModel(PRICES);
    model.run({ targets: { nuclear: { SMR: "0.6" }, tecl: { SMR: "0.3" } }, filled: 100, late: 0 });
    const subAccounts = model.subAccounts();
    const [nuclear, tecl] = ["nuclear", "tecl"].map((name) => decimal(quantityIn(subAccounts, name, "SMR")));
    expect(nuclear!.minus(tecl!.times("2")).abs().lte("0.000000002")).toBe(true);
    expect(nuclear!.plus(tecl!).toFixed()).toBe(model.positions[0]!.quantity.toFixed());
    expectSums(model);
  });

  test("a full exit books its realised profit and leaves no share and no cost behind", () => {
    const model = new AccountModel({ SMR: "40" });
    model.run({ targets: { nuclear: { SMR: "1" } }, filled: 100, late: 0 });
    model.moves("SMR", 10);
    model.run({ targets: { nuclear: {} }, filled: 100, late: 0 });
    const nuclear = bookOf(model.subAccounts(), "nuclear");
    expect(nuclear.positions).toMatchObject([{ symbol: "SMR", quantity: ZERO, cost: ZERO, unrealised: ZERO }]);
    expect(nuclear.realised?.toFixed(2)).toBe(nuclear.cash.toFixed(2));
    expect(nuclear.realised?.gt("4900")).toBe(true);
    expectSums(model);
  });

  test("opposite wishes are a transfer at the plan's price: the seller has its profit, the buyer that price as its cost", () => {
    const model = new AccountModel({ SMR: "40" });
    model.run({ targets: { nuclear: { SMR: "1" } }, filled: 100, late: 0 });
    model.moves("SMR", 25);
    model.run({ targets: { nuclear: {}, tecl: { SMR: "1" } }, filled: 100, late: 0 });
    const subAccounts = model.subAccounts();
    const price = decimal("50");
    expect(quantityIn(subAccounts, "nuclear", "SMR")).toBe("0");
    const moved = model.ledger.bookings().find(({ kind, book }) => kind === "transfer" && book === "tecl")!;
    expect(moved.amount.neg().minus(moved.quantity.times(price)).abs().lt("0.01")).toBe(true);
    expect(bookOf(subAccounts, "nuclear").realised?.gt("12000")).toBe(true);
    expectSums(model);
  });

  test("a deposit, a trade by hand and a split go to the unattributed book", () => {
    const model = new AccountModel({ SMR: "40", LEU: "200" });
    model.run({ targets: { nuclear: { SMR: "1" } }, filled: 100, late: 0 });
    const before = quantityIn(model.subAccounts(), "nuclear", "SMR");
    const cash = bookOf(model.subAccounts(), "nuclear").cash.toFixed();
    model.deposit("5000.01");
    model.byHand("LEU", "3.5");
    model.split("SMR", "4");
    const subAccounts = model.subAccounts();
    expect(quantityIn(subAccounts, "nuclear", "SMR")).toBe(before);
    expect(quantityIn(subAccounts, "unattributed", "SMR")).toBe(decimal(before).times("3").toFixed());
    expect(quantityIn(subAccounts, "unattributed", "LEU")).toBe("3.5");
    expect(bookOf(subAccounts, "nuclear").cash.toFixed()).toBe(cash);
    expectSums(model);
  });

  test("what the owner has sold by hand is given up at its cost with the next execution", () => {
    const model = new AccountModel({ SMR: "40", LEU: "200" });
    model.run({ targets: { nuclear: { SMR: "1" } }, filled: 100, late: 0 });
    model.byHand("SMR", "-100000");
    expect(quantityIn(model.subAccounts(), "unattributed", "SMR").startsWith("-")).toBe(true);
    expectSums(model);
    model.run({ targets: { nuclear: { LEU: "1" } }, filled: 100, late: 0 });
    expect(quantityIn(model.subAccounts(), "nuclear", "SMR")).toBe("0");
    expect(quantityIn(model.subAccounts(), "unattributed", "SMR")).toBe("0");
    expect(bookOf(model.subAccounts(), "nuclear").realised?.toFixed()).toBe("0");
    expectSums(model);
  });

  test("a fill that becomes known late is booked once, and shows before it is booked", () => {
    const model = new AccountModel({ SMR: "40" });
    model.run({ targets: { nuclear: { SMR: "0.5" }, tecl: { SMR: "0.5" } }, filled: 40, late: 60 });
    expectSums(model);
    expect(quantityIn(model.subAccounts(), "unattributed", "SMR")).toBe("0");
    const seen = model.subAccounts();
    updateSubAccounts(model.ledger);
    const bookings = model.ledger.bookings().length;
    model.restart();
    expect(model.ledger.bookings()).toHaveLength(bookings);
    expect(model.subAccounts()).toEqual(seen);
  });
});

const weights = fc
  .dictionary(fc.constantFrom(...SYMBOLS), fc.integer({ min: 1, max: 333 }), { maxKeys: 3 })
  .map((entries) =>
    Object.fromEntries(Object.entries(entries).map(([symbol, weight]) => [symbol, `0.${String(weight).padStart(3, "0")}`])),
  );
const symbol = fc.constantFrom(...SYMBOLS);
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("run" as const),
      nuclear: weights,
      tecl: weights,
      filled: fc.integer({ min: 0, max: 100 }),
      late: fc.integer({ min: 0, max: 100 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move" as const), symbol, percent: fc.integer({ min: -40, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deposit" as const), cents: fc.integer({ min: -500_000, max: 2_000_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("hand" as const), symbol, nano: fc.bigInt({ min: -(10n ** 13n), max: 10n ** 12n }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("split" as const), symbol, ratio: fc.constantFrom("2", "4", "0.5", "0.1") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

test("whatever happens, the books add up to the account to the cent and to the ninth decimal", () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 14 }), (events) => {
      const model = new AccountModel(PRICES);
      for (const each of events) {
        if (each.kind === "run") model.run({ targets: { nuclear: each.nuclear, tecl: each.tecl }, filled: each.filled, late: each.late });
        if (each.kind === "move") model.moves(each.symbol, each.percent);
        if (each.kind === "deposit") model.deposit(decimal(String(each.cents)).div("100").toFixed(2));
        if (each.kind === "hand") model.byHand(each.symbol, decimal(each.nano).div("1000000000").toFixed(9));
        if (each.kind === "split") model.split(each.symbol, each.ratio);
        if (each.kind === "restart") model.restart();
        expectSums(model);
      }
      updateSubAccounts(model.ledger);
      expectSums(model);
      expectEachFillOnce(model);
      const alone = events.every(({ kind }) => kind !== "hand" && kind !== "split");
      const unattributed = bookOf(model.subAccounts(), "unattributed").positions;
      expect(alone ? unattributed : []).toEqual([]);
      model.ledger.close();
    }),
    { seed: 32, numRuns: 80 },
  );
});
