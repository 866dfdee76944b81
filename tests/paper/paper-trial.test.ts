import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Environment } from "../../src/domain/config.ts";
import type { ExchangeOptions } from "../../src/simulator/exchange-options.ts";
import type { OrderRecord } from "../../src/simulator/orders.ts";
import { Venue, type VenueOptions } from "../../src/simulator/venue.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";
import { holding, MARKET_OPEN, marketOrder, openExchange, WEEKEND } from "../simulator/fixture.ts";
import type { Finding } from "./finding.ts";
import { paperTrial } from "./paper-trial.ts";

const PRICES = { SQQQ: "18.50", UVXY: "20", FNGU: "25", BTAL: "19", AAPL: "210" };
const KEYS: Environment = {
  ALPACA_PAPER_KEY: "PK-the-key",
  ALPACA_PAPER_SECRET: "the-secret",
  ALPACA_PAPER_ENDPOINT: "http://127.0.0.1:8788",
};

interface Ran {
  readonly code: number;
  readonly printed: string;
  readonly json: string;
  readonly findings: readonly Finding[];
  readonly orders: readonly OrderRecord[];
  readonly venue: Venue;
}

interface Setting {
  readonly exchange?: Partial<ExchangeOptions>;
  readonly venue?: Partial<VenueOptions>;
  readonly at?: number;
  readonly prepare?: (venue: Venue) => void;
  readonly environment?: Environment;
  /** Called with each request before it is answered. */
  readonly watch?: (url: string, stop: AbortController) => void;
}

/** A trial against a simulator in this process, in virtual time. */
async function trial(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const { clock, exchange } = openExchange({ prices: PRICES, ...setting.exchange }, setting.at ?? MARKET_OPEN);
  const venue = new Venue({ exchange, ...setting.venue });
  setting.prepare?.(venue);
  const send = fetchFor(venue);
  const stop = new AbortController();
  const lines: string[] = [];
  let json = "";
  const code = await clock.until(
    paperTrial(["--json", "answers.json", ...argv], {
      environment: setting.environment ?? KEYS,
      clock,
      send: (input, init) => {
        setting.watch?.(new Request(input).url, stop);
        return send(input, init);
      },
      signal: stop.signal,
      print: (line) => lines.push(line),
      write: (_file, text) => {
        json = text;
      },
    }),
  );
  const { findings } = JSON.parse(json) as { findings: Finding[] };
  return { code, printed: lines.join("\n"), json, findings, orders: [...exchange.state.orders.values()], venue };
}

function different({ findings }: Ran): string[] {
  return findings.filter(({ verdict }) => verdict === "DIFFERENT").map(({ assumption, seen }) => `${assumption}: ${seen}`);
}

function found({ findings }: Ran, assumption: string): Finding | undefined {
  return findings.find((each) => each.assumption === assumption);
}

