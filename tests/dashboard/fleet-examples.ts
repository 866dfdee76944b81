import type { FleetAccountRow, FleetData, FleetSource, FleetStanding } from "../../src/dashboard/fleet-data.ts";

const AT = "2025-07-16T14:43:00.000Z";

const TONES: readonly (readonly [string, string, FleetStanding["tone"]])[] = [
  ["on-target", "on target", "good"],
  ["waiting", "waiting", "plain"],
  ["off-target", "off target", "warn"],
  ["set-aside", "set aside", "bad"],
];

export function accountRow(account: string, change: Partial<FleetAccountRow> = {}): FleetAccountRow {
  return {
    account,
    group: null,
    canary: false,
    number: `PA-${account}`,
    equity: "100000",
    state: "ready",
    standing: "on-target",
    reason: "",
    at: "2025-07-16T14:42:58.000Z",
    halted: null,
    open_executions: 0,
    ...change,
  };
}

/** A fleet after a signal. */
export function fleetData(accounts: readonly FleetAccountRow[], change: Partial<FleetData> = {}): FleetData {
  return {
    generated_at: AT,
    mode: "paper",
    halted: null,
    problems: [],
    alerts_problems: [],
    workers: null,
    signal: {
      id: "0123456789abcdef",
      strategy: "nuclear",
      wanted: "SMR 31.2 %, LEU 39.5 %",
      weights: { SMR: "0.312", LEU: "0.395" },
      generated_at: "2025-07-16T14:40:50.000Z",
    },
    standings: TONES.map(([standing, words, tone]) => ({
      standing,
      words,
      tone,
      accounts: accounts.filter((row) => row.standing === standing).length,
    })),
    accounts,
    ...change,
  };
}

/** One account in each kind of trouble, and one that is well. */
export const THREE: readonly FleetAccountRow[] = [
  accountRow("broken", {
    state: "set-aside",
    standing: "set-aside",
    reason: "The ledger is damaged.",
    equity: null,
    number: null,
    at: null,
  }),
  accountRow("ira-2", { standing: "off-target", reason: "Off target. Left alone: OKLO.", group: "family", halted: "a test" }),
  accountRow("growth", { canary: true, equity: "1234567.891", open_executions: 1 }),
];

/** The first one is in trouble. */
export function manyAccounts(count: number): FleetAccountRow[] {
  return Array.from({ length: count }, (_, index) =>
    accountRow(`a${String(index + 1).padStart(3, "0")}`, index === 0 ? { standing: "off-target", reason: "Left alone: OKLO." } : {}),
  );
}

/** Facts that a test sets. */
export class FakeFleet implements FleetSource {
  readonly mode = "paper";
  facts: FleetData;
  /** How often they were requested. */
  asked = 0;

  constructor(facts: FleetData) {
    this.facts = facts;
  }

  data(): Promise<FleetData> {
    this.asked += 1;
    return Promise.resolve(this.facts);
  }
}
