import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAlpacaBroker } from "../../src/broker/alpaca.ts";
import type { Broker } from "../../src/domain/broker.ts";
import { haltFilesFrom } from "../../src/config/halt-files.ts";
import { Daemon } from "../../src/app/daemon.ts";
import { recordEvent } from "../../src/app/event-log.ts";
import type { TraderEvent } from "../../src/app/events.ts";
import type { InboxView } from "../../src/domain/inbox.ts";
import { Rebalancer } from "../../src/execution/rebalancer.ts";
import { HaltSwitch } from "../../src/machine/halt.ts";
import { Intake } from "../../src/intake/intake.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import { watchFile } from "../../src/intake/watcher.ts";
import type { SqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { Log, Logger, TradeLog } from "../../src/logging/logger.ts";
import { createLogger, createRedaction, openTradeLog } from "../../src/logging/logger.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { tradeRecord } from "../../src/reporting/trade-record.ts";
import { Exchange } from "../../src/simulator/exchange.ts";
import { isOpen } from "../../src/simulator/orders.ts";
import { Venue } from "../../src/simulator/venue.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { inProcessSocket } from "../execution/in-process-socket.ts";
import { WRITERS_ZONE } from "../scenarios/strategy.ts";
import { PRICES } from "./portfolios.ts";

const START = Date.parse("2026-03-16T10:00:00-04:00");
const SECRETS = ["PKSOAK00000000000001", "soak-secret-0123456789abcdefghij"] as const;
const HOST = "http://127.0.0.1:1";
const STRATEGY = "nuclear";
/** The venue's own memory is not what is measured: it forgets what is older than any look-back of the daemon. */
const VENUE_REMEMBERS_MS = 3_600_000;

/** The whole daemon in this process and in virtual time, with its ledger, logs and alerts on the disk and a venue without sockets. */
export class SoakedDaemon {
  readonly clock = new VirtualClock(START);
  readonly ledger: SqliteLedger;
  executions = 0;
  readonly outcomes: Record<string, number> = {};
  readonly #directory = mkdtempSync(join(tmpdir(), "soak-"));
  readonly #exchange: Exchange;
  readonly #venue: Venue;
  readonly #log: Logger;
  readonly #tradeLog: TradeLog;
  readonly #broker: Broker;
  readonly #intake: Intake;
  readonly #halt: HaltSwitch;
  readonly #daemon: Daemon;
  readonly #ended: Promise<void>;
  #failure: Error | undefined;

  constructor() {
    const { clock } = this;
    for (const name of ["logs", "state"]) mkdirSync(join(this.#directory, name));
    this.#exchange = new Exchange({ clock, alwaysOpen: true, prices: PRICES, cash: decimal("10000000") });
    this.#venue = new Venue({ exchange: this.#exchange });
    const redact = createRedaction(SECRETS);
    this.#log = createLogger({
      dir: join(this.#directory, "logs"),
      group: undefined,
      clock,
      zone: WRITERS_ZONE,
      console: undefined,
      colour: false,
      level: "info",
      secrets: SECRETS,
    });
    this.#tradeLog = openTradeLog({ dir: join(this.#directory, "logs"), mode: "paper", group: undefined, secrets: SECRETS });
    this.ledger = openLedger(join(this.#directory, "state", "paper.sqlite"), { redact });
    this.#broker = this.#newBroker();
    const stateDir = join(this.#directory, "state");
    this.#halt = new HaltSwitch(
      { stateDir, haltFiles: haltFilesFrom({ STATE_DIR: stateDir, HALT_FILE: join(this.#directory, "HALT") }) },
      process.pid,
    );
    this.#intake = this.#newIntake();
    this.#daemon = this.#newDaemon();
    this.#ended = this.#daemon.run().catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    });
  }

  /** Appends to the alerts file. */
  alert(text: string): void {
    appendFileSync(this.#alertsFile, text, { mode: 0o644 });
  }

  /** Lets virtual time pass. @throws what ended the daemon. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    if (this.#failure !== undefined) throw this.#failure;
    this.#letVenueForget();
  }

  get logBytes(): number {
    return bytesIn(join(this.#directory, "logs"));
  }

  /** With its write-ahead log. */
  get ledgerBytes(): number {
    return bytesIn(join(this.#directory, "state"));
  }

  async close(): Promise<void> {
    this.#daemon.stop();
    await this.clock.until(this.#ended);
    this.#intake.close();
    this.#halt.close();
    await this.#broker.close();
    this.#venue.close();
    this.ledger.close();
    this.#tradeLog.close();
    this.#log.close();
    rmSync(this.#directory, { recursive: true });
  }

  get #alertsFile(): string {
    return join(this.#directory, "alerts.json");
  }

  #newBroker(): Broker {
    const [keyId, secret] = SECRETS;
    return createAlpacaBroker({
      name: "the soaked venue",
      mode: "paper",
      alpaca: { tradingUrl: HOST, dataUrl: HOST, streamUrl: `${HOST.replace("http", "ws")}/stream`, dataFeed: undefined, keyId, secret },
      clock: this.clock,
      fetch: fetchFor(this.#venue),
      createSocket: () => inProcessSocket(this.#venue, this.clock),
      onTraffic: (record) => this.#log.debug(`${record.method} ${record.path}`, { ...record }),
    });
  }

  #newIntake(): Intake {
    return new Intake({
      strategy: STRATEGY,
      alertsFile: this.#alertsFile,
      timezone: WRITERS_ZONE,
      mode: "paper",
      maxAgeSeconds: 300,
      settleSeconds: 1,
      allowedSymbols: undefined,
      owners: trustedOwners(undefined),
      clock: this.clock,
      ledger: this.ledger,
    });
  }

  #newDaemon(): Daemon {
    const { clock, ledger } = this;
    return new Daemon({
      clock,
      ledger,
      broker: this.#broker,
      sources: [
        {
          intake: this.#intake,
          watch: (onHint) => watchFile(this.#alertsFile, { clock, onHint, onProblem: (problem) => this.#log.warn(problem.message) }),
        },
      ],
      rebalancer: (inbox, stopping) => this.#newRebalancer(inbox, stopping),
      halted: () => this.#halt.reason(),
      signalMaxAgeSeconds: 300,
      connect: async () => {
        const account = await this.#broker.account();
        if (ledger.pinnedAccount() === undefined) ledger.pinAccount(account.number, clock.now());
      },
      selfCheck: () => ledger.check(),
      emit: (event) => this.#observe(event),
    });
  }

  #newRebalancer(inbox: InboxView, stopping: AbortSignal): Rebalancer {
    return new Rebalancer({
      broker: this.#broker,
      ledger: this.ledger,
      clock: this.clock,
      account: { mode: "paper", liveTradingAccount: undefined },
      settings: {
        cashReserve: decimal("0.01"),
        minTradeValue: decimal("5"),
        driftBand: decimal("0.01"),
        protectedSymbols: new Set(),
        allowedSymbols: undefined,
        maxOrderValue: undefined,
        maxUnbuyable: decimal("0.2"),
        unbuyableAction: "refuse",
      },
      limits: { maxDailyTurnover: undefined, maxDailyLoss: undefined },
      signalMaxAgeSeconds: 300,
      orderTimeoutSeconds: 60,
      executionDeadlineSeconds: 600,
      halted: () => this.#halt.reason(),
      stopping,
      inbox,
      emit: (event) => this.#observe(event),
    });
  }

  #observe(event: TraderEvent): void {
    const { ledger, clock } = this;
    const warnAgain = (text: string, log: Log): boolean => {
      log.warn(text);
      return true;
    };
    recordEvent(event, { log: this.#log, ledger, clock, warnAgain });
    if (event.kind !== "concluded") return;
    const { execution, conclusion } = event;
    this.executions += 1;
    this.outcomes[conclusion.outcome] = (this.outcomes[conclusion.outcome] ?? 0) + 1;
    this.#tradeLog.append(tradeRecord(ledger, execution.id, "paper"));
  }

  #letVenueForget(): void {
    const { orders, activities } = this.#exchange.state;
    const before = this.clock.now() - VENUE_REMEMBERS_MS;
    for (const [id, order] of orders) if (!isOpen(order) && Date.parse(order.createdAt) < before) orders.delete(id);
    const kept = activities.findIndex(({ transaction_time }) => Date.parse(transaction_time ?? "") >= before);
    activities.splice(0, Math.max(0, kept));
  }
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((total, name) => total + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
