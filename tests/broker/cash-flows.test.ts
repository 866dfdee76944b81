import { describe, expect, test } from "@jest/globals";
import { sumOfFlows, toCashFlows } from "../../src/broker/cash-flows.ts";
import { UnreadableAnswer } from "../../src/broker/wire.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import type { Reply, SeenRequest } from "./scripted-venue.ts";
import { atVenue } from "./scripted-venue.ts";

/** The close of Monday, 16 November 2026. */
const CLOSE = Date.parse("2026-11-16T16:00:00-05:00");

function flow(type: string, fields: Record<string, unknown>): Record<string, unknown> {
  return { id: `20261117000000000::${JSON.stringify(fields)}`, activity_type: type, created_at: "2026-11-17T13:00:00.5Z", ...fields };
}

function total(...rows: unknown[]): string {
  return sumOfFlows(toCashFlows(rows), CLOSE).toFixed();
}

describe("deposits and withdrawals since the last close", () => {
  test("is the sum of deposits, withdrawals and journals, without fills, dividends and fees", () => {
    expect(
      total(
        flow("CSD", { net_amount: "2667.87" }),
        flow("CSW", { net_amount: "-1000" }),
        flow("JNLC", { net_amount: "-0.87" }),
        flow("ACATC", { net_amount: "100" }),
        flow("DIV", { net_amount: "12" }),
        flow("FEE", { net_amount: "-1" }),
        flow("FILL", { price: "10", qty: "5" }),
      ),
    ).toBe("1767");
  });

  test("leaves out what was cancelled and what was booked before the close", () => {
    expect(
      total(
        flow("CSD", { net_amount: "500", status: "canceled" }),
        flow("CSD", { net_amount: "700", created_at: "2026-11-16T20:59:59Z" }),
        flow("CSD", { net_amount: "9", created_at: "2026-11-16T21:00:01Z", status: "executed" }),
      ),
    ).toBe("9");
  });

  test("counts transferred shares at the stated price", () => {
    expect(total(flow("JNLS", { net_amount: "0", symbol: "SMR", qty: "-10", price: "38.5" }))).toBe("-385");
  });

  test.each([
    ["shares without a price", flow("ACATS", { net_amount: "0", qty: "10", symbol: "SMR" })],
    ["no amount at all", flow("CSD", {})],
    ["an amount that is no number", flow("CSW", { net_amount: "a lot" })],
    ["no list", undefined],
  ])("is unreadable in %s", (_name, row) => {
    expect(() => toCashFlows(row === undefined ? { message: "no" } : [row])).toThrow(UnreadableAnswer);
  });

  test("with only a date, a record on the day of the close counts only if it makes the account look worse", () => {
    const dated = (date: string, net_amount: string) => flow("CSD", { date, net_amount, created_at: null });
    expect(total(dated("2026-11-16", "100"))).toBe("100");
    expect(total(dated("2026-11-16T00:00:00Z", "-100"))).toBe("0");
    expect(total(dated("2026-11-13", "100"))).toBe("0");
    expect(total(dated("2026-11-17", "-100"))).toBe("-100");
  });
});

describe("requests to the venue", () => {
  const PAGE = Array.from({ length: 250 }, (_, index) => flow("CSD", { id: `a-${index}`, net_amount: "1.01" }));
  const paged = ({ query }: SeenRequest): Reply => {
    const from = PAGE.findIndex(({ id }) => id === query.get("page_token")) + 1;
    return { json: PAGE.slice(from, from + Number(query.get("page_size"))) };
  };

  test("read all pages and name the kinds they want", async () => {
    await atVenue(paged, systemClock, async (broker, venue) => {
      expect((await broker.cashFlowsSince(CLOSE)).toFixed()).toBe("252.5");
      expect(venue.seen.map(({ path }) => path)).toEqual(Array(3).fill("/v2/account/activities"));
      expect(venue.seen[0]!.query.get("activity_types")).toBe("CSD,CSW,JNL,JNLC,JNLS,ACATC,ACATS,FOPT");
      expect(venue.seen[0]!.query.get("after")).toBe("2026-11-16T21:00:00.000Z");
    });
  });

  test("of what changes the cash count fees, interest and dividends, and no transferred shares", async () => {
    const rows = [
      flow("CSW", { net_amount: "-9000" }),
      flow("FEE", { id: "fee", net_amount: "-3.82" }),
      flow("DIV", { id: "dividend", net_amount: "1.5" }),
      flow("JNLS", { id: "shares", net_amount: "0", qty: "10", price: "7" }),
      flow("CSW", { id: "undone", net_amount: "-50", status: "canceled" }),
    ];
    await atVenue({ json: rows }, systemClock, async (broker, venue) => {
      expect((await broker.cashBookedSince(CLOSE)).toFixed()).toBe("-9002.32");
      expect(venue.seen[0]!.query.get("activity_types")).toBe("CSD,CSW,JNL,JNLC,ACATC,FEE,CFEE,INT,DIV");
    });
  });

  test.each<[string, Reply, string]>([
    ["a list without an end", { json: PAGE.slice(0, 100) }, "unreadable"],
    ["something else than a list", { json: { ok: true } }, "unreadable"],
    ["a refusal", { status: 404, json: { code: 40410000, message: "not found" } }, "refused"],
  ])("treat %s as an error, never as zero", async (_name, reply, failure) => {
    await atVenue(reply, systemClock, async (broker) => {
      const error: unknown = await broker.cashFlowsSince(CLOSE).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BrokerError);
      expect(error).toMatchObject({ failure });
    });
  });
});
