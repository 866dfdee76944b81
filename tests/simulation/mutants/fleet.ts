import type { Mutant } from "./mutant.ts";

const SEEDS = "tests/simulation/fleet/fleet.test.ts";
const READER = "src/intake/shared-reader.ts";
const PLACES = "src/fleet/places.ts";
const CANARIES = "src/fleet/canaries.ts";
const RESTARTS = "src/fleet/restarts.ts";
const SETTINGS = "src/fleet/fleet-settings.ts";
const STORE = "src/fleet/account-store.ts";
const MARKET = "src/fleet/shared-market.ts";
const ANSWER = "src/fleet/shared-answer.ts";
const PRICES = "src/fleet/shared-prices.ts";

function fleet(name: string, bug: string, file: string, find: string, replace: string, test: string): Mutant {
  return { name: `fleet-${name}`, bug, patches: [{ file, find, replace }], test };
}

/** Bugs of many accounts in one process: what happens to one account reaches another, or does not reach it. */
export const FLEET: readonly Mutant[] = [
  fleet(
    "line-for-one-account",
    "Only the first account gets the lines of the alerts file.",
    READER,
    "for (const reader of this.#readers) if",
    "for (const reader of [...this.#readers].slice(0, 1)) if",
    SEEDS,
  ),
  fleet(
    "late-intake-misses-lines",
    "An account that is started again does not get the lines that are in the file.",
    READER,
    "    this.pending = [...sofar];",
    "    this.pending = sofar.slice(0, 0);",
    "tests/intake/shared-reader.test.ts",
  ),
  fleet(
    "last-line-for-one-account",
    "A last line without its newline reaches one account only.",
    READER,
    "    this.#listeners.took(passage);\n",
    "",
    "tests/intake/shared-reader.test.ts",
  ),
  fleet(
    "place-kept",
    "An account that waits keeps its place until it has ended, and the others wait for it.",
    PLACES,
    "const HELD_MS = 2_000;",
    "const HELD_MS = 2_000_000;",
    "tests/fleet/places.test.ts",
  ),
  fleet(
    "no-places",
    "All accounts work at the same time.",
    PLACES,
    "new PQueue({ concurrency: places })",
    "new PQueue({ concurrency: 99 * places })",
    "tests/fleet/places.test.ts",
  ),
  fleet(
    "fixed-order",
    "The same account is last for every signal.",
    PLACES,
    "update(`${signalId} ${account}`)",
    "update(signalId === account ? signalId : account)",
    "tests/fleet/places.test.ts",
  ),
  fleet(
    "canary-not-awaited",
    "The other accounts do not wait for the canary.",
    CANARIES,
    "    while (isWanted() && !stopping.aborted) {",
    "    while (stopping.aborted) {",
    SEEDS,
  ),
  fleet(
    "canary-off-target-passes",
    "The other accounts trade although the canary ended off target.",
    CANARIES,
    'if (execution.outcome === "on-target") return',
    "if (execution.outcome !== undefined) return",
    "tests/fleet/canaries.test.ts",
  ),
  fleet(
    "canary-refused-passes",
    "The other accounts trade although the canary did not trade the signal.",
    CANARIES,
    'if (record.verdict === "duplicate") return',
    'if (record.verdict !== "executed") return',
    "tests/fleet/canaries.test.ts",
  ),
  fleet(
    "canary-at-work-passes",
    "The other accounts trade while the canary is still trading.",
    CANARIES,
    'if (execution?.finishedAt === undefined) return { kind: "pending" };',
    'if (execution?.finishedAt === undefined) return { kind: "passed" };',
    "tests/fleet/canaries.test.ts",
  ),
  fleet(
    "failed-canary-awaited",
    "A canary that is set aside keeps the others waiting until the run is stale.",
    CANARIES,
    "  if (problem !== undefined) return",
    '  if (problem === "") return',
    "tests/fleet/canaries.test.ts",
  ),
  fleet(
    "superseded-run-waits",
    "A run that a newer one has replaced goes on waiting for the canary.",
    CANARIES,
    "while (isWanted() && !stopping.aborted)",
    "while (!stopping.aborted)",
    "tests/fleet/canaries.test.ts",
  ),
  fleet(
    "set-aside-at-once",
    "An account is set aside after its first failure.",
    RESTARTS,
    "const MOST_FAILURES = 3;",
    "const MOST_FAILURES = 1;",
    "tests/fleet/restarts.test.ts",
  ),
  fleet(
    "failures-of-years",
    "Three failures within years set an account aside.",
    RESTARTS,
    ">= RECOVERED_MS) failures = 0;",
    ">= 99 * 365 * 24 * RECOVERED_MS) failures = 0;",
    "tests/fleet/restarts.test.ts",
  ),
  fleet(
    "failure-ends-the-process",
    "The failure of one account ends the process.",
    RESTARTS,
    "      failed(error, failures >= MOST_FAILURES);\n",
    "      if (failures > 0) throw error;\n",
    "tests/fleet/restarts.test.ts",
  ),
  fleet(
    "keys-of-the-environment",
    "Keys of the environment count for an account that has none.",
    SETTINGS,
    '[...CREDENTIAL_SETTINGS, "LIVE_TRADING_ACCOUNT"',
    '["LIVE_TRADING_ACCOUNT"',
    "tests/fleet/account-store.test.ts",
  ),
  fleet(
    "one-account-twice",
    "Two names may have the same keys, so one account is traded twice.",
    SETTINGS,
    "if (other !== undefined) add(",
    'if (other === "") add(',
    "tests/fleet/account-store.test.ts",
  ),
  fleet(
    "two-files",
    "Accounts follow different alerts files under the name of one strategy.",
    SETTINGS,
    "if (file !== strategy.alertsFile)",
    'if (file === "")',
    "tests/fleet/account-store.test.ts",
  ),
  fleet(
    "open-keys",
    "Every user of the machine can read an account's keys.",
    "src/machine/private-file.ts",
    "const MODE = 0o600;",
    "const MODE = 0o644;",
    "tests/machine/private-file.test.ts",
  ),
  fleet(
    "keys-stay",
    "The keys of a removed account stay on the disk.",
    STORE,
    "    rmSync(join(directory, FILE));\n",
    "",
    "tests/fleet/account-store.test.ts",
  ),
  fleet(
    "halt-of-the-fleet-ignored",
    "A halt of the whole fleet does not stop its accounts.",
    "src/config/halt-files.ts",
    '=== "accounts" ?',
    '=== "" ?',
    "tests/fleet/account-store.test.ts",
  ),
  fleet(
    "asset-kept-after-refusal",
    "What one account knows of an asset is kept for the others although its order was refused.",
    MARKET,
    '        if (answer.kind === "refused") venue.forget(request.symbol);\n',
    "",
    "tests/fleet/shared-market.test.ts",
  ),
  fleet(
    "asset-kept-while-asleep",
    "An asset that was read before the machine slept still counts as new.",
    ANSWER,
    "ageOf(last.at, this.#clock) < MAX_AGE_MS",
    "this.#clock.monotonic() - last.at.monotonic < MAX_AGE_MS",
    "tests/fleet/shared-market.test.ts",
  ),
  fleet(
    "odd-asset-shared",
    "One account's unreadable or missing answer about an asset is given to the others.",
    MARKET,
    "asset?.active === true && asset.tradable && asset.fractionableUnread !== true",
    "asset !== null",
    "tests/fleet/shared-market.test.ts",
  ),
  fleet(
    "slow-account-waited-for",
    "All accounts wait for one whose connection is slow.",
    ANSWER,
    "export const SHAREABLE_WITHIN_MS = 500;",
    "export const SHAREABLE_WITHIN_MS = 500_000;",
    "tests/fleet/shared-market.test.ts",
  ),
  fleet(
    "old-price-shared",
    "A price that another account read counts as new for a minute.",
    PRICES,
    "const MAX_AGE_MS = 1_000;",
    "const MAX_AGE_MS = 60_000;",
    "tests/fleet/shared-prices.test.ts",
  ),
  fleet(
    "price-shared-unasked",
    "Prices are read with the last account's keys for all although no account is named.",
    MARKET,
    "if (readsPrices) venue",
    "if (!readsPrices) venue",
    "tests/fleet/shared-prices.test.ts",
  ),
  fleet(
    "refused-keys-unsaid",
    "Keys that are refused in an idle account count as an outage of all.",
    "src/app/clock-watch.ts",
    'if (error instanceof BrokerError && error.failure === "unauthorized")',
    'if (error instanceof BrokerError && error.failure === "unreadable")',
    "tests/app/clock-watch.test.ts",
  ),
];
