import { appendFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal, sum } from "../../src/domain/decimal.ts";
import type { ScenarioOptions } from "./harness.ts";
import { LIMIT_MS, Scenario } from "./harness.ts";
import type { Leg } from "./strategy.ts";
import { runOf } from "./strategy.ts";
import type { Ended } from "./trader-process.ts";
import { expectExit, until } from "./trader-process.ts";

/** A portfolio that names its legs, so that it is complete at once. */
function portfolio(weights: Readonly<Record<string, number>>): Leg[] {
  const named = Object.entries(weights)
    .map(([symbol, percent]) => `${symbol} (${percent.toFixed(1)}%)`)
    .join(", ");
  return Object.entries(weights).map(([symbol, percent]) => ({
    symbol,
    reason: `Portfolio allocation: ${percent.toFixed(1)}% (${named})`,
  }));
}

/** An installation with two strategies: nuclear with 60 % and tecl with 40 %. */
class SharedAccount {
  readonly scenario: Scenario;
  readonly env: { readonly STRATEGIES: string };

  private constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.env = { STRATEGIES: `nuclear:60:$ALERTS_FILE,tecl:40:${this.teclFile}` };
  }

  static async open(options: ScenarioOptions = {}): Promise<SharedAccount> {
    return new SharedAccount(await Scenario.open(options));
  }

  get teclFile(): string {
    return this.scenario.path("tecl_alerts.json");
  }

  nuclear(weights: Readonly<Record<string, number>>): void {
    this.scenario.alert(portfolio(weights));
  }

  tecl(weights: Readonly<Record<string, number>>): void {
    appendFileSync(this.teclFile, runOf(portfolio(weights), systemClock.now()), { mode: 0o644 });
  }

  async concluded(count: number): Promise<void> {
    await until(
      () => this.scenario.trades.length >= count,
      `${String(count)} lines in the trade log`,
      () => this.scenario.log,
    );
  }
}

function expectWeights({ scenario }: SharedAccount, wanted: Readonly<Record<string, number>>): void {
  const { weights } = scenario;
  expect(Object.keys(weights).sort()).toEqual(Object.keys(wanted).sort());
  for (const [symbol, weight] of Object.entries(wanted)) expect(Math.abs((weights[symbol] ?? 0) - weight * 0.99)).toBeLessThan(0.011);
}

/** Rows of the table of books in `status`: `nuclear  SMR  742.5  $40.00  $29,700.00  +$1.20  $0.00`. */
function bookRows(status: string): { book: string; what: string; quantity: string; value: string }[] {
  const lines = status.split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("Sub-accounts of the strategies:")) + 2);
  return table.flatMap((line) => {
    const [book = "", what = "", ...rest] = line.trim().split(/ {2,}/);
    if (!["nuclear", "tecl", "unattributed"].includes(book)) return [];
    const value = what === "cash" ? rest[0] : rest[rest.length === 5 ? 2 : 1];
    return [{ book, what, quantity: rest[0] ?? "", value: (value ?? "").replaceAll(/[$,]/g, "") }];
  });
}

