import { describe, expect, test } from "@jest/globals";
import { clientOf, openExchange } from "./fixture.ts";

describe("/v3/clock", () => {
  const phaseAt = async (time: string): Promise<unknown> => {
    const { json } = await clientOf(openExchange().exchange).request("GET", `/v3/clock?markets=NYSE&time=${time}`);
    return (json as { clocks: unknown[] }).clocks[0];
  };

  test("tells the time, phase and next session of New York's markets", async () => {
    const { json } = await clientOf(openExchange().exchange).request("GET", "/v3/clock");
    const nyse = {
      market: { mic: "XNYS", acronym: "NYSE", name: "New York Stock Exchange", timezone: "America/New_York" },
      timestamp: "2025-07-14T11:00:00-04:00",
      is_market_day: true,
      next_market_open: "2025-07-15T09:30:00-04:00",
      next_market_close: "2025-07-14T16:00:00-04:00",
      phase: "core",
      phase_until: "2025-07-14T16:00:00-04:00",
    };
    expect(json).toEqual({ clocks: [nyse, { ...nyse, market: { ...nyse.market, mic: "XNAS", acronym: "NASDAQ", name: "NASDAQ" } }] });
  });

  test.each([
    ["2025-07-14T07:00:00Z", "closed", "2025-07-14T04:00:00-04:00", true],
    ["2025-07-14T12:00:00Z", "pre", "2025-07-14T09:30:00-04:00", true],
    ["2025-07-14T20:00:00Z", "post", "2025-07-14T20:00:00-04:00", true],
    ["2025-07-15T00:00:00Z", "closed", "2025-07-15T04:00:00-04:00", true],
    ["2025-07-12T15:00:00Z", "closed", "2025-07-14T04:00:00-04:00", false],
    ["2025-07-03T17:30:00Z", "post", "2025-07-03T17:00:00-04:00", true],
    ["2025-07-04T15:00:00Z", "closed", "2025-07-07T04:00:00-04:00", false],
  ])("at %s it is %s until %s", async (time, phase, until, marketDay) => {
    expect(await phaseAt(time)).toMatchObject({ phase, phase_until: until, is_market_day: marketDay });
  });

  test("refuses a market that it does not know", async () => {
    expect((await clientOf(openExchange().exchange).request("GET", "/v3/clock?markets=LSE")).status).toBe(400);
  });
});

describe("/v3/calendar", () => {
  const read = async (path: string): Promise<unknown> => (await clientOf(openExchange().exchange).request("GET", path)).json;

  test("lists the sessions of a week from today on, with the hours around them", async () => {
    const { calendar, market } = (await read("/v3/calendar/XNYS")) as { calendar: { date: string }[]; market: object };
    expect(market).toMatchObject({ mic: "XNYS" });
    expect(calendar.map(({ date }) => date.slice(8))).toEqual(["14", "15", "16", "17", "18", "21"]);
    expect(calendar[0]).toEqual({
      date: "2025-07-14",
      pre_start: "2025-07-14T04:00:00-04:00",
      pre_end: "2025-07-14T09:30:00-04:00",
      core_start: "2025-07-14T09:30:00-04:00",
      core_end: "2025-07-14T16:00:00-04:00",
      post_start: "2025-07-14T16:00:00-04:00",
      post_end: "2025-07-14T20:00:00-04:00",
      settlement_date: "2025-07-15",
    });
  });

  test("gives half-days their hours, in UTC when asked", async () => {
    const calendar = await read("/v3/calendar/NASDAQ?start=2025-07-03&end=2025-07-04&timezone=UTC");
    expect(calendar).toMatchObject({
      calendar: [{ date: "2025-07-03", core_end: "2025-07-03T17:00:00Z", post_end: "2025-07-03T21:00:00Z" }],
    });
  });

  test("refuses an unknown market, date and time zone", async () => {
    const { request } = clientOf(openExchange().exchange);
    for (const path of ["MOON", "NYSE?start=soon", "NYSE?timezone=CET"])
      expect((await request("GET", `/v3/calendar/${path}`)).status).toBe(400);
  });
});
