import { describe, expect, test } from "@jest/globals";
import type { Broker } from "../../src/domain/broker.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { TrafficRecord } from "../../src/broker/transport.ts";
import type { Reply } from "./scripted-venue.ts";
import { atVenue, brokerFor, eventually, wireOrder } from "./scripted-venue.ts";

const NOW = Date.parse("2026-03-16T14:30:00Z");
const CLOCK_BODY = {
  timestamp: "2026-03-16T10:30:00.123456789-04:00",
  is_open: true,
  next_open: "2026-03-17T09:30:00-04:00",
  next_close: "2026-03-16T16:00:00-04:00",
};

/** A venue without sockets, so that virtual time can pass. */
function venueOf(replies: (index: number) => Response | Promise<Response>): {
  fetch: typeof fetch;
  sentAt: number[];
  clock: VirtualClock;
  broker: Broker;
} {
  const clock = new VirtualClock(NOW);
  const sentAt: number[] = [];
  const answer: typeof fetch = async () => {
    sentAt.push(clock.monotonic());
    return replies(sentAt.length - 1);
  };
  return { fetch: answer, sentAt, clock, broker: brokerFor("http://127.0.0.1:9", clock, { fetch: answer }) };
}

const ok = (): Response => Response.json(CLOCK_BODY);
const never = (): Promise<Response> => new Promise(() => undefined);

async function failureOf(work: Promise<unknown>): Promise<BrokerError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BrokerError);
  return error as BrokerError;
}

describe("a read", () => {
  test.each([
    ["a failed connection", () => Promise.reject(new TypeError("fetch failed"))],
    ["a time-out of the venue", () => new Response("", { status: 408 })],
    ["an internal error", () => Response.json({ code: 50010000, message: "internal server error" }, { status: 500 })],
    ["a 504", () => new Response("<html>", { status: 504 })],
  ])("is retried after %s, 0.25, 0.5 and 1 s later", async (_name, failing) => {
    const { broker, clock, sentAt } = venueOf((index) => (index < 3 ? failing() : ok()));
    expect(await clock.until(broker.marketClock())).toMatchObject({ isOpen: true });
    expect(sentAt).toEqual([0, 250, 750, 1_750]);
    expect(clock.pending).toBe(0);
  });

  test("stops after four attempts and reports the venue as unreachable", async () => {
    const { broker, clock, sentAt } = venueOf(() => new Response("", { status: 503 }));
    const error = await failureOf(clock.until(broker.marketClock()));
    expect(error).toMatchObject({ failure: "unreachable", status: 503 });
    expect(sentAt).toHaveLength(4);
  });

  test("is aborted after 5 s without an answer, and not retried after 15 s in total", async () => {
    const { broker, clock, sentAt } = venueOf(never);
    const error = await failureOf(clock.until(broker.marketClock()));
    expect(error.failure).toBe("unreachable");
    expect(error.message).toContain("within 5 s");
    expect(sentAt).toEqual([0, 5_250, 10_750]);
    expect(clock.pending).toBe(0);
  });

  test("waits for the reset of a 429 before it retries", async () => {
    const limited = (): Response =>
      Response.json(
        { code: 42910000, message: "rate limit exceeded" },
        { status: 429, headers: { "X-RateLimit-Reset": String(NOW / 1000 + 40) } },
      );
    const { broker, clock, sentAt } = venueOf((index) => (index === 0 ? limited() : ok()));
    expect(await clock.until(broker.marketClock())).toMatchObject({ isOpen: true });
    expect(sentAt).toEqual([0, 40_250]);
  });

  test.each([
    [400, { code: 40010001, message: "bad" }, "refused"],
    [401, { message: "unauthorized." }, "unauthorized"],
    [401, { code: 40110000, message: "request is not authorized" }, "unauthorized"],
    [403, { message: "forbidden." }, "unauthorized"],
    [403, { code: 40310000, message: "something" }, "refused"],
    [404, { message: "endpoint not found" }, "unreadable"],
    [422, { code: 42210000, message: "bad" }, "refused"],
  ])("is not retried when the answer is %d %j", async (status, body, failure) => {
    const { broker, clock, sentAt } = venueOf(() => Response.json(body, { status }));
    expect(await failureOf(clock.until(broker.marketClock()))).toMatchObject({ failure, status });
    expect(sentAt).toHaveLength(1);
  });

  test("names the settings to check when the keys are refused", async () => {
    const { broker, clock } = venueOf(() =>
      Response.json({ message: "forbidden." }, { status: 403, headers: { "X-Request-ID": "req-1" } }),
    );
    const error = await failureOf(clock.until(broker.account()));
    expect(error.message).toBe("Alpaca paper refused the keys while reading the account (HTTP 403: forbidden).");
    expect(error.hint).toContain("ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET");
    expect(error.requestId).toBe("req-1");
  });

  test("names the data's own address too when market data refuses keys that the account may accept", async () => {
    const { broker, clock } = venueOf(() => Response.json({ message: "forbidden." }, { status: 403 }));
    const error = await failureOf(clock.until(broker.prices(["SMR"])));
    expect(error.message).toBe("Alpaca paper refused the keys while reading market prices (HTTP 403: forbidden).");
    expect(error.hint).toMatch(/ALPACA_PAPER_KEY .* `alpaca-trader account` .* ALPACA_DATA_ENDPOINT/);
  });

  test("ends its sentence once, whatever the connection said", async () => {
    const { broker, clock } = venueOf(() => Promise.reject(new Error("The venue answered with a redirect.")));
    const error = await failureOf(clock.until(broker.account()));
    expect(error.message).toBe("Alpaca paper did not answer while reading the account: The venue answered with a redirect.");
  });

  test("names the endpoint when another server answers", async () => {
    const { broker, clock } = venueOf(() => Response.json({ code: 40410000, message: "endpoint not found" }, { status: 404 }));
    const error = await failureOf(clock.until(broker.account()));
    expect(error).toMatchObject({ failure: "refused", status: 404 });
    expect(error.hint).toContain("ALPACA_PAPER_ENDPOINT");
  });

  test("names the feed setting when the plan lacks the feed", async () => {
    const body = { message: "subscription does not permit querying recent SIP data" };
    const { broker, clock } = venueOf(() => Response.json(body, { status: 403 }));
    const error = await failureOf(clock.until(broker.prices(["SMR"])));
    expect(error).toMatchObject({
      failure: "refused",
      hint: expect.stringContaining("ALPACA_DATA_FEED=iex") as unknown as string,
    });
  });

  test.each([
    ["a body that is not JSON", "<html>maintenance</html>"],
    ["an empty body", ""],
    ["JSON without what is needed", '{"is_open":true}'],
    ["a list", "[]"],
  ])("is unreadable, never an empty answer, with %s", async (_name, body) => {
    const { broker, clock, sentAt } = venueOf(() => new Response(body));
    expect(await failureOf(clock.until(broker.marketClock()))).toMatchObject({ failure: "unreadable", status: 200 });
    expect(sentAt).toHaveLength(1);
  });

  test("ends at once, and leaves no timer, when the broker is closed", async () => {
    const { broker, clock } = venueOf(never);
    const reading = failureOf(broker.account());
    await clock.advance(10);
    await broker.close();
    expect((await reading).failure).toBe("unreachable");
    expect((await failureOf(broker.account())).failure).toBe("unreachable");
    expect(clock.pending).toBe(0);
  });
});

