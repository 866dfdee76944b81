/** @import { RunningOrder } from "../../reporting/dashboard-data.ts" */
import { badge } from "./elements.js";
import { readable } from "./words.js";

/** @typedef {"good" | "bad" | "warn" | "plain" | "busy"} Tone */

/** @type {Readonly<Record<string, Tone>>} */
const OUTCOMES = { "on-target": "good", queued: "busy", "off-target": "warn", incomplete: "bad", refused: "warn", superseded: "plain" };

/** @param {string | null} outcome */
export function outcomeBadge(outcome) {
  return outcome === null ? badge("in progress", "busy") : badge(readable(outcome), OUTCOMES[outcome] ?? "plain");
}

/** @type {Readonly<Record<string, Tone>>} */
const VERDICTS = {
  executed: "good",
  held: "plain",
  duplicate: "plain",
  superseded: "plain",
  "dry-run": "plain",
  waiting: "busy",
  accepted: "busy",
  malformed: "bad",
  untrusted: "bad",
};

/** Any verdict other than an everyday one deserves attention. @param {string | null} verdict */
export function verdictBadge(verdict) {
  return verdict === null ? badge("not judged yet", "busy") : badge(readable(verdict), VERDICTS[verdict] ?? "warn");
}

/** An order's state, for a person. @param {Pick<RunningOrder, "status"> & { readonly state?: string }} order */
export function orderBadge({ state, status }) {
  switch (state) {
    case "recorded":
      return badge("planned", "plain");
    case "posting":
      return badge("sending", "busy");
    case "unknown":
      return badge("no answer, looking it up", "warn");
    case "abandoned":
      return badge("outcome unknown", "bad");
    case "dropped":
      return badge("not needed", "plain");
    case "refused":
      return badge("refused", "bad");
    default:
      return badge(STATUS_WORDS[status] ?? readable(status), STATUSES[status] ?? "busy");
  }
}

/** @type {Readonly<Record<string, string>>} */
const STATUS_WORDS = {
  new: "working",
  accepted: "working",
  pending_new: "working",
  partially_filled: "partly filled",
  canceled: "cancelled",
  "not-sent": "not sent",
};

/** @type {Readonly<Record<string, Tone>>} */
const STATUSES = {
  filled: "good",
  canceled: "warn",
  expired: "warn",
  rejected: "bad",
  refused: "bad",
  unknown: "warn",
  "not-sent": "plain",
};
