import { afterEach, expect, test } from "@jest/globals";
import { isPost, reply } from "./faults.ts";
import { book, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

const SEVEN_HOURS = 7 * 3_600_000;

let desk: VirtualDesk;

afterEach(() => desk.close());

test("a machine that slept over the close sends nothing on what it knew of the session before", async () => {
  desk = new VirtualDesk(INVESTED);
  let posts = 0;
  desk.venue.interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      posts += 1;
      if (posts !== 2) return Promise.resolve(undefined);
      // The lid is closed while the second order waits for the rate limit: wall clocks go on, timers do not.
      desk.clock.step(SEVEN_HOURS);
      return Promise.resolve(reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "3" }));
    },
  };
  await desk.run(signalOf(desk.clock, HEDGE));
  expect(posts).toBe(2);
  expect(book(desk)).toHaveLength(1);
  expect(desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "incomplete" }]);
});