describe("a read over real sockets", () => {
  test.each([
    ["a cut body", "cut"],
    ["a reset connection", "reset"],
  ] as readonly (readonly [string, Reply])[])("is asked again after %s", async (_name, reply) => {
    await atVenue(
      (_request, index) => (index === 0 ? reply : { json: CLOCK_BODY }),
      systemClock,
      async (broker, venue) => {
        expect((await broker.marketClock()).timestamp).toBe(Date.parse("2026-03-16T14:30:00.123Z"));
        expect(venue.seen).toHaveLength(2);
      },
    );
  });

  test("has a deadline that covers the body too", async () => {
    const clock = new VirtualClock(NOW);
    await atVenue(
      (_request, index) => (index === 0 ? "stall" : { json: CLOCK_BODY }),
      clock,
      async (broker, venue) => {
        const reading = broker.marketClock();
        await eventually(() => venue.seen.length === 1);
        await clock.advance(5_250);
        await eventually(() => venue.seen.length === 2);
        expect((await reading).isOpen).toBe(true);
      },
    );
  });

  test("reuses its connection", async () => {
    await atVenue({ json: CLOCK_BODY, headers: { "Keep-Alive": "timeout=60" } }, systemClock, async (broker, venue) => {
      await broker.marketClock();
      await new Promise((resolve) => setImmediate(resolve));
      await broker.marketClock();
      expect(venue.connections).toBe(1);
    });
  });

  test("is recorded with status and request id, but no keys", async () => {
    const records: TrafficRecord[] = [];
    const reply: Reply = { json: [wireOrder()], headers: { "X-Request-ID": "req-7" } };
    await atVenue(reply, systemClock, (broker) => broker.openOrders(), { onTraffic: (record) => records.push(record) });
    expect(records).toMatchObject([{ method: "GET", status: 200, requestId: "req-7", failure: undefined }]);
    expect(records[0]!.path).toMatch(/^\/v2\/orders\?status=open/);
  });
});
