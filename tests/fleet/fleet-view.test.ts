import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FleetData } from "../../src/dashboard/fleet-data.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { FleetView, haltInFiles, type ShownHost } from "../../src/fleet/fleet-view.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import { execution, NOW, recordExecuted, signal, SIGNAL_ID } from "../reporting/examples.ts";

let directory: string;
let clock: VirtualClock;
let hosts: ShownHost[];
let ledgers: SqliteLedger[];
let isWatching: boolean;
let view: FleetView;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleet-"));
  clock = new VirtualClock(NOW);
  hosts = [];
  ledgers = [];
  isWatching = true;
  view = new FleetView({
    clock,
    mode: "paper",
    haltOf: haltInFiles(haltFiles("fleet")),
    hosts: () => hosts,
    problems: () => (isWatching ? [] : ["The alerts files are not being checked."]),
    redact: (account, text) => text.replaceAll(`secret-of-${account}`, "[redacted]"),
  });
});

afterEach(() => {
  for (const ledger of ledgers) ledger.close();
  rmSync(directory, { recursive: true });
});

function haltFiles(name: string): ShownHost["account"]["config"]["haltFiles"] {
  return {
    own: join(directory, `${name}-HALT`),
    fleet: join(directory, "fleet-HALT"),
    machine: join(directory, "HALT"),
    machineIsNamed: true,
  };
}

function ledgerWith(fill: (ledger: SqliteLedger) => void): SqliteLedger {
  const ledger = newLedger();
  ledgers.push(ledger);
  fill(ledger);
  return ledger;
}

/** An account that watches. */
function host(name: string, fill: (ledger: SqliteLedger) => void, change: Partial<ShownHost> = {}): ShownHost {
  const fleet = {
    places: 10,
    canaryFails: "stop",
    requestsPerSecond: undefined,
    group: undefined,
    isCanary: false,
    isRecorded: true,
    marketKey: undefined,
    database: undefined,
    identityFile: undefined,
    recipient: undefined,
  } as const;
  return {
    name,
    account: { config: { fleet, haltFiles: haltFiles(name) } },
    state: "ready",
    problem: undefined,
    session: { ledger: ledgerWith(fill) },
    daemonState: undefined,
    ...change,
  };
}

function onTarget(ledger: SqliteLedger): void {
  const { accountAfter, finishedAt } = execution();
  ledger.recordSignal(signal(), NOW);
  ledger.pinAccount("PA3TEST00001", NOW);
  ledger.createExecution(execution());
  ledger.updateExecution(SIGNAL_ID, { phase: "settled", outcome: "on-target", outcomeReason: "", finishedAt: finishedAt!, accountAfter });
}

function nothing(): void {
  // An account that has seen no signal.
}

const rowOf = (data: FleetData, name: string): FleetData["accounts"][number] => data.accounts.find(({ account }) => account === name)!;

