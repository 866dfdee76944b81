import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TraderError } from "../../src/domain/errors.ts";
import type { Logger, LoggerOptions } from "../../src/logging/logger.ts";
import { createLogger, openTradeLog } from "../../src/logging/logger.ts";
import { groupIdOf } from "../../src/logging/group.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { anyText } from "../any-text.ts";

/** 2026-11-22 14:03:07.123 in New York. */
const NOW = Date.UTC(2026, 10, 22, 19, 3, 7, 123);
const SECRET = "hunter2/hunter2+hunter2";

let directory: string;
let printed: string;
let loggers: Logger[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "logger-"));
  printed = "";
  loggers = [];
});

afterEach(() => {
  for (const logger of loggers) logger.close();
  rmSync(directory, { recursive: true, force: true });
});

function loggerWith(change: Partial<LoggerOptions> = {}): Logger {
  const logger = createLogger({
    dir: directory,
    group: undefined,
    clock: new VirtualClock(NOW),
    zone: "America/New_York",
    console: { write: (text) => (printed += text) },
    colour: false,
    level: "info",
    secrets: [SECRET],
    ...change,
  });
  loggers.push(logger);
  return logger;
}

function linesOf(name: string): string[] {
  return readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1);
}

describe("the log", () => {
  test("a heading has the day and the zone; a line has time, level, message, hint, a short id and facts", () => {
    const logger = loggerWith();
    logger.info("Started.");
    logger
      .child({ signal: "0123456789abcdef" })
      .child({ execution: "x-1" })
      .warn("LEU was refused.", { status: 403, hint: "Wait.", reason: "not tradable", amount: decimal("1.50") });
    logger.child({ signal: "0123456789abcdef", execution: "0123456789abcdef.2", account: "ira" }).info("On target.");
    expect(linesOf("alpaca_trader.log")).toEqual([
      "--- 2026-11-22 Sunday, times in EST (UTC-05:00) ---",
      "14:03:07.123 INFO  Started.",
      '14:03:07.123 WARN  LEU was refused. Wait. [x-1] status=403 reason="not tradable" amount=1.5',
      "14:03:07.123 INFO  On target. [01234567] account=ira",
    ]);
    expect(printed).toBe(`${linesOf("alpaca_trader.log").join("\n")}\n`);
  });

  test("errors are in both files, debug lines in none", () => {
    const logger = loggerWith();
    logger.debug("Looked.");
    logger.info("Looked and saw.");
    logger.error("Failed.");
    expect(
      linesOf("alpaca_trader.log")
        .slice(1)
        .map((line) => line.slice(13)),
    ).toEqual(["INFO  Looked and saw.", "ERROR Failed."]);
    expect(
      linesOf("alpaca_trader_error.log")
        .slice(1)
        .map((line) => line.slice(13)),
    ).toEqual(["ERROR Failed."]);
    expect(printed).not.toContain("Looked.");
  });

  test("each place has a heading again when the day or the zone's offset is another, when a file is new, and after lost lines", () => {
    const clock = new VirtualClock(NOW);
    const logger = loggerWith({ clock });
    const at = (time: string, text: string): void => {
      clock.now = () => Date.parse(time);
      logger.info(text);
    };
    at("2026-10-31T23:59:59-04:00", "Before midnight.");
    at("2026-11-01T00:00:00-04:00", "After midnight.");
    logger.error("Early.");
    at("2026-11-01T01:59:59-04:00", "In summer.");
    at("2026-11-01T01:00:00-05:00", "In winter.");
    const summer = "--- 2026-11-01 Sunday, times in EDT (UTC-04:00) ---";
    const winter = "--- 2026-11-01 Sunday, times in EST (UTC-05:00) ---";
    expect(linesOf("alpaca_trader.log")).toEqual([
      "--- 2026-10-31 Saturday, times in EDT (UTC-04:00) ---",
      "23:59:59.000 INFO  Before midnight.",
      summer,
      "00:00:00.000 INFO  After midnight.",
      "00:00:00.000 ERROR Early.",
      "01:59:59.000 INFO  In summer.",
      winter,
      "01:00:00.000 INFO  In winter.",
    ]);
    expect(linesOf("alpaca_trader_error.log")).toEqual([summer, "00:00:00.000 ERROR Early."]);
    expect(printed).toBe(`${linesOf("alpaca_trader.log").join("\n")}\n`);

    rmSync(join(directory, "alpaca_trader.log"));
    logger.info("In a new file.");
    expect(linesOf("alpaca_trader.log")).toEqual([winter, "01:00:00.000 INFO  In a new file."]);
    loggerWith({ clock }).info("From a new process.");
    expect(linesOf("alpaca_trader.log").slice(2)).toEqual([winter, "01:00:00.000 INFO  From a new process."]);
  });

  test("stack traces are printed only on request", () => {
    const error = new Error("no route", { cause: new Error("cable") });
    loggerWith().error("Broker unreachable.", { error });
    expect(linesOf("alpaca_trader.log")[1]).toMatch(/ error="no route \(cause: cable\)"$/);
    loggerWith({ level: "debug" }).error("Broker unreachable.", { error });
    expect(linesOf("alpaca_trader.log").at(-1)).toMatch(/no route\\n +at .*logger\.test/);
  });

  test("one event is one line, whatever its texts contain", () => {
    const logger = loggerWith();
    logger.info("The heading is written.");
    fc.assert(
      fc.property(anyText(), anyText(), (message, fact) => {
        const before = linesOf("alpaca_trader.log").length;
        logger.info(message, { fact, [fact]: message });
        const after = linesOf("alpaca_trader.log");
        expect(after).toHaveLength(before + 1);
        expect(after.at(-1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      }),
      { seed: 5, numRuns: 200 },
    );
    logger.info("fine\r\n14:03:07.123 ERROR forged \u001b[2J");
    expect(linesOf("alpaca_trader.log").at(-1)).toContain("INFO  fine\\r\\n14:03:07.123 ERROR forged \\u001b[2J");
  });

  test("a key reaches no sink: not in messages, facts at any depth, names of facts, errors and their stacks", () => {
    const logger = loggerWith({ level: "debug" });
    const error = new Error(`refused ${SECRET}`, { cause: new Error(`with ${SECRET}`) });
    logger.info(`key ${SECRET}`, { deep: [{ headers: new Map([["apca-api-secret-key", SECRET]]) }], [SECRET]: 1 });
    logger.child({ signal: SECRET }).error("failed", { error, url: `https://x/?k=${encodeURIComponent(SECRET)}` });
    logger.debug("PKTESTKEYID012345678");
    const everything =
      printed +
      readdirSync(directory)
        .map((name) => readFileSync(join(directory, name), "utf8"))
        .join("");
    expect(everything).toContain("[redacted]");
    for (const trace of [SECRET, encodeURIComponent(SECRET), "PKTESTKEYID012345678"]) expect(everything).not.toContain(trace);
  });

  test("an unprintable value does not stop the daemon", () => {
    const logger = loggerWith();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const hostile = {
      get trap(): never {
        throw new Error("trap");
      },
    };
    logger.info("Odd.", { circle, hostile, big: 1n, nothing: undefined, call: () => 1, list: new Set([1]) });
    expect(linesOf("alpaca_trader.log")[1]).toContain('circle={"self":"[circular]"} hostile="[unprintable]" big=1 call=null list=[1]');
  });

  test("a long external text is cut", () => {
    loggerWith().info("x".repeat(100_000));
    expect(linesOf("alpaca_trader.log")[1]!.length).toBeLessThan(8_400);
    expect(linesOf("alpaca_trader.log")[1]).toMatch(/91808 more characters\)$/);
  });

  test("colours are for the console only", () => {
    const logger = loggerWith({ colour: true });
    logger.warn("Careful.");
    logger.info("Fine.");
    const [heading, warning, information] = linesOf("alpaca_trader.log");
    expect(printed).toBe(`${heading!}\n\u001b[33m${warning!}\u001b[0m\n${information!}\n`);
    expect(linesOf("alpaca_trader.log").join("")).not.toContain("\u001b");
  });

  test.each([false, true])("a process that ends right after logging loses no line; lines wait for the turn: %s", (afterTurn) => {
    const from = (path: string): string => JSON.stringify(join(import.meta.dirname, "../../src", path));
    const script = `const { createLogger } = await import(${from("logging/logger.ts")}); const { systemClock } = await import(${from("domain/clock.ts")});
      const logger = createLogger({ dir: ${JSON.stringify(directory)}, group: undefined, clock: systemClock, zone: "UTC", console: undefined, colour: false, level: "info", secrets: [], afterTurn: ${String(afterTurn)} });
      for (let index = 0; index < 1000; index++) logger.info("line " + index);
      process.exit(0);`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", script]).status).toBe(0);
    const written = linesOf("alpaca_trader.log").filter((line) => line.includes("line "));
    expect(written.map((line) => line.split("line ")[1])).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
  });

  test("a daemon's lines are written at the end of the turn in their order, with the time of their event, or when it closes", async () => {
    const clock = new VirtualClock(NOW);
    const logger = loggerWith({ afterTurn: true, clock });
    logger.info("The order is sent.");
    clock.now = () => NOW + 1_000;
    logger.warn("It was refused.");
    expect(printed).toBe("");
    await new Promise((resolve) => setImmediate(resolve));
    expect(printed).toMatch(/^---.*\n14:03:07\.123 INFO {2}The order is sent\.\n14:03:08\.123 WARN {2}It was refused\.\n$/);
    logger.info("Stopped.");
    logger.close();
    expect(linesOf("alpaca_trader.log")).toHaveLength(4);
  });

  test("a planted link stops the start and is named; without files there is only the console", () => {
    symlinkSync("/etc/passwd", join(directory, "alpaca_trader_error.log"));
    expect(() => loggerWith()).toThrow(/alpaca_trader_error\.log is not a plain file of ours/);
    loggerWith({ dir: undefined }).info("Only here.");
    expect(printed).toContain("Only here.");
  });
});

describe("the group of the logs", () => {
  test("it is looked up by name or used as a number, and an unknown one is a configuration error", () => {
    const database = join(directory, "group");
    writeFileSync(database, "root:x:0:\nadm:x:4:syslog\nstaff:x:50:\n");
    expect([groupIdOf("staff", database), groupIdOf("4711", database), groupIdOf(undefined, database)]).toEqual([50, 4711, undefined]);
    expect(() => groupIdOf("staf", database)).toThrow(TraderError);
    expect(() => groupIdOf("staf", database)).toThrow(/LOG_GROUP is "staf"/);
  });
});

describe("the trade log", () => {
  test.each([
    ["paper", "alpaca_trades.json"],
    ["simulator", "alpaca_trades.json"],
    ["shadow", "trades_shadow.json"],
    ["live", "trades_live.json"],
  ] as const)("in %s mode it is %s, one JSON object a line", (mode, name) => {
    const log = openTradeLog({ dir: directory, mode, group: undefined, secrets: [SECRET] });
    const entry = {
      symbol: "SMR",
      quantity: decimal("4.619918123"),
      orders: [{ note: "two\nlines" }],
      targets: new Map([["SMR", decimal("0.312")]]),
    };
    log.append(entry);
    log.append({ error: `refused: ${SECRET}` });
    log.close();
    expect(linesOf(name).map((line) => JSON.parse(line) as unknown)).toEqual([
      { symbol: "SMR", quantity: "4.619918123", orders: [{ note: "two\nlines" }], targets: { SMR: "0.312" } },
      { error: "refused: [redacted]" },
    ]);
    expect((statSync(log.file).mode & 0o777).toString(8)).toBe("640");
  });
});
