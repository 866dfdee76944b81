import { failed, ok, skipped, warning, type Findings } from "./check.ts";

export interface DatabaseFacts {
  /** `PostgreSQL 18.4`. */
  readonly server: string;
  /** Why a commit that it confirmed could be lost; each a sentence. */
  readonly problems: readonly string[];
  /** Stand-bys that are connected; one of another user is counted too. */
  readonly standbys: number;
  /** It is reached without a network. */
  readonly isHere: boolean;
  readonly isEncrypted: boolean;
  /** How far this machine's clock is ahead of the database's. */
  readonly skewMs: number;
  /** Beyond it a worker takes nothing. */
  readonly mostSkewMs: number;
}

/** A lost commit is an order that nobody knows of, so a database that may lose one is not well. */
export function judgeDatabase({ server, problems, standbys, isHere, isEncrypted, skewMs, mostSkewMs }: DatabaseFacts): Findings {
  const clock = `this machine's clock differs from the database's by ${(Math.abs(skewMs) / 1_000).toFixed(1)} s`;
  return [
    ...ok(`${server}; the fleet's tables are of this version`),
    ...problems.flatMap((problem) => failed(problem.replace(/\.$/, ""), "docs/fleet-database.md says what PostgreSQL must be set to.")),
    ...(standbys > 0
      ? []
      : warning(
          "no stand-by is connected: if the database's machine is lost, so is everything since the last backup",
          "Add a synchronous stand-by, or back up often. A managed database may have one that it does not show.",
        )),
    ...(isHere
      ? warning("the database is on this machine: if the machine is lost, the whole fleet stops", "Move it to a machine without a worker.")
      : []),
    ...(isHere || isEncrypted
      ? []
      : warning(
          "the connection to the database is not encrypted: who can change it on its way decides what is traded",
          "End FLEET_DATABASE with ?sslmode=verify-full, or keep the network between them to yourself.",
        )),
    ...(Math.abs(skewMs) <= mostSkewMs ? ok(clock) : failed(`${clock}: its worker takes no accounts`, "Set it right, with NTP.")),
  ];
}

export interface QueueFacts {
  /** `undefined`: it is missing. */
  readonly policy: string | undefined;
  /** Accounts that have lines to read and no job. */
  readonly forgotten: number;
}

export function judgeQueue({ policy, forgotten }: QueueFacts): Findings {
  if (policy !== "exclusive")
    return failed(
      policy === undefined ? "the queue is missing" : `the queue has the policy ${policy}, which allows two jobs for one account`,
      "Run `alpaca-trader fleet database --migrate`; a queue with another policy must be deleted first.",
    );
  if (forgotten === 0) return ok("one job for each account; none is missing");
  return warning(`${String(forgotten)} accounts have lines to read and no job`, "A running worker offers them again within seconds.");
}

export interface WorkersFacts {
  readonly living: readonly string[];
  /** They did not leave, and have not been heard of for longer than their hold lasts. */
  readonly silent: readonly string[];
  /** Scope → reason. */
  readonly halts: ReadonlyMap<string, string>;
}

export function judgeWorkers({ living, silent, halts }: WorkersFacts): Findings {
  return [
    ...running(living),
    ...(silent.length === 0 ? [] : warning(`ended without leaving, or hanging: ${silent.join(", ")}`, "Check these machines.")),
    ...[...halts].flatMap(([scope, reason]) =>
      warning(`${scope} is halted: ${reason}`, `Resume with \`alpaca-trader fleet resume${optionOf(scope)}\`.`),
    ),
  ];
}

function running(living: readonly string[]): Findings {
  if (living.length === 0) return warning("no worker is running: nothing is traded", "Start one with `alpaca-trader fleet worker`.");
  if (living.length > 1) return ok(`${String(living.length)} workers are running: ${living.join(", ")}`);
  return warning(
    `only one worker is running: ${living.join("")}`,
    "Start another one on another machine; it takes over when this one ends.",
  );
}

function optionOf(scope: string): string {
  const [kind = "", name] = scope.split(":");
  return name === undefined ? "" : ` --${kind} ${name}`;
}

/** @param recipient a machine that only adds accounts has no identity. */
export function judgeIdentity(identity: { readonly recipient: string; readonly canUnseal: boolean }): Findings {
  const { recipient, canUnseal } = identity;
  if (canUnseal) return ok(`the identity of ${recipient}`);
  return skipped(`there is only the recipient ${recipient}, so this machine can add accounts but not trade them`);
}
