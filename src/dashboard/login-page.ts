/** Asks for the token. It runs no script, so it works wherever a form does. */
export const LOGIN_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log in · alpaca-trader</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/style.css">
</head>
<body class="login">
<main>
<h1>alpaca-trader</h1>
<form method="post" action="/login">
<label for="token">Token of this dashboard (<code>DASHBOARD_TOKEN</code>)</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Log in</button>
<p class="quiet">If this page comes back, the token was not the right one.</p>
</form>
</main>
</body>
</html>
`;
