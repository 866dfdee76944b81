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