describe("the facts of a fleet", () => {
  test("are the newest signal, and how each account stands to it, those in trouble first", async () => {
    hosts = [
      host("a", onTarget),
      host("b", recordExecuted),
      host("c", nothing, { session: undefined, state: "set-aside", problem: "It failed: secret-of-c." }),
      host("d", nothing),
    ];
    const data = await view.data();
    expect(data).toMatchObject({
      generated_at: "2025-07-16T14:42:58.025Z",
      mode: "paper",
      halted: null,
      problems: [],
      signal: { id: SIGNAL_ID, strategy: "nuclear", weights: { SMR: "0.312" } },
    });
    expect(data.signal?.wanted).toMatch(/^SMR 31\.2 %/);
    expect(data.accounts.map(({ account, standing }) => [account, standing])).toEqual([
      ["c", "set-aside"],
      ["b", "off-target"],
      ["d", "missing"],
      ["a", "on-target"],
    ]);
    expect(rowOf(data, "b")).toMatchObject({ reason: "Off target. Left alone: OKLO (price-doubt).", equity: "99950", open_executions: 0 });
    expect(rowOf(data, "a")).toMatchObject({ number: "PA3TEST00001", at: "2025-07-16T14:43:02.025Z", reason: "" });
    expect(rowOf(data, "c")).toMatchObject({ reason: "It failed: [redacted].", number: null, equity: null, at: null });
    expect(Object.fromEntries(data.standings.map(({ standing, accounts }) => [standing, accounts]))).toMatchObject({
      "on-target": 1,
      "off-target": 1,
      missing: 1,
      "set-aside": 1,
      queued: 0,
    });
    expect(data.standings[0]).toMatchObject({ standing: "on-target", words: "on target", tone: "good" });
  });

  test("count the executions that have not ended, with the equity before them", async () => {
    hosts = [
      host("a", (ledger) => {
        ledger.recordSignal(signal(), NOW);
        ledger.createExecution(execution());
        ledger.updateExecution(SIGNAL_ID, { phase: "selling", accountBefore: execution().accountBefore });
      }),
    ];
    expect(rowOf(await view.data(), "a")).toMatchObject({
      standing: "under-way",
      reason: "selling",
      equity: "100000",
      at: "2025-07-16T14:42:58.025Z",
      open_executions: 1,
    });
  });

  test("show a verdict with its time when there is no execution", async () => {
    hosts = [
      host("a", (ledger) => {
        ledger.recordSignal(signal(), NOW);
        ledger.judgeSignal(SIGNAL_ID, { kind: "stale", reason: "It is too old." }, NOW + 1_000);
      }),
    ];
    expect(rowOf(await view.data(), "a")).toMatchObject({
      standing: "refused",
      reason: "stale: It is too old.",
      at: "2025-07-16T14:42:59.025Z",
    });
  });

  test("are there before any signal, and before the accounts are open", async () => {
    expect(await view.data()).toMatchObject({ signal: null, accounts: [] });
    hosts = [host("a", nothing, { session: undefined, state: "starting" })];
    await clock.advance(2_000);
    expect(await view.data()).toMatchObject({ signal: null, accounts: [{ account: "a", state: "starting", standing: "missing" }] });
  });

  test("keep number and equity of an account that is being restarted, and say why", async () => {
    hosts = [host("a", onTarget)];
    await view.data();
    hosts = [{ ...hosts[0]!, session: undefined, state: "failed", problem: "The disk is full." }];
    await clock.advance(2_000);
    expect(rowOf(await view.data(), "a")).toMatchObject({
      state: "failed",
      reason: "The disk is full.",
      number: "PA3TEST00001",
      equity: "99950",
    });
  });

  test("name an account whose ledger cannot be read, and show the others", async () => {
    hosts = [host("a", onTarget), host("b", onTarget)];
    await view.data();
    const broken = (): never => {
      throw new Error("The ledger is damaged.");
    };
    hosts[0] = { ...hosts[0]!, session: { ledger: { ...ledgers[0]!, recentSignals: broken, signal: broken } } };
    await clock.advance(2_000);
    const data = await view.data();
    expect(rowOf(data, "a")).toMatchObject({ standing: "refused", reason: "The ledger is damaged.", equity: "99950", at: null });
    expect(rowOf(data, "b")).toMatchObject({ standing: "on-target" });
  });

  test("say what is halted: one account, or the fleet", async () => {
    hosts = [host("a", onTarget), host("b", onTarget)];
    writeFileSync(join(directory, "a-HALT"), JSON.stringify({ id: "1", reason: "secret-of-a was seen", at: "" }));
    const one = await view.data();
    expect([one.halted, rowOf(one, "a").halted, rowOf(one, "b").halted]).toEqual([null, "[redacted] was seen", null]);
    writeFileSync(join(directory, "fleet-HALT"), JSON.stringify({ id: "2", reason: "a test", at: "" }));
    await clock.advance(2_000);
    const all = await view.data();
    expect([all.halted, rowOf(all, "b").halted]).toEqual(["a test", "a test"]);
  });

  test("say that alerts are not checked, and once why a file is refused", async () => {
    const daemonState = { alerts: [{ strategy: "nuclear", problem: "it is a link.", problems: 1 }] };
    hosts = [host("a", nothing, { daemonState }), host("b", nothing, { daemonState })];
    isWatching = false;
    expect(await view.data()).toMatchObject({
      problems: ["The alerts files are not being checked."],
      alerts_problems: ["Alerts of nuclear are refused: it is a link."],
    });
  });

  test("have the groups and the canaries", async () => {
    const { account, ...rest } = host("a", nothing);
    hosts = [{ ...rest, account: { config: { ...account.config, fleet: { ...account.config.fleet, group: "family", isCanary: true } } } }];
    expect(rowOf(await view.data(), "a")).toMatchObject({ group: "family", canary: true });
  });
});

describe("reading 500 accounts", () => {
  test("leaves turns of the event loop to trading, and is shared by all who ask within a second", async () => {
    const shared = ledgerWith(onTarget);
    let reads = 0;
    let turns = 0;
    const ledger = { ...shared, pinnedAccount: () => ((reads += 1), shared.pinnedAccount()) };
    hosts = Array.from({ length: 500 }, (_, index) => host(`a${String(index)}`, nothing, { session: { ledger } }));
    const count = (): void => {
      turns += 1;
      if (reads < 500) setImmediate(count);
    };
    setImmediate(count);
    const answers = await Promise.all([view.data(), view.data(), view.data()]);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0].accounts).toHaveLength(500);
    expect([reads, turns >= 100]).toEqual([500, true]);
    await clock.advance(900);
    expect(await view.data()).toBe(answers[0]);
    await clock.advance(200);
    await view.data();
    expect(reads).toBe(1_000);
  });

  test("takes a tenth of the time when it is slow", async () => {
    const shared = ledgerWith(onTarget);
    let elapsed = 0;
    const slow = (): ReturnType<SqliteLedger["openExecutions"]> => {
      elapsed += 500;
      return shared.openExecutions();
    };
    clock.monotonic = () => elapsed;
    const ledger = { ...shared, openExecutions: slow };
    hosts = [host("a", nothing, { session: { ledger } })];
    const first = await view.data();
    elapsed += 4_900;
    expect(await view.data()).toBe(first);
    elapsed += 200;
    expect(await view.data()).not.toBe(first);
  });
});
