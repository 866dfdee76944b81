import type { LedgerDatabase } from "./database.ts";
import type { PinnedAccount } from "./ledger.ts";
import { instant, readInteger, readText } from "./row.ts";

/** R27. The newest pin counts; the older ones stay as a record of who changed it when. */
export function pinnedAccount(database: LedgerDatabase): PinnedAccount | undefined {
  const row = database.row("SELECT number, pinned_at FROM account_pins ORDER BY id DESC LIMIT 1");
  return row && { number: readText(row, "number"), pinnedAt: readInteger(row, "pinned_at") };
}

export function pinAccount(database: LedgerDatabase, number: string, at: number): void {
  database.write("INSERT INTO account_pins (number, pinned_at) VALUES (:number, :at)", { number, at: instant(at) });
}
