import { CHART_STYLE } from "./line-chart.ts";

/**
 * The style of every page, and of a report. Text has a contrast of at least 4.5 : 1 in light and dark mode; good and bad are never shown
 * by colour alone.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ink: #17212b; --quiet: #55616f; --paper: #f3f5f8; --panel: #ffffff; --rule: #dde3ea; --track: #e8edf3;
  --accent: #2257d6; --good: #0c7a3e; --bad: #b42318; --warn: #8a5700; --busy: #2257d6;
  --good-soft: #e2f5ea; --bad-soft: #fde8e6; --warn-soft: #fdf1d8; --busy-soft: #e4ecfd; --plain-soft: #e9edf2;
  --live: #9f1d14; --paper-mode: #1d4dbb; --simulator: #5b3aa8; --shadow-mode: #3d4a57; --shadow: 0 1px 2px rgb(16 24 40 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6ebf1; --quiet: #9dabba; --paper: #0e1319; --panel: #161d25; --rule: #2a3541; --track: #263140;
    --accent: #82a9ff; --good: #63d391; --bad: #ff9087; --warn: #f0c35a; --busy: #9bb9ff;
    --good-soft: #12301f; --bad-soft: #3d1a18; --warn-soft: #362a10; --busy-soft: #1a2949; --plain-soft: #25303c;
    --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 6rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
h1, h2, h3, p, dl, ol, fieldset, pre { margin: 0; padding: 0; }
h1 { font-size: 1.05rem; letter-spacing: 0.01em; }
h2 { font-size: 1.05rem; margin-bottom: 0.75rem; }
h3 { font-size: 0.9rem; margin: 1.1rem 0 0.4rem; }
a { color: var(--accent); }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.92em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 0.5rem; top: -4rem; background: var(--panel); color: var(--ink); padding: 0.5rem 0.9rem; border-radius: 6px; z-index: 2; }
.skip:focus { top: 0.5rem; }
.quiet { color: var(--quiet); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }

header { background: var(--mode-colour, #2b3643); color: #fff; position: sticky; top: 0; z-index: 1; }
[data-mode="live"] { --mode-colour: var(--live); } [data-mode="paper"] { --mode-colour: var(--paper-mode); } [data-mode="shadow"] { --mode-colour: var(--shadow-mode); } [data-mode="simulator"] { --mode-colour: var(--simulator); }
header .bar { max-width: 76rem; margin: 0 auto; padding: 0.6rem 1rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem 0.9rem; }
.mode { font-weight: 700; } [data-mode="live"] .mode { text-transform: uppercase; letter-spacing: 0.06em; }
#state { margin-left: auto; }
[data-halted="true"] header { border-bottom: 8px solid; border-image: repeating-linear-gradient(-45deg, #ffd166 0 14px, #17212b 14px 28px) 8; }
[data-mode="live"][data-halted="false"] header { border-bottom: 4px solid #ffd166; } [data-mode="shadow"][data-halted="false"] header { border-bottom: 4px dashed #fff; }
header :focus-visible { outline-color: #fff; }

main { max-width: 76rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem; }
main:focus { outline: none; }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem; box-shadow: var(--shadow); min-width: 0; }
.columns { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); } .columns > div { display: grid; gap: 1rem; min-width: 0; align-content: start; }
@media (min-width: 60rem) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); align-items: start; } .signals { max-height: 27rem; overflow-y: auto; } }
@media not all and (min-width: 60rem) { .columns, .columns > div { display: contents; } #live[data-busy="true"] { order: -2; } #alarms, #trouble, #plumbing { order: -3; } #account { order: -1; } }
[data-old="true"] dd, body[data-old="true"] dd { color: var(--quiet); }

.alarm { border-left: 5px solid; border-radius: 8px; padding: 0.7rem 0.9rem; overflow-wrap: anywhere; }
#alarms > .alarm + .alarm { margin-top: 0.6rem; } .alarm.halt { border-left-width: 10px; font-size: 1.05rem; } .halt p + p { margin-top: 0.35rem; }
.alarm { color: var(--ink); } .alarm.bad { background: var(--bad-soft); border-color: var(--bad); } .alarm.warn { background: var(--warn-soft); border-color: var(--warn); }
#alarms:not(:has(*)), #trouble:empty { display: none; }
.plumbing { color: var(--quiet); font-size: 0.88rem; display: flex; flex-wrap: wrap; gap: 0.2rem 0.5rem; align-items: baseline; } .plumbing b { font-weight: 600; }
.plumbing > span:not(:last-child, :has(+ :empty))::after { content: "·"; margin-left: 0.5rem; }

.badge { display: inline-block; border-radius: 99px; padding: 0.05rem 0.6rem; font-size: 0.82rem; font-weight: 600; white-space: nowrap; }
.badge.good { color: var(--good); background: var(--good-soft); } .badge.bad { color: var(--bad); background: var(--bad-soft); } .badge.warn { color: var(--warn); background: var(--warn-soft); }
.badge.busy { color: var(--busy); background: var(--busy-soft); } .badge.plain { color: var(--ink); background: var(--plain-soft); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.6rem, 1fr)); column-gap: 1rem; margin-bottom: -0.8rem; }
.figures > div { display: grid; grid-row: span 2; grid-template-rows: subgrid; align-content: start; margin-bottom: 0.8rem; } .figures dt { align-self: end; }
.figures dt { color: var(--quiet); font-size: 0.8rem; }
.figures dd { margin: 0; font-weight: 600; }
.figures dd small { display: block; color: var(--quiet); font-weight: 400; font-size: 0.82rem; }
@media (min-width: 40.01rem) { #account .figures { grid-template-columns: 1.4fr 1.35fr 1fr 1fr; } }
#account .figures dd { font-size: 1.3rem; line-height: 1.3; } #account .figures dd small { font-size: 0.85rem; } #account .figures > div:first-child dd { font-size: 1.9rem; line-height: 1.2; }
h2 .as-of { font-weight: 400; font-size: 0.85rem; color: var(--quiet); margin-left: 0.6rem; }

.curve-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; margin-bottom: 0.75rem; } .curve-head h2 { margin: 0; }
.ranges { display: flex; background: var(--track); border-radius: 8px; padding: 2px; } .ranges a { padding: 0.22rem 0.8rem; border-radius: 6px; font-size: 0.86rem; color: var(--ink); text-decoration: none; }
.ranges [aria-current] { background: var(--panel); font-weight: 600; box-shadow: var(--shadow); }
.charts, .figures + p { margin-top: 0.9rem; } .chart-title { font-size: 0.82rem; margin: 0.4rem 0 0; } .readout { font-size: 0.86rem; min-height: 1.5em; }
.chart { display: grid; grid-template-columns: auto minmax(0, 1fr); } .chart svg { display: block; } .chart .plot { overflow: visible; touch-action: pan-y; }
${CHART_STYLE}
.legend { font-size: 0.82rem; color: var(--quiet); display: flex; flex-wrap: wrap; gap: 0 1rem; } .legend span::before { content: ""; display: inline-block; width: 1.2rem; border-top: 2px solid var(--accent); margin-right: 0.4rem; vertical-align: middle; } .legend .other::before { border-color: var(--quiet); }
details.words { margin-top: 0.9rem; } summary { cursor: pointer; } details.words summary { color: var(--quiet); font-size: 0.88rem; }
details.words .scroll { max-height: 20rem; overflow-y: auto; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.42rem 0.5rem; border-bottom: 1px solid var(--rule); white-space: nowrap; font-weight: 400; vertical-align: middle; }
thead th { color: var(--quiet); font-size: 0.82rem; } tbody th { font-weight: 600; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; } td.words { white-space: normal; min-width: 14rem; }
tr:has(+ .reason) > * { border-bottom: 0; } .reason td { white-space: normal; padding-top: 0; color: var(--quiet); font-size: 0.88rem; } .reason strong { font-weight: 600; color: var(--ink); }
tbody tr:last-child > * { border-bottom: 0; }
th.bar, td.bar { width: 16%; min-width: 5.5rem; } .cash > * { color: var(--quiet); }
svg.bar { display: block; width: 100%; height: 0.8rem; } #live svg.bar { height: 0.45rem; }
.track { fill: var(--track); } .held { fill: var(--accent); } .held.apart { fill: var(--quiet); } .wanted { fill: var(--ink); }

#live[data-busy="true"] { border-color: var(--busy); box-shadow: 0 0 0 1px var(--busy); }
#live p { margin-bottom: 0.5rem; } #live .scroll + p, #live .scroll + ol { margin-top: 0.7rem; }
#live th.bar, #live td.bar { width: 22%; min-width: 3.2rem; } #live th, #live td { padding-top: 0.2rem; padding-bottom: 0.2rem; } #live table { font-size: 0.92rem; }
.side { font-size: 0.78rem; font-weight: 600; text-transform: uppercase; letter-spacing: 0.03em; } .side.buy { color: var(--good); } .side.sell { color: var(--bad); }
.timeline { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 0; font-size: 0.85rem; color: var(--quiet); } .timeline .cost { padding-left: 1rem; } .timeline b { font-weight: 600; color: var(--ink); }
.timeline li:not(.cost, :last-child, :has(+ .cost))::after { content: "→"; margin: 0 0.45rem; color: var(--quiet); } .timeline li.good b { color: var(--good); } .timeline li.bad b { color: var(--bad); } .timeline li.warn b { color: var(--warn); } .history .timeline { padding-left: 1.1rem; } #live .timeline { margin-bottom: 0.6rem; }
#strategies table { font-size: 0.9rem; } #strategies th, #strategies td { padding-left: 0.3rem; padding-right: 0.3rem; } #strategies th:first-child { padding-left: 0; } #strategies :is(th, td):last-child { padding-right: 0; }
.stepper { list-style: none; display: flex; gap: 0.3rem; margin: 0 0 0.8rem; }
.stepper li { flex: 1; padding-top: 0.35rem; border-top: 4px solid var(--track); color: var(--quiet); font-size: 0.82rem; text-transform: capitalize; }
.stepper .past { border-color: var(--accent); } .stepper .present { border-color: var(--accent); color: var(--ink); font-weight: 700; }
.steps { list-style: none; font-size: 0.88rem; } .steps li { padding: 0.15rem 0; overflow-wrap: anywhere; } .steps time { color: var(--quiet); margin-right: 0.3rem; }

.history { list-style: none; } .history > li { border-bottom: 1px solid var(--rule); padding: 0.45rem 0; } .history > li:last-child { border-bottom: 0; }
.history summary, .signals > li, #decision-title { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.7rem; align-items: baseline; }
.history summary { list-style: none; padding-left: 1.1rem; position: relative; } .history summary::-webkit-details-marker { display: none; }
.history summary::before { content: "▸"; position: absolute; left: 0; color: var(--quiet); } .history [open] > summary::before { content: "▾"; }
.when { color: var(--quiet); font-size: 0.9rem; } .history .badge { justify-self: start; } .what { grid-column: 1 / -1; font-weight: 600; overflow-wrap: anywhere; } .cost { grid-column: 1 / -1; font-size: 0.88rem; overflow-wrap: anywhere; }
.decision { padding: 0.2rem 0 0.6rem 1.1rem; min-width: 0; } .decision table { font-size: 0.9rem; } .decision p { margin: 0.3rem 0; overflow-wrap: anywhere; }
pre { background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 0.6rem; overflow-x: auto; font-size: 0.8rem; max-height: 14rem; }
button { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 0.45rem 1rem; cursor: pointer; } button:hover { border-color: var(--accent); } a.button { display: inline-block; color: var(--ink); text-decoration: none; border: 1px solid var(--rule); border-radius: 8px; padding: 0.45rem 1rem; } .more { text-align: center; margin-top: 0.8rem; }
footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem 2rem; color: var(--quiet); font-size: 0.85rem; }

h1 a { color: inherit; }
.report h1 { font-size: 1.3rem; } .report section > p { margin: 0.4rem 0; } .report details { border-top: 1px solid var(--rule); padding: 0.5rem 0; } .report details .timeline { margin: 0.3rem 0; } .report details > p, .report details > .scroll { margin-top: 0.5rem; }
.report details:not([open])::details-content { content-visibility: visible; } .report details:not([open]) > :not(summary, .timeline) { display: none; }
.fleet td.words { overflow-wrap: anywhere; } .fleet #signal p { overflow-wrap: anywhere; } .fleet #signal .counts { line-height: 2; } #signal svg.bar { margin: 0.7rem 0 0.4rem; background: var(--track); border-radius: 4px; }
#signal rect.good { fill: var(--good); } #signal rect.bad { fill: var(--bad); } #signal rect.warn { fill: var(--warn); } #signal rect.busy { fill: var(--busy); } #signal rect.plain { fill: var(--track); }
.pager { display: flex; justify-content: center; flex-wrap: wrap; gap: 0.4rem 1.2rem; margin-top: 0.9rem; }

.login main { max-width: 24rem; padding-top: 15vh; } .login form { display: grid; gap: 0.7rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1.2rem; }
.login input { font: inherit; padding: 0.5rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--paper); color: var(--ink); min-width: 0; }

@media screen and (max-width: 64rem) { .wide-tablet { display: none; } }
@media screen and (max-width: 40rem) {
  .wide-phone, .cents, .chart .minor { display: none; } .scroll table { font-size: 0.82rem; } :is(#holdings, #strategies, #live) table { font-size: 0.76rem; } :is(#holdings, #strategies, #live) :is(th, td) { padding-left: 0.12rem; padding-right: 0.12rem; } main { padding: 0.7rem; gap: 0.7rem; } section { padding: 0.7rem; } .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  #account .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); } #account .figures dd { font-size: 1.1rem; } #account .figures > div:first-child { grid-column: 1 / -1; } h2 .as-of { display: block; margin-left: 0; } .history .timeline { padding-left: 0; } th.bar { white-space: normal; } th, td { padding: 0.42rem 0.2rem; } .decision { padding-left: 0; } th.bar, td.bar { width: auto; }
}
@media (prefers-reduced-motion: no-preference) { #live[data-busy="true"] h2::after { content: ""; display: inline-block; width: 0.55rem; height: 0.55rem; margin-left: 0.5rem; border-radius: 50%; background: var(--busy); animation: pulse 1.6s ease-in-out infinite; } }
@keyframes pulse { 50% { opacity: 0.25; } }
@media print {
  :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --panel: #fff; --rule: #bbb; --track: #e5e5e5; --good: #0a5c2f; --bad: #8f1c13; --warn: #6b4400; --accent: #1d4dbb; --good-soft: #fff; --bad-soft: #fff; --warn-soft: #fff; --busy-soft: #fff; --plain-soft: #fff; }
  html { font-size: 10.5px; } body { font-size: 1rem; } header { position: static; color: #000; background: none; border-bottom: 2px solid #000; } section { box-shadow: none; border: 0; padding: 0.4rem 0; }
  main, header .bar { padding-left: 0; padding-right: 5px; gap: 0.6rem; } .chart .label, .chart .mark text, .chart-title { font-size: 0.85rem; } .badge { border: 1px solid; padding-top: 0; padding-bottom: 0; } .ranges, .skip, .more, footer, details.words { display: none; } .columns { grid-template-columns: minmax(0, 1fr); }
  .scroll { overflow: visible; } .signals, pre { max-height: none; overflow: visible; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  th, td { padding-top: 0.15rem; padding-bottom: 0.15rem; } tbody td:not(.number), thead th { white-space: normal; } td.words { min-width: 8rem; }
  h2, h3, summary, tr:has(+ .reason), section > p:has(+ .scroll) { break-after: avoid; } tr, .alarm, .figures, .charts, .chart, .timeline { break-inside: avoid; }
}
`;
