/** @import { ExecutionReport } from "../../reporting/execution-report.ts" */
/** @import { SignalHistory } from "../dashboard-view.ts" */
/** @import { SignalEntry } from "../../reporting/dashboard-data.ts" */
import { ask } from "./connection.js";
import { showDecision } from "./decision.js";
import { byId, el, fill } from "./elements.js";
import { outcomeBadge, verdictBadge } from "./states.js";
import { bps, briefly, dollars, duration, timeText, percent, toned } from "./words.js";

/** @type {Map<string, HTMLDetailsElement>} Kept, so that opened entries stay open. */
const opened = new Map();

/** Every execution, newest first. @param {readonly ExecutionReport[]} executions */
export function showExecutions(executions) {
  fill(byId("executions"), executions, () => {
    if (executions.length === 0) return el("p", { class: "quiet" }, "No execution yet.");
    return el(
      "ol",
      { class: "history" },
      executions.map((execution) => el("li", {}, entry(execution))),
    );
  });
}

/** @param {ExecutionReport} execution */
function entry(execution) {
  const details = opened.get(execution.id) ?? newEntry(execution.id);
  const summary = details.querySelector("summary");
  if (summary !== null) fill(summary, execution, () => summaryOf(execution));
  const { revision } = details.dataset;
  details.dataset.revision = JSON.stringify([execution.phase, execution.outcome, execution.orders.length]);
  if (details.open && revision !== details.dataset.revision) load(details, execution.id);
  return details;
}

/** @param {string} id */
function newEntry(id) {
  const details = el("details", {}, el("summary"), el("div", { class: "decision" }));
  details.addEventListener("toggle", () => {
    if (details.open) load(details, id);
  });
  opened.set(id, details);
  return details;
}

/** @param {HTMLDetailsElement} details @param {string} id */
function load(details, id) {
  const place = /** @type {HTMLElement} */ (details.querySelector(".decision"));
  if (place.childElementCount === 0) place.textContent = "Loading the decision record…";
  ask(`api/executions/${encodeURIComponent(id)}`).then(
    (detail) => showDecision(place, /** @type {import("../../reporting/execution-detail.ts").ExecutionDetail} */ (detail)),
    (/** @type {Error} */ error) => place.replaceChildren(el("p", { class: "alarm warn" }, error.message)),
  );
}

/** @param {ExecutionReport} execution */
function summaryOf({ started_at: at, outcome, strategy, sold, bought, orders, shortfall }) {
  const moved = Number(sold) + Number(bought);
  return [
    el("span", { class: "when" }, briefly(at)),
    outcomeBadge(outcome),
    el(
      "span",
      { class: "what" },
      `${strategy ?? "unknown strategy"}: ${orders.length === 0 ? "no order" : `${String(orders.length)} ${orders.length === 1 ? "order" : "orders"}, ${dollars(moved)}`}`,
    ),
    el(
      "span",
      { class: "quiet cost" },
      shortfall.alert_to_first_order_ms === null ? "" : `first order after ${duration(shortfall.alert_to_first_order_ms)}`,
      shortfall.cost_bps === null ? "" : [", cost ", toned(bps(shortfall.cost_bps), -Number(shortfall.cost_bps))],
    ),
  ];
}

/** Every signal with its verdict, and lines without a signal. @param {SignalHistory} history */
export function showSignals(history) {
  fill(byId("signals"), history, () => {
    const all = [
      ...history.signals.map((signal) => ({ at: signal.generated_at, made: () => signalItem(signal) })),
      ...history.lines.map((lines) => ({ at: lines.at, made: () => linesItem(lines) })),
    ].sort((one, other) => other.at.localeCompare(one.at));
    if (all.length === 0) return el("p", { class: "quiet" }, "No signal yet.");
    return el(
      "ol",
      { class: "history signals" },
      all.map(({ made }) => el("li", {}, made())),
    );
  });
}

/** @param {SignalEntry} signal */
function signalItem({ generated_at: at, strategy, kind, targets, verdict, verdict_reason: why, reason }) {
  const wanted = Object.entries(targets).map(([symbol, weight]) => (kind === "exit" ? symbol : `${symbol} ${percent(weight, 1)}`));
  const text = kind === "hold" ? "hold" : kind === "exit" ? `exit ${wanted.join(", ")}` : wanted.join(", ");
  return [
    el("span", { class: "when", title: timeText(at) }, briefly(at)),
    verdictBadge(verdict),
    el("span", { class: "what" }, `${strategy}: ${text}`),
    el("span", { class: "quiet cost" }, why ?? reason),
  ];
}

/** @param {SignalHistory["lines"][number]} lines */
function linesItem({ at, strategy, verdict, reason, lines }) {
  return [
    el("span", { class: "when", title: timeText(at) }, briefly(at)),
    verdictBadge(verdict),
    el("span", { class: "what" }, `${strategy}: ${String(lines)} ${lines === 1 ? "line" : "lines"}, no signal`),
    el("span", { class: "quiet cost" }, reason),
  ];
}