describe("two strategies on one account", () => {
  test(
    "the daemon adds their weights up; positions, cash and profit of the books add up to the account to the cent",
    async () => {
      const account = await SharedAccount.open();
      const { scenario, env } = account;
      const daemon = await scenario.daemon(env);
      account.nuclear({ SMR: 50, LEU: 50 });
      await account.concluded(1);
      account.tecl({ SMR: 25, OKLO: 75 });
      await account.concluded(2);
      account.nuclear({ LEU: 30, OKLO: 70 });
      await account.concluded(3);

      expectWeights(account, { LEU: 0.18, OKLO: 0.42 + 0.3, SMR: 0.1 });
      const [status, explain] = await Promise.all([scenario.run(["status"], env), scenario.type(["explain"], env)]);
      expectExit(status, 0);
      const rows = bookRows(status.stdout);
      const view = scenario.simulator.exchange.accountView();
      expect(sum(rows.map(({ value }) => decimal(value))).toFixed(2)).toBe(Number(view.equity).toFixed(2));
      for (const { symbol, qty, market_value } of scenario.simulator.exchange.positionViews()) {
        const own = rows.filter(({ what }) => what === symbol);
        expect(sum(own.map(({ quantity }) => decimal(quantity.replaceAll(",", "")))).toFixed()).toBe(decimal(String(qty)).toFixed());
        expect(sum(own.map(({ value }) => decimal(value))).toFixed(2)).toBe(Number(market_value).toFixed(2));
        expect(own.map(({ book }) => book)).not.toContain("unattributed");
      }
      expect(status.stdout).toMatch(/nuclear +60\.0 % +LEU 30\.0 %, OKLO 70\.0 % +its last accepted run/);
      expect(status.stdout).toMatch(/tecl +40\.0 % .*old/);
      expectExit(explain, 0);
      expect(explain.stdout).toContain("Targets of all strategies:");
      expect(explain.stdout).toMatch(/tecl +40\.0 % .*its last accepted run .* old/);
      expect(scenario.log).toMatch(/Targets: nuclear 60\.0 % \(this run, .* old\), tecl 40\.0 % \(accepted, .* old\)/);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "execute acts on the fresh run of each; a dry run before shows the one plan for both and sends nothing",
    async () => {
      const account = await SharedAccount.open();
      const { scenario, env } = account;
      account.nuclear({ SMR: 100 });
      account.tecl({ SMR: 50, LEU: 50 });

      const dry = await scenario.execute({ dryRun: true }, env);
      expectExit(dry, 0);
      expect(dry.stdout).toMatch(/SMR +80\.0 %/);
      expect(scenario.orders).toEqual([]);
      const both = await scenario.run(["execute"], env);
      expectExit(both, 0);
      expect(scenario.book).toEqual(["buy LEU filled", "buy SMR filled"]);
      expectWeights(account, { SMR: 0.8, LEU: 0.2 });
      expect(scenario.trades.map(({ outcome }) => outcome)).toEqual(["on-target", "on-target"]);
      const again = await scenario.execute({}, env);
      expectExit(again, 0);
      expect(again.stdout).toMatch(/nuclear: Already executed/);
      expect(again.stdout).toMatch(/tecl: Already executed/);
      expect(scenario.orders).toHaveLength(2);
    },
    LIMIT_MS,
  );

  test(
    "one that speaks nonsense refuses with 3 and does not keep the other from being executed",
    async () => {
      const account = await SharedAccount.open();
      const { scenario, env } = account;
      account.nuclear({ SMR: 100 });
      appendFileSync(account.teclFile, "{\n", { mode: 0o644 });

      const ended = await scenario.execute({}, env);

      expectExit(ended, 3);
      expect(ended.stdout).toMatch(/tecl: Not executed, malformed/);
      expectWeights(account, { SMR: 0.6 });
    },
    LIMIT_MS,
  );

  test(
    "a daemon that is killed in the middle goes on after its start with what both wanted, without a second order",
    async () => {
      const account = await SharedAccount.open({ venue: { fillLatencyMs: 1_500 } });
      const { scenario, env } = account;
      const first = await scenario.daemon(env);
      account.nuclear({ SMR: 100 });
      await account.concluded(1);
      account.tecl({ SMR: 50, LEU: 50 });
      await until(
        () => scenario.orders.length > 1,
        "orders of the second execution",
        () => scenario.log,
      );
      first.kill("SIGKILL");
      await first.ended;

      const second = await scenario.daemon(env);
      await account.concluded(2);
      expectWeights(account, { SMR: 0.8, LEU: 0.2 });
      expect(scenario.book).toEqual(["buy LEU filled", "buy SMR filled", "buy SMR filled"]);
      const status = await scenario.status(env);
      expect(bookRows(status.stdout).filter(({ book, what }) => book === "unattributed" && what !== "cash")).toEqual([]);
      expectExit(await second.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "a newer run replaces one of the same strategy that has not begun, and leaves the other's alone",
    async () => {
      const account = await SharedAccount.open();
      const { scenario, env } = account;
      account.tecl({ OKLO: 100 });
      account.nuclear({ SMR: 100 });
      scenario.append(runOf(portfolio({ LEU: 100 }), systemClock.now() + 3_000));

      expectExit(await scenario.execute({}, env), 0);

      expectWeights(account, { LEU: 0.6, OKLO: 0.4 });
      expect(scenario.book).toEqual(["buy LEU filled", "buy OKLO filled"]);
    },
    LIMIT_MS,
  );

  test(
    "while one is executed, a newer run of the other replaces only the other's own that waits",
    async () => {
      const account = await SharedAccount.open({ venue: { fillLatencyMs: 3_000 } });
      const { scenario, env } = account;
      const daemon = await scenario.daemon(env);
      account.nuclear({ SMR: 100 });
      await until(
        () => scenario.orders.length === 1,
        "the order of the first execution",
        () => scenario.log,
      );
      account.tecl({ OKLO: 100 });
      await scenario.logSays(/of tecl: OKLO/);
      appendFileSync(account.teclFile, runOf(portfolio({ LEU: 100 }), systemClock.now() + 2_500));
      await account.concluded(2);

      expectWeights(account, { SMR: 0.6, LEU: 0.4 });
      expect(scenario.book).toEqual(["buy LEU filled", "buy SMR filled"]);
      expect(scenario.trades.map(({ outcome }) => outcome)).toEqual(["on-target", "on-target"]);
      expectExit(await daemon.stop(), 0);
    },
    LIMIT_MS,
  );

  test(
    "what neither has named is left alone, off target and by name, until the owner releases it",
    async () => {
      const positions = [{ symbol: "TQQQ", quantity: decimal("100"), averagePrice: decimal("70") }];
      const account = await SharedAccount.open({ venue: { positions } });
      const { scenario, env } = account;
      account.nuclear({ SMR: 100 });

      const first = await scenario.execute({}, env);
      expectExit(first, 1);
      expect(first.stdout).toMatch(/TQQQ.*left alone: unattributed/);
      expect(scenario.book).toEqual(["buy SMR filled"]);

      const unknown = await scenario.type(["account", "--release", "BTAL"], env);
      expectExit(unknown, 1);
      expect(unknown.stderr).toContain("The account holds no BTAL");
      const released = await scenario.type(["account", "--release", "tqqq"], env);
      expectExit(released, 0);
      expect(released.stdout).toContain("TQQQ is released");
      account.tecl({ LEU: 100 });
      expectExit(await scenario.execute({}, env), 0);
      expectWeights(account, { SMR: 0.6, LEU: 0.4 });
    },
    LIMIT_MS,
  );
});

test(
  "what is wrong with STRATEGIES ends with 78 and says what",
  async () => {
    const scenario = await Scenario.open();
    const texts = ["nuclear:60:/a,tecl:50:/b", "nuclear:60:/a,nuclear:40:/b", "a:50:/x,b:50:/x", "tecl:40", "a:0:/x", "A:50:/x", "a:50:x"];
    const ended: Ended[] = [];
    for (const text of texts) ended.push(await scenario.execute({}, { STRATEGIES: text }));
    for (const each of ended) expectExit(each, 78);
    const said = ended.map(({ stderr }) => stderr);
    expect(said[0]).toContain("the shares sum to 110 %");
    expect(said[1]).toContain("it names nuclear twice");
    expect(said[2]).toContain("two strategies read /x");
    expect(said[3]).toContain("does not have three parts");
    expect(said[4]).toContain("a percentage above 0 and at most 100");
    expect(said[5]).toContain("expected small letters");
    expect(said[6]).toContain("expected an absolute path");
  },
  LIMIT_MS,
);