describe("a trial with --yes on a venue that does as the product assumes", () => {
  test("finds everything the same, ends with 0 and leaves the account as it was", async () => {
    const ran = await trial(["--yes", "--gate"], {
      prepare: ({ exchange }) => {
        Object.assign(exchange.state.assets.get("UVXY") ?? {}, { attributes: ["ptp_no_exception"] });
        Object.assign(exchange.state.assets.get("BTAL") ?? {}, { fractionable: false });
      },
    });
    expect(different(ran)).toEqual([]);
    expect(ran.findings.filter(({ verdict }) => verdict === "not tried")).toEqual([]);
    expect(ran.findings.length).toBeGreaterThan(40);
    expect(ran.code).toBe(0);
    expect(ran.venue.exchange.state.positions.size).toBe(0);
    expect(ran.orders.filter(({ status }) => !["filled", "canceled"].includes(status))).toEqual([]);
    expect(ran.orders.every(({ clientOrderId }) => clientOrderId.startsWith("paper-trial-"))).toBe(true);
  });

  test("tries what docs/to-try-on-paper.md says that it tries", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/to-try-on-paper.md"), "utf8");
    const ran = await trial(["--yes", "--gate"]);
    const rows = ran.findings.filter(({ verdict }) => verdict !== "not tried").map(({ assumption }) => assumption);
    expect(rows.filter((row) => row !== "cleaning up" && !page.includes(`“${row}”`))).toEqual([]);
    const named = [...page.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !name.includes("…") && !rows.includes(name))).toEqual([]);
  });

  test("asks for a share or two of one cheap symbol", async () => {
    const ran = await trial(["--yes"]);
    expect(new Set(ran.orders.map(({ symbol }) => symbol)).size).toBe(1);
    expect(ran.orders.every(({ quantity, notional }) => (quantity?.lte("2") ?? true) && (notional?.lte("2") ?? true))).toBe(true);
  });

  test("trades the symbol that --symbol names", async () => {
    const ran = await trial(["--yes", "--symbol", "btal"]);
    expect(new Set(ran.orders.map(({ symbol }) => symbol))).toEqual(new Set(["BTAL"]));
  });

  test("records text, code and body of a refusal, and neither keys nor the account's number", async () => {
    const ran = await trial(["--yes"]);
    expect(found(ran, "a buy far above the buying power")?.seen).toMatch(
      /^403 \{"buying_power":"100000","code":40310000,"cost_basis":"2000000"/,
    );
    expect(ran.json).toContain("insufficient buying power");
    for (const secret of ["PK-the-key", "the-secret", ran.venue.exchange.accountView().account_number as string])
      expect(ran.json + ran.printed).not.toContain(secret);
  });
});

describe("what a venue does otherwise shows up as DIFFERENT, and ends with 1", () => {
  test.each([
    ["lagging-numbers:power=20000", "after a sell: buying power", "19."],
    ["lagging-numbers:power=0,positions=60000", "after a buy: positions", "not within 30 s"],
    ["lagging-numbers:power=0,gate=25000", "after a sell: the order gate", "25."],
    ["one-sided-quotes:symbol=LEU", "quotes of the free feed", "LEU"],
    ["account-set:to=fractions-off", "a fractional limit buy, id of 128 characters", "fractional trading is disabled"],
    ["asynchronous-reject:side=buy", "a market buy", "rejected"],
    ["no-corporate-actions", "corporate actions", "403"],
    ["doubled-position:symbol=AAPL", "positions", "AAPL: symbol: is listed more than once"],
  ])("%s: %s", async (fault, assumption, seen) => {
    const ran = await trial(["--yes", "--gate"], { venue: { faults: [fault] }, exchange: { positions: [holding("AAPL", "10", "200")] } });
    expect(found(ran, assumption)?.verdict).toBe("DIFFERENT");
    expect(found(ran, assumption)?.seen).toContain(seen);
    expect(ran.printed).toMatch(new RegExp(`${assumption.replace(/[()]/g, ".")}.*DIFFERENT`));
    expect(ran.code).toBe(1);
    expect(found(ran, "cleaning up")?.verdict).toBe("same");
  });

  test("a lag within the time that the product waits is the same, and has its figure", async () => {
    const ran = await trial(["--yes"], { venue: { faults: ["lagging-numbers:power=3000"] } });
    expect(found(ran, "after a sell: buying power")?.verdict).toBe("same");
    expect(found(ran, "after a sell: buying power")?.seen).toMatch(/^2\.[89]\d s$/);
    expect(found(ran, "after a sell: cash")?.seen).toMatch(/^0\.\d+ s$/);
  });
});

