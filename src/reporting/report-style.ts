/** Style of the report: calm, narrow, dark if the reader's system is, and black on white in print. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2126; --quiet: #5b6570; --paper: #ffffff; --panel: #f5f7f9; --rule: #d8dee4; --good: #12703a; --bad: #b3261e; --warn: #8a5300; --accent: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --quiet: #9aa5b1; --paper: #14181c; --panel: #1c2228; --rule: #323b44; --good: #5fce8d; --bad: #ff8a80; --warn: #f0b45c; --accent: #82b1ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; } h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
p { margin: 0.4rem 0; } .quiet, caption { color: var(--quiet); } .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.mode { display: inline-block; padding: 0.1rem 0.6rem; border: 1px solid currentColor; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; color: var(--accent); vertical-align: middle; }
.mode.live { background: var(--bad); border-color: var(--bad); color: var(--paper); }
.warning { border-left: 4px solid var(--warn); padding: 0.4rem 0.8rem; background: var(--panel); }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 0.8rem 0; }
dl.figures div { background: var(--panel); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
dt { color: var(--quiet); font-size: 0.85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; } th { color: var(--quiet); font-weight: 600; }
td.number, th.number { text-align: right; } td.words { white-space: normal; min-width: 14rem; }
.chart { display: block; width: 100%; min-width: 40rem; height: auto; margin: 0.4rem 0 1rem; } .chart .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; } .chart .end { fill: var(--accent); }
.chart .grid { stroke: var(--rule); stroke-width: 1; } .chart text { fill: var(--quiet); font-size: 12px; } .chart .mark line { stroke: var(--warn); stroke-dasharray: 4 3; } .chart .mark text { fill: var(--warn); }
.scroll + .scroll { margin-top: 0.8rem; } details { border: 1px solid var(--rule); border-radius: 0.5rem; padding: 0.5rem 0.8rem; margin: 0.6rem 0; } summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print { .chart { min-width: 0; } :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --panel: #fff; --rule: #bbb; --good: #000; --bad: #000; --warn: #000; --accent: #000; } body { max-width: none; padding: 0; font-size: 11px; } details { break-inside: avoid; } table { font-size: 9px; } th, td { padding: 0.15rem 0.3rem; } }
`;
