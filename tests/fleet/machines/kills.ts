import { systemClock } from "../../../src/domain/clock.ts";
import { Chance } from "../../simulation/chance.ts";
import type { TraderProcess } from "../../scenarios/trader-process.ts";
import { plantedKeys } from "../planted-keys.ts";
import { Ground, seconds, type Shown } from "./ground.ts";

const PAUSED_MS = [9_000, 16_000] as const;
/** What a killed process has sent is at the venue by then. */
const LAST_PACKETS_MS = 200;

export interface KillsOptions {
  readonly accounts: number;
  readonly workers: number;
  readonly runs: number;
  /** In each run. */
  readonly strikes: number;
  readonly seed: number;
  /** With a chance of one in three, the database is ended as by a crash, in the middle of a run. */
  readonly crashes: boolean;
  /** Every strike kills; otherwise two of five stop a worker for some seconds. */
  readonly killsOnly: boolean;
}

/**
 * Two intakes of the same file and several workers on one database. In each run workers are killed or stopped while accounts
 * trade; afterwards every account must have sent exactly the orders of one run, and be on target.
 */
export async function kills(options: KillsOptions): Promise<Shown> {
  const { accounts, workers, runs, strikes, seed, crashes } = options;
  const chance = new Chance(seed, "machines");
  const ground = await Ground.open({ accounts, isDurable: crashes, signalMaxAgeSeconds: 3_600 });
  const takeovers: Promise<number>[] = [];
  let slowest = 0;
  try {
    const running = await ground.start(...Array.from({ length: workers }, () => "worker" as const));
    const intakes = await ground.start("intake", "intake");
    for (let round = 0; round < runs; round += 1) {
      ground.alert();
      const shares = Array.from({ length: strikes }, () => chance.whole(5, 95) / 100).toSorted((one, other) => one - other);
      const did: string[] = [];
      for (const share of shares) {
        await ground.until(() => ground.begun >= accounts * share, "accounts to begin");
        did.push(await strike(ground, running, chance, { options, takeovers }));
      }
      const struck = systemClock.monotonic();
      await ground.traded();
      await ground.judge();
      slowest = Math.max(slowest, systemClock.monotonic() - struck);
      console.log(
        `run ${String(round + 1)} of ${String(runs)}: ${did.join("; ")}; all done ${seconds(systemClock.monotonic() - struck)} after the last; ${String(ground.violations.length)} violations`,
      );
    }
    for (const started of [...running, ...intakes]) await started.stop();
    const found = await plantedKeys(ground.machines, ground.names);
    ground.violations.push(...found.keys.map((key) => `The planted key ${key} was found in the database.`));
    const took = (await Promise.all(takeovers)).filter((ms) => Number.isFinite(ms)).toSorted((one, other) => one - other);
    return {
      done: `${String(runs)} runs, ${String(accounts)} accounts, ${String(workers)} workers, 2 intakes, ${String(runs * strikes)} ${options.killsOnly ? "kill -9" : "kills or stops"}, seed ${String(seed)}`,
      result: `${String(ground.orders)} orders, all done at most ${seconds(slowest)} after the last strike; ${takeoverText(took)}; planted keys looked for in ${found.where}`,
      violations: ground.violations,
    };
  } finally {
    await ground.close();
  }
}

/** From the kill to the successor's first request for the account. */
function takeoverText(took: readonly number[]): string {
  if (took.length === 0) return "nobody was taken over";
  const at = (share: number): string => seconds(took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0);
  return `${String(took.length)} take-overs after kill -9: p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${seconds(took.at(-1) ?? 0)}`;
}

interface Striking {
  readonly options: KillsOptions;
  readonly takeovers: Promise<number>[];
}

/** @returns what was done, for people. */
async function strike(ground: Ground, running: TraderProcess[], chance: Chance, { options, takeovers }: Striking): Promise<string> {
  const victim = chance.whole(0, running.length - 1);
  const worker = running[victim];
  if (worker === undefined) throw new Error("There is no such worker.");
  const did: string[] = [];
  if (options.killsOnly || chance.happens(0.6)) {
    const held = await ground.heldBy(worker);
    worker.kill("SIGKILL");
    const killedAt = systemClock.monotonic();
    await worker.end();
    for (const name of held) takeovers.push(takenOver(ground, name, killedAt));
    const [next] = await ground.start("worker");
    if (next !== undefined) running[victim] = next;
    did.push("a worker was killed");
  } else {
    const forMs = chance.whole(...PAUSED_MS);
    worker.kill("SIGSTOP");
    void systemClock.sleep(forMs).then(() => worker.kill("SIGCONT"));
    did.push(`a worker was stopped for ${String(Math.round(forMs / 1_000))} s`);
  }
  if (options.crashes && chance.happens(0.33)) {
    await ground.machines.server.halt("SIGQUIT");
    await ground.machines.server.resume();
    did.push("the database crashed");
  }
  return did.join(", and ");
}

/** @returns milliseconds; `Infinity` for an account that had nothing to do any more. */
export async function takenOver(ground: Ground, name: string, killedAt: number): Promise<number> {
  for (let waited = 0; waited < 600; waited += 1) {
    const at = ground.requestAt.get(name)?.find((time) => time > killedAt + LAST_PACKETS_MS);
    if (at !== undefined) return at - killedAt;
    await systemClock.sleep(100);
  }
  return Infinity;
}
