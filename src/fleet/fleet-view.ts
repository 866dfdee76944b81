import { describeSignal } from "../app/event-log.ts";
import { Remembered } from "../dashboard/broker-view.ts";
import type { DaemonState } from "../dashboard/health.ts";
import type { FleetAccountRow, FleetData, FleetSignal, FleetSource, FleetStanding } from "../dashboard/fleet-data.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { messageOf } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import { isoInstant } from "../domain/time-format.ts";
import { alertsProblems } from "../intake/intake-state.ts";
import { haltAt, readHalt } from "../machine/halt.ts";
import type { HostState } from "./account-host.ts";
import { byTrouble, newestSignal, standingOfHost, STANDING_KINDS, STANDING_WORDS, type Standing, type StandingKind } from "./standing.ts";

/** What the page reads of an account's ledger: nothing that writes. */
export type ShownLedger = Pick<
  Ledger,
  "signal" | "executionOfSignal" | "recentSignals" | "recentExecutions" | "openExecutions" | "pinnedAccount"
>;

/** An account of a running fleet, as the page needs it. */
export interface ShownHost {
  readonly name: string;
  readonly account: { readonly config: Pick<Config, "fleet" | "haltFiles"> };
  readonly state: HostState;
  readonly problem: string | undefined;
  readonly session: { readonly ledger: ShownLedger } | undefined;
  readonly daemonState: Pick<DaemonState, "alerts"> | undefined;
}

export interface FleetViewParts {
  readonly clock: Clock;
  readonly mode: string;
  /** Reads what `hosts` shows, where it is kept elsewhere. Never rejects. */
  readonly refresh?: () => Promise<void>;
  readonly hosts: () => readonly ShownHost[];
  /** On all machines; missing for a fleet in one process. */
  readonly workers?: () => readonly ShownWorker[];
  /** What keeps the fleet as a whole from trading, one sentence each. */
  readonly problems: () => readonly string[];
  /** Why an account alone is halted. @param host `undefined`: why all are. */
  readonly haltOf: (host: ShownHost | undefined) => string | undefined;
  /** Removes the secrets of an account from a text (R30). */
  readonly redact: (account: string, text: string) => string;
}

/** A worker as the page needs it. */
export interface ShownWorker {
  readonly worker: string;
  /** Accounts that it has. */
  readonly held: number;
  readonly secondsAgo: number;
}

/** Halts of a fleet in one process. */
export function haltInFiles(haltFiles: Config["haltFiles"]): FleetViewParts["haltOf"] {
  return (host) => (host === undefined ? readHalt(haltFiles)?.reason : haltAt(host.account.config.haltFiles.own)?.reason);
}

const AGE_MS = 1_000;
/** Reading takes at most this share of the time. */
const READING_SHARE = 0.1;
/** Accounts read in one turn of the event loop; trading goes on between two turns. */
const READ_IN_A_TURN = 5;

const TONES: Readonly<Record<StandingKind, FleetStanding["tone"]>> = {
  "set-aside": "bad",
  refused: "bad",
  "off-target": "warn",
  "under-way": "busy",
  waiting: "plain",
  missing: "plain",
  replaced: "plain",
  queued: "busy",
  "on-target": "good",
};

interface Read {
  readonly standing: Standing;
  readonly row: FleetAccountRow;
}

/** The facts of a running fleet for its page. It reads what the engines have in memory and in their ledgers, a few accounts at a time. */
export class FleetView implements FleetSource {
  readonly #parts: FleetViewParts;
  readonly #data: Remembered<FleetData>;
  /** What is still shown of an account while it is not open. */
  readonly #known = new Map<string, Pick<FleetAccountRow, "number" | "equity">>();
  #ageMs = AGE_MS;

  constructor(parts: FleetViewParts) {
    this.#parts = parts;
    this.#data = new Remembered(parts.clock, () => this.#read());
  }

  get mode(): string {
    return this.#parts.mode;
  }

  data(): Promise<FleetData> {
    return this.#data.get(this.#ageMs);
  }

