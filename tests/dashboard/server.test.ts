import { lookup } from "node:dns/promises";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { LightMyRequestResponse } from "fastify";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { ledgerFile } from "../../src/config/files.ts";
import { installationToken } from "../../src/dashboard/token-file.ts";
import { TraderError } from "../../src/domain/errors.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { recordExecuted } from "../reporting/examples.ts";
import { OpenDashboard, SECRET, TOKEN } from "./open-dashboard.ts";

let open: OpenDashboard[] = [];

function dashboard(...args: ConstructorParameters<typeof OpenDashboard>): OpenDashboard {
  const made = new OpenDashboard(...args);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
});

const PATHS = ["/", "/page/page.js", "/page/style.css", "/api/overview", "/api/signals", "/healthz", "/metrics", "/nothing", "/api/equity"];

describe("every answer", () => {
  test.each(PATHS)("of %s forbids what the page does not need, and lets no other site read it", async (path) => {
    const { headers } = await dashboard().get(path, { origin: "https://evil.example" });
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const)("to %s is that the dashboard only reads", async (method) => {
    for (const url of ["/", "/api/dashboard", "/login", "/nothing"]) {
      const answer = await (await dashboard().app).inject({ method, url, headers: { host: "localhost:8787" } });
      expect([answer.statusCode, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
      expect(answer.json()).toMatchObject({ error: "The dashboard is read-only: only GET and HEAD are allowed." });
    }
  });

  test("to HEAD has no body", async () => {
    for (const url of ["/", "/api/overview", "/healthz", "/api/events"]) {
      const answer = await (await dashboard().app).inject({ method: "HEAD", url, headers: { host: "localhost" } });
      expect([answer.statusCode, answer.body]).toEqual([200, ""]);
    }
  });

  test.each(["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "192.168.1.5:8787", "localhost.evil.example"])(
    "under the name %p is refused: another site may have led a browser here",
    async (host) => {
      const { status, text } = await dashboard().get("/api/dashboard", { host });
      expect(status).toBe(421);
      expect(JSON.parse(text)).toMatchObject({ code: "wrong-host" });
    },
  );

  test.each(["localhost", "localhost:9000", "127.0.0.1:8787", "[::1]:8787"])("under the name %p is given", async (host) => {
    expect((await dashboard().get("/healthz", { host })).status).toBe(200);
  });

  test("to an unknown address or a bad request is a message as JSON", async () => {
    const made = dashboard();
    for (const [url, status, error] of [
      ["/nothing", 404, "Nothing exists at this address."],
      ["/page/../server.ts", 404, "Nothing exists at this address."],
      ["/page/%2e%2e%2fserver.ts", 404, "Nothing exists at this address."],
      ["/api/executions/none", 404, "The ledger has no execution none."],
      ["/api/latest-execution", 404, "Nothing has been executed yet."],
      ["/api/equity", 400, "range must be one of day, week, month, all."],
      ["/api/equity?range=year", 400, "range must be one of day, week, month, all."],
      ["/api/signals?limit=0", 400, "limit must be a whole number from 1 to 500."],
      ["/api/executions?limit=x", 400, "limit must be a whole number from 1 to 500."],
    ] as const) {
      const answer = await made.get(url);
      expect([url, answer.status, (JSON.parse(answer.text) as { error: string }).error]).toEqual([url, status, error]);
    }
  });

  test.each(["/%zz", "/api/executions/%c3%28"])(
    "to %s, which is no readable address, has the same protection as every other",
    async (url) => {
      const made = dashboard();
      const answer = await made.get(url);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error: "This address cannot be read.", code: "bad-request" }]);
      expect(answer.headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY", "cache-control": "no-store" });
      expect((await made.get(url, { host: "evil.example" })).status).toBe(421);
    },
  );

  test("does not wait for slow clients: a request arrives within seconds, or its connection is closed", () => {
    const { server } = dashboard().server.listener;
    expect([server.headersTimeout, server.requestTimeout]).toEqual([5_000, 10_000]);
  });

  test("never contains a key, even if the broker quotes it", async () => {
    const made = dashboard();
    made.breakBroker(`401 for apca-api-secret-key: ${SECRET}`);
    for (const path of ["/api/dashboard", "/healthz", "/api/equity?range=day"]) {
      const { text } = await made.get(path);
      expect(text).toContain("[redacted]");
      expect(text).not.toContain(SECRET);
    }
  });
});

describe("the data", () => {
  test("list waiting lines only while they wait", async () => {
    const made = dashboard();
    const said = async (): Promise<unknown> =>
      (await made.json<{ lines: { verdict: string }[] }>("/api/signals")).lines.map((line) => line.verdict);
    const judge = (hash: string, kind: "waiting" | "malformed" | "incomplete", at: number): void => {
      made.ledger.recordLines([{ strategy: "nuclear", hash, text: "{}", stamp: undefined, firstSeenAt: at }]);
      made.ledger.judgeLines("nuclear", [hash], { kind, reason: `It is ${kind}.` }, at);
    };
    judge("a", "malformed", 1_000);
    judge("b", "waiting", 2_000);
    expect(await said()).toEqual(["waiting", "malformed"]);
    judge("b", "incomplete", 3_000);
    expect(await said()).toEqual(["incomplete", "malformed"]);
  });

  test("come from the ledger and the account", async () => {
    const made = dashboard();
    made.execute();
    const data = await made.json<Record<string, unknown>>("/api/dashboard");
    expect(data).toMatchObject({
      mode: "paper",
      halted: null,
      daemon: { pid: 4711 },
      broker: { name: "the test venue", reachable: true, problems: [], stream: "listening" },
      account: { equity: "100000", cash: "100000" },
      executions: [{ outcome: "off-target", orders: [{ symbol: "BWXT", status: "filled" }, { symbol: "SMR" }] }],
      equity: { day: { source: "broker" } },
    });
    expect(await made.json("/api/overview")).not.toHaveProperty("equity");
    expect(await made.json("/api/executions")).toEqual(data.executions);
    expect(await made.json("/api/signals?limit=1")).toMatchObject({ signals: [{ verdict: "executed" }], lines: [] });
    const [{ id } = { id: "" }] = await made.json<{ id: string }[]>("/api/executions");
    expect(await made.json(`/api/executions/${id}`)).toMatchObject({ execution: { id }, steps: [{ kind: "post" }, { kind: "filled" }] });
    expect((await made.get("/api/latest-execution")).text).toBe('{\n  "execution_mode": "PAPER"\n}\n');
  });

  test("without the broker come from the ledger, with the reason", async () => {
    const made = dashboard();
    made.execute();
    made.breakBroker();
    expect(await made.json("/api/dashboard")).toMatchObject({
      account: { equity: "99950", day_profit: null },
      account_source: "ledger",
      holdings: [{ symbol: "LEU" }, { symbol: "OKLO" }, { symbol: "SMR" }],
      broker: { reachable: false, problems: ["the test venue cannot be read: connect ECONNREFUSED"] },
      executions: [{ outcome: "off-target" }],
    });
    expect(await made.json("/api/equity?range=week")).toMatchObject({ range: "week", curve: null });
  });

  test("of a broker that is slow are the last known ones at once, with their time; then the new ones", async () => {
    const made = dashboard();
    made.execute();
    made.hang();
    const started = systemClock.monotonic();
    const first = await made.view.dataNow();
    expect(systemClock.monotonic() - started).toBeLessThan(3_000);
    expect(first).toMatchObject({ account_source: "ledger", account: { equity: "99950" }, broker: { reachable: false, problems: [] } });
    expect(first.broker.waiting_ms).toBeGreaterThan(0);
    const before = made.view.broker.late;
    made.answer();
    expect(await made.view.data()).toMatchObject({ account_source: "broker", account: { equity: "100000" }, broker: { reachable: true } });
    expect(made.view.broker.late).toBeGreaterThan(before);
  });

  test("need the same broker requests for one page and for many", async () => {
    const made = dashboard();
    await Promise.all(Array.from({ length: 40 }, () => made.get("/api/overview")));
    // The account, and the curves.
    expect(made.asked).toBe(2);
    await Promise.all([made.get("/api/dashboard"), made.get("/api/equity?range=day"), made.get("/metrics")]);
    expect(made.asked).toBe(2);
  });

  test("follow the current ledger: deleted it is empty, restored it is read again", async () => {
    const made = dashboard();
    expect(await made.json("/api/signals")).toMatchObject({ signals: [] });
    made.execute();
    expect(await made.json("/api/signals")).toMatchObject({ signals: [{ verdict: "executed" }] });
    made.ledger.close();
    for (const side of ["", "-wal", "-shm"]) rmSync(`${ledgerFile(made.config)}${side}`, { force: true });
    expect(await made.json("/api/signals")).toMatchObject({ signals: [] });
    const again = openLedger(ledgerFile(made.config));
    recordExecuted(again);
    again.close();
    expect(await made.json("/api/signals")).toMatchObject({ signals: [{ verdict: "executed" }] });
  });
});

describe("with a token", () => {
  const withToken = (): OpenDashboard => dashboard({ DASHBOARD_HOST: "0.0.0.0", DASHBOARD_TOKEN: TOKEN });

  test("only health and the login page are shown without it", async () => {
    const made = withToken();
    for (const path of ["/api/dashboard", "/api/events", "/metrics", "/page/page.js", "/api/executions/x"]) {
      const { status, headers, text } = await made.get(path);
      expect([status, headers["www-authenticate"]]).toEqual([401, 'Bearer realm="alpaca-trader"']);
      expect(text).not.toContain(TOKEN);
    }
    expect(await made.get("/")).toMatchObject({ status: 303, headers: { location: "/login" } });
    for (const path of ["/healthz", "/login", "/page/style.css"]) expect((await made.get(path)).status).toBe(200);
  });

  test("it works as a bearer token, under any host name", async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: "trader.lan:8787" };
    expect((await withToken().get("/api/overview", headers)).status).toBe(200);
    expect((await withToken().get("/api/overview", { ...headers, authorization: "Bearer wrong-token-here" })).status).toBe(401);
  });

  test("the login form sets a cookie that scripts cannot read and other sites cannot use", async () => {
    const made = withToken();
    const answer = await login(made, { token: TOKEN });
    const cookie = String(answer.headers["set-cookie"]);
    expect(answer.headers.location).toBe("/");
    expect(cookie).toMatch(/^alpaca_trader_[0-9a-f]{8}=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=2592000$/);
    expect(cookie).not.toContain(TOKEN);
    const [shown = ""] = cookie.split(";");
    expect((await made.get("/api/overview", { cookie: `other=1; ${shown}` })).status).toBe(200);
    expect((await made.get("/api/overview", { cookie: shown.replace(/.$/, (last) => (last === "0" ? "1" : "0")) })).status).toBe(401);
  });

  test("the login page is served with its script, and needs no other page", async () => {
    const made = withToken();
    const { text } = await made.get("/login");
    const paths = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(paths).toContain("/page/login.js");
    for (const path of paths) expect([path, (await made.get(path)).status]).toEqual([path, 200]);
  });

  test("the printed link logs in once, and takes a logged-in browser to the page", async () => {
    const made = withToken();
    const [address, code = ""] = made.server.linkTo("http://127.0.0.1:8787/").split("#code=");
    expect([address, code]).toEqual(["http://127.0.0.1:8787/login", expect.stringMatching(/^[0-9a-f]{48}$/)]);
    const first = await login(made, { code });
    const [cookie = ""] = String(first.headers["set-cookie"]).split(";");
    expect([first.headers.location, (await made.get("/api/overview", { cookie })).status]).toEqual(["/", 200]);
    const again = await login(made, { code });
    expect([again.headers.location, again.headers["set-cookie"]]).toEqual(["/login?wrong", undefined]);
    expect((await login(made, { code }, { cookie })).headers.location).toBe("/");
  });

  test("if unset, the installation's token is required, and it is never shown", async () => {
    const made = dashboard({ DASHBOARD_TOKEN: "" });
    const token = installationToken(made.directory);
    expect((await made.get("/api/overview")).status).toBe(401);
    made.breakBroker(`a broker that quotes ${token}`);
    const { status, text } = await made.get("/api/overview", { authorization: `Bearer ${token}` });
    expect([status, text.includes(token), text.includes("[redacted]")]).toEqual([200, false, true]);
    expect((await made.get("/healthz", { host: "evil.example" })).status).toBe(421);
  });

  test("a wrong one is answered late and refused; a form of another site is rejected", async () => {
    const made = withToken();
    const wrong = await login(made, { token: "not-the-token" });
    expect([wrong.headers.location, wrong.headers["set-cookie"]]).toEqual(["/login?wrong", undefined]);
    expect((await login(made, { token: TOKEN }, { origin: "https://evil.example" })).statusCode).toBe(405);
  });

  test("many guesses at once are refused", async () => {
    const made = withToken();
    const answers = await Promise.all(Array.from({ length: 12 }, () => made.get("/metrics", { authorization: "Bearer guess-guess" })));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  async function login(
    made: OpenDashboard,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LightMyRequestResponse> {
    return await (
      await made.app
    ).inject({
      method: "POST",
      url: "/login",
      headers: {
        host: "127.0.0.1:8787",
        origin: "http://127.0.0.1:8787",
        "content-type": "application/x-www-form-urlencoded",
        ...headers,
      },
      payload: new URLSearchParams(form).toString(),
    });
  }
});

describe("the port", () => {
  test("in use is an error that names it and the remedy", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const refusal: unknown = await dashboard()
      .server.listen(port)
      .catch((error: unknown) => error);
    await new Promise((resolve) => other.close(resolve));
    expect(refusal).toBeInstanceOf(TraderError);
    expect((refusal as TraderError).message).toBe(`The dashboard cannot listen on 127.0.0.1:${String(port)}: the port is in use.`);
    expect((refusal as TraderError).hint).toContain("DASHBOARD_PORT");
  });

  test("of localhost is open at each of its addresses, and closed with the dashboard", async () => {
    const made = new OpenDashboard({ DASHBOARD_HOST: "localhost" });
    try {
      const { port } = new URL(await made.server.listen(0));
      const addresses = await lookup("localhost", { all: true });
      const urls = addresses.map(({ address, family }) => `http://${family === 6 ? `[${address}]` : address}:${port}/healthz`);
      for (const url of urls) expect([url, (await fetch(url)).status]).toEqual([url, 200]);
      await made.server.close();
      for (const url of urls) await expect(fetch(url)).rejects.toThrow();
    } finally {
      await made.close();
    }
  });

  test("0 is any free port, and the page is served", async () => {
    const url = await dashboard().server.listen(0);
    const answer = await fetch(url);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const page = await answer.text();
    const paths = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "").filter((path) => !path.startsWith("#"));
    expect(paths.filter((path) => !/^[/?]/.test(path))).toEqual([]);
    for (const path of new Set(paths)) {
      const part = await fetch(new URL(path, url));
      expect([path, part.status]).toEqual([path, 200]);
      await part.body?.cancel();
    }
  });

  test("a file that the browser has is not sent again", async () => {
    const made = dashboard();
    const { headers } = await made.get("/page/page.js");
    expect(await made.get("/page/page.js", { "if-none-match": String(headers.etag) })).toMatchObject({ status: 304, text: "" });
  });
});
