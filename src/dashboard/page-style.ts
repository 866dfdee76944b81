/**
 * The page's style. Text has a contrast of at least 4.5 : 1 in light and dark mode; good and bad are never shown
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
h1, h2, h3, h4, p, dl, ol, fieldset, pre { margin: 0; padding: 0; }
h1 { font-size: 1.05rem; letter-spacing: 0.01em; }
h2 { font-size: 1.05rem; margin-bottom: 0.75rem; }
h3 { font-size: 0.95rem; }
h4 { font-size: 0.9rem; margin: 1.1rem 0 0.4rem; }
a { color: var(--accent); }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.92em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 0.5rem; top: -4rem; background: var(--panel); color: var(--ink); padding: 0.5rem 0.9rem; border-radius: 6px; z-index: 2; }
.skip:focus { top: 0.5rem; }
.quiet { color: var(--quiet); }
.gain { color: var(--good); } .loss { color: var(--bad); }

header { background: var(--mode-colour, #2b3643); color: #fff; position: sticky; top: 0; z-index: 1; }
[data-mode="live"] { --mode-colour: var(--live); } [data-mode="paper"] { --mode-colour: var(--paper-mode); } [data-mode="shadow"] { --mode-colour: var(--shadow-mode); } [data-mode="simulator"] { --mode-colour: var(--simulator); }
header .bar { max-width: 76rem; margin: 0 auto; padding: 0.6rem 1rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem 0.9rem; }
.mode { font-weight: 700; } [data-mode="live"] .mode { text-transform: uppercase; letter-spacing: 0.06em; }
.connection { margin-left: auto; }
[data-mode="live"] header { border-bottom: 4px solid #ffd166; } [data-mode="shadow"] header { border-bottom: 4px dashed #fff; }
header :focus-visible { outline-color: #fff; }

main { max-width: 76rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem; }
main > p { text-align: center; } main:focus { outline: none; }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem; box-shadow: var(--shadow); min-width: 0; }
.columns { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); } .columns > div { display: grid; gap: 1rem; min-width: 0; align-content: start; }
@media (min-width: 60rem) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); align-items: start; } #signals { max-height: 27rem; overflow-y: auto; } }
@media not all and (min-width: 60rem) { .columns > div { display: contents; } #live[data-busy="true"] { order: -1; } }
[data-old="true"] #account, [data-old="true"] #holdings, [data-old="true"] #strategies { opacity: 0.75; }

.alarm { border-left: 5px solid; border-radius: 8px; padding: 0.7rem 0.9rem; overflow-wrap: anywhere; }
.alarm + .alarm { margin-top: 0.6rem; }
.alarm.bad { background: var(--bad-soft); border-color: var(--bad); } .alarm.warn { background: var(--warn-soft); border-color: var(--warn); }
#alarms:empty, #trouble:empty { display: none; }

.badge { display: inline-block; border-radius: 99px; padding: 0.05rem 0.6rem; font-size: 0.82rem; font-weight: 600; white-space: nowrap; }
.badge.good { color: var(--good); background: var(--good-soft); } .badge.bad { color: var(--bad); background: var(--bad-soft); } .badge.warn { color: var(--warn); background: var(--warn-soft); }
.badge.busy { color: var(--busy); background: var(--busy-soft); } .badge.plain { color: var(--ink); background: var(--plain-soft); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.6rem, 1fr)); column-gap: 1rem; margin-bottom: -0.8rem; }
.figures > div { display: grid; grid-row: span 2; grid-template-rows: subgrid; align-content: start; margin-bottom: 0.8rem; } .figures dt { align-self: end; }
.figures dt { color: var(--quiet); font-size: 0.8rem; }
.figures dd { margin: 0; font-weight: 600; }
.figures dd small { display: block; color: var(--quiet); font-weight: 400; font-size: 0.82rem; }
#account .figures { grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); } #account .figures dd { font-size: 1.12rem; } #account .figures > div:first-child dd { font-size: 1.5rem; line-height: 1.25; }
@media (min-width: 72rem) { #account .figures { grid-template-columns: 1.3fr 1.25fr 1.2fr 1fr; } }

.curve-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem; margin: 1.2rem 0 0.6rem; }
#ranges { border: 0; display: flex; background: var(--track); border-radius: 8px; padding: 2px; }
#ranges label { position: relative; } #ranges input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; width: 100%; height: 100%; }
#ranges span { display: block; padding: 0.22rem 0.8rem; border-radius: 6px; font-size: 0.86rem; color: var(--ink); }
#ranges input:checked + span { background: var(--panel); font-weight: 600; box-shadow: var(--shadow); } #ranges input:focus-visible + span { outline: 2px solid var(--accent); }
#curve { min-height: 1px; margin-bottom: 0.8rem; overflow: hidden; } .chart-title { font-size: 0.82rem; margin: 0.4rem 0 0; } .readout { font-size: 0.86rem; min-height: 1.5em; }
details.words { margin-top: 0.9rem; } details.words p { margin: 0.6rem 0; } summary { cursor: pointer; } details.words summary { color: var(--quiet); font-size: 0.88rem; }
details.words .scroll { max-height: 20rem; overflow-y: auto; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.42rem 0.5rem; border-bottom: 1px solid var(--rule); white-space: nowrap; font-weight: 400; vertical-align: middle; }
thead th { color: var(--quiet); font-size: 0.82rem; } tbody th { font-weight: 600; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; } td.words { white-space: normal; min-width: 14rem; }
tr:has(+ .reason) > * { border-bottom: 0; } .reason td { white-space: normal; padding-top: 0; color: var(--quiet); font-size: 0.88rem; } .reason strong { font-weight: 600; color: var(--ink); }
tbody tr:last-child > * { border-bottom: 0; }
th.bar, td.bar { width: 34%; min-width: 5.5rem; }
svg.bar { display: block; width: 100%; height: 0.8rem; } #live svg.bar { height: 0.45rem; }
.track { fill: var(--track); } .held { fill: var(--accent); } .held.apart { fill: var(--quiet); } .wanted { fill: var(--ink); }

#live[data-busy="true"] { border-color: var(--busy); box-shadow: 0 0 0 1px var(--busy); }
#live p { margin-bottom: 0.5rem; } #live .scroll + p, #live .scroll + ol { margin-top: 0.7rem; }
#live th.bar, #live td.bar { width: 22%; min-width: 3.6rem; }
.side { font-size: 0.78rem; font-weight: 600; text-transform: uppercase; letter-spacing: 0.03em; } .side.buy { color: var(--good); } .side.sell { color: var(--bad); }
#strategies table { font-size: 0.9rem; } #strategies th, #strategies td { padding-left: 0.3rem; padding-right: 0.3rem; } #strategies th:first-child { padding-left: 0; } #strategies :is(th, td):last-child { padding-right: 0; }
.stepper { list-style: none; display: flex; gap: 0.3rem; margin: 0 0 0.8rem; }
.stepper li { flex: 1; padding-top: 0.35rem; border-top: 4px solid var(--track); color: var(--quiet); font-size: 0.82rem; text-transform: capitalize; }
.stepper .past { border-color: var(--accent); } .stepper .present { border-color: var(--accent); color: var(--ink); font-weight: 700; }
.steps { list-style: none; font-size: 0.88rem; } .steps li { padding: 0.15rem 0; overflow-wrap: anywhere; } .steps time { color: var(--quiet); margin-right: 0.3rem; }

.history { list-style: none; } .history > li { border-bottom: 1px solid var(--rule); padding: 0.45rem 0; } .history > li:last-child { border-bottom: 0; }
.history summary, .signals > li { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.7rem; align-items: baseline; }
.history summary { list-style: none; padding-left: 1.1rem; position: relative; } .history summary::-webkit-details-marker { display: none; }
.history summary::before { content: "▸"; position: absolute; left: 0; color: var(--quiet); } .history [open] > summary::before { content: "▾"; }
.when { color: var(--quiet); } .history .badge { justify-self: start; } .what { grid-column: 1 / -1; font-weight: 600; overflow-wrap: anywhere; } .cost { grid-column: 1 / -1; font-size: 0.88rem; overflow-wrap: anywhere; }
.decision { padding: 0.2rem 0 0.6rem 1.1rem; min-width: 0; } .decision table { font-size: 0.9rem; } .decision p { margin: 0.3rem 0; overflow-wrap: anywhere; }
pre { background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 0.6rem; overflow-x: auto; font-size: 0.8rem; max-height: 14rem; }
button { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 0.45rem 1rem; cursor: pointer; } button:hover { border-color: var(--accent); }
footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem 2rem; color: var(--quiet); font-size: 0.85rem; }

h1 a { color: inherit; }
.fleet td.words { overflow-wrap: anywhere; } .fleet #signal p { overflow-wrap: anywhere; } .fleet #signal .counts { line-height: 2; } #signal svg.bar { margin: 0.7rem 0 0.4rem; background: var(--track); border-radius: 4px; }
#signal rect.good { fill: var(--good); } #signal rect.bad { fill: var(--bad); } #signal rect.warn { fill: var(--warn); } #signal rect.busy { fill: var(--busy); } #signal rect.plain { fill: var(--track); }
.pager { display: flex; justify-content: center; flex-wrap: wrap; gap: 0.4rem 1.2rem; margin-top: 0.9rem; }

.login main { max-width: 24rem; padding-top: 15vh; } .login form { display: grid; gap: 0.7rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 1.2rem; }
.login input { font: inherit; padding: 0.5rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--paper); color: var(--ink); min-width: 0; }

@media (max-width: 40rem) {
  .wide { display: none; } main { padding: 0.7rem; gap: 0.7rem; } section { padding: 0.8rem; } .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  #account .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); } #account .figures > div:first-child { grid-column: 1 / -1; } th.bar { white-space: normal; } th, td { padding: 0.42rem 0.35rem; } .decision { padding-left: 0; } th.bar, td.bar { width: auto; }
}
@media (prefers-reduced-motion: no-preference) { #live[data-busy="true"] h2::after { content: ""; display: inline-block; width: 0.55rem; height: 0.55rem; margin-left: 0.5rem; border-radius: 50%; background: var(--busy); animation: pulse 1.6s ease-in-out infinite; } }
@keyframes pulse { 50% { opacity: 0.25; } }
@media print { header { position: static; } section { break-inside: avoid; box-shadow: none; } }
`;
