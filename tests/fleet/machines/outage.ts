import { systemClock } from "../../../src/domain/clock.ts";
import { standingOf } from "../../../src/fleet/standing.ts";
import { Ground, type Shown } from "./ground.ts";

/** What had passed its barrier may still be on its way. */
const ON_THE_WAY_MS = 1_000;

export interface OutageOptions {
  readonly accounts: number;
  readonly workers: number;
  readonly outageSeconds: number;
}

/** The database stops in the middle of a run. Nothing is sent meanwhile; afterwards every account is on target, or says why not. */
export async function outage({ accounts, workers, outageSeconds }: OutageOptions): Promise<Shown> {
  const ground = await Ground.open({ accounts, isDurable: true });
  const counts = new Map<string, number>();
  try {
    const running = await ground.start("intake", ...Array.from({ length: workers }, () => "worker" as const));
    ground.alert();
    await ground.until(() => ground.begun >= accounts / 3, "accounts to begin");
    const begun = ground.names.filter((name) => ground.bookOf(name).length > 0);
    await ground.machines.server.halt("SIGINT");
    const downAt = systemClock.monotonic();
    await systemClock.sleep(outageSeconds * 1_000);
    const upAt = systemClock.monotonic();
    const sent = ground.postsAt.filter((at) => at > downAt + ON_THE_WAY_MS && at < upAt);
    if (sent.length > 0) ground.violations.push(`${String(sent.length)} orders were sent while the database was down.`);
    await ground.machines.server.resume();
    await ground.traded(begun);
    await ground.judge(begun);
    for (const name of ground.names) {
      const { kind, reason } = await settled(ground, name);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (kind !== "on-target" && reason === "") ground.violations.push(`${name} is ${kind} without a reason.`);
    }
    for (const started of running) await started.stop();
    const ends = [...counts].map(([kind, count]) => `${kind} ${String(count)}`).join(", ");
    return {
      done: `${String(accounts)} accounts, ${String(workers)} workers, database stopped for ${String(outageSeconds)} s when ${String(begun.length)} accounts had begun`,
      result: `0 orders expected meanwhile, ${String(sent.length)} sent; then ${ends}`,
      violations: ground.violations,
    };
  } finally {
    await ground.close();
  }
}

async function settled(ground: Ground, name: string): Promise<{ kind: string; reason: string }> {
  for (let tries = 0; ; tries += 1) {
    const standing = await ground.machines.withLedger(name, (ledger) =>
      standingOf(name, ledger, ledger.recentSignals(1)[0]?.signal.id ?? ""),
    );
    if (standing !== undefined && !["waiting", "under-way", "missing"].includes(standing.kind)) return standing;
    if (tries > 1_200) return { kind: standing?.kind ?? "missing", reason: "" };
    await systemClock.sleep(100);
  }
}
