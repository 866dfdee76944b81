import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { replay } from "../../src/commands/replay.ts";
import { BrokerError } from "../../src/domain/broker.ts";
import type { TraderError } from "../../src/domain/errors.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { openLedgerImage } from "../../src/ledger/sqlite-ledger.ts";
import { terminalOn } from "../../src/reporting/terminal.ts";
import { HEDGE, INVESTED } from "../execution/scenario.ts";
import { signalOf, VirtualDesk } from "../execution/virtual-desk.ts";

const ID = "00000000000000aa";
const ACCOUNT = "PA3SECRET001";
const KEY = "PKPLANTEDKEY00000001";
const SECRET = "planted/secret";
/** A library or a proxy may quote all of it. */
const LEAK = `the request of account ${ACCOUNT} with ${KEY}:${SECRET} failed`;

let directory: string;
let said: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "replay-"));
  said = "";
  let failures = 1;
  const desk = new VirtualDesk({
    ...INVESTED,
    records: true,
    secrets: [SECRET],
    exchange: { ...INVESTED.exchange, accountNumber: ACCOUNT },
    before: (broker) => {
      const account = broker.account.bind(broker);
      const failing = (): ReturnType<typeof account> => (failures-- > 0 ? Promise.reject(new BrokerError("unreachable", LEAK)) : account());
      return Object.assign(broker, { account: failing });
    },
  });
  await desk.run(signalOf(desk.clock, HEDGE));
  writeFileSync(join(directory, "paper.sqlite"), desk.ledger.serialize(), { mode: 0o600 });
  await desk.close();
});

afterEach(() => rmSync(directory, { recursive: true }));

function typed(subject: string, options: { to?: string; with?: readonly string[] } = {}): Promise<number> {
  const env = {
    STATE_DIR: directory,
    TRADING_MODE: "paper",
    ALPACA_PAPER_KEY: KEY,
    ALPACA_PAPER_SECRET: SECRET,
    ALERTS_TIMEZONE: "UTC",
  };
  const out = terminalOn({ write: (text: string) => (said += text) }, env);
  const clock = new VirtualClock(Date.UTC(2026, 10, 17, 16));
  return replay({ env, directory, clock, out, err: out, verbose: false }, subject, { program: "9.9.9", ...options });
}

async function refusal(
  subject: string,
  options: Parameters<typeof typed>[1] = {},
): Promise<Pick<TraderError, "code" | "message" | "hint">> {
  const error: unknown = await typed(subject, options).catch((thrown: unknown) => thrown);
  const { code, message, hint } = error as TraderError;
  return { code, message, hint };
}

function written(): string {
  return join(directory, "recording.json");
}

describe("replay EXECUTION", () => {
  test("sends the same orders to nobody, and says so", async () => {
    expect(await typed(ID)).toBe(0);
    expect(said).toMatch(/Replay of execution 00000000000000aa, recorded from 2026-11-17 15:00:00 UTC\./);
    expect(said).toMatch(/sell +TQQQ +1,000\.123456789/);
    expect(said).toMatch(/Same: the engine sends the same 4 orders, byte for byte, and comes to the same end, on-target: /);
  });

  test("takes the beginning of an id, and names ids when there is none that fits", async () => {
    expect(await typed("0000")).toBe(0);
    expect(await refusal("ffff")).toEqual({
      code: "unknown-id",
      message: 'No signal or execution has the id "ffff".',
      hint: `Recent ids, newest first: ${ID}.`,
    });
  });

  test("says that an execution of an older version was not recorded", async () => {
    const connection = new DatabaseSync(join(directory, "paper.sqlite"));
    connection.exec("DELETE FROM recorded_executions; DELETE FROM recording_parts; DELETE FROM recordings");
    connection.close();
    expect(await refusal(ID)).toMatchObject({
      code: "no-recording",
      hint: expect.stringContaining("executed by an earlier version") as unknown,
    });
  });

  test("says that a recording in the ledger is damaged", async () => {
    const connection = new DatabaseSync(join(directory, "paper.sqlite"));
    connection.exec("UPDATE recording_parts SET content = x'00112233'");
    connection.close();
    expect(await refusal(ID)).toMatchObject({ code: "recording-damaged" });
  });
});

