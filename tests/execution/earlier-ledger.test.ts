import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Signal } from "../../src/domain/signal.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { book, expectHoldings, expectUnharmed, HEDGE, intentsOf, orderOf, SWITCH } from "./scenario.ts";
import { TUESDAY_10_00, VirtualDesk } from "./virtual-desk.ts";

/**
 * An upgrade in the middle of an execution: the last version that wrote schema 7 was killed in each phase of the switch
 * of `INVESTED` to `HEDGE`, 6 s after its start (8 s in phase cancelling, after a halt). `earlier-ledgers/` holds the rows
 * that it left behind, and the venue as it was then. Its plans name no goals and nothing that was reached.
 */
const LEFT_BEHIND = join(import.meta.dirname, "earlier-ledgers");
const SCHEMA_7 = join(import.meta.dirname, "..", "ledger", "schemas", "7.sql");
const ID = "00000000000000aa";

/** The order that was still working. */
const WORKING = { selling: "TQQQ", buying: "UVXY", cancelling: "UVXY" } as const;
type OpenPhase = keyof typeof WORKING;

let desk: VirtualDesk;

afterEach(() => desk.close());

function ledgerOf(phase: OpenPhase): Uint8Array {
  const database = new DatabaseSync(":memory:");
  const schema = readFileSync(SCHEMA_7, "utf8").replaceAll(/^INSERT .*$/gm, "");
  database.exec(schema + readFileSync(join(LEFT_BEHIND, `${phase}.sql`), "utf8"));
  const image = database.serialize();
  database.close();
  return image;
}

/** A new process of this version, 20 s after the start of the execution. */
async function upgraded(phase: OpenPhase): Promise<Signal> {
  const state = readFileSync(join(LEFT_BEHIND, `${phase}.json`), "utf8");
  desk = new VirtualDesk({ startAt: TUESDAY_10_00 + 20_000, exchange: { state } });
  await desk.restart(ledgerOf(phase));
  expect(desk.ledger.openExecutions()).toEqual([expect.objectContaining({ id: ID, phase })]);
  expect(Object.keys(desk.ledger.openExecutions()[0]?.plan as object)).not.toContain("goals");
  return desk.ledger.signal(ID)!.signal;
}

function expectOnTarget(): void {
  expectHoldings(desk, HEDGE);
  expectUnharmed(desk);
  expect(desk.ledger.openExecutions()).toEqual([]);
  expect(desk.ledger.signal(ID)).toMatchObject({ verdict: "executed", verdictReason: expect.stringMatching(/on target/) });
}

describe.each(["selling", "buying"] as const)("an execution that a version with schema 7 left in phase %s", (phase) => {
  test("is finished: its working order is adopted, and each symbol is traded once", async () => {
    await upgraded(phase);
    expect(await desk.recover()).toMatchObject([{ kind: "concluded", conclusion: { outcome: "on-target" } }]);
    expect(book(desk)).toEqual(SWITCH);
    expectOnTarget();
  });

  test("goes on when the venue rejects that order: the rest is traded within what the first plan set out to do", async () => {
    await upgraded(phase);
    desk.exchange.reject(orderOf(desk, WORKING[phase]).id);
    if (phase === "buying") desk.exchange.scalePrice("BTAL", decimal("1.05"));
    expect(await desk.recover()).toMatchObject([{ kind: "concluded", conclusion: { outcome: "on-target" } }]);
    // What the other sell brought is spent before the rejected one is sold; a BTAL on target is left although its price moved.
    const twice = phase === "selling" ? ["buy BTAL filled", "buy UVXY filled"] : [];
    expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual([...SWITCH, ...twice].sort());
    expect(intentsOf(desk).filter(({ symbol }) => symbol === WORKING[phase])).toHaveLength(2);
    expectUnharmed(desk);
    expect(desk.ledger.openExecutions()).toEqual([]);
  });
});

describe("an execution that a version with schema 7 left in phase cancelling", () => {
  test("ends by the halt, and the rest of it is taken up while the run is fresh (R33)", async () => {
    const signal = await upgraded("cancelling");
    desk.exchange.gate = { mayFill: () => false, mayCancel: () => true };
    const [ended] = await desk.recover();
    expect(ended).toMatchObject({ conclusion: { outcome: "incomplete", reason: expect.stringContaining("UVXY") } });
    expect(desk.ledger.openExecutions()).toEqual([]);
    desk.exchange.gate = undefined;
    expect(await desk.run(signal, { takeUp: "fresh" })).toMatchObject({ conclusion: { outcome: "on-target" } });
    expect(book(desk).filter((line) => line.endsWith("filled"))).toEqual(SWITCH);
    expectOnTarget();
  });
});
