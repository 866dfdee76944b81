/** @import { DashboardData } from "../../reporting/dashboard-data.ts" */
import { dateOf, now } from "./browser-clock.js";
import { badge, byId, el, figures, fill } from "./elements.js";
import { timeText, span, readable, timeWithAge, UNKNOWN } from "./words.js";
import { verdictBadge } from "./states.js";

const MARKET_ZONE = "America/New_York";

const MODES = /** @type {const} */ ({
  live: "LIVE · real money",
  paper: "Paper trading",
  shadow: "SHADOW · nothing is sent",
  simulator: "Simulator · invented money",
});

/**
 * Mode, halted or running, the market, the last alert, and what can be reached.
 * @param {Omit<DashboardData, "equity">} data
 */
export function showBanner(data) {
  document.documentElement.dataset.mode = data.mode;
  document.title = `${data.halted === null ? "" : "HALTED · "}${data.mode.toUpperCase()} · alpaca-trader`;
  fill(byId("mode"), data.mode, () => MODES[/** @type {keyof typeof MODES} */ (data.mode)] ?? data.mode);
  showState(data);
  fill(byId("alarms"), [data.halted, data.alerts_problems, data.broker.problems], () => alarms(data));
  fill(byId("facts"), [data.market, minute(), data.last_alert?.id, data.last_alert?.verdict, data.broker, data.daemon], () => facts(data));
}

/** @param {Omit<DashboardData, "equity">} data */
function showState({ halted, alerts_problems: refusals, daemon, running }) {
  const [text, tone] =
    halted !== null
      ? /** @type {const} */ (["Halted", "bad"])
      : refusals.length > 0
        ? /** @type {const} */ (["Alerts refused", "bad"])
        : daemon === null
          ? /** @type {const} */ (["No daemon running", "warn"])
          : running.some(({ outcome }) => outcome !== "queued")
            ? /** @type {const} */ (["Trading", "busy"])
            : /** @type {const} */ (["Running", "good"]);
  fill(byId("state"), text, () => badge(text, tone));
}

/** @param {Omit<DashboardData, "equity">} data */
function alarms({ halted, alerts_problems: refusals, broker }) {
  return [
    halted === null
      ? null
      : el(
          "p",
          { class: "alarm bad" },
          el("strong", {}, "Trading is halted. "),
          `No orders are sent: ${halted}. `,
          el("code", {}, "alpaca-trader resume"),
          " lets it go on.",
        ),
    ...refusals.map((refusal) => el("p", { class: "alarm bad" }, refusal)),
    ...broker.problems.map((problem) => el("p", { class: "alarm warn" }, problem)),
  ].filter((part) => part !== null);
}

/** The market text counts down in minutes. */
function minute() {
  return Math.floor(now() / 60_000);
}

/** @param {Omit<DashboardData, "equity">} data */
function facts({ market, last_alert: alert, broker, daemon }) {
  return figures([
    ["Market", ...marketWords(market)],
    alert === null
      ? ["Last alert", "none yet"]
      : ["Last alert", timeWithAge(alert.generated_at), el("span", {}, `${alert.strategy} `, verdictBadge(alert.verdict))],
    ["Broker", broker.reachable ? badge("Reachable", "good") : badge("Unreachable", "bad"), broker.name],
    ["Order updates", streamBadge(broker.stream), broker.stream === null ? "only the daemon receives them" : null],
    [
      "Daemon",
      daemon === null ? badge("None", "warn") : badge("Up", "good"),
      daemon === null ? "alerts are ignored" : `since ${timeText(daemon.since, { seconds: false })}`,
    ],
  ]);
}

/**
 * @param {DashboardData["market"]} market
 * @returns {[Node | string, string?]}
 */
function marketWords(market) {
  if (market === null) return [UNKNOWN];
  const at = market.is_open ? market.next_close : market.next_open;
  const left = dateOf(at).getTime() - now();
  const clock = timeText(at, { zone: MARKET_ZONE, date: left > 20 * 3_600_000, seconds: false });
  return market.is_open
    ? [badge("Open", "good"), `until ${clock}, in ${span(left)}`]
    : [badge("Closed", "plain"), `opens ${clock}, in ${span(left)}`];
}

/** @param {DashboardData["broker"]["stream"]} stream */
function streamBadge(stream) {
  switch (stream) {
    case null:
      return badge("Not known here", "plain");
    case "listening":
      return badge("Listening", "good");
    case "connecting":
      return badge("Connecting", "warn");
    case "lost":
    case "closed":
      return badge(readable(stream), "bad");
  }
}
