import type { Connection } from "./connection.ts";

/** A server as it describes itself. */
export interface ServerFacts {
  /** `PostgreSQL 18.4`. */
  readonly server: string;
  readonly fsync: string;
  readonly synchronousCommit: string;
  /** `synchronous_standby_names`; empty: it waits for none. */
  readonly synchronousStandbys: string;
  /** Stand-bys that are connected. */
  readonly standbys: number;
  /** Those that it says it does not wait for. It says so only to a superuser, or a member of pg_monitor. */
  readonly asynchronous: number;
  /** It is on this machine. */
  readonly isHere: boolean;
  readonly isEncrypted: boolean;
}

export async function readServer(connection: Connection): Promise<ServerFacts> {
  const [row] = await connection.rows<ServerRow>(
    `SELECT current_setting('server_version') AS version,
            current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit,
            current_setting('synchronous_standby_names') AS names,
            (SELECT count(*) FROM pg_stat_replication) AS standbys,
            (SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async') AS asynchronous,
            inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr() AS here,
            (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted`,
  );
  return {
    server: `PostgreSQL ${row?.version ?? ""}`,
    fsync: row?.fsync ?? "",
    synchronousCommit: row?.commit ?? "",
    synchronousStandbys: row?.names.trim() ?? "",
    standbys: Number(row?.standbys ?? 0),
    asynchronous: Number(row?.asynchronous ?? 0),
    isHere: row?.here === true,
    isEncrypted: row?.encrypted === true,
  };
}

interface ServerRow {
  readonly version: string;
  readonly fsync: string;
  readonly commit: string;
  readonly names: string;
  readonly standbys: string;
  readonly asynchronous: string;
  readonly here: boolean;
  readonly encrypted: boolean | null;
}

type Durability = Pick<ServerFacts, "fsync" | "synchronousCommit" | "synchronousStandbys" | "standbys" | "asynchronous">;

/** Why a commit that was confirmed could be lost; each a sentence. */
export function durabilityProblems({
  fsync,
  synchronousCommit: commit,
  synchronousStandbys,
  standbys,
  asynchronous,
}: Durability): string[] {
  const problems: string[] = [];
  if (fsync !== "on") problems.push("fsync is off: a power cut of the database loses orders that were sent.");
  if (commit === "off") problems.push("synchronous_commit is off: a crash of the database loses the newest orders that were sent.");
  const waitsForNone = synchronousStandbys === "" || commit === "local";
  if (asynchronous > 0 || (standbys > 0 && waitsForNone))
    problems.push(
      `A stand-by is asynchronous: after a fail-over to it the newest orders may be missing. Set ${commit === "local" ? "synchronous_commit to on" : "synchronous_standby_names"}.`,
    );
  return problems;
}
