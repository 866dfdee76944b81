import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Broker, CancelAnswer, OrderRequest, SubmitAnswer } from "../../src/domain/broker.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import { clientOrderId } from "../../src/execution/orders/ids.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { RawAnswer, Spoiler } from "./garbage.ts";
import { spoilers } from "./garbage.ts";
import { brokerFor } from "./scripted-venue.ts";

const NOW = Date.parse("2026-03-17T14:30:00Z");
const HELD = "alpaca-trader-00000000000000aa-buying-LEU-1";
const RUNS = 60;
/** Far above the time needed, for a busy machine. */
const LIMIT_MS = 120_000;

/** A real venue in this process whose answers are corrupted on the way, so every garbled answer was valid once. */
class SpoilingVenue {
  readonly clock = new VirtualClock(NOW);
  readonly exchange = new Exchange({
    clock: this.clock,
    partialFillProbability: 0,
    positions: [
      { symbol: "SMR", quantity: decimal("12.5"), averagePrice: decimal("30") },
      { symbol: "TQQQ", quantity: decimal("3"), averagePrice: decimal("70") },
    ],
  });
  readonly venue = new Venue({ exchange: this.exchange, rateLimitPerMinute: "off" });
  readonly broker: Broker = brokerFor("http://127.0.0.1:9", this.clock, { fetch: (input, init) => this.#answer(new Request(input, init)) });
  /** The last one sent. */
  sent: RawAnswer | undefined;
  spoiler: Spoiler | undefined;

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const good = await this.venue.handle({ method: request.method, url: pathname + search, headers, body: await request.text() });
    this.sent = this.spoiler?.spoil(good) ?? { ...good, headers: { ...good.headers } };
    return new Response(this.sent.body === "" ? null : this.sent.body, { status: this.sent.status, headers: this.sent.headers });
  }

  async close(): Promise<void> {
    await this.broker.close();
    this.venue.close();
  }
}

const READS: readonly [string, (broker: Broker, orderId: string) => Promise<unknown>][] = [
  ["account", (broker) => broker.account()],
  ["positions", (broker) => broker.positions()],
  ["openOrders", (broker) => broker.openOrders()],
  ["ordersSince", (broker) => broker.ordersSince(NOW - 60_000, ["LEU", "SMR"])],
  ["orderByClientId", (broker) => broker.orderByClientId(HELD)],
  ["orderById", (broker, orderId) => broker.orderById(orderId)],
  ["asset", (broker) => broker.asset("SMR")],
  ["marketClock", (broker) => broker.marketClock()],
  ["calendar", (broker) => broker.calendar("2026-03-16", "2026-03-20")],
  ["prices", (broker) => broker.prices(["SMR", "LEU"])],
  ["fillsSince", (broker) => broker.fillsSince(NOW - 60_000)],
  ["cashFlowsSince", (broker) => broker.cashFlowsSince(NOW - 86_400_000)],
  ["cashBookedSince", (broker) => broker.cashBookedSince(NOW - 86_400_000)],
];

async function withVenue<Result>(use: (venue: SpoilingVenue, orderId: string) => Promise<Result>): Promise<Result> {
  const venue = new SpoilingVenue();
  try {
    const answer = await venue.clock.until(
      venue.broker.submit({ clientOrderId: HELD, symbol: "LEU", side: "buy", notional: decimal("100") }),
    );
    if (answer.kind !== "accepted") throw new Error(`The venue did not take the first order: ${answer.kind}`);
    await venue.clock.advance(1_000);
    return await use(venue, answer.order.id);
  } finally {
    await venue.close();
  }
}

describe("a read answered with garbage", () => {
  test.each(READS)(
    "%s gives a sound value or a BrokerError with a sentence, and nothing else",
    async (name, ask) => {
      await fc.assert(
        fc.asyncProperty(spoilers, async (spoiler) => {
          await withVenue(async (venue, orderId) => {
            venue.spoiler = spoiler;
            const result = await venue.clock.until(ask(venue.broker, orderId)).catch((error: unknown) => error);
            expect(Error.isError(result) ? unclear(result) : unsound(result, name)).toEqual([]);
          });
        }),
        { seed: 20_260_317, numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );

  test.each(READS)("%s gives its value for a valid answer", async (_name, ask) => {
    const value = await withVenue((venue, orderId) => venue.clock.until(ask(venue.broker, orderId)));

    expect(value).toBeDefined();
  });
});

/** What is wrong with an error meant for people. @throws the error when it was not meant for them. */
function unclear(error: Error): string[] {
  if (!(error instanceof BrokerError)) throw error;
  return /^Alpaca paper .{10,900}\.$/s.test(error.message) ? [] : [error.message];
}

/** Places that contain an invalid number. */
function unsound(value: unknown, path: string): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (value instanceof Map) return [...value].flatMap(([key, entry]) => unsound(entry, `${path}.${String(key)}`));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, entry]) => unsound(entry, `${path}.${key}`));
  return [];
}

