import { describe, expect, test } from "@jest/globals";
import { ACTION_TYPES } from "../../src/simulator/announcements.ts";
import { clientOf, openExchange } from "./fixture.ts";
import { EVERY_ACTION } from "./every-action.ts";

interface Answer {
  readonly corporate_actions: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly next_page_token: string | null;
}

const PATH = "/v1/corporate-actions";
const NO_KEYS = {};

describe("an announced corporate action", () => {
  test.each(EVERY_ACTION.map((body) => [body.type, body] as const))(
    "of type %s is listed on its day, by type, symbol and id",
    async (type, body) => {
      const { exchange } = openExchange();
      const client = clientOf(exchange);
      const read = async (query: string): Promise<Answer> => (await client.request("GET", `${PATH}?${query}`)).json as Answer;
      const view = (await client.request("POST", "/simulator/corporate-actions", body, NO_KEYS)).json as Record<string, unknown>;
      const { type: _type, ...fields } = body;
      expect(_type).toBe(type);
      expect(view).toMatchObject({ ...fields, process_date: "2025-07-14" });
      const { list } = ACTION_TYPES[type];
      const listed = { corporate_actions: { [list]: [view] }, next_page_token: null };
      const [, symbol] = Object.entries(fields).find(([field]) => field.endsWith("symbol"))!;
      for (const query of ["", `types=${type}`, `symbols=${String(symbol)}`, `ids=${String(view.id)}`, "start=2025-07-01&end=2025-07-14"])
        expect([query, await read(query)]).toEqual([query, listed]);
      const other = type === "redemption" ? "name_change" : "redemption";
      for (const query of [`types=${other}`, "symbols=NONE", "start=2025-07-15", "region=non_us"])
        expect([query, await read(query)]).toEqual([query, { corporate_actions: {}, next_page_token: null }]);
    },
  );

  test("is sorted by its process date among the splits, paged, and kept", async () => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange);
    exchange.split("LEU", "2");
    exchange.announce({ type: "cash_dividend", symbol: "SPY", rate: "1.5", process_date: "2025-07-10", ex_date: "2025-07-09" });
    exchange.announce({ type: "redemption", symbol: "SMR", rate: 2, process_date: "2025-07-20" });
    const pages: string[][] = [];
    for (let token = ""; token !== "end";) {
      const page = (await client.request("GET", `${PATH}?start=2025-07-01&end=2025-07-31&limit=1&page_token=${token}`)).json as Answer;
      pages.push(Object.keys(page.corporate_actions));
      token = page.next_page_token ?? "end";
    }
    expect(pages).toEqual([["cash_dividends"], ["forward_splits"], ["redemptions"]]);
    const { exchange: restored } = openExchange({ state: exchange.serialize() }, clock.now());
    expect(restored.state.announcements).toEqual(exchange.state.announcements);
    expect(exchange.state.announcements[0]!.view).toMatchObject({ rate: 1.5, ex_date: "2025-07-09", special: false, foreign: false });
  });

  test("comes with a new ticker", async () => {
    const { exchange } = openExchange();
    const client = clientOf(exchange);
    await client.request("POST", "/simulator/assets", { symbol: "SMR", renamed_to: "NUSC" }, NO_KEYS);
    expect((await client.request("GET", `${PATH}?symbols=NUSC`)).json).toMatchObject({
      corporate_actions: { name_changes: [{ old_symbol: "SMR", new_symbol: "NUSC", process_date: "2025-07-14" }] },
    });
  });

  test.each([
    [{ type: "party" }, "type must be one of reverse_split, forward_split"],
    [{ type: "cash_dividend", symbol: "SPY" }, "rate is required"],
    [{ type: "cash_dividend", symbol: "SPY", rate: "-1" }, "rate must be a number above 0"],
    [{ type: "cash_dividend", symbol: "SPY", rate: 1, special: "yes" }, "special must be true or false"],
    [{ type: "cash_dividend", symbol: "SPY", rate: 1, ex_date: "tomorrow" }, "ex_date must be a date, YYYY-MM-DD"],
    [{ type: "cash_dividend", symbol: 7, rate: 1 }, "symbol must be a string"],
    [{ type: "name_change", old_symbol: "SPY", new_symbol: "SPX", rate: 1 }, "name_change has no field rate"],
  ])("is refused as %j", async (body, words) => {
    const { exchange } = openExchange();
    const reply = await clientOf(exchange).request("POST", "/simulator/corporate-actions", body, NO_KEYS);
    expect(reply).toMatchObject({ status: 422, json: { message: expect.stringContaining(words) } });
    expect(exchange.state.announcements).toEqual([]);
  });
});
