import { afterEach, expect, test } from "@jest/globals";
import { isPost, isRead, reply } from "./faults.ts";
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

test("a machine that slept for seconds sends nothing on what it thought was left of the session", async () => {
  const close = Date.parse("2026-11-17T16:00:00-05:00");
  desk = new VirtualDesk({ ...INVESTED, startAt: close - 185_000 });
  let posts = 0;
  let slept = false;
  let postsAfterSleep = 0;
  desk.venue.interceptor = {
    before: async (request) => {
      // Just then the venue is slow to tell the time.
      if (slept && isRead(request, "/v2/clock")) await desk.clock.sleep(2_000);
      if (!isPost(request)) return undefined;
      posts += 1;
      if (slept) postsAfterSleep += 1;
      if (posts === 1 || slept) return undefined;
      // By the timers more than 30 s are left when the order may go out at last, by the venue's clock fewer.
      if (close - desk.clock.now() < 48_000)
        desk.clock.after(4_980, () => {
          slept = true;
          desk.clock.step(13_000);
        });
      return reply(429, { code: 42910000, message: "rate limit exceeded" }, { "retry-after": "5" });
    },
  };
  await desk.run(signalOf(desk.clock, HEDGE));
  expect(slept).toBe(true);
  expect(postsAfterSleep).toBe(0);
  expect(desk.ledger.recentExecutions(1)).toMatchObject([{ outcome: "incomplete" }]);
});
