import { describe, expect, test } from "@jest/globals";
import type { SimulatorOptions } from "../../src/simulator/server.ts";
import type { Venue, VenueRequest } from "../../src/simulator/venue.ts";
import { LIMIT_MS, Scenario, TOKEN } from "./harness.ts";
import { NUCLEAR } from "./strategy.ts";
import { expectExit } from "./trader-process.ts";

const AUTHENTICATE = { action: "authenticate", data: { oauth_token: TOKEN } };
const UNAUTHORIZED = '{"stream":"authorization","data":{"status":"unauthorized","action":"authenticate"}}';
const FILLED = ["buy LEU filled", "buy OKLO filled", "buy SMR filled"];

const open = (venue: SimulatorOptions = {}): Promise<Scenario> =>
  Scenario.open({
    venue: { credentials: { oauthToken: TOKEN }, ...venue },
    env: { ALPACA_PAPER_KEY: undefined, ALPACA_PAPER_SECRET: undefined, ALPACA_PAPER_OAUTH_TOKEN: TOKEN },
  });

const textOf = (frame: string | Uint8Array): string => (typeof frame === "string" ? frame : new TextDecoder().decode(frame));

/** Every frame of the order stream, in both directions. */
function listenIn(venue: Venue): string[] {
  const frames: string[] = [];
  const openStream = venue.openStream.bind(venue);
  venue.openStream = (send, close) => {
    const passOn = (frame: string): void => {
      frames.push(frame);
      send(frame);
    };
    const session = openStream(passOn, close);
    const receive = (frame: string | Uint8Array): void => {
      frames.push(textOf(frame));
      session.receive(frame);
    };
    return { receive, closed: () => session.closed() };
  };
  return frames;
}

describe("an account reached with an OAuth token", () => {
  test(
    "is rebalanced as with keys, and no request carries one",
    async () => {
      const requests: VenueRequest[] = [];
      const before = (request: VenueRequest): Promise<undefined> => Promise.resolve(void requests.push(request));
      // Long enough for the stream to be open when the orders are filled.
      const scenario = await open({ fillLatencyMs: 1_000, interceptor: { before } });
      const frames = listenIn(scenario.simulator.venue);
      scenario.alert(NUCLEAR);
      expectExit(await scenario.run(["execute"]), 0);

      expect(scenario.book).toEqual(FILLED);
      expect(JSON.parse(frames[0] ?? "")).toEqual(AUTHENTICATE);
      expect(frames.filter((frame) => frame.includes('"event":"fill"'))).toHaveLength(3);
      expect(requests.filter(({ method, url }) => `${method} ${url}` === "POST /v2/orders")).toHaveLength(3);
      expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
      expect(requests.flatMap(({ headers }) => Object.keys(headers)).filter((name) => name.startsWith("apca-"))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "is rebalanced by reading the orders where the order stream refuses the token",
    async () => {
      const scenario = await open();
      const shown: string[] = [];
      scenario.simulator.venue.openStream = (send) => ({
        receive: (frame) => {
          shown.push(textOf(frame));
          send(UNAUTHORIZED);
        },
        closed: () => undefined,
      });
      scenario.alert(NUCLEAR);
      expectExit(await scenario.type(["execute"]), 0);

      expect(scenario.book).toEqual(FILLED);
      expect(shown.map((frame) => JSON.parse(frame) as unknown)).toEqual([AUTHENTICATE]);
    },
    LIMIT_MS,
  );

  test(
    "is examined by doctor, which says that a token is used and whether it is accepted",
    async () => {
      const scenario = await open();
      const good = await scenario.type(["doctor"]);
      const wrong = await scenario.type(["doctor"], { ALPACA_PAPER_OAUTH_TOKEN: "another-token" });

      expect(good.output).toMatch(/accepts the OAuth token: paper trading/);
      expect(wrong.output).toMatch(/does not accept the OAuth token \(HTTP 401\)/);
      expect(wrong.output).toMatch(/Compare ALPACA_PAPER_OAUTH_TOKEN/);
    },
    LIMIT_MS,
  );
});
