import type { Mutant } from "./mutant.ts";

const SEEDS = "tests/simulation/machines/machines.test.ts";
const STORE = "tests/fleet/store/store.test.ts";
const FENCED = "src/fleet/worker/fenced-broker.ts";
const WORKER = "src/fleet/worker/worker.ts";
const FEED = "src/fleet/worker/line-feed.ts";
const LEDGERS = "src/fleet/store/ledgers.ts";

function database(name: string, bug: string, file: string, find: string, replace: string, test: string): Mutant {
  return { name: `database-${name}`, bug, patches: [{ file, find, replace }], test };
}

/** Bugs of a fleet on several machines: an account that two of them trade, or that none of them does. */
export const FLEET_DATABASE: readonly Mutant[] = [
  database(
    "epoch-not-proven",
    "A change of the ledger is kept although another worker has claimed the account.",
    LEDGERS,
    "AND epoch = $2 FOR SHARE)\nINSERT INTO fleet.journal",
    "AND epoch >= $2 FOR SHARE)\nINSERT INTO fleet.journal",
    STORE,
  ),
  database(
    "epoch-not-proven-without-a-change",
    "An order leaves without a proof of the epoch when there is nothing to keep.",
    LEDGERS,
    "AND epoch = $2 FOR SHARE)\nSELECT (SELECT",
    "AND epoch >= $2 FOR SHARE)\nSELECT (SELECT",
    STORE,
  ),
  database(
    "intent-not-shipped",
    "An order is sent before its intent is in the database.",
    FENCED,
    "        await within(clock, settled());\n",
    "        settled().catch(() => undefined);\n",
    SEEDS,
  ),
  database(
    "lost-account-goes-on",
    "An account that another worker has claimed is not stopped.",
    WORKER,
    "    held.lease.lose();\n    held.host?.stop();\n",
    "    held.lease.lose();\n",
    "tests/fleet/worker/worker.test.ts",
  ),
  database(
    "lease-ignored",
    "A worker that stood still after the proof of the epoch sends its order when it goes on.",
    FENCED,
    '      if (!mayLeave()) return notSent("another worker may have this account.");\n',
    "",
    "tests/fleet/worker/fenced-broker.test.ts",
  ),
  database(
    "id-without-mark",
    "The ids of orders do not name the account, so those of two accounts are the same.",
    "src/execution/orders/ids.ts",
    "mark === undefined ? [] : [mark]",
    "mark === undefined ? [] : []",
    "tests/execution/orders/ids.test.ts",
  ),
  database(
    "reader-sees-keys",
    "A user who only shows the fleet may read the sealed keys.",
    "src/fleet/store/roles.ts",
    'fleet.halts, fleet.workers",\n    `SELECT (${WITHOUT_KEYS}) ON fleet.accounts`',
    'fleet.halts, fleet.workers",\n    `SELECT ON fleet.accounts`',
    "tests/fleet/store/roles.test.ts",
  ),
  database(
    "run-offered-twice",
    "Two intakes that see a line at different places of their files offer it twice.",
    "src/fleet/store/lines.ts",
    'createHash("sha256").update(raw.bytes)',
    'createHash("sha256").update(raw.bytes).update(String(raw.number))',
    STORE,
  ),
  database(
    "failed-canary-ignored",
    "The other accounts trade although a canary account has failed.",
    "src/fleet/canaries.ts",
    'const failed = whenFailed === "go" ?',
    'const failed = whenFailed !== "" ?',
    "tests/fleet/canaries.test.ts",
  ),
  database(
    "unread-canaries-pass",
    "The other accounts trade while the canary accounts cannot be read.",
    "src/fleet/worker/canary-ledgers.ts",
    "({ canary }) => canary) : undefined;",
    "({ canary }) => canary) : [];",
    "tests/fleet/worker/canary-ledgers.test.ts",
  ),
  database(
    "newer-ledger-written",
    "A worker of an older version trades an account whose ledger a newer one has written.",
    "src/ledger/migrations.ts",
    "  if (version > newest) refuseNewer(database.name, version, newest);\n",
    "",
    "tests/fleet/worker/journaled-ledger.test.ts",
  ),
  database(
    "too-old-takes-on",
    "A worker that is too old for an account's ledger keeps taking accounts.",
    WORKER,
    "      this.#isTooOld = true;\n",
    "",
    "tests/fleet/worker/worker.test.ts",
  ),
  database(
    "outage-sets-aside",
    "An account that could not be opened while the database was down stays untraded with its worker.",
    WORKER,
    "error instanceof TraderError && error.retryable",
    "error instanceof TraderError && !error.retryable",
    "tests/fleet/worker/worker.test.ts",
  ),
  database(
    "missed-run-forgotten",
    "A run that no worker had in time counts as history, and nobody hears of it.",
    FEED,
    "this.#owed?.readBefore().get(name) ?? lines.newest;",
    "lines.newest;",
    "tests/fleet/worker/line-feed.test.ts",
  ),
  database(
    "sweep-counts-nothing",
    "Accounts that a sweep finds without a job are not counted, so nobody hears of them.",
    "src/fleet/store/queue.ts",
    "returnId: true",
    "returnId: false",
    STORE,
  ),
  database(
    "executed-account-held",
    "A worker holds an account until its run is stale, although it has executed it.",
    "src/app/daemon.ts",
    'if (event.kind === "concluded") this.#guard(() => this.#lookAtConcluded());',
    "",
    "tests/execution/take-up.test.ts",
  ),
  database(
    "strained-worker-takes-more",
    "A worker whose heartbeats are slow takes more and more accounts, and loses them again.",
    WORKER,
    "now - this.#strainedAt < STRAINED_FOR_MS",
    "this.#strainedAt > now",
    "tests/fleet/worker/worker.test.ts",
  ),
];
