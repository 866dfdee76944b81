/** A fleet in one answer, for its page and as JSON. */
export interface FleetData {
  readonly generated_at: string;
  readonly mode: string;
  /** Why no account may trade; null if they may. */
  readonly halted: string | null;
  /** What keeps the fleet as a whole from trading, one sentence each. */
  readonly problems: readonly string[];
  /** Why an alerts file is refused, one sentence each. */
  readonly alerts_problems: readonly string[];
  /** The newest signal of any account. */
  readonly signal: FleetSignal | null;
  /** Every way to stand to it, the best first. */
  readonly standings: readonly FleetStanding[];
  /** Those in trouble first. */
  readonly accounts: readonly FleetAccountRow[];
  /** Those of all machines; null for a fleet in one process. */
  readonly workers: readonly FleetWorkerRow[] | null;
}

export interface FleetWorkerRow {
  /** Machine, process and its own mark. */
  readonly worker: string;
  /** How many accounts it has now. */
  readonly accounts: number;
  readonly seen_seconds_ago: number;
}

export interface FleetSignal {
  readonly id: string;
  readonly strategy: string;
  /** For people: `SMR 31.2 %, LEU 39.5 %`. */
  readonly wanted: string;
  /** Symbol → share as a fraction of one. */
  readonly weights: Readonly<Record<string, string>>;
  readonly generated_at: string;
}

export interface FleetStanding {
  readonly standing: string;
  readonly words: string;
  readonly tone: "good" | "bad" | "warn" | "busy" | "plain";
  /** How many accounts have it. */
  readonly accounts: number;
}

export interface FleetAccountRow {
  readonly account: string;
  readonly group: string | null;
  readonly canary: boolean;
  /** Of the account at the broker. */
  readonly number: string | null;
  /** Dollars, when it was last traded. */
  readonly equity: string | null;
  /** `ready`: it watches for alerts. */
  readonly state: "starting" | "ready" | "failed" | "set-aside" | "stopped";
  readonly standing: string;
  readonly reason: string;
  /** When its standing was last decided. */
  readonly at: string | null;
  readonly halted: string | null;
  readonly open_executions: number;
}

/** Where the fleet's page gets its facts. It asks the broker for nothing. */
export interface FleetSource {
  readonly mode: string;
  /** At most a second old. */
  data(): Promise<FleetData>;
}