describe("nothing but its own is touched", () => {
  test("a holding and an order of somebody else's stay, and their symbols are not traded", async () => {
    const ran = await trial(["--yes"], {
      exchange: { positions: [holding("SQQQ", "10", "18")] },
      prepare: ({ exchange }) =>
        void exchange.submit({ ...marketOrder("buy", "BTAL", { qty: "1" }), type: "limit", limit_price: "5", client_order_id: "mine" }),
    });
    expect(ran.venue.exchange.state.positions.get("SQQQ")?.quantity.toFixed()).toBe("10");
    expect(ran.orders.find(({ clientOrderId }) => clientOrderId === "mine")?.status).toBe("new");
    const traded = ran.orders.filter(({ clientOrderId }) => clientOrderId !== "mine").map(({ symbol }) => symbol);
    expect(traded).not.toContain("SQQQ");
    expect(traded).not.toContain("BTAL");
  });

  test("an open order of a trial that was killed is cancelled", async () => {
    const ran = await trial(["--yes", "--symbol", "SQQQ"], {
      prepare: ({ exchange }) =>
        void exchange.submit({
          ...marketOrder("buy", "BTAL", { qty: "1" }),
          type: "limit",
          limit_price: "5",
          client_order_id: "paper-trial-old-x",
        }),
    });
    expect(ran.orders.find(({ clientOrderId }) => clientOrderId === "paper-trial-old-x")?.status).toBe("canceled");
  });

  test("stopped in the middle, it sells what it has bought", async () => {
    let posts = 0;
    const ran = await trial(["--yes"], {
      watch: (url, stop) => {
        if (url.includes("snapshots?symbols=SQQQ&") || (url.endsWith("/v2/positions") && (posts += 1) > 6)) stop.abort();
      },
    });
    expect(found(ran, "the trial itself")?.seen).toBe("Stopped.");
    expect(ran.orders.some(({ side, status }) => side === "buy" && status === "filled")).toBe(true);
    expect(ran.venue.exchange.state.positions.size).toBe(0);
    expect(ran.code).toBe(1);
  });
});

describe("no order is sent", () => {
  test.each<[string, readonly string[], Setting, string]>([
    ["without --yes", [], {}, "--yes sends orders for 2 shares of"],
    ["while the market is closed", ["--yes"], { at: WEEKEND }, "it needs 15 minutes of an open session"],
    ["shortly before the close", ["--yes"], { at: Date.parse("2025-07-14T19:50:00Z") }, "it needs 15 minutes of an open session"],
    ["for a symbol that does not exist", ["--yes", "--symbol", "NOSUCH"], {}, "no symbol"],
  ])("%s, and the rest is still tried", async (_case, argv, setting, why) => {
    const ran = await trial(argv, setting);
    expect(ran.orders).toEqual([]);
    expect(found(ran, "everything that takes orders")?.verdict).toBe("not tried");
    expect(found(ran, "everything that takes orders")?.seen).toContain(why);
    expect(found(ran, "account configuration")?.verdict).toBe("same");
  });
});

describe("where real money could be meant it refuses to run, before any request", () => {
  test.each<[string, Environment, string]>([
    ["live mode", { ...KEYS, TRADING_MODE: "live", ALPACA_KEY: "AK1", ALPACA_SECRET: "s", LIVE_TRADING_ACCOUNT: "1" }, "Live keys are set"],
    ["live keys beside paper ones", { ...KEYS, ALPACA_KEY: "AK1", ALPACA_SECRET: "s" }, "Live keys are set"],
    ["a live token next to paper keys", { ...KEYS, ALPACA_OAUTH_TOKEN: "token" }, "Live keys are set"],
    ["a live key in the place of a paper one", { ...KEYS, ALPACA_PAPER_KEY: "AK1" }, "looks like a live key"],
    ["the simulator's mode", { TRADING_MODE: "simulator" }, "The mode is simulator"],
    ["no keys", {}, "The mode is simulator"],
    ["another host", { ...KEYS, ALPACA_PAPER_ENDPOINT: "https://example.com" }, "example.com is not Alpaca's paper venue"],
    ["another data host", { ...KEYS, ALPACA_DATA_ENDPOINT: "https://example.com" }, "example.com is not Alpaca's paper venue"],
    ["the live host", { ...KEYS, ALPACA_PAPER_ENDPOINT: "https://api.alpaca.markets" }, "ALPACA_PAPER_ENDPOINT"],
  ])("%s", async (_case, environment, message) => {
    const asked: string[] = [];
    await expect(trial(["--yes"], { environment, watch: (url) => asked.push(url) })).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });

  test("an option that it does not know", async () => {
    await expect(trial(["--force"])).rejects.toThrow("--force");
  });
});
