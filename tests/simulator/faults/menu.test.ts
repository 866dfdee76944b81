import { describe, expect, test } from "@jest/globals";
import { TraderError } from "../../../src/domain/errors.ts";
import { FAULT_MENU, parseFault } from "../../../src/simulator/faults.ts";
import { clientOf, marketOrder, openExchange } from "../fixture.ts";

describe("a fault as text", () => {
  test("is a name, a colon and parameters; missing ones have their defaults", () => {
    const { kind, settings } = parseFault("slow-answer: ms=250, share=0.2");
    expect(kind.name).toBe("slow-answer");
    expect(settings.toJSON()).toEqual({ on: "all", symbol: "any", ms: "250", share: "0.2", nth: "0", times: "0", after: "0", for: "0" });
  });

  test.each(FAULT_MENU.map(({ name }) => name))("%s needs no parameters and is described in one line", (name) => {
    const { kind } = parseFault(name);
    expect(kind.description).toMatch(/^[^\n]{20,120}$/);
  });

  test.each([
    ["reset-aftr-accept", 'There is no fault "reset-aftr-accept"; did you mean reset-after-accept?'],
    ["", 'There is no fault "".'],
    ["zzz", 'There is no fault "zzz".'],
    ["slow-answer:zzzz=3", 'The fault slow-answer has no parameter "zzzz".'],
    ["slow-answer:msec=3", 'The fault slow-answer has no parameter "msec"; did you mean ms?'],
    ["slow-answer:ms", '"ms" in the fault "slow-answer:ms" has no value; write ms=….'],
    ["slow-answer:ms=1.5", 'ms of the fault slow-answer is "1.5"; expected a whole number of milliseconds.'],
    ["slow-answer:share=2", 'share of the fault slow-answer is "2"; expected a number from 0 to 1.'],
    ["slow-answer:nth=x", 'nth of the fault slow-answer is "x"; expected a whole number.'],
    ["slow-answer:for=-1", 'for of the fault slow-answer is "-1"; expected a number of seconds.'],
    ["slow-answer:symbol=smr", 'symbol of the fault slow-answer is "smr"; expected a symbol in capital letters, or any,.'],
    ["price-jump:factor=0", 'factor of the fault price-jump is "0"; expected a number above 0.'],
    ["insufficient-buying-power:available=x", 'available of the fault insufficient-buying-power is "x"; expected a dollar amount.'],
    ["rate-limit:header=maybe", 'header of the fault rate-limit is "maybe"; expected one of yes, no.'],
  ])("%j is refused with a clear message", (text, sentence) => {
    const parsing = (): unknown => parseFault(text);
    expect(parsing).toThrow(TraderError);
    expect(parsing).toThrow(sentence);
  });
});

describe("when a fault applies", () => {
  const strikes = async (fault: string, requests: number, everyMs = 1_000): Promise<string> => {
    const { clock, exchange } = openExchange();
    const client = clientOf(exchange, { faults: [fault] });
    let pattern = "";
    for (let request = 0; request < requests; request++) {
      pattern += (await client.request("GET", "/v2/account")).status === 200 ? "." : "x";
      await clock.advance(everyMs);
    }
    return pattern;
  };

  test.each([
    ["rate-limit", "xxxxxx"],
    ["rate-limit:nth=3", "..x..."],
    ["rate-limit:times=2", "xx...."],
    ["rate-limit:after=2", "..xxxx"],
    ["rate-limit:for=2", "xx...."],
    ["rate-limit:after=1,for=2", ".xx..."],
    ["rate-limit:share=0", "......"],
    ["rate-limit:on=orders", "......"],
  ])("%s hits %s", async (fault, pattern) => {
    expect(await strikes(fault, 6)).toBe(pattern);
  });

  test("a share holds in the long run, and every run hits the same occasions", async () => {
    const pattern = await strikes("rate-limit:share=0.3", 190, 400);
    expect(pattern.split("x").length - 1).toBeGreaterThan(35);
    expect(pattern.split("x").length - 1).toBeLessThan(80);
    expect(await strikes("rate-limit:share=0.3", 190, 400)).toBe(pattern);
  });
});

describe("/simulator/faults", () => {
  const NO_KEYS = {};

  test("adds, shows and removes faults, which never affect the simulator's own paths", async () => {
    const { exchange } = openExchange();
    const { request } = clientOf(exchange);
    const added = await request("POST", "/simulator/faults", { fault: "rate-limit:times=1" }, NO_KEYS);
    expect(added.json).toMatchObject({ id: 1, name: "rate-limit", phase: "on", seen: 0, struck: 0, parameters: { times: "1", on: "all" } });
    expect((await request("POST", "/simulator/faults", { name: "slow-answer", on: "orders", ms: 50 }, NO_KEYS)).json).toMatchObject({
      id: 2,
    });
    expect((await request("GET", "/v2/account")).status).toBe(429);
    expect((await request("GET", "/v2/account")).status).toBe(200);
    const shown = (await request("GET", "/simulator/faults", undefined, NO_KEYS)).json as { active: unknown[]; menu: { name: string }[] };
    expect(shown.active).toMatchObject([
      { id: 1, seen: 2, struck: 1 },
      { id: 2, name: "slow-answer", parameters: { ms: "50" } },
    ]);
    expect(shown.menu.map(({ name }) => name)).toEqual(FAULT_MENU.map(({ name }) => name));
    expect((await request("DELETE", "/simulator/faults/1", undefined, NO_KEYS)).json).toMatchObject({ active: [{ id: 2 }] });
    expect((await request("DELETE", "/simulator/faults/slow-answer", undefined, NO_KEYS)).json).toEqual({ active: [] });
    expect((await request("DELETE", "/simulator/faults/slow-answer", undefined, NO_KEYS)).status).toBe(404);
  });

  test.each([
    [{ fault: "slow-anser" }, 'There is no fault "slow-anser"; did you mean slow-answer?'],
    [{ name: "slow-answer", ms: "soon" }, 'ms of the fault slow-answer is "soon"; expected a whole number of milliseconds.'],
    [{ name: "slow-answer", ms: null }, "ms must be a string or a number"],
  ])("refuses %j with the command line's message", async (body, message) => {
    expect(await clientOf(openExchange().exchange).request("POST", "/simulator/faults", body, NO_KEYS)).toMatchObject({
      status: 422,
      json: { message },
    });
  });

  test("removing a fault releases its waiting requests", async () => {
    const { clock, exchange } = openExchange();
    const { request } = clientOf(exchange, { faults: ["slow-answer:ms=60000"] });
    const waiting = request("GET", "/v2/account");
    await clock.advance(1_000);
    await request("DELETE", "/simulator/faults", undefined, NO_KEYS);
    expect((await waiting).status).toBe(200);
    expect(clock.pending).toBe(0);
  });

  test("several faults combine", async () => {
    const { clock, exchange } = openExchange();
    const { request } = clientOf(exchange, { faults: ["slow-answer:ms=500", "error-after-accept"] });
    const reply = request("POST", "/v2/orders", marketOrder("buy", "SMR", { qty: "1" }));
    expect((await clock.until(reply)).status).toBe(500);
    expect(clock.monotonic()).toBe(500);
  });
});
