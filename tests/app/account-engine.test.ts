import { expect, test } from "@jest/globals";
import { AccountEngine, type AccountEngineParts } from "../../src/app/account-engine.ts";
import { SignalInbox } from "../../src/app/signal-inbox.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Rebalancer } from "../../src/execution/rebalancer.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { NOW } from "../ledger/ledger-examples.ts";

test("an idle account is calm only while no other of its process trades", () => {
  let othersTrade = true;
  const ledger = openLedger(":memory:");
  const engine = new AccountEngine({
    clock: new VirtualClock(NOW),
    ledger,
    broker: {} as AccountEngineParts["broker"],
    inbox: new SignalInbox(),
    rebalancer: () => ({}) as unknown as Rebalancer,
    signalMaxAgeSeconds: 300,
    stopping: new AbortController().signal,
    emit: () => undefined,
    othersTrade: () => othersTrade,
  });

  expect([engine.isIdle, engine.isCalm]).toEqual([true, false]);
  othersTrade = false;
  expect(engine.isCalm).toBe(true);
  ledger.close();
});