const ORDERS: fc.Arbitrary<OrderRequest> = fc.record({
  clientOrderId: fc.constant(clientOrderId({ signalId: "00000000000000bb", phase: "buying", symbol: "SMR", attempt: 1 })),
  symbol: fc.constantFrom("SMR", "TQQQ"),
  side: fc.constantFrom("buy" as const, "sell" as const),
  quantity: fc.constant(decimal("1.5")),
});

describe("an order answered with garbage", () => {
  test(
    "counts as accepted, refused, not sent or known only where the answer proves it, else as unknown; nothing is thrown",
    async () => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(spoilers, ORDERS, async (spoiler, request) => {
          await withVenue(async (venue) => {
            venue.spoiler = spoiler;
            const answer = await venue.clock.until(venue.broker.submit(request));
            seen.add(answer.kind);
            expect({ answer: answer.kind, proven: answer.kind === "unknown" || proves(venue.sent, answer.kind, request) }).toEqual({
              answer: answer.kind,
              proven: true,
            });
          });
        }),
        { seed: 4_711, numRuns: 500 },
      );
      expect([...seen].sort()).toEqual(["accepted", "exists", "not-sent", "refused", "unknown"]);
    },
    LIMIT_MS,
  );

  test(
    "a cancel is never thrown about, and an order is gone only where the venue itself says so",
    async () => {
      await fc.assert(
        fc.asyncProperty(spoilers, async (spoiler) => {
          await withVenue(async (venue, orderId) => {
            venue.spoiler = spoiler;
            const { kind } = await venue.clock.until(venue.broker.cancel(orderId));
            expect({ kind, proven: provesCancel(venue.sent?.status ?? 0, kind) }).toEqual({ kind, proven: true });
          });
        }),
        { seed: 4_712, numRuns: 300 },
      );
    },
    LIMIT_MS,
  );
});

function provesCancel(status: number, kind: CancelAnswer["kind"]): boolean {
  switch (kind) {
    case "not-found":
      return status === 404;
    case "ended":
      return status === 422;
    case "requested":
      return status < 300 || status === 422;
    case "unknown":
      return true;
  }
}

/** Whether the raw answer supports the value read from it. */
function proves(raw: RawAnswer | undefined, kind: SubmitAnswer["kind"], request: OrderRequest): boolean {
  if (raw === undefined) return false;
  const { status } = raw;
  const json = parsed(raw.body);
  switch (kind) {
    case "accepted":
      return (
        status >= 200 &&
        status < 300 &&
        json.client_order_id === request.clientOrderId &&
        json.symbol === request.symbol &&
        String(json.side).toLowerCase().startsWith(request.side) &&
        typeof json.id === "string" &&
        json.id !== "" &&
        typeof json.status === "string"
      );
    case "refused":
      if (status === 401) return typeof json.message === "string" || typeof json.error === "string";
      if (status === 403 && json.message === "forbidden.") return true;
      return status >= 400 && status < 500 && status !== 408 && status !== 429 && Number.isInteger(json.code);
    case "not-sent":
      return status === 429;
    case "exists":
      return status >= 400 && status < 500 && String(json.message).includes("must be unique");
    case "unknown":
      return true;
  }
}

function parsed(body: RawAnswer["body"]): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString());
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
