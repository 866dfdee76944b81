import type { Mutant } from "./mutant.ts";

const DECIDE = "src/execution/loop/decide.ts";

/** Bugs in the order of things: phases, ends, restarts, time-outs (P4, P5, P6). */
export const PHASES: readonly Mutant[] = [
  {
    name: "buys-beside-sells",
    bug: "Buys are sent together with the sells that must pay for them.",
    patches: [
      {
        file: "src/execution/rebalancer.ts",
        find: "const atOnce = offHours || plan.sells.length === 0;",
        replace: "const atOnce = offHours || plan.sells.length >= 0;",
      },
    ],
  },
  {
    name: "timer-instead-of-fills",
    bug: "Sells count as filled when two seconds have passed.",
    patches: [
      {
        file: DECIDE,
        find: "const unended = facts.intents.filter((intent) => !isEnded(intent.record));\n  const stuck",
        replace:
          "const unended = facts.intents.filter(\n" +
          '    (intent) => !isEnded(intent.record) && !(facts.phase === "selling" && facts.now - (intent.workingSince ?? facts.now) > 2_000),\n' +
          "  );\n  const stuck",
      },
    ],
  },
  {
    name: "time-out-never-comes",
    bug: "The program waits forever for an order that is not filled.",
    patches: [
      {
        file: DECIDE,
        find: "facts.now - intent.workingSince >= timeoutOf(intent, facts)",
        replace: "facts.now - intent.workingSince >= Infinity",
      },
    ],
  },
  {
    name: "stopped-without-cancelling",
    bug: "An execution that is stopped leaves its orders working.",
    patches: [
      {
        file: DECIDE,
        find: 'intent.cancelRequestedAt !== undefined || (facts.phase !== "cancelling" && !overdue && !isSoldTooLate)',
        replace: "intent.cancelRequestedAt !== undefined || (!overdue && !isSoldTooLate)",
      },
    ],
  },
  {
    name: "deadline-ignored",
    bug: "An execution continues after its deadline, for example after a night.",
    patches: [
      {
        file: "src/execution/loop/stop-reason.ts",
        find: "if (isBound && clock.monotonic() >= facts.deadlineAt)",
        replace: "if (isBound && clock.monotonic() >= facts.deadlineAt + 1e12)",
      },
    ],
  },
  {
    name: "beginning-not-recorded",
    bug: "It is not recorded that the venue has an order of an execution, so age and newer runs can still end the execution.",
    patches: [
      {
        file: "src/execution/orders/order-lifecycle.ts",
        find: "    this.#parts.onBegun();\n",
        replace: "",
      },
    ],
  },
  {
    name: "open-execution-forgotten",
    bug: "An execution that an earlier process left open is not continued after a start.",
    patches: [
      {
        file: "src/app/account-engine.ts",
        find: 'if (execution.outcome === "queued" || this.#isStopping()) continue;',
        replace: 'if (execution.outcome !== "queued") continue;',
      },
    ],
  },
  {
    name: "phase-and-intents-apart",
    bug: "An execution and its orders are recorded one after the other, not in one transaction.",
    patches: [
      {
        file: "src/execution/rebalancer.ts",
        find: "    ledger.transaction(() => {\n      ledger.recordSignal(signal, clock.now());\n      ledger.createExecution(execution);",
        replace: "    [0].forEach(() => {\n      ledger.recordSignal(signal, clock.now());\n      ledger.createExecution(execution);",
      },
    ],
  },
  {
    name: "open-order-counts-as-on-target",
    bug: "An execution reports that it is on target whatever happened to its orders.",
    patches: [
      {
        file: "src/execution/outcome/outcome.ts",
        find: "  if (unfinished.length > 0) {\n",
        replace: "  if (unfinished.length > 1e9) {\n",
      },
    ],
    test: "tests/execution/limit-orders.test.ts",
  },
  {
    name: "provisional-verdict-never-retried",
    bug: "A signal that could not be executed for now is not retried when the cause is gone.",
    patches: [
      {
        file: "src/domain/verdict.ts",
        find: "  return VERDICTS[kind].isRetried;",
        replace: '  return VERDICTS[kind].isRetried && kind === "held";',
      },
      {
        file: "src/app/maintenance.ts",
        find: "    if (halted === undefined) this.#parts.onResumed();\n",
        replace: "",
      },
    ],
  },
  {
    name: "stop-takes-its-time",
    bug: "A stop waits half a minute for a request without an answer.",
    patches: [
      { file: "src/app/account-engine.ts", find: "const DRAIN_LIMIT_MS = 6_500;", replace: "const DRAIN_LIMIT_MS = 30_000;" },
      { file: "src/broker/transport.ts", find: "const WRITE_DEADLINE_MS = 10_000;", replace: "const WRITE_DEADLINE_MS = 30_000;" },
    ],
  },
];
