import { afterEach, expect, test } from "@jest/globals";
import { decimal } from "../../src/domain/decimal.ts";
import { isRead, reply } from "./faults.ts";
import { expectHoldings, HEDGE } from "./scenario.ts";
import { signalOf, VirtualDesk } from "./virtual-desk.ts";

let desk: VirtualDesk;

afterEach(() => desk.close());

test("a list that still shows our ended orders as open reserves neither their cash nor their symbols", async () => {
  desk = new VirtualDesk({ exchange: { cash: decimal("100000") } });
  const shown: unknown[] = [];
  desk.venue.interceptor = {
    after: (request, response) => {
      const order = request.method === "POST" ? (JSON.parse(response.body) as Record<string, unknown>) : undefined;
      if (order !== undefined) shown.push({ ...order, status: "accepted", filled_qty: "0" });
      return Promise.resolve(isRead(request, "/v2/orders") ? reply(200, shown) : response);
    },
  };
  const first = await desk.run(signalOf(desk.clock, { UVXY: "0.3", LEU: "0.7" }));
  expect(first).toMatchObject({ conclusion: { outcome: "on-target" } });
  const second = await desk.run(signalOf(desk.clock, HEDGE, { id: "00000000000000bb" }));
  expect(second).toMatchObject({ conclusion: { outcome: "on-target" } });
  expectHoldings(desk, HEDGE);
});
