import type { NoticeLevel } from "./config.ts";
import { EXIT, type ExitCode } from "./errors.ts";
import { STOP_CAUSES, type StopCause } from "./stop-cause.ts";

interface OutcomeRow {
  /** For people. */
  readonly meaning: string;
  /** Of a command that acts once (contract); `undefined`: it never began, and the verdict on its run decides. */
  readonly exit: ExitCode | undefined;
  /** Before the reason, where it is shown. */
  readonly words: string;
  readonly tint: "good" | "quiet" | "accent" | "warn" | "bad";
  /** The notification, with what a person can do; `undefined`: a newer run has replaced it and will be reported. */
  readonly notice: { readonly level: NoticeLevel; readonly title: string; readonly advice: string | undefined } | undefined;
}

/** R33: for a cause that may pass. */
const GOING_ON =
  "While the run is fresh, the daemon continues once the cause is gone; later in the session run `alpaca-trader execute --finish`, or wait for the next run.";

/** How an execution can end, and what follows from it. */
export const OUTCOMES = {
  "on-target": {
    meaning: "Every symbol was traded to plan, or left alone for a reason that counts as on target.",
    exit: EXIT.ok,
    words: "On target.",
    tint: "good",
    notice: { level: "info", title: "on target", advice: undefined },
  },
  "off-target": {
    meaning: "It went to its end, but something was refused by the venue for good, or left alone for another reason that lasts.",
    exit: EXIT.failed,
    words: "Off target.",
    tint: "warn",
    notice: { level: "warning", title: "off target", advice: GOING_ON },
  },
  incomplete: {
    meaning:
      "It was stopped before it reached its target: the deadline or the session passed, trading was halted, or somebody else's order came up.",
    exit: EXIT.failed,
    words: "Incomplete.",
    tint: "bad",
    notice: { level: "error", title: "execution INCOMPLETE", advice: GOING_ON },
  },
  queued: {
    meaning: "Its orders wait at the venue for the next open.",
    exit: EXIT.ok,
    words: "Queued.",
    tint: "accent",
    notice: { level: "info", title: "orders queued for the next open", advice: "`alpaca-trader halt` stops them from being followed up." },
  },
  refused: {
    meaning: "It ended before the broker took any order.",
    exit: undefined,
    words: "Refused, nothing was traded.",
    tint: "bad",
    notice: { level: "error", title: "execution refused", advice: "Nothing was traded." },
  },
  superseded: {
    meaning: "A newer run took its place before any order was sent.",
    exit: undefined,
    words: "Superseded, nothing was sent.",
    tint: "quiet",
    notice: undefined,
  },
} as const satisfies Record<string, OutcomeRow>;

export type ExecutionOutcome = keyof typeof OUTCOMES;
export const EXECUTION_OUTCOMES = Object.keys(OUTCOMES) as readonly ExecutionOutcome[];

/** What ended an execution, and why it is on target or not. */
export const OUTCOME_CODES = [
  ...(Object.keys(STOP_CAUSES) as StopCause[]),
  "on-target",
  "queued",
  /** An order was not filled to plan. */
  "not-filled",
  /** The venue refused an order. */
  "order-refused",
  /** The last plan leaves a symbol alone. */
  "left-alone",
  /** Something has come into the account, or may still come, that no plan has decided about. */
  "not-planned",
  /** It owes the broker money that it did not owe before. */
  "in-debt",
  /** A cancel did not take effect. */
  "cancel-overdue",
  /** Whether something was sold is not known. */
  "sell-unknown",
  /** No further plan could be made, or it failed its proof. */
  "plan-refused",
] as const;
export type OutcomeCode = (typeof OUTCOME_CODES)[number];
