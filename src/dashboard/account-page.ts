import { CURVE_RANGES, type CurveRange } from "../reporting/curve-ranges.ts";
import type { DashboardData } from "../reporting/dashboard-data.ts";
import type { EquityCurve } from "../reporting/equity-curve.ts";
import type { ExecutionDetail } from "../reporting/execution-detail.ts";
import type { ExecutionReport } from "../reporting/execution-report.ts";
import { html, type Markup } from "../reporting/html.ts";
import { accountFigures } from "../reporting/sections/account-section.ts";
import { decisionSection } from "../reporting/sections/decision-section.ts";
import { equitySection } from "../reporting/sections/equity-section.ts";
import { executionSummary, timeline } from "../reporting/sections/execution-section.ts";
import { holdingsSection } from "../reporting/sections/holdings-section.ts";
import { strategiesSection } from "../reporting/sections/strategies-section.ts";
import { ageOf, badge, instantText, UNKNOWN, type PageTime } from "../reporting/sections/words.ts";
import type { LiveExecution } from "./live-execution.ts";
import type { SignalHistory } from "./signal-history.ts";
import { alarms, plumbing, stateBadge } from "./page-banner.ts";
import { liveSection } from "./page-live.ts";
import { signalsSection } from "./page-signals.ts";
import { pageFrame, type PageFrame } from "./pages.ts";

/** Everything that the page of an account shows, read at the same time. */
interface PageFacts {
  readonly data: DashboardData;
  readonly live: readonly LiveExecution[];
  /** Newest first. */
  readonly executions: readonly ExecutionReport[];
  readonly signals: SignalHistory;
  readonly range: CurveRange;
  readonly curve: EquityCurve | null;
  /** How many executions and signals are shown, and whether there are more. */
  readonly limit: number;
  readonly hasMore: boolean;
}

export interface PagePlace {
  /** IANA zone of all times. */
  readonly zone: string;
  /** Its name in a fleet. */
  readonly account?: string | undefined;
}

/** Enough for months; older ones are in the JSON. */
export const MOST_SHOWN = 500;

const RANGE_WORDS: Readonly<Record<CurveRange, readonly [button: string, period: string]>> = {
  day: ["Day", "the last day"],
  week: ["Week", "the last week"],
  month: ["Month", "the last month"],
  all: ["All", "the whole time"],
};

/** The page of one account. It can be read without its script, which renews it and tells the points of the chart. */
export function accountPage(facts: PageFacts, place: PagePlace): string {
  const { data, live, executions } = facts;
  const time = { zone: place.zone, now: Date.parse(data.generated_at) };
  const last = executions.find(({ finished_at }) => finished_at !== null);
  return pageFrame({
    ...frameOf(data, place),
    state: stateBadge(data),
    main: html`<div id="alarms" data-part role="alert">${alarms(data, time)}</div>
      <div id="trouble" role="status"></div>
      <p id="plumbing" data-part class="plumbing">${plumbing(data, time)}</p>
      ${moneySection(data, time)}
      <div class="columns">
        <section id="equity" data-part aria-labelledby="equity-title">${equityContent(facts, place.zone)}</section>
        ${liveSection(live, last, time)}
      </div>
      <section id="holdings" data-part aria-labelledby="holdings-title">
        <h2 id="holdings-title">Positions against targets</h2>
        ${data.account === null ? html`<p class="quiet">${unreadText(data)}</p>` : holdingsSection(data.holdings, data.account.cash)}
      </section>
      <div class="columns">
        <div>
          <section id="strategies" data-part aria-labelledby="strategies-title">
            <h2 id="strategies-title">Strategies</h2>
            ${strategiesSection(data.strategies)}
          </section>
          <section id="executions" data-part aria-labelledby="executions-title">
            <h2 id="executions-title">Executions</h2>
            ${executionList(executions, time)}
            ${facts.hasMore ? html`<p class="more"><a class="button" href="?range=${facts.range}&limit=${MOST_SHOWN}">Show older</a></p>` : ""}
          </section>
        </div>
        <section id="signals" data-part aria-labelledby="signals-title">
          <h2 id="signals-title">Signals</h2>
          ${signalsSection(facts.signals, time)}
        </section>
      </div>`,
    at: data.generated_at,
  });
}

