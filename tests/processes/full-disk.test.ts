import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { SimulatorOptions } from "../../src/simulator/server.ts";
import { HEDGE, HEDGE_WEIGHTS, NUCLEAR, runOf } from "../scenarios/strategy.ts";
import type { TraderProcess } from "../scenarios/trader-process.ts";
import { expectExit, PATIENCE_MS, until } from "../scenarios/trader-process.ts";
import { Installation } from "./installation.ts";
import type { Means, ScarceSpace } from "./scarce-space.ts";
import { endPage, padLog, possibleMeans, scarceSpace } from "./scarce-space.ts";

const LIMIT_MS = 2 * PATIENCE_MS;
/** Above any ledger here, below the size at which a log is rotated. */
const LONG_LOG_BYTES = 6_000_000;

const LOGS = ["alpaca_trader.log", "alpaca_trades.json"];

/** Going over to the hedge takes two sells and two buys. */
const INVESTED: SimulatorOptions = {
  cash: decimal("12"),
  ackLatencyMs: 5,
  fillLatencyMs: 30,
  partialFillProbability: 0,
  positions: [
    { symbol: "TQQQ", quantity: decimal("950.123456789"), averagePrice: decimal("81.40") },
    { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("36.10") },
  ],
};
const SWITCH = ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"];

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function installationOn(means: Means, setting: "STATE_DIR" | "LOG_DIR"): Promise<{ installation: Installation; space: ScarceSpace }> {
  const space = scarceSpace(means);
  open.push({
    close: () => {
      space.remove();
      return Promise.resolve();
    },
  });
  const installation = await Installation.open(INVESTED, { [setting]: space.directory });
  open.push(installation);
  return { installation, space };
}

async function ready(installation: Installation): Promise<TraderProcess> {
  const daemon = installation.start();
  await daemon.says(/Ready: watching for alerts/);
  return daemon;
}

async function bookIs(installation: Installation, book: readonly string[], daemon: TraderProcess): Promise<void> {
  await until(
    () => installation.book.join() === book.join(),
    book.join(", "),
    () => `${installation.book.join("\n")}\n${daemon.output}`,
  );
}

function hedge(): string {
  return runOf(HEDGE, systemClock.now());
}

function expectHedged(installation: Installation): void {
  expect(installation.book).toEqual(SWITCH);
  expect([...installation.weights.keys()].sort()).toEqual(Object.keys(HEDGE_WEIGHTS).sort());
  for (const [symbol, weight] of Object.entries(HEDGE_WEIGHTS))
    expect(Math.abs((installation.weights.get(symbol) ?? 0) - weight * 0.99)).toBeLessThan(0.01);
  expect(installation.simulator.exchange.state.cash.gte(ZERO)).toBe(true);
}

/** What a person is told; the kernel's limit is no full disk to SQLite but a failed write. */
const LEDGER_FAILED =
  /The disk is full: the ledger .* cannot be written\.|The disk failed when the ledger .* was read or written \(disk I\/O error\)\./;

describe.each(possibleMeans())("with %s as STATE_DIR that is full", (means) => {
  test(
    "from the first order on, the daemon stops loudly, and with space again a start finishes without anything twice",
    async () => {
      const { installation, space } = await installationOn(means, "STATE_DIR");
      const daemon = await ready(installation);
      let full = false;
      installation.simulator.venue.interceptor = {
        after: ({ method }, response) => {
          if (method === "POST" && !full) {
            full = true;
            space.takeAll(daemon);
          }
          return Promise.resolve(response);
        },
      };

      installation.alert(hedge());
      const stopped = await daemon.end();

      expectExit(stopped, 1);
      expect(stopped.stderr).toMatch(LEDGER_FAILED);
      expect(installation.book.filter((line) => line.startsWith("buy"))).toEqual([]);
      space.giveBack(undefined);
      const again = await ready(installation);
      await bookIs(installation, SWITCH, again);
      await until(() => installation.withLedger((ledger) => ledger.openExecutions().length === 0), "the end of the execution");
      expectExit(await again.stop(), 0);
      expectHedged(installation);
    },
    LIMIT_MS,
  );

  test(
    "before an alert comes, it is not traded upon; with space again it is, once",
    async () => {
      const { installation, space } = await installationOn(means, "STATE_DIR");
      const daemon = await ready(installation);

      space.takeAll(daemon);
      installation.alert(hedge());
      const stopped = await daemon.end();

      expectExit(stopped, 1);
      expect(stopped.stderr).toMatch(LEDGER_FAILED);
      expect(stopped.stderr).not.toContain("    at ");
      expect(installation.book).toEqual([]);
      space.giveBack(undefined);
      const again = await ready(installation);
      await bookIs(installation, SWITCH, again);
      expectExit(await again.stop(), 0);
      expectHedged(installation);
    },
    LIMIT_MS,
  );
});

