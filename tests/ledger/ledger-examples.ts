import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Signal } from "../../src/domain/signal.ts";
import type { NewIntent } from "../../src/domain/ledger/orders.ts";
import type { NewExecution } from "../../src/domain/ledger/executions.ts";
import type { NewLine } from "../../src/domain/ledger/alert-lines.ts";
import { decimal } from "../../src/domain/decimal.ts";

/** 2025-07-16T14:42:58.025Z, a Wednesday in a session. */
export const NOW = 1_752_676_978_025;

export function inTemporaryDirectory<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "trader-"));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function line(hash: string, change: Partial<NewLine> = {}): NewLine {
  return { hash, strategy: "nuclear", text: `{"symbol":"${hash}"}`, stamp: NOW - 500, firstSeenAt: NOW, ...change };
}

export function signal(id: string, change: Partial<Signal> = {}): Signal {
  return {
    id,
    strategy: "nuclear",
    kind: "rebalance",
    targets: new Map([
      ["SMR", decimal("0.312")],
      ["BWXT", decimal("0.399")],
      ["LEU", decimal("0.289")],
    ]),
    exits: [],
    generatedAt: NOW - 400,
    oldestStamp: NOW - 600,
    arrivedAt: NOW - 300,
    lastLineAt: NOW - 200,
    reason: 'Nuclear portfolio: "SMR (31.2%)"',
    alertPrices: new Map([["SMR", "1867.27"]]),
    lineHashes: [`${id}-1`, `${id}-2`],
    ...change,
  };
}

export function execution(id: string, signalId: string, change: Partial<NewExecution> = {}): NewExecution {
  return {
    id,
    signalId,
    accountNumber: "PA3TEST00001",
    mode: "paper",
    wanted: { kind: "rebalance", targets: new Map([["SMR", decimal("0.312")]]) },
    startedAt: NOW,
    deadline: NOW + 600_000,
    offHours: false,
    ...change,
  };
}

export function intent(clientOrderId: string, executionId: string, change: Partial<NewIntent> = {}): NewIntent {
  return {
    clientOrderId,
    executionId,
    phase: "selling",
    symbol: "SMR",
    side: "sell",
    attempt: 1,
    quantity: decimal("4.619918123"),
    notional: undefined,
    estimatedValue: decimal("196.16"),
    worstCaseCost: decimal("0"),
    fullExit: true,
    heldBefore: decimal("4.619918123"),
    recordedAt: NOW + 10,
    ...change,
  };
}