/** One execution's decision record, as a separate page and for the script to put below its line. */
export function decisionPage(data: DashboardData, detail: ExecutionDetail, place: PagePlace): string {
  const time = { zone: place.zone, now: Date.parse(data.generated_at) };
  return pageFrame({
    ...frameOf(data, place),
    state: stateBadge(data),
    main: html`<section aria-labelledby="decision-title">
      <h2 id="decision-title">${executionSummary(detail.execution, time)}</h2>
      <div id="decision" class="decision">${decisionSection(detail, time)}</div>
      <p><a href="../">Back to the account</a></p>
    </section>`,
    at: data.generated_at,
  });
}

function frameOf(data: DashboardData, { account }: PagePlace): Pick<PageFrame, "title" | "mode" | "isHalted" | "account" | "skip"> {
  const halted = data.halted === null ? "" : "HALTED · ";
  return {
    title: `${halted}${data.mode.toUpperCase()} · ${account === undefined ? "" : `${account} · `}alpaca-trader`,
    mode: data.mode,
    isHalted: data.halted !== null,
    account,
    skip: "Skip to the account",
  };
}

function moneySection(data: DashboardData, time: PageTime): Markup {
  const { account, account_as_of: at } = data;
  return html`<section id="account" data-part aria-labelledby="account-title" data-old="${String(!isFresh(data))}">
    <h2 id="account-title">Account ${at === null ? "" : html`<span class="as-of">${asOf(data, at, time)}</span>`}</h2>
    ${account === null ? html`<p class="quiet">${unreadText(data)}</p>` : accountFigures(account)}
  </section>`;
}

/** An account of the execution in progress is up to date without the broker. */
function isFresh({ account_source: source, broker }: DashboardData): boolean {
  return source === "execution" || (source === "broker" && broker.reachable);
}

function asOf(data: DashboardData, at: string, time: PageTime): Markup {
  const { account_source: source } = data;
  const from =
    source === "execution" ? ", from the execution in progress" : source === "ledger" ? ", as the last execution recorded it" : "";
  const text = html`as of ${instantText(at, time)} · ${ageOf(at, time)}${from}`;
  return isFresh(data) ? text : html`${badge("not up to date", "warn")} ${text}`;
}

function unreadText({ broker }: DashboardData): string {
  return broker.waiting_ms === null
    ? `Nothing is known of the account yet: ${broker.name} has not been read, and nothing has been executed.`
    : `Reading the account from ${broker.name}…`;
}

function equityContent({ range, curve, limit }: PageFacts, zone: string): Markup {
  const links = CURVE_RANGES.map((each) => {
    const current = each === range ? html`aria-current="true"` : "";
    return html`<a href="?range=${each}&limit=${limit}" ${current}>${RANGE_WORDS[each][0]}</a>`;
  });
  return html`<div class="curve-head">
      <h2 id="equity-title">Equity</h2>
      <nav class="ranges" aria-label="Time shown">${links}</nav>
    </div>
    ${equitySection(curve, { zone, period: RANGE_WORDS[range][1], isLive: true })}`;
}

function executionList(executions: readonly ExecutionReport[], time: PageTime): Markup {
  if (executions.length === 0) return html`<p class="quiet">No execution yet.</p>`;
  return html`<ol class="history">
    ${executions.map((execution) => executionItem(execution, time))}
  </ol>`;
}

/** Its record is long, so the script fetches it when it is opened. */
function executionItem(execution: ExecutionReport, time: PageTime): Markup {
  const { id, phase, outcome } = execution;
  const revision = [phase, outcome ?? UNKNOWN, execution.orders.length].join(" ");
  return html`<li>
    <details id="execution-${id}" data-load="executions/${id}" data-revision="${revision}">
      <summary>${executionSummary(execution, time)}</summary>
      <div class="decision"><a href="executions/${id}">Decision record</a></div>
    </details>
    ${timeline(execution)}
  </li>`;
}
