import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { toCashFlows } from "../../src/broker/cash-flows.ts";
import { toBarsPage } from "../../src/broker/daily-bars.ts";
import { toEquityHistory } from "../../src/broker/equity-history.ts";
import { toAccount, toAsset, toMarketClock, toPositions, toSessions } from "../../src/broker/mapping.ts";
import { toFills, toOrders } from "../../src/broker/order-mapping.ts";
import { submitAnswerOf } from "../../src/broker/order-outcome.ts";
import { toMarketPrices } from "../../src/broker/price-mapping.ts";
import { decimal } from "../../src/domain/decimal.ts";

/** Answers of the real API, if present next to the checkout. */
const RECORDED = join(import.meta.dirname, "..", "..", "..", "shared", "recorded", "alpaca");

/** Accounts of 2019, from before the account number was shown. */
const TOO_OLD = ["vcr-GET-_v2_account-11-Jul-2019.json", "vcr-GET-_v2_account-30-Jun-2019.json"];

type Reader = (body: unknown) => unknown;

const READERS: Readonly<Record<string, Reader>> = {
  account: toAccount,
  positions: (body) => toPositions(listOf(body)),
  order: (body) => toOrders([body]),
  orders: toOrders,
  activities: (body) => {
    const rows = listOf(body) as readonly { activity_type?: string }[];
    return [toFills(rows.filter((row) => row.activity_type === "FILL")), toCashFlows(rows.filter((row) => row.activity_type !== "FILL"))];
  },
  snapshots: (body) => toMarketPrices(body, Date.parse("2026-03-16T14:30:00Z")),
  bars: toBarsPage,
  clock: toMarketClock,
  calendar: toSessions,
  assets: (body) => listOf(body).map(toAsset),
  history: toEquityHistory,
};

function listOf(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? (body as unknown[]) : [body];
}

function bodyOf(folder: string, file: string): unknown {
  return (JSON.parse(readFileSync(join(RECORDED, folder, file), "utf8")) as { body: unknown }).body;
}

describe("recorded answers of the real API", () => {
  test.each(Object.keys(READERS))("can be read: %s", (folder) => {
    const files = existsSync(join(RECORDED, folder)) ? readdirSync(join(RECORDED, folder)).filter((file) => !TOO_OLD.includes(file)) : [];
    const unreadable = files.flatMap((file) => {
      try {
        READERS[folder]!(bodyOf(folder, file));
        return [];
      } catch (error) {
        return [`${file}: ${String(error)}`];
      }
    });
    process.stdout.write(`${String(files.length)} recorded answers read: ${folder}\n`);
    expect(unreadable).toEqual([]);
  });

  test("refuse an order for the reason in their text", () => {
    const file = join(RECORDED, "errors", "REFUSAL-TEXTS.json");
    const texts = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly Refusal[]) : [];
    const misread = texts
      .map((text) => ({ ...text, read: readingOf(text) }))
      .filter(({ read, reason_wanted: wanted }) => wanted !== "?" && read !== wanted && FINER.get(read) !== wanted);
    process.stdout.write(`${String(texts.length)} recorded refusals read\n`);
    expect(misread).toEqual([]);
  });
});

/** Reasons that the list has under a wider name. */
const FINER: ReadonlyMap<string, string> = new Map([["trade-suspended", "account-restricted"]]);

interface Refusal {
  readonly status: number;
  readonly body: { readonly code?: number; readonly message: string; readonly reject_reason?: string };
  readonly reason_wanted: string;
}

function readingOf({ status, body }: Refusal): string {
  const rejected = {
    kind: "rejected",
    status,
    code: body.code,
    message: body.message,
    detail: body.reject_reason,
    requestId: undefined,
    isJson: true,
  } as const;
  const request = { clientOrderId: "at-1", symbol: "SMR", side: "buy", quantity: decimal("1") } as const;
  const answer = submitAnswerOf(rejected, request, () => undefined, 0);
  if (answer.kind === "refused") return answer.reason;
  return answer.kind === "exists" || answer.kind === "not-sent" ? answer.kind.toUpperCase() : answer.kind;
}

test("the history of an account younger than the range begins with its first day", () => {
  const points = toEquityHistory({
    timestamp: [1_777_593_600, 1_777_680_000, 1_790_812_800, 1_790_899_200],
    equity: [0, 0, 100_000, 99_500],
    base_value: 100_000,
    base_value_asof: "2026-04-30",
  });
  expect(points.map(({ equity }) => equity.toFixed())).toEqual(["100000", "99500"]);
});

test.each([
  ["has no symbol, side or legs", { symbol: "", side: "", legs: null, order_class: "mleg", qty: "2", limit_price: "-1.35" }, "symbol"],
  ["has a side of another kind", { side: "exchange" }, "side"],
])("an order that %s names the problem, and does not hide the others", (_name, fields, problem) => {
  const good = {
    id: "1",
    client_order_id: "a",
    symbol: "SMR",
    side: "buy",
    status: "new",
    qty: "1",
    filled_qty: "0",
    created_at: "2026-03-16T14:30:00Z",
  };
  const [odd, other] = toOrders([{ ...good, ...fields, id: "2" }, good]);
  expect(odd).toMatchObject({ id: "2", problem: expect.stringContaining(problem) });
  expect(other).not.toHaveProperty("problem");
  expect(() => toOrders([{ ...good, ...fields, client_order_id: null }])).toThrow("client_order_id");
});
