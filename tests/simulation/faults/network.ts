import type { VenueRequest, VenueResponse } from "../../../src/simulator/venue.ts";
import { KEY_ID, SECRET } from "../life.ts";
import type { AnswerFate, Fault, FaultMaker, FaultMenu, FaultWorld, RequestFate } from "./fault.ts";
import { isLookUp, isPost, isWrite, reply, RESET } from "./fault.ts";

type Matches = (request: VenueRequest) => boolean;

/** Which requests a fault of the network is about: orders far more often than their share of the traffic. */
function scope({ chance }: FaultWorld): { matches: Matches; probability: number } {
  return chance.weighted<{ matches: Matches; probability: number }>([
    [{ matches: isPost, probability: chance.pick([0.3, 0.6, 1]) }, 50],
    [{ matches: (request) => isWrite(request) || isLookUp(request), probability: chance.pick([0.2, 0.5]) }, 25],
    [{ matches: () => true, probability: chance.pick([0.03, 0.1, 0.25]) }, 25],
  ]);
}

/** Strikes requests of its scope, a bounded number of times. */
function sometimes(world: FaultWorld, name: (request: VenueRequest) => string = nameOf): (request: VenueRequest) => boolean {
  const { matches, probability } = scope(world);
  let left = world.chance.whole(1, 6);
  return (request) => {
    if (left === 0 || !matches(request) || !world.chance.happens(probability)) return false;
    left -= 1;
    world.struck(name(request));
    return true;
  };
}

function nameOf({ method, url }: VenueRequest): string {
  return `${method} ${url.slice(0, 60)}`;
}

function onRequests(fate: (world: FaultWorld, request: VenueRequest) => RequestFate): FaultMaker {
  return (world) => {
    const strikes = sometimes(world);
    return { onRequest: (request) => (strikes(request) ? fate(world, request) : undefined) };
  };
}

function onAnswers(fate: (world: FaultWorld, response: VenueResponse) => AnswerFate): FaultMaker {
  return (world) => {
    const strikes = sometimes(world);
    return { onAnswer: (request, response) => (strikes(request) ? fate(world, response) : undefined) };
  };
}

const GARBAGE = ["", "null", "[]", "{}", "<html>Sign in to the hotel's network</html>", '{"id":"1"', '{"id":"x","status":"filled"}', "0"];

const SERVER_ERRORS = [
  reply(500, { code: 50010000, message: "internal server error" }),
  reply(502, "<html>Bad Gateway</html>"),
  reply(503, "<html>Service Unavailable</html>"),
  reply(504, { code: 50410000, message: "request timed out" }),
  reply(408, { message: "request timeout" }),
] as const;

function rateLimited(world: FaultWorld): VenueResponse {
  const inSeconds = world.chance.whole(1, 20);
  const reset = String(Math.ceil(world.exchange.clock.now() / 1_000) + inSeconds);
  const headers = world.chance.pick<Record<string, string>>([
    {},
    { "retry-after": String(inSeconds) },
    { "x-ratelimit-limit": "200", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
  ]);
  return reply(429, { code: 42910000, message: "rate limit exceeded" }, headers);
}

/**
 * An order takes so long on its way that the process gives it up for lost, and what it sends again overtakes it
 * and is refused for a reason that does not hold for the first.
 */
function lateThenRefused(world: FaultWorld): Fault {
  const { chance } = world;
  const held = new Set<string>();
  let left = chance.whole(1, 3);
  return {
    onRequest: (request) => {
      if (!isPost(request)) return undefined;
      const id = (JSON.parse(request.body) as { client_order_id: string }).client_order_id;
      if (held.has(id)) return { kind: "answered", response: reply(403, { code: 40310000, message: "insufficient buying power" }) };
      if (left === 0 || !chance.happens(0.5)) return undefined;
      left -= 1;
      held.add(id);
      const ms = chance.whole(11_000, 45_000);
      world.struck(`${id.slice(-16)} by ${String(ms)} ms`);
      return { kind: "late", ms };
    },
  };
}

/** For a while nothing reaches the venue, or comes back from it. */
function outage(world: FaultWorld): Fault {
  let until = -Infinity;
  const isDown = (): boolean => world.now() < until;
  const waysOut = world.chance.happens(0.5);
  return {
    begin: (forMs) => {
      world.sometime(forMs, () => {
        until = world.now() + world.chance.spread(3_000, 90_000);
        world.struck(
          `until +${String(Math.round((until - world.now()) / 1_000))} s, ${waysOut ? "nothing arrives" : "no answer comes back"}`,
        );
        world.dropStreams();
      });
    },
    onRequest: () => (isDown() && waysOut ? { kind: "lost" } : undefined),
    onAnswer: () => (isDown() && !waysOut ? { kind: "instead", response: RESET } : undefined),
    refusesStream: isDown,
  };
}

export const NETWORK_FAULTS: FaultMenu = {
  "lost-request": onRequests(() => ({ kind: "lost" })),
  "late-request": onRequests(({ chance }) => ({ kind: "late", ms: chance.spread(300, 40_000) })),
  "lost-answer": onAnswers(() => ({ kind: "instead", response: RESET })),
  "late-answer": onAnswers(({ chance }) => ({ kind: "late", ms: chance.spread(300, 30_000) })),
  "cut-body": onAnswers((_, response) => ({ kind: "instead", response: { ...response, cut: "body" } })),
  "garbage-answer": onAnswers(({ chance }) => ({ kind: "instead", response: reply(200, chance.pick(GARBAGE)) })),
  "error-before": onRequests(({ chance }) => ({ kind: "answered", response: chance.pick(SERVER_ERRORS) })),
  "error-after": onAnswers(({ chance }) => ({ kind: "instead", response: chance.pick(SERVER_ERRORS) })),
  "rate-limited": onRequests((world) => ({ kind: "answered", response: rateLimited(world) })),
  "key-in-error": onRequests(({ chance }) => ({
    kind: "answered",
    response: reply(chance.pick([500, 422, 403]), {
      code: 42210000,
      message: `cannot use APCA-API-KEY-ID ${KEY_ID} with ${SECRET} just now`,
    }),
  })),
  "late-then-refused": lateThenRefused,
  outage,
};
