import { html, Markup } from "../reporting/html.ts";

const MODES: Readonly<Record<string, string>> = {
  live: "LIVE · real money",
  paper: "Paper trading",
  shadow: "SHADOW · nothing is sent",
  simulator: "Simulator · invented money",
};

/** Puts a page together. */
export interface PageFrame {
  readonly title: string;
  readonly mode: string;
  readonly isHalted: boolean;
  /** Its name in a fleet. */
  readonly account?: string | undefined;
  /** For the link to what the page is about. */
  readonly skip: string;
  /** How it stands, in a badge. */
  readonly state: Markup;
  readonly main: Markup;
  /** When it was made. */
  readonly at: string;
  /** What is behind the page, for the footer. */
  readonly data?: Markup;
  /** A page of many accounts. */
  readonly isFleet?: boolean;
  /** A sentence for the footer. */
  readonly note?: string;
}

/** A page that its script renews part by part: every element with an id and `data-part`. */
export function pageFrame(page: PageFrame): string {
  const { mode, account, at, isFleet = false } = page;
  const root = account === undefined ? "" : `/fleet/${account}`;
  const made = html`<html lang="en" data-mode="${mode}" data-halted="${String(page.isHalted)}">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${page.title}</title>
      <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="/page/style.css" />
      <script type="module" src="/page/page.js"></script>
      <noscript><meta http-equiv="refresh" content="10" /></noscript>
    </head>
    <body class="${isFleet ? "fleet" : "account"}" data-events="${isFleet ? "/fleet/api/events" : `${root}/api/events`}">
      <a class="skip" href="#main">${page.skip}</a>
      <header>
        <div class="bar">
          <h1>${titleOf(page)}</h1>
          <p id="mode" class="mode">${MODES[mode] ?? mode}</p>
          <p id="state" data-part role="status">${page.state}</p>
        </div>
      </header>
      <main id="main" tabindex="-1" data-at="${at}">${page.main}</main>
      <p id="announcement" class="unseen" aria-live="polite"></p>
      <footer>
        ${page.note === undefined ? "" : html`<p>${page.note}</p>`}
        <p>${page.data ?? rawData(root)}</p>
      </footer>
    </body>
  </html>`;
  return `<!doctype html>\n${made.text}\n`;
}

function titleOf({ account, isFleet = false }: PageFrame): Markup {
  if (account !== undefined) return html`<a href="/fleet">Fleet</a> · ${account}`;
  return html`${isFleet ? "alpaca-trader fleet" : "alpaca-trader"}`;
}

function rawData(root: string): Markup {
  return html`Raw data: <a href="${root}/api/dashboard">dashboard</a>, <a href="/metrics">metrics</a>, <a href="/healthz">health</a>.`;
}

/** When the page itself cannot be made: why, and it is tried again. */
export function troublePage(message: string, { mode, at, account }: Pick<PageFrame, "mode" | "at" | "account">): string {
  return pageFrame({
    title: `PROBLEM · ${mode.toUpperCase()} · alpaca-trader`,
    mode,
    isHalted: false,
    account,
    skip: "Skip to the problem",
    state: new Markup(""),
    main: html`<div id="alarms" data-part role="alert"><p class="alarm bad">${message}</p></div>
      <div id="trouble" role="status"></div>`,
    at,
  });
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
