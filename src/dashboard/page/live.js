/** @import { LiveExecution } from "../dashboard-view.ts" */
/** @import { ExecutionReport } from "../../reporting/execution-report.ts" */
import { after, dateOf, elapsed, now } from "./browser-clock.js";
import { byId, el, fill, svg, table } from "./elements.js";
import { orderBadge, outcomeBadge } from "./states.js";
import { dollars, duration, timeText, price, shares, readable, timeWithAge } from "./words.js";

const PHASES = ["planning", "selling", "buying", "settled"];
/** A listener cannot follow ten sentences a second. */
const SAY_EVERY_MS = 1_500;

/** @typedef {LiveExecution["orders"][number] | ExecutionReport["orders"][number]} Order */

/**
 * The execution in progress, or the result of the last one.
 * @param {readonly LiveExecution[]} running
 * @param {ExecutionReport | undefined} last
 */
export function showLive(running, last) {
  const live = running.at(-1);
  byId("live").dataset.busy = String(live !== undefined && live.outcome !== "queued");
  fill(byId("live-title"), [live === undefined, live?.outcome], () =>
    live === undefined ? "Last execution" : live.outcome === "queued" ? "Queued for the open" : "Execution in progress",
  );
  fill(byId("live-content"), live ?? last ?? null, () => {
    if (live !== undefined) return liveContent(live);
    return last === undefined
      ? el("p", { class: "quiet" }, "Nothing executed yet. When an alert arrives, its orders appear here live.")
      : endedContent(last);
  });
  announce(live === undefined ? endOf(last) : (live.steps.at(-1)?.text ?? `Execution ${live.id}: ${live.phase}.`));
}

/** @param {LiveExecution} live */
function liveContent(live) {
  return el(
    "div",
    {},
    stepper(live.phase),
    el("p", { class: "quiet" }, "Started ", timeWithAge(live.started_at), `, deadline ${timeText(live.deadline, { date: false })}`),
    orders(live.orders),
    el(
      "ol",
      { class: "steps" },
      live.steps.slice(-6).map(({ at, text }) => el("li", {}, el("time", { datetime: at }, timeText(at, { date: false })), " ", text)),
    ),
  );
}

/** @param {ExecutionReport} last */
function endedContent(last) {
  const { alert_to_first_order_ms: reaction, alert_to_on_target_ms: whole } = last.shortfall;
  return el(
    "div",
    {},
    el("p", {}, outcomeBadge(last.outcome), " ", timeWithAge(last.finished_at ?? last.started_at)),
    last.reason === null ? null : el("p", {}, last.reason),
    last.orders.length === 0 ? el("p", { class: "quiet" }, "No order was needed.") : orders(last.orders),
    reaction === null
      ? null
      : el(
          "p",
          { class: "quiet" },
          `First order ${duration(reaction)} after the alert${whole === null ? "" : `, on target after ${duration(whole)}`}.`,
        ),
  );
}

/** @param {string} phase */
function stepper(phase) {
  const at = PHASES.indexOf(phase === "cancelling" ? "buying" : phase);
  const name = (/** @type {string} */ step, /** @type {number} */ index) => (phase === "cancelling" && index === at ? "cancelling" : step);
  return el(
    "ol",
    { class: "stepper", "aria-label": "Phases" },
    PHASES.map((step, index) =>
      el(
        "li",
        { class: index < at ? "past" : index === at ? "present" : "", "aria-current": index === at ? "step" : null },
        name(step, index),
      ),
    ),
  );
}

/** @param {readonly Order[]} all */
function orders(all) {
  return table(
    "Orders of this execution",
    [
      { title: "Order" },
      { title: "State" },
      { title: "Filled", kind: "bar" },
      { title: "Requested", kind: "number", wide: true },
      { title: "Price", kind: "number" },
    ],
    all.map((order) => [
      el("span", {}, el("span", { class: `side ${order.side}` }, order.side), " ", order.symbol),
      orderBadge(order),
      progress(order),
      asked(order),
      order.fill_price === null ? "" : price(order.fill_price),
    ]),
  );
}

/** @param {Order} order */
function asked({ requested }) {
  if (requested === null) return "";
  return "notional" in requested ? dollars(requested.notional) : `${shares(requested.quantity)} sh`;
}

/** @param {Order} order */
function progress(order) {
  const { requested, value, quantity, status } = order;
  const share =
    status === "filled"
      ? 1
      : requested === null
        ? 0
        : "notional" in requested
          ? Number(value ?? 0) / Number(requested.notional)
          : Number(quantity) / Number(requested.quantity);
  const width = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return svg(
    "svg",
    { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "bar", role: "img", "aria-label": `${String(width)} % filled` },
    svg("rect", { class: "track", x: 0, y: 0, width: 100, height: 8 }),
    svg("rect", { class: "held", x: 0, y: 0, width, height: 8 }),
  );
}

/** An execution that ended before the page was opened is not announced. @param {ExecutionReport | undefined} last */
function endOf(last) {
  if (last?.finished_at == null || now() - dateOf(last.finished_at).getTime() > 60_000) return "";
  return `The execution has ended: ${readable(last.outcome ?? "")}.`;
}

let said = "";
let saidAt = -SAY_EVERY_MS;
/** @type {(() => void) | undefined} */
let waiting;

/** For a screen reader: the newest sentence, at a limited rate. @param {string} text */
function announce(text) {
  if (text === said || text === "") return;
  waiting?.();
  const pause = Math.max(0, saidAt + SAY_EVERY_MS - elapsed());
  waiting = after(pause, () => {
    said = text;
    saidAt = elapsed();
    byId("announcement").textContent = text;
  });
}
