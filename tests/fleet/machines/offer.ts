import { systemClock } from "../../../src/domain/clock.ts";
import { Connection } from "../../../src/fleet/store/connection.ts";
import { migrateDatabase } from "../../../src/fleet/store/migrate.ts";
import { newBoss, PostgresStore } from "../../../src/fleet/store/postgres-store.ts";
import { queueName } from "../../../src/fleet/store/schema.ts";
import { PostgresServer } from "../store/postgres-server.ts";
import { seconds, type Shown } from "./ground.ts";

/** As many as a worker might take at once. */
const BATCH = 500;
const SIDE_BY_SIDE = 10;

export interface OfferOptions {
  readonly accounts: number;
  /** Of these the epoch is claimed too, and the end recorded. */
  readonly claimed: number;
}

/** One run is offered to many accounts, and their jobs are drained by two workers that do nothing with them. */
export async function offer({ accounts, claimed }: OfferOptions): Promise<Shown> {
  const server = await PostgresServer.start(true);
  const admin = await Connection.open(server.url);
  const stores: PostgresStore[] = [];
  try {
    await migrateDatabase(admin, await newBoss(admin, { migrates: true }));
    await admin.rows(
      `INSERT INTO fleet.accounts (mode, name, settings, sealed) SELECT 'paper', 'account-' || n, '{}', '' FROM generate_series(1, $1::int) n`,
      [accounts],
    );
    await admin.rows("INSERT INTO fleet.wanted (account, strategy) SELECT account, 'nuclear' FROM fleet.accounts");
    await admin.rows("ANALYZE");
    for (let index = 0; index < 2; index += 1)
      stores.push(await PostgresStore.open({ url: server.url, mode: "paper", clock: systemClock }));
    const offeredMs = await timed(() => offerLine(stores, "first"));
    const drainedMs = await timed(async () => {
      const counts = await Promise.all(stores.map((store) => drain(admin, store)));
      const sum = counts.reduce((one, other) => one + other, 0);
      if (sum !== accounts) throw new Error(`${String(sum)} of ${String(accounts)} jobs were delivered.`);
    });
    await offerLine(stores, "second");
    const claimedMs = await timed(() => Promise.all(stores.map((store) => work(store, Math.ceil(claimed / stores.length)))));
    return {
      done: `${String(accounts)} accounts, 2 workers, ${server.version}, fsync on`,
      result: `offered in ${seconds(offeredMs)}, drained in ${seconds(drainedMs)}; with a claim, a snapshot and an end for each ${String(Math.round(claimed / (claimedMs / 1_000)))} accounts/s`,
      violations: [],
    };
  } finally {
    for (const store of stores) await store.close();
    await admin.close();
    await server.close();
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = systemClock.monotonic();
  await run();
  return systemClock.monotonic() - start;
}

async function offerLine([store]: readonly PostgresStore[], text: string): Promise<void> {
  await store?.lines.offer("nuclear", [{ raw: { kind: "line", bytes: Buffer.from(text), number: 1 }, arrivedAt: systemClock.now() }]);
}

async function drain(admin: Connection, { queue }: PostgresStore): Promise<number> {
  const boss = await newBoss(admin, {});
  await boss.start();
  let count = 0;
  for (let attempts = await queue.take(BATCH); attempts.length > 0; attempts = await queue.take(BATCH)) {
    count += attempts.length;
    await boss.complete(
      queueName("paper"),
      attempts.map(({ job, number }) => ({ id: job, retryCount: number })),
    );
  }
  await boss.stop({ graceful: false, close: false });
  return count;
}

/** What every account costs the database at least, whatever it trades. */
async function work({ queue, ledgers }: PostgresStore, accounts: number): Promise<void> {
  const image = Buffer.alloc(1_000);
  for (let left = accounts; left > 0; left -= SIDE_BY_SIDE) {
    const attempts = await queue.take(Math.min(SIDE_BY_SIDE, left));
    await Promise.all(
      attempts.map(async (attempt) => {
        const { epoch, seq } = await ledgers.claim(attempt.account, "a worker");
        await ledgers.snapshot({ account: attempt.account, epoch, scopes: ["fleet"] }, seq, image);
        await queue.finish(attempt, epoch, new Map([["nuclear", 2]]));
      }),
    );
  }
}
