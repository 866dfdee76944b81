import { DatabaseSync } from "node:sqlite";
import { openSavedLedger } from "../../../src/fleet/worker/journaled-ledger.ts";
import type { SavedLedger } from "../../../src/fleet/store/ports.ts";
import { NEWEST_SCHEMA } from "../../../src/ledger/migrations.ts";
import type { MachinesInstallation } from "../machines-installation.ts";
import { Ground, type Shown } from "./ground.ts";

export interface VersionsOptions {
  readonly accounts: number;
}

/**
 * Ledgers of two accounts were written by a newer version. A worker that is too old for them leaves them alone, finishes the
 * others and takes nothing more; one that can read them trades them.
 */
export async function versions({ accounts }: VersionsOptions): Promise<Shown> {
  const ground = await Ground.open({ accounts, signalMaxAgeSeconds: 3_600 });
  const newer = ground.names.slice(0, 2);
  const others = ground.names.slice(2);
  try {
    const [old] = await ground.start("worker", "intake");
    ground.alert();
    await ground.traded();
    await ground.judge();
    for (const name of newer) await setVersion(ground.machines, name, 9_999);
    ground.alert();
    await ground.traded(others);
    await ground.until(
      () => old?.output.includes("Install that version.") === true,
      "the old worker to say so",
      () => [old?.output ?? ""],
    );
    await ground.judge(others);
    for (const name of newer)
      if (ground.bookOf(name).length > 0) ground.violations.push(`${name} was traded by a worker that is too old for its ledger.`);
    for (const name of newer) await setVersion(ground.machines, name, NEWEST_SCHEMA);
    await ground.start("worker");
    await ground.traded(newer);
    await ground.judge();
    ground.alert();
    await ground.traded();
    await ground.judge();
    return {
      done: `${String(accounts)} accounts, 2 of them with a newer ledger, a worker that is too old and one that is not`,
      result: `${String(ground.orders)} orders; the old worker sent none for the two, finished the others, and took nothing more`,
      violations: ground.violations,
    };
  } finally {
    await ground.close();
  }
}

/** As another version would leave it, for as long as nothing else of the schema matters. */
async function setVersion({ store, accounts }: MachinesInstallation, name: string, version: number): Promise<void> {
  const { id } = await accounts.find(name);
  const { epoch, ...saved } = await store.ledgers.claim(id, undefined);
  const database = new DatabaseSync(":memory:");
  database.deserialize(version === NEWEST_SCHEMA ? new Uint8Array(saved.image ?? []) : wholeImage(saved, name));
  database.exec(`PRAGMA user_version = ${String(version)}`);
  await store.ledgers.snapshot({ account: id, epoch, scopes: [] }, saved.seq, database.serialize());
  database.close();
}

function wholeImage(saved: SavedLedger, name: string): Uint8Array {
  const ledger = openSavedLedger(saved, name);
  try {
    return ledger.serialize();
  } finally {
    ledger.close();
  }
}
