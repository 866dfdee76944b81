import { afterEach, describe, expect, test } from "@jest/globals";
import { decimal } from "../../../src/domain/decimal.ts";
import { isPost } from "../../execution/faults.ts";
import { book, expectHoldings, expectUnharmed, HELD, passUntil } from "../../execution/scenario.ts";
import { TUESDAY_10_00 } from "../../execution/virtual-desk.ts";
import { line, nuclearRun } from "../../intake/alerts.ts";
import { IncidentDesk } from "./incident-desk.ts";

const NUCLEAR = { SMR: "0.312", LEU: "0.395", OKLO: "0.293" };
const BOUGHT = ["buy LEU filled", "buy OKLO filled", "buy SMR filled"];
const DAY = 86_400_000;

let desk: IncidentDesk;

afterEach(() => desk.close());

test("a start that finds positions it does not know trades nothing: reconciling alone never does", async () => {
  desk = new IncidentDesk();
  desk.write(nuclearRun(TUESDAY_10_00));
  await desk.act();
  desk.exchange.state.positions.set("TQQQ", { ...desk.exchange.state.positions.get("SMR")!, symbol: "TQQQ" });
  desk.exchange.state.positions.delete("OKLO");
  await desk.clock.advance(DAY);
  await desk.restart();
  expect(await desk.recover()).toEqual([]);
  await desk.act();
  expect(book(desk)).toEqual(BOUGHT);
});

test("a restart during a plan continues its run, and the alert that is still in the file starts no second one", async () => {
  desk = new IncidentDesk({ exchange: { cash: decimal("12"), positions: HELD } });
  desk.write(nuclearRun(TUESDAY_10_00));
  let image: Uint8Array | undefined;
  desk.venue.interceptor = {
    after: (request, response) => {
      if (isPost(request)) image ??= desk.ledger.serialize();
      return Promise.resolve(response);
    },
  };
  desk.act().catch(() => undefined);
  await passUntil(desk, () => image !== undefined);
  await desk.restart(image);
  await desk.recover();
  expect(await desk.act()).toMatchObject({ kind: "verdict", verdict: { kind: "executed" } });
  expect(book(desk)).toEqual([...BOUGHT, "sell TQQQ filled"]);
  expectHoldings(desk, NUCLEAR);
});

describe("overnight", () => {
  async function nextMorning(change: () => void): Promise<void> {
    desk = new IncidentDesk();
    desk.write([line({ at: TUESDAY_10_00, symbol: "TQQQ", reason: "TQQQ oversold, buying dip" })]);
    await desk.act();
    await desk.clock.advance(DAY);
    change();
    desk.append(...nuclearRun(desk.clock.now()));
  }

  test("a split of two for one sells nothing of that symbol until it is booked: the price has halved, the account has not", async () => {
    await nextMorning(() => desk.exchange.split("TQQQ", "2", { bookAfter: DAY }));
    expect(await desk.act()).toMatchObject({
      conclusion: { outcome: "off-target", reason: expect.stringContaining("TQQQ (split-unbooked)") as unknown },
    });
    expect(book(desk)).toEqual(["buy TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("a split that is booked before the open is no reason to leave a symbol alone", async () => {
    await nextMorning(() => desk.exchange.split("TQQQ", "2"));
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expectHoldings(desk, NUCLEAR);
  });

  test("a position that was sold by hand is not sold again, and no short is opened", async () => {
    await nextMorning(() => desk.exchange.closePosition("TQQQ"));
    await desk.clock.advance(1_000);
    expect(await desk.act()).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((each) => each.includes("TQQQ"))).toEqual(["buy TQQQ filled", "sell TQQQ filled"]);
    expectUnharmed(desk);
  });

  test("somebody's limit order that has rested since yesterday keeps its symbol out, and is not cancelled", async () => {
    await nextMorning(() => {
      desk.exchange.submit({ symbol: "TQQQ", side: "sell", type: "limit", qty: "10", limit_price: "200", time_in_force: "gtc" });
    });
    await desk.clock.advance(1_000);
    expect(await desk.act()).toMatchObject({
      kind: "declined",
      reason: expect.stringContaining("TQQQ (foreign-order)") as unknown,
    });
    expect(book(desk).filter((each) => each.includes("TQQQ"))).toEqual(["buy TQQQ filled", "sell TQQQ new"]);
    expectUnharmed(desk);
  });
});