describe.each(possibleMeans().filter((means) => means === "a small tmpfs"))("with %s as STATE_DIR that is full", (means) => {
  test(
    "at the start, the daemon and `execute` say so with exit 1 and send nothing",
    async () => {
      const { installation, space } = await installationOn(means, "STATE_DIR");
      installation.alert(hedge());
      space.takeAll(undefined);

      for (const command of ["run", "execute"]) {
        const ended = await installation.start([command]).end();
        expectExit(ended, 1);
        expect(ended.stderr).toMatch(/disk is full/);
        expect(ended.stderr).not.toContain("    at ");
      }
      expect(installation.book).toEqual([]);

      space.giveBack(undefined);
      expectExit(await installation.start(["execute"]).end(), 0);
      expectHedged(installation);
    },
    LIMIT_MS,
  );
});

describe.each(possibleMeans().filter((means) => means === "a small tmpfs"))("with %s as STATE_DIR that is full", (means) => {
  test(
    "at a later start, with a ledger that is there, the daemon says that the disk is full, and with space again starts",
    async () => {
      const { installation, space } = await installationOn(means, "STATE_DIR");
      expectExit(await (await ready(installation)).stop(), 0);
      space.takeAll(undefined);

      for (const command of ["run", "execute", "status"]) {
        const ended = await installation.start([command]).end();
        expectExit(ended, 1);
        expect(ended.stderr).toMatch(/The disk is full: the ledger .* cannot be written\./);
        expect(ended.stderr).toContain("Free some space in ");
      }

      space.giveBack(undefined);
      expectExit(await (await ready(installation)).stop(), 0);
    },
    LIMIT_MS,
  );
});

describe.each(possibleMeans())("with %s as LOG_DIR that is full", (means) => {
  test(
    "lines are lost and counted, and trading goes on",
    async () => {
      const { installation, space } = await installationOn(means, "LOG_DIR");
      for (const name of LOGS) padLog(space, name, LONG_LOG_BYTES / 2);
      const daemon = await ready(installation);

      for (const name of LOGS) endPage(space, name);
      space.takeAll(daemon);
      installation.alert(hedge());
      await bookIs(installation, SWITCH, daemon);
      await daemon.says(/on target/i);
      expect(daemon.output).toMatch(/alpaca_trader\.log cannot be written: .*Lines are lost until it can be written again\./);
      expectHedged(installation);
      // Written after the line of the trade log, which must have been lost before there is space again.
      await until(
        () => existsSync(join(installation.setting("STATE_DIR"), "dashboard", "latest_execution.json")),
        "the end of the records",
        () => daemon.output,
      );

      space.giveBack(daemon);
      installation.alert(runOf(NUCLEAR, systemClock.now()));
      await until(
        () => daemon.output.match(/on target/gi)?.length === 2,
        "the second rebalance",
        () => daemon.output,
      );
      const log = (): string => readFileSync(join(space.directory, "alpaca_trader.log"), "utf8").replaceAll("\0", "");
      await until(() => log().includes("lines were lost here") && log().includes("SMR: buy"), "the log to go on", log);

      expectExit(await daemon.stop(), 0);
      expect([...installation.weights.keys()].sort()).toEqual(["LEU", "OKLO", "SMR"]);
      const [lost, next] = tradesIn(join(space.directory, "alpaca_trades.json"));
      expect(lost).toEqual({ lost_lines: 1 });
      expect(next).toMatchObject({ outcome: "on-target", target_weights: { SMR: "0.312" } });
    },
    LIMIT_MS,
  );
});

/** The trade log's objects; a line that the end of space cut off is none. */
function tradesIn(file: string): unknown[] {
  const lines = readFileSync(file, "utf8").replaceAll("\0", "").split("\n");
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}
