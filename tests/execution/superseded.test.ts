import { afterEach, expect, test } from "@jest/globals";
import { isPost, RESET } from "./faults.ts";
import { book, HEDGE, INVESTED } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

/** No order of the run reaches the venue, and no answer comes. */
function withoutAnswers(): { posts: number } {
  const seen = { posts: 0 };
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      seen.posts += 1;
      return Promise.resolve(RESET);
    },
  };
  return seen;
}

test("a run whose orders never arrived does not begin once a newer run decides, even one that is no signal", async () => {
  const seen = withoutAnswers();
  const newerDecides = new AbortController();
  desk.overtaken = newerDecides.signal;
  const run = desk.start(signalOf(desk.clock, HEDGE));
  await desk.clock.advance(2_000);
  expect(seen.posts).toBe(2);
  newerDecides.abort();
  await desk.clock.until(run);
  expect(seen.posts).toBe(2);
  expect(book(desk)).toEqual([]);
  expect(desk.ledger.openExecutions()).toEqual([]);
});

test("nor does one that an earlier process left, when the newer run came while none lived", async () => {
  const seen = withoutAnswers();
  desk.start(signalOf(desk.clock, HEDGE)).catch(() => undefined);
  await desk.clock.advance(2_000);
  await desk.restart();
  await desk.recover(AbortSignal.abort());
  expect(seen.posts).toBe(2);
  expect(book(desk)).toEqual([]);
  expect(desk.ledger.openExecutions()).toEqual([]);
});