describe("replay EXECUTION --to FILE", () => {
  test("writes a file that is replayed in its place, also compressed, without any ledger", async () => {
    expect(await typed(ID, { to: "recording.json" })).toBe(0);
    const bytes = readFileSync(written());
    rmSync(join(directory, "paper.sqlite"));
    said = "";
    expect(await typed("recording.json")).toBe(0);
    expect(said).toContain("Same: the engine sends the same 4 orders");
    writeFileSync(`${written()}.gz`, gzipSync(bytes));
    expect(await typed(`${written()}.gz`)).toBe(0);
  });

  test("writes neither the key nor the account number, in whatever text they stand", async () => {
    await typed(ID, { to: written() });
    const image = readFileSync(join(directory, "paper.sqlite"));
    expect(image.includes(ACCOUNT)).toBe(true);
    const text = readFileSync(written(), "utf8");
    expect(text.includes("the request of account ACCOUNT-1 with [redacted]:[redacted] failed")).toBe(true);
    expect([KEY, SECRET, ACCOUNT].filter((secret) => text.includes(secret))).toEqual([]);
    const ledger = openLedgerImage(image);
    const parts = ledger.recordings.of(ID).flatMap((recording) => recording.parts.map((part) => Buffer.from(part).toString("latin1")));
    expect(parts.join("")).not.toContain(ACCOUNT);
    ledger.close();
  });

  test("replaces no file of another kind", async () => {
    writeFileSync(written(), "my notes");
    expect(await refusal(ID, { to: written() })).toMatchObject({ code: "document-foreign" });
    expect(readFileSync(written(), "utf8")).toBe("my notes");
  });
});

describe("replay FILE", () => {
  async function changed(change: (file: Record<string, unknown>) => unknown): Promise<string> {
    await typed(ID, { to: written() });
    const file = JSON.parse(readFileSync(written(), "utf8")) as Record<string, unknown>;
    const after = change(file);
    writeFileSync(written(), typeof after === "string" ? after : JSON.stringify(after));
    return written();
  }

  test.each<[string, string, (file: Record<string, unknown>) => unknown]>([
    ["no JSON", "recording-damaged", () => "{"],
    ["another JSON file", "recording-damaged", () => ({ name: "something else" })],
    ["a file that was cut off", "recording-damaged", (file) => JSON.stringify(file).slice(0, 5_000)],
    ["a file without its tapes", "recording-damaged", (file) => ({ ...file, tapes: [] })],
    [
      "a file without its values",
      "recording-damaged",
      (file) => JSON.stringify(file).replace(/"values":\[.*?\],"start"/s, '"values":[],"start"'),
    ],
    ["a file of a newer version", "recording-newer", (file) => ({ ...file, version: 2 })],
    ["a file of a newer ledger", "recording-newer", (file) => JSON.stringify(file).replace(/"schema":\d+/, '"schema":900')],
  ])("refuses %s with a sentence and a hint", async (_what, code, change) => {
    const refused = await refusal(await changed(change));
    expect(refused).toMatchObject({ code, hint: expect.stringMatching(/\.$/) as unknown });
    expect(refused.message).toMatch(/\.$/);
  });

  test("says that there is no such file", async () => {
    expect(await refusal("./nothing.json")).toMatchObject({
      code: "recording-missing",
      message: expect.stringContaining("no such file") as unknown,
    });
  });
});

describe("replay EXECUTION --with SETTING=VALUE", () => {
  test("compares the orders, and says from where on they are assumed", async () => {
    expect(await typed(ID, { with: ["CASH_RESERVE_PERCENT=20"] })).toBe(0);
    expect(said).toContain("What if CASH_RESERVE_PERCENT=20?");
    expect(said).toContain("the recording says nothing more: the engine asks for something else.");
    expect(said).toMatch(/Assumed from there on: every order is filled at once and in full/);
    expect(said).toMatch(/Order +Recorded +With this/);
    expect(said).toMatch(/With this: on-target/);
  });

  test("says that nothing would have been different", async () => {
    expect(await typed(ID, { with: ["MAX_ORDER_VALUE=1000000", "ALLOWED_SYMBOLS="] })).toBe(0);
    expect(said).toContain("Nothing would have been different");
  });

  test.each([
    ["DRIFT_BAND=2", "DRIFT_BAND is not a setting.", "Did you mean DRIFT_BAND_PERCENT?"],
    [
      "LOG_DIR=/tmp",
      "LOG_DIR does not change what an execution does.",
      expect.stringMatching(/^What can be changed: CASH_RESERVE_PERCENT/),
    ],
    ["DRIFT_BAND_PERCENT", '"DRIFT_BAND_PERCENT" changes no setting.', expect.stringContaining("--with SETTING=VALUE")],
    ["DRIFT_BAND_PERCENT=lots", 'DRIFT_BAND_PERCENT is "lots"; expected percentage points from 0 to 99.', "Nothing was replayed."],
    ["ORDER_TIMEOUT_SECONDS=900", expect.stringContaining("ORDER_TIMEOUT_SECONDS is 900"), expect.stringContaining("second --with")],
  ])("refuses %s", async (assignment, message, hint) => {
    expect(await refusal(ID, { with: [assignment] })).toEqual({ code: "replay-setting", message, hint });
    expect(said).toBe("");
  });
});
