import { decimal } from "../domain/decimal.ts";
import { formatDollars } from "../domain/format.ts";
import { formatDuration, formatInstant } from "../domain/time-format.ts";
import { columns, html, htmlTable, Markup, numbers, type HtmlCell } from "../reporting/html.ts";
import { badge } from "../reporting/sections/words.ts";
import { pageFrame } from "./pages.ts";
import type { FleetAccountRow, FleetData, FleetStanding } from "./fleet-data.ts";

const ROWS_A_PAGE = 200;

const UNKNOWN = "–";
const NOTHING = new Markup("");
const STATES = {
  starting: { words: "starting", tone: "busy" },
  ready: { words: "watching", tone: "good" },
  failed: { words: "restarting", tone: "bad" },
  "set-aside": { words: "set aside", tone: "bad" },
  stopped: { words: "stopped", tone: "plain" },
} as const;
/** On a phone only the first three are seen without scrolling. */
const COLUMNS = [
  ...columns("Account", "Newest signal"),
  ...numbers("Equity"),
  { title: "Reason", kind: "words" },
  { title: "When" },
  { title: "Halted", kind: "words" },
  { title: "Number" },
] as const;

const WORKER_COLUMNS = [...columns("Worker"), ...numbers("Accounts at work", "Seen")];

export interface FleetPageOptions {
  /** From 1; a page behind the last one shows the last one. */
  readonly page: number;
  /** IANA zone of the times. */
  readonly zone: string;
}

/** The fleet's page. It can be read without its script, which only renews it. */
export function fleetPage(data: FleetData, options: FleetPageOptions): string {
  const { mode, generated_at: at } = data;
  return pageFrame({
    title: `${data.halted === null ? "" : "HALTED · "}${mode.toUpperCase()} · fleet · alpaca-trader`,
    mode,
    isHalted: data.halted !== null,
    isFleet: true,
    skip: "Skip to the accounts",
    state: stateOf(data),
    main: html`${alarmsOf(data)}
      <div id="trouble" role="status"></div>
      <p id="plumbing" data-part class="plumbing">
        As of ${formatInstant(Date.parse(at), options.zone)} <span id="connection" role="status"></span>
      </p>
      ${signalOf(data, options.zone)} ${accountsOf(data, options.page)} ${workersOf(data)}`,
    at,
    note: "The equity is what the account had when it was last traded. A name opens the account's own page.",
    data: html`Raw data: <a href="/fleet/api">fleet</a>, <a href="/metrics">metrics</a>, <a href="/healthz">health</a>.`,
  });
}

function stateOf({ halted, accounts }: FleetData): Markup {
  const ready = accounts.filter(({ state }) => state === "ready").length;
  const text = halted === null ? `${String(ready)} of ${String(accounts.length)} accounts watch for alerts` : "Halted";
  const tone = halted === null ? (ready === accounts.length ? "good" : "warn") : "bad";
  return badge(text, tone);
}

function alarmsOf({ halted, problems, alerts_problems: refusals, workers }: FleetData): Markup {
  const resume = html`<code>alpaca-trader ${workers === null ? "" : "fleet "}resume</code>`;
  const halt =
    halted === null
      ? NOTHING
      : html`<p class="alarm bad"><strong>The fleet is halted.</strong> No orders are sent: ${halted}. To go on: ${resume}</p>`;
  return html`<div id="alarms" data-part role="alert">
    ${halt}${[...problems, ...refusals].map((text) => html`<p class="alarm bad">${text}</p>`)}
  </div>`;
}

function signalOf(data: FleetData, zone: string): Markup {
  const { signal } = data;
  const content =
    signal === null
      ? html`<p class="quiet">No account has seen a signal yet.</p>`
      : html`<p class="what">${signal.strategy}: ${signal.wanted}</p>
          <p class="when">${timeWithAge(signal.generated_at, data.generated_at, zone)} · signal ${signal.id}</p>
          ${barOf(data)}
          <p class="counts">${countsOf(data)}</p>`;
  return html`<section id="signal" data-part aria-labelledby="signal-title">
    <h2 id="signal-title">Newest signal</h2>
    ${content}
  </section>`;
}

/** One stretch for each standing, as wide as its share of the accounts. */
function barOf({ standings, accounts }: FleetData): Markup {
  let before = 0;
  const parts = standings.map(({ accounts: count, tone }) => {
    const x = before;
    before += count;
    return count === 0 ? NOTHING : html`<rect class="${tone}" x="${x}" y="0" width="${count}" height="8" />`;
  });
  const words = countsIn(standings).map(({ words, accounts: count }) => `${words} ${String(count)}`);
  return html`<svg
    class="bar"
    viewBox="0 0 ${Math.max(1, accounts.length)} 8"
    preserveAspectRatio="none"
    role="img"
    aria-label="${words.join(", ")}"
  >
    ${parts}
  </svg>`;
}

