import { describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { tradeRecord } from "../../src/reporting/trade-record.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { execution, intent, newIntent, NOW, recordExecuted, signal, SIGNAL_ID } from "./examples.ts";
import { freshLedger } from "./in-memory-ledger.ts";

describe("the trade log's line", () => {
  const ledger = freshLedger();

  test("holds signal, weights, account before and after, every order, and what was left alone", () => {
    recordExecuted(ledger());
    expect(tradeRecord(ledger(), SIGNAL_ID, "paper")).toEqual({
      timestamp: "2025-07-16T14:43:02.025Z",
      execution_id: SIGNAL_ID,
      mode: "paper",
      paper_trading: true,
      outcome: "off-target",
      reason: "Left alone: OKLO (price-doubt).",
      started_at: "2025-07-16T14:42:58.025Z",
      finished_at: "2025-07-16T14:43:02.025Z",
      signal: {
        id: SIGNAL_ID,
        strategy: "nuclear",
        generated_at: "2025-07-16T14:42:46.025Z",
        reason: "Bull market: SMR (31.2%), LEU (39.5%), OKLO (29.3%)",
        lines: ['{"symbol":"SMR","action":"BUY"}', '{"symbol":"LEU","action":"BUY"}'],
      },
      target_weights: { SMR: "0.312", LEU: "0.395", OKLO: "0.293" },
      account: { number: "PA3TEST00001", value_before: "100000", value_after: "99950", cash_before: "59187.5", cash_after: "30100" },
      orders: [
        {
          symbol: "BWXT",
          side: "sell",
          quantity: "12.5",
          requested: { quantity: "12.5" },
          fill_price: "144.933333",
          value: "1811.675",
          order_id: "order-BWXT",
          client_order_id: `alpaca-trader-${SIGNAL_ID}-selling-BWXT-1`,
          status: "filled",
          message: null,
          submitted_at: "2025-07-16T14:42:58.125Z",
          filled_at: "2025-07-16T14:42:58.875Z",
        },
        {
          symbol: "SMR",
          side: "buy",
          quantity: "400",
          requested: { notional: "30888" },
          fill_price: "38.5",
          value: "15400",
          order_id: "order-SMR",
          client_order_id: `alpaca-trader-${SIGNAL_ID}-buying-SMR-1`,
          status: "canceled",
          message: null,
          submitted_at: "2025-07-16T14:42:59.025Z",
          filled_at: "2025-07-16T14:43:01.025Z",
        },
      ],
      left_alone: [
        { symbol: "LEU", reason: "within-drift", detail: "left alone, within the drift band" },
        { symbol: "OKLO", reason: "price-doubt", detail: "left alone, its price is in doubt" },
      ],
    });
  });

  test("is one line of JSON", () => {
    recordExecuted(ledger());
    const text = JSON.stringify(tradeRecord(ledger(), SIGNAL_ID, "live"));
    expect(text).not.toContain("\n");
    expect(JSON.parse(text)).toMatchObject({ mode: "live", paper_trading: false });
  });

  test("never writes an estimate for an order that has no fill", () => {
    ledger().recordSignal(signal(), NOW);
    ledger().createExecution(execution());
    const refused = intent("SMR", "buy");
    const lost = intent("OKLO", "buy");
    ledger().recordIntents([refused, lost].map(newIntent));
    ledger().updateIntent(refused.clientOrderId, {
      state: "refused",
      status: "insufficient-buying-power",
      message: "insufficient buying power",
      postedAt: NOW,
      updatedAt: NOW,
    });
    ledger().updateIntent(lost.clientOrderId, { state: "abandoned", message: "no answer", postedAt: NOW, updatedAt: NOW });
    const none = { quantity: "0", fill_price: null, value: null, filled_at: null, order_id: null };
    expect(tradeRecord(ledger(), SIGNAL_ID, "paper").orders).toMatchObject([
      { ...none, symbol: "SMR", status: "refused", message: "insufficient buying power" },
      { ...none, symbol: "OKLO", status: "unknown", message: "no answer" },
    ]);
  });

  test("values a fill at its average price while not all single fills are known", () => {
    ledger().recordSignal(signal(), NOW);
    ledger().createExecution(execution());
    const buy = intent("SMR", "buy");
    ledger().recordIntents([newIntent(buy)]);
    ledger().updateIntent(buy.clientOrderId, {
      state: "done",
      status: "filled",
      filledQuantity: decimal("3"),
      filledAveragePrice: decimal("10.1"),
      filledAt: NOW,
      updatedAt: NOW,
    });
    ledger().recordFill({
      id: "f",
      executionId: SIGNAL_ID,
      clientOrderId: buy.clientOrderId,
      symbol: "SMR",
      side: "buy",
      quantity: decimal("1"),
      price: decimal("10"),
      at: NOW,
    });
    expect(tradeRecord(ledger(), SIGNAL_ID, "paper").orders).toMatchObject([{ quantity: "3", fill_price: "10.1", value: "30.3" }]);
  });

  test("says null where the account was not read, and zero weights for an exit", () => {
    ledger().recordSignal(signal(), NOW);
    ledger().createExecution(execution({ wanted: { kind: "exit", symbols: ["SMR"] } }));
    expect(tradeRecord(ledger(), SIGNAL_ID, "paper")).toMatchObject({
      outcome: null,
      finished_at: null,
      target_weights: { SMR: "0" },
      account: { value_before: null, value_after: null },
      orders: [],
      left_alone: [],
    });
  });

  test("is refused for an execution that the ledger does not know", () => {
    expect(() => tradeRecord(ledger(), "nothing", "paper")).toThrow(TraderError);
  });
});
