import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import type { TraderEvent } from "../../src/app/events.ts";
import { TradingSession } from "../../src/app/trading-session.ts";
import { messageOf } from "../../src/domain/errors.ts";

let directory: string;
let silent: Server;
let asked = 0;
let limited = false;
let onAsked: () => void = () => undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "alpaca-trader-desk-"));
  asked = 0;
  limited = false;
  silent = createServer((_request, response) => {
    asked += 1;
    onAsked();
    if (limited) response.writeHead(429, { "Retry-After": "30", "Content-Type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await new Promise((resolve) => silent.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

function open(onEvent: (event: TraderEvent) => void = () => undefined): Promise<TradingSession> {
  const env = {
    STATE_DIR: directory,
    HALT_FILE: join(directory, "HALT"),
    LOG_DIR: directory,
    ALPACA_PAPER_ENDPOINT: `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}`,
    ALPACA_PAPER_KEY: "PKDESK",
    ALPACA_PAPER_SECRET: "desk-secret",
  };
  return TradingSession.open({ env, clock: systemClock, command: "run", console: undefined, verbose: false, onEvent });
}

function warning(session: TradingSession): Promise<unknown> {
  return session.readAccount().catch((error: unknown) => session.log.warn(`Cannot read the account: ${messageOf(error)}`));
}

function logLines(): string[] {
  return readFileSync(join(directory, "alpaca_trader.log"), "utf8").trim().split("\n").slice(1);
}

test("the closing message comes last in the log, after errors of requests that were abandoned", async () => {
  const session = await open();
  const underWay = new Promise<void>((resolve) => (onAsked = resolve));
  const told = warning(session);
  await underWay;

  await session.close("Stopped.");
  await told;

  expect(logLines()).toEqual([expect.stringContaining("Cannot read the account: "), expect.stringMatching(/INFO {2}Stopped\.$/)]);
});

test("a request that was not sent before the session closed is never sent", async () => {
  const session = await open();
  const told = warning(session);

  await session.close("Stopped.");
  await told;

  expect(asked).toBe(0);
  expect(logLines()).toEqual([expect.stringContaining("Cannot read the account: "), expect.stringMatching(/INFO {2}Stopped\.$/)]);
});

test("a wait for the trading and market data budgets together is reported once, in the log and as an event", async () => {
  const told: string[] = [];
  const session = await open((event) => {
    if (event.kind === "remark" && event.important === true) told.push(event.text);
  });
  limited = true;
  const both = new Promise<void>((resolve) => {
    onAsked = () => {
      if (asked === 3) resolve();
    };
  });
  const given = [warning(session), session.broker.prices(["SPY"]).catch(() => undefined)];
  await both;
  while (logLines().length === 0 || logLines()[0] === "") await systemClock.sleep(10);
  await systemClock.sleep(300);

  await session.close();
  await Promise.all(given);

  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^The rate limit of Alpaca paper at 127\.0\.0\.1:\d+ is used up\. The next request can be sent in 30 s\.$/);
  expect(logLines().filter((line) => line.includes("used up"))).toEqual([expect.stringContaining(told[0] ?? "nothing")]);
});
