/** @import { DashboardData } from "../../reporting/dashboard-data.ts" */
/** @import { HoldingAgainstTarget } from "../../reporting/dashboard-holdings.ts" */
import { byId, el, fill, svg, table } from "./elements.js";
import { dollars, percent, points, price, shares, readable } from "./words.js";

/** @type {readonly import("./elements.js").Column[]} */
const COLUMNS = [
  { title: "Symbol" },
  { title: "Against target", kind: "bar" },
  { title: "Held", kind: "number" },
  { title: "Target", kind: "number" },
  { title: "Drift", kind: "number" },
  { title: "Value", kind: "number", wide: true },
  { title: "Shares", kind: "number", wide: true },
  { title: "Price", kind: "number", wide: true },
];

/** A bar that fills everything could not show an excess. */
const LEAST_SCALE = 0.05;

/** Holdings against targets. @param {Omit<DashboardData, "equity">} data */
export function showHoldings({ holdings, account }) {
  fill(byId("holdings"), [holdings, account === null], () => {
    if (account === null && holdings.length === 0) return el("p", { class: "quiet" }, "The account has not been read yet.");
    if (holdings.length === 0) return el("p", { class: "quiet" }, "No positions and no targets yet.");
    const ordered = [...holdings].sort((one, other) => Number(other.value) - Number(one.value));
    const scale = Math.max(LEAST_SCALE, ...ordered.flatMap((row) => [Number(row.weight), targetOf(row) ?? 0])) * 1.05;
    return table(
      "Holdings against targets",
      COLUMNS,
      ordered.flatMap((row) => rows(row, scale)),
    );
  });
}

/**
 * Relative to the account, like holdings: drift is measured after the reserve is subtracted. @param
 * {HoldingAgainstTarget} row
 */
function targetOf({ weight, drift }) {
  return drift === null ? null : Math.max(0, Number((Number(weight) - Number(drift)).toFixed(8)));
}

/** @param {HoldingAgainstTarget} row @param {number} scale */
function rows(row, scale) {
  const { symbol, weight, drift, value, quantity, price: last } = row;
  const target = targetOf(row);
  const cells = [
    symbol,
    bar(Number(weight), target, scale),
    percent(weight, 1),
    percent(target, 1),
    points(drift),
    dollars(value),
    shares(quantity),
    price(last),
  ];
  const why = row.left_alone === null ? null : reason(row.left_alone, row.detail);
  return why === null ? [cells] : [cells, why];
}

/** @param {string} word @param {string | null} detail */
function reason(word, detail) {
  return el(
    "tr",
    { class: "reason" },
    el("td", { colspan: COLUMNS.length }, el("strong", {}, `Left alone, ${readable(word)}`), detail === null ? "" : `: ${detail}`),
  );
}

/**
 * The holding as a bar, the target as a line across it, next to the figures.
 * @param {number} held
 * @param {number | null} wanted
 * @param {number} scale
 */
function bar(held, wanted, scale) {
  const place = (/** @type {number} */ share) => Math.max(0, (share / scale) * 100);
  return svg(
    "svg",
    { viewBox: "0 0 100 12", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "track", x: 0, y: 2, width: 100, height: 8 }),
    svg("rect", { class: wanted === null ? "held apart" : "held", x: 0, y: 2, width: place(held), height: 8 }),
    wanted === null
      ? null
      : svg("rect", { class: "wanted", x: Math.min(99, Math.max(0, place(wanted) - 0.5)), y: 0, width: 1, height: 12 }),
  );
}