  async #read(): Promise<FleetData> {
    const { clock, hosts, mode, problems, haltOf, refresh, workers } = this.#parts;
    const begunAt = clock.monotonic();
    await refresh?.();
    const all = hosts();
    const halted = haltOf(undefined) ?? null;
    const newest = await inTurns(all, newestOf);
    const [record] = newest.flatMap((each) => each ?? []).toSorted((one, other) => other.signal.generatedAt - one.signal.generatedAt);
    const read = await inTurns(all, (host) => this.#readOne(host, record?.signal.id ?? "", halted));
    this.#ageMs = Math.max(AGE_MS, (clock.monotonic() - begunAt) / READING_SHARE);
    const sorted = read.toSorted((one, other) => byTrouble(one.standing, other.standing));
    return {
      generated_at: isoInstant(clock.now()),
      mode,
      halted,
      problems: problems(),
      alerts_problems: alertsProblemsOf(all),
      signal: record === undefined ? null : signalOf(record),
      standings: countsOf(read),
      accounts: sorted.map(({ row }) => row),
      workers:
        workers?.().map(({ worker, held, secondsAgo }) => ({ worker, accounts: held, seen_seconds_ago: Math.round(secondsAgo) })) ?? null,
    };
  }

  #readOne(host: ShownHost, signalId: string, fleetHalt: string | null): Read {
    const { redact, haltOf } = this.#parts;
    const { name, account, state } = host;
    const { standing, ...facts } = this.#factsOf(host, signalId);
    const { group, isCanary } = account.config.fleet;
    const halted = haltOf(host) ?? fleetHalt;
    const row = {
      account: name,
      group: group ?? null,
      canary: isCanary,
      state,
      standing: standing.kind,
      reason: redact(name, state === "failed" ? (host.problem ?? "") : standing.reason),
      halted: halted === null ? null : redact(name, halted),
      ...facts,
    };
    return { standing, row };
  }

  #factsOf(host: ShownHost, signalId: string): Facts {
    try {
      const facts = factsOf(host, signalId, this.#known.get(host.name));
      const { number, equity } = facts;
      this.#known.set(host.name, { number, equity });
      return facts;
    } catch (error) {
      const standing = { account: host.name, kind: "refused", reason: messageOf(error), execution: undefined } as const;
      return { standing, number: null, equity: null, ...this.#known.get(host.name), at: null, open_executions: 0 };
    }
  }
}

interface Facts extends Pick<FleetAccountRow, "number" | "equity" | "at" | "open_executions"> {
  readonly standing: Standing;
}

/** @throws what the ledger throws. */
function factsOf(host: ShownHost, signalId: string, known: Pick<FleetAccountRow, "number" | "equity"> | undefined): Facts {
  const ledger = host.session?.ledger;
  const standing = standingOfHost(host, signalId);
  const last = standing.execution ?? ledger?.recentExecutions(1)[0];
  const at = standing.execution?.finishedAt ?? standing.execution?.startedAt ?? ledger?.signal(signalId)?.verdictAt;
  return {
    standing,
    number: ledger?.pinnedAccount()?.number ?? known?.number ?? null,
    equity: (last?.accountAfter ?? last?.accountBefore)?.equity ?? known?.equity ?? null,
    at: at === undefined ? null : isoInstant(at),
    open_executions: ledger?.openExecutions().length ?? 0,
  };
}

function newestOf({ session }: ShownHost): SignalRecord | undefined {
  try {
    return newestSignal([session?.ledger]);
  } catch {
    // The account's row says why.
    return undefined;
  }
}

/** The same file is refused in every account. */
function alertsProblemsOf(hosts: readonly ShownHost[]): string[] {
  return [...new Set(hosts.flatMap(({ daemonState }) => alertsProblems(daemonState?.alerts ?? [])))];
}

function signalOf({ signal }: SignalRecord): FleetSignal {
  return {
    id: signal.id,
    strategy: signal.strategy,
    wanted: describeSignal(signal),
    weights: Object.fromEntries([...signal.targets].map(([symbol, weight]) => [symbol, weight.toString()])),
    generated_at: isoInstant(signal.generatedAt),
  };
}

/** The best first. */
function countsOf(read: readonly Read[]): FleetStanding[] {
  return STANDING_KINDS.toReversed().map((kind) => ({
    standing: kind,
    words: STANDING_WORDS[kind],
    tone: TONES[kind],
    accounts: read.filter(({ standing }) => standing.kind === kind).length,
  }));
}

async function inTurns<Item, Answer>(items: readonly Item[], read: (item: Item) => Answer): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let first = 0; first < items.length; first += READ_IN_A_TURN) {
    answers.push(...items.slice(first, first + READ_IN_A_TURN).map(read));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return answers;
}
