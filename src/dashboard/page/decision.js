/** @import { ExecutionDetail } from "../../reporting/execution-detail.ts" */
/** @import { Child } from "./elements.js" */
import { el, figures, fill, table } from "./elements.js";
import { orderBadge } from "./states.js";
import { bps, change, dollars, duration, timeText, percent, points, price, shares, readable, toned, UNKNOWN } from "./words.js";

/**
 * Why an execution did what it did: its inputs, plan and result.
 * @param {HTMLElement} place
 * @param {ExecutionDetail} detail
 */
export function showDecision(place, detail) {
  fill(place, detail, () =>
    [signalPart(detail), costPart(detail), ordersPart(detail), planPart(detail), pricesPart(detail), stepsPart(detail)].flat(),
  );
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function signalPart({ execution, signal }) {
  return [
    el("h4", {}, "Signal"),
    execution.reason === null ? null : el("p", {}, el("strong", {}, `${readable(execution.outcome ?? "in progress")}: `), execution.reason),
    signal === null
      ? el("p", { class: "quiet" }, "It is no longer in the ledger.")
      : el(
          "p",
          {},
          `${signal.strategy}, generated ${timeText(signal.generated_at)}, read ${timeText(signal.arrived_at)}. `,
          el("q", {}, signal.reason),
        ),
    signal === null || signal.lines.length === 0
      ? null
      : el("pre", { tabindex: "0", role: "region", "aria-label": "Alert lines" }, signal.lines.map(({ text }) => text).join("\n")),
  ];
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function costPart({ execution }) {
  const { shortfall } = execution;
  return [
    el("h4", {}, "From decision to account"),
    figures([
      ["Alert to first order", duration(shortfall.alert_to_first_order_ms)],
      ["Alert to on target", duration(shortfall.alert_to_on_target_ms)],
      [
        "Cost against the decision",
        toned(bps(shortfall.cost_bps), -Number(shortfall.cost_bps ?? 0)),
        shortfall.cost === null ? null : change(shortfall.cost),
      ],
      ["Value before", dollars(execution.value_before)],
      ["Value after", dollars(execution.value_after)],
      ["Turnover", percent(execution.turnover, 1)],
    ]),
  ];
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function ordersPart({ execution: { orders } }) {
  if (orders.length === 0) return [];
  return [
    el("h4", {}, "Orders and fills"),
    table(
      "Orders and fills",
      [
        { title: "Order" },
        { title: "State" },
        { title: "Filled", kind: "number" },
        { title: "At", kind: "number" },
        { title: "Decided at", kind: "number" },
        { title: "Slippage", kind: "number" },
        { title: "Sent" },
        { title: "Fills", kind: "words" },
      ],
      orders.map((order) => [
        `${order.side} ${order.symbol}`,
        el("span", {}, orderBadge(order), order.message === null ? "" : ` ${order.message}`),
        shares(order.quantity),
        price(order.fill_price),
        price(order.decision_price),
        toned(bps(order.cost_bps), -Number(order.cost_bps ?? 0)),
        order.submitted_at === null ? UNKNOWN : timeText(order.submitted_at, { date: false }),
        order.fills.map((fill) => `${shares(fill.quantity)} at ${price(fill.price)}, ${timeText(fill.at, { date: false })}`).join("; "),
      ]),
    ),
  ];
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function planPart({ plan, wanted }) {
  if (plan === null)
    return [el("h4", {}, "Plan"), el("p", { class: "quiet" }, `It ended before planning. Targets: ${Object.keys(wanted).join(", ")}.`)];
  const phases = /** @type {const} */ ([
    ["first", plan.selling],
    ["after the sells", plan.buying],
  ]);
  return phases.flatMap(([when, phase]) => {
    if (phase === null || (when === "after the sells" && JSON.stringify(phase) === JSON.stringify(plan.selling))) return [];
    return [
      el("h4", {}, `Plan, ${when}`),
      el("p", { class: "quiet" }, `Base ${dollars(phase.base)}, spendable ${dollars(phase.spendable)}.`),
      table(
        `Plan, ${when}`,
        [
          { title: "Symbol" },
          { title: "Target", kind: "number" },
          { title: "Target value", kind: "number" },
          { title: "Held", kind: "number" },
          { title: "Price", kind: "number" },
          { title: "Decision", kind: "words" },
        ],
        phase.lines.map((line) => [
          line.symbol,
          percent(line.target_weight, 1),
          dollars(line.target_value),
          dollars(line.actual_value),
          price(line.price ?? null),
          line.detail,
        ]),
      ),
    ];
  });
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function pricesPart({ prices, execution }) {
  const drift = execution.shortfall.drift;
  return [
    ...(prices.length === 0
      ? []
      : [
          el("h4", {}, "Prices seen"),
          table(
            "Prices seen",
            [
              { title: "Symbol" },
              { title: "From" },
              { title: "Price", kind: "number" },
              { title: "Bid and ask", kind: "number" },
              { title: "Age then", kind: "number" },
            ],
            prices.map(({ symbol, source, price: seen, bid, ask, age_ms: age }) => [
              symbol,
              readable(source),
              price(seen),
              bid === null ? "" : `${price(bid)} / ${price(ask)}`,
              duration(age),
            ]),
          ),
        ]),
    ...(drift.length === 0
      ? []
      : [
          el("h4", {}, "Remaining difference"),
          table(
            "Remaining difference",
            [
              { title: "Symbol" },
              { title: "Wanted", kind: "number" },
              { title: "Held", kind: "number" },
              { title: "Drift", kind: "number" },
              { title: "Why", kind: "words" },
            ],
            drift.map((row) => [
              row.symbol,
              dollars(row.wanted),
              dollars(row.actual),
              points(row.drift),
              row.left_alone === null ? "" : readable(row.left_alone),
            ]),
          ),
        ]),
  ];
}

/** @param {ExecutionDetail} detail @returns {Child[]} */
function stepsPart({ steps }) {
  if (steps.length === 0) return [];
  return [
    el("h4", {}, "Step by step"),
    el(
      "ol",
      { class: "steps" },
      steps.map(({ at, text }) => el("li", {}, el("time", { datetime: at }, timeText(at, { date: false })), " ", text)),
    ),
  ];
}
