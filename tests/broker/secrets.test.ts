import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { createRedaction } from "../../src/broker/redaction.ts";
import type { TrafficRecord } from "../../src/broker/transport.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { addressesFor, brokerFor, configFor, KEY_ID, SECRET, TOKEN } from "./scripted-venue.ts";

/** Everything an error would show in a log, causes included. */
async function shown(work: Promise<unknown>): Promise<string> {
  return inspect(await work.catch((error: unknown) => error), { depth: 10, showHidden: true });
}

test("a key of a few letters, a test's or a mistake, does not garble every message", () => {
  expect(createRedaction(["k", "  ab ", SECRET])(`blocked port, ${SECRET}`)).toBe("blocked port, [key]");
});

describe("keys", () => {
  test.each([
    ["the network error quotes them", () => Promise.reject(new TypeError(`"${SECRET}" is an invalid header value for ${KEY_ID}`))],
    [
      "the cause of the network error quotes them",
      () => Promise.reject(new TypeError("fetch failed", { cause: new Error(`bad ${SECRET}`) })),
    ],
    ["the venue quotes them", () => Promise.resolve(Response.json({ message: `unknown key ${KEY_ID} ${SECRET}` }, { status: 401 }))],
    [
      "a refusal quotes them",
      () => Promise.resolve(Response.json({ code: 42210000, message: `key ${KEY_ID}:${SECRET}` }, { status: 422 })),
    ],
    ["a page quotes them", () => Promise.resolve(new Response(`<html>${SECRET}</html>`, { status: 502 }))],
  ])("appear in no error, answer or record when %s", async (_name, answer: () => Promise<Response>) => {
    const clock = new VirtualClock(0);
    const records: TrafficRecord[] = [];
    const broker = brokerFor("http://127.0.0.1:9", clock, { fetch: answer, onTraffic: (record) => records.push(record) });
    const order = { clientOrderId: "at-1", symbol: "SMR", side: "buy", notional: decimal("5") } as const;
    const seen = [
      await shown(clock.until(broker.account())),
      await shown(broker.submit(order)),
      await shown(broker.cancel("1")),
      inspect(records),
    ].join("\n");
    expect(seen).toContain("failure");
    expect(seen).not.toContain(SECRET);
    expect(seen).not.toContain(KEY_ID);
  });

  test("are no less hidden when they are an OAuth token", async () => {
    const clock = new VirtualClock(0);
    const records: TrafficRecord[] = [];
    const answer = (): Promise<Response> => Promise.resolve(Response.json({ message: `unknown ${TOKEN}` }, { status: 401 }));
    const alpaca = { ...addressesFor("http://127.0.0.1:9"), oauthToken: TOKEN };
    const broker = brokerFor("http://127.0.0.1:9", clock, { alpaca, fetch: answer, onTraffic: (record) => records.push(record) });
    const order = { clientOrderId: "at-1", symbol: "SMR", side: "buy", notional: decimal("5") } as const;
    const seen = [await shown(clock.until(broker.account())), await shown(broker.submit(order)), inspect(records)].join("\n");
    expect(seen).toContain("unknown [key]");
    expect(seen).not.toContain(TOKEN);
    await broker.close();
  });

  test("are hidden, too, where a long message is cut in the middle of one", async () => {
    const clock = new VirtualClock(0);
    const long = `eyJ${"signed-document-".repeat(40)}`;
    const message = `${"the token ".repeat(25)}${long} has been revoked`;
    const broker = brokerFor("http://127.0.0.1:9", clock, {
      alpaca: { ...addressesFor("http://127.0.0.1:9"), oauthToken: long },
      fetch: () => Promise.resolve(Response.json({ message }, { status: 401 })),
    });
    expect(await shown(clock.until(broker.account()))).not.toContain("signed-document");
    await broker.close();
  });

  test("that are invalid in a header are not quoted either", async () => {
    const clock = new VirtualClock(0);
    const alpaca = { ...configFor("http://127.0.0.1:9"), secret: `${SECRET}\nX: 1` };
    const broker = brokerFor("http://127.0.0.1:9", clock, { alpaca });
    expect(await shown(clock.until(broker.account()))).not.toContain(SECRET);
    await broker.close();
  });
});
