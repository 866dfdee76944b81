import { afterEach, expect, test } from "@jest/globals";
import { isPost, NO_BUYING_POWER, postedOrder, RESET } from "./faults.ts";
import { intentsOf } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

test("an order that was proven absent and is refused when sent again gets no second attempt: the first may still arrive", async () => {
  desk = new VirtualDesk();
  const sent: string[] = [];
  desk.venue.interceptor = {
    before: (request) => {
      if (!isPost(request)) return Promise.resolve(undefined);
      sent.push(postedOrder(request).client_order_id);
      return Promise.resolve(sent.length === 1 ? RESET : NO_BUYING_POWER);
    },
  };
  await desk.run(signalOf(desk.clock, { SMR: "1" }));
  expect(new Set(sent).size).toBe(1);
  expect(sent).toHaveLength(2);
  expect(intentsOf(desk)).toMatchObject([{ state: "abandoned", attempt: 1 }]);
  const [execution] = desk.ledger.recentExecutions(1);
  expect(execution).toMatchObject({ outcome: "incomplete" });
  expect(execution?.outcomeReason?.match(/buy SMR/g)).toHaveLength(1);
});
