import { afterEach, describe, expect, test } from "@jest/globals";
import type { Ledger } from "../../../src/domain/ledger.ts";
import { openLedgerImage } from "../../../src/ledger/sqlite-ledger.ts";
import { fetchFor } from "../../simulator/in-process-fetch.ts";
import { isPost, postedOrder, UNAVAILABLE } from "../faults.ts";
import { book, expectSwitchedBook, HEDGE, INVESTED } from "../scenario.ts";
import { signalOf, VirtualDesk } from "../virtual-desk.ts";

/** From a start to the end of what was left open, seconds. */
const SOON = 5;
const SIGNAL = "00000000000000aa";

let desk: VirtualDesk;
/** Symbols of the orders that have left since the start. */
let posts: string[];

afterEach(() => desk.close());

/** A switch; then a start on the ledger as it was when it last looked as it is said. Less than that is lost. */
async function switchedAndLost(kept: (ledger: Ledger) => boolean, disturb: () => void = () => undefined): Promise<void> {
  const images: Uint8Array[] = [];
  let isTrading = false;
  desk = new VirtualDesk({
    ...INVESTED,
    process: (made) => ({
      clock: made.clock,
      fetch: fetchFor(made.venue),
      onCommit: (stage) => isTrading && stage === "after" && images.push(made.ledger.serialize()),
    }),
  });
  isTrading = true;
  disturb();
  await desk.clock.until(Promise.race([desk.start(signalOf(desk.clock, HEDGE)), desk.clock.sleep(20_000)]));
  isTrading = false;
  desk.stop();
  await desk.clock.advance(1_000);
  const image = images.findLast((each) => {
    const ledger = openLedgerImage(each);
    const isIt = ledger.openExecutions().length === 1 && kept(ledger);
    ledger.close();
    return isIt;
  });
  await desk.restart(image);
  posts = [];
  desk.venue.interceptor = {
    before: (request) => {
      if (isPost(request)) posts.push(postedOrder(request).symbol);
      return Promise.resolve(undefined);
    },
  };
}

const withoutBuys = (ledger: Ledger): boolean => ledger.intentsOf(SIGNAL).every(({ side }) => side === "sell");
const unsent = (ledger: Ledger): boolean => ledger.intentsOf(SIGNAL).every(({ state }) => state === "recorded");

/** Seconds until what was found open has ended. */
async function recovered(): Promise<number> {
  const start = desk.clock.monotonic();
  await desk.recover();
  return (desk.clock.monotonic() - start) / 1_000;
}

describe("a ledger that has lost the end of an execution", () => {
  test.each([
    ["the sending of its sells", unsent],
    ["the record of its buys", withoutBuys],
  ])("%s: the venue's orders are adopted, nothing is sent again, and no cash is waited for", async (_, kept) => {
    await switchedAndLost(kept);
    expect(await recovered()).toBeLessThan(SOON);
    expectSwitchedBook(desk);
    expect(posts.filter((symbol) => symbol === "TQQQ" || symbol === "SMR")).toEqual([]);
    expect(desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "on-target" }]);
  });

  test("a buy that still works: it is followed to its end", async () => {
    await switchedAndLost(withoutBuys, () => desk.exchange.setQuote("UVXY", "0", "0"));
    expect(book(desk)).toContain("buy UVXY new");
    desk.clock.after(2_000, () => desk.exchange.setPrice("UVXY", "20"));
    expect(await recovered()).toBeLessThan(2 + SOON);
    expect(posts).toEqual([]);
    expectSwitchedBook(desk);
  });

  test("while the venue does not list its orders, nothing is sent", async () => {
    await switchedAndLost(withoutBuys);
    let isDown = true;
    desk.clock.after(20_000, () => (isDown = false));
    desk.venue.interceptor = {
      before: ({ url }) => Promise.resolve(isDown && url.startsWith("/v2/orders?status=all") ? UNAVAILABLE : undefined),
    };
    expect(await recovered()).toBeLessThan(20 + 2 * SOON);
    expectSwitchedBook(desk);
  });

  test("an order of ours that arrives only after the start is adopted when it is listed, and not sent again", async () => {
    await switchedAndLost(unsent, () => {
      desk.venue.interceptor = { before: (request) => Promise.resolve(isPost(request) ? UNAVAILABLE : undefined) };
    });
    await desk.clock.advance(10_000);
    const { symbol, side, quantity, clientOrderId } = desk.ledger.intentsOf(SIGNAL).find((intent) => intent.symbol === "TQQQ")!;
    const qty = quantity!.toFixed();
    desk.exchange.submit({ symbol, side, qty, type: "market", time_in_force: "day", client_order_id: clientOrderId });
    await desk.recover();
    expect(posts).not.toContain("TQQQ");
    expectSwitchedBook(desk);
  });

  test("an order of the signal that has come since the start is another installation's, and is not adopted", async () => {
    await switchedAndLost(withoutBuys);
    await desk.clock.advance(10_000);
    desk.exchange.setQuote("BTAL", "0", "0");
    const id = `alpaca-trader-${SIGNAL}-buying-BTAL-2`;
    desk.exchange.submit({ symbol: "BTAL", side: "buy", type: "market", notional: "500", time_in_force: "day", client_order_id: id });
    await desk.recover();
    expect(desk.ledger.intent(id)).toBeUndefined();
    expect(desk.ledger.recentExecutions(1)).toMatchObject([
      { outcome: "incomplete", outcomeCode: "foreign-hand", outcomeReason: expect.stringContaining("Another installation") },
    ]);
    expect(posts).toEqual([]);
  });
});
