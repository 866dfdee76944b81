import { createAlpacaBroker } from "../../../src/broker/alpaca.ts";
import type { AccountEngineParts, InTurn } from "../../../src/app/account-engine.ts";
import { Daemon } from "../../../src/app/daemon.ts";
import { recordEvent } from "../../../src/app/event-log.ts";
import type { Broker } from "../../../src/domain/broker.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { DEFAULT_EXECUTION } from "../../../src/domain/execution-style.ts";
import type { SharedMarket } from "../../../src/fleet/shared-market.ts";
import { Rebalancer } from "../../../src/execution/rebalancer.ts";
import { Intake, type IntakeOptions } from "../../../src/intake/intake.ts";
import type { HeldAccount } from "../../../src/app/trading-session.ts";
import type { LedgerOptions, SqliteLedger } from "../../../src/ledger/sqlite-ledger.ts";
import type { Venue } from "../../../src/simulator/venue.ts";
import { WRITERS_ZONE } from "../../scenarios/strategy.ts";
import { inProcessSocket } from "../../execution/in-process-socket.ts";
import { Killed } from "../life.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import { SILENT } from "../../silent-log.ts";

export const SIGNAL_MAX_AGE_SECONDS = 300;
export const STRATEGY = "nuclear";

const SETTINGS = {
  cashReserve: decimal("0.01"),
  minTradeValue: decimal("5"),
  driftBand: decimal("0.01"),
  protectedSymbols: new Set<string>(),
  allowedSymbols: undefined,
  maxOrderValue: undefined,
  maxUnbuyable: decimal("0.2"),
  unbuyableAction: "refuse" as const,
};

export interface AccountGround {
  readonly clock: Clock;
  readonly venue: Venue;
  readonly keyId: string;
  readonly secret: string;
  readonly fetch: typeof fetch;
  readonly alertsFile: string;
  readonly open: NonNullable<IntakeOptions["open"]>;
  readonly watch: (onHint: () => void) => { close(): Promise<void> };
  readonly halted: () => string | undefined;
  /** Throws as a full disk would. */
  readonly onCommit: () => void;
  readonly isDead: () => boolean;
  readonly inTurn: InTurn;
  readonly othersTrade: () => boolean;
  readonly market: SharedMarket;
  /** It reads prices for all. */
  readonly readsPrices: boolean;
  readonly refusal: AccountEngineParts["refusal"];
  /** Where several machines may have the account. */
  readonly held?: Pick<HeldAccount, "fence" | "mayLeave">;
}

/** A ledger whose commits fail when the process is dead, or as `onCommit` says. */
export function ledgerOptions({ isDead, onCommit }: Pick<AccountGround, "isDead" | "onCommit">): LedgerOptions {
  return {
    onCommit: (stage) => {
      if (isDead()) throw new Killed("The process is dead.");
      if (stage === "before") onCommit();
    },
  };
}

/** One account of the simulated fleet from one start to its end: the real parts, as `AccountHost` puts them together. */
export class AccountLife {
  readonly ledger: SqliteLedger;
  readonly #ground: AccountGround;
  readonly #broker: Broker;
  readonly #daemon: Daemon;
  readonly #intake: Intake;

  /** @param ledger opened with {@link ledgerOptions}. */
  constructor(ledger: SqliteLedger, ground: AccountGround) {
    this.#ground = ground;
    const { clock, keyId, secret, venue, open, alertsFile } = ground;
    this.ledger = ledger;
    const tradingUrl = "https://paper-api.alpaca.markets";
    const broker = createAlpacaBroker({
      name: "Alpaca paper",
      mode: "paper",
      alpaca: {
        tradingUrl,
        dataUrl: "https://data.alpaca.markets",
        streamUrl: "wss://paper-api.alpaca.markets/stream",
        dataFeed: undefined,
        keyId,
        secret,
      },
      clock,
      fetch: ground.fetch,
      createSocket: () => inProcessSocket(venue, clock),
      mayWrite: ground.held?.mayLeave,
    });
    this.#broker = ground.market.of(ground.held?.fence(broker) ?? broker, tradingUrl, ground.readsPrices);
    this.#intake = new Intake({
      strategy: STRATEGY,
      alertsFile,
      timezone: WRITERS_ZONE,
      mode: "paper",
      maxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      settleSeconds: 1,
      allowedSymbols: undefined,
      owners: new Set([0, process.getuid?.() ?? 0]),
      clock,
      ledger: this.ledger,
      open,
    });
    this.#daemon = this.#newDaemon();
  }

  /** Until the next alert nothing is left to do. */
  get isSettled(): boolean {
    return this.#daemon.isSettled;
  }

  async run(): Promise<void> {
    try {
      await this.#daemon.run();
    } finally {
      this.#intake.close();
      await this.#broker.close();
    }
  }

  stop(): void {
    this.#daemon.stop();
  }

  #newDaemon(): Daemon {
    const { clock, watch, halted, inTurn, othersTrade, refusal } = this.#ground;
    const { ledger } = this;
    return new Daemon({
      clock,
      ledger,
      broker: this.#broker,
      sources: [{ intake: this.#intake, watch }],
      rebalancer: (inbox, stopping) =>
        new Rebalancer({
          broker: this.#broker,
          ledger,
          clock,
          account: { mode: "paper", liveTradingAccount: undefined },
          settings: SETTINGS,
          limits: { maxDailyTurnover: undefined, maxDailyLoss: undefined },
          signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
          orderTimeoutSeconds: 60,
          executionDeadlineSeconds: 600,
          execution: DEFAULT_EXECUTION,
          halted,
          stopping,
          inbox,
          emit: (event) => recordEvent(event, { log: SILENT, ledger, clock, warnAgain: () => true }),
        }),
      halted,
      signalMaxAgeSeconds: SIGNAL_MAX_AGE_SECONDS,
      connect: async () => {
        const account = await this.#broker.account();
        if (ledger.pinnedAccount() === undefined) ledger.pinAccount(account.number, clock.now());
      },
      selfCheck: () => ledger.check(),
      emit: (event) => recordEvent(event, { log: SILENT, ledger, clock, warnAgain: () => true }),
      inTurn,
      othersTrade,
      ...(refusal === undefined ? {} : { refusal }),
    });
  }
}
