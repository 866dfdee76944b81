import { describe, expect, test } from "@jest/globals";
import { Lease, LEASE_MS } from "../../../src/fleet/worker/lease.ts";

/** Two clocks that are set by hand. */
function clocks() {
  const clock = { wall: 1_000_000, steady: 500, now: () => clock.wall, monotonic: () => clock.steady };
  return clock;
}

describe("a lease", () => {
  test("lets nothing leave before the first heartbeat", () => {
    expect(new Lease(clocks()).mayLeave()).toBe(false);
  });

  test("counts from when the heartbeat was sent, not from its answer", () => {
    const clock = clocks();
    const lease = new Lease(clock);
    const sentAt = lease.instant;
    clock.wall += 5_000;
    clock.steady += 5_000;
    lease.renew(sentAt);
    expect(lease.mayLeave()).toBe(true);
    clock.steady += LEASE_MS - 5_000 - 1;
    expect(lease.mayLeave()).toBe(true);
    clock.steady += 1;
    expect(lease.mayLeave()).toBe(false);
  });

  test("ends while the machine is suspended, which only the wall clock notices", () => {
    const clock = clocks();
    const lease = new Lease(clock);
    lease.renew(lease.instant);
    clock.wall += LEASE_MS;
    expect(lease.mayLeave()).toBe(false);
  });

  test("is not prolonged by a clock that is stepped back", () => {
    const clock = clocks();
    const lease = new Lease(clock);
    lease.renew(lease.instant);
    clock.wall -= 3_600_000;
    clock.steady += LEASE_MS;
    expect(lease.mayLeave()).toBe(false);
  });

  test("ends for good when it is lost", () => {
    const lease = new Lease(clocks());
    lease.renew(lease.instant);
    lease.lose();
    lease.renew(lease.instant);
    expect([lease.mayLeave(), lease.isLost]).toEqual([false, true]);
  });
});
