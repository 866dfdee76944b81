import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import { createHostGuard } from "../../src/broker/host-guard.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { TradingMode } from "../../src/domain/config.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { atVenue, brokerFor, configFor, ScriptedVenue } from "./scripted-venue.ts";

const LIVE = "https://api.alpaca.markets";
const LIVE_STREAM = "wss://api.alpaca.markets/stream";

describe("outside live mode the live venue cannot be reached", () => {
  const forms = [
    LIVE,
    "https://API.Alpaca.Markets/v2/orders",
    "https://api.alpaca.markets./v2/orders",
    "https://api.alpaca.markets:443/v2",
    "https://api.alpaca.markets:8443/v2",
    "http://api.alpaca.markets/v2",
    LIVE_STREAM,
    "https://broker-api.alpaca.markets/v1",
    "https://alpaca.markets",
  ];
  const modes: TradingMode[] = ["paper", "simulator"];

  test.each(modes.flatMap((mode) => forms.map((url) => [mode, url] as const)))(
    "in %s mode %s is refused, even when it is what is configured",
    (mode, url) => {
      expect(() => createHostGuard(mode, url)(url)).toThrow(expect.objectContaining({ code: "live-host", exitCode: 3 }));
    },
  );

  test.each(["tradingUrl", "dataUrl", "streamUrl"] as const)(
    "a paper broker is not even created when its %s is the live one",
    (setting) => {
      const alpaca = { ...configFor("http://127.0.0.1:9"), [setting]: setting === "streamUrl" ? LIVE_STREAM : LIVE };
      const sent: unknown[] = [];
      const record: typeof fetch = (input) => Promise.reject(new Error(String(sent.push(input))));
      expect(() => brokerFor("http://127.0.0.1:9", systemClock, { alpaca, fetch: record })).toThrow(
        expect.objectContaining({ code: "live-host" }),
      );
      expect(sent).toEqual([]);
    },
  );

  test("the paper host passes in paper mode, the live host in live mode, and no Alpaca host from the simulator", () => {
    expect(() => createHostGuard("paper", "https://paper-api.alpaca.markets")("https://paper-api.alpaca.markets/v2/account")).not.toThrow();
    expect(() => createHostGuard("live", LIVE)(`${LIVE}/v2/account`)).not.toThrow();
    expect(() => createHostGuard("simulator", "https://paper-api.alpaca.markets")("https://paper-api.alpaca.markets/v2")).toThrow(
      "simulator mode",
    );
  });

  test("keys never travel to Alpaca without TLS", () => {
    expect(() => createHostGuard("live", "http://api.alpaca.markets")("http://api.alpaca.markets/v2/orders")).toThrow("without TLS");
  });
});

describe("only the configured host is contacted", () => {
  test.each([
    "http://127.0.0.1:2/v2",
    "https://127.0.0.1:1/v2",
    "http://localhost:1/v2",
    "http://127.0.0.1.evil.example:1/v2",
    "http://x@evil.example/v2",
  ])("a request to %s is stopped", (url) => {
    expect(() => createHostGuard("paper", "http://127.0.0.1:1")(url)).toThrow(expect.objectContaining({ code: "foreign-host" }));
  });

  test("a redirect is not followed, for reads or for orders", async () => {
    const elsewhere = await ScriptedVenue.start({ json: [] });
    const clock = new VirtualClock(0);
    const reply = { status: 307, headers: { Location: `${elsewhere.url}/v2/positions` } };
    await atVenue(reply, clock, async (broker, venue) => {
      const answer = await broker.submit({ clientOrderId: "at-1", symbol: "SMR", side: "sell", quantity: decimal("1") });
      expect(answer.kind).toBe("unknown");
      expect(venue.seen).toHaveLength(1);
    });
    await atVenue(reply, systemClock, async (broker) => {
      await expect(broker.positions()).rejects.toMatchObject({ failure: "unreachable" });
    });
    expect(elsewhere.seen).toEqual([]);
    await elsewhere.stop();
  });

  test("a redirect of the stream is not followed", async () => {
    const other = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(other, "listening");
    let visitors = 0;
    other.on("connection", () => visitors++);
    const venue = await ScriptedVenue.start({
      status: 302,
      headers: { Location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/stream` },
    });
    const broker = brokerFor(venue.url, systemClock);
    await new Promise<void>((resolve) => {
      broker.watchOrders({ onUpdate: () => undefined, onState: (state) => (state === "lost" ? resolve() : undefined) });
    });
    await broker.close();
    await venue.stop();
    other.close();
    expect(visitors).toBe(0);
  });
});
