import { afterEach, describe, expect, test } from "@jest/globals";
import type { Interceptor, VenueRequest } from "../../src/simulator/venue.ts";
import type { DeskOptions } from "./virtual-desk.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";
import { expectSwitched, HEDGE, intentsOf, INVESTED, orderOf } from "./scenario.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const IN_PIECES: DeskOptions = {
  exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 4, partialFillIntervalMs: 700 },
};

const STREAMS: [string, (at: VirtualDesk) => void][] = [
  ["a stream that connects and stays mute", (at) => (at.venue.interceptor = { frame: () => [] })],
  [
    "a stream that cannot be opened",
    (at) => (at.venue.openStream = (_send, close) => (at.clock.after(1, close), { receive: () => undefined, closed: () => undefined })),
  ],
  ["every frame twice", (at) => (at.venue.interceptor = { frame: (frame) => [frame, frame] })],
  [
    "frames late and in another order",
    (at) => {
      const kept: string[] = [];
      at.venue.interceptor = { frame: (frame) => (kept.unshift(frame), kept.length % 3 === 0 ? kept.splice(0, 3) : []) };
    },
  ],
  [
    "frames that nobody can read",
    (at) => (at.venue.interceptor = { frame: () => ["{", '{"stream":"trade_updates","data":{"event":"fill"}}', "null"] }),
  ],
  [
    "frames that lie about the order",
    (at) =>
      (at.venue.interceptor = {
        frame: (frame) => [frame.replaceAll('"status":"new"', '"status":"filled"').replaceAll('"filled_qty":"0"', '"filled_qty":"9999"')],
      }),
  ],
  [
    "frames that tell of whole fills under another order's id",
    (at) =>
      (at.venue.interceptor = {
        frame: (frame) => [frame.replaceAll('"status":"new"', '"status":"filled"').replaceAll(/"id":"[0-9a-f]/g, '"id":"x')],
      }),
  ],
  [
    "sockets that are dropped all the time",
    (at) => {
      const drop = (): void => {
        at.venue.dropStreams();
        at.clock.after(150, drop);
      };
      at.clock.after(150, drop);
    },
  ],
];

describe.each([
  ["at once", INVESTED],
  ["in pieces", IN_PIECES],
])("orders that fill %s", (_, options) => {
  test.each(STREAMS)("%s: completed all the same, and the ledger has what the venue has", async (_name, spoil) => {
    desk = new VirtualDesk(options);
    spoil(desk);
    expectSwitched(desk, await desk.run(signalOf(desk.clock, HEDGE)));
    for (const intent of intentsOf(desk))
      expect(intent.filledQuantity.toFixed()).toBe(orderOf(desk, intent.symbol).filledQuantity.toFixed());
  });
});

test("a working stream makes it quicker than polling alone", async () => {
  const timeOf = async (spoil: (at: VirtualDesk) => void): Promise<number> => {
    const at = new VirtualDesk(IN_PIECES);
    spoil(at);
    await at.run(signalOf(at.clock, HEDGE));
    const [execution] = at.ledger.recentExecutions(1);
    await at.close();
    return execution!.finishedAt! - execution!.startedAt;
  };
  desk = new VirtualDesk();
  const mute = await timeOf((at) => (at.venue.interceptor = { frame: () => [] }));
  expect(await timeOf(() => undefined)).toBeLessThan(mute);
});

const isOfOneOrder = ({ method, url }: VenueRequest): boolean => method === "GET" && url.startsWith("/v2/orders/");

/** How often single buys were asked for until the switch was made; the stream listens by the time that they are sent. */
async function readsOfBuys(options: DeskOptions, frame: Interceptor["frame"]): Promise<number> {
  let reads = 0;
  const at = new VirtualDesk(options);
  at.venue.interceptor = {
    before: (request) => {
      const id = request.url.split("/").at(-1) ?? "";
      if (isOfOneOrder(request) && at.exchange.state.orders.get(id)?.side === "buy") reads += 1;
      return Promise.resolve(undefined);
    },
    ...(frame === undefined ? {} : { frame }),
  };
  expectSwitched(at, await at.run(signalOf(at.clock, HEDGE)));
  await at.close();
  return reads;
}

test("what the stream reports is looked up by id, unless it is a complete fill of the order", async () => {
  desk = new VirtualDesk();
  expect(await readsOfBuys(INVESTED, undefined)).toBe(0);
  expect(await readsOfBuys(IN_PIECES, undefined)).toBeGreaterThan(0);
  expect(await readsOfBuys(INVESTED, (frame) => [frame.replace(/"filled_qty":"\d+/, '"filled_qty":"1')])).toBeGreaterThan(0);
});

test("an order that fills in hundreds of pieces does not use up the requests of the minute", async () => {
  desk = new VirtualDesk();
  const inManyPieces: DeskOptions = {
    exchange: { ...INVESTED.exchange, partialFillProbability: 1, partialFillSteps: 300, partialFillIntervalMs: 20 },
  };
  expect(await readsOfBuys(inManyPieces, undefined)).toBeLessThan(30);
});
