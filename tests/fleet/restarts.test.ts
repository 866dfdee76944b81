import { describe, expect, test } from "@jest/globals";
import { TraderError } from "../../src/domain/errors.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { withRestarts } from "../../src/fleet/restarts.ts";

const DAY_MS = 86_400_000;

function fleetAccount(work: (time: number) => Promise<void>): {
  clock: VirtualClock;
  said: string[];
  end: Promise<string>;
  stop: () => void;
} {
  const clock = new VirtualClock(0);
  const stopping = new AbortController();
  const said: string[] = [];
  let times = 0;
  const end = withRestarts(() => work((times += 1)), {
    clock,
    stopping: stopping.signal,
    failed: (error, isLast) => said.push(`${String(clock.monotonic())} ${(error as Error).message}${isLast ? ", the last time" : ""}`),
  });
  return { clock, said, end, stop: () => stopping.abort() };
}

describe("an account that fails", () => {
  test("is started again after five seconds, and set aside after three failures", async () => {
    const { clock, said, end } = fleetAccount((time) => Promise.reject(new Error(`failure ${String(time)}`)));

    expect(await clock.until(end)).toBe("set-aside");
    expect(said).toEqual(["0 failure 1", "5000 failure 2", "10000 failure 3, the last time"]);
  });

  test("begins anew with its count once it has run for an hour", async () => {
    const clock: { now?: VirtualClock } = {};
    const account = fleetAccount(async (time) => {
      if (time > 4) return Promise.withResolvers<undefined>().promise.then(() => undefined);
      await clock.now?.sleep(DAY_MS);
      throw new Error("once a day");
    });
    clock.now = account.clock;
    await account.clock.advance(5 * DAY_MS);
    account.stop();

    expect(account.said.filter((text) => text.endsWith("the last time"))).toEqual([]);
    expect(account.said.length).toBeGreaterThanOrEqual(3);
  });

  test("is started again for as long as its cause may pass", async () => {
    const account = fleetAccount((time) =>
      time < 20
        ? Promise.reject(new TraderError("The disk is full.", { code: "ledger-full", retryable: true }))
        : new Promise<never>(() => undefined),
    );
    await account.clock.advance(100_000);
    account.stop();

    expect(account.said).toHaveLength(19);
    expect(account.said.filter((text) => text.endsWith("the last time"))).toEqual([]);
  });

  test("is not started again when that would fail in the same way", async () => {
    const clock = new VirtualClock(0);
    const said: boolean[] = [];
    const work = (): Promise<never> => Promise.reject(new TraderError("A newer version has written it.", { code: "ledger-newer" }));
    const isLasting = (error: unknown): boolean => error instanceof TraderError && error.code === "ledger-newer";
    const stopping = new AbortController().signal;
    expect(await withRestarts(work, { clock, stopping, isLasting, failed: (_, isLast) => said.push(isLast) })).toBe("set-aside");
    expect(said).toEqual([true]);
  });

  test("is not started again once the fleet stops", async () => {
    const account = fleetAccount(() => Promise.reject(new Error("failure")));
    await account.clock.advance(1_000);
    account.stop();

    expect(await account.clock.until(account.end)).toBe("stopped");
    expect(account.said).toHaveLength(1);
  });
});
