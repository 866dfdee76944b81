import { expect, jest, test } from "@jest/globals";
import { AccountEngine, type AccountEngineParts } from "../../src/app/account-engine.ts";
import { SignalInbox } from "../../src/app/signal-inbox.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import type { Rebalancer } from "../../src/execution/rebalancer.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { NOW } from "../ledger/ledger-examples.ts";

test("an idle account keeps no reading warm while others of its process trade", () => {
  let othersTrade = true;
  const ledger = openLedger(":memory:");
  const keepWarm = jest.fn(() => Promise.resolve());
  const unused = {} as AccountEngineParts["broker"];
  const engine = new AccountEngine({
    clock: new VirtualClock(NOW),
    ledger,
    broker: unused,
    inbox: new SignalInbox(),
    rebalancer: () => ({ keepWarm }) as unknown as Rebalancer,
    signalMaxAgeSeconds: 300,
    stopping: new AbortController().signal,
    emit: () => undefined,
    othersTrade: () => othersTrade,
  });

  engine.keepWarm(fail);
  expect(keepWarm).not.toHaveBeenCalled();
  othersTrade = false;
  engine.keepWarm(fail);
  expect(keepWarm).toHaveBeenCalledTimes(1);
  ledger.close();
});

function fail(error: unknown): void {
  throw error;
}
