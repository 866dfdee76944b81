/** @import { DashboardData } from "../../reporting/dashboard-data.ts" */
/** @import { EquityCurve } from "../../reporting/equity-curve.ts" */
/** @import { LiveExecution, SignalHistory } from "../dashboard-view.ts" */
import { showAccount } from "./account.js";
import { showBanner } from "./banner.js";
import { after, every, heardTime } from "./browser-clock.js";
import { ask, follow } from "./connection.js";
import { draw, showCurve } from "./curve.js";
import { byId, el, fill } from "./elements.js";
import { showExecutions, showSignals } from "./history.js";
import { showHoldings } from "./holdings.js";
import { showLive } from "./live.js";
import { showStrategies } from "./strategies.js";
import { countAges, timeText } from "./words.js";

/** @typedef {Omit<DashboardData, "equity">} Overview */

const OVERVIEW_EVERY_MS = 10_000;
const CURVE_EVERY_MS = 60_000;
/** Events often come in groups. */
const SETTLE_MS = 250;
const MORE = 500;

/** @type {Overview | undefined} */
let overview;
/** @type {readonly LiveExecution[]} */
let running = [];
let historyLimit = 20;
let wasRunning = false;

/** Account data stays visible while it cannot be read; the banner marks it as old. @param {Overview} fresh */
function taken(fresh) {
  const old = overview;
  if (fresh.account !== null || old === undefined) return fresh;
  return { ...fresh, account: old.account, holdings: old.holdings, strategies: old.strategies, market: fresh.market ?? old.market };
}

async function refresh() {
  try {
    const fresh = /** @type {Overview} */ (await ask("api/overview"));
    heardTime(fresh.generated_at);
    overview = taken(fresh);
    show(overview, fresh.account === null);
    const [executions, signals] = await Promise.all([
      ask(`api/executions?limit=${String(historyLimit)}`),
      ask(`api/signals?limit=${String(historyLimit)}`),
    ]);
    const [made, asked] = [
      /** @type {import("../../reporting/execution-report.ts").ExecutionReport[]} */ (executions),
      /** @type {SignalHistory} */ (signals),
    ];
    showExecutions(made);
    showSignals(asked);
    byId("more").hidden = historyLimit === MORE || Math.max(made.length, asked.signals.length) < historyLimit;
    fill(byId("trouble"), null, () => null);
  } catch (error) {
    const text =
      error instanceof TypeError ? "The dashboard cannot be reached; the data shown is old." : /** @type {Error} */ (error).message;
    fill(byId("trouble"), text, () => el("p", { class: "alarm warn" }, text));
  }
}

/** @param {Overview} data @param {boolean} isOld */
function show(data, isOld) {
  document.body.dataset.old = String(isOld);
  showBanner(data);
  showAccount(data);
  showHoldings(data);
  showStrategies(data);
  showLive(running, lastOf(data));
  fill(byId("as-of"), data.generated_at, () => `As of ${timeText(data.generated_at)}. `);
}

/** @param {Overview} data */
function lastOf(data) {
  return data.executions.find(({ finished_at: finished }) => finished !== null);
}

function chosenRange() {
  return /** @type {HTMLInputElement} */ (document.querySelector("input[name=range]:checked")).value;
}

async function refreshCurve() {
  const range = chosenRange();
  try {
    const { curve } = /** @type {{ curve: EquityCurve | null }} */ (await ask(`api/equity?range=${range}`));
    if (range === chosenRange()) showCurve(range, curve);
  } catch {
    // The unreachable server is reported above; the old chart stays.
  }
}

/** @type {(() => void) | undefined} */
let planned;

function refreshSoon() {
  if (planned !== undefined) return;
  planned = after(SETTLE_MS, () => {
    planned = undefined;
    void refresh();
  });
}

/** @param {readonly unknown[]} executions */
function onRunning(executions) {
  running = /** @type {readonly LiveExecution[]} */ (executions);
  const isRunning = running.some(({ outcome }) => outcome !== "queued");
  // A finished execution stays visible until its result has been read.
  if (wasRunning && !isRunning) after(SETTLE_MS, () => void refreshCurve());
  else if (overview !== undefined) showLive(running, lastOf(overview));
  wasRunning = isRunning;
}

function begin() {
  void refresh();
  void refreshCurve();
  follow({ onRunning, onChanged: refreshSoon });
  every(1_000, countAges);
  every(OVERVIEW_EVERY_MS, () => {
    if (!document.hidden) void refresh();
  });
  every(CURVE_EVERY_MS, () => {
    if (!document.hidden) void refreshCurve();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refreshSoon();
  });
  byId("ranges").addEventListener("change", () => void refreshCurve());
  byId("more").addEventListener("click", () => {
    historyLimit = MORE;
    void refresh();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = 0;
  new ResizeObserver(() => {
    const now = byId("curve").clientWidth;
    if (now !== width) draw();
    width = now;
  }).observe(byId("curve"));
}

begin();
