/**
 * The page of an account: its static frame, visible before any script runs. The scripts fill it.
 * @param scripts paths of the page's modules, fetched in parallel.
 * @param account its name in a fleet.
 */
export function indexPage(scripts: readonly string[], account?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>alpaca-trader</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/charts/uPlot.css">
<link rel="stylesheet" href="/page/style.css">
${scripts.map((path) => `<link rel="modulepreload" href="${path}">`).join("\n")}
<script src="/charts/uPlot.js" defer></script>
<script type="module" src="/page/main.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the account</a>
<header>
<div class="bar">
${account === undefined ? "<h1>alpaca-trader</h1>" : `<h1><a href="/fleet">Fleet</a> · ${account}</h1>`}
<p id="mode" class="mode"></p>
<p id="state" role="status"></p>
<p id="connection" class="connection" role="status"></p>
</div>
</header>
<main id="main" tabindex="-1">
<div id="alarms" role="alert"></div>
<div id="trouble" role="status"></div>
<noscript><p class="alarm warn">This page needs JavaScript. The same data is at /api/dashboard, and <code>alpaca-trader status</code> prints it.</p></noscript>
<section aria-label="State"><div id="facts"></div></section>
<div class="columns">
<div>
<section aria-labelledby="account-title">
<h2 id="account-title">Account</h2>
<div id="account"></div>
<div class="curve-head">
<h3>Equity</h3>
<fieldset id="ranges">
<legend class="unseen">Time shown</legend>
<label><input type="radio" name="range" value="day"><span>Day</span></label>
<label><input type="radio" name="range" value="week"><span>Week</span></label>
<label><input type="radio" name="range" value="month" checked><span>Month</span></label>
<label><input type="radio" name="range" value="all"><span>All</span></label>
</fieldset>
</div>
<div id="curve" aria-hidden="true"></div>
<div id="curve-figures"></div>
<details class="words"><summary>Chart data as table</summary><div id="curve-words"></div></details>
</section>
</div>
<div>
<section id="live" aria-labelledby="live-title">
<h2 id="live-title">Execution</h2>
<div id="live-content"></div>
<p id="announcement" class="unseen" aria-live="polite"></p>
</section>
<section aria-labelledby="strategies-title">
<h2 id="strategies-title">Strategies</h2>
<div id="strategies"></div>
</section>
<section aria-labelledby="signals-title">
<h2 id="signals-title">Signals</h2>
<div id="signals" tabindex="0" role="region" aria-label="Signals, newest first"></div>
</section>
</div>
</div>
<section aria-labelledby="holdings-title">
<h2 id="holdings-title">Holdings against targets</h2>
<div id="holdings"></div>
</section>
<section aria-labelledby="executions-title">
<h2 id="executions-title">Executions</h2>
<div id="executions"></div>
</section>
<p><button id="more" type="button">Show older</button></p>
</main>
<footer>
<p><span id="as-of"></span>Times are in your own time zone unless another is shown.</p>
<p>Raw data: <a href="${account === undefined ? "" : `/fleet/${account}`}/api/dashboard">dashboard</a>, <a href="/metrics">metrics</a>, <a href="/healthz">health</a>. Charts: uPlot (<a href="/charts/LICENSE.txt">MIT licence</a>).</p>
</footer>
</body>
</html>
`;
}

/** Asks for the token. The script only sends the code of a printed link; the form works without it. */
export const LOGIN_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log in · alpaca-trader</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/style.css">
<script type="module" src="/page/login.js"></script>
</head>
<body class="login">
<main>
<h1>alpaca-trader</h1>
<form method="post" action="/login">
<label for="token">Token of this dashboard</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Log in</button>
<p class="quiet">It is <code>DASHBOARD_TOKEN</code>, or if that is unset, the content of <code>dashboard-token</code> in <code>STATE_DIR</code>. If this page reappears, the token was wrong, the link was already used, or there were too many attempts: wait a few seconds.</p>
</form>
</main>
</body>
</html>
`;

/** Two bars and a target line. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4fd8"/><rect x="8" y="14" width="6" height="10" rx="1.5" fill="#fff"/><rect x="18" y="10" width="6" height="14" rx="1.5" fill="#fff"/><path d="M5 9h22" stroke="#ffd166" stroke-width="2" stroke-linecap="round"/></svg>`;
