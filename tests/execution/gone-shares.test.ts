import { afterEach, expect, test } from "@jest/globals";
import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import { isPost, postedOrder, reply } from "./faults.ts";
import { HEDGE, INVESTED, intentsOf, passUntil } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

const RATE_LIMITED = reply(429, { code: 42910000, message: "rate limit exceeded" }, { "Retry-After": "8" });

test("two sells that the rate limit holds back, one a moment longer: neither goes out for shares that are gone meanwhile", async () => {
  desk = new VirtualDesk(INVESTED);
  const posted: string[] = [];
  const holdBack = async (request: VenueRequest): Promise<VenueResponse | undefined> => {
    if (!isPost(request)) return undefined;
    const { symbol } = postedOrder(request);
    posted.push(symbol);
    if (posted.length > 2) return undefined;
    if (symbol === "SMR") await desk.clock.sleep(20);
    return RATE_LIMITED;
  };
  desk.venue.interceptor = { before: holdBack };
  const running = desk.start(signalOf(desk.clock, HEDGE));
  await passUntil(desk, () => posted.length === 2);
  await desk.clock.advance(1_000);
  desk.exchange.closePosition("SMR");
  await desk.clock.until(running);
  expect(posted.slice(0, 2).sort()).toEqual(["SMR", "TQQQ"]);
  expect(posted.slice(2)).not.toContain("SMR");
  expect(intentsOf(desk).find(({ symbol }) => symbol === "SMR")).toMatchObject({ state: "refused", status: "insufficient-quantity" });
});
