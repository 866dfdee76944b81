import type { Mutant } from "./mutant.ts";

const STOP_REASON = "src/execution/loop/stop-reason.ts";

/** Bugs that act on what is old, replaced or never asked for (P2, P3, P6). */
export const FRESHNESS: readonly Mutant[] = [
  {
    name: "age-checked-once",
    bug: "The age of a run is not checked again before its first order.",
    patches: [
      {
        file: STOP_REASON,
        find: 'if (age.kind !== "fresh" && !isAgeless) return { cause: "stale"',
        replace: 'if (age.kind === "future" && !isAgeless) return { cause: "stale"',
      },
    ],
  },
  {
    name: "arrival-ignored",
    bug: "A run counts as fresh by its stamp alone, however long ago it arrived.",
    patches: [
      {
        file: "src/intake/freshness.ts",
        find: "if (now - times.arrivedAt > maxAge) {",
        replace: "if (now - times.arrivedAt > maxAge * 1e6) {",
      },
    ],
  },
  {
    name: "file-time-ignored",
    bug: "Lines written before the start count as having arrived at the start.",
    patches: [
      {
        file: "src/intake/cursor.ts",
        find: "const arrivedAt = this.#atStart ? Math.min(now, Number(stats.mtimeMs)) : now;",
        replace: "const arrivedAt = now;",
      },
    ],
  },
  {
    name: "future-stamps-believed",
    bug: "A run may be stamped an hour ahead.",
    patches: [
      { file: "src/intake/freshness.ts", find: "export const MAX_AHEAD_SECONDS = 5;", replace: "export const MAX_AHEAD_SECONDS = 3_600;" },
    ],
  },
  {
    name: "newer-run-ignored",
    bug: "A run that has not begun continues although a newer one has arrived.",
    patches: [
      {
        file: STOP_REASON,
        find: "const { newer, overtaken } = inbox;",
        replace: 'const { newer, overtaken } = inbox;\n  if (age.kind !== "future") return undefined;',
      },
    ],
  },
  {
    name: "older-run-in-place-of-refused",
    bug: "When the newest run is refused, the one before it is executed.",
    patches: [
      {
        file: "src/intake/decisive.ts",
        find: "const { runs } = facts;\n  const newest",
        replace:
          'const good = facts.runs.findLastIndex(({ allocation }) => allocation.kind === "rebalance" || allocation.kind === "exit");\n' +
          "  const runs = good < 0 ? facts.runs : facts.runs.slice(0, good + 1);\n  const newest",
      },
    ],
  },
  {
    name: "id-from-arrival",
    bug: "A signal's id depends on when its lines were seen, so a rewritten file makes it a new one.",
    patches: [
      {
        file: "src/intake/decisive.ts",
        find: 'return hashOf([strategy, ...run.key].join("\\n")).slice(0, 16);',
        replace: 'return hashOf([strategy, String(run.arrivedAt), ...run.key].join("\\n")).slice(0, 16);',
      },
    ],
  },
  {
    name: "sell-leaves-its-target",
    bug: "A SELL that follows BUYs which have not begun does not take its symbol out of their targets.",
    patches: [
      {
        file: "src/intake/decisive.ts",
        find: "const targets = new Map([...head.allocation.targets].filter(([symbol]) => !sold.has(symbol)));",
        replace: "const targets = new Map([...head.allocation.targets].filter(() => sold.size >= 0));",
      },
    ],
    test: "tests/intake/decisive.test.ts",
  },
  {
    name: "executed-again",
    bug: "A signal with a final verdict is executed again when its lines come again.",
    patches: [
      {
        file: "src/intake/judge.ts",
        find: "if (settled !== undefined) return withRunEnded(",
        replace: 'if (settled !== undefined && settled.kind !== "executed") return withRunEnded(',
      },
      {
        file: "src/intake/judge.ts",
        find: "  if (facts.inExecution.has(id)) return true;\n",
        replace: "",
      },
      {
        file: "src/execution/rebalancer.ts",
        find: "if (!options.dryRun && options.takeUp === undefined && known?.verdict !== undefined && isFinal(known.verdict)) {",
        replace: 'if (!options.dryRun && known?.verdict !== undefined && isFinal(known.verdict) && known.verdict !== "executed") {',
      },
    ],
    test: "tests/intake/judge.test.ts",
  },
  {
    name: "over-allocation-traded",
    bug: "Weights of more than the whole are scaled down and traded.",
    patches: [{ file: "src/intake/weights.ts", find: 'MAX_WEIGHT_SUM = decimal("1.005")', replace: 'MAX_WEIGHT_SUM = decimal("3")' }],
  },
  {
    name: "missing-leg-traded",
    bug: "A run that lacks a leg is traded without it.",
    patches: [{ file: "src/intake/weights.ts", find: 'MIN_WEIGHT_SUM = decimal("0.98")', replace: 'MIN_WEIGHT_SUM = decimal("0.1")' }],
  },
  {
    name: "trailing-append-dropped",
    bug: "Lines appended while a run waits to be complete are read and forgotten.",
    patches: [
      {
        file: "src/intake/intake.ts",
        find: 'const spoken = news.kind === "unchanged" ? [] : this.#admit(news.passages, now, clockDoubt);',
        replace:
          'const spoken = news.kind === "unchanged" || this.#judgeAgainAt !== undefined ? [] : this.#admit(news.passages, now, clockDoubt);',
      },
    ],
  },
  {
    name: "torn-line-lost",
    bug: "A line that is written in two pieces is read as two.",
    patches: [
      {
        file: "src/intake/cursor.ts",
        find: "      lines.push(...reading.splitter.take(bytes));",
        replace: "      lines.push(...new LineSplitter().take(bytes));",
      },
    ],
  },
  {
    name: "rewrite-not-noticed",
    bug: "After a file is rewritten in place, reading continues from the old position.",
    patches: [
      {
        file: "src/intake/cursor.ts",
        find: "if (size < reading.position || !this.#isAsRead(reading)) {",
        replace: "if (size < reading.position) {",
      },
    ],
  },
  {
    name: "verdict-not-recorded",
    bug: "A verdict is logged but not recorded.",
    patches: [
      {
        file: "src/intake/intake.ts",
        find: "      for (const verdict of verdicts) this.#record(verdict, now);\n",
        replace: "",
      },
    ],
  },
  {
    name: "final-verdict-replaced",
    bug: "A later verdict replaces a final one.",
    patches: [
      {
        file: "src/ledger/signals.ts",
        find: "if (record.verdict !== undefined && isFinal(record.verdict) && !isTakenUp) return;",
        replace: "if (record.verdict === verdict.kind) return;",
      },
      {
        file: "src/execution/rebalancer.ts",
        find: "if (!options.dryRun && options.takeUp === undefined && known?.verdict !== undefined && isFinal(known.verdict)) {",
        replace: 'if (!options.dryRun && known?.verdict === "executed") {',
      },
      {
        file: "src/intake/judge.ts",
        find: "if (isFinal(known.kind) || leftToExecution(known, facts)) return false;",
        replace: "if (leftToExecution(known, facts)) return false;",
      },
    ],
  },
  {
    name: "untrusted-file-read",
    bug: "A file that anyone may write is read.",
    patches: [
      {
        file: "src/intake/trust.ts",
        find: "if ((facts.mode & (WRITABLE_BY_GROUP | WRITABLE_BY_OTHERS)) !== 0) {",
        replace: "if ((facts.mode & WRITABLE_BY_GROUP & WRITABLE_BY_OTHERS) !== 0) {",
      },
    ],
  },
];