function countsOf({ standings, accounts }: FleetData): Markup {
  const counts = countsIn(standings).map(({ words, tone, accounts: count }) => html`${badge(`${words} ${String(count)}`, tone)} `);
  return html`${counts}<span class="quiet">of ${counted(accounts.length)}</span>`;
}

function countsIn(standings: readonly FleetStanding[]): FleetStanding[] {
  return standings.filter(({ accounts }) => accounts > 0);
}

function accountsOf(data: FleetData, page: number): Markup {
  const { accounts } = data;
  const pages = Math.max(1, Math.ceil(accounts.length / ROWS_A_PAGE));
  const shown = Math.min(Math.max(1, page), pages);
  const first = (shown - 1) * ROWS_A_PAGE;
  const rows = accounts.slice(first, first + ROWS_A_PAGE).map((row) => cellsOf(row, data));
  return html`<section id="accounts" data-part aria-labelledby="accounts-title">
    <h2 id="accounts-title">${counted(accounts.length)}</h2>
    ${htmlTable("Accounts, those in trouble first", COLUMNS, rows)} ${pagerOf(shown, pages, first, accounts.length)}
  </section>`;
}

function workersOf({ workers }: FleetData): Markup {
  if (workers === null) return NOTHING;
  const rows = workers.map(({ worker, accounts, seen_seconds_ago: seen }): HtmlCell[] => [
    worker,
    String(accounts),
    `${String(seen)} s ago`,
  ]);
  return html`<section id="workers" data-part aria-labelledby="workers-title">
    <h2 id="workers-title">Workers</h2>
    ${rows.length === 0 ? html`<p class="quiet">No worker has been heard of.</p>` : htmlTable("Workers on all machines", WORKER_COLUMNS, rows)}
  </section>`;
}

function pagerOf(shown: number, pages: number, first: number, count: number): Markup {
  if (pages === 1) return NOTHING;
  const link = (to: number, text: string): Markup => (to < 1 || to > pages ? NOTHING : html`<a href="/fleet?page=${to}">${text}</a>`);
  return html`<nav class="pager" aria-label="Pages">
    ${link(shown - 1, "Previous")}
    <span>${first + 1} to ${Math.min(first + ROWS_A_PAGE, count)} of ${count}</span>
    ${link(shown + 1, "Next")}
  </nav>`;
}

function cellsOf(row: FleetAccountRow, data: FleetData): HtmlCell[] {
  const { number, equity, at, halted } = row;
  return [
    nameOf(row),
    badgesOf(row, data),
    equity === null ? UNKNOWN : formatDollars(decimal(equity)),
    row.reason,
    at === null ? UNKNOWN : ageOf(at, data.generated_at),
    halted === null ? NOTHING : html`${badge("halted", "bad")} ${halted}`,
    number ?? UNKNOWN,
  ];
}

function nameOf({ account, canary, group }: FleetAccountRow): Markup {
  return html`<a href="/fleet/${encodeURIComponent(account)}/">${account}</a>${canary ? html` ${badge("canary", "plain")}` : NOTHING}${
      group === null ? NOTHING : html` <span class="quiet">${group}</span>`
    }`;
}

/** Its standing, and its state when that needs to be known too. */
function badgesOf({ standing, state }: FleetAccountRow, { standings, signal }: FleetData): Markup {
  const known = standings.find((each) => each.standing === standing);
  const { words, tone } = STATES[state];
  if (known === undefined || (signal === null && standing !== state)) return badge(words, tone);
  return html`${badge(known.words, known.tone)}${state === "ready" || state === standing ? NOTHING : html` ${badge(words, tone)}`}`;
}

function timeWithAge(instant: string, now: string, zone: string): Markup {
  return html`${formatInstant(Date.parse(instant), zone)} · ${ageOf(instant, now)}`;
}

/** The script keeps it up to date. */
function ageOf(instant: string, now: string): Markup {
  const age = formatDuration(Math.max(0, Date.parse(now) - Date.parse(instant)));
  return html`<time datetime="${instant}" title="${instant}" data-since="${instant}">${age} ago</time>`;
}

function counted(accounts: number): string {
  return accounts === 1 ? "1 account" : `${String(accounts)} accounts`;
}
