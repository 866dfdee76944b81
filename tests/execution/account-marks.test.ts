import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { accountMark, identityIn } from "../../src/execution/orders/ids.ts";
import { isPost, RESET } from "./faults.ts";
import { book, expectSwitched, expectSwitchedBook, expectUnharmed, HEDGE, INVESTED, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const MARK = accountMark("SIM000001");
const SIGNAL = "00000000000000aa";

let desk: VirtualDesk;

beforeEach(() => {
  desk = new VirtualDesk(INVESTED);
});

afterEach(() => desk.close());

function marksAtTheVenue(): (string | undefined)[] {
  return [...new Set(desk.orders().map(({ clientOrderId }) => identityIn(clientOrderId)?.mark))];
}

/** As another installation on the same signal would name it, whose ledger is older than marks. */
function sendWithoutMark(symbol: string): string {
  const id = `alpaca-trader-${SIGNAL}-buying-${symbol}-1`;
  desk.exchange.submit({
    symbol,
    side: "buy",
    qty: "1",
    type: "limit",
    limit_price: "10",
    time_in_force: "day",
    client_order_id: id,
  });
  return id;
}

describe("ids of orders name the account (fleets with a database)", () => {
  test("if its ledger says so, also in an execution that a restart finishes", async () => {
    desk.ledger.pinAccount("SIM000001", desk.clock.now(), MARK);
    void desk.start(signalOf(desk.clock, HEDGE));
    await passUntil(desk, () => desk.orders().length > 0);
    await desk.restart();
    expect(desk.ledger.openExecutions()).toHaveLength(1);
    await desk.recover();
    expectSwitchedBook(desk);
    expect(marksAtTheVenue()).toEqual([MARK]);
    expectUnharmed(desk);
  });

  test("a ledger that began without goes on without, and an execution that it left open is finished under its ids", async () => {
    desk.ledger.pinAccount("SIM000001", desk.clock.now());
    void desk.start(signalOf(desk.clock, HEDGE));
    await passUntil(desk, () => desk.orders().length > 0);
    await desk.restart();
    expect(desk.ledger.openExecutions()).toHaveLength(1);
    await desk.recover();
    expectSwitchedBook(desk);
    expect(marksAtTheVenue()).toEqual([undefined]);
  });

  test("an order that was sent and not answered is found again under its id", async () => {
    desk.ledger.pinAccount("SIM000001", desk.clock.now(), MARK);
    desk.venue.interceptor = { after: (request, answer) => Promise.resolve(isPost(request) ? RESET : answer) };
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    expect(desk.orders().filter(({ symbol }) => symbol === "TQQQ")).toHaveLength(1);
    expect(marksAtTheVenue()).toEqual([MARK]);
  });

  test("so an order of the same signal by another installation is recognised, although it is the same symbol and attempt", async () => {
    desk.ledger.pinAccount("SIM000001", desk.clock.now(), MARK);
    await desk.clock.advance(10_000);
    sendWithoutMark("UVXY");
    await desk.clock.advance(100);
    expect(await desk.run(signalOf(desk.clock, HEDGE))).toMatchObject({
      kind: "declined",
      verdict: "account-blocked",
      reason: expect.stringContaining("Another installation"),
    });
    expect(book(desk)).toEqual(["buy UVXY new"]);
  });

  test("and after a restart it is not taken for one that this ledger has lost", async () => {
    desk.ledger.pinAccount("SIM000001", desk.clock.now(), MARK);
    void desk.start(signalOf(desk.clock, HEDGE));
    await passUntil(desk, () => desk.orders().length > 0);
    const id = sendWithoutMark("UVXY");
    desk.stop();
    await desk.clock.advance(10_000);
    await desk.restart();
    await desk.recover();
    expect(desk.ledger.intent(id)).toBeUndefined();
    expect(marksAtTheVenue()).toContain(MARK);
  });
});
