import { afterEach, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { isPost, UNAVAILABLE } from "../../execution/faults.ts";
import { book, expectUnharmed, HELD, passUntil } from "../../execution/scenario.ts";
import { TUESDAY_10_00 } from "../../execution/virtual-desk.ts";
import { line, nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk } from "./incident-desk.ts";

const MINUTE = 60_000;
const REFUSED = expect.stringMatching(/^refused: .*MAX_DAILY_TURNOVER_PERCENT/) as unknown;

let desk: IncidentDesk;

afterEach(() => desk.close());

test("the kill switch holds while the broker answers nothing at all: no order after it, and what is open is cancelled later", async () => {
  desk = new IncidentDesk({ exchange: { cash: decimal("12"), positions: HELD } });
  desk.write(nuclearRun(TUESDAY_10_00));
  desk.exchange.setQuote("TQQQ", "0", "0");
  let postsAfter = 0;
  let dark = false;
  desk.venue.interceptor = {
    before: (request) => {
      if (isPost(request) && desk.halted !== undefined) postsAfter += 1;
      return Promise.resolve(dark ? UNAVAILABLE : undefined);
    },
  };
  const running = desk.act();
  await passUntil(desk, () => desk.orders().length === 1);
  await desk.clock.advance(200);
  dark = true;
  desk.halted = "by hand";
  desk.clock.after(20_000, () => (dark = false));
  expect(await desk.clock.until(running)).toMatchObject({
    conclusion: { outcome: "incomplete", reason: expect.stringContaining("halted") as unknown },
  });
  expect(postsAfter).toBe(0);
  expect(book(desk).filter((each) => each.startsWith("buy"))).toEqual([]);
  expect(book(desk)).toContain("sell TQQQ canceled");
});

test("a strategy that changes its mind every three minutes is stopped by the turnover of the day, and told so", async () => {
  desk = new IncidentDesk({ limits: { maxDailyTurnover: decimal("3") } });
  desk.write([]);
  const verdicts: unknown[] = [];
  for (const symbol of ["SQQQ", "TQQQ", "SQQQ", "TQQQ", "SQQQ"]) {
    desk.append(line({ at: desk.clock.now(), symbol, reason: "TQQQ weak, bonds weak, short position (Bear 1)" }));
    const acted = await desk.act();
    verdicts.push(acted.kind === "declined" ? `${acted.verdict}: ${acted.reason}` : acted.kind);
    await desk.clock.advance(3 * MINUTE);
  }
  expect(verdicts).toEqual(["concluded", "concluded", REFUSED, "concluded", REFUSED]);
  expect(book(desk)).toEqual(["buy SQQQ filled", "buy TQQQ filled", "sell SQQQ filled"]);
  expectUnharmed(desk);
});
