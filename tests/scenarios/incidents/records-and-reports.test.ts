import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { isRead, reply, RESET } from "../../execution/faults.ts";
import { book, expectHoldings, HELD } from "../../execution/scenario.ts";
import type { DeskOptions } from "../../execution/virtual-desk.ts";
import { line, nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk } from "./incident-desk.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };

let desk: IncidentDesk;

afterEach(() => desk.close());

function open(options: DeskOptions = {}): void {
  desk = new IncidentDesk(options);
  desk.write(nuclearRun(desk.clock.now()));
}

describe("an error is never 'nothing to do'", () => {
  const PATHS = ["/v2/account", "/v2/positions", "/v2/orders", "/v2/clock"] as const;
  const ANSWERS = [
    ["is a 500", reply(500, { code: 50010000, message: "internal server error" })],
    ["is no JSON", reply(200, "<html>welcome</html>")],
    ["is JSON of another kind", reply(200, '"later"')],
    ["never comes", RESET],
  ] as const;

  test.each(PATHS.flatMap((path) => ANSWERS.map(([what, answer]) => [path, what, answer] as const)))(
    "when the answer of %s %s, the run is unreachable or refused, not aligned, and is executed once it can be read",
    async (path, _, answer) => {
      open({ exchange: { cash: decimal("12"), positions: HELD } });
      desk.venue.interceptor = { after: (request, response) => Promise.resolve(isRead(request, path) ? answer : response) };
      expect(await desk.act()).toMatchObject({ kind: "declined", verdict: "broker-unreachable" });
      expect(book(desk)).toEqual([]);
      desk.venue.interceptor = {};
      expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
      expectHoldings(desk, NUCLEAR);
    },
  );
});

test("a failed read of the positions is not taken for an empty account: nothing is bought on top", async () => {
  open({ exchange: { cash: decimal("50000"), positions: HELD } });
  desk.venue.interceptor = { after: (request, response) => Promise.resolve(isRead(request, "/v2/positions") ? reply(200, []) : response) };
  expect(await desk.act()).toMatchObject({ kind: "declined" });
  expect(book(desk)).toEqual([]);
});

test("a dry run names the very orders that are sent afterwards, and uses the run up in no way", async () => {
  open({ exchange: { cash: decimal("12"), positions: HELD } });
  const tried = await desk.act({ dryRun: true });
  expect(book(desk)).toEqual([]);
  if (tried.kind !== "dry-run") throw new Error(tried.kind);
  const named = [...tried.plan.sells, ...tried.plan.buys].map(({ side, symbol }) => `${side} ${symbol} filled`).sort();
  expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  expect(book(desk)).toEqual(named);
});

describe("symbols that the venue does not trade", () => {
  test("an unknown ticker is named, left alone, and its share not spent on anything else", async () => {
    desk = new IncidentDesk();
    const leg = (index: number, symbol: string, percent: string): string =>
      line({ at: desk.clock.now() + index * 80, symbol, reason: `Bear market allocation: ${percent}% (inverse volatility weighted)` });
    desk.write([leg(0, "ZZZZ", "19.3"), leg(1, "BTAL", "80.7")]);
    expect(await desk.act()).toMatchObject({
      conclusion: { outcome: "off-target", reason: expect.stringContaining("ZZZZ (unknown-symbol)") as unknown },
    });
    expectHoldings(desk, { BTAL: "0.807" });
  });

  test("a halted one that is held stays whole, is named, and the rest goes on", async () => {
    open({ exchange: { cash: decimal("12000"), positions: HELD } });
    desk.exchange.setAsset("TQQQ", { status: "inactive", tradable: false });
    expect(await desk.act()).toMatchObject({
      conclusion: { outcome: "off-target", reason: expect.stringContaining("TQQQ (inactive)") as unknown },
    });
    expect(desk.exchange.state.positions.get("TQQQ")?.quantity.toFixed()).toBe("1000.123456789");
  });
});

describe("the venue changes its answers", () => {
  const rewritten = (change: (body: Record<string, unknown>) => Record<string, unknown>): void => {
    desk.venue.interceptor = {
      after: (request, response) =>
        Promise.resolve(
          isRead(request, "/v2/account")
            ? { ...response, body: JSON.stringify(change(JSON.parse(response.body) as Record<string, unknown>)) }
            : response,
        ),
    };
  };

  test("fields about day trading that are gone, and new ones that nobody knows, break nothing", async () => {
    open();
    rewritten((body) => {
      const gone = ["pattern_day_trader", "daytrade_count", "daytrading_buying_power", "regt_buying_power", "sma", "multiplier"];
      return { ...Object.fromEntries(Object.entries(body).filter(([key]) => !gone.includes(key))), intraday_margin: { new: [1, null] } };
    });
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
  });

  test.each(["cash", "equity", "status", "account_number"])("an account without %s is not guessed at: no order", async (field) => {
    open();
    rewritten((body) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== field)));
    expect(await desk.act()).toMatchObject({ kind: "declined" });
    expect(book(desk)).toEqual([]);
  });
});
