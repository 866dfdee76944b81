import { parameter, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";
import { concerns, isAccepted, ON_ALL, ON_ORDERS, reply } from "./requests.ts";
import type { VenueResponse } from "../wire.ts";

const RESET: VenueResponse = { status: 200, headers: {}, body: "", cut: "connection" };
const TIMED_OUT = reply(504, { code: 50410000, message: "request timed out" });
const BROKEN = reply(500, { code: 50010000, message: "internal server error" });
const UNAVAILABLE = reply(503, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>");
const GARBAGE = {
  html: "<html><body>Bad gateway</body></html>",
  truncated: '{"id":"904837e3-3b76-47ec-b432-046db621571b","status":"acc',
  empty: "",
  null: "null",
  types: '{"id":7,"status":{"filled":true},"filled_qty":[],"cash":null,"equity":"NaN"}',
} as const;
const GARBAGE_NAMES = Object.keys(GARBAGE) as (keyof typeof GARBAGE)[];

/** Faults of the connection: what the client sees differs from what the venue did. */
export const ANSWER_FAULTS: readonly FaultKind[] = [
  {
    name: "reset-before-accept",
    description: "the connection is reset before the venue has seen the request",
    parameters: ON_ORDERS,
    inject: inItsPlace(() => RESET),
  },
  {
    name: "reset-after-accept",
    description: "the connection is reset after the venue has accepted the request",
    parameters: ON_ORDERS,
    inject: onceAccepted((response) => ({ ...response, cut: "connection" })),
  },
  {
    name: "timeout-after-accept",
    description: "504 for a request that the venue has accepted",
    parameters: [...ON_ORDERS, parameter("ms", "milliseconds", "0")],
    inject: onceAccepted((_, context) => waited(context, TIMED_OUT)),
  },
  {
    name: "error-after-accept",
    description: "500 for a request that the venue has accepted",
    parameters: ON_ORDERS,
    inject: onceAccepted(() => BROKEN),
  },
  {
    name: "unavailable-before-accept",
    description: "503 with an HTML page; the venue has not seen the request",
    parameters: ON_ORDERS,
    inject: inItsPlace(() => UNAVAILABLE),
  },
  {
    name: "cut-body",
    description: "the connection breaks in the middle of a successful answer",
    parameters: ON_ORDERS,
    inject: onceAccepted((response) => ({ ...response, cut: "body" })),
  },
  {
    name: "garbage-answer",
    description: "200 with an unreadable body, for an accepted request",
    parameters: [...ON_ORDERS, parameter("body", ["any", ...GARBAGE_NAMES], "any")],
    inject: onceAccepted((response, context) => ({ ...response, status: 200, body: garbage(context) })),
  },
  {
    name: "slow-answer",
    description: "answers come late, after the venue has processed the request",
    parameters: [...ON_ALL, parameter("ms", "milliseconds", "3000")],
    inject: (context) => ({
      after: (request, response) => (concerns(context.settings, request) && context.strikes() ? waited(context, response) : response),
    }),
  },
  {
    name: "rate-limit",
    description: "429; the headers give the reset time unless header=no",
    parameters: [...ON_ALL, parameter("header", ["yes", "no"], "yes"), parameter("reset", "seconds", "1")],
    inject: inItsPlace(tooMany),
  },
];

function inItsPlace(answer: (context: FaultContext) => VenueResponse): (context: FaultContext) => FaultHooks {
  return (context) => ({
    before: (request) => (concerns(context.settings, request) && context.strikes() ? answer(context) : undefined),
  });
}

function onceAccepted(
  answer: (response: VenueResponse, context: FaultContext) => Promise<VenueResponse> | VenueResponse,
): (context: FaultContext) => FaultHooks {
  return (context) => ({
    after: (request, response) =>
      isAccepted(response) && concerns(context.settings, request) && context.strikes() ? answer(response, context) : response,
  });
}

async function waited(context: FaultContext, response: VenueResponse): Promise<VenueResponse> {
  const ms = context.settings.number("ms");
  if (ms > 0) await context.sleep(ms);
  return response;
}

function garbage({ random, settings }: FaultContext): string {
  const wanted = settings.text("body");
  const name = GARBAGE_NAMES.find((each) => each === wanted) ?? GARBAGE_NAMES[Math.floor(random.next() * GARBAGE_NAMES.length)];
  return GARBAGE[name ?? "html"];
}

function tooMany({ exchange, settings }: FaultContext): VenueResponse {
  const resetAt = Math.ceil(exchange.clock.now() / 1_000 + settings.number("reset"));
  const headers = { "x-ratelimit-limit": "200", "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(resetAt) };
  return reply(429, { code: 42910000, message: "rate limit exceeded" }, settings.text("header") === "yes" ? headers : {});
}
