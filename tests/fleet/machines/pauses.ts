import { systemClock } from "../../../src/domain/clock.ts";
import { DatabaseProxy } from "./database-proxy.ts";
import { Ground, type Shown } from "./ground.ts";

const PLACES = ["before the barrier", "after the barrier", "after the POST"] as const;

export interface PausesOptions {
  readonly accounts: number;
  readonly pauseSeconds: number;
}

/**
 * A worker with all accounts stops at each of the three places of an order, for longer than its lease. Another one takes over;
 * when the first wakes, nothing may be sent twice.
 */
export async function pauses({ accounts, pauseSeconds }: PausesOptions): Promise<Shown> {
  const ground = await Ground.open({ accounts, signalMaxAgeSeconds: 3_600 });
  const proxy = new DatabaseProxy(ground.machines.server.directory);
  try {
    await proxy.listen();
    await ground.start("intake");
    for (const place of PLACES) {
      const way = { FLEET_DATABASE: ground.machines.server.urlOf("worker", proxy.directory) };
      const first = ground.machines.start(["fleet", "worker"], { SIGNAL_MAX_AGE_SECONDS: "3600", ...way });
      await first.says(/Ready: paper/);
      const struck = Promise.withResolvers<undefined>();
      const stop = async (): Promise<void> => {
        first.kill("SIGSTOP");
        struck.resolve(undefined);
        await systemClock.sleep(pauseSeconds * 1_000);
        first.kill("SIGCONT");
      };
      let woken: Promise<void> = Promise.resolve();
      if (place === "after the POST")
        ground.onPost = () => {
          ground.onPost = () => undefined;
          woken = stop();
        };
      else proxy.strike = { place: place === "before the barrier" ? "before" : "after", run: () => (woken = stop()) };
      ground.alert();
      await struck.promise;
      const held = await ground.heldBy(first);
      const [second] = await ground.start("worker");
      await woken;
      await ground.traded();
      await systemClock.sleep(2_000);
      await ground.judge();
      console.log(
        `${place}: paused with ${String(held.length)} accounts for ${String(pauseSeconds)} s; ${String(ground.violations.length)} violations`,
      );
      await first.stop();
      await second?.stop();
    }
    return {
      done: `${String(accounts)} accounts, a worker stopped for ${String(pauseSeconds)} s ${PLACES.join(", ")}`,
      result: `${String(ground.orders)} orders, none twice, all accounts on target`,
      violations: ground.violations,
    };
  } finally {
    proxy.close();
    await ground.close();
  }
}
