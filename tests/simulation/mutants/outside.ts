import type { Mutant } from "./mutant.ts";

/** Bugs beyond the simulated process: between processes, on the disk, in commands. Tests of their own notice them (P8–P10). */
export const OUTSIDE: readonly Mutant[] = [
  {
    name: "unbuyable-share-not-counted",
    bug: "A portfolio is sold for legs that cannot be bought, however large their share of the run.",
    patches: [
      {
        file: "src/execution/preparation/plan-input.ts",
        find: "    settings: context.settings,\n",
        replace: '    settings: { ...context.settings, unbuyableAction: "exit" },\n',
      },
    ],
    test: "tests/execution/unbuyable.test.ts",
  },
  {
    name: "first-run-not-asked-for",
    bug: "In live mode, the first run sells positions bought by hand without asking.",
    patches: [
      {
        file: "src/execution/preparation/adoption.ts",
        find: "if (isLive && !dryRun) return",
        replace: "if (isLive && dryRun) return",
      },
    ],
    test: "tests/execution/first-run.test.ts",
  },
  {
    name: "fractions-where-whole-shares-trade",
    bug: "Fractions are sold and bought although fractional trading is off for the account.",
    patches: [
      {
        file: "src/execution/preparation/plan-assets.ts",
        find: "asset.fractionable && configuration?.fractionalTrading !== false",
        replace: "asset.fractionable",
      },
    ],
    test: "tests/execution/unbuyable.test.ts",
  },
  {
    name: "renamed-position-sold",
    bug: "A position whose ticker has changed is sold, because no target names the new one.",
    patches: [
      {
        file: "src/execution/preparation/plan-input.ts",
        find: "    renamed: renamedTickers(",
        replace: "    renamed: new Map() ?? renamedTickers(",
      },
    ],
    test: "tests/execution/unbuyable.test.ts",
  },
  {
    name: "lock-not-taken",
    bug: "A second process trades at the same time as the first.",
    patches: [
      {
        file: "src/ledger/lock.ts",
        find: "    throw isBusy(error) ? heldBy(file, readHolder(database)) : error;",
        replace: "    if (!isBusy(error)) throw error;",
      },
    ],
    test: "tests/ledger/lock.test.ts",
  },
  {
    name: "live-host-reachable",
    bug: "A paper account's requests may go to the live host.",
    patches: [
      {
        file: "src/broker/host-guard.ts",
        find: "if (!readsLiveAccount(mode) && !HARMLESS_HOSTS[mode].includes(host)) {",
        replace: 'if (mode === "simulator" && !HARMLESS_HOSTS[mode].includes(host)) {',
      },
    ],
    test: "tests/broker/host-guard.test.ts",
  },
  {
    name: "dry-run-sends",
    bug: "A dry run sends its orders.",
    patches: [
      {
        file: "src/execution/rebalancer.ts",
        find: 'if (options.dryRun) return { kind: "dry-run",',
        replace: 'if (options.dryRun && options.ignoreMarketHours) return { kind: "dry-run",',
      },
    ],
    test: "tests/scenarios/incidents/records-and-reports.test.ts",
  },
  {
    name: "keys-in-log",
    bug: "Keys are not removed from the log.",
    patches: [
      {
        file: "src/logging/logger.ts",
        find: "redact: createRedaction(options.secrets)",
        replace: "redact: (text) => text",
      },
    ],
    test: "tests/logging/logger.test.ts",
  },
  {
    name: "log-unbounded",
    bug: "The log grows without limit.",
    patches: [
      {
        file: "src/logging/rotating-file.ts",
        find: "if (this.#size > 0 && this.#size + bytes > (this.#options.maxBytes ?? MAX_BYTES)) this.#rotate();",
        replace: "if (this.#size > 1e15) this.#rotate();",
      },
    ],
    test: "tests/logging/rotating-file.test.ts",
  },
  {
    name: "unknown-last-close-taken-for-no-loss",
    bug: "If the value at the last close is unknown, the daily loss limit lets every plan pass.",
    patches: [
      {
        file: "src/execution/preparation/daily-limits.ts",
        find: "if (account.lastEquityKnown === false && limits.maxDailyLoss !== undefined) return",
        replace: "if (account.lastEquityKnown === false && limits.maxDailyLoss === null) return",
      },
    ],
    test: "tests/execution/preparation/daily-limits.test.ts",
  },
  {
    name: "unknown-last-close-stops-all",
    bug: "If the value at the last close is unknown, nothing is traded, even without a daily loss limit.",
    patches: [{ file: "src/broker/mapping.ts", find: "    last_equity: piece(amount),", replace: "    last_equity: amount," }],
    test: "tests/execution/preparation/daily-limits.test.ts",
  },
  {
    name: "missing-entry-price-protects",
    bug: "A position without an average entry price counts as unreadable, and is never sold.",
    patches: [{ file: "src/broker/mapping.ts", find: "    avg_entry_price: piece(amount),", replace: "    avg_entry_price: amount," }],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "farther-session-time-required",
    bug: "Every run stops when the clock of an open market does not say when the market opens next.",
    patches: [{ file: "src/broker/mapping.ts", find: "next_open: optional(instant),", replace: "next_open: instant," }],
    test: "tests/execution/awkward-venue.test.ts",
  },
  {
    name: "plus-sign-refused",
    bug: "A number with a leading plus makes the adapter throw.",
    patches: [{ file: "src/domain/decimal.ts", find: 'return text.startsWith("+") ? text.slice(1) : text;', replace: "return text;" }],
    test: "tests/domain/decimal.test.ts",
  },
];
