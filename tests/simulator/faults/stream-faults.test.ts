import { describe, expect, test } from "@jest/globals";
import { startSimulator } from "../../../src/simulator/server.ts";
import { clientOf, marketOrder, openExchange } from "../fixture.ts";
import { connect } from "../socket.ts";

const AUTHENTICATE = '{"action":"auth","key":"key","secret":"secret"}';
const LISTEN = '{"action":"listen","data":{"streams":["trade_updates"]}}';

/** A listening client of a venue with a fault; it reports each event, or each stream for the handshake. */
const listening = (fault: string) => {
  const fixture = openExchange();
  const { venue } = clientOf(fixture.exchange, { faults: [fault] });
  const heard: string[] = [];
  const open = (): void => {
    const session = venue.openStream(
      (frame) => {
        const { data, stream } = JSON.parse(frame) as { stream: string; data: { event?: string } };
        heard.push(data.event ?? stream);
      },
      () => heard.push("closed"),
    );
    session.receive(AUTHENTICATE);
    session.receive(LISTEN);
  };
  open();
  return { ...fixture, heard, open, venue, buy: () => fixture.exchange.submit(marketOrder("buy", "SMR", { qty: "1" })) };
};
const HANDSHAKE = ["authorization", "listening"];

describe("faults of the stream", () => {
  test.each([
    ["lost-updates:share=1", []],
    ["lost-updates:nth=2", ["pending_new", "fill"]],
    ["duplicate-updates:nth=3", ["pending_new", "new", "fill", "fill"]],
    ["late-updates:nth=1,ms=500", ["new", "fill", "pending_new"]],
    ["reordered-updates:nth=1", ["new", "pending_new", "fill"]],
    ["reordered-updates:nth=3", ["pending_new", "new", "fill"]],
    ["mute-stream", []],
  ])("%s lets a listener receive %j of an order's events", async (fault, events) => {
    const { buy, clock, heard } = listening(fault);
    buy();
    await clock.advance(2_000);
    expect(heard).toEqual([...HANDSHAKE, ...events]);
  });

  test("a share of lost updates is drawn from the seed, so a repeated run loses the same ones", async () => {
    const run = async (): Promise<string[]> => {
      const { buy, clock, heard } = listening("lost-updates");
      for (let order = 0; order < 10; order++) {
        buy();
        await clock.advance(1_000);
      }
      return heard;
    };
    const first = await run();
    expect(first.length).toBeGreaterThan(HANDSHAKE.length);
    expect(first.length).toBeLessThan(HANDSHAKE.length + 30);
    expect(await run()).toEqual(first);
  });

  test("mute-stream without a handshake answers nothing at all and stays open", async () => {
    const { buy, clock, heard } = listening("mute-stream:handshake=no");
    buy();
    await clock.advance(1_000);
    expect(heard).toEqual([]);
  });

  test("dropped-stream drops every connected client, repeatedly", async () => {
    const { clock, heard, open } = listening("dropped-stream:every=5");
    await clock.advance(5_000);
    open();
    await clock.advance(4_999);
    expect(heard).toEqual([...HANDSHAKE, "closed", ...HANDSHAKE]);
    await clock.advance(1);
    expect(heard.at(-1)).toBe("closed");
  });

  test("refused-stream closes a new connection at once and leaves old ones open", async () => {
    const { clock, heard, open, venue } = listening("refused-stream:after=1");
    await clock.advance(1_000);
    open();
    await clock.advance(0);
    expect(heard).toEqual([...HANDSHAKE, ...HANDSHAKE, "closed"]);
    venue.faults.clear();
    open();
    await clock.advance(1);
    expect(heard.at(-1)).toBe("listening");
  });

  test("reaches a client on a real socket", async () => {
    const simulator = await startSimulator({ alwaysOpen: true, faults: ["duplicate-updates", "dropped-stream:every=0.2,after=0.5"] });
    const client = await connect(simulator.streamUrl);
    client.send(AUTHENTICATE);
    client.send(LISTEN);
    await client.until(({ stream }) => stream === "listening");
    simulator.exchange.submit(marketOrder("buy", "SMR", { qty: "1" }));
    await client.until(({ data }) => (data as { event?: string }).event === "new");
    await client.closed;
    const events = client.frames.map(({ message }) => (message.data as { event?: string }).event);
    expect(events.slice(2, 6)).toEqual(["pending_new", "pending_new", "new", "new"]);
    await simulator.close();
  });
});
